"""Numbers that a data set bears become sliders of a model that is finished, and the rest stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from genimg import Editor
from genimg.checkpoint import load, read_header
from genimg.data import Dataset, Number
from genimg.editor import Recipe
from genimg.errors import CheckpointError, DataError
from genimg.evaluation.coding import encode_all
from genimg.evaluation.numbers import numbered, write_numbers
from genimg.models import build_model, load_model, save_model
from genimg.training.finishing.vae import finish_vae


def quiet(line: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def bright(cats: Dataset) -> Dataset:
    """Cats that bear how bright they are, in percent, which a third do not tell; and their luck."""
    rng = np.random.default_rng(0)
    light = cats.images.mean(axis=(1, 2, 3)) / 2.55
    values = np.stack([light, rng.uniform(0, 1, len(cats))], axis=1).astype(np.float32)
    values[::3, 0] = np.nan
    numbers = (Number("light", "percent", 0, 100), Number("luck", "", 0, 1))
    return replace(cats, numbers=numbers, values=values)


@pytest.fixture
def model_file(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(tiny_checkpoint.read_bytes())
    return path


@torch.no_grad()
def test_a_finished_model_gets_sliders_for_what_it_tells(model_file: Path, bright: Dataset) -> None:
    before, tensors = load(model_file)
    [found] = write_numbers(model_file, bright, say=quiet)
    assert found.name == "light" and found.scale is not None
    model, header, _ = load_model(model_file)
    codes = encode_all(model, bright.split("validation").images).mode()
    told = np.array([found.scale.read(code) for code in codes])
    values = bright.split("validation").values
    assert values is not None
    right = values[:, 0]
    known = np.isfinite(right)
    square = np.mean((told[known] - right[known]) ** 2)
    assert found.scale.error == pytest.approx(square**0.5, rel=1e-3)
    assert found.reliability == pytest.approx(1 - square / right[known].var(), abs=1e-3)
    # All else is as it was.
    assert header.directions[1:] == before.directions
    assert replace(header, directions=()) == replace(before, directions=())
    _, after = load(model_file)
    assert torch.equal(after["directions.vectors"][1:], tensors["directions.vectors"])
    assert {k for k in after if not torch.equal(after[k], tensors.get(k, torch.zeros(0)))} == {
        "directions.vectors", "directions.readings", "directions.responses",
    }  # fmt: skip


def test_saved_pictures_are_drawn_as_before(model_file: Path, bright: Dataset) -> None:
    editor = Editor.load(model_file, "cpu")
    name = editor.directions[0].name
    recipe = Recipe.of(editor.sample(1, seed=2)[0], {name: 1.5})
    saved = editor.save_picture(recipe)
    write_numbers(model_file, bright, say=quiet)
    anew = Editor.load(model_file, "cpu")
    opened = anew.open_picture(saved)
    assert anew.save_picture(opened) == editor.save_picture(editor.open_picture(saved))


def test_a_second_time_takes_the_place_of_the_first(model_file: Path, bright: Dataset) -> None:
    write_numbers(model_file, bright, say=quiet)
    first = model_file.read_bytes()
    write_numbers(model_file, bright, say=quiet)
    assert model_file.read_bytes() == first


def test_a_name_that_is_taken_is_told_apart(model_file: Path, bright: Dataset) -> None:
    taken = read_header(model_file).directions[0]["name"]
    numbers = (Number(taken, "percent", 0, 100), bright.numbers[1])
    [found] = write_numbers(model_file, replace(bright, numbers=numbers), say=quiet)
    assert found.name == f"{taken} (number)"
    assert {found.name, taken} <= {row["name"] for row in read_header(model_file).directions}


def test_a_move_draws_what_the_slider_says(model_file: Path, bright: Dataset) -> None:
    """Measured in the pictures themselves, ten percent lighter is lighter by about as much."""
    write_numbers(model_file, bright, say=quiet)
    editor = Editor.load(model_file, "cpu")
    starts = [Recipe(latent) for latent in editor.sample(32, seed=5)]
    lighter = [
        editor.brought(each, {"light": editor.numbers(each.latent)["light"] + 10})
        for each in starts
    ]

    def light(recipes: list[Recipe]) -> float:
        pictures = editor.decode_together(*map(editor.edited, recipes))
        return float(np.mean([np.asarray(each).mean() / 2.55 for each in pictures]))

    assert 6 < light(lighter) - light(starts) < 14


def test_a_training_finds_them_by_itself(tiny_checkpoint: Path, bright: Dataset) -> None:
    model, _, _ = load_model(tiny_checkpoint)
    found = finish_vae(model, bright, quiet).directions
    assert [each.name for each in found if each.scale is not None] == ["light"]
    assert found[0].name == "light"


def test_without_held_out_pictures_nothing_is_said_of_numbers(
    model_file: Path, bright: Dataset
) -> None:
    rows = np.arange(10)
    assert set(numbered(bright, rows, 5)) == {"numbers", "values", "held_out_values"}
    bare = replace(bright, splits={"train": bright.splits["train"]})
    assert numbered(bare, rows, 5) == {}
    with pytest.raises(DataError, match="0 pictures in its validation split"):
        write_numbers(model_file, bare, say=quiet)


def test_what_bears_no_numbers_is_refused(
    model_file: Path, cats: Dataset, bright: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="cats bears no numbers"):
        write_numbers(model_file, cats, say=quiet)
    with pytest.raises(DataError, match="has pictures of shape"):
        write_numbers(model_file, replace(bright, images=bright.images[:, :8]), say=quiet)
    gan = tmp_path / "gan.safetensors"
    save_model(gan, build_model("gan", cats.image_shape, "plain", seed=3), "gan", name="gan")
    with pytest.raises(CheckpointError, match="only draws pictures"):
        write_numbers(gan, bright, say=quiet)
