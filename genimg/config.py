"""How a plain mapping (a JSON header, command-line options) becomes a checked config dataclass."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from genimg.errors import ConfigError

T = TypeVar("T")


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
    if origin is dict:
        return isinstance(value, dict)
    return isinstance(annotation, type) and isinstance(value, annotation)


def config_from_mapping(config_type: type[T], values: Mapping[str, Any]) -> T:
    """Build the dataclass `config_type` from a mapping, refusing unknown keys and wrong types.

    Lists become tuples, as JSON has no tuples.

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
            f"unknown setting {', '.join(map(repr, unknown))} for {config_type.__name__}; "
            f"it has {', '.join(names)}"
        )
    for name, value in values.items():
        if not _accepts(hints[name], value):
            raise ConfigError(f"{config_type.__name__}.{name} cannot be {value!r}")
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    try:
        return typing.cast(T, config_type(**arguments))
    except TypeError as error:
        raise ConfigError(f"{config_type.__name__} is incomplete: {error}") from None


def config_to_mapping(config: Any) -> dict[str, Any]:
    """The inverse of `config_from_mapping`: a JSON-ready dict of a config dataclass."""
    return {
        field.name: list(value)
        if isinstance(value := getattr(config, field.name), tuple)
        else value
        for field in dataclasses.fields(config)
    }
