"""How well do pictures of any set come back from a base?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genimg.data import load_dataset
from genimg.errors import DataError
from genimg.evaluation.coding import CHUNK, Bytes, test_split
from genimg.images import array_to_pixels, pixels_to_array
from genimg.metrics import psnr, ssim
from genimg.models import load_base
from genimg.models.autoencoder import Autoencoder
from genimg.models.chunks import in_chunks

COUNT = 500


@torch.no_grad()
def evaluate_base(
    path: Path,
    data: str | None,
    data_root: Path | None = None,
    count: int | None = None,
    device: str = "cpu",
) -> dict[str, Any]:
    """PSNR and SSIM of the test pictures of a set, at the set's own size, or of a folder's.

    Raises:
        CheckpointError: an unusable base.
        DataError: no set is named, or it cannot be had.
    """
    model, header, _ = load_base(path, device)
    if not data:
        raise DataError(
            f"{header.name} takes any photograph, so say which pictures to measure it on: "
            "--data folder:PATH, or the name of a set such as --data graphics"
        )
    dataset = load_dataset(data, root=data_root, count=1)
    images = np.asarray(test_split(dataset).images[: count or COUNT])
    size = f"{images.shape[2]} x {images.shape[1]}"
    told = {"model": header.name, "id": header.id, "data": dataset.name, "size": size}
    return told | measure_base(model, _in_colour(images))


def _in_colour(images: Bytes) -> Bytes:
    return images.repeat(3, axis=-1) if images.shape[-1] == 1 else images


def measure_base(model: Autoencoder, images: Bytes) -> dict[str, float]:
    """How well pictures uint8 `[N, H, W, 3]` come back: PSNR in dB, SSIM, and the mean shift of a
    picture's mean colour, in levels of 255.
    """
    made = pixels_to_array(decode_base(model, encode_base(model, to_pixels(model, images))))
    shift = np.abs(made.mean(axis=(1, 2)) - images.mean(axis=(1, 2)))
    return {
        "psnr": float(np.mean([psnr(a, b) for a, b in zip(images, made, strict=True)])),
        "ssim": float(np.mean([ssim(a, b) for a, b in zip(images, made, strict=True)])),
        "colour_shift": float(shift.mean()),
        "count": len(images),
    }


def to_pixels(model: Autoencoder, images: Bytes) -> Tensor:
    """Pictures uint8 `[N, H, W, 3]` as pixels on the device of a base."""
    return array_to_pixels(images).to(model.device)


def encode_base(model: Autoencoder, pixels: Tensor) -> Tensor:
    """Latents of many pixels `[N, 3, H, W]`, a few pictures at a time."""
    return in_chunks(model.encode, pixels, CHUNK)


def decode_base(model: Autoencoder, latents: Tensor) -> Tensor:
    """Pixels of many latents, a few pictures at a time."""
    return in_chunks(model.decode, latents, CHUNK).clamp(-1, 1)
