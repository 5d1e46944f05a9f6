"""How is JSON of unknown origin read, and how does a plain mapping (a JSON header, command-line
options) become a checked config dataclass?
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
import typing
from collections.abc import Mapping
from numbers import Integral
from typing import Any, TypeVar

from genimg.errors import ConfigError

T = TypeVar("T")

Size = int | tuple[int, int]
"""Of pictures in pixels: the side of squares, or height and width of what is none."""

DEEPEST = 16
"""How far lists and objects may lie in each other."""
MOST_VALUES = 200_000
"""Values of one JSON text, those inside others counted, too."""
LONGEST_NUMBER = 40
"""Characters of one number."""

# Control characters but tab and line ends, those that turn the direction of writing, and halves of
# characters: none of them is for people to read, and the last cannot be written again.
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def strict_json(text: str | bytes, longest: int) -> Any:
    """The value of a JSON text that anybody may have written.

    Raises:
        ConfigError: longer than `longest`, no JSON, a key that is there twice, a number that is not
        finite or has too many digits, too deep or too many values, or texts with characters that
        are not for people (see `has_odd_characters`).
    """
    if len(text) > longest:
        raise ConfigError(f"a JSON text of {len(text):,} characters is too long")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_no_key_twice,
            parse_int=_whole,
            parse_float=_real,
            parse_constant=_real,
        )
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"it is no JSON that can be read: {error}") from None
    _check_tree(value)
    return value


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key is there twice")
    return values


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number has too many digits")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _check_tree(value: Any) -> None:
    """Depth, number and texts of a JSON value."""
    level, count = [value], 0
    for _ in range(DEEPEST):
        following: list[Any] = []
        count += len(level)
        if count > MOST_VALUES:
            raise ConfigError("it holds too many values")
        for item in level:
            if isinstance(item, dict):
                following += item.keys()
                following += item.values()
            elif isinstance(item, list):
                following += item
            elif isinstance(item, str) and has_odd_characters(item):
                raise ConfigError(f"a text has characters that cannot be shown: {short(item)}")
        if not following:
            return
        level = following
    raise ConfigError("its lists and objects lie too deep in each other")


def has_odd_characters(text: str) -> bool:
    """Whether a text has control characters (but tabs and line ends), turns the direction of
    writing, or holds half characters.
    """
    return _ODD.search(text) is not None


def without_odd_characters(value: Any) -> Any:
    """A JSON-ready value whose texts can all be shown and written (see `has_odd_characters`)."""
    if isinstance(value, str):
        return _ODD.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {without_odd_characters(k): without_odd_characters(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_odd_characters(item) for item in value]
    return value


def as_whole(value: object) -> int | None:
    """A whole number of Python or numpy as a plain int; None for anything else, also for True."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    return int(value)


def short(value: object, longest: int = 80) -> str:
    """A value as Python writes it, cut where it is too long to be said."""
    text = repr(value[: 2 * longest] if isinstance(value, (str, bytes, list, tuple)) else value)
    return text if len(text) <= longest else f"{text[:longest]}..."


def _accepts(annotation: Any, value: object) -> bool:
    """Whether a JSON value fits a field annotation (scalars, tuples of scalars, unions of them)."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if annotation is Any:
        return True
    if origin is typing.Literal:
        return value in arguments
    if origin in (typing.Union, types.UnionType):
        return any(_accepts(part, value) for part in arguments)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            return False
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return all(_accepts(arguments[0], item) for item in value)
        return len(value) == len(arguments) and all(map(_accepts, arguments, value))
    if annotation is type(None):
        return value is None
    if annotation is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is dict or dataclasses.is_dataclass(annotation):
        return isinstance(value, dict)
    return isinstance(annotation, type) and isinstance(value, annotation)


def config_from_mapping(config_type: type[T], values: Mapping[str, Any]) -> T:
    """Build the dataclass `config_type` from a mapping, refusing unknown keys and wrong types.

    Lists become tuples, as JSON has no tuples, and mappings the dataclasses that are wanted there.

    Raises:
        ConfigError: a key that the dataclass does not have, a missing one, or a value of the wrong
        type.
    """
    if not dataclasses.is_dataclass(config_type):
        raise TypeError(f"{config_type!r} is not a dataclass")
    hints = typing.get_type_hints(config_type)
    names = [field.name for field in dataclasses.fields(config_type)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise ConfigError(
            f"unknown setting {', '.join(map(short, unknown[:5]))} for {config_type.__name__}; "
            f"it has {', '.join(names)}"
        )
    for name, value in values.items():
        if not _accepts(hints[name], value):
            raise ConfigError(f"{config_type.__name__}.{name} cannot be {short(value)}")
    arguments = {name: _built(hints[name], value) for name, value in values.items()}
    try:
        return typing.cast(T, config_type(**arguments))
    except TypeError as error:
        raise ConfigError(f"{config_type.__name__} is incomplete: {error}") from None


def _built(annotation: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return config_from_mapping(annotation, value)
    return tuple(value) if isinstance(value, list) else value


def config_to_mapping(config: Any) -> dict[str, Any]:
    """The inverse of `config_from_mapping`: a JSON-ready dict of a config dataclass."""
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return config_to_mapping(value)
    return list(value) if isinstance(value, tuple) else value


def as_size(value: object) -> Size | None:
    """A side, or (height, width), from whole numbers; None if it is neither."""
    if not isinstance(value, (tuple, list)):
        return as_whole(value)
    sides = [as_whole(side) for side in value]
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        return None
    height, width = sides[0], sides[1]
    return height if height == width else (height, width)


def sides_of(size: Size) -> tuple[int, int]:
    """Height and width."""
    return size if isinstance(size, tuple) else (size, size)


def size_text(size: Size) -> str:
    """As it is typed: "128", or "128x192" for height and width."""
    return "x".join(map(str, size)) if isinstance(size, tuple) else str(size)
