"""How close does a model come to pictures of its own kind, picture by picture?

What is found goes into the model's file, so that the editor can tell somebody how good the match
with their picture is, and whether the model knows such pictures at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.checkpoint import load, save
from genimg.data import Dataset
from genimg.errors import DataError
from genimg.evaluation.coding import decode_all, encode_all
from genimg.evaluation.evaluate import dataset_of
from genimg.images import array_to_pixels
from genimg.latents import covariance_of
from genimg.metrics import Calibration, psnr, relative_error
from genimg.models import LatentModel, load_model
from genimg.models.inversion import FAITHFUL, Inversion

PICTURES = 1_000
"""Pictures that calibrate a model with an encoder."""
FEWEST = 30
"""Fewer pictures say nothing of the worst ones."""
SEARCHED, SEARCH_STEPS = 100, 60
"""Pictures that calibrate a model without one, and how long each is searched for: about a minute at
64 pixels.
"""

Bytes = npt.NDArray[np.uint8]


@torch.no_grad()
def calibrate(model: LatentModel, dataset: Dataset) -> Calibration | None:
    """Measure a model on held-out pictures; None where there are fewer than FEWEST.

    They are those of the validation split, so that those of the test split can tell how good the
    calibration is; where they are few, those of the test split as well.
    """
    wanted = PICTURES if model.has_encoder else SEARCHED
    images, names = _held_out(dataset, wanted)
    if len(images) < FEWEST:
        return None
    inversion = Inversion(model, covariance_of(model.prior))
    if model.has_encoder:
        codes = encode_all(model, images).mode()
    else:
        codes = torch.stack([search(inversion, image) for image in images])
    pairs = list(zip(images, decode_all(model, codes), strict=True))
    return Calibration.of(
        split=names,
        search_steps=0 if model.has_encoder else SEARCH_STEPS,
        relative_error=[relative_error(a, b) for a, b in pairs],
        psnr=[psnr(a, b) for a, b in pairs],
        distance=inversion.distance(codes).tolist(),
    )


def add_calibration(
    metrics: dict[str, Any], model: LatentModel, dataset: Dataset, say: Callable[[str], None]
) -> None:
    """Put a calibration into the metrics of a finished model, where it can be had."""
    say("calibrating how good a match is")
    found = calibrate(model, dataset)
    if found is None:
        say(f"not calibrated: that takes {FEWEST} held-out pictures")
    else:
        metrics["match"] = found.to_metrics()


def search(inversion: Inversion, image: Bytes) -> Tensor:
    """The latent `[d]` of one picture `[H, W, C]`, found without an encoder."""
    pixels = array_to_pixels(image[None])
    best = inversion.draw(pixels)
    for found in inversion.search(pixels, [best, inversion.mean], SEARCH_STEPS, FAITHFUL):
        best = found.z
    return best


def _held_out(dataset: Dataset, wanted: int) -> tuple[Bytes, str]:
    """Up to `wanted` pictures `[N, H, W, C]` that the model has not learned from, and the names of
    their splits.
    """
    names = [name for name in ("validation", "test") if len(dataset.splits.get(name, ()))]
    if names and len(dataset.splits[names[0]]) >= SEARCHED:
        names = names[:1]
    parts = [np.asarray(dataset.split(name).images[:wanted]) for name in names]
    images = np.concatenate(parts) if parts else np.asarray(dataset.images[:0])
    return images[:wanted], " and ".join(names)


def write_calibration(
    path: Path, data: str | None = None, data_root: Path | None = None, device: str = "cpu"
) -> Calibration:
    """Calibrate a model's file, and write it anew: with the numbers in its header, and all else as
    it was.

    Args:
        data: as for `evaluate`.

    Raises:
        CheckpointError: an unusable checkpoint, or a classifier.
        DataError: the data set is not there, or gives too few pictures, or pictures of another
            shape.
    """
    model, header, _ = load_model(path, device)
    dataset = dataset_of(path, header, data, data_root, 1)
    found = calibrate(model, dataset)
    if found is None:
        raise DataError(f"{dataset.name} has fewer than {FEWEST} pictures to calibrate with")
    _, tensors = load(path)
    save(path, replace(header, metrics={**header.metrics, "match": found.to_metrics()}), tensors)
    return found
