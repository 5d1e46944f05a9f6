"""How far a number moves in what is drawn is measured, and sliders are told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from genimg import Editor
from genimg.edits import Recipe
from genimg.evaluation.responses import with_responses
from genimg.latents import Direction, Scale
from genimg.models import DiagonalGaussian, LatentModel, load_model

D = 6


class Shrinking(nn.Module):
    """What is drawn of a latent is encoded to `z @ shrunken`, and a little more at the rim."""

    def __init__(self, shrunken: Tensor) -> None:
        super().__init__()
        self.shrunken = nn.Parameter(shrunken)

    def reencode(self, z: Tensor) -> DiagonalGaussian:
        mean = z @ self.shrunken
        return DiagonalGaussian(mean, torch.zeros_like(mean))


def measured_at(model: nn.Module, codes: Tensor, directions: list[Direction]) -> list[Direction]:
    return with_responses(cast(LatentModel, model), codes, directions)


def number(name: str, vector: Tensor, weights: Tensor) -> Direction:
    scale = Scale("years", 20.0, 75.0, 4.0, weights, 40.0)
    return Direction(name, vector, 2.0, "number", 0.8, "m", scale=scale)


@pytest.fixture
def directions() -> list[Direction]:
    rng = torch.Generator().manual_seed(0)
    found = []
    for name in ("age", "smile"):
        vector, weights = torch.randn(2, D, generator=rng).unbind()
        found.append(number(name, vector / vector.norm(), weights))
    axis = torch.eye(D)[2]
    return [*found, Direction("hat", axis, 1.0, "named", 0.9, "m")]


def test_a_response_is_what_is_found_again(directions: list[Direction]) -> None:
    rng = torch.Generator().manual_seed(1)
    shrunken = torch.diag(torch.tensor([0.5, 0.9, 1.0, 0.2, 0.7, 0.4]))
    shrunken += 0.1 * torch.randn(D, D, generator=rng)
    codes = torch.randn(8, D, generator=rng)
    found = measured_at(Shrinking(shrunken), codes, directions)
    assert [each.name for each in found] == ["age", "smile", "hat"] and found[2] is directions[2]
    for moved in directions[:2]:
        for told in found[:2]:
            assert told.scale is not None
            seen = float(moved.vector @ shrunken @ told.scale.weights)
            assert told.scale.change(moved.vector) == pytest.approx(seen, abs=1e-4)


def test_where_all_is_found_again_a_response_is_the_reading(directions: list[Direction]) -> None:
    found = measured_at(Shrinking(torch.eye(D)), torch.randn(4, D), directions)
    for each in found[:2]:
        assert each.scale is not None and each.scale.response is not None
        torch.testing.assert_close(each.scale.response, each.scale.weights, atol=1e-5, rtol=1e-5)


def test_two_sliders_that_are_nearly_one_give_no_wild_response() -> None:
    """How they differ cannot be measured."""
    axes = torch.eye(D)
    beside = (axes[0] + 1e-4 * axes[1]) / (axes[0] + 1e-4 * axes[1]).norm()
    pair = [number("age", axes[0], axes[0]), number("years", beside, axes[0] + axes[1])]
    shrunken = torch.diag(torch.tensor([0.5, 3.0, 1.0, 1.0, 1.0, 1.0]))
    for each in measured_at(Shrinking(shrunken), torch.randn(4, D), pair):
        assert each.scale is not None and each.scale.response is not None
        assert float(each.scale.response.abs().max()) < 3


def test_nothing_to_measure_at_leaves_all_as_it_is(directions: list[Direction]) -> None:
    model = Shrinking(torch.eye(D))
    assert measured_at(model, torch.empty(0, D), directions) == directions
    assert measured_at(model, torch.randn(4, D), directions[2:]) == directions[2:]


def test_sliders_reach_by_what_was_measured(numbered_path: Path) -> None:
    """Of a network that has learned nothing hardly anything is found again, and sliders know it."""
    model, header, _ = load_model(numbered_path)
    assert isinstance(model, LatentModel)
    directions = Editor.load(numbered_path, "cpu").directions
    rng = torch.Generator().manual_seed(2)
    codes = torch.randn(16, *model.latent_shape, generator=rng)
    measured = measured_at(model, codes, list(directions))
    editor = Editor(model, header, tuple(measured))
    age = measured[0].scale
    assert age is not None and age.response is not None
    ends = [model.reencode(codes + side * measured[0].vector).mode() for side in (1.5, -1.5)]
    slope = float(((ends[0] - ends[1]).mean(dim=0) / 3.0) @ age.weights)
    assert age.change(measured[0].vector) == pytest.approx(slope, rel=1e-3)
    stronger = replace(age, response=0.5 * age.weights)
    halved = Editor(model, header, (replace(measured[0], scale=stronger), *measured[1:]))
    start = Recipe(editor.sample(1, seed=1)[0])
    wanted = halved.shown(start)["age"] + 6
    moved = halved.brought(start, {"age": wanted})
    assert moved.amounts["age"] == pytest.approx(
        1.0, abs=1e-3
    )  # 12 years a step, half of them seen
    assert halved.shown(moved)["age"] == pytest.approx(wanted, abs=0.01)
