"""Which trained model does a run start from, and how much of it stays, where nobody says?

A few hundred pictures teach a network little about edges and colours; one that has learned those
from other pictures is ahead of a new one for as long as anybody waits, see benchmarks/README.md.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import CheckpointError
from genimg.metrics import psnr
from genimg.models import load_model
from genimg.training import critics
from genimg.training.coding import decode_all, encode_all
from genimg.training.options import TrainOptions

FEW_PICTURES = 3_000
"""With more training pictures a run starts from nothing."""
MOST_CANDIDATES = 12
MOST_ANCESTORS = 20
LOOKED_AT = 48
"""Pictures that each candidate has to bring back."""
FROZEN = 2
"""Resolution stages of a critic that stay as they are where there are few pictures."""

Reason = tuple[str, str, str]
"""What was chosen, its value, and why."""


def choose_start(
    options: TrainOptions, dataset: Dataset, folder: Path
) -> tuple[TrainOptions, list[Reason]]:
    """Fill in the model in `folder` that a VAE of few pictures starts from, if one is of their
    shape; of several, the one that brings the pictures back best.
    """
    asked = (options.init_from, options.width, options.latent_dim, options.preset)
    if options.family != "vae" or any(value is not None for value in asked):
        return options, []
    rows = dataset.splits["train"]
    if not options.data.startswith("folder:") or len(rows) > FEW_PICTURES:
        return options, []
    paths = sorted(folder.glob("*.safetensors"))
    fitting = [path for path in paths if can_start_from(path, dataset.image_shape)]
    step = max(1, len(rows) // LOOKED_AT)
    images = np.asarray(dataset.images[rows[::step][:LOOKED_AT]])
    scores = {path: _brings_back(path, images) for path in fitting[:MOST_CANDIDATES]}
    known = {path: score for path, score in scores.items() if score is not None}
    if not known:
        return options, []
    best = max(known, key=lambda path: known[path])
    why = f"{len(rows):,} pictures are few to learn from nothing; --width 48 does so all the same"
    return replace(options, init_from=best), [("start", f"from {best.stem}", why)]


@torch.no_grad()
def _brings_back(path: Path, images: np.ndarray) -> float | None:
    """The mean PSNR in dB of uint8 pictures `[N, H, W, C]` made again, or None."""
    try:
        model, _, _ = load_model(path)
    except CheckpointError:
        return None
    made = decode_all(model, encode_all(model, images).mode())
    return float(np.mean([psnr(a, b) for a, b in zip(images, made, strict=True)]))


def choose_freeze(options: TrainOptions, dataset: Dataset) -> tuple[TrainOptions, list[Reason]]:
    """Fill in how much of a GAN's critic stays as it was in the GAN that the run starts from."""
    if options.family != "gan" or options.init_from is None:
        return options, []
    name = options.init_from.stem
    if not critics.is_there(options.init_from):
        return options, []
    if options.freeze is not None:
        return options, [("critic", _stages(options.freeze, name), "you asked for it")]
    count = len(dataset.splits["train"])
    freeze = FROZEN if count < FEW_PICTURES else 0
    why = f"{count:,} pictures are {'few: it would learn them by heart' if freeze else 'enough'}"
    return replace(options, freeze=freeze), [("critic", _stages(freeze, name), why)]


def _stages(count: int, name: str) -> str:
    if not count:
        return f"that of {name}, and all of it learns"
    return f"that of {name}, of which {count} stage{'s' * (count > 1)} stay as they are"


def ancestry(path: Path | None) -> tuple[dict[str, str], ...]:
    """Whose pictures a model file, and those that it was started from, have learned from: name,
    title, credit and licence of each, for the file of a model that is started from it.
    """
    if path is None:
        return ()
    header = read_header(path)
    rows = [{**header.data, "name": header.name}, *header.data.get("started_from", [])]
    return tuple(
        {key: str(row.get(key) or "") for key in ("name", "title", "credit", "licence")}
        for row in rows[:MOST_ANCESTORS]
    )


def can_start_from(path: Path, image_shape: tuple[int, int, int]) -> bool:
    """Whether a model file is a residual VAE for pictures of this shape."""
    try:
        header = read_header(path)
    except CheckpointError:
        return False
    residual = header.config.get("architecture") == "residual"
    return header.family == "vae" and residual and header.image_shape == image_shape
