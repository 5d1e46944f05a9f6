"""What is a loaded model, and how do pictures become latents and latents pictures?"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import torch
from PIL import Image

from genimg.checkpoint import Header
from genimg.editor.draws import mixable_layers
from genimg.editor.library import Factors, read_directions, read_labels
from genimg.editor.seeing import Watching
from genimg.errors import LatentError
from genimg.images import fit_image, to_images, to_pixels
from genimg.latents import Direction, Labels, Latent, Locks, covariance_of, layer_groups
from genimg.models import LatentModel, Prior, load_model
from genimg.models.device import choose_device

TOGETHER = 16
"""Pictures that go through the network at once: with more, what it works on leaves the cache."""


class Loaded:
    """One loaded model: what it is, and the way between pictures and latents."""

    def __init__(
        self,
        model: LatentModel,
        header: Header,
        directions: tuple[Direction, ...] = (),
        labels: Labels | None = None,
        choices: Factors | None = None,
        watching: Watching | None = None,
    ) -> None:
        """Wrap a model that is already loaded; `Editor.load` is the usual way."""
        self._model = model.eval().requires_grad_(False)
        self._device = next(model.parameters()).device
        self._directions = {direction.name: direction for direction in directions}
        self._labels = labels or Labels.from_prior(Prior.standard(model.latent_shape[0]), ())
        self._choices = choices or {}
        self._watching = watching or Watching()
        self._locks = Locks(covariance_of(model.prior), self._directions)
        self.header = header

    @classmethod
    def load(cls, path: str | Path, device: str = "auto") -> Self:
        """Load a checkpoint. `device` "auto" takes a CUDA device if there is one.

        Raises:
            CheckpointError: the file is missing, damaged or of another version.
            ConfigError: an unknown device.
        """
        path, chosen = Path(path), choose_device(device)
        model, header, tensors = load_model(path, chosen)
        directions = read_directions(path, header, tensors, model.latent_shape)
        labels = read_labels(path, header, model)
        data = str(header.data.get("name", ""))
        watching = Watching(None, path.parent, data, model.image_shape, chosen)
        return cls(model, header, directions, *labels, watching)

    # -- what the model is

    @property
    def model_id(self) -> str:
        """Digest of the weights; latents, directions and saved pictures carry it."""
        return self.header.id

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the model's pictures."""
        return self._model.image_shape

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Named, measured and raw directions, the most reliable (raw: most telling) first."""
        return tuple(self._directions.values())

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """{labelled factor: names of its values} that `labels` reads and `change` exchanges.

        Empty where the training pictures had no labels, or the model's latents do not follow them.
        """
        return dict(self._labels.factors)

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """{labelled factor: names of its values} that `sample` can be asked for."""
        return dict(self._choices)

    @property
    def can_encode(self) -> bool:
        """Whether the model takes pictures, and does not only draw them."""
        return self._model.has_encoder

    @property
    def layers(self) -> int:
        """How many layers of the network can each have a latent of their own; 1 if none can."""
        return self._model.layers

    @property
    def layer_groups(self) -> dict[str, range]:
        """The layers as "coarse", "middle" and "fine"; empty where there is one."""
        return layer_groups(self.layers)

    @property
    def mixable(self) -> tuple[str, ...]:
        """What `mix` can take from another picture so that it shows: the labels that can be
        exchanged, else the groups of finer layers that change something.
        """
        effect = self.header.metrics.get("layer_effect")
        return tuple(self.factors) or mixable_layers(self.layer_groups, effect)

    # -- between pictures and latents

    def fit(
        self, image: Image.Image, focus: tuple[float, float] = (0.5, 0.5), zoom: float = 1.0
    ) -> Image.Image:
        """The part of a picture that the model will see, at its size and in its colours.

        Args:
            focus: where the crop lies, (x, y) from 0 (left, top) to 1 (right, bottom).
            zoom: 1 takes the largest crop, 2 half its side.
        """
        return fit_image(image, self.image_shape, focus, zoom)

    @torch.inference_mode()
    def encode(self, image: Image.Image) -> Latent:
        """A picture to its most probable latent.

        A picture that does not have the model's size is centre-cropped to it; call `fit` to choose
        the crop.

        Raises:
            LatentError: this model has no encoder.
        """
        pixels = to_pixels([self.fit(image)]).to(self._device)
        return Latent(self._model.encode(pixels).mode()[0].clone(), self.model_id)

    @torch.inference_mode()
    def decode(self, *latents: Latent) -> list[Image.Image]:
        """Latents to pictures, one each.

        Each goes through the network by itself: the last bits of a convolution depend on how many
        pictures there are, and a picture of a grid shall be the very same when it is drawn alone.

        Raises:
            LatentError: a latent of another model or size.
        """
        for latent in latents:
            self._require(latent)
        made = [self._model.decode(latent.z[None].to(self._device)) for latent in latents]
        return to_images(torch.cat(made)) if made else []

    @torch.inference_mode()
    def decode_together(self, *latents: Latent) -> list[Image.Image]:
        """As `decode`, many at a time: about twice as quick, and single values may differ by one
        level from what `decode` draws. All latents are of the same shape.
        """
        for latent in latents:
            self._require(latent)
        if not latents:
            return []
        points = torch.stack([latent.z for latent in latents]).to(self._device)
        made = [self._model.decode(part) for part in torch.split(points, TOGETHER)]
        return to_images(torch.cat(made))

    def _require(self, latent: Latent) -> None:
        latent.require_model(self.model_id)
        [numbers] = self._model.latent_shape
        if latent.z.shape[-1] != numbers:
            raise LatentError(
                f"this model's latents have {numbers} numbers, not {latent.z.shape[-1]}"
            )
        if latent.layers not in (1, self.layers):
            raise LatentError(
                f"this latent is for {latent.layers} layers of a network, this model has "
                f"{self.layers}"
            )
