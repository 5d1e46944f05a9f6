"""Which numbers can be told from a model's latents? Sliders in units, for a model that is finished.

A training finds them by itself where its pictures bear numbers. A file from before, or one whose
pictures got their numbers later, gets them here; all its other sliders stay as they are, bit by
bit, so that saved pictures are drawn as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genimg.checkpoint import load, save
from genimg.data import Dataset
from genimg.data.dataset import Integers
from genimg.errors import CheckpointError, DataError
from genimg.evaluation.coding import encode_all
from genimg.evaluation.responses import with_responses
from genimg.latents import Direction, Evidence, directions_to_header
from genimg.latents.directions import MIN_NUMBERED, from_numbers
from genimg.models import LatentModel, load_model

PICTURES, HELD_OUT = 20_000, 2_000
"""Training pictures whose latents are regressed on, and pictures that measure what comes of it."""


def numbered(dataset: Dataset, rows: Integers, held_out: int) -> dict[str, Any]:
    """What an `Evidence` knows of numbers: of `rows` of the training split, and of the first
    `held_out` pictures of the validation split. Nothing without such a split: pictures that a
    regression has seen would praise it.
    """
    train = dataset.visible_values("train")
    if train is None or not len(dataset.splits.get("validation", ())):
        return {}
    values = dataset.visible_values("validation")
    assert values is not None
    return {
        "numbers": [(each.name, each.unit, each.low, each.high) for each in dataset.numbers],
        "values": train[rows],
        "held_out_values": values[:held_out],
    }


@torch.no_grad()
def find_numbers(model: LatentModel, dataset: Dataset, model_id: str) -> list[Direction]:
    """The directions of a data set's numbers in a model, the best told first.

    Raises:
        DataError: the set bears no numbers, or too few pictures are held out.
    """
    if dataset.values is None:
        raise DataError(
            f"{dataset.name} bears no numbers. A folder does with a file of labels that has a "
            "column of numbers: --labels FILE"
        )
    held_out = dataset.splits.get("validation", np.zeros(0, np.int64))
    if len(held_out) < MIN_NUMBERED:
        raise DataError(
            f"{dataset.name} has {len(held_out)} pictures in its validation split, and it takes "
            f"{MIN_NUMBERED} to say how far a number is off"
        )
    train = dataset.split("train").images
    rows = np.linspace(0, len(train) - 1, min(len(train), PICTURES)).astype(np.int64)
    others = encode_all(model, dataset.split("validation").images[:HELD_OUT]).mode()
    evidence = Evidence(
        model_id=model_id,
        codes=encode_all(model, train[rows]).mode().double().numpy(),
        held_out=others.double().numpy(),
        kl=None,
        survival=None,
        **numbered(dataset, rows, HELD_OUT),
    )
    found = sorted(from_numbers(evidence), key=lambda direction: -direction.reliability)
    return with_responses(model, others, found)


def write_numbers(
    path: Path, dataset: Dataset, device: str = "cpu", say: Callable[[str], None] = print
) -> list[Direction]:
    """Find the sliders of a data set's numbers, and write the file of the model anew with them in
    the place of those that it had.

    Raises:
        CheckpointError: an unusable checkpoint, or a model that takes no pictures.
        DataError: no numbers, pictures of another shape, or too few of them.
    """
    model, header, further = load_model(path, device)
    if not model.has_encoder:
        raise CheckpointError(
            f"{path} only draws pictures, and what these show is in no file: numbers are told by "
            "models that take pictures"
        )
    if dataset.image_shape != header.image_shape:
        raise DataError(
            f"{dataset.name} has pictures of shape {dataset.image_shape}, "
            f"the model's are {header.image_shape}"
        )
    say("encoding pictures")
    found = find_numbers(model, dataset, header.id)
    kept = [i for i, row in enumerate(header.directions) if "number" not in row]
    others = tuple(header.directions[i] for i in kept)
    taken = {row["name"] for row in others}
    found = [
        replace(each, name=f"{each.name} (number)") if each.name in taken else each
        for each in found
    ]
    rows, tensors = directions_to_header(found)
    vectors = further.get("directions.vectors")
    if vectors is not None and kept:
        parts = [tensors["directions.vectors"]] if found else []
        tensors["directions.vectors"] = torch.cat([*parts, vectors[kept]])
    _, stored = load(path)
    stored = {name: each for name, each in stored.items() if not name.startswith("directions.")}
    save(path, replace(header, directions=(*rows, *others)), stored | tensors)
    return found
