"""How well are labels told: accuracy, precision, recall and F1, for each value and in all.

Everything here works on labels alone, int64, with -1 where the true one is not known or hidden;
such pictures count for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genimg.errors import MetricError

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ValueScores:
    """How well one value of a factor is told; 0 where a share is one of nothing.

    Attributes:
        precision: part of the pictures said to have the value that do have it.
        recall: part of the pictures with the value that are said to have it.
        f1: harmonic mean of the two.
        support: pictures with the value.
    """

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class FactorScores:
    """How well one factor is told.

    Attributes:
        accuracy: part of the pictures whose value is told right.
        precision, recall, f1: means over the values that occur or are told (macro averages, each
            value counting the same).
        pictures: how many were scored.
        left_out: how many were not, as their value is hidden or unknown.
        values: {name of a value: its scores}.
    """

    accuracy: float
    precision: float
    recall: float
    f1: float
    pictures: int
    left_out: int
    values: dict[str, ValueScores]


def score_factor(true: Integers, told: Integers, names: Sequence[str]) -> FactorScores:
    """Score what was told, `[N]`, against the true labels, `[N]`, of one factor.

    Args:
        names: of the values 0, 1, ...

    Raises:
        MetricError: no picture has a label.
    """
    from sklearn.metrics import precision_recall_fscore_support

    known = true >= 0
    if not known.any():
        raise MetricError("none of these pictures has a label to compare with")
    true, told = true[known], told[known]
    precision, recall, f1, support = precision_recall_fscore_support(
        true, told, labels=np.arange(len(names)), zero_division=0.0
    )
    there = np.isin(np.arange(len(names)), np.concatenate([true, told]))
    return FactorScores(
        accuracy=float(np.mean(true == told)),
        precision=float(precision[there].mean()),
        recall=float(recall[there].mean()),
        f1=float(f1[there].mean()),
        pictures=int(known.sum()),
        left_out=int((~known).sum()),
        values={
            name: ValueScores(float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
            for i, name in enumerate(names)
        },
    )


def stratified_parts(labels: Integers, k: int, seed: int) -> Integers:
    """Deal N pictures into k parts with about the same share of every value, `[N]` in 0..k-1.

    Several factors cannot be dealt by their combinations, of which hardly two are alike. So the
    rarest value that is left is dealt first, each of its pictures to the part that lacks that value
    most, then pictures most (iterative stratification, Sechidis, Tsoumakas & Vlahavas 2011,
    algorithm 1). With one factor this is the usual stratification, exact to one picture.

    Args:
        labels: int64 `[N, F]`; -1, for hidden or unknown, is dealt evenly as one more value.

    Raises:
        MetricError: fewer pictures than parts.
    """
    if len(labels) < k:
        raise MetricError(f"{len(labels)} pictures cannot be dealt into {k} parts")
    rng = np.random.default_rng(seed)
    columns = [column[:, None] == np.unique(column) for column in labels.T]
    has = np.concatenate(columns, axis=1)  # (N, V), one for each value, the unknown one included
    wanted = np.tile(has.sum(axis=0) / k, (k, 1))  # (k, V), how many each part still lacks
    room = np.full(k, len(labels) / k)
    parts = np.full(len(labels), -1, dtype=np.int64)
    left = has.sum(axis=0)
    order = rng.permutation(len(labels))
    while left.any():
        rarest = int(np.argmin(np.where(left > 0, left, len(labels) + 1)))
        for row in order[has[order, rarest] & (parts[order] < 0)]:
            lacks = wanted[:, rarest]
            best = np.flatnonzero(lacks >= lacks.max() - 1e-9)
            best = best[room[best] >= room[best].max() - 1e-9]
            part = int(best[rng.integers(len(best))])
            parts[row] = part
            wanted[part] -= has[row]
            room[part] -= 1
            left -= has[row]
    return parts
