"""A recipe comes back bit for bit, and a damaged or forged one is refused in plain words."""

import base64
import json
from typing import Any

import pytest
import torch

from genimg.errors import RecipeError
from genimg.latents import Latent, Recipe

AWKWARD = [0.1, -0.0, 1e-45, 3.4e38, -1.17549435e-38, 1 / 3, 2.0**-149, 16777217.0]


def recipe() -> Recipe:
    z = torch.cat([torch.tensor(AWKWARD), torch.randn(56)])
    amounts = {"pink": 1 / 3, "bleu très pâle": -2.5, 'a "quoted" \n name': 1e-300}
    changes = {"accessory": "red hat", "fur": "très pâle"}
    return Recipe(Latent(z, "0123456789abcdef"), amounts, "sample, seed 7", "cats-64-vae", changes)


def test_no_bit_is_lost() -> None:
    before = recipe()
    after = Recipe.from_text(before.to_text())
    assert after.latent.z.numpy().tobytes() == before.latent.z.numpy().tobytes()
    assert after.amounts == before.amounts
    assert list(after.amounts) == list(before.amounts), "moves are added up in this order"
    assert after.changes == before.changes
    assert (after.origin, after.model_name) == (before.origin, before.model_name)
    assert after == before
    assert after.to_text() == before.to_text()


def test_sliders_at_zero_are_not_written_down() -> None:
    text = Recipe(Latent(torch.zeros(2), "a"), {"pink": 0.0, "blue": 1}).to_text()
    assert Recipe.from_text(text).amounts == {"blue": 1.0}


def test_the_text_is_strict_json_with_a_version() -> None:
    values = json.loads(recipe().to_text(), parse_constant=pytest.fail)
    assert values["format_version"] == 1
    assert len(base64.b64decode(values["latent"])) == 4 * 64


@pytest.mark.parametrize("origin", ["x" * 1000, "b\udcffd.png", "\ud800"])
def test_a_strange_origin_never_makes_a_picture_that_cannot_be_opened(origin: str) -> None:
    """Origins are file names at times: up to 255 characters, and bytes that are no text."""
    text = Recipe(Latent(torch.ones(2), "a"), {}, origin, origin).to_text()
    text.encode()  # as a PNG's text chunk is
    assert Recipe.from_text(text).latent == Latent(torch.ones(2), "a")


@pytest.mark.parametrize(
    "text",
    ["", "{", "not json", "\x00", "[" * 50_000, recipe().to_text()[:-1], "1" * 5000],
    ids=["empty", "brace", "words", "nul", "deep", "cut", "huge number"],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="not JSON"):
        Recipe.from_text(text)


@pytest.mark.parametrize("text", ["[]", "null", "1", '"a"', "{}", '{"format_version": "1"}'])
def test_what_is_no_recipe_of_this_version_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="another version"):
        Recipe.from_text(text)


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(RecipeError, match="too long"):
        Recipe.from_text(" " * 200_001)


def encoded(*numbers: float) -> str:
    return base64.b64encode(torch.tensor(numbers).numpy().tobytes()).decode()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format_version", 3),
        ("format_version", None),
        ("latent", None),
        ("latent", 3),
        ("latent", []),
        ("latent", ""),
        ("latent", "????"),
        ("latent", "AAA"),
        ("latent", "ünïcode="),
        ("latent", base64.b64encode(b"12345").decode()),
        ("latent", encoded(1.0, float("nan"))),
        ("latent", encoded(float("inf"))),
        ("model_id", None),
        ("model_id", 12),
        ("model_id", "x" * 201),
        ("model_name", None),
        ("model_name", ["a"]),
        ("model_name", "x" * 201),
        ("origin", None),
        ("origin", {}),
        ("origin", "x" * 201),
        ("amounts", None),
        ("amounts", []),
        ("amounts", "pink"),
        ("amounts", {"": 1.0}),
        ("amounts", {"x" * 201: 1.0}),
        ("amounts", {"pink": "1"}),
        ("amounts", {"pink": None}),
        ("amounts", {"pink": True}),
        ("amounts", {"pink": [1.0]}),
        ("amounts", {"pink": 100.5}),
        ("amounts", {"pink": -1e308}),
        ("amounts", {"pink": float("nan")}),
        ("amounts", {"pink": float("inf")}),
        ("amounts", {"pink": 10**400}),
    ],
    ids=lambda value: str(value)[:30],
)
def test_each_damaged_field_is_refused_by_itself(key: str, value: Any) -> None:
    values = json.loads(recipe().to_text())
    Recipe.from_text(json.dumps(values))
    with pytest.raises(RecipeError, match="the recipe in this picture"):
        Recipe.from_text(json.dumps({**values, key: value}))
    del values[key]
    with pytest.raises(RecipeError, match="the recipe in this picture"):
        Recipe.from_text(json.dumps(values))


@pytest.mark.parametrize(
    "changes",
    [[], "hat", None, {"hat": 1}, {"hat": None}, {"": "red"}, {"hat": "x" * 201}, {"x" * 201: "a"}],
    ids=lambda value: str(value)[:30],
)
def test_damaged_changes_are_refused(changes: Any) -> None:
    values = json.loads(recipe().to_text())
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps({**values, "changes": changes}))


def test_a_recipe_from_before_there_were_changes_has_none() -> None:
    values = json.loads(recipe().to_text())
    del values["changes"]
    assert Recipe.from_text(json.dumps(values)).changes == {}


def layered() -> Recipe:
    return Recipe(Latent(torch.randn(5, 8), "0123456789abcdef"), {"pink": 1.0}, "style mix", "cats")


def test_a_latent_with_a_row_for_each_layer_comes_back() -> None:
    before = layered()
    after = Recipe.from_text(before.to_text())
    assert after == before
    assert after.latent.z.shape == (5, 8)
    values = json.loads(before.to_text())
    assert (values["format_version"], values["layers"]) == (2, 5)


def test_one_row_is_written_as_ever() -> None:
    """Programs from before there were layers go on reading it."""
    values = json.loads(recipe().to_text())
    assert values["format_version"] == 1
    assert "layers" not in values


@pytest.mark.parametrize("layers", [None, "5", 0, 1, 3, -5, 101, 5.0, True, [5]])
def test_layers_that_cannot_be_are_refused(layers: Any) -> None:
    values = json.loads(layered().to_text())
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps({**values, "layers": layers}))
