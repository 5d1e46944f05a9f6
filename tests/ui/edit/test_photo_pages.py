"""What the page is told where any photograph can be opened, without a browser."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.testclient import TestClient

from genimg import Editor
from genimg.editor import Recipe
from genimg.errors import GenimgError, LatentError
from genimg.images import encode_png
from genimg.metrics import Calibration
from genimg.models import build_model, save_model
from genimg.ui.edit import examples, foreign, saving
from genimg.ui.edit.acts import act
from genimg.ui.edit.answers import SceneAnswer
from genimg.ui.edit.photographs import photographs
from genimg.ui.edit.scene import match, scene
from genimg.ui.edit.strips import COLUMNS, PATH, SIDE, Strips
from genimg.ui.shell import opening
from genimg.ui.shell.store import Store

from .live_client import Server

BASE, KIND, DRAWS = "photo", "kind", "draws"


@pytest.fixture(scope="module")
def store(base_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A base, a VAE that knows its own kind well, and a GAN."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(base_path, folder / f"{BASE}.safetensors")
    kind = build_model("vae", (3, 16, 16), seed=1)
    path = folder / f"{KIND}.safetensors"
    known = Calibration.of("test", 0, [0.0, 0.5], [30.0, 40.0], [1.0, 2.0])
    data = {"name": "k", "title": "Kinds"}
    extra = {"data": data, "metrics": {"match": known.to_metrics()}}
    save_model(path, kind, "vae", name=KIND, extra=extra)
    gan = build_model("gan", (3, 16, 16), "style", seed=2)
    save_model(folder / f"{DRAWS}.safetensors", gan, "gan", name=DRAWS)
    return Store(folder)


@pytest.fixture(scope="module")
def editor(store: Store) -> Editor:
    return store.get(BASE)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A photograph of noise, which no model of a kind knows."""
    rng = np.random.default_rng(0)
    path = tmp_path / "photo.png"
    Image.fromarray(rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)).save(path)
    return str(path)


def shown(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.split(",", 1)[1])))


def test_a_scene_has_the_shape_of_its_picture(store: Store, editor: Editor, file: str) -> None:
    opened = opening.from_file(store, BASE, opening.Crop(file), "upload")
    told = scene(store, opened)
    assert TypeAdapter(SceneAnswer).validate_json(json.dumps(told), strict=True) == told
    assert told["model"]["shape"] == (60, 90)
    assert told["model"]["kind"] is False
    assert told["model"]["pages"][0]["names"] == ["brightness", "warmth"]
    assert shown(told["picture"]).size == shown(told["upload"]["original"]).size == (90, 60)
    assert told["picture"] == told["plain"]
    assert told["upload"]["crop"]["ratio"] == 1.5
    moved = opening.from_recipe(store, opened.recipe.pulled({"warmth": 2.0}))
    assert scene(store, moved)["picture"] != told["picture"]
    part = opening.from_file(store, BASE, opening.Crop(file, (0.0, 0.0), 2.0), "upload")
    assert scene(store, part)["model"]["shape"] == (30, 45)


