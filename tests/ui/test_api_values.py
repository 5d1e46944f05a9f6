"""Are values of programs checked against what a function says that it takes?"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from genimg.errors import GenimgError
from genimg.ui.api_values import checked, sent


@checked
def act(
    picture: dict[str, Any],
    amounts: dict[str, float],
    count: int = 1,
    heat: float = 1.0,
    deep: bool = False,
    words: list[str] | None = None,
    labels: dict[str, str] | None = None,
) -> tuple[Any, ...]:
    """A function as the app publishes them."""
    return picture, amounts, count, heat, deep, words, labels


def test_good_values_pass_and_nothing_is_the_default() -> None:
    assert act({"path": "x"}, {"a": 1, "b": 0.5}, 3, 2, True, ["a"], {"x": "y"}) == (
        {"path": "x"}, {"a": 1, "b": 0.5}, 3, 2, True, ["a"], {"x": "y"},
    )  # fmt: skip
    nothing: Any = None
    assert act({}, {}, nothing, nothing, nothing) == ({}, {}, 1, 1.0, False, None, None)
    assert act(picture={}, amounts={}) == act({}, {})


def test_name_signature_and_words_stay() -> None:
    assert (act.__name__, act.__doc__) == ("act", "A function as the app publishes them.")
    assert list(inspect.signature(act).parameters)[:3] == ["picture", "amounts", "count"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("amounts", None, "amounts must be an object of names and numbers"),
        ("amounts", {"a": "far"}, "names and numbers; 'a' cannot be 'far'"),
        ("amounts", {"a": float("nan")}, "'a' cannot be nan"),
        ("count", 2.0, "count must be a whole number, not 2.0"),
        ("count", False, "count must be a whole number, not False"),
        ("heat", float("inf"), "heat must be a number, not inf"),
        ("heat", True, "heat must be a number, not True"),
        ("deep", "yes", "deep must be true or false, not 'yes'"),
        ("words", "a", "words must be a list of words, not 'a'"),
        ("words", [1], "words must be a text, not 1"),
        ("labels", {"x": 1}, "names and words; 'x' cannot be 1"),
        ("labels", [], r"names and words, not \[\]"),
    ],
)
def test_others_are_named(name: str, value: Any, said: str) -> None:
    with pytest.raises(GenimgError, match=said):
        act(**{"picture": {}, "amounts": {}, name: value})


def test_what_is_told_of_a_value_is_short() -> None:
    with pytest.raises(GenimgError) as caught:
        act({}, {}, "x" * 100_000)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "value",
    [
        "https://example.org/a.png",
        {"path": "http://example.org/a.png"},
        {"path": None, "url": "HTTPS://example.org/a.png"},
        {"url": "data:image/png;base64,AAAA"},
        {"path": " ftp://example.org/a.png"},
    ],
)
def test_addresses_are_never_fetched(value: Any) -> None:
    with pytest.raises(GenimgError, match="fetches nothing from the network"):
        sent(value)


@pytest.mark.parametrize("value", [None, 7, [], "cat.png", {"path": 7}, {"path": "http://[bad"}])
def test_what_is_no_upload_is_none(value: Any) -> None:
    with pytest.raises(GenimgError, match=r"No picture has arrived|not uploaded"):
        sent(value)
