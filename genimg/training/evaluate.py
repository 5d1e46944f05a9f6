"""How good is a model: measured on pictures of the test split, which no training step has seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.data import load_dataset
from genimg.errors import DataError
from genimg.images import array_to_pixels, pixels_to_array
from genimg.latents.directions import DEAD_KL
from genimg.metrics import psnr, ssim
from genimg.models import DiagonalGaussian, LatentModel, load_model

Bytes = npt.NDArray[np.uint8]
CHUNK = 64
DEFAULT_COUNT = 500


def encode_all(model: LatentModel, images: Bytes) -> DiagonalGaussian:
    """Posteriors of uint8 pictures `[N, H, W, C]`: mean and logvar `[N, d]`, on the CPU."""
    parts = [model.encode(pixels) for pixels in _chunks(model, images)]
    return DiagonalGaussian(
        torch.cat([part.mean.float().cpu() for part in parts]),
        torch.cat([part.logvar.float().cpu() for part in parts]),
    )


def decode_all(model: LatentModel, codes: Tensor) -> Bytes:
    """Latents `[N, d]` to uint8 pictures `[N, H, W, C]`."""
    device = next(model.parameters()).device
    return np.concatenate(
        [
            pixels_to_array(model.decode(part.to(device)).float())
            for part in torch.split(codes, CHUNK)
        ]
    )


def _chunks(model: LatentModel, images: Bytes) -> Iterator[Tensor]:
    device = next(model.parameters()).device
    for start in range(0, len(images), CHUNK):
        yield array_to_pixels(np.asarray(images[start : start + CHUNK])).to(device)


@torch.no_grad()
def evaluate_model(model: LatentModel, images: Bytes) -> dict[str, Any]:
    """Reconstruction of uint8 pictures `[N, H, W, C]` through the posterior mean.

    Returns JSON-ready numbers: pictures, psnr (mean of the pictures' own, dB), ssim (mean), kl
    (nats), active_dimensions (KL of at least 0.05 nats) and dimensions.
    """
    posterior = encode_all(model, images)
    made = decode_all(model, posterior.mode())
    kl = posterior.kl_per_dimension().mean(dim=0)
    pairs = list(zip(np.asarray(images), made, strict=True))
    return {
        "pictures": len(pairs),
        "psnr": round(float(np.mean([psnr(a, b) for a, b in pairs])), 3),
        "ssim": round(float(np.mean([ssim(a, b) for a, b in pairs])), 4),
        "kl": round(float(kl.sum()), 2),
        "active_dimensions": int((kl >= DEAD_KL).sum()),
        "dimensions": len(kl),
    }


def evaluate(
    path: Path,
    *,
    data: str | None = None,
    data_root: Path | None = None,
    count: int = DEFAULT_COUNT,
    device: str = "cpu",
) -> dict[str, Any]:
    """Evaluate a checkpoint on the first `count` test pictures of the data set that it names.

    Args:
        data: another data set than the header's, at the model's size.

    Raises:
        CheckpointError: an unusable checkpoint.
        DataError: the data set is not there, has no test split, or gives pictures of another shape.
    """
    model, header, _ = load_model(path, device)
    name = data or header.data.get("name")
    if not name:
        raise DataError(f"{path} does not say what it was trained on; name a data set with --data")
    if data is None and str(name).startswith("folder:"):
        raise DataError(f"{path} was trained on a folder; say where it is: --data folder:PATH")
    # The test split does not depend on how many training pictures there are: none are needed here.
    dataset = load_dataset(str(name), size=model.image_shape[1], root=data_root, count=1)
    if dataset.image_shape != model.image_shape:
        raise DataError(
            f"{name} has pictures of shape {dataset.image_shape}, "
            f"the model's are {model.image_shape}"
        )
    images = dataset.split("test").images[:count]
    if not len(images):
        raise DataError(f"{name} has no test pictures")
    return {"model": header.name, "id": header.id, "data": name, **evaluate_model(model, images)}
