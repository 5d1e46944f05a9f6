"""Is a value of a recipe what it has to be? Anybody may have written it; a ValueError says not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

MAX_NAME = 200
"""Characters of a name or a text."""
MAX_NAMES = 1000
MAX_NUMBER = 2.0**53
"""Up to here, whole numbers are exact in any JSON."""


def text(value: Any) -> str:
    """A text that is not too long."""
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise ValueError("a text is missing or too long")
    value.encode()  # half a character (JSON can say that) is a UnicodeError, so a ValueError
    return value


def name(value: Any) -> str:
    """A text that is not empty."""
    if not text(value):
        raise ValueError("a name is empty")
    return str(value)


def number(value: Any) -> float:
    """A finite number."""
    if type(value) not in (int, float):
        raise ValueError("what should be a number is none")
    if not abs(value) <= MAX_NUMBER:  # whole numbers too large for a float come here, too
        raise ValueError("a number is out of range")
    return float(value)


def whole(value: Any, low: float = -MAX_NUMBER, high: float = MAX_NUMBER) -> int:
    """A whole number from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError("a whole number is none, or out of range")
    return value


def truth(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("something is neither true nor false")
    return value


def items(value: Any, most: int, each: Callable[[Any], T]) -> list[T]:
    """A list of at most so many, each of which is read."""
    if not isinstance(value, list) or len(value) > most:
        raise ValueError("a list is none, or too long")
    return [each(item) for item in value]


def mapping(value: Any, each: Callable[[Any], T]) -> dict[str, T]:
    """An object of any names, whose values are read."""
    if not isinstance(value, Mapping):
        raise ValueError("an object of names is none")
    return {name(key): each(item) for key, item in value.items()}


def keys(value: Any, wanted: set[str]) -> None:
    """An object of exactly these names."""
    if not isinstance(value, dict) or set(value) != wanted:
        raise ValueError("a part of it is missing, or does not belong there")
