"""Which pictures a step sees: seeded, without repeats inside an epoch, and exact after a resume."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.images import array_to_pixels


class Batch(NamedTuple):
    """Pixels float32 `[N, C, H, W]` and labels int64 `[N, F]`; -1 where one is not known."""

    pixels: Tensor
    labels: Tensor


def make_batch(images: Any, labels: Any) -> Batch:
    """A batch on the CPU from uint8 `[N, H, W, C]` and int64 `[N, F]`, or None without labels."""
    pixels = array_to_pixels(np.asarray(images))
    if labels is None:
        return Batch(pixels, torch.zeros(len(pixels), 0, dtype=torch.int64))
    return Batch(pixels, torch.from_numpy(np.array(labels, dtype=np.int64)))


class Batches:
    """Endless batches of training pictures.

    Epoch e is the permutation that the seed and e give, so the state is two numbers.
    """

    def __init__(self, dataset: Dataset, batch_size: int, seed: int) -> None:
        self.images = dataset.images  # perhaps a file of many gigabytes: only rows are read
        self.labels = dataset.labels
        self.rows = dataset.splits["train"]
        self.flip = dataset.flip
        self.batch_size = min(batch_size, len(self.rows))
        self.seed = seed
        self.epoch = 0
        self.position = 0
        self._order = self._permutation()

    def _permutation(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        return rng.permutation(len(self.rows)).astype(np.int64)

    def next(self, rng: torch.Generator) -> Batch:
        """The next batch, on the CPU; the rest of an epoch too small for one is skipped.

        Where the data allow it, each picture is mirrored with a chance of one half.
        """
        if self.position + self.batch_size > len(self._order):
            self.epoch, self.position = self.epoch + 1, 0
            self._order = self._permutation()
        chosen = np.sort(self._order[self.position : self.position + self.batch_size])
        self.position += self.batch_size
        rows = self.rows[chosen]
        batch = make_batch(self.images[rows], None if self.labels is None else self.labels[rows])
        if self.flip:
            pixels = batch.pixels
            mirrored = torch.rand(len(pixels), generator=rng, device=rng.device).cpu() < 0.5
            pixels[mirrored] = pixels[mirrored].flip(3)
        return batch

    def state_dict(self) -> dict[str, int]:
        """Where in which epoch the run stands."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """The inverse of `state_dict`."""
        self.epoch, self.position = state["epoch"], state["position"]
        self._order = self._permutation()
