"""A photograph follows a slider as a small copy, and is whole where the slider rests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.editor import Editor, Recipe
from genimg.ui.edit import live
from genimg.ui.edit.live import FRAME_SECONDS, LEAST_SIDE
from genimg.ui.shell.lanes import PHOTOGRAPH
from genimg.ui.shell.store import Store

from .live_client import Page, Server, drawn

BASE = "tiny-base"


@pytest.fixture(scope="module")
def store(base_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(base_path, folder / f"{BASE}.safetensors")
    return Store(folder)


@pytest.fixture(scope="module")
def editor(store: Store) -> Editor:
    return store.get(BASE)


@pytest.fixture(scope="module")
def recipe(editor: Editor) -> Recipe:
    """An edit of a photograph that is twice as wide as LEAST_SIDE."""
    noise = np.random.default_rng(0).integers(0, 256, (LEAST_SIDE, 2 * LEAST_SIDE, 3))
    return Recipe.of(editor.encode(Image.fromarray(noise.astype(np.uint8))))


@pytest.fixture
def slow_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page of a server to which every model is slow."""
    monkeypatch.setattr(live, "FRAME_SECONDS", 0.0)
    server = Server(store)
    with server.page() as page:
        yield page
    server.stop()


def test_it_is_small_while_it_moves_and_whole_where_it_rests(
    slow_page: Page, editor: Editor, recipe: Recipe
) -> None:
    slow_page.set(recipe, ["warmth"])
    for seq in range(1, 21):
        slow_page.pull(seq, seq / 10)
    *moving, last = slow_page.frames_until(20)
    assert {(frame.width, frame.height) for frame in [*moving, last]} == {(64, 32)}
    small = editor.reduced(recipe, LEAST_SIDE)
    assert last.body == drawn(editor, small, {"warmth": 2.0})
    whole = slow_page.frame()
    assert (whole.seq, whole.width, whole.height) == (20, 128, 64)
    assert whole.body == drawn(editor, recipe, {"warmth": 2.0}), "what a commit will be"


def test_what_moves_on_is_not_made_whole(
    slow_page: Page, editor: Editor, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "REST_SECONDS", 0.5)
    slow_page.set(recipe, ["warmth"])
    slow_page.pull(1, 1.0)
    assert slow_page.frame().width == 64
    slow_page.pull(2, 2.0)
    second, whole = slow_page.frame(), slow_page.frame()
    assert [(one.seq, one.width) for one in (second, whole)] == [(2, 64), (2, 128)]
    slow_page.pull(3, 3.0)
    assert slow_page.frame().width == 64
    slow_page.set(recipe, ["brightness"], scene=2)
    slow_page.pull(1, 1.0, scene=2)
    after = [slow_page.frame(), slow_page.frame()]
    assert [(one.scene, one.width) for one in after] == [(2, 64), (2, 128)]


def test_a_quick_model_draws_the_picture_itself(
    store: Store, editor: Editor, recipe: Recipe
) -> None:
    server = Server(store)
    with server.page() as page:
        page.set(recipe, ["warmth"])
        page.pull(1, 1.0)
        assert page.frame().body == drawn(editor, recipe, {"warmth": 1.0})
    server.stop()


def test_how_small_follows_from_the_pace_of_the_model() -> None:
    assert live._side(FRAME_SECONDS) == PHOTOGRAPH
    assert live._side(4 * FRAME_SECONDS) == PHOTOGRAPH / 2
    assert live._side(1e6) == LEAST_SIDE
