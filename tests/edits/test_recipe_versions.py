"""Texts of versions 1 to 3 are read as before; see `test_golden.py` for whole pictures."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from genimg.edits import Moves, Recipe
from genimg.errors import RecipeError

from .texts import AMOUNTS, CHANGES, MODEL, ROWS, WORDS, as_version_3, encoded, lineage, recipe


def test_version_3_means_the_same() -> None:
    now = lineage()
    read = Recipe.from_text(json.dumps(as_version_3(json.loads(now.to_text()))))
    assert read == now
    assert read.to_text() == now.to_text()


def earlier(**fields: Any) -> dict[str, Any]:
    """What versions 1 and 2 wrote."""
    z = recipe().latent.z
    return {
        "format_version": 1,
        "model_id": MODEL,
        "model_name": "cats-64-vae",
        "latent": encoded(*z.tolist()),
        "amounts": {"pink": 1 / 3, "blue": -2.5},
        "changes": {"accessory": "red hat"},
        "origin": "sample, seed 7",
        **fields,
    }


def test_a_picture_from_before_there_were_locks_is_read() -> None:
    read = Recipe.from_text(json.dumps(earlier()))
    assert read.latent.z.numpy().tobytes() == recipe().latent.z.numpy().tobytes()
    assert read.moves == (Moves({"pink": 1 / 3, "blue": -2.5}),)
    assert list(read.moves[0].amounts) == ["pink", "blue"], "moves are added up in this order"
    assert (read.changes, read.locks, read.lineage) == ({"accessory": "red hat"}, (), ())
    assert (read.origin, read.model_name) == ("sample, seed 7", "cats-64-vae")
    assert Recipe.from_text(read.to_text()) == read


def test_a_recipe_from_before_there_were_changes_has_none() -> None:
    values = earlier()
    del values["changes"]
    assert Recipe.from_text(json.dumps(values)).changes == {}


def test_an_earlier_latent_with_a_row_for_each_layer_is_read() -> None:
    read = Recipe.from_text(json.dumps(earlier(format_version=2, layers=4)))
    assert torch.equal(read.latent.z, recipe().latent.z.reshape(4, 16))


@pytest.mark.parametrize("layers", [None, "5", 0, 1, 3, -5, 101, 4.0, True, [4]])
def test_layers_that_cannot_be_are_refused(layers: Any) -> None:
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps(earlier(format_version=2, layers=layers)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("latent", row) for row in ROWS),
        *(("amounts", amounts) for amounts in AMOUNTS),
        *(("changes", changes) for changes in CHANGES),
        *((key, word) for key in ("model_id", "model_name", "origin") for word in WORDS),
    ],
    ids=lambda value: str(value)[:30],
)
def test_each_damaged_field_of_an_earlier_version_is_refused(key: str, value: Any) -> None:
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps(earlier(**{key: value})))
