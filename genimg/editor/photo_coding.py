"""How does a base turn photographs into latents and back, as fast as this machine can?

Which arithmetic the decoder uses follows from the machine alone, never from a stopwatch: what is
drawn while a slider is pulled, what is saved, and what is drawn again tomorrow are the same bytes.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence

import torch
from PIL import Image

from genimg.images import to_images, to_pixels
from genimg.latents import SpatialLatent
from genimg.models import Autoencoder
from genimg.models.chunks import in_chunks
from genimg.models.device import decoding_type

TOGETHER = 8
"""Pictures that go through the network at once: more are hardly quicker, and take more memory."""


class PhotoCoding:
    """The network of a base: photographs to latents, latents to photographs."""

    def __init__(self, model: Autoencoder, model_id: str) -> None:
        self._model = model.eval().requires_grad_(False)
        self._model_id = model_id
        self._device = model.device
        self._type = decoding_type(self._device)
        fast = copy.deepcopy(model)
        del fast.encoder  # which is used as it is
        # mypy knows no form of `to` with a memory format that gives the module back.
        self._fast: Autoencoder = fast.to(  # type: ignore[call-overload]
            dtype=self._type, memory_format=torch.channels_last
        )

    @torch.inference_mode()
    def encode(self, image: Image.Image) -> SpatialLatent:
        """An RGB picture of any size from 8 x 8 to its latent, rounded as a recipe holds it."""
        pixels = to_pixels([image]).to(self._device)
        z = self._model.encode(pixels)[0].clone()
        return SpatialLatent(z, self._model_id, (image.height, image.width)).settled()

    def decode(self, latent: SpatialLatent) -> Image.Image:
        """The picture of a latent, at its own size."""
        return self.decode_together([latent])[0]

    def decode_together(self, latents: Sequence[SpatialLatent]) -> list[Image.Image]:
        """The pictures of latents of one size in one go, which is quicker; single ones may differ
        by a few levels from what `decode` draws.
        """
        return to_images(self.decode_pixels(latents))

    @torch.inference_mode()
    def decode_pixels(self, latents: Sequence[SpatialLatent]) -> torch.Tensor:
        """As `decode_together`, before it is rounded: float32 [N, C, H, W]."""
        decode = functools.partial(self._fast.decode, size=latents[0].size)
        z = torch.stack([latent.z for latent in latents])
        ready = z.to(self._device, self._type).to(memory_format=torch.channels_last)
        return in_chunks(decode, ready, TOGETHER).float()
