"""Which column of a file of labels is a number, such as an age, and what is its unit?

A column is a number where its title names a unit ("age (years)") and half of its cells or more are
numbers; and without a unit where nine of ten are, some of them with a fraction, or more than
MOST_VALUES different ones: so few whole numbers are rather the names of kinds. Whole numbers of a
column that is titled as a label, or as what identifies something ("class", "id"), stay labels.
Columns of fewer than LEAST_VALUES different numbers are none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genimg.data.dataset import Floats, Number

MOST_VALUES = 20
"""More different whole numbers than this are a measure, and no label."""
LEAST_VALUES = 3

_UNKNOWN = frozenset(("", "?", "-", "n/a", "na", "nan", "none", "null", "unknown"))
_UNIT = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]")
_NAMING = frozenset(
    ("label", "labels", "class", "classes", "target", "category", "kind", "y", "id", "ids")
)
_LARGEST = 1e30  # single precision holds no more
_LONGEST = 40  # characters of a unit


@dataclass(frozen=True)
class NumberColumn:
    """A column that is a number: float32 `values`, NaN where a cell is empty or cannot be read;
    the latter are `unread`, each once.
    """

    number: Number
    values: Floats
    unread: tuple[str, ...]


def title_and_unit(title: str) -> tuple[str, str]:
    """("age", "years") of "age (years)" or "age [years]"; the unit is "" where none is named."""
    found = _UNIT.fullmatch(title.strip())
    if found is None:
        return title.strip(), ""
    return found[1], " ".join(found[2].split())[:_LONGEST]


def read_number(name: str, unit: str, cells: Sequence[str | None]) -> NumberColumn | None:
    """The column with these cells as a number; None where it is none, see above."""
    known = [None if cell is None or cell.lower() in _UNKNOWN else cell for cell in cells]
    numbers = [math.nan if cell is None else _number(cell) for cell in known]
    readable = [number for number in numbers if math.isfinite(number)]
    different = len(set(readable))
    filled = sum(cell is not None for cell in known)
    if different < LEAST_VALUES or len(readable) < (0.5 if unit else 0.9) * filled:
        return None
    whole = all(number.is_integer() for number in readable)
    if not unit and whole and (different <= MOST_VALUES or _is_naming(name)):
        return None
    pairs = zip(known, numbers, strict=True)
    unread = {cell for cell, number in pairs if cell is not None and math.isnan(number)}
    number = Number(name, unit, min(readable), max(readable))
    return NumberColumn(number, np.array(numbers, np.float32), tuple(sorted(unread)))


def _is_naming(name: str) -> bool:
    return bool(_NAMING & set(name.lower().split()))


def _number(cell: str) -> float:
    """What a cell says, NaN where that is no number."""
    try:
        number = float(cell)
    except ValueError:
        return math.nan
    return number if abs(number) <= _LARGEST else math.nan
