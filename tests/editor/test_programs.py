"""Does an Editor take what programs have in hand, and go along into other processes?"""

from __future__ import annotations

import copy
import io
import os
import pickle
import select
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor
from genimg.editor import Recipe
from genimg.errors import CheckpointError, ImageError, LatentError
from genimg.models import build_model

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
RGB = Image.fromarray(PIXELS[..., :3])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    RGB.save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


# -- pictures


def test_a_picture_is_an_image_a_file_or_an_array(editor: Editor, file: Path) -> None:
    expected = editor.encode(RGB)
    given: list[Any] = [
        file, str(file), file.read_bytes(), io.BytesIO(file.read_bytes()),
        PIXELS[..., :3], np.asfortranarray(PIXELS[..., :3]),
        np.dstack([PIXELS[..., :3], np.full((20, 30), 255, np.uint8)]),
    ]  # fmt: skip
    for picture in given:
        assert editor.encode(picture) == expected
    grey = editor.encode(Image.fromarray(PIXELS[..., 0]))
    assert editor.encode(PIXELS[..., 0]) == grey == editor.encode(PIXELS[..., :1])
    layered = editor.encode(Image.fromarray(PIXELS))
    assert editor.encode(PIXELS) == layered != expected


def test_every_method_takes_pictures_of_any_kind(editor: Editor, file: Path) -> None:
    array = PIXELS[..., :3]
    assert editor.fit(file).tobytes() == editor.fit(array).tobytes() == editor.fit(RGB).tobytes()
    assert editor.match(file, array) == editor.match(RGB, RGB)
    assert editor.start(array) == editor.start(file)
    assert next(iter(editor.refine(file, steps=0))).latent == editor.encode(RGB)
    assert editor.effects([(file, array)]) == [[]]


@pytest.mark.parametrize(
    ("picture", "named"),
    [
        (PIXELS.astype(np.float32), r"an array of float32 \[20, 30, 4\]"),
        (PIXELS > 9, r"an array of bool"),
        (PIXELS[..., :2], r"an array of uint8 \[20, 30, 2\]"),
        (PIXELS.transpose(2, 0, 1), r"an array of uint8 \[4, 20, 30\]"),
        (PIXELS[None], r"an array of uint8 \[1, 20, 30, 4\]"),
        (PIXELS[:0], r"an array of uint8 \[0, 30, 4\]"),
        (torch.zeros(3, 8, 8), r"not torch\.Tensor"),
        (None, "not NoneType"),
        ([1, 2], "not list"),
        (7, "not int"),
        ("https://example.org/cat.png", "give the picture itself"),
        ("nowhere.png", "nowhere.png"),
    ],
    ids=str,
)
def test_what_is_no_picture_is_named(editor: Editor, picture: Any, named: str) -> None:
    for method in (editor.encode, editor.fit, editor.start):
        with pytest.raises(ImageError, match=named):
            method(picture)


# -- numbers


def test_numbers_of_numpy_are_numbers(editor: Editor) -> None:
    [a, b] = editor.sample(2, 254)
    assert editor.sample(np.uint8(3), np.uint8(254))[:2] == [a, b]
    assert editor.sample(np.int64(3), np.int32(254))[2] == editor.sample(1, 256)[0]
    assert editor.vary(a, np.int64(2), np.int16(3)) == editor.vary(a, 2, 3)
    assert len(editor.interpolate(a, b, np.int64(3))) == 3
    name = editor.directions[0].name
    assert editor.move(a, {name: np.int64(2)}) == editor.move(a, {name: 2})
    recipe = Recipe.of(a, {name: np.float32(2)})
    assert editor.save_picture(recipe, scale=np.int64(2)) == editor.save_picture(recipe, scale=2)
    assert [each.step for each in editor.refine(PIXELS, steps=np.int64(0))] == [0]
    strip = editor.strip(recipe, [name], np.int64(-1), np.float32(1), np.int64(3))
    assert len(strip.amounts[0]) == 3


@pytest.mark.parametrize("number", [True, np.True_, 2.0, np.float32(2), "2", None])
def test_what_is_no_whole_number_is_none(editor: Editor, number: Any) -> None:
    [a, b] = editor.sample(2)
    acts: list[Callable[[], object]] = [
        lambda: editor.sample(number),
        lambda: editor.sample(1, number),
        lambda: editor.vary(a, number),
        lambda: editor.interpolate(a, b, number),
        lambda: list(editor.refine(PIXELS, steps=number)),
        lambda: editor.strip(Recipe.of(a, {}), [editor.directions[0].name], 0, 1, number),
    ]
    for act in acts:
        with pytest.raises(LatentError):
            act()
    with pytest.raises(ImageError, match="1 to 16 times"):
        editor.save_picture(Recipe.of(a, {}), scale=number)


# -- processes


@pytest.fixture
def moved(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(tiny_checkpoint, tmp_path / "model.safetensors"))


def test_an_editor_is_pickled_by_its_path(
    editor: Editor, moved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(moved.parent)
    data = pickle.dumps(Editor.load(moved.name, "cpu"))
    monkeypatch.chdir("/")
    assert len(data) < 500
    again = pickle.loads(data)
    assert type(again) is Editor and again.encode(RGB) == editor.encode(RGB)
    assert copy.deepcopy(editor) is editor is copy.copy(editor)


def test_an_editor_whose_file_has_changed_is_not_unpickled(moved: Path, other: Editor) -> None:
    data = pickle.dumps(Editor.load(moved, "cpu"))
    moved.write_bytes(Path(other.__reduce__()[1][1]).read_bytes())
    with pytest.raises(CheckpointError, match="holds another model"):
        pickle.loads(data)
    moved.unlink()
    with pytest.raises(CheckpointError, match="no model file"):
        pickle.loads(data)


def test_an_editor_without_a_file_says_that_it_cannot_be_pickled(editor: Editor) -> None:
    with pytest.raises(CheckpointError, match=r"load that with Editor\.load"):
        pickle.dumps(Editor(build_model("vae", (3, 16, 16)), editor.header))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_editor_works_in_a_forked_child(editor: Editor) -> None:
    """Where torch's threads have been at work before: they are not there in the child."""
    torch.set_num_threads(2)
    try:
        torch.ones(1000, 1000).mul(2).sum()  # enough for two threads
        expected = [image.tobytes() for image in editor.decode(*editor.sample(2))]
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                torch.ones(1000, 1000).mul(2).sum()
                done = [image.tobytes() for image in editor.decode(*editor.sample(2))] == expected
                done &= len(list(editor.refine(PIXELS, steps=2))) > 1
                os.write(writing, b"1" if done else b"0")
            finally:
                os._exit(0)
        os.close(writing)
        ready, _, _ = select.select([reading], [], [], 60)
        if not ready:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert ready and os.read(reading, 1) == b"1"
        os.close(reading)
    finally:
        torch.set_num_threads(1)


def test_an_editor_on_a_gpu_says_what_to_do_in_a_forked_child(moved: Path) -> None:
    editor = Editor.load(moved, "cpu")
    editor.model.device = torch.device("cuda")  # as if it lay there
    editor.model._process = os.getppid()
    with pytest.raises(CheckpointError, match=r"call Editor\.load in the new process"):
        editor.sample(1)
