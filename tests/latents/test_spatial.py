"""The latents of photographs: exact values that move, and travel in recipes bit by bit."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
import torch

from genimg.edits import Recipe
from genimg.edits.recipe_text import MAX_GRID_CHARACTERS
from genimg.errors import LatentError, RecipeError
from genimg.latents import Latent, MapDirection, SpatialLatent
from genimg.latents.spatial import (
    FURTHEST,
    REACHES,
    between_spatial,
    from_levels,
    move_spatial,
    places,
)

MODEL = "0" * 16
RNG = torch.Generator().manual_seed(0)


def latent(
    height: int = 20, width: int = 33, spread: float = 1.0, channels: int = 4
) -> SpatialLatent:
    z = spread * torch.randn(channels, *places((height, width)), generator=RNG)
    return SpatialLatent(z, MODEL, (height, width))


def slider(name: str = "warmth", strength: float = 0.1, model: str = MODEL) -> MapDirection:
    return MapDirection(name, strength * torch.randn(4, 5, generator=RNG), 0.5, model)


@pytest.mark.parametrize("reach", range(len(REACHES)))
def test_all_256_levels_are_found_again(reach: int) -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    made = from_levels(levels, reach, (128, 128), MODEL)
    found, same = SpatialLatent(made.z, MODEL, made.size).levels()
    assert same == reach
    assert torch.equal(found, levels)


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.5, 40.0])
def test_a_settled_latent_is_near_and_stays(spread: float) -> None:
    free = latent(spread=spread)
    settled = free.settled()
    reach = REACHES[settled.levels()[1]]
    assert settled.settled() == settled == SpatialLatent(settled.z, MODEL, free.size).settled()
    off = (settled.z - free.z.clamp(-FURTHEST, FURTHEST)).abs().max()
    assert off <= 1.001 * reach / 256


def test_a_value_equals_what_has_the_same_numbers_size_and_model() -> None:
    one = latent()
    same = SpatialLatent(one.z.clone(), MODEL, one.size)
    assert one == same
    assert hash(one) == hash(same)
    assert one != SpatialLatent(one.z, MODEL, (20, 34))
    assert one != SpatialLatent(one.z, "1" * 16, one.size)
    assert one != Latent(one.z[0, 0], MODEL)


@pytest.mark.parametrize(
    ("z", "size"),
    [
        (torch.zeros(4), (16, 16)),
        (torch.zeros(4, 2, 2), (16, 17)),
        (torch.zeros(4, 1, 1), (7, 8)),
        (torch.full((4, 2, 2), float("nan")), (16, 16)),
        (torch.zeros(1, 129, 128), (1032, 1024)),
        (torch.zeros(65, 2, 2), (16, 16)),
    ],
)
def test_what_is_no_photographs_latent_is_refused(z: torch.Tensor, size: tuple[int, int]) -> None:
    with pytest.raises(LatentError):
        SpatialLatent(z, MODEL, size)


def test_moves_add_up_in_any_order_and_nothing_becomes_infinite() -> None:
    start, sliders = latent(), {"warmth": slider(), "hue": slider("hue")}
    assert move_spatial(start, sliders, {"warmth": 0.0}) is start
    there = move_spatial(start, sliders, {"warmth": 1.5, "hue": -1.0})
    other = move_spatial(start, sliders, {"hue": -1.0, "warmth": 1.5})
    assert torch.allclose(there.z, other.z)
    far = move_spatial(start, sliders, {"warmth": 100.0, "hue": 100.0})
    assert far.z.abs().max() <= FURTHEST
    with pytest.raises(LatentError, match="no direction"):
        move_spatial(start, sliders, {"glasses": 1.0})
    with pytest.raises(LatentError, match="belongs to model"):
        move_spatial(start, {"warmth": slider(model="1" * 16)}, {"warmth": 1.0})


def test_the_way_between_two_is_straight_and_needs_one_size() -> None:
    a, b = latent(), latent()
    assert between_spatial(a, b, 0.0, "slerp") is a
    assert between_spatial(a, b, 1.0, "lerp") is b
    assert torch.allclose(between_spatial(a, b, 0.5, "slerp").z, (a.z + b.z) / 2, atol=1e-6)
    with pytest.raises(LatentError, match="of the same size"):
        between_spatial(a, latent(33, 20), 0.5, "lerp")


# ------------------------------------------------------------------------------------- recipes


def test_a_recipe_holds_what_can_be_written_and_is_read_bit_by_bit() -> None:
    first = Recipe(latent(spread=2.5), origin="upload")  # numbers beyond 3, too
    second = first.pulled({"warmth": 1.5}).after(first, "warmth +1.5")
    child = Recipe(latent()).after(second, "cross")
    for recipe in (first, second, child):
        read = Recipe.from_text(recipe.to_text())
        assert read == recipe
        assert read.latent.z.numpy().tobytes() == recipe.latent.z.numpy().tobytes()
    assert len(json.loads(child.to_text())["rows"]) == 2  # each latent stands once
    assert json.loads(child.to_text())["format_version"] == 5


def of_version_4(recipe: Recipe) -> dict[str, Any]:
    """What version 4 wrote of a recipe without edits or steps."""
    values = json.loads(recipe.to_text())
    del values["operations"]
    return {**values, "format_version": 4, "changes": {}, "moves": []}


def test_version_4_is_of_photographs_and_3_of_all_else() -> None:
    photograph, drawn = Recipe(latent()), Recipe(Latent(torch.zeros(4), MODEL))
    assert Recipe.from_text(json.dumps(of_version_4(photograph))) == photograph
    for recipe, version in ((photograph, 3), (drawn, 4)):
        values = {**of_version_4(recipe), "format_version": version}
        with pytest.raises(RecipeError, match="not of its version"):
            Recipe.from_text(json.dumps(values))
    assert Recipe.from_text(json.dumps({**of_version_4(drawn), "format_version": 3})) == drawn


def test_only_a_photograph_makes_a_long_recipe() -> None:
    values = json.loads(Recipe(Latent(torch.zeros(4), MODEL)).to_text())
    long = json.dumps(values, separators=(",", ":")) + " " * 200_001
    with pytest.raises(RecipeError, match="too long"):
        Recipe.from_text(long)


def test_the_largest_picture_fits_with_its_lineage_and_more_lose_their_beginning() -> None:
    recipe = Recipe(latent(1024, 1024, channels=32))
    for i in range(2):
        recipe = recipe.pulled({"warmth": i + 1.0}).after(recipe, "warmth")
    assert Recipe.from_text(recipe.to_text()) == recipe
    recipe = Recipe(latent(64, 64, channels=32)).after(recipe, "another picture altogether")
    recipe = Recipe(latent(1024, 1024, channels=32)).after(recipe, "and another")
    text = recipe.to_text()
    assert len(text) <= MAX_GRID_CHARACTERS
    assert [step.label for step in Recipe.from_text(text).lineage] == ["another picture altogether"]


def _levels(count: int, tail: bytes = b"") -> str:
    return base64.b64encode(zlib.compress(bytes(count)) + tail).decode()


GOOD = {"size": [20, 33], "channels": 4, "reach": 0, "levels": _levels(60)}


@pytest.mark.parametrize(
    "row",
    [
        None, [], "AAAA", {}, {**GOOD, "more": 1}, {**GOOD, "size": [20]},
        {**GOOD, "size": [20, 41]},
        {**GOOD, "size": [7, 33]}, {**GOOD, "size": [20.0, 33]}, {**GOOD, "size": [True, 33]},
        {**GOOD, "size": [10**9, 10**9]}, {**GOOD, "channels": 0}, {**GOOD, "channels": 65},
        {**GOOD, "channels": 5}, {**GOOD, "reach": 3}, {**GOOD, "reach": -1},
        {**GOOD, "levels": 3}, {**GOOD, "levels": "?"}, {**GOOD, "levels": ""},
        {**GOOD, "levels": base64.b64encode(bytes(60)).decode()},
        {**GOOD, "levels": _levels(59)}, {**GOOD, "levels": _levels(61)},
        {**GOOD, "levels": _levels(10**7)}, {**GOOD, "levels": _levels(60, b"more")},
        {**GOOD, "levels": _levels(60)[:-8]},
    ],
)  # fmt: skip
def test_a_row_that_genimg_did_not_write_is_refused(row: Any) -> None:
    values = json.loads(Recipe(latent()).to_text())
    assert Recipe.from_text(json.dumps({**values, "rows": [GOOD]}))
    with pytest.raises(RecipeError, match="damaged"):
        Recipe.from_text(json.dumps({**values, "rows": [row]}))


@pytest.mark.parametrize("change", [{"latent": [0, 0]}, {"latent": [1]}, {"format_version": 3}])
def test_rows_that_do_not_go_together_are_refused(change: dict[str, Any]) -> None:
    values = json.loads(Recipe(latent()).to_text())
    with pytest.raises(RecipeError, match="damaged"):
        Recipe.from_text(json.dumps({**values, **change}))
