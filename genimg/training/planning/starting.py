"""Which trained model does a run start from, and how much of it stays, where nobody says?

A few hundred pictures teach a network little about edges and colours; one that has learned those
from other pictures is ahead of a new one for as long as anybody waits, see benchmarks/README.md.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import CheckpointError, ConfigError, GenimgError
from genimg.evaluation.coding import decode_all, encode_all
from genimg.files import CRITICS, critic_beside, model_files
from genimg.metrics import psnr
from genimg.models import MODELS, load_model
from genimg.models.photo_vae import PRESET, photo_config
from genimg.training import critics
from genimg.training.options import TrainOptions

FEW_PICTURES = 3_000
"""With more training pictures a run starts from nothing."""
WELL_LEARNED = 100_000
"""Training pictures seen from which on a model is taken rather than one that has seen fewer: that
one may bring back a person's pictures better, as it knows them by heart.
"""
MOST_CANDIDATES = 12
MOST_ANCESTORS = 20
STATED = ("name", "title", "credit", "licence")
LOOKED_AT = 48
"""Pictures that each candidate has to bring back."""
FROZEN = 2
"""Resolution stages of a critic that stay as they are where there are few pictures."""

Reason = tuple[str, str, str]
"""What was chosen, its value, and why."""


def choose_start(
    options: TrainOptions, dataset: Dataset, folder: Path
) -> tuple[TrainOptions, list[Reason]]:
    """Fill in the model in `folder` that a run on a folder of pictures starts from.

    A VAE of few pictures starts from one of their shape; of several that have learned long, from
    the one that brings the pictures back best. A GAN starts from the VAE of the same pictures, if
    there is one.
    """
    asked = (options.init_from, options.width, options.latent_dim)
    if options.preset not in (None, PRESET):
        return options, []
    if any(value is not None for value in asked) or not options.data.startswith("folder:"):
        return options, []
    if options.family == "base":
        return options, []
    if options.from_nothing:
        return options, [("start", "from nothing", "you asked for it")]
    preset = options.preset or "residual"
    fitting = [p for p in model_files(folder) if can_start_from(p, dataset.image_shape, preset)]
    if options.family == "gan":
        return _start_of_gan(options, dataset, fitting)
    rows = dataset.splits["train"]
    if options.family != "vae" or len(rows) > FEW_PICTURES:
        return options, []
    step = max(1, len(rows) // LOOKED_AT)
    images = np.asarray(dataset.images[rows[::step][:LOOKED_AT]])
    learned = [path for path in fitting if _seen(path) >= WELL_LEARNED] or fitting
    scores = {path: _brings_back(path, images) for path in learned[:MOST_CANDIDATES]}
    known = {path: score for path, score in scores.items() if score is not None}
    if not known:
        return options, []
    best = max(known, key=lambda path: known[path])
    why = f"{len(rows):,} pictures are few to learn from nothing"
    return replace(options, init_from=best), [("start", f"from {best.stem}", why)]


def _seen(path: Path) -> int:
    """The training pictures that a model says it has seen."""
    images = read_header(path).trained.get("images")
    return images if isinstance(images, int) else 0


def _start_of_gan(
    options: TrainOptions, dataset: Dataset, fitting: list[Path]
) -> tuple[TrainOptions, list[Reason]]:
    content = dataset.content
    own = [p for p in fitting if content and read_header(p).data.get("content") == content]
    if own:
        newest = max(own, key=lambda path: path.stat().st_mtime)
        why = "the VAE of the same pictures; it draws from the first step, and shares its sliders"
        return replace(options, init_from=newest), [("start", f"from {newest.stem}", why)]
    why = "a VAE of the same pictures would be a far better start: train that first, with --name"
    return options, [("start", "from nothing", why)]


@torch.no_grad()
def _brings_back(path: Path, images: np.ndarray) -> float | None:
    """The mean PSNR in dB of uint8 pictures `[N, H, W, C]` made again, or None."""
    try:
        model, _, _ = load_model(path)
    except CheckpointError:
        return None
    made = decode_all(model, encode_all(model, images).mode())
    return float(np.mean([psnr(a, b) for a, b in zip(images, made, strict=True)]))


def choose_critic(
    options: TrainOptions, dataset: Dataset, folder: Path
) -> tuple[TrainOptions, list[Reason]]:
    """Fill in whose critic a GAN begins with, and how much of that stays as it is.

    That of the GAN which the run starts from; for few pictures, that of any in `folder` that judges
    pictures of their shape.

    Raises:
        ConfigError: a critic was asked for that is not there, or a part of none.
    """
    if options.family != "gan":
        return options, []
    start = options.critic_from
    if start is not None and not critics.is_there(start):
        raise ConfigError(
            f"there is no critic of {start}; it would be {critic_beside(start)}, with the same id"
        )
    count = len(dataset.splits["train"])
    if start is None and options.init_from is not None:
        few = count < FEW_PICTURES
        candidates = [options.init_from, *(model_files(folder) if few else ())]
        fitting = (path for path in candidates if critics.fits(path, dataset.image_shape))
        start = next(fitting, None)
    if start is None:
        if options.freeze:
            raise ConfigError(
                "--freeze keeps what a critic has learned: it needs --init-from or --critic-from "
                f"with a gan whose critic is there, in the folder {CRITICS} beside it"
            )
        return options, []
    options = replace(options, critic_from=start)
    if options.freeze is not None:
        return options, [("critic", _stages(options.freeze, start.stem), "you asked for it")]
    freeze = FROZEN if count < FEW_PICTURES else 0
    why = f"{count:,} pictures are {'few: it would learn them by heart' if freeze else 'enough'}"
    return replace(options, freeze=freeze), [("critic", _stages(freeze, start.stem), why)]


def _stages(count: int, name: str) -> str:
    if not count:
        return f"that of {name}, and all of it learns"
    return f"that of {name}, of which {count} stage{'s' * (count > 1)} stay as they are"


def ancestry(*paths: Path | None) -> tuple[dict[str, str], ...]:
    """Whose pictures model files, and those that they were started from, have learned from: name,
    title, credit and licence of each, for the file of a model that is started from them.
    """
    rows: list[dict[str, str]] = []
    for path in dict.fromkeys(paths):
        if path is not None:
            header = read_header(path)
            known = [{**header.data, "name": header.name}, *header.data.get("started_from", [])]
            rows += [{key: str(row.get(key) or "") for key in STATED} for row in known]
    return tuple(row for i, row in enumerate(rows) if row not in rows[:i])[:MOST_ANCESTORS]


def can_start_from(path: Path, image_shape: tuple[int, int, int], preset: str = "residual") -> bool:
    """Whether a model file is a VAE of this preset for pictures of this shape, of the widths and
    blocks that `build_model` can give it.
    """
    try:
        header = read_header(path)
        if header.family != "vae" or header.image_shape != image_shape:
            return False
        own = MODELS["vae"].config_from(header.config)
        width = own.widths[0]
        if preset == PRESET:
            like: Any = photo_config(image_shape, own.latent_dim, width)
        else:
            like = MODELS["vae"].preset_config(preset, image_shape, own.latent_dim, ())
            like = replace(
                like, widths=tuple(min(width * 2**i, 4 * width) for i in range(len(like.widths)))
            )
    except (GenimgError, LookupError, AttributeError):
        return False
    return bool(own == like)


def preset_of(path: Path) -> str:
    """The preset of a VAE that a run starts from; the usual one for what is none."""
    architecture = str(read_header(path).config.get("architecture"))
    return architecture if architecture in MODELS["vae"].presets else MODELS["vae"].presets[0]


def as_started(options: TrainOptions) -> TrainOptions:
    """With the width and the latent size of the VAE that the run starts from, where not given."""
    assert options.init_from is not None
    config = read_header(options.init_from).config
    if config.get("architecture") not in ("residual", PRESET) or not config.get("widths"):
        return options  # which is refused where the model is made
    return replace(
        options,
        width=options.width or int(config["widths"][0]),
        latent_dim=options.latent_dim or int(config["latent_dim"]),
    )
