"""Saved pictures carry how they were made."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor, Latent
from genimg.editor import read_recipe
from genimg.edits import Recipe
from genimg.errors import ImageError, LatentError, RecipeError
from genimg.images import encode_png, load_image, read_text


@pytest.fixture
def amounts(editor: Editor) -> dict[str, float]:
    """Moves along three directions, one of them raw."""
    raw = next(d.name for d in editor.directions if d.group == "raw")
    return {"brightness": 1.25, "warmth": -1 / 3, raw: 2.0}


def same(a: Image.Image, b: Image.Image) -> bool:
    return a.mode == b.mode and np.array_equal(np.asarray(a), np.asarray(b))


def with_text(text: str) -> bytes:
    return encode_png(Image.new("RGB", (16, 16)), {"genimg": text})


# -- the picture is the save file


def test_an_opened_picture_decodes_to_the_same_pixels(
    editor: Editor, tiny_checkpoint: Path, amounts: dict[str, float]
) -> None:
    latent = editor.sample(1, seed=3)[0]
    data = editor.save_picture(Recipe.of(latent, amounts, origin="sample, seed 3"))
    saved = Image.open(io.BytesIO(data))
    assert saved.format == "PNG"

    later = Editor.load(tiny_checkpoint, "cpu")
    recipe = later.open_picture(data)
    assert recipe.latent == latent
    assert recipe.amounts == amounts
    assert recipe.origin == "sample, seed 3"
    assert recipe.model_name == "tiny-cats"
    [again] = later.decode(later.move(recipe.latent, recipe.amounts))
    assert same(again, saved)
    [unmoved] = editor.decode(latent)
    assert not same(unmoved, saved), "the moves are in the picture"
    assert later.save_picture(recipe) == data


def test_a_picture_without_moves_is_its_latent(editor: Editor) -> None:
    latent = editor.sample(1, seed=4)[0]
    data = editor.save_picture(Recipe(latent))
    assert same(Image.open(io.BytesIO(data)), editor.decode(latent)[0])
    recipe = editor.open_picture(data)
    assert (recipe.latent, recipe.amounts, recipe.origin) == (latent, {}, "")


def test_a_recipe_is_read_from_a_path_bytes_or_a_file(editor: Editor, tmp_path: Path) -> None:
    latent = editor.sample(1, seed=5)[0]
    data = editor.save_picture(Recipe(latent))
    path = tmp_path / "saved.png"
    path.write_bytes(data)
    for source in (path, str(path), data, io.BytesIO(data)):
        assert editor.open_picture(source).latent == latent


def test_a_saved_picture_is_a_picture_like_any_other(editor: Editor) -> None:
    data = editor.save_picture(Recipe(editor.sample()[0]))
    assert editor.encode(load_image(data)).model_id == editor.model_id


def test_nothing_but_the_recipe_is_written_beside_the_pixels(editor: Editor) -> None:
    data = editor.save_picture(Recipe(editor.sample()[0]))
    assert read_text(data).keys() == {"genimg"}


@pytest.mark.parametrize("origin", ["x" * 255 + ".png", "b\udcff.png"])
def test_a_long_or_broken_file_name_does_not_spoil_the_picture(editor: Editor, origin: str) -> None:
    latent = editor.sample()[0]
    assert editor.open_picture(editor.save_picture(Recipe(latent, origin=origin))).latent == latent


def test_what_does_not_belong_to_the_model_is_not_saved(editor: Editor, other: Editor) -> None:
    with pytest.raises(LatentError, match=other.model_id):
        editor.save_picture(Recipe(other.sample()[0]))
    with pytest.raises(LatentError, match="no direction 'wings'"):
        editor.save_picture(Recipe.of(editor.sample()[0], {"wings": 1.0}))
    with pytest.raises(LatentError, match="cannot move by nan"):
        editor.save_picture(Recipe.of(editor.sample()[0], {"brightness": float("nan")}))


# -- refused


def test_a_picture_of_another_model_is_refused_and_that_model_named(
    editor: Editor, other: Editor
) -> None:
    data = other.save_picture(Recipe(other.sample()[0]))
    with pytest.raises(RecipeError, match=r"'other-model'.*not with 'tiny-cats'.*choose that"):
        editor.open_picture(data)
    assert read_recipe(data).latent.model_id == other.model_id, "it can be read all the same"


def test_a_picture_without_a_recipe_is_refused(editor: Editor) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "JPEG")
    for data in (encode_png(Image.new("RGB", (16, 16))), buffer.getvalue()):
        with pytest.raises(RecipeError, match="holds no genimg recipe; upload it as a picture"):
            editor.open_picture(data)


def test_what_is_no_picture_is_refused(editor: Editor, tmp_path: Path) -> None:
    for source in (b"", b"no picture", tmp_path / "gone.png"):
        with pytest.raises(ImageError):
            editor.open_picture(source)
    data = editor.save_picture(Recipe(editor.sample()[0]))
    with pytest.raises((ImageError, RecipeError)):
        editor.open_picture(data[: len(data) // 2])


@pytest.mark.parametrize(
    "changes",
    [
        {"amounts": {"wings": 1.0}},
        {"amounts": {"brightness": 1e9}},
        {"latent": "AACAPw=="},
        {"latent": "not base64"},
        {"model_id": None},
        {"format_version": 99},
    ],
    ids=str,
)
def test_a_forged_recipe_is_refused(editor: Editor, changes: dict[str, object]) -> None:
    good = json.loads(read_text(editor.save_picture(Recipe(editor.sample()[0])))["genimg"])
    assert editor.open_picture(with_text(json.dumps(good))).latent == editor.sample()[0]
    with pytest.raises(RecipeError, match="picture"):
        editor.open_picture(with_text(json.dumps({**good, **changes})))


@pytest.mark.parametrize("text", ["", "{}", "[1]", "x" * 300_000, "\u0000"])
def test_a_text_that_is_no_recipe_is_refused(editor: Editor, text: str) -> None:
    with pytest.raises((RecipeError, ImageError)):
        editor.open_picture(with_text(text))


def test_latents_are_equal_across_loads(tiny_checkpoint: Path) -> None:
    a, b = (Editor.load(tiny_checkpoint, "cpu") for _ in range(2))
    assert a.sample(3, seed=1) == b.sample(3, seed=1)
    image = a.decode(Latent(torch.zeros(16), a.model_id))[0]
    assert a.encode(image) == b.encode(image)
