"""What is known of pictures that codes are judged by?

A property is given as labels, integers with -1 where one is not known, or as numbers, floats with
NaN where one is not known. Where values have to be counted, numbers are put into BINS bins of about
equally many pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genimg.errors import MetricError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BINS = 10
"""Bins of a property that is a number."""
MIN_ROWS = 20
"""From so many pictures on, of which a property is known, it can be judged."""


@dataclass(frozen=True)
class Property:
    """What is known of one property: `rows` of the codes, and of those the `labels` from 0, and the
    `numbers` if it is one.
    """

    rows: Integers
    labels: Integers
    numbers: Floats | None

    @property
    def values(self) -> int:
        """How many values there are."""
        return int(self.labels.max()) + 1


def checked(
    codes: npt.NDArray[np.floating], factors: npt.NDArray[Any]
) -> tuple[Floats, list[Property]]:
    """Codes `[N, d]` as float64, and what is known of each of the F properties `[N, F]`.

    Raises:
        MetricError: shapes that do not fit, codes that are not finite, no property, or one that
            does not vary, is known of too few pictures, or has labels of which none occurs twice.
    """
    rows: Floats = np.asarray(codes, np.float64)
    factors = np.asarray(factors)
    if rows.ndim != 2 or factors.ndim != 2 or len(rows) != len(factors):
        raise MetricError(
            f"codes [N, d] and properties [N, F] are needed, not {rows.shape} and {factors.shape}"
        )
    if not rows.shape[1] or not factors.shape[1]:
        raise MetricError("there is nothing to compare: a code or the properties have no column")
    if not np.isfinite(rows).all():
        raise MetricError("codes hold numbers that are not finite")
    if factors.dtype.kind not in "iuf":
        raise MetricError(f"properties are integers or floats, not {factors.dtype}")
    return rows, [_property(column, place) for place, column in enumerate(factors.T)]


def _property(column: npt.NDArray[Any], place: int) -> Property:
    labelled = column.dtype.kind != "f"
    known = column >= 0 if labelled else np.isfinite(column)
    rows = np.flatnonzero(known)
    if len(rows) < MIN_ROWS:
        raise MetricError(
            f"property {place} is known of {len(rows)} pictures, and it takes {MIN_ROWS}"
        )
    numbers = None if labelled else column[rows].astype(np.float64)
    labels = column[rows].astype(np.int64) if numbers is None else equal_bins(numbers)
    values, labels = np.unique(labels, return_inverse=True)
    if len(values) < 2:
        raise MetricError(f"property {place} does not vary, so no code can follow it")
    if len(values) == len(rows):
        raise MetricError(f"no two pictures share a value of property {place}: give it as floats")
    return Property(rows, labels, numbers)


def equal_bins(numbers: npt.NDArray[np.floating], bins: int = BINS) -> Integers:
    """Numbers `[N]` as the bins that they fall into, `[N]`, from 0: about equally many in each.

    Equal numbers fall into one bin, so there are fewer bins where a number is frequent.
    """
    edges = np.unique(np.quantile(numbers, np.arange(1, bins) / bins))
    found = np.searchsorted(edges, numbers, side="right")
    labels: Integers = np.unique(found, return_inverse=True)[1].astype(np.int64)
    return labels
