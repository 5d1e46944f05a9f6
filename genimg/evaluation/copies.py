"""Has a model begun to copy: do its draws lie nearer to training pictures than new pictures do?

Cheap enough to be asked at every validation: pictures are compared as small means of their pixels.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genimg.data import Dataset
from genimg.images import array_to_pixels

TRAINING_PICTURES = 2_000
HELD_OUT_PICTURES = 256
LEAST_HELD_OUT = 20
NEAREST = 0.05
"""Of the held-out pictures, so many are nearer to the training pictures than the marks that they
set."""
CROWD = 20
SIDE = 12
READ = 256


class Copies:
    """Knows the training pictures of a data set, and how near to them held-out ones lie.

    A draw counts as a copy where it is nearer to one training picture than nearly all held-out
    pictures are to any, and nearer to that one than to the next ones by more than nearly all
    held-out pictures are. The first alone would call every blurred picture a copy, as those are
    near to everything; a copy is near to one.
    """

    def __init__(self, train: Tensor, held_out: Tensor) -> None:
        """Pixels `[T, C, H, W]` to be copied, and `[H, C, H, W]` that are none."""
        self.train = self._means(train)
        nearest, lead = self._nearest(self._means(held_out))
        self.nearest, self.lead = (
            float(torch.quantile(values, NEAREST, interpolation="lower"))
            for values in (nearest, lead)
        )

    @classmethod
    def of(cls, dataset: Dataset) -> Copies | None:
        """Of a data set; None where too few of its pictures are held out to compare with."""
        none = np.zeros(0, dtype=np.int64)
        held_out = dataset.splits.get("validation", none)
        if len(held_out) < LEAST_HELD_OUT:  # the marks of a small set need all that it has
            held_out = np.concatenate([held_out, dataset.splits.get("test", none)])
        train = dataset.splits["train"]
        if len(held_out) < LEAST_HELD_OUT or len(train) < 2 * CROWD:
            return None
        pixels = _read(dataset, train, TRAINING_PICTURES)
        if dataset.flip:
            pixels = torch.cat([pixels, pixels.flip(3)])
        return cls(pixels, _read(dataset, held_out, HELD_OUT_PICTURES))

    def share(self, pixels: Tensor) -> float:
        """The part of draws `[N, C, H, W]` that are copies, 0 to 1; up to about 0.05 by chance."""
        nearest, lead = self._nearest(self._means(pixels))
        return float(((nearest <= self.nearest) & (lead <= self.lead)).float().mean())

    def _means(self, pixels: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(pixels.float().cpu(), SIDE).flatten(1)

    def _nearest(self, means: Tensor) -> tuple[Tensor, Tensor]:
        """The distance of each to the nearest training picture, and that as a part of the distance
        of those that come next, `[N]` both.
        """
        found = torch.cdist(means, self.train).topk(CROWD + 1, largest=False).values  # (N, 21)
        return found[:, 0], found[:, 0] / found[:, 1:].mean(dim=1).clamp_min(1e-9)


def _read(
    dataset: Dataset, rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]], most: int
) -> Tensor:
    """Some pictures, evenly spread over the rows, as small means: `[N, C, SIDE, SIDE]`."""
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)]
    parts = []
    for start in range(0, len(some), READ):  # a few at a time: large ones take much memory
        images = np.asarray(dataset.images[some[start : start + READ]])
        parts.append(F.adaptive_avg_pool2d(array_to_pixels(images), SIDE))
    return torch.cat(parts)
