"""How much of a photograph's own details is shown is an operation, of which the last one counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor
from genimg.editor import Recipe
from genimg.edits import read_operation
from genimg.edits.operations import Details
from genimg.errors import LatentError, RecipeError


@pytest.fixture
def editor(photo_path: Path) -> Editor:
    return Editor.load(photo_path, "cpu")


@pytest.fixture
def start(editor: Editor) -> Recipe:
    return Recipe(editor.encode(Image.effect_noise((32, 32), 60)), origin="upload")


def test_from_the_photograph_to_what_the_model_would_draw(editor: Editor, start: Recipe) -> None:
    def drawn(recipe: Recipe) -> list[int]:
        pixels: list[int] = np.asarray(editor.decode(editor.edited(recipe))[0]).tolist()
        return pixels

    none = Details(0.0).onto(start, editor)
    assert editor.edited(none).details is None
    assert drawn(none) == np.asarray(editor.decode(start.latent.showing(0.0))[0]).tolist()
    half = Details(0.5).onto(none, editor)
    end = editor.edited(half).details
    assert end is not None and start.latent.details is not None
    assert torch.equal(end.z, 0.5 * start.latent.details.z)
    assert len({str(drawn(each)) for each in (start, none, half)}) == 3
    assert half.operations == (Details(0.5),)
    assert (start.details, half.details) == (1.0, 0.5)
    assert half.edits == ["own details 50 %"]
    assert Details(1.0).onto(half, editor) == start


def test_it_goes_with_sliders_in_any_order(editor: Editor, start: Recipe) -> None:
    before = Details(0.25).onto(start.pulled({"warmth": 2.0}), editor)
    after = Details(0.25).onto(start, editor).pulled({"warmth": 2.0})
    assert editor.edited(before) == editor.edited(after)
    assert before.amounts == after.amounts == {"warmth": 2.0}


def test_it_is_read_and_written_as_all_others(start: Recipe, editor: Editor) -> None:
    made = Details(0.3).onto(start, editor)
    assert Recipe.from_text(made.to_text()) == made
    assert read_operation({"operation": "details", "share": 1}) == Details(1.0)


@pytest.mark.parametrize("share", [-0.01, 1.5, float("nan"), None, "1", True])
def test_a_share_that_cannot_be_is_refused(share: object) -> None:
    with pytest.raises((LatentError, RecipeError), match=r"share of details|own details"):
        read_operation({"operation": "details", "share": share})


def test_a_picture_without_details_has_none_to_show(editor: Editor) -> None:
    [drawn] = editor.sample(1)
    with pytest.raises(LatentError, match="no details of its own"):
        editor.edited(Details(0.5).onto(Recipe(drawn), editor))
