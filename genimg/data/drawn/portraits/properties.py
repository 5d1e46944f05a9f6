"""What is known about a portrait? The labels of its factors, and the exact numbers behind them.

A factor tells a value that one would name at sight ("turned left"); a number tells how much, in its
own unit. Left and right are those of the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from genimg.data.dataset import Factor, Integers, Number
from genimg.data.drawn.portraits.person import (
    BACKDROPS,
    BEARDS,
    CLOTHES,
    COLOURS,
    GLASSES,
    SHAPES,
    STYLES,
    Person,
    draw_person,
)
from genimg.errors import DataError

_SUNGLASSES = (("glasses", "sunglasses"),)
_COVERED = (*_SUNGLASSES, ("eyes", "closed eyes"))
_BARE = (("hair style", "bald head"),)

NUMBERS: tuple[Number, ...] = (
    Number("age", "years", 20, 75),
    Number("femininity", "", 0, 1),
    Number("weight", "", 0, 1),
    Number("skin darkness", "", 0, 1),
    Number("amount of African features", "", 0, 1),
    Number("amount of East Asian features", "", 0, 1),
    Number("amount of European features", "", 0, 1),
    *(Number(name, "", -1, 1) for name in SHAPES),
    Number("smile", "", 0, 1),
    Number("mouth opening", "", 0, 1),
    Number("brow raise", "", 0, 1),
    Number("eyelid closure", "", 0, 1, _SUNGLASSES),
    Number("gaze to the right", "degrees", -22, 22, _COVERED),
    Number("gaze up", "degrees", -12, 10, _COVERED),
    Number("turned to the right", "degrees", -38, 38),
    Number("tilted upwards", "degrees", -13, 13),
    Number("hair length", "", 0, 1, _BARE),
    Number("greying of the hair", "", 0, 1, _BARE),
    Number("lit from the right", "degrees", -62, 62),
    Number("lit from above", "degrees", 12, 52),
    Number("warmth of the light", "", -1, 1),
)
"""What `numbers` tells, in its order. No name is also that of a label's value."""


def numbers(person: Person) -> tuple[float, ...]:
    """The exact values of NUMBERS for a person."""
    return (
        person.age, person.femininity, person.weight, person.melanin, *person.ancestry,
        *person.shape, person.smile, person.mouth_open, person.brows_raised, person.eyes_closed,
        *person.gaze, *person.turn, person.hair_length, person.grey, *person.light, person.warmth,
    )  # fmt: skip


def _among(bounds: Sequence[float], value: float) -> int:
    return int(np.searchsorted(bounds, value, side="right"))


def _ancestry(person: Person) -> int:
    most = int(np.argmax(person.ancestry))
    return most if person.ancestry[most] >= 0.6 else 3


_FACTORS: tuple[tuple[Factor, Callable[[Person], int]], ...] = (
    (Factor("age", ("young", "middle-aged", "old")), lambda p: _among((36, 56), p.age)),
    (Factor("face", ("masculine face", "androgynous face", "feminine face")),
     lambda p: _among((0.33, 0.67), p.femininity)),
    (Factor("features", ("African features", "East Asian features", "European features",
                         "mixed features")), _ancestry),
    (Factor("skin", ("light skin", "medium skin", "dark skin")),
     lambda p: _among((0.27, 0.58), p.melanin)),
    (Factor("weight", ("slim", "of average weight", "heavy")),
     lambda p: _among((0.35, 0.58), p.weight)),
    (Factor("smile", ("no smile", "slight smile", "broad smile")),
     lambda p: _among((0.08, 0.5), p.smile)),
    (Factor("mouth", ("closed mouth", "open mouth")), lambda p: _among((0.1,), p.mouth_open)),
    (Factor("brows", ("relaxed brows", "raised brows")), lambda p: _among((0.35,), p.brows_raised)),
    (Factor("eyes", ("open eyes", "closed eyes"), _SUNGLASSES),
     lambda p: _among((0.5,), p.eyes_closed)),
    (Factor("gaze", ("looking left", "looking ahead", "looking right"), _COVERED),
     lambda p: _among((-8, 8), p.gaze[0])),
    (Factor("turn", ("turned left", "facing front", "turned right")),
     lambda p: _among((-13, 13), p.turn[0])),
    (Factor("tilt", ("tilted down", "held level", "tilted up")),
     lambda p: _among((-5, 5), p.turn[1])),
    (Factor("hair style", STYLES), lambda p: p.style),
    (Factor("hair colour", COLOURS, _BARE), lambda p: p.colour),
    (Factor("beard", BEARDS), lambda p: p.beard),
    (Factor("glasses", GLASSES), lambda p: p.glasses),
    (Factor("clothes", CLOTHES), lambda p: p.clothes),
    (Factor("light", ("light from the left", "light from the front", "light from the right")),
     lambda p: _among((-20, 20), p.light[0])),
    (Factor("warmth", ("cool light", "neutral light", "warm light")),
     lambda p: _among((-0.33, 0.33), p.warmth)),
    (Factor("background", BACKDROPS), lambda p: p.backdrop),
)  # fmt: skip

FACTORS: tuple[Factor, ...] = tuple(factor for factor, _ in _FACTORS)


def labels(person: Person) -> tuple[int, ...]:
    """The label of each of FACTORS."""
    return tuple(value(person) for _, value in _FACTORS)


def portrait_labels(count: int, seed: int) -> Integers:
    """Labels int64 [count, F] of the first `count` portraits of a seed."""
    return np.array([labels(draw_person(number, seed)) for number in range(count)], np.int64)


def portrait_numbers(rows: Sequence[int] | Integers, seed: int = 0) -> NDArray[np.float32]:
    """The exact values of NUMBERS, float32 [n, K], for these rows of `load_portraits` with `seed`.

    Raises DataError for a negative row.
    """
    if len(rows) and min(rows) < 0:
        raise DataError("Portraits are numbered from 0.")
    told = [numbers(draw_person(int(row), seed)) for row in rows]
    return np.array(told, np.float32).reshape(len(told), len(NUMBERS))
