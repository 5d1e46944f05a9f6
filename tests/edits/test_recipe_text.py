"""A recipe comes back bit for bit, and a damaged or forged one is refused in plain words."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from genimg.edits import MAX_STEPS, Moves, Recipe, Step
from genimg.errors import RecipeError
from genimg.latents import Latent

from .texts import (
    AMOUNTS,
    CHANGES,
    MODEL,
    NAMES,
    PLACES,
    ROWS,
    WORDS,
    as_version_3,
    lineage,
    recipe,
    with_details,
)

RECIPES = [recipe(), lineage(), Recipe(Latent(torch.randn(5, 8), MODEL)), with_details()]


@pytest.mark.parametrize("before", RECIPES, ids=["plain", "lineage", "layers", "details"])
def test_no_bit_is_lost(before: Recipe) -> None:
    text = before.to_text()
    after = Recipe.from_text(text)
    assert after == before
    assert after.latent.z.numpy().tobytes() == before.latent.z.numpy().tobytes()
    assert [list(part.amounts) for part in after.moves] == [list(m.amounts) for m in before.moves]
    assert after.to_text() == text
    assert "\n" not in text


def test_sliders_at_zero_are_not_written_down() -> None:
    zero = Recipe(Latent(torch.zeros(2), "a"), moves=(Moves({"pink": 0.0, "blue": 1}),))
    assert Recipe.from_text(zero.to_text()).amounts == {"blue": 1.0}


def test_the_text_is_strict_json_with_a_version() -> None:
    values = json.loads(recipe().to_text(), parse_constant=pytest.fail)
    assert values["format_version"] == 5
    assert values["operations"] == [
        {"operation": "exchange", "changes": {"accessory": "red hat", "fur": "très pâle"}},
        {"operation": "move", "amounts": dict(recipe().moves[0].amounts), "keep": []},
        {"operation": "move", "amounts": {"pink": -1.0}, "keep": ["glasses", "grey"]},
    ]
    assert [len(base64.b64decode(row)) for row in values["rows"]] == [4 * 64]


def test_steps_share_what_they_start_from() -> None:
    start = recipe()
    long = replace(start, lineage=(Step(start, "start"),) * 64)
    [row] = json.loads(long.to_text())["rows"]
    assert len(long.to_text()) < len(start.to_text()) + 64 * 400
    assert long.to_text().count(row) == 1
    rows = torch.randn(2, 64)
    mixed = Recipe(Latent(rows[torch.tensor([0, 0, 1, 1, 1])], MODEL))
    assert len(json.loads(mixed.to_text())["rows"]) == 2
    assert Recipe.from_text(mixed.to_text()) == mixed


def test_a_lineage_too_long_to_be_read_is_cut_at_its_beginning() -> None:
    """64 pictures that share nothing, of twelve layers each: about 260,000 characters."""
    rng = torch.Generator().manual_seed(0)
    steps = [
        Step(
            Recipe(Latent(torch.randn(12, 64, generator=rng), MODEL), model_name="cats-64-vae"),
            str(i),
            (i - 1,) if i else (),
        )
        for i in range(MAX_STEPS)
    ]
    whole = replace(recipe(), lineage=tuple(steps), parents=(0, MAX_STEPS - 1))
    read = Recipe.from_text(whole.to_text())
    left = len(read.lineage)
    assert 20 < left < MAX_STEPS
    assert [s.label for s in read.lineage] == [s.label for s in steps[-left:]]
    assert [s.recipe for s in read.lineage] == [s.recipe for s in steps[-left:]]
    assert [s.parents for s in read.lineage] == [(i - 1,) if i else () for i in range(left)]
    assert read.parents == (left - 1,)
    assert replace(read, lineage=(), parents=()) == recipe()


def test_what_cannot_be_read_is_not_written() -> None:
    many = {f"direction {i}": 1.0 for i in range(1001)}
    with pytest.raises(RecipeError, match="too long to be written"):
        Recipe.of(recipe().latent, many).to_text()
    with pytest.raises(RecipeError, match="too long to be written"):
        Recipe.of(Latent(torch.zeros(50_000), MODEL)).to_text()
    moves = tuple(Moves({"pink": 1.0}, (str(i),)) for i in range(66))
    with pytest.raises(RecipeError, match="too long to be written"):
        replace(recipe(), moves=moves).to_text()
    for amount in (float("nan"), float("inf"), -100.5):
        wrong = Recipe.of(recipe().latent, {"pink": amount})
        for each in (wrong, replace(recipe(), lineage=(Step(wrong),))):
            with pytest.raises(RecipeError, match="out of range"):
                each.to_text()


@pytest.mark.parametrize("origin", ["x" * 1000, "b\udcffd.png", "\ud800"])
def test_a_strange_origin_never_makes_a_picture_that_cannot_be_opened(origin: str) -> None:
    """Origins are file names at times: up to 255 characters, and bytes that are no text."""
    latent = Latent(torch.ones(2), "a")
    text = Recipe(latent, origin=origin, model_name=origin, label=origin).to_text()
    text.encode()  # as a PNG's text chunk is
    assert Recipe.from_text(text).latent == latent


@pytest.mark.parametrize(
    "text",
    ["", "{", "not json", "\x00", "[" * 50_000, recipe().to_text()[:-1], "1" * 5000,
     '{"format_version":3,"format_version":3}'],
    ids=["empty", "brace", "words", "nul", "deep", "cut", "huge number", "twice"],
)  # fmt: skip
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="not JSON"):
        Recipe.from_text(text)


@pytest.mark.parametrize(
    "text",
    ["[]", "null", "1", '"a"', "{}", '{"format_version": "1"}', '{"format_version": true}',
     '{"format_version": 3.0}', '{"format_version": 7}'],
)  # fmt: skip
def test_what_is_no_recipe_of_this_version_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="another version"):
        Recipe.from_text(text)


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(RecipeError, match="too long"):
        Recipe.from_text(" " * 200_001)


EXCHANGE = {"operation": "exchange", "changes": {"hat": "red"}}
PULLED = {"operation": "move", "amounts": {"a": 1.0}}
OF_VERSION_5 = (
    ("operations", [None, {}, "a", [None], [{}], [{"operation": "move"}], [{"amounts": {}}],
                    [{**PULLED, "operation": None}], [{**PULLED, "operation": []}],
                    [{**PULLED, "operation": "no such"}], [{**PULLED, "operation": "__init__"}],
                    [{**PULLED, "more": 1}], [{**PULLED, "keep": ["b"]}] * 2,
                    [{**PULLED, "keep": [str(i)]} for i in range(66)],
                    [{**PULLED, "keep": ["a"]}], [EXCHANGE, EXCHANGE],
                    [{"operation": "soften", "t": 0.5}], [{"operation": "cross", "other": "{}"}],
                    *([{"operation": "move", "amounts": a}] for a in AMOUNTS),
                    *([{**PULLED, "keep": k}] for k in NAMES),
                    *([{"operation": "exchange", "changes": c}] for c in CHANGES)]),
)  # fmt: skip
OF_VERSION_6 = (
    ("operations", [[{"operation": "details", "share": 0.5}] * 2, [{"operation": "details"}],
                    [{"operation": "details", "share": "1"}],
                    *([{"operation": "details", "share": s}] for s in (-0.1, 1.01, None, True))]),
)  # fmt: skip
OF_VERSION_3 = (
    ("changes", CHANGES),
    ("moves", [None, {}, "a", [None], [{}], [{"amounts": {}}], [{"keep": []}],
                   [{"amounts": {}, "keep": [], "more": 1}],
                   [{"amounts": {"a": 1.0}, "keep": ["b"]}] * 2,
                   [{"amounts": {"a": 1.0}, "keep": [str(i)]} for i in range(65)],
                   [{"amounts": {"a": 1.0}, "keep": ["a"]}],
                   *([{"amounts": a, "keep": []}] for a in AMOUNTS),
                   *([{"amounts": {"pink": 1.0}, "keep": k}] for k in NAMES)]),
)  # fmt: skip
OF_ALL = (
    ("latent", [*PLACES, []]), ("origin", WORDS), ("locks", NAMES), ("label", WORDS),
    ("parents", [*PLACES, [0, 0], [4]]),
)  # fmt: skip


def damage(*fields: tuple[str, list[Any]]) -> list[tuple[str, Any]]:
    """A field of a state, and what it cannot be."""
    return [(key, value) for key, values in fields for value in values]


OF_THE_WHOLE = [
    *(("rows", rows) for rows in (None, {}, "a", [], *([row] for row in ROWS))),
    *(("model_id", word) for word in WORDS),
    *(("model_name", word) for word in WORDS),
    ("lineage", None), ("lineage", {}), ("lineage", [None]), ("lineage", [{}]), ("lineage", [[]]),
    ("more", 1),
]  # fmt: skip


BOTH = pytest.mark.parametrize("version", [3, 5, 6])


def whole_of(version: int) -> dict[str, Any]:
    """`lineage()` as a version writes it."""
    made = with_details() if version == 6 else lineage()
    values: dict[str, Any] = json.loads(made.to_text())
    return as_version_3(values) if version == 3 else values


FIELDS = [
    *((3, *each) for each in damage(*OF_VERSION_3, *OF_ALL)),
    *((5, *each) for each in damage(*OF_VERSION_5, *OF_ALL)),
    *((6, *each) for each in damage(*OF_VERSION_6, *OF_ALL)),
]


@pytest.mark.parametrize(
    ("version", "key", "value"),
    [*FIELDS, *((version, *each) for version in (3, 5, 6) for each in OF_THE_WHOLE)],
    ids=lambda value: str(value)[:30],
)
def test_each_damaged_field_is_refused_by_itself(version: int, key: str, value: Any) -> None:
    values = whole_of(version)
    Recipe.from_text(json.dumps(values))
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps({**values, key: value}))


@pytest.mark.parametrize(("version", "key", "value"), FIELDS, ids=lambda value: str(value)[:30])
def test_each_damaged_field_of_an_earlier_step_is_refused(
    version: int, key: str, value: Any
) -> None:
    values = whole_of(version)
    values["lineage"][1][key] = value
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps(values))


@BOTH
def test_every_field_has_to_be_there(version: int) -> None:
    whole = whole_of(version)
    for place in (None, 0, 3):
        for key in whole if place is None else whole["lineage"][place]:
            values = copy.deepcopy(whole)
            del (values if place is None else values["lineage"][place])[key]
            with pytest.raises(RecipeError, match="the recipe in this picture"):
                Recipe.from_text(json.dumps(values))


def test_steps_do_not_hold_steps_and_are_not_too_many() -> None:
    values = json.loads(lineage().to_text())
    step = copy.deepcopy(values["lineage"][0])
    values["lineage"][0]["lineage"] = []
    with pytest.raises(RecipeError, match="damaged"):
        Recipe.from_text(json.dumps(values))
    values["lineage"] = [step] * 64
    values["parents"] = []
    Recipe.from_text(json.dumps(values))
    values["lineage"] = [step] * 65
    with pytest.raises(RecipeError, match="damaged"):
        Recipe.from_text(json.dumps(values))


def test_names_are_bounded_over_all_steps() -> None:
    values = json.loads(lineage().to_text())
    for number, step in enumerate(values["lineage"]):
        step["locks"] = [f"name {number} {i}" for i in range(240)]
    Recipe.from_text(json.dumps(values))
    for number, step in enumerate(values["lineage"]):
        step["locks"] = [f"name {number} {i}" for i in range(260)]
    with pytest.raises(RecipeError, match="too many names"):
        Recipe.from_text(json.dumps(values))


def places(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a JSON text."""
    yield path
    if isinstance(values, (dict, list)):
        for key in values if isinstance(values, dict) else range(len(values)):
            yield from places(values[key], (*path, key))


