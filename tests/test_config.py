"""A JSON mapping becomes a checked dataclass and back, and what cannot be meant is refused."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from genimg.config import config_from_mapping, config_to_mapping
from genimg.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    shape: tuple[int, int, int]
    kind: Literal["round", "square"] = "round"
    widths: tuple[int, ...] = (1, 2)
    rate: float = 0.5
    count: int | None = None
    on: bool = False
    name: str = "x"
    rows: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


FULL = Settings((3, 4, 5), "square", (7, 8, 9), 2.0, 6, True, "y", ({"a": 1}, {}), {"b": [1, 2]})


@pytest.mark.parametrize("settings", [Settings((1, 2, 3)), FULL])
def test_json_and_back_gives_the_same_value(settings: Settings) -> None:
    text = json.dumps(config_to_mapping(settings))
    assert config_from_mapping(Settings, json.loads(text)) == settings


def test_lists_become_tuples_and_tuples_lists() -> None:
    settings = config_from_mapping(Settings, {"shape": [1, 2, 3], "widths": [4]})
    assert settings == Settings((1, 2, 3), widths=(4,))
    assert type(settings.shape) is type(settings.widths) is tuple
    assert config_to_mapping(settings)["shape"] == [1, 2, 3]


def test_what_is_left_out_has_its_default() -> None:
    assert config_from_mapping(Settings, {"shape": [1, 2, 3]}) == Settings((1, 2, 3))


def test_a_whole_number_serves_as_a_float() -> None:
    assert config_from_mapping(Settings, {"shape": [1, 2, 3], "rate": 2}).rate == 2


def test_an_unknown_key_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConfigError, match=r"unknown setting 'colour'.*shape, kind, widths"):
        config_from_mapping(Settings, {"shape": [1, 2, 3], "colour": "red"})


def test_a_missing_key_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"incomplete.*shape"):
        config_from_mapping(Settings, {"name": "z"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shape", [1, 2]),
        ("shape", [1, 2, 3, 4]),
        ("shape", [1, 2, "3"]),
        ("shape", [1, 2, 3.0]),
        ("shape", [1, 2, True]),
        ("shape", "123"),
        ("shape", None),
        ("kind", "oval"),
        ("kind", ["round"]),
        ("widths", [1, None]),
        ("widths", 1),
        ("rate", "0.5"),
        ("rate", True),
        ("rate", None),
        ("count", 1.5),
        ("count", False),
        ("count", "1"),
        ("on", 1),
        ("name", 1),
        ("name", None),
        ("rows", [1]),
        ("rows", {"a": 1}),
        ("extra", [1]),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"Settings.{name} cannot be"):
        config_from_mapping(Settings, {"shape": [1, 2, 3], name: value})


def test_none_is_taken_where_the_field_may_be_none() -> None:
    assert config_from_mapping(Settings, {"shape": [1, 2, 3], "count": None}).count is None


def test_only_dataclasses_can_be_built() -> None:
    with pytest.raises(TypeError, match="dataclass"):
        config_from_mapping(dict, {"a": 1})
