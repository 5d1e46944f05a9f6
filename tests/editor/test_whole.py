"""Does an edit of a crop reach the whole photograph, and nothing but that?"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from genimg import Editor
from genimg.editor import Recipe
from genimg.editor.whole import changed
from genimg.errors import ImageError, LatentError
from genimg.images import TooLarge, crop_box

Levels = npt.NDArray[np.int64]


def levels(image: Image.Image) -> Levels:
    return np.asarray(image).astype(int)


def flat(width: int, height: int, level: int = 100) -> Image.Image:
    return Image.new("RGB", (width, height), (level,) * 3)


def grey(value: float, side: int = 16, channels: int = 3) -> torch.Tensor:
    return torch.full((channels, side, side), value)


def brighter(photograph: Image.Image, **crop: object) -> Levels:
    """How much brighter a photograph is where all of its crop becomes 51 levels brighter."""
    after = changed(photograph, grey(0.0), grey(0.4), **crop)  # type: ignore[arg-type]
    return levels(after)[..., 0] - levels(photograph)[..., 0]


@pytest.mark.parametrize("name", ["photo_path", "base_path", "tiny_checkpoint"])
def test_without_an_edit_no_pixel_changes(name: str, request: pytest.FixtureRequest) -> None:
    editor = Editor.load(request.getfixturevalue(name), "cpu")
    rng = np.random.default_rng(0)
    photograph = Image.fromarray(rng.integers(0, 256, (90, 130, 3), dtype=np.uint8))
    recipe = Recipe(editor.encode(editor.fit(photograph)))
    assert (levels(editor.apply_to(photograph, recipe)) == levels(photograph)).all()
    name = editor.directions[0].name
    moved = levels(editor.apply_to(photograph, recipe.pulled({name: 3.0})))
    assert moved.shape == (90, 130, 3) and (moved != levels(photograph)).any()


def test_an_edit_of_all_of_a_picture_is_what_the_model_draws(photo_path: Path) -> None:
    """At the model's own size the difference needs no enlarging."""
    editor = Editor.load(photo_path, "cpu")
    rng = np.random.default_rng(1)
    recipe = Recipe(editor.encode(rng.integers(90, 160, (32, 32, 3), dtype=np.uint8)))
    [start] = editor.decode(recipe.latent)
    edited = recipe.pulled({"warmth": 2.0})
    [end] = editor.decode(editor.edited(edited))
    assert np.abs(levels(editor.apply_to(start, edited)) - levels(end)).max() <= 1
    assert (levels(start) != levels(end)).any()


@pytest.mark.parametrize("focus", [(0.5, 0.5), (0.4, 0.7)])
def test_only_what_lies_in_the_crop_changes_and_no_seam_is_seen(
    focus: tuple[float, float],
) -> None:
    photograph = flat(600, 400)
    added = brighter(photograph, focus=focus, zoom=2.0)
    left, top, right, bottom = crop_box((600, 400), (16, 16), focus, 2.0)
    rows, columns = np.nonzero(added)
    assert left <= columns.min() and columns.max() < right
    assert top <= rows.min() and rows.max() < bottom
    assert added[int(top + bottom) // 2, int(left + right) // 2] == 51
    blend = 0.08 * (right - left)
    middle = added[int(top + blend) + 1 : int(bottom - blend), int(left + blend) + 1 :]
    assert (middle[:, : int(right - left - 2 * blend) - 2] == 51).all()
    steps = max(np.abs(np.diff(added, axis=axis)).max() for axis in (0, 1))
    assert steps <= 1.5 * 51 / blend + 1  # the steepest part of a smooth way over the blend


def test_at_the_edge_of_the_photograph_nothing_fades() -> None:
    added = brighter(flat(600, 400))
    assert (added[:, 300] == 51).all()
    assert (added[:, :100] == 0).all() and (added[:, 500:] == 0).all()
    assert (brighter(flat(500, 500)) == 51).all()
    assert (brighter(flat(501, 500), focus=(0.0, 0.0))[:, 0] == 51).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 300)])
def test_tiny_and_narrow_photographs_stay_so(size: tuple[int, int]) -> None:
    assert changed(flat(*size), grey(0.0), grey(0.4)).size == size
    assert changed(flat(*size), grey(0.0), grey(0.4), zoom=50.0).size == size


def test_enlarged_differences_are_smooth_across_strips() -> None:
    rng = torch.Generator().manual_seed(0)
    after = 0.2 * torch.rand(3, 16, 16, generator=rng)
    added = levels(changed(flat(1600, 1600), grey(0.0), after)) - 100
    coarse = np.asarray(after * 127.5)[:, 8, 8]
    assert np.abs(added[850, 850] - coarse).max() <= 2  # the middle of that model's pixel
    # From one row to the next, a hundredth of a model's pixel: no more than rounding shows.
    assert np.abs(np.diff(added, axis=0)).max() <= 2
    assert np.abs(np.diff(added, axis=1)).max() <= 2


def test_levels_end_where_a_picture_ends() -> None:
    bright = changed(flat(64, 64, 240), grey(-1.0), grey(1.0))
    dark = changed(flat(64, 64, 10), grey(1.0), grey(-1.0))
    assert (levels(bright) == 255).all() and (levels(dark) == 0).all()


def test_a_photograph_is_set_upright_and_laid_on_white() -> None:
    picture = np.full((60, 40, 4), 100, np.uint8)
    picture[..., 3] = 255
    picture[:10, :, 3] = 0
    exif = Image.Exif()
    exif[274] = 6  # to be turned by a quarter to the right
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", exif=exif)
    for given in (buffer.getvalue(), Image.open(io.BytesIO(buffer.getvalue()))):
        whole = changed(given, grey(0.0), grey(0.1))
        assert whole.size == (60, 40) and whole.mode == "RGB"
        assert (levels(whole)[:, 50:] == 255).all()  # what was above is to the right
        assert (levels(whole)[20, 30] == 113).all()


def test_grey_models_change_all_colours_alike() -> None:
    added = levels(changed(flat(50, 50), grey(0.0, channels=1), grey(0.4, channels=1))) - 100
    assert (added == 51).all()


def test_24_megapixels_take_little_memory() -> None:
    resource = pytest.importorskip("resource")
    photograph = flat(6000, 4000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    added = changed(photograph, grey(0.0, 128), grey(0.4, 128), zoom=1.2)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert added.size == (6000, 4000) and added.getpixel((3000, 2000)) == (151, 151, 151)
    assert (after - before) < 500_000  # kilobytes


def test_what_cannot_be_is_refused(photo_path: Path, tiny_checkpoint: Path) -> None:
    editor = Editor.load(photo_path, "cpu")
    recipe = Recipe(editor.encode(flat(40, 40)))
    with pytest.raises(ImageError, match="zoom"):
        editor.apply_to(flat(40, 40), recipe, zoom=0.5)
    with pytest.raises(ImageError, match="A picture is"):
        editor.apply_to(3, recipe)  # type: ignore[arg-type]
    with pytest.raises(TooLarge, match="at most 64 million pixels"):
        editor.apply_to(Image.new("L", (9000, 8000)), recipe)
    with pytest.raises(LatentError, match="belongs to model"):
        Editor.load(tiny_checkpoint, "cpu").apply_to(flat(40, 40), recipe)