STRANGE = [None, True, 0, -1, 64, 1e999, 10**30, "", "a", "\ud800", [], {}, [[]], {"a": []}, ["a"]]


@BOTH
def test_a_recipe_damaged_anywhere_is_refused_or_read_and_nothing_else(version: int) -> None:
    rng = random.Random(0)
    whole = whole_of(version)
    ways = [way for way in places(whole) if way]
    refused = 0
    for way in rng.choices(ways, k=1500):
        values: Any = copy.deepcopy(whole)
        parent = values
        for key in way[:-1]:
            parent = parent[key]
        if rng.random() < 0.25:
            del parent[way[-1]]
        else:
            parent[way[-1]] = copy.deepcopy(rng.choice(STRANGE))
        try:
            read = Recipe.from_text(json.dumps(values))
        except RecipeError:
            refused += 1
        else:
            assert Recipe.from_text(read.to_text()) == read
    assert refused > 900


def test_a_text_with_wrong_characters_is_refused_or_read_and_nothing_else() -> None:
    rng, text = random.Random(1), lineage().to_text()
    for _ in range(1000):
        place = rng.randrange(len(text))
        spoiled = text[:place] + rng.choice('{}[]",:0e-x\\é\x00') + text[place + rng.randrange(3) :]
        try:
            Recipe.from_text(spoiled)
        except RecipeError:
            continue
