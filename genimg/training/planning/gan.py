"""What is chosen for a GAN: a VAE of the same pictures to start from, and a critic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from typing_extensions import override

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.files import CRITICS, critic_beside, model_files
from genimg.models.photo_vae import PRESET
from genimg.training import critics
from genimg.training.options import TrainOptions
from genimg.training.planning.planner import Choice, Planner
from genimg.training.planning.starting import FEW_PICTURES, fitting_vaes
from genimg.training.planning.vae import (
    LARGEST_ON_BASE,
    MINUTES_ON_BASE,
    as_started,
    preset_of,
)

FROZEN = 2
"""Resolution stages of a critic that stay as they are where there are few pictures."""


class GANPlanner(Planner):
    """Chooses for the runs of a GAN."""

    @override
    def largest(self, options: TrainOptions) -> Mapping[str, int]:
        return LARGEST_ON_BASE if options.preset == PRESET else super().largest(options)

    @override
    def choose_preset(
        self, options: TrainOptions, dataset: Dataset
    ) -> tuple[TrainOptions, list[Choice]]:
        """That of a model on a base where it starts from one."""
        start = options.init_from
        if options.preset is None and start is not None and preset_of(start) == PRESET:
            return replace(options, preset=PRESET), []
        return options, []

    @override
    def choose_network(
        self, options: TrainOptions, dataset: Dataset, device: str, models: Path
    ) -> tuple[TrainOptions, list[Choice]]:
        options, start = self.choose_start(options, dataset, models)
        if options.preset == PRESET:  # whose critic is no file, and whose network is the VAE's
            return (options if options.init_from is None else as_started(options)), start
        options, critic = choose_critic(options, dataset, models)
        return options, [*start, *critic]

    @override
    def minutes(self, options: TrainOptions, count: int, speed: float) -> tuple[float, str]:
        if options.preset == PRESET:
            return MINUTES_ON_BASE, "photographs become sharper all the time; more helps"
        return super().minutes(options, count, speed)

    @override
    def find_start(
        self, options: TrainOptions, dataset: Dataset, models: Path
    ) -> tuple[TrainOptions, list[Choice]]:
        content = dataset.content
        fitting = fitting_vaes(options, dataset, models)
        own = [p for p in fitting if content and read_header(p).data.get("content") == content]
        if own:
            newest = max(own, key=lambda path: path.stat().st_mtime)
            why = (
                "the VAE of the same pictures; it draws from the first step, and shares its sliders"
            )
            chosen = Choice("start", f"from {newest.stem}", why)
            return replace(options, init_from=newest), [chosen]
        why = (
            "a VAE of the same pictures would be a far better start: train that first, with --name"
        )
        return options, [Choice("start", "from nothing", why)]


def choose_critic(
    options: TrainOptions, dataset: Dataset, folder: Path
) -> tuple[TrainOptions, list[Choice]]:
    """Fill in whose critic a GAN begins with, and how much of that stays as it is.

    That of the GAN which the run starts from; for few pictures, that of any in `folder` that judges
    pictures of their shape.

    Raises:
        ConfigError: a critic was asked for that is not there, or a part of none.
    """
    start = options.critic_from
    if start is not None and not critics.is_there(start):
        raise ConfigError(
            f"there is no critic of {start}; it would be {critic_beside(start)}, with the same id"
        )
    count = dataset.train_count
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
        kept = Choice("critic", _stages(options.freeze, start.stem), "you asked for it")
        return options, [kept]
    freeze = FROZEN if count < FEW_PICTURES else 0
    why = f"{count:,} pictures are {'few: it would learn them by heart' if freeze else 'enough'}"
    return replace(options, freeze=freeze), [Choice("critic", _stages(freeze, start.stem), why)]


def _stages(count: int, name: str) -> str:
    if not count:
        return f"that of {name}, and all of it learns"
    return f"that of {name}, of which {count} stage{'s' * (count > 1)} stay as they are"
