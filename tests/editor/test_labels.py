"""A model that knows labels reads them from a latent, and exchanges one for another."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor, Latent
from genimg.edits import Recipe
from genimg.errors import CheckpointError, LatentError, RecipeError
from genimg.images import encode_png
from genimg.models import build_model, save_model

from .conftest import save_labelled

FACTORS = [
    {"name": "hat", "values": ["none", "red hat"]},
    {"name": "fur", "values": ["black", "white", "pink"]},
]


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor.load(save_labelled(tmp_path / "labelled.safetensors", FACTORS), "cpu")


def test_the_factors_are_those_of_the_file(editor: Editor) -> None:
    assert editor.factors == {"hat": ("none", "red hat"), "fur": ("black", "white", "pink")}
    editor.factors.clear()
    assert len(editor.factors) == 2, "nobody can change them from outside"


def test_a_sample_says_what_it_shows_and_can_be_changed(editor: Editor) -> None:
    seen = set()
    for latent in editor.sample(100):
        shown = editor.labels(latent)
        seen.add(tuple(shown.values()))
        changed = editor.change(latent, {"fur": "pink"})
        assert editor.labels(changed) == {**shown, "fur": "pink"}
        assert torch.equal(changed.z[:2], latent.z[:2])
        assert torch.equal(changed.z[5:], latent.z[5:])
        assert editor.change(latent, {}) == latent == editor.change(latent, shown)
        home = editor.change(changed, shown)
        torch.testing.assert_close(home.z, latent.z, atol=1e-5, rtol=0)
    assert len(seen) == 6


def test_a_saved_picture_keeps_its_changes(editor: Editor) -> None:
    [latent] = editor.sample(1, seed=5)
    shown = editor.labels(latent)
    changes = {"fur": "pink" if shown["fur"] != "pink" else "white"}
    data = editor.save_picture(Recipe.of(latent, changes=changes, origin="sample, seed 5"))
    recipe = editor.open_picture(data)
    assert (recipe.latent, recipe.changes) == (latent, changes)
    assert editor.edited(recipe) == editor.change(latent, changes) != latent
    [again] = editor.decode(editor.edited(recipe))
    assert np.array_equal(again, Image.open(io.BytesIO(data)))
    assert not np.array_equal(again, editor.decode(latent)[0])


def test_a_change_that_the_model_does_not_know_is_neither_saved_nor_opened(
    editor: Editor,
) -> None:
    [latent] = editor.sample()
    with pytest.raises(LatentError, match="fur cannot be 'green'"):
        editor.save_picture(Recipe(latent, changes={"fur": "green"}))
    forged = Recipe(latent, changes={"fur": "green"}).to_text()
    with pytest.raises(RecipeError, match=r"does not fit the model.*'green'"):
        editor.open_picture(encode_png(Image.new("RGB", (16, 16)), {"genimg": forged}))


def test_what_is_unknown_or_of_another_model_is_refused(editor: Editor, tmp_path: Path) -> None:
    [latent] = editor.sample()
    with pytest.raises(LatentError, match=r"no 'shoes'; it knows hat, fur"):
        editor.change(latent, {"shoes": "red"})
    with pytest.raises(LatentError, match="fur cannot be 'green'"):
        editor.change(latent, {"fur": "green"})
    other = Editor.load(save_labelled(tmp_path / "other.safetensors", FACTORS, seed=1), "cpu")
    [foreign] = other.sample()
    with pytest.raises(LatentError, match=other.model_id):
        editor.labels(foreign)
    with pytest.raises(LatentError, match=other.model_id):
        editor.change(foreign, {})
    with pytest.raises(LatentError, match="16 numbers"):
        editor.labels(Latent(torch.zeros(3), editor.model_id))


def test_a_model_without_labels_knows_none(tmp_path: Path) -> None:
    path = tmp_path / "bare.safetensors"
    save_model(path, build_model("vae", (3, 16, 16), seed=0), "vae", name="bare")
    bare = Editor.load(path, "cpu")
    assert bare.factors == {}
    assert bare.labels(bare.sample()[0]) == {}


@pytest.mark.parametrize(
    "factors",
    [
        [],
        FACTORS[:1],
        FACTORS[::-1],
        [{"name": "hat"}, {"name": "fur"}],
        [1, 2],
        7,
        [{"name": "hat", "values": 3}, FACTORS[1]],
    ],
    ids=str,
)
def test_names_that_do_not_fit_the_prior_make_a_damaged_file(tmp_path: Path, factors: list) -> None:  # type: ignore[type-arg]
    path = save_labelled(tmp_path / "bad.safetensors", factors)
    with pytest.raises(CheckpointError, match=r"bad\.safetensors"):
        Editor.load(path, "cpu")
