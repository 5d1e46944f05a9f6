"""What is a loaded model, and how do pictures become latents and latents pictures?"""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Sequence

import torch
from PIL import Image

from genimg.checkpoint import Header
from genimg.editor.library import Factors
from genimg.edits import Locks
from genimg.errors import CheckpointError, LatentError
from genimg.images import Picture, as_image, fit_image, to_images, to_pixels
from genimg.latents import Direction, Labels, Latent, SpatialLatent, check_share, covariance_of
from genimg.models import LatentModel, Prior
from genimg.models.device import decoding_type

TOGETHER = 16
"""Pictures that go through the network at once: with more, what it works on leaves the cache."""
GRIDS = 16
"""Of latents at which details were taken: while a slider is pulled, one of them is asked for."""


def _one_thread() -> None:
    """torch's threads stay behind in the parent, and a forked child that waits for them hangs."""
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_one_thread)


class LoadedModel:
    """A network, what its file says of it, and the way between pictures and latents.

    Attributes:
        header: of its file.
        device: where the network lies.
        directions: {name: direction}, numbers, named, measured and raw ones.
        scales: {name: what it is in units} of the numbers among them.
        labels: what can be read from latents, and exchanged.
        choices: {labelled factor: names of its values} that draws can be asked for.
        locks: what is left of a direction while others are kept.
    """

    def __init__(
        self,
        network: LatentModel,
        header: Header,
        directions: tuple[Direction, ...] = (),
        labels: Labels | None = None,
        choices: Factors | None = None,
    ) -> None:
        self._network = network.eval().requires_grad_(False)
        self._process = os.getpid()
        self.header = header
        self.device = network.device
        self.directions = {direction.name: direction for direction in directions}
        self.scales = {each.name: each.scale for each in directions if each.scale is not None}
        self.labels = labels or Labels.from_prior(Prior.standard(network.latent_shape[0]), ())
        self.choices = choices or {}
        self.locks = Locks(covariance_of(network.prior), self.directions)
        self._grid = functools.lru_cache(GRIDS)(self._make_grid)

    @property
    def network(self) -> LatentModel:
        """The network, wherever it can be used.

        Raises:
            CheckpointError: it lies on a GPU, and this process was forked from the one that did so.
        """
        if self.device.type == "cuda" and os.getpid() != self._process:
            raise CheckpointError(
                "this Editor was loaded before the process was forked, and a GPU does not go "
                "along: call Editor.load in the new process, or start it with 'spawn' of "
                "multiprocessing"
            )
        return self._network

    def latent(self, z: torch.Tensor) -> Latent:
        """A point `[d]` or `[layers, d]` as a latent of this model."""
        return Latent(z, self.header.id)

    def fit(
        self, image: Picture, focus: tuple[float, float] = (0.5, 0.5), zoom: float = 1.0
    ) -> Image.Image:
        """The part of a picture that the model will see, at its size and in its colours.

        Args:
            image: a PIL image, the path of a file, or uint8 [H, W], [H, W, 3] or [H, W, 4].
            focus: where the crop lies, (x, y) from 0 (left, top) to 1 (right, bottom).
            zoom: 1 takes the largest crop, 2 half its side.

        Raises:
            ImageError: anything else, whose type is named, or a file that cannot be read.
        """
        return fit_image(as_image(image), self.network.image_shape, focus, zoom)

    def fit_to(self, image: Picture, latent: Latent) -> Image.Image:
        """The part of a picture that the model will see, as large as the picture of a latent."""
        self.require(latent)
        return self.fit(image)

    @torch.inference_mode()
    def encode(self, image: Picture, details: float = 1.0) -> Latent:
        """A picture, in any of the ways that `fit` takes it, to its most probable latent.

        A picture that does not have the model's size is centre-cropped to it; call `fit` to choose
        the crop.

        Args:
            details: how much of what the model itself does not understand of the picture is kept,
                1 (it is drawn as it is) to 0 (as the model would draw it). It makes no difference
                to a model that keeps no details, see `Editor.keeps_details`.

        Raises:
            ImageError: something that is no picture.
            LatentError: this model has no encoder, or a share that is not from 0 to 1.
        """
        check_share(details)
        pixels = to_pixels([self.fit(image)]).to(self.device)
        z = self.network.encode(pixels).mode()
        grid = None
        if details and self.network.keeps_details:
            [kept] = self.network.details(pixels, z)
            _, height, width = self.network.image_shape
            grid = SpatialLatent(kept, self.header.id, (height, width))
        found = Latent(z[0].clone(), self.header.id, details=grid)
        return found.showing(details).settled()  # what a recipe holds of it is what is drawn now

    @torch.inference_mode()
    def decode(self, *latents: Latent) -> list[Image.Image]:
        """Latents to pictures, one each.

        Each goes through the network by itself: the last bits of a convolution depend on how many
        pictures there are, and a picture of a grid shall be the very same when it is drawn alone.

        Raises:
            LatentError: a latent of another model or size.
        """
        for latent in latents:
            self.require(latent)
        made = [self._draw(self._one, [latent]) for latent in latents]
        return to_images(torch.cat(made)) if made else []

    @torch.inference_mode()
    def decode_pixels(self, latent: Latent) -> torch.Tensor:
        """What `decode` draws, before it is rounded: float32 [C, H, W] in [-1, 1], on the CPU.

        Raises:
            LatentError: a latent of another model or size.
        """
        self.require(latent)
        pixels = self._draw(self._one, [latent])
        return pixels[0].float().clamp(-1, 1).cpu()

    @torch.inference_mode()
    def decode_together(self, *latents: Latent) -> list[Image.Image]:
        """As `decode`, many at a time, for looking at: two to four times as quick, and values may
        differ by up to three levels of 255 from what `decode` draws. All latents are of the same
        shape.
        """
        for latent in latents:
            self.require(latent)
        if not latents:
            return []
        kind = decoding_type(self.device)
        with torch.autocast(self.device.type, kind, enabled=kind is not torch.float32):
            made = [
                self._draw(self._many, latents[start : start + TOGETHER])
                for start in range(0, len(latents), TOGETHER)
            ]
        return to_images(torch.cat(made).float())

    def _draw(self, network: LatentModel, latents: Sequence[Latent]) -> torch.Tensor:
        """Latents of one shape to pixels `[N, C, H, W]`, with the details that they have."""
        z = torch.stack([latent.z for latent in latents]).to(self.device)
        kept = [latent.details for latent in latents]
        if all(each is None for each in kept):
            return network.decode(z)
        none = torch.zeros(network.details_shape)
        details = torch.stack([none if each is None else each.z for each in kept])
        before = None
        if any(latent.home is not None for latent in latents):
            before = torch.cat([self._grid(latent.origin.numpy().tobytes()) for latent in latents])
        return network.decode_with(z, details.to(self.device), before)

    def _make_grid(self, origin: bytes) -> torch.Tensor:
        """What the network makes of the latent at which details were taken, `[1, c, h, w]`."""
        z = torch.frombuffer(bytearray(origin), dtype=torch.float32)
        with torch.autocast(self.device.type, enabled=False):  # the same whoever asks first
            return self.network.grid(z[None].to(self.device))

    @functools.cached_property
    def _one(self) -> LatentModel:
        """The network as it is quickest with one picture at a time, as far as that is settled by
        the machine: what is drawn, saved and drawn again is the same.
        """
        return self.network.for_drawing(decoding_type(self.device))

    @functools.cached_property
    def _many(self) -> LatentModel:
        """The network as it is quickest with several pictures: channels last in memory."""
        many: LatentModel = copy.deepcopy(self.network).to(memory_format=torch.channels_last)
        return many

    def require(self, latent: Latent) -> None:
        """Refuse a latent of another model or size, with a LatentError."""
        latent.require_model(self.header.id)
        [numbers] = self.network.latent_shape
        for point in (latent.z, latent.origin):
            if point.shape[-1] != numbers:
                raise LatentError(
                    f"this model's latents have {numbers} numbers, not {point.shape[-1]}"
                )
        if latent.layers not in (1, self.network.layers):
            raise LatentError(
                f"this latent is for {latent.layers} layers of a network, this model has "
                f"{self.network.layers}"
            )
        if latent.details is not None and latent.details.z.shape != self.network.details_shape:
            raise LatentError(
                "this latent has details of another size than this model keeps; encode the picture "
                "again"
            )