def test_a_large_upload_is_made_smaller_and_that_is_said(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("RGB", (2000, 20)).save(path)
    opened = opening.from_file(store, BASE, opening.Crop(str(path)), "upload")
    assert opened.original is not None
    assert opened.original.size == (1024, 10)
    assert opened.match is not None
    told = match(opened.match, opened.note)
    assert "from 2,000 × 20 to 1,024 × 10 pixels" in told["advice"]
    assert told["level"] != "outside"


def test_a_saved_photograph_comes_back_with_its_steps(
    store: Store, editor: Editor, file: str, tmp_path: Path
) -> None:
    start = opening.from_file(store, BASE, opening.Crop(file), "upload").recipe
    edited = start.pulled({"warmth": 1.5})
    told = {
        "recipe": edited.to_text(), "label": "warmth +1.5", "parents": [0],
        "steps": [{"recipe": start.to_text(), "label": "upload", "parents": []}],
    }  # fmt: skip
    saved = tmp_path / "saved.png"
    saved.write_bytes(saving.picture(store, told).data)
    opened = opening.from_saved(store, KIND, str(saved))
    assert opened is not None
    assert opened.model == BASE
    [drawn] = editor.decode(editor.edited(opened.recipe))
    assert drawn.tobytes() == Image.open(saved).tobytes()
    [earlier] = scene(store, opened)["earlier"]
    assert earlier["label"] == "upload"


def test_a_frame_of_the_live_socket_is_what_is_saved(
    store: Store, editor: Editor, file: str
) -> None:
    recipe = opening.from_file(store, BASE, opening.Crop(file), "upload").recipe
    names = ["brightness", "warmth"]
    server = Server(store)
    with server.page() as page:
        page.set(recipe, names)
        page.pull(1, -0.3, 1.7)
        frame = page.frame()
    server.stop()
    assert (frame.width, frame.height, frame.channels) == (90, 60, 3)
    wanted = recipe.pulled({"brightness": -0.3, "warmth": 1.7})
    saved = Image.open(io.BytesIO(editor.save_picture(wanted)))
    restored = editor.open_picture(editor.save_picture(wanted))
    [drawn] = editor.decode(editor.edited(restored))
    assert frame.body == saved.tobytes() == drawn.tobytes()


def test_small_pictures_along_the_sliders_are_squares(store: Store, file: str) -> None:
    recipe = opening.from_file(store, BASE, opening.Crop(file), "upload").recipe
    asked = {
        "recipe": recipe.to_text(), "names": ["warmth", "brightness"],
        "low": [-4, -4], "high": [4, 4],
    }  # fmt: skip
    with TestClient(Starlette(routes=[Strips(store).route])) as client:
        answer = client.post(PATH, json=asked).json()
    assert answer["side"] <= SIDE
    assert shown(answer["sprite"]).size == (COLUMNS * answer["side"], 2 * answer["side"])
    assert answer["drags"] == [[], []]


def test_there_are_photographs_to_begin_with(store: Store) -> None:
    assert len(photographs()) >= 4
    thumbs = examples.thumbs(store, BASE)
    assert thumbs.count("<button") == len(photographs())
    first = examples.first(store, BASE)
    assert first.original is not None
    assert first.crop is None
    assert max(first.original.size) > 200


def test_a_picture_that_a_model_does_not_know_is_offered_elsewhere(store: Store, file: str) -> None:
    opened = opening.from_file(store, KIND, opening.Crop(file), "upload")
    offer = foreign.unknown(store, opened)
    assert offer is not None
    assert (offer["photo"], offer["model"], offer["path"]) == (BASE, KIND, file)
    assert offer["title"] == "Any photograph"
    assert "another kind than “Kinds”" in offer["words"]
    drawn = foreign.only_draws(store, DRAWS, file)
    assert drawn is not None
    assert drawn["model"] is None
    assert "only draws" in drawn["words"]
    assert foreign.only_draws(store, KIND, file) is None
    known = opening.from_file(store, BASE, opening.Crop(file), "upload")
    assert foreign.unknown(store, known) is None


def test_without_a_model_of_any_photograph_it_is_only_said(
    store: Store, file: str, tmp_path: Path
) -> None:
    for name in (KIND, DRAWS):
        shutil.copy(store.file(name), tmp_path)
    without = Store(tmp_path)
    opened = opening.from_file(without, KIND, opening.Crop(file), "upload")
    offer = foreign.unknown(without, opened)
    assert offer is not None
    assert offer["photo"] is None
    assert foreign.only_draws(without, DRAWS, file) is None


def test_two_photographs_are_brought_to_one_size(store: Store, file: str, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(encode_png(Image.new("RGB", (50, 70), "red")))
    a = opening.latent_of(store, BASE, file)
    b = opening.latent_of(store, BASE, str(other), a)
    editor = store.get(BASE)
    assert editor.decode(editor.between(a, b, 0.5))[0].size == (90, 60)
    child, label = act(editor, "cross", Recipe(a), {"other": Recipe(b).to_text(), "label": "red"})
    assert Recipe.from_text(child.to_text()) == child
    assert label == "cross with red"


@pytest.mark.parametrize("kind", ["lock", "soften", "exchange"])
def test_acts_that_need_a_kind_are_refused(store: Store, file: str, kind: str) -> None:
    editor = store.get(BASE)
    recipe = Recipe(opening.latent_of(store, BASE, file))
    text = recipe.to_text()
    told = {
        "names": ["warmth"], "on": True, "t": 0.5, "faithful": text, "editable": text,
        "factor": "hat", "value": "red",
    }  # fmt: skip
    with pytest.raises(GenimgError, match="no kind of picture"):
        after, _ = act(editor, kind, recipe, told)
        editor.edited(after)


def test_a_picture_of_nothing_to_encode_is_said(store: Store, tmp_path: Path) -> None:
    tiny = tmp_path / "tiny.png"
    Image.new("RGB", (5, 5)).save(tiny)
    with pytest.raises(GenimgError, match="from 8 pixels a side"):
        opening.from_file(store, BASE, opening.Crop(str(tiny)), "upload")
    with pytest.raises(LatentError, match="no kind of picture"):
        opening.from_seed(store, BASE, 3)
