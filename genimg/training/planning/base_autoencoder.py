"""What is chosen for a base, which is to take any picture?"""

from __future__ import annotations

from typing_extensions import override

from genimg.data import Dataset, Progress, load_tiles
from genimg.training.options import TrainOptions
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.planning.planner import Choice, Planner, wanted


class BasePlanner(Planner):
    """Chooses for the runs of an `Autoencoder`."""

    mixes = True

    @override
    def choose_size(self, options: TrainOptions, device: str) -> tuple[TrainOptions, list[Choice]]:
        """Its tiles have a side of their own."""
        return options, []

    @override
    def read_pictures(
        self, options: TrainOptions, progress: Progress | None = None, few: int | None = None
    ) -> Dataset:
        """Tiles of all sets that it names: all of them, as they are cut from whole pictures."""
        names = (options.data, *options.mixed_with)
        return load_tiles(names, progress=progress, **wanted(options))

    @override
    def choose_changes(self, options: TrainOptions, dataset: Dataset) -> tuple[Augmentations, str]:
        if options.augment == "off":
            return Augmentations(), "you asked for none"
        return Augmentations(flip=True), "a base is to take any picture"
