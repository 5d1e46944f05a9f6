"""Pictures that follow a slider: which ones come, whose they are, and what is refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus

from genimg.editor import Editor, Recipe
from genimg.ui.edit.live import MOST_OF_ONE, SCENES
from genimg.ui.edit.live_messages import ENCODED, RAW
from genimg.ui.serving.http import MAX_CHARACTERS
from genimg.ui.shell.store import Store

from .live_client import (
    CATS,
    DRAWER,
    GREY,
    PATIENCE,
    SLOW,
    Page,
    Server,
    Serving,
    asleep,
    begun,
    drawn,
    fill,
    until,
    waiting,
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return fill(tmp_path_factory.mktemp("live"), tiny_checkpoint)


@pytest.fixture(scope="module")
def server(store: Store) -> Iterator[Server]:
    started = Server(store)
    yield started
    started.stop()


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    with server.page() as opened:
        yield opened


@pytest.fixture(scope="module")
def editor(store: Store) -> Editor:
    return store.get(CATS)


@pytest.fixture(scope="module")
def names(editor: Editor) -> list[str]:
    return [direction.name for direction in editor.directions][:3]


@pytest.fixture(scope="module")
def recipe(editor: Editor, names: list[str]) -> Recipe:
    return begun(editor, names)


# -- what comes


@pytest.mark.parametrize("totals", [(0.1, -0.7, 2.3), (1.3, 0.0, 0.0), (-4.0, 3.9, 0.3)])
def test_a_frame_is_what_the_commit_will_be(
    page: Page, editor: Editor, recipe: Recipe, names: list[str], totals: tuple[float, ...]
) -> None:
    page.set(recipe, names)
    page.pull(7, *totals)
    expected = drawn(editor, recipe, dict(zip(names, totals, strict=True)))
    assert page.frame() == (7, 1, 16, 16, 3, RAW, expected)


def test_a_grey_picture_has_one_channel(page: Page, store: Store) -> None:
    editor = store.get(GREY)
    recipe = Recipe.of(editor.sample(1)[0])
    page.set(recipe, ["raw 1"], scene=2**32 - 1)
    page.pull(2**32 - 1, 0.5, scene=2**32 - 1)
    expected = drawn(editor, recipe, {"raw 1": 0.5})
    assert page.frame() == (2**32 - 1, 2**32 - 1, 16, 16, 1, RAW, expected)


def test_an_encoded_frame_is_nearly_the_same(
    page: Page, editor: Editor, recipe: Recipe, names: list[str]
) -> None:
    page.set(recipe, names, raw=False)
    page.pull(1, 0.0, 0.0, 2.0)
    frame = page.frame()
    assert (frame.width, frame.height, frame.channels, frame.kind) == (16, 16, 3, ENCODED)
    expected = drawn(editor, recipe, {names[0]: 0.0, names[1]: 0.0, names[2]: 2.0})
    got = np.asarray(Image.open(BytesIO(frame.body)), dtype=float).ravel()
    assert np.abs(got - np.frombuffer(expected, np.uint8)).mean() < 4


def test_a_scene_without_sliders_is_the_recipe_itself(
    page: Page, editor: Editor, recipe: Recipe
) -> None:
    page.set(recipe, [])
    page.pull(1)
    assert page.frame().body == drawn(editor, recipe, {})


def test_what_is_out_of_reach_is_drawn_at_its_end(
    page: Page, editor: Editor, recipe: Recipe, names: list[str]
) -> None:
    page.set(recipe, names[:1])
    page.pull(1, 3e38)
    assert page.frame().body == drawn(editor, recipe, {names[0]: 100.0})


def test_many_values_end_on_the_last_one(
    page: Page, editor: Editor, recipe: Recipe, names: list[str]
) -> None:
    rng = random.Random(0)
    page.set(recipe, names)
    for seq in range(1, 501):
        values = [round(rng.uniform(-4, 4), 1) for _ in names]
        page.pull(seq, *values)
    frames = page.frames_until(500)
    assert frames[-1].body == drawn(editor, recipe, dict(zip(names, values, strict=True)))
    numbers = [frame.seq for frame in frames]
    assert numbers == sorted(set(numbers)), "in order, and each at most once"


def test_the_newest_value_of_each_is_drawn_in_turn(
    server: Server, recipe: Recipe, names: list[str]
) -> None:
    with server.page() as first, server.page() as second:
        for page in (first, second):
            page.set(recipe, names[:1])
            page.pull(1, 0.0)
            page.frame()
        with asleep(server.live.drawers):
            for seq in range(2, 30):
                first.pull(seq, seq / 10)
            second.pull(2, 1.0)
            # Both have been read when the server has answered to a ping.
            for page in (first, second):
                assert page.socket.ping().wait(PATIENCE)
                until(lambda: waiting(server.live.drawers) == 2)
        assert first.frame().seq == 29
        assert second.frame().seq == 2
        first.pull(30, 0.0)
        assert first.frame().seq == 30, "each is drawn once"


def test_a_value_of_an_earlier_scene_is_not_drawn(
    page: Page, editor: Editor, recipe: Recipe, names: list[str]
) -> None:
    page.set(recipe, names, scene=1)
    page.set(recipe, names[:1], scene=2)
    page.pull(1, 1.0, 1.0, 1.0, scene=1)
    page.pull(2, 1.5, scene=2)
    frame = page.frame()
    assert (frame.seq, frame.scene) == (2, 2)
    assert frame.body == drawn(editor, recipe, {names[0]: 1.5})


def test_ten_at_once_get_each_their_own(server: Server, store: Store) -> None:
    """With four models, of which the store keeps three."""
    rng = random.Random(1)
    with ExitStack() as stack:
        people = []
        for number in range(10):
            editor = store.get((CATS, GREY, DRAWER, SLOW)[number % 4])
            recipe = Recipe.of(editor.sample(1, seed=number)[0])
            page = stack.enter_context(server.page())
            page.set(recipe, [editor.directions[0].name], scene=number)
            people.append((page, editor, recipe))
        for seq in range(1, 41):
            values = [round(rng.uniform(-3, 3), 1) for _ in people]
            for number, (page, _, _) in enumerate(people):
                page.pull(seq, values[number], scene=number)
        for number, (page, editor, recipe) in enumerate(people):
            last = page.frames_until(40)[-1]
            assert last.scene == number
            name = editor.directions[0].name
            assert last.body == drawn(editor, recipe, {name: values[number]})


# -- what cannot be drawn


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\x00", '{"format_version": 99}'])
def test_a_damaged_recipe_is_said_and_the_socket_stays(
    page: Page, recipe: Recipe, names: list[str], text: str
) -> None:
    page.set(text, names[:1], scene=4)
    said = page.error()
    assert said["scene"] == 4 and said["error"]
    page.pull(1, 1.0, scene=4)  # asked all the same: said once more, so that nobody waits
    assert page.error() == said
    page.set(recipe, [], scene=5)
    page.pull(2, scene=5)
    assert page.frame().seq == 2


def test_a_model_that_is_not_there(page: Page, recipe: Recipe, names: list[str]) -> None:
    text = recipe.to_text().replace(recipe.latent.model_id, "0" * 16)
    page.set(text, names)
    assert "not in the folder" in page.error()["error"]


def test_a_direction_that_the_model_has_not(page: Page, recipe: Recipe) -> None:
    page.set(recipe, ["cauliflower"])
    assert page.error()["error"] == "This model has no direction 'cauliflower'."


# -- what is refused


@pytest.mark.parametrize(
    "message",
    ["", "[" * 100_000, "x" * (MAX_CHARACTERS + 1), b"", b"\x00" * 12, b"\x00" * 500_000],
    ids=lambda message: f"{type(message).__name__} {len(message)}",
)
def test_nonsense(
    page: Page,
    recipe: Recipe,
    names: list[str],
    message: str | bytes,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """All kinds of it: see test_live_messages.py."""
    page.set(recipe, names[:2], scene=0)
    page.send(message)
    code, reason = page.refusal()
    assert code == 1008
    assert 0 < len(reason) < 80
    assert "Traceback" not in capfd.readouterr().err


def test_a_value_before_a_scene(page: Page) -> None:
    page.pull(1, 0.0)
    assert page.refusal() == (1008, "a value came before its scene")


def test_a_flood_of_scenes(page: Page, recipe: Recipe, names: list[str]) -> None:
    with suppress(ConnectionClosed):
        for scene in range(20 * SCENES[0]):
            page.set(recipe, names, scene=scene)
    assert page.refusal() == (1008, "too many scenes")


def test_too_many_sockets(server: Server, recipe: Recipe, names: list[str]) -> None:
    with ExitStack() as stack:
        pages = [stack.enter_context(server.page()) for _ in range(MOST_OF_ONE)]
        until(lambda: server.live.sockets == MOST_OF_ONE)
        with server.page() as one_more:
            assert one_more.refusal() == (1008, "too many connections")
        pages[0].set(recipe, names[:1])
        pages[0].pull(1, 0.0)
        assert pages[0].frame().seq == 1
    until(lambda: server.live.sockets == 0)


def test_too_many_in_all(store: Store) -> None:
    server = Server(store, most=2)
    with server.page(), server.page(), server.page() as third:
        assert third.refusal() == (1008, "too many connections")
    server.stop()


def test_nothing_said_for_long(store: Store) -> None:
    server = Server(store, idle=0.05)
    with server.page() as page:
        assert page.refusal() == (1001, "nothing was asked for a long time")
    until(lambda: server.live.sockets == 0)
    server.stop()


def test_a_page_that_goes_in_the_middle(
    server: Server,
    store: Store,
    recipe: Recipe,
    names: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Of a decode, or while it waits for one: nobody else notices."""
    editor = store.get(SLOW)
    large = Recipe.of(editor.sample(1)[0])
    for _ in range(10):
        with server.page() as page:
            page.set(large, ["raw 0"])
            page.pull(1, 1.0)
            page.frame()
            page.pull(2, 2.0)
    with asleep(server.live.drawers), server.page() as page:
        page.set(large, ["raw 0"])
        page.pull(1, 1.0)
        until(lambda: waiting(server.live.drawers) == 1)
        page.socket.socket.close()  # without a goodbye
    until(lambda: server.live.sockets == 0)
    with server.page() as page:
        page.set(recipe, names[:1])
        page.pull(1, 0.0)
        assert page.frame().seq == 1
    assert "Traceback" not in capfd.readouterr().err


# -- in the whole app


def test_the_program_has_it_beside_its_page(
    store: Store, editor: Editor, recipe: Recipe, names: list[str]
) -> None:
    from genimg.ui.server import build_app

    program = Serving(build_app(store.folder))
    with program.page(origin=f"http://{program.address}") as page:
        page.set(recipe, names[:1])
        page.pull(1, 2.5)
        assert page.frame().body == drawn(editor, recipe, {names[0]: 2.5})
    with pytest.raises(InvalidStatus) as refused, program.page(origin="http://else.example"):
        pass
    assert refused.value.response.status_code == 403
    program.stop()
