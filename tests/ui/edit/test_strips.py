"""Small pictures along the sliders: what they show, and what is refused."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from genimg.editor import Editor, Recipe
from genimg.ui.edit.strips import COLUMNS, MOST_OF_ONE, PATH, SIDE, Strips
from genimg.ui.server import build_app
from genimg.ui.serving.http import MAX_CHARACTERS
from genimg.ui.shell.store import Store

from .live_client import CATS, GREY, PATIENCE, SLOW, Serving, asleep, fill, until


@pytest.fixture(scope="module")
def store(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return fill(tmp_path_factory.mktemp("strips"), tiny_checkpoint)


@pytest.fixture(scope="module")
def strips(store: Store) -> Strips:
    return Strips(store)


@pytest.fixture(scope="module")
def client(strips: Strips) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=[strips.route])) as opened:
        yield opened


@pytest.fixture(scope="module")
def editor(store: Store) -> Editor:
    return store.get(CATS)


def asking(editor: Editor, count: int = 2, **other: Any) -> dict[str, Any]:
    names = [direction.name for direction in editor.directions][:count]
    recipe = Recipe.of(editor.sample(1, seed=5)[0], {names[0]: 1.5})
    return {
        "recipe": recipe.to_text(),
        "names": names,
        "low": [-3.0] * count,
        "high": [3.0] * count,
        **other,
    }


def opened(sprite: str) -> Image.Image:
    head, _, body = sprite.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(BytesIO(base64.b64decode(body)))


def test_each_slider_from_end_to_end(client: TestClient, editor: Editor) -> None:
    asked = asking(editor)
    answer = client.post(PATH, json=asked).json()
    assert (answer["columns"], answer["side"]) == (COLUMNS, 16)
    sprite = opened(answer["sprite"])
    assert sprite.size == (16 * COLUMNS, 32)
    assert len(answer["drags"]) == 2
    recipe = Recipe.from_text(asked["recipe"])
    for row, name in enumerate(asked["names"]):
        points = [editor.edited(recipe.pulled({name: column - 3.0})) for column in range(COLUMNS)]
        expected = [np.asarray(image, dtype=float) for image in editor.decode(*points)]
        for column in range(COLUMNS):
            box = (16 * column, 16 * row, 16 * column + 16, 16 * row + 16)
            got = np.asarray(sprite.crop(box).convert("RGB"), dtype=float)
            far = [np.abs(got - picture).mean() for picture in expected]
            other_end = 0 if column > COLUMNS // 2 else -1
            assert far[column] < 25, (name, column)
            assert far[column] < far[other_end], (name, column)


def test_what_changes_along_is_said_as_the_editor_says_it(
    client: TestClient, editor: Editor
) -> None:
    asked = asking(editor, 4)
    answer = client.post(PATH, json=asked).json()
    strip = editor.strip(Recipe.from_text(asked["recipe"]), asked["names"], -3.0, 3.0)
    assert answer["drags"] == [[e.to_mapping() for e in effects] for effects in strip.effects]
    assert any(answer["drags"])


def test_pictures_of_large_models_are_made_small(client: TestClient, store: Store) -> None:
    answer = client.post(PATH, json=asking(store.get(SLOW), 1)).json()
    assert answer["side"] == SIDE
    assert opened(answer["sprite"]).size == (COLUMNS * SIDE, SIDE)


def test_grey_ones(client: TestClient, store: Store) -> None:
    answer = client.post(PATH, json=asking(store.get(GREY), 3)).json()
    assert opened(answer["sprite"]).size == (COLUMNS * 16, 48)


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": 3},
        {"recipe": "damaged"},
        {"names": []},
        {"names": "glasses"},
        {"names": ["cauliflower", "cabbage"]},
        {"low": [0.0]},
        {"low": [0.0, 0.0, 0.0]},
        {"low": [0.0, "1"]},
        {"low": [0.0, True]},
        {"high": [0.0, 101.0]},
        {"high": None},
    ],
    ids=str,
)
def test_what_cannot_be_asked(client: TestClient, editor: Editor, change: dict[str, Any]) -> None:
    answer = client.post(PATH, json=asking(editor, **change))
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".") or "recipe" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"strips", b"[]", b"\xff\xfe\x00", b"[" * 100_000, b'{"low": [NaN], "high": [1e999]}'],
    ids=lambda body: str(body[:20]),
)
def test_what_is_no_question(client: TestClient, body: bytes) -> None:
    answer = client.post(PATH, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_number_that_is_none(client: TestClient, editor: Editor) -> None:
    asked = json.dumps(asking(editor, low=[float("nan"), 0.0]))
    assert client.post(PATH, content=asked).status_code == 400


def test_a_model_that_is_not_there(client: TestClient, editor: Editor) -> None:
    asked = asking(editor)
    asked["recipe"] = asked["recipe"].replace(editor.model_id, "0" * 16)
    answer = client.post(PATH, json=asked)
    assert answer.status_code == 404
    assert "not in the folder" in answer.json()["error"]


def test_a_body_without_end(client: TestClient) -> None:
    parts = 0

    def body() -> Iterator[bytes]:
        nonlocal parts
        while parts < 100:
            parts += 1
            yield b" " * (MAX_CHARACTERS // 4)

    assert client.post(PATH, content=body()).status_code == 413


def test_a_page_of_another_origin(client: TestClient, editor: Editor) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    answer = client.post(PATH, json=asking(editor), headers=headers)
    assert answer.status_code == 403
    assert client.get(PATH).status_code == 405


def test_too_much_at_once(client: TestClient, strips: Strips, editor: Editor) -> None:
    codes: list[int] = []

    def ask() -> None:
        codes.append(client.post(PATH, json=asking(editor, 1)).status_code)

    with asleep(strips.drawer), asleep(strips.helpers):
        threads = [threading.Thread(target=ask) for _ in range(MOST_OF_ONE)]
        for thread in threads:
            thread.start()
        until(lambda: strips.waiting == MOST_OF_ONE)
        refused = client.post(PATH, json=asking(editor, 1))
    for thread in threads:
        thread.join(PATIENCE)
    assert refused.status_code == 503 and refused.json()["error"]
    assert codes == [200] * MOST_OF_ONE
    assert strips.waiting == 0


def test_a_page_that_asks_anew_in_the_program(store: Store, editor: Editor) -> None:
    """It gives up what it has asked before, which is then not drawn."""
    app = build_app(store.folder)
    strips: Strips = app.state.strips
    program = Serving(app)
    address = f"http://{program.address}{PATH}"
    impatient = httpx.Timeout(PATIENCE, read=0.2)
    with asleep(strips.drawer), asleep(strips.helpers):
        for _ in range(3):
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(address, json=asking(editor), timeout=impatient)
        until(lambda: strips.waiting == 0)
    headers = {"Origin": f"http://{program.address}"}
    answer = httpx.post(address, json=asking(editor), headers=headers, timeout=PATIENCE)
    assert answer.status_code == 200
    program.stop()
