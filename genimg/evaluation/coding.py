"""Many pictures at once: to latents, from latents, chunk by chunk so that memory stays small."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.data import Dataset, Split
from genimg.images import pixels_to_array
from genimg.models import DiagonalGaussian, LatentModel
from genimg.models.chunks import pixel_chunks

Bytes = npt.NDArray[np.uint8]
CHUNK = 64


def encode_all(model: LatentModel, images: Bytes) -> DiagonalGaussian:
    """Posteriors of uint8 pictures `[N, H, W, C]`: mean and logvar `[N, d]`, on the CPU."""
    parts = [model.encode(pixels) for pixels in pixel_chunks(images, model.device, CHUNK)]
    return DiagonalGaussian(
        torch.cat([part.mean.float().cpu() for part in parts]),
        torch.cat([part.logvar.float().cpu() for part in parts]),
    )


def decode_all(model: LatentModel, codes: Tensor) -> Bytes:
    """Latents `[N, d]` to uint8 pictures `[N, H, W, C]`."""
    parts = (model.decode(part.to(model.device)) for part in torch.split(codes, CHUNK))
    return np.concatenate([pixels_to_array(pixels.float()) for pixels in parts])


def reproduce_all(model: LatentModel, images: Bytes, codes: Tensor) -> Bytes:
    """Uint8 pictures `[N, H, W, C]` made again from their latents `[N, d]` and their details."""
    parts = []
    for pixels, z in zip(
        pixel_chunks(images, model.device, CHUNK), torch.split(codes, CHUNK), strict=True
    ):
        z = z.to(model.device)
        made = model.decode_with(z, model.details(pixels, z))
        parts.append(pixels_to_array(made.float()))
    return np.concatenate(parts)


def test_split(dataset: Dataset) -> Split:
    """The pictures that nothing was chosen by: the test split, else the validation split."""
    names = [name for name in ("test", "validation", "train") if name in dataset.splits]
    return dataset.split(names[0])
