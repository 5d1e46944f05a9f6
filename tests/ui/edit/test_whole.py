"""The whole photograph with its edits, as the Save menu asks for it, without a browser."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from genimg.editor import Recipe
from genimg.errors import GenimgError
from genimg.images import encode_jpeg
from genimg.ui.edit import saving
from genimg.ui.edit.requests import SAVE
from genimg.ui.shell.store import Store

NAME = "tiny-photo"


@pytest.fixture
def store(photo_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    (tmp_path / "models").mkdir()
    shutil.copy(photo_path, tmp_path / "models" / f"{NAME}.safetensors")
    return Store(tmp_path / "models")


@pytest.fixture
def upload(tmp_path: Path, store: Store) -> Path:
    levels = np.random.default_rng(0).integers(60, 200, (90, 150, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "uploads" / "holiday.png")
    return tmp_path / "uploads" / "holiday.png"


def told(store: Store, path: Path, zoom: float = 2.0) -> dict[str, Any]:
    editor = store.get(NAME)
    fitted = editor.fit(path if path.is_file() else Image.new("RGB", (9, 9)), (0.4, 0.5), zoom)
    recipe = Recipe(editor.encode(fitted), model_name=NAME).pulled({"warmth": 2.0})
    asked = {"what": "picture", "recipe": recipe.to_text(), "label": "warmer", "kind": "png"}
    whole = {"path": str(path), "focus": [0.4, 0.5], "zoom": zoom}
    return SAVE.validate_python({**asked, "whole": whole}).model_dump()


def test_the_whole_photograph_is_saved_as_a_jpeg(store: Store, upload: Path) -> None:
    asked = told(store, upload)
    made = saving.picture(store, asked)
    assert (made.name, made.kind) == (f"{NAME}-warmer.jpg", "image/jpeg")
    picture = Image.open(io.BytesIO(made.data))
    assert (picture.format, picture.size) == ("JPEG", (150, 90)) and b"genimg" not in made.data
    editor, recipe = store.get(NAME), Recipe.from_text(asked["recipe"])
    whole = editor.apply_to(upload, recipe, (0.4, 0.5), 2.0)
    assert made.data == encode_jpeg(whole)
    assert whole.tobytes() != Image.open(upload).tobytes()


def test_only_uploads_that_are_there_are_read(store: Store, upload: Path, tmp_path: Path) -> None:
    outside = shutil.copy(upload, tmp_path / "private.png")
    with pytest.raises(GenimgError, match="not uploaded"):
        saving.picture(store, told(store, Path(outside)))
    with pytest.raises(GenimgError, match="Upload it again to save the whole photograph"):
        saving.picture(store, told(store, upload.with_name("gone.png")))


@pytest.mark.parametrize("wrong", [{"focus": [0.5]}, {"focus": [2.0, 0.5]}, {"zoom": 0.0}])
def test_a_crop_that_cannot_be_is_refused(
    store: Store, upload: Path, wrong: dict[str, Any]
) -> None:
    asked = told(store, upload)
    asked["whole"].update(wrong)
    with pytest.raises((GenimgError, ValidationError)):
        saving.picture(store, SAVE.validate_python(asked).model_dump())
