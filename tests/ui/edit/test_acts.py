"""What can be done to an open picture, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genimg import Editor
from genimg.editor import Moves, Recipe
from genimg.edits import OPERATIONS
from genimg.errors import GenimgError
from genimg.ui.edit.acts import ACTS, act

from ..conftest import save_gan


@pytest.fixture(scope="module")
def editor(tiny_checkpoint: Path) -> Editor:
    return Editor.load(tiny_checkpoint, "cpu")


@pytest.fixture
def start(editor: Editor) -> Recipe:
    return Recipe(editor.sample(1, seed=5)[0], origin="seed 5")


def names(editor: Editor) -> list[str]:
    return [direction.name for direction in editor.directions]


def test_pulling_says_what_was_moved(editor: Editor, start: Recipe) -> None:
    first, second = names(editor)[:2]
    one, label = act(editor, "pull", start, {"amounts": {first: 2}})
    assert one.amounts == {first: 2.0} and label == f"{first} +2.0"
    assert one.model_name == editor.header.name
    two, label = act(editor, "pull", one, {"amounts": {first: 1.0, second: -1e9}})
    assert two.amounts == {first: 1.0, second: -100.0} and label == "2 sliders"
    same, label = act(editor, "pull", two, {"amounts": {first: 1.0}})
    assert same.amounts == two.amounts and label == "no change"


def test_pulling_a_number_says_what_the_picture_shows(numbered_path: Path) -> None:
    people = Editor.load(numbered_path, "cpu")
    recipe = Recipe(people.sample(1, seed=5)[0])
    older, label = act(people, "pull", recipe, {"amounts": {"age": 1.0}})
    shown = people.numbers(people.edited(older))["age"]
    assert label == f"age {shown:.0f} years"
    _, label = act(people, "pull", recipe, {"amounts": {"red hat": 1.0}})
    assert label == "red hat +1.0"


def test_moving_goes_on_from_where_sliders_stand(editor: Editor, start: Recipe) -> None:
    first, second, third = names(editor)[:3]
    pulled = start.pulled({first: 1.0})
    after, label = act(editor, "move", pulled, {"amounts": {first: 0.5, second: -1.0}})
    assert after.moves == (Moves({first: 1.5, second: -1.0}),)
    assert label == f"{first} +0.5, {second} -1.0"
    held, _ = act(editor, "move", pulled, {"amounts": {first: 0.5}, "keep": [third]})
    assert held.moves == (Moves({first: 1.0}), Moves({first: 0.5}, (third,)))
    assert held.locks == () and held.amounts == {first: 1.5}


def test_what_is_locked_stays_when_others_move(editor: Editor, start: Recipe) -> None:
    first, second = names(editor)[:2]
    locked, label = act(editor, "lock", start, {"names": [first], "on": True})
    assert locked.locks == (first,) and label == f"keep {first}"
    assert editor.edited(locked) == editor.edited(start)
    pulled, _ = act(editor, "pull", locked, {"amounts": {first: 3.0, second: 2.0}})
    assert pulled.amounts == {second: 2.0}
    free, label = act(editor, "lock", pulled, {"names": [first], "on": False})
    assert free.locks == () and label == f"let go of {first}"
    assert editor.edited(free) == editor.edited(pulled)  # letting go moves nothing
    everything, _ = act(editor, "lock", start, {"names": names(editor), "on": True})
    with pytest.raises(GenimgError, match="All sliders are kept"):
        act(editor, "nudge", everything, {})
    for _ in range(5):
        nudged, _ = act(editor, "nudge", locked, {})
        assert first not in nudged.amounts and nudged.amounts


def test_edits_are_taken_back(editor: Editor, start: Recipe) -> None:
    first, second = names(editor)[:2]
    factor, values = next(iter(editor.factors.items()))
    shown = editor.labels(start.latent)[factor]
    other = next(value for value in values if value != shown)
    changed, label = act(editor, "exchange", start, {"factor": factor, "value": other})
    assert dict(changed.changes) == {factor: other} and label == f"{factor}: {other}"
    back, _ = act(editor, "exchange", changed, {"factor": factor, "value": shown})
    assert dict(back.changes) == {}
    pulled, _ = act(editor, "pull", changed, {"amounts": {first: 1.0, second: 2.0}})
    less, label = act(editor, "take", pulled, {"kind": "move", "name": first})
    assert less.amounts == {second: 2.0} and label == f"without {first}"
    less, _ = act(editor, "take", less, {"kind": "change", "name": factor})
    assert dict(less.changes) == {} and less.amounts == {second: 2.0}
    locked, _ = act(editor, "lock", pulled, {"names": [first], "on": True})
    none, _ = act(editor, "reset", locked, {})
    assert (none.amounts, dict(none.changes), none.locks) == ({}, {}, (first,))


def test_a_cross_has_something_of_both(editor: Editor, start: Recipe, tmp_path: Path) -> None:
    other = Recipe(editor.sample(1, seed=6)[0])
    child, label = act(editor, "cross", start, {"other": other.to_text(), "label": "seed 6"})
    assert label == "cross with seed 6"
    assert child.latent == editor.mix(start.latent, other.latent)
    save_gan(tmp_path / "gan.safetensors")
    gan = Editor.load(tmp_path / "gan.safetensors", "cpu")
    foreign = Recipe(gan.sample(1)[0], model_name="gan")
    with pytest.raises(GenimgError, match="made with the model 'gan'"):
        act(editor, "cross", start, {"other": foreign.to_text()})


def test_the_start_moves_between_two_ends(editor: Editor, start: Recipe) -> None:
    a, b = (Recipe(latent).to_text() for latent in editor.sample(2, seed=9))
    ends: dict[str, Any] = {"faithful": a, "editable": b}
    pulled = start.pulled({names(editor)[0]: 1.0})
    for t, end in ((0.0, b), (1.0, a)):
        after, label = act(editor, "soften", pulled, {**ends, "t": t})
        assert after.latent == Recipe.from_text(end).latent and after.amounts == pulled.amounts
        assert label == f"{100 * t:.0f} % faithful"
    for t in (-0.1, 1.1, True, "1", None):
        with pytest.raises(GenimgError):
            act(editor, "soften", pulled, {**ends, "t": t})


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("delete everything", {}),
        (None, {}),
        (["pull"], {}),
        ("pull", {}),
        ("pull", {"amounts": [1, 2]}),
        ("pull", {"amounts": {"glasses": float("nan")}}),
        ("pull", {"amounts": {"glasses": "2"}}),
        ("pull", {"amounts": {"glasses": True}}),
        ("move", {}),
        ("move", {"amounts": {"glasses": 101}}),
        ("move", {"amounts": {"glasses": 1}, "keep": ["glasses"]}),
        ("soften", {"t": 10**400}),
        ("exchange", {"factor": "no such", "value": "thing"}),
        ("exchange", {"factor": 3, "value": None}),
        ("exchange", {"factor": [1], "value": "red hat"}),
        ("exchange", {"value": "red hat"}),
        ("take", {"kind": "move"}),
        ("lock", {"names": "all"}),
        ("lock", {"names": ["no such direction"], "on": True}),
        ("lock", {"names": [["a"]], "on": True}),
        ("cross", {"other": "not a recipe"}),
        ("cross", {}),
    ],
)
def test_nonsense_is_refused_in_words(
    editor: Editor, start: Recipe, kind: object, told: dict[str, Any]
) -> None:
    with pytest.raises(GenimgError):
        act(editor, kind, start, told)


def test_an_unknown_direction_cannot_be_drawn(editor: Editor, start: Recipe) -> None:
    with pytest.raises(GenimgError, match="no direction 'no such'"):
        after, _ = act(editor, "pull", start, {"amounts": {"no such": 1.0}})
        editor.edited(after)


def test_every_act_is_tried_here() -> None:
    tried = {"pull", "exchange", "take", "reset", "nudge", "lock", "cross", "soften", "move"}
    tried |= {"details"}
    assert {*ACTS, *OPERATIONS} == tried
    assert not set(ACTS) & set(OPERATIONS)
