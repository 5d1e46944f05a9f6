"""A photograph in a model that keeps its details: what the page is told, without a browser."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.checkpoint import load, save
from genimg.editor import Editor, Recipe
from genimg.errors import GenimgError
from genimg.images import load_image
from genimg.metrics import Calibration
from genimg.ui.edit import answering, foreign, saving
from genimg.ui.edit.acts import act, pulled
from genimg.ui.edit.scene import match, scene
from genimg.ui.edit.sliders import DETAILS
from genimg.ui.shell import opening
from genimg.ui.shell.opening import Crop, Opened
from genimg.ui.shell.store import Store

from .live_client import Server

NAME = "tiny-photo"


@pytest.fixture(scope="module")
def store(photo_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(photo_path, folder / f"{NAME}.safetensors")
    return Store(folder)


@pytest.fixture(scope="module")
def editor(store: Store) -> Editor:
    return store.get(NAME)


@pytest.fixture(scope="module")
def start(editor: Editor) -> Recipe:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return Recipe(editor.encode(Image.fromarray(noise)), origin="upload", model_name=NAME)


def test_the_share_is_pulled_as_sliders_are(editor: Editor, start: Recipe) -> None:
    faded, label = act(editor, "pull", start, {"amounts": {DETAILS: 0.4}})
    assert (faded.details, label) == (0.4, "own details 40 %")
    both, label = act(editor, "pull", start, {"amounts": {DETAILS: 0.2, "warmth": 1.0}})
    assert (both.details, both.amounts, label) == (0.2, {"warmth": 1.0}, "2 sliders")
    same, label = act(editor, "pull", faded, {"amounts": {DETAILS: 0.4, "warmth": 0.0}})
    assert (same, label) == (faded, "no change")
    for beyond, share in ((-3.0, 0.0), (7.0, 1.0), (0.39999997, 0.4)):  # as a socket may say it
        assert pulled(editor, start, {DETAILS: beyond}).details == share
    back, label = act(editor, "take", faded, {"kind": "details", "name": ""})
    assert (back, label) == (start, "without own details 40 %")
    again, label = act(editor, "details", faded, {"share": 0.9})
    assert (again.details, label) == (0.9, "own details 90 %")
    assert act(editor, "reset", both, {})[0] == start


@pytest.mark.parametrize("share", [None, "1", True, -1, 2, [1], float("nan")])
def test_a_share_that_cannot_be_is_refused(editor: Editor, start: Recipe, share: object) -> None:
    with pytest.raises(GenimgError):
        act(editor, "details", start, {"share": share})


def test_a_scene_tells_the_share_where_there_are_details(store: Store, editor: Editor) -> None:
    [drawn] = editor.sample(1)
    assert "details" not in scene(store, Opened(NAME, Recipe(drawn), ""))
    kept = Recipe(editor.encode(Image.new("RGB", (40, 30), "red")))
    told = scene(store, Opened(NAME, kept, ""))
    assert told["details"] == 1.0 and told["model"]["refines"] is False
    faded, _ = act(editor, "details", kept, {"share": 0.25})
    told = scene(store, Opened(NAME, faded, ""))
    assert told["details"] == 0.25 and told["picture"] != told["plain"]


def test_an_upload_is_opened_and_not_refined(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "noise.png"
    Image.effect_noise((60, 40), 90).convert("RGB").save(file)
    found = answering.from_upload(store, NAME, str(file), {"refine": True})
    assert found.offer is None and found.opened is not None
    told = answering.shown(store, found.opened, found.extra)
    assert told["refine"] is False and told["details"] == 1.0
    assert "kept" in told["match"]["numbers"] and "understood" in told["match"]["numbers"]


def test_a_foreign_photograph_is_no_noise(photo_path: Path, tmp_path: Path) -> None:
    """A model that is calibrated, and knows its own kind far better than this."""
    header, tensors = load(photo_path)
    known = Calibration.of("test", 0, [0.0, 0.5], [30.0, 40.0], [1.0, 2.0]).to_metrics()
    header = type(header)(**{**vars(header), "metrics": {"match": known}})
    save(tmp_path / f"{NAME}.safetensors", header, tensors)
    file = tmp_path / "noise.png"
    Image.effect_noise((60, 40), 90).convert("RGB").save(file)
    store = Store(tmp_path)
    opened = opening.from_file(store, NAME, Crop(str(file)), "upload")
    assert opened.match is not None and opened.match.known is False
    assert foreign.unknown(store, opened) is None
    told = match(opened.match)
    assert told["level"] in ("close", "roughly")
    assert "named ones will not mean what they say" in told["advice"]
    assert "noise" not in json.dumps(told)


def test_live_saved_and_opened_again_are_the_same_bits(
    store: Store, editor: Editor, start: Recipe, tmp_path: Path
) -> None:
    server = Server(store)
    with server.page() as page:
        page.set(start, ["warmth", DETAILS])
        page.pull(1, 1.5, 0.35)
        live = page.frame()
    server.stop()
    kept, _ = act(editor, "pull", start, {"amounts": {"warmth": 1.5, DETAILS: 0.35}})
    [committed] = editor.decode(editor.edited(kept))
    assert live.body == committed.tobytes()
    slow = answering.frame(store, start, {"warmth": 1.5, DETAILS: 0.35})
    assert slow.tobytes() == live.body
    made = saving.picture(store, {"recipe": kept.to_text()})
    assert load_image(io.BytesIO(made.data)).tobytes() == live.body
    file = tmp_path / made.name
    file.write_bytes(made.data)
    again = opening.from_saved(Store(store.folder), NAME, str(file))
    assert again is not None and again.recipe.details == 0.35
    assert editor.decode(editor.edited(again.recipe))[0].tobytes() == live.body


def test_a_model_without_details_has_no_such_slider(store: Store, base_path: Path) -> None:
    other = Store(base_path.parent)
    editor = other.get(base_path.stem)
    recipe = Recipe(editor.encode(Image.new("RGB", (40, 30), "red")), model_name=base_path.stem)
    server = Server(other)
    with server.page() as page:
        page.set(recipe, ["warmth", DETAILS])
        page.pull(1, 1.5, 0.35)
        assert "no direction ''" in page.error()["error"]
    server.stop()
