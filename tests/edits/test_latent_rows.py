"""Details stand in a recipe as one more row, and nobody can smuggle in what is none."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from genimg.edits import Recipe, Step
from genimg.errors import RecipeError
from genimg.latents import Latent, SpatialLatent

from .texts import MODEL, grid, lineage, with_details


def start(details: SpatialLatent | None) -> Recipe:
    return Recipe(Latent(torch.arange(8.0), MODEL, details=details))


def test_only_recipes_with_details_are_of_the_newest_version() -> None:
    assert json.loads(lineage().to_text())["format_version"] == 5
    values = json.loads(with_details().to_text())
    assert values["format_version"] == 6
    photographs = [row for row in values["rows"] if isinstance(row, dict)]
    assert len(photographs) == 1  # that of all steps
    earlier = Step(start(grid()), "start")
    alone = replace(start(None), lineage=(earlier,))
    assert json.loads(alone.to_text())["format_version"] == 6
    assert Recipe.from_text(alone.to_text()) == alone


def test_a_recipe_holds_details_rounded_and_exactly_so() -> None:
    exact = start(grid()).latent
    assert exact.details is not None
    assert exact.details.z.sub(grid().z).abs().max() < 0.03
    assert Recipe(exact).latent is exact
    assert Recipe.from_text(start(grid()).to_text()).latent == exact


def test_details_may_take_as_much_room_as_a_photograph() -> None:
    rng = torch.Generator().manual_seed(0)
    large = torch.rand(32, 48, 48, generator=rng) * 5 - 2.5
    made = start(SpatialLatent(large, MODEL, (384, 384)))
    text = made.to_text()
    assert 80_000 < len(text) < 110_000
    other = SpatialLatent(large.flip(0), MODEL, (384, 384))
    both = replace(made, lineage=(Step(start(other)), Step(start(other.at(-large)))))
    assert len(both.to_text()) > 200_000
    assert Recipe.from_text(both.to_text()) == both


def test_a_latent_that_left_its_details_behind_says_where_they_belong() -> None:
    home = start(grid()).latent
    moved = home.at(home.z + 1.0)
    assert moved.home is not None and torch.equal(moved.home, home.z)
    again = Recipe.from_text(Recipe(moved).to_text()).latent
    assert again == moved and torch.equal(again.origin, home.z)
    assert again != Latent(moved.z, MODEL, details=home.details)
    further = moved.at(home.z + 2.0)
    assert torch.equal(further.origin, home.z)
    back = further.at(home.z)
    assert back == home and back.home is None
    assert moved.showing(0.0) == Latent(moved.z, MODEL)


def rows_mixed_up(values: dict[str, Any]) -> None:
    values["latent"].reverse()


def a_second_grid(values: dict[str, Any]) -> None:
    values["latent"].append(values["latent"][-1])


def an_older_version(values: dict[str, Any]) -> None:
    values["format_version"] = 5


def no_details(values: dict[str, Any]) -> None:
    values["latent"] = [0]


def another_size(values: dict[str, Any]) -> None:
    values["rows"][1]["size"] = [64, 128]


def too_many_channels(values: dict[str, Any]) -> None:
    values["rows"][1]["channels"] = 65


def more_in_it(values: dict[str, Any]) -> None:
    values["rows"][1]["more"] = 1


def not_deflated(values: dict[str, Any]) -> None:
    values["rows"][1]["levels"] = base64.b64encode(bytes(256)).decode()


@pytest.mark.parametrize(
    "spoil",
    [rows_mixed_up, a_second_grid, an_older_version, no_details, another_size, too_many_channels,
     more_in_it, not_deflated],
)  # fmt: skip
def test_details_that_cannot_be_are_refused(spoil: Callable[[dict[str, Any]], None]) -> None:
    values = json.loads(start(grid()).to_text())
    assert Recipe.from_text(json.dumps(values)) == start(grid())
    spoil(values)
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps(values))


def test_nothing_is_inflated_beyond_what_its_size_tells() -> None:
    values = json.loads(start(grid()).to_text())
    bomb = zlib.compress(bytes(64_000_000), 9)
    values["rows"][1]["levels"] = base64.b64encode(bomb).decode()
    text = json.dumps(values)
    tracemalloc.start()
    with pytest.raises(RecipeError, match="not as long as it says"):
        Recipe.from_text(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
