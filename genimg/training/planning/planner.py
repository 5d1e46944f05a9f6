"""What is chosen of a run where a person gives nothing, and how may a family choose otherwise?

Nothing here is decided by a hidden rule: each choice is a `Choice` with its reason, which the
terminal prints, the Train tab shows, and the run keeps. What a person gives is never changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genimg.checkpoint import read_header
from genimg.config import Size, sides_of, size_text
from genimg.data import Dataset, FolderOptions, Progress, load_dataset, native_side
from genimg.models.photo_vae import PRESET
from genimg.training.options import TrainOptions
from genimg.training.pictures.augmentation_test import choose_augmentations
from genimg.training.pictures.augmentations import Augmentations

SIZES = (16, 32, 48, 64, 96, 128, 192, 256)
LARGEST = {"cpu": 64, "cuda": 128, "mps": 64}
"""The largest side that is chosen, by kind of device: at 128 pixels a CPU sees a quarter of the
pictures that it sees at 64.
"""
LEAST_MINUTES, MOST_MINUTES = 5.0, 60.0
SEEN_BY_ROOT = 8_000
"""Pictures to see for each root of the number of pictures: 300 are seen 460 times each, 10,000
eighty times; the held-out error of a VAE is flat by then, see benchmarks/README.md.
"""


@dataclass(frozen=True)
class Choice:
    """One thing that was chosen: what it is, the value in words, and why."""

    what: str
    value: str
    why: str


class Planner:
    """Chooses for the runs of a family; one that chooses otherwise has a child of this class.

    Each method gives the options with what it has filled in, and its choices.

    Attributes:
        mixes: whether such a run may learn from several data sets together.
    """

    mixes = False

    def largest(self, options: TrainOptions) -> Mapping[str, int]:
        """The largest side of a folder's pictures that is chosen, by kind of device."""
        return LARGEST

    def choose_size(self, options: TrainOptions, device: str) -> tuple[TrainOptions, list[Choice]]:
        """Fill in the side of a folder's pictures; other sets have their own."""
        kind, _, path = options.data.partition(":")
        if options.size is not None or kind != "folder" or not path:
            return options, []
        side = native_side(path)
        largest = self.largest(options)[device.partition(":")[0]]
        if side is None:
            return options, []
        size: Size = max((s for s in SIZES if s <= min(side, largest)), default=SIZES[0])
        if options.init_from is not None:
            _, height, width = read_header(options.init_from).image_shape
            size = height if height == width else (height, width)
            why = f"as {options.init_from.stem} has"
        elif min(sides_of(size)) < largest:
            why = f"your pictures have about {side}"
        else:
            why = f"your pictures have about {side}; more would train too slowly on this machine"
        return replace(options, size=size), [Choice("size", f"{size_text(size)} pixels", why)]

    def read_pictures(
        self, options: TrainOptions, progress: Progress | None = None, few: int | None = None
    ) -> Dataset:
        """The data set of a run, or a `few` pictures of it; see `genimg.data.load_dataset`."""
        return load_dataset(options.data, progress=progress, few=few, **wanted(options))

    def choose_preset(
        self, options: TrainOptions, dataset: Dataset
    ) -> tuple[TrainOptions, list[Choice]]:
        """Fill in the preset, where it is not to be the family's first."""
        return options, []

    def choose_model(
        self, options: TrainOptions, dataset: Dataset, device: str, models: Path
    ) -> tuple[TrainOptions, list[Choice], Augmentations]:
        """Fill in what is trained: its network, what it starts from, and the changes.

        A model to start from is looked for in the folder `models`.
        """
        options, choices = self.choose_network(options, dataset, device, models)
        changes, why = self.choose_changes(options, dataset)
        value = str(changes) if changes else "none"
        return options, [*choices, Choice("changes at random", value, why)], changes

    def choose_network(
        self, options: TrainOptions, dataset: Dataset, device: str, models: Path
    ) -> tuple[TrainOptions, list[Choice]]:
        """The part of `choose_model` that is about the network."""
        return self.choose_start(options, dataset, models)

    def choose_start(
        self, options: TrainOptions, dataset: Dataset, models: Path
    ) -> tuple[TrainOptions, list[Choice]]:
        """Fill in the model in `models` that a run on a folder of pictures starts from, where it
        is of a kind that starts from one, and nothing else of it was asked for.
        """
        asked = (options.init_from, options.width, options.latent_dim)
        if options.preset not in (None, PRESET) or any(value is not None for value in asked):
            return options, []
        if not options.data.startswith("folder:"):
            return options, []
        if options.from_nothing:
            return options, [Choice("start", "from nothing", "you asked for it")]
        return self.find_start(options, dataset, models)

    def find_start(
        self, options: TrainOptions, dataset: Dataset, models: Path
    ) -> tuple[TrainOptions, list[Choice]]:
        """The part of `choose_start` that looks for it."""
        return options, []

    def choose_changes(self, options: TrainOptions, dataset: Dataset) -> tuple[Augmentations, str]:
        """How training pictures are changed at random, and why so."""
        if options.augment == "off":
            return Augmentations(), "you asked for none"
        if not options.data.startswith("folder:"):
            return Augmentations(flip=dataset.flip), "what this set is known to bear"
        changes, tested = choose_augmentations(dataset)
        reasons: dict[str, list[str]] = {}
        for what, _, why in sorted(tested, key=lambda choice: not choice[1]):  # what fits first
            reasons.setdefault(why, []).append(what)
        return changes, "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())

    def choose_budget(
        self, options: TrainOptions, dataset: Dataset, speed: float
    ) -> tuple[TrainOptions, list[Choice]]:
        """Fill in the minutes, from the number of pictures and the speed (pictures a second)."""
        if options.minutes is not None or options.images is not None:
            return options, []
        minutes, why = self.minutes(options, dataset.train_count, speed)
        return replace(options, minutes=minutes), [Choice("time", f"{minutes:.0f} minutes", why)]

    def minutes(self, options: TrainOptions, count: int, speed: float) -> tuple[float, str]:
        """What suits so many pictures at this speed, and why."""
        wanted = SEEN_BY_ROOT * math.sqrt(count) / max(speed, 1e-9) / 60
        why = f"{count:,} pictures at {speed:,.0f} a second"
        if wanted > MOST_MINUTES:
            why += "; more time would help, and can be given later"
        return float(round(min(max(wanted, LEAST_MINUTES), MOST_MINUTES))), why


def wanted(options: TrainOptions) -> dict[str, Any]:
    """How the pictures of a run are to be read, as `load_dataset` and `load_tiles` are told."""
    return {
        "size": options.size,
        "root": options.data_root,
        "count": options.count,
        "folder": FolderOptions(
            crop=options.crop,
            keep=options.keep,
            leave_out=options.leave_out,
            labels=options.labels,
            title=options.title,
            credit=options.credit,
            licence=options.licence,
        ),
    }
