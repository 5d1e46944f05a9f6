"""What is chosen for a VAE: the base below it, what it starts from, its width, its latents?

A few hundred pictures teach a network little about edges and colours; one that has learned those
from other pictures is ahead of a new one for as long as anybody waits, see benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from typing_extensions import override

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import CheckpointError
from genimg.evaluation.coding import decode_all, encode_all
from genimg.metrics import psnr
from genimg.models import MODELS, load_model
from genimg.models.photo_vae import PRESET, fits_base
from genimg.models.photo_vae import default_latent_dim as latent_dim_on_base
from genimg.models.vae import default_latent_dim
from genimg.training.options import TrainOptions
from genimg.training.planning.planner import LARGEST, Choice, Planner
from genimg.training.planning.starting import FEW_PICTURES, fitting_vaes

LARGEST_ON_BASE = {"cpu": 128, "cuda": 256, "mps": 128}
"""The largest side of pictures for a model on a base, which does most of the work for good."""
WIDTHS = {"cpu": 48, "cuda": 64, "mps": 48}
NARROW, FEW_MINUTES = 24, 5.0
"""After a minute and a half on a CPU a width of 24 is 3.6 dB ahead of 48, see benchmarks/README.md.
"""
MINUTES_ON_BASE = 20.0
"""After these a few thousand photographs are drawn sharply, see benchmarks/README.md."""
WELL_LEARNED = 100_000
"""Training pictures seen from which on a model is taken rather than one that has seen fewer: that
one may bring back a person's pictures better, as it knows them by heart.
"""
MOST_CANDIDATES = 12
LOOKED_AT = 48
"""Pictures that each candidate has to bring back."""


class VAEPlanner(Planner):
    """Chooses for the runs of a VAE, on a base or not."""

    @override
    def largest(self, options: TrainOptions) -> Mapping[str, int]:
        return LARGEST_ON_BASE if options.preset in (None, PRESET) else LARGEST

    @override
    def choose_preset(
        self, options: TrainOptions, dataset: Dataset
    ) -> tuple[TrainOptions, list[Choice]]:
        """That of the model it starts from, and for photographs of one's own a model on the base.
        What is drawn by a program comes back better from pixels.
        """
        if options.preset is not None:
            return options, []
        if options.init_from is not None:
            return replace(options, preset=preset_of(options.init_from)), []
        channels, *sides = dataset.image_shape
        own = options.data.startswith("folder:")
        if not own or channels != 3 or not fits_base(*sides):
            return options, []
        why = "colour pictures are sharp where a model stands on a base that knows photographs"
        return replace(options, preset=PRESET), [Choice("network", f"the preset {PRESET}", why)]

    @override
    def choose_network(
        self, options: TrainOptions, dataset: Dataset, device: str, models: Path
    ) -> tuple[TrainOptions, list[Choice]]:
        why = "it takes your pictures, not only draws"
        if options.preset != PRESET:
            why += "; a GAN can be started from it afterwards"
        options, start = self.choose_start(options, dataset, models)
        choices = [Choice("model", "VAE", why), *start]
        preset = options.preset or MODELS[options.family].presets[0]
        if preset not in ("residual", PRESET):
            return options, choices
        if options.init_from is not None:
            return as_started(options), choices
        size = min(dataset.image_shape[1:])
        if preset == PRESET:
            numbers = latent_dim_on_base(size)
        else:
            numbers = default_latent_dim(size)
            if options.width is None:
                width, why = _width(options, device.partition(":")[0])
                options = replace(options, width=width)
                choices.append(Choice("width", f"{width} channels", why))
        if options.latent_dim is None:
            options = replace(options, latent_dim=numbers)
            why = f"what suits {size} pixels; those that are not needed stay unused"
            choices.append(Choice("latent", f"{numbers} numbers", why))
        return options, choices

    @override
    def find_start(
        self, options: TrainOptions, dataset: Dataset, models: Path
    ) -> tuple[TrainOptions, list[Choice]]:
        """A VAE of few pictures starts from one of their shape; of several that have learned long,
        from the one that brings the pictures back best.
        """
        rows = dataset.splits["train"]
        if len(rows) > FEW_PICTURES:
            return options, []
        step = max(1, len(rows) // LOOKED_AT)
        images = np.asarray(dataset.images[rows[::step][:LOOKED_AT]])
        fitting = fitting_vaes(options, dataset, models)
        learned = [path for path in fitting if _seen(path) >= WELL_LEARNED] or fitting
        scores = {path: _brings_back(path, images) for path in learned[:MOST_CANDIDATES]}
        known = {path: score for path, score in scores.items() if score is not None}
        if not known:
            return options, []
        best = max(known, key=lambda path: known[path])
        why = f"{len(rows):,} pictures are few to learn from nothing"
        return replace(options, init_from=best), [Choice("start", f"from {best.stem}", why)]

    @override
    def minutes(self, options: TrainOptions, count: int, speed: float) -> tuple[float, str]:
        if options.preset == PRESET:
            why = "photographs become sharp in the second half of it; more time helps"
            return MINUTES_ON_BASE, why
        return super().minutes(options, count, speed)


def _width(options: TrainOptions, kind: str) -> tuple[int, str]:
    """The channels that suit a kind of device, and why."""
    if kind == "cpu" and options.minutes is not None and options.minutes <= FEW_MINUTES:
        return NARROW, "a narrow network gets further in so little time"
    return WIDTHS[kind], f"suits a {kind}"


def _seen(path: Path) -> int:
    """The training pictures that a model says it has seen, in all runs that made it as far as is
    known.
    """
    header = read_header(path)
    images = header.trained.get("images")
    return round(sum(header.each_took("images"))) or (images if isinstance(images, int) else 0)


@torch.no_grad()
def _brings_back(path: Path, images: np.ndarray) -> float | None:
    """The mean PSNR in dB of uint8 pictures `[N, H, W, C]` made again, or None."""
    try:
        model, _, _ = load_model(path)
    except CheckpointError:
        return None
    made = decode_all(model, encode_all(model, images).mode())
    return float(np.mean([psnr(a, b) for a, b in zip(images, made, strict=True)]))


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
