"""What is a model told of the pictures that it learns from, and where is that in a latent? Numbers,
in its first dimensions.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.data.dataset import Floats, Integers

FURTHEST = 4.0
"""Standard deviations from the mean: a number beyond is taken for that."""
TOLD_BY_NUMBERS = 0.95
"""The part of the pictures whose value of a label a tree of numbers knows, from which on that label
need not be told: "old" says nothing beside the age.
"""
SEEN_BY_TREE, DEEPEST, UNKNOWN = 6_000, 5, np.float32(-1e6)


def told(dataset: Dataset, split: str) -> Floats | None:
    """What a model is told of the pictures of a split, float32 `[N, C]`, as far as they show it:
    the numbers that they bear, and 1 or 0 for each value of the labels that these do not tell; NaN
    where it is not known. None where pictures bear no numbers.
    """
    values, labels = dataset.visible_values(split), dataset.visible_labels(split)
    if values is None:
        return None
    columns = [values]
    for place in _untold(dataset):
        assert labels is not None
        theirs = labels[:, place : place + 1]
        shown = theirs == np.arange(len(dataset.factors[place].values))
        columns.append(np.where(theirs < 0, np.nan, shown).astype(np.float32))
    return np.concatenate(columns, axis=1)


@lru_cache(maxsize=1)
def _untold(dataset: Dataset) -> list[int]:
    """Which factors are not told by the numbers that training pictures bear; a run asks it of one
    data set again and again.
    """
    values, labels = dataset.visible_values("train"), dataset.visible_labels("train")
    if values is None or labels is None:
        return []
    numbers = np.where(np.isnan(values), UNKNOWN, values)[:SEEN_BY_TREE]
    return [
        place
        for place, column in enumerate(labels[:SEEN_BY_TREE].T)
        if _known_from(numbers, column) < TOLD_BY_NUMBERS
    ]


def _known_from(numbers: Floats, labels: Integers) -> float:
    """The part of half of the pictures whose label a tree of the others knows."""
    from sklearn.tree import DecisionTreeClassifier  # here, as in all of genimg: it takes seconds

    order = np.random.default_rng(0).permutation(np.flatnonzero(labels >= 0))
    numbers, labels = numbers[order], labels[order]
    if len(labels) < 2:
        return 1.0
    tree = DecisionTreeClassifier(max_depth=DEEPEST, random_state=0)
    return float(tree.fit(numbers[::2], labels[::2]).score(numbers[1::2], labels[1::2]))


class NumberPlaces:
    """The first dimensions of latents, where what is told of pictures is.

    Args:
        dataset: its training pictures bear numbers.
        latent_dim: d; at most half of the dimensions are told, the first columns of `told`.
    """

    def __init__(self, dataset: Dataset, latent_dim: int, device: str) -> None:
        values = told(dataset, "train")
        if values is None:
            raise ValueError(f"{dataset.name} bears no numbers")
        self.count = min(values.shape[1], latent_dim // 2)
        known = np.ma.masked_invalid(values[:, : self.count].astype(np.float64))
        spread = np.ma.filled(known.std(axis=0), 0.0)
        centre, spread = np.ma.filled(known.mean(axis=0), 0.0), np.where(spread > 0, spread, np.nan)
        self.mean, self.spread = (
            torch.tensor(each, dtype=torch.float32, device=device) for each in (centre, spread)
        )

    def aims(self, values: Tensor) -> Tensor:
        """Numbers `[N, K]` in standard deviations, NaN where one is not known or never differs."""
        aims = (values[:, : self.count] - self.mean) / self.spread
        return aims.clamp(-FURTHEST, FURTHEST)

    def put(self, codes: Tensor, values: Tensor) -> Tensor:
        """Latents `[N, d]`, with the known ones of what is told `[N, C]` in their places."""
        aims = self.aims(values)
        first = torch.where(aims.isnan(), codes[:, : self.count], aims)
        return torch.cat([first, codes[:, self.count :]], dim=1)
