"""Pictures show numbers in their units, and are brought to others under whatever locks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from genimg import Editor, Latent
from genimg.checkpoint import load, read_header, save
from genimg.editor import Recipe
from genimg.errors import CheckpointError, LatentError
from genimg.latents import Direction, Scale


@pytest.fixture(scope="module")
def people(numbered_path: Path) -> Editor:
    return Editor.load(numbered_path, "cpu")


@pytest.fixture
def somebody(people: Editor) -> Recipe:
    return Recipe(people.sample(1, seed=1)[0])


def shown(editor: Editor, recipe: Recipe) -> dict[str, float]:
    return editor.shown(recipe)


def test_a_scale_reads_latents_and_tells_values_in_its_unit() -> None:
    scale = Scale("years", 20, 75, 4.2, torch.tensor([2.0, 0.0]), 40.0)
    assert scale.read(torch.tensor([3.0, 9.0])) == 46.0
    assert scale.read(torch.tensor([[3.0, 9.0], [5.0, 9.0]])) == 48.0  # of layers, their mean
    assert scale.change(torch.tensor([0.5, 1.0])) == 1.0
    assert [scale.words(x) for x in (61.6, -0.2)] == ["62 years", "0 years"]
    assert scale.off == "± 4.2 years"
    smile = Scale("", 0, 1, 0.1, torch.ones(2), 0.0)
    assert (smile.words(0.456), smile.digits, smile.range) == ("0.46", 2, "0 to 1")
    tiny = Scale("m", 0, 0.002, 0.000123, torch.ones(2), 0.0)
    assert tiny.off == "± 0.00012 m"
    assert tiny.words(0.00123) == "0.00123 m"


@pytest.mark.parametrize(
    "changes",
    [{"low": 75.0}, {"error": -1.0}, {"bias": float("nan")}, {"weights": torch.ones(1, 2)},
     {"weights": torch.tensor([float("inf")])}],
)  # fmt: skip
def test_a_scale_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    values = {"unit": "", "low": 20.0, "high": 75.0, "error": 1.0, "weights": torch.ones(2),
              "bias": 0.0}  # fmt: skip
    with pytest.raises(LatentError, match="a scale"):
        Scale(**{**values, **changes})  # type: ignore[arg-type]


def test_a_number_has_a_scale_and_nothing_else_has() -> None:
    scale = Scale("years", 20, 75, 4.2, torch.ones(2), 40.0)
    vector = torch.tensor([1.0, 0.0])
    assert Direction("age", vector, 1.0, "number", 0.5, "m", scale=scale).scale is scale
    with pytest.raises(LatentError, match="scale"):
        Direction("age", vector, 1.0, "number", 0.5, "m")
    with pytest.raises(LatentError, match="scale"):
        Direction("age", vector, 1.0, "named", 0.5, "m", scale=scale)
    with pytest.raises(LatentError, match="another size"):
        Direction("age", torch.eye(3)[0], 1.0, "number", 0.5, "m", scale=scale)


def test_a_model_tells_the_numbers_of_a_latent(people: Editor, somebody: Recipe) -> None:
    assert {name: scale.range for name, scale in people.scales.items()} == {
        "age": "20 to 75 years", "smile": "0 to 1",
    }  # fmt: skip
    z = somebody.latent.z
    told = people.numbers(somebody.latent)
    assert told == {
        "age": pytest.approx(47.5 + 12 * float(z[0]), abs=1e-4),
        "smile": pytest.approx(0.5 + 0.25 * float(z[1]), abs=1e-4),
    }
    with pytest.raises(LatentError, match="belongs to model"):
        people.numbers(Latent(z, "another"))


def test_a_picture_is_brought_to_a_number(people: Editor, somebody: Recipe) -> None:
    older = people.brought(somebody, {"age": 60})
    assert shown(people, older)["age"] == pytest.approx(60, abs=0.01)
    assert shown(people, older)["smile"] == pytest.approx(shown(people, somebody)["smile"])
    years = 60 - shown(people, somebody)["age"]
    assert older.amounts == {"age": pytest.approx(years / 12, abs=1e-4)}
    assert people.brought(older, {"age": 60}) == older
    assert people.brought(somebody, {}) == somebody
    assert Recipe.from_text(older.to_text()) == older


def test_several_numbers_are_reached_together(people: Editor, somebody: Recipe) -> None:
    """Although a smile makes older."""
    smiling = people.brought(somebody, {"smile": 0.9})
    assert shown(people, smiling)["age"] != pytest.approx(shown(people, somebody)["age"], abs=1)
    both = people.brought(somebody.pulled({"red hat": 1.0}), {"smile": 0.9, "age": 30})
    assert shown(people, both) == {
        "age": pytest.approx(30, abs=0.01), "smile": pytest.approx(0.9, abs=1e-3),
    }  # fmt: skip
    assert both.amounts["red hat"] == 1.0


def test_under_a_lock_a_number_is_reached_and_the_locked_one_stays(
    people: Editor, somebody: Recipe
) -> None:
    kept = replace(somebody, locks=("age",))
    smiling = people.brought(kept, {"smile": 0.9})
    assert shown(people, smiling) == {
        "age": pytest.approx(shown(people, somebody)["age"], abs=0.01),
        "smile": pytest.approx(0.9, abs=1e-3),
    }
    with pytest.raises(LatentError, match="'age' cannot be moved while it is kept"):
        people.brought(kept, {"age": 30})


def test_a_slider_in_units_tells_the_number_wherever_it_stands(
    people: Editor, somebody: Recipe
) -> None:
    for recipe in (somebody, somebody.pulled({"age": 1.0, "smile": -2.0}),
                   replace(somebody.pulled({"smile": 1.0}), locks=("age",))):  # fmt: skip
        units = people.in_units(recipe)
        for name in units:
            stand = recipe.amounts.get(name, 0.0)
            assert units[name].at(stand) == pytest.approx(shown(people, recipe)[name], abs=1e-3)
            pulled = recipe.pulled({name: stand + 0.5})
            if name not in recipe.locks:
                further = units[name].at(stand + 0.5)
                assert further == pytest.approx(shown(people, pulled)[name], abs=1e-3)


def test_a_number_of_which_locks_leave_nothing_speaks_no_unit(
    people: Editor, somebody: Recipe
) -> None:
    """The locked one itself still tells where it is kept."""
    age = people.model.directions["age"]
    pair = Editor(people.model.network, people.header, (age, replace(age, name="years lived")))
    assert set(pair.in_units(somebody)) == {"age", "years lived"}
    kept = pair.in_units(replace(somebody.pulled({"age": 1.0}), locks=("age",)))
    assert set(kept) == {"age"}
    pulled = somebody.pulled({"age": 1.0})
    assert kept["age"].at(1.0) == pytest.approx(shown(people, pulled)["age"])


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"years": 3}, "tells no number 'years'; it tells age, smile"),
        ({"red hat": 3}, "tells no number 'red hat'"),
        ({"age": float("nan")}, "age cannot be nan"),
        ({"age": "old"}, "age cannot be 'old'"),
        ({"age": 1e6}, "do not lead to age 1000000 years"),
    ],
)
def test_what_no_slider_leads_to_is_refused(
    people: Editor, somebody: Recipe, numbers: dict[str, float], said: str
) -> None:
    with pytest.raises(LatentError, match=said):
        people.brought(somebody, numbers)


def test_models_without_numbers_tell_none(editor: Editor, base_path: Path) -> None:
    latent = editor.sample(1)[0]
    assert editor.scales == {} and editor.numbers(latent) == {}
    assert editor.in_units(Recipe(latent)) == {}
    with pytest.raises(LatentError, match="it tells none"):
        editor.brought(Recipe(latent), {"age": 3})
    base = Editor.load(base_path, "cpu")
    assert base.scales == {}
    with pytest.raises(LatentError, match="it tells no numbers"):
        base.numbers(latent)


# -- the file


def test_a_file_brings_its_numbers_along(people: Editor, numbered_path: Path) -> None:
    header = read_header(numbered_path)
    assert header.directions[0]["number"] == {
        "unit": "years", "low": 20.0, "high": 75.0, "error": 4.0,
    }  # fmt: skip
    assert "number" not in header.directions[2]
    stored = load_file(numbered_path)["directions.readings"]
    assert stored.shape == (2, len(people.sample(1)[0].z) + 1)
    assert torch.equal(stored[0, :-1], people.scales["age"].weights)


def test_a_file_tells_how_far_its_sliders_go_in_what_is_drawn(
    people: Editor, numbered_path: Path, tmp_path: Path
) -> None:
    """Here half as far as latents say: sliders are pulled twice as far, and say what is seen."""
    header, tensors = load(numbered_path)
    path = tmp_path / "half.safetensors"
    responses = 0.5 * tensors["directions.readings"][:, :-1]
    save(path, header, {**tensors, "directions.responses": responses})
    half = Editor.load(path, "cpu")
    start = Recipe(half.sample(1, seed=1)[0])
    assert half.shown(start) == people.shown(start)
    wanted = half.shown(start)["age"] + 12
    amounts = [each.brought(start, {"age": wanted}).amounts["age"] for each in (people, half)]
    assert amounts == pytest.approx([1.0, 2.0], abs=1e-3)
    moved = start.pulled({"age": 1.0})
    assert half.shown(moved)["age"] == pytest.approx(wanted - 6, abs=0.01)
    assert half.in_units(moved)["age"].step == pytest.approx(6.0)
    assert half.numbers(half.edited(moved))["age"] == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ({"unit": "years", "low": 20}, "has no range or error"),
        ({"unit": "years", "low": 75, "high": 20, "error": 1}, "has no range or error"),
        ({"unit": "years", "low": 2, "high": 20, "error": "1"}, "has no range or error"),
        ({"unit": "a\nb", "low": 2, "high": 20, "error": 1}, "the unit of the direction 'age'"),
        ({"unit": "", "low": 2, "high": 20, "error": -1}, "a scale has no range"),
        (7, "has no range or error"),
    ],
)
def test_a_number_that_cannot_be_is_damage(
    numbered_path: Path, tmp_path: Path, number: object, said: str
) -> None:
    header, tensors = load(numbered_path)
    rows = ({**header.directions[0], "number": number}, *header.directions[1:])
    save(tmp_path / "bad.safetensors", replace(header, directions=rows), tensors)
    with pytest.raises(CheckpointError, match=said):
        Editor.load(tmp_path / "bad.safetensors", "cpu")


def test_numbers_without_what_reads_them_are_damage(numbered_path: Path, tmp_path: Path) -> None:
    header, tensors = load(numbered_path)
    path = tmp_path / "bad.safetensors"
    readings = tensors.pop("directions.readings")
    save(path, header, tensors)
    with pytest.raises(CheckpointError, match="nothing reads one of its numbers"):
        Editor.load(path, "cpu")
    responses = readings[:, :-1].clone()
    save(path, header, {**tensors, "directions.responses": responses})
    with pytest.raises(CheckpointError, match="nothing reads one of its numbers"):
        Editor.load(path, "cpu")
    both = {**tensors, "directions.readings": readings, "directions.responses": responses[:1]}
    save(path, header, both)
    with pytest.raises(CheckpointError, match=r"directions\.responses"):
        Editor.load(path, "cpu")
    save(path, header, {**tensors, "directions.readings": readings[:1]})
    with pytest.raises(CheckpointError, match=r"directions\.readings"):
        Editor.load(path, "cpu")
    named = tuple({k: v for k, v in row.items() if k != "number"} for row in header.directions)
    save(path, replace(header, directions=named), tensors)
    with pytest.raises(CheckpointError, match="a number without a scale"):
        Editor.load(path, "cpu")
