"""A base in the editor: any photograph comes back at its own size, moves, and is saved exactly."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor
from genimg.checkpoint import load, save
from genimg.editor import list_checkpoints
from genimg.editor.photo import LONGEST, STRIP_SIDE, PhotoEditor
from genimg.edits import Recipe
from genimg.errors import CheckpointError, GenimgError, ImageError, LatentError, RecipeError
from genimg.latents import SpatialLatent
from genimg.models import load_model


@pytest.fixture(scope="module")
def base(base_path: Path) -> Editor:
    return Editor.load(base_path, "cpu")


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_it_is_a_model_without_a_kind(base: Editor, base_path: Path) -> None:
    assert isinstance(base, PhotoEditor)
    assert not base.has_kind
    assert base.can_encode
    assert [d.name for d in base.directions] == ["brightness", "warmth"]
    assert {d.group for d in base.directions} == {"measured"}
    assert (base.factors, base.choices, base.mixable, base.layer_groups) == ({}, {}, (), {})
    [info], bad = list_checkpoints(base_path.parent)
    assert info.title == "Any photograph · tiny-base"
    assert bad == {}


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (64, 48), (33, 100)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_picture_comes_back_at_its_own_size(
    base: Editor, size: tuple[int, int], mode: str
) -> None:
    image = picture(*size).convert(mode)
    [made] = base.decode(base.encode(image))
    assert made.size == size
    assert base.match(image, made).words != "outside what this model knows"


def test_an_upright_picture_is_what_the_camera_meant(base: Editor) -> None:
    exif = Image.Exif()
    exif[274] = 6  # lies on its side
    file = io.BytesIO()
    picture(40, 24).save(file, "JPEG", exif=exif)
    latent = base.encode(Image.open(file))
    assert isinstance(latent, SpatialLatent)
    assert latent.size == (40, 24)


def test_what_is_too_small_or_too_large_is_said_and_fit_makes_it_fit(base: Editor) -> None:
    for small in (picture(7, 100), picture(100, 7)):
        for use in (base.encode, base.fit):
            with pytest.raises(ImageError, match=r"too small.*from 8 pixels"):
                use(small)
    with pytest.raises(ImageError, match=r"1,032 x 1,025 pixels is too large.*1,024 x 1,024"):
        base.encode(Image.new("RGB", (1032, 1025)))
    assert base.fit(Image.new("RGB", (3000, 2000))).size == (LONGEST, 683)
    assert base.fit(Image.new("RGB", (20_000, 20))).size == (LONGEST, 8)
    assert base.fit(picture(30, 20)).tobytes() == picture(30, 20).tobytes()
    assert base.fit(picture(64, 32), (0.0, 1.0), 2.0).size == (32, 16)


def test_what_was_saved_draws_the_same_pixels_again(base: Editor) -> None:
    start = Recipe(base.encode(picture(50, 35)), origin="upload")
    recipe = start.pulled({"warmth": 1.5, "brightness": -2.0}).after(start, "2 sliders")
    [drawn] = base.decode(base.edited(recipe))
    for kind in ("png", "webp"):
        file = base.save_picture(recipe, kind=kind)  # type: ignore[arg-type]
        read = base.open_picture(file)
        assert read == recipe.named("tiny-base")
        [again] = base.decode(base.edited(read))
        assert drawn.tobytes() == again.tobytes() == Image.open(io.BytesIO(file)).tobytes()
    larger = Image.open(io.BytesIO(base.save_picture(recipe, scale=2)))
    assert larger.size == (100, 70)


def test_a_size_that_could_not_be_opened_again_is_not_saved(base: Editor) -> None:
    recipe = Recipe(base.encode(Image.new("RGB", (1024, 1000))))
    with pytest.raises(ImageError, match="smaller scale"):
        base.save_picture(recipe, scale=16)


def test_moves_work_and_zero_is_the_identity(base: Editor) -> None:
    latent = base.encode(picture(24, 24))
    assert base.move(latent, {"warmth": 0.0}) == latent
    moved = base.move(latent, {"warmth": 2.0})
    assert base.decode(moved)[0].tobytes() != base.decode(latent)[0].tobytes()
    assert torch.allclose(base.move(moved, {"warmth": -2.0}).z, latent.z, atol=1e-4)


def test_a_path_leads_from_one_to_another_of_the_same_size(base: Editor) -> None:
    a, b = base.encode(picture(24, 16, 1)), base.encode(picture(24, 16, 2))
    path = base.interpolate(a, b, 3)
    assert path[0] == a
    assert path[2] == b
    assert base.decode(*path)[1].size == (24, 16)
    with pytest.raises(LatentError, match="24 x 16 pixels, the other 16 x 24"):
        base.between(a, base.encode(picture(16, 24)), 0.5)


def test_a_strip_shows_small_copies_of_the_pictures_shape(base: Editor) -> None:
    recipe = Recipe(base.encode(picture(300, 150))).pulled({"brightness": 1.0})
    strip = base.strip(recipe, ["warmth", "brightness"], -4.0, [4.0, 2.0], 3)
    assert [len(row) for row in strip.rows] == [3, 3]
    assert {image.size for row in strip.rows for image in row} == {(STRIP_SIDE, STRIP_SIDE // 2)}
    assert strip.amounts == [[-4.0, 0.0, 4.0], [-4.0, -1.0, 2.0]]
    assert strip.effects == [[], []]
    assert strip.rows[0][0].tobytes() != strip.rows[0][2].tobytes()


@pytest.mark.parametrize(
    ("noise", "words"), [(2, "very close"), (9, "close"), (60, "only roughly")]
)
def test_how_close_it_is_is_said_in_words(base: Editor, noise: int, words: str) -> None:
    image = Image.new("RGB", (32, 32), (128, 128, 128))
    rng = np.random.default_rng(0)
    off = rng.normal(128, noise, (32, 32, 3)).clip(0, 255).astype(np.uint8)
    match = base.match(image, Image.fromarray(off))
    assert match.words == words
    assert match.sentence.startswith(words.capitalize())
    with pytest.raises(ImageError, match="cannot be compared"):
        base.match(image, picture(20, 20))


REFUSED: dict[str, Callable[[Any, Any, Any], object]] = {
    "sample": lambda e, z, i: e.sample(2),
    "understand": lambda e, z, i: e.understand("blue"),
    "vary": lambda e, z, i: e.vary(z),
    "mix": lambda e, z, i: e.mix(z, z),
    "labels": lambda e, z, i: e.labels(z),
    "change": lambda e, z, i: e.change(z, {"a": "b"}),
    "refine": lambda e, z, i: e.refine(i),
    "editable": lambda e, z, i: e.editable(z),
    "soften": lambda e, z, i: e.soften(z, z, 0.5),
    "novelty": lambda e, z, i: e.novelty(z),
    "locks": lambda e, z, i: e.edited(Recipe.of(z, {"warmth": 1.0}, locks=["brightness"])),
    "changes": lambda e, z, i: e.edited(Recipe.of(z, changes={"a": "b"})),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_needs_a_kind_is_refused_in_one_sentence(base: Editor, what: str) -> None:
    image = picture(16, 16)
    with pytest.raises(LatentError, match="any photograph and has no kind of picture") as refusal:
        REFUSED[what](base, base.encode(image), image)
    assert "\n" not in str(refusal.value)


def test_nothing_of_an_editor_is_forgotten() -> None:
    """What would need a model that draws is either refused or done otherwise."""
    done_by_the_same_code = {
        "save_picture", "open_picture", "interpolate", "load", "model_id", "apply_to",
    }  # fmt: skip
    public = {
        name
        for name, _ in inspect.getmembers(Editor)
        if not name.startswith("_") and name not in done_by_the_same_code
    }
    own = set(vars(PhotoEditor))
    assert public - own == {"layer_groups"}  # follows from `layers`
    refused = set(REFUSED) - {"locks", "changes"}
    assert refused <= own


def test_latents_and_files_of_another_base_are_refused(base: Editor, tmp_path: Path) -> None:
    latent = base.encode(picture(16, 16))
    foreign = SpatialLatent(latent.z, "1" * 16, latent.size)
    for use in (base.decode, lambda z: base.move(z, {}), lambda z: base.between(z, latent, 0.5)):
        with pytest.raises(LatentError, match="belongs to model"):
            use(foreign)
    file = base.save_picture(Recipe(latent))
    text = file.replace(base.model_id.encode(), b"1" * 16)
    with pytest.raises(GenimgError):
        base.open_picture(text)  # its checksum does not fit, or its model


def test_a_base_that_is_damaged_or_of_another_version_is_refused(
    base_path: Path, tmp_path: Path
) -> None:
    header, tensors = load(base_path)
    path = tmp_path / "b.safetensors"
    save(path, header, {k: v for k, v in tensors.items() if k != "directions.maps"})
    with pytest.raises(CheckpointError, match="directions and their maps"):
        Editor.load(path)
    path.write_bytes(
        base_path.read_bytes().replace(b'format_version\\": 1', b'format_version\\": 9')
    )
    with pytest.raises(CheckpointError, match=r"format version 9.*update genimg"):
        Editor.load(path)
    with pytest.raises(CheckpointError, match="takes any photograph and draws none"):
        load_model(base_path)


def test_a_recipe_for_another_model_names_it(base: Editor, other: Editor) -> None:
    saved = other.save_picture(Recipe(other.sample()[0]))
    with pytest.raises(RecipeError, match="choose that model first"):
        base.open_picture(saved)
