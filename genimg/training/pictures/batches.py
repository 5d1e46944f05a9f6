"""Which pictures a step sees: seeded, without repeats inside an epoch, and exact after a resume."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.images import array_to_pixels
from genimg.training.distributed.processes import ALONE, World
from genimg.training.pictures.augmentations import Augmentations, apply
from genimg.training.pictures.numbers import told

WATCHED = 256
"""Pictures that a run is judged by as it goes, held out or learned from."""


class Batch(NamedTuple):
    """What a process sees of a batch of M pictures: as a rule all, else its own N rows.

    pixels  float32 `[N, C, H, W]`, rows `first` to `first + N` of the batch; where a family
            learns from latents of a base, those.
    labels  int64 `[M, F]`, those of the whole batch; -1 where one is not known.
    first   the first of its own rows.
    values  float32 `[M, C]`, what is told of the pictures of the whole batch, see `told`; None
            where nothing is.
    """

    pixels: Tensor
    labels: Tensor
    first: int = 0
    values: Tensor | None = None

    @property
    def total(self) -> int:
        """M, the pictures of the whole batch."""
        return len(self.labels)

    @property
    def rows(self) -> slice:
        """Its own rows of what belongs to the whole batch."""
        return slice(self.first, self.first + len(self.pixels))


def make_batch(images: Any, labels: Any) -> Batch:
    """A batch on the CPU from uint8 `[N, H, W, C]` and int64 `[N, F]`, or None without labels."""
    pixels = array_to_pixels(np.asarray(images))
    return Batch(pixels, _labels(labels, np.arange(len(pixels))))


def _labels(labels: Any, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Tensor:
    """Those of some rows, int64 `[N, F]`; no columns where there are no labels."""
    if labels is None:
        return torch.zeros(len(rows), 0, dtype=torch.int64)
    return torch.from_numpy(np.array(labels[rows], dtype=np.int64))


def fixed_batch(dataset: Dataset, split: str, most: int = WATCHED) -> Batch:
    """Some pictures of a split, evenly spread over it, and always the same: on the CPU."""
    rows = dataset.splits[split]
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)]
    labels = None if dataset.labels is None else dataset.labels[some]
    return make_batch(dataset.images[some], labels)


class Source(Protocol):
    """Where the pictures of a batch come from, as a network takes them."""

    def read(
        self, rows: np.ndarray[Any, np.dtype[np.int64]], own: slice, rng: torch.Generator
    ) -> Tensor:
        """Those of the `own` ones of some rows of a data set, float32 `[N, C, H, W]`, on the
        device. What is drawn from `rng` is drawn for all rows.
        """


class PhasedSource:
    """The source of the phase that a run is in, which `phase` tells."""

    def __init__(self, sources: Sequence[Source], phase: Callable[[], int]) -> None:
        self.sources, self.phase = sources, phase

    def read(
        self, rows: np.ndarray[Any, np.dtype[np.int64]], own: slice, rng: torch.Generator
    ) -> Tensor:
        """See `Source`."""
        return self.sources[self.phase()].read(rows, own, rng)


class PixelSource:
    """Pixels of a data set, each picture changed at random.

    Args:
        changes: how each picture is varied; by default mirrored where the data allow it.
        place: puts pixels where the arithmetic is done.
    """

    def __init__(
        self,
        dataset: Dataset,
        changes: Augmentations | None = None,
        place: Callable[[Tensor], Tensor] = lambda pixels: pixels,
    ) -> None:
        self.images = dataset.images  # perhaps a file of many gigabytes: only rows are read
        self.changes = Augmentations(flip=dataset.flip) if changes is None else changes
        self.place = place

    def read(
        self, rows: np.ndarray[Any, np.dtype[np.int64]], own: slice, rng: torch.Generator
    ) -> Tensor:
        """Pixels in [-1, 1]; see `Source`."""
        pixels = self.place(array_to_pixels(np.asarray(self.images[rows[own]])))
        drawn = self.changes.draw(len(rows), rng)
        return self.place(apply(pixels, drawn.rows(own))) if self.changes else pixels


class Batches:
    """Endless batches of training pictures, of which each process reads its own rows.

    Epoch e is the permutation that the seed and e give, so the state is two numbers.

    Args:
        batch_size: pictures in a batch, of all processes together.
        source: where the pictures come from; by default pixels as they are in the data set, or
            mirrored where it allows that.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        seed: int,
        source: Source | None = None,
        world: World = ALONE,
    ) -> None:
        self.labels = dataset.labels
        self.values = told(dataset, "train")
        self.rows = dataset.splits["train"]
        self.source = PixelSource(dataset) if source is None else source
        self.world = world
        self.batch_size = min(batch_size, len(self.rows))
        if self.batch_size < self.world.size:
            raise ConfigError(
                f"{self.batch_size} pictures in a step are too few for {self.world.size} "
                "processes; start fewer, or give a larger --batch-size"
            )
        self.seed = seed
        self.epoch = 0
        self.position = 0
        self._order = self._permutation()

    def _permutation(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        return rng.permutation(len(self.rows)).astype(np.int64)

    def next(self, rng: torch.Generator) -> Batch:
        """The next batch, its pictures changed at random; the rest of an epoch too small for one is
        skipped.

        All processes draw the same from `rng`, for the whole batch.
        """
        if self.position + self.batch_size > len(self._order):
            self.epoch, self.position = self.epoch + 1, 0
            self._order = self._permutation()
        chosen = np.sort(self._order[self.position : self.position + self.batch_size])
        self.position += self.batch_size
        rows, own = self.rows[chosen], self.world.rows(len(chosen))
        pictures = self.source.read(rows, own, rng)
        values = None if self.values is None else torch.from_numpy(self.values[chosen])
        return Batch(pictures, _labels(self.labels, rows), own.start, values)

    def state_dict(self) -> dict[str, int]:
        """Where in which epoch the run stands."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """The inverse of `state_dict`."""
        self.epoch, self.position = state["epoch"], state["position"]
        self._order = self._permutation()
