"""Numbers planted in codes are found again, with a way back in their units."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from genimg.latents import METHODS, Evidence, directions_to_header, find_directions

from .test_directions import COUNT, PLANTED, Floats, make, spread, towards


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return make()


def number_rows(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Codes, and an age that shifts them, a mood that hardly does, and a luck that does not."""
    age, mood, luck = rng.uniform(20, 75, n), rng.uniform(0, 1, n), rng.uniform(0, 1, n)
    codes = spread(rng, n) + np.outer((age - 47.5) / 8, PLANTED["hat"])
    codes += 0.4 * np.outer(mood - 0.5, PLANTED["red"])
    return codes, np.stack([age, mood, luck], axis=1)


@pytest.fixture(scope="module")
def numbered() -> Evidence:
    rng = np.random.default_rng(4)
    (codes, values), (held_out, held_out_values) = number_rows(rng, COUNT), number_rows(rng, COUNT)
    return Evidence(
        "m", codes, held_out, None, None,
        numbers=(("age", "years", 20.0, 75.0), ("mood", "", 0.0, 1.0), ("luck", "", 0.0, 1.0)),
        values=values, held_out_values=held_out_values,
    )  # fmt: skip


def test_a_number_is_found_with_what_is_told_of_it_on_held_out_rows(numbered: Evidence) -> None:
    [age] = METHODS["numbers"](numbered)
    assert (age.name, age.group, age.factor) == ("age", "number", "")
    assert towards(age, PLANTED["hat"]) > 0.98
    assert age.scale is not None and age.scale.range == "20 to 75 years"
    codes = torch.from_numpy(numbered.held_out).float()
    told = np.array([age.scale.read(code) for code in codes])
    assert numbered.held_out_values is not None
    right = numbered.held_out_values[:, 0]
    off = np.sqrt(np.mean((told - right) ** 2))
    assert age.scale.error == pytest.approx(off, rel=1e-3)
    assert age.reliability == pytest.approx(1 - off**2 / right.var(), abs=1e-3)
    assert 0.8 < age.reliability < 1.0


def test_a_move_changes_the_number_by_what_the_regression_says(numbered: Evidence) -> None:
    """By about what was planted, too: eight years for each unit along the direction."""
    [age] = METHODS["numbers"](numbered)
    assert age.scale is not None
    z = torch.from_numpy(numbered.held_out[0]).float()
    step = age.scale.change(age.std * age.vector)
    moved = age.scale.read(z + 10 / step * age.std * age.vector)
    assert moved - age.scale.read(z) == pytest.approx(10, abs=1e-3)
    assert age.scale.change(age.vector) == pytest.approx(8, rel=0.2)
    assert step >= age.reliability**0.5 * np.std(numbered.values[:, 0]) * 0.98  # type: ignore[index]


def test_held_out_rows_of_another_kind_take_the_name_away(numbered: Evidence) -> None:
    """What fits the codes it was found from is worth nothing where it does not fit others."""
    assert numbered.held_out_values is not None
    shuffled = np.random.default_rng(0).permutation(numbered.held_out_values)
    assert not METHODS["numbers"](replace(numbered, held_out_values=shuffled))


def test_more_dimensions_than_rows_explain_nothing_of_luck() -> None:
    rng = np.random.default_rng(1)
    evidence = Evidence(
        "m", rng.standard_normal((60, 100)), rng.standard_normal((60, 100)), None, None,
        numbers=(("luck", "", 0.0, 1.0),),
        values=rng.uniform(0, 1, (60, 1)), held_out_values=rng.uniform(0, 1, (60, 1)),
    )  # fmt: skip
    assert not METHODS["numbers"](evidence)


def test_a_number_that_is_known_of_some_is_found_from_those(numbered: Evidence) -> None:
    assert numbered.values is not None and numbered.held_out_values is not None
    values, held_out_values = numbered.values.copy(), numbered.held_out_values.copy()
    values[::3, 0] = held_out_values[1::3, 0] = np.nan
    [age] = METHODS["numbers"](replace(numbered, values=values, held_out_values=held_out_values))
    assert towards(age, PLANTED["hat"]) > 0.97 and age.reliability > 0.8
    held_out_values[19:, 0] = np.nan
    few = replace(numbered, values=values, held_out_values=held_out_values)
    assert not METHODS["numbers"](few)


def test_numbers_come_first_and_share_no_name(numbered: Evidence, evidence: Evidence) -> None:
    both = replace(
        evidence,
        numbers=(("size", "cm", 0.0, 1.0),),
        values=evidence.scores["size"][:, None],
        held_out_values=evidence.held_out_scores["size"][:, None],
    )
    found = find_directions(both)
    assert found[0].name == "size (number)" and found[0].scale is not None
    assert "size (measured)" in [d.name for d in found]
    rows, tensors = directions_to_header(found)
    scale = found[0].scale
    assert rows[0]["number"] == {
        "unit": "cm", "low": 0.0, "high": 1.0, "error": round(scale.error, 6),
    }  # fmt: skip
    assert all("number" not in row for row in rows[1:])
    [reading] = tensors["directions.readings"]
    assert torch.equal(reading[:-1], scale.weights)
    assert float(reading[-1]) == pytest.approx(scale.bias)
