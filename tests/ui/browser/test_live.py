"""The picture follows the finger, in a real browser: by the socket, without it, and for several."""

from __future__ import annotations

import os
import random

import pytest
from playwright.sync_api import expect

from genimg.editor import Recipe

from ..conftest import CANVAS, SECOND, Site, Visitor
from .test_page import Visit, opened, rgb

pytestmark = pytest.mark.browser

LONG = bool(os.environ.get("GENIMG_LONG"))

_COUNT = """() => {
  window.seen = [];
  document.addEventListener('genimg:frame', ({ detail }) => window.seen.push(detail));
}"""

_BLOCKED = """() => {
  window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.()); } };
}"""


_FOLLOWED = "() => window.seen.some(({ seq }) => seq !== null)"


def drag(
    visitor: Visitor, index: int, moves: int, rng: random.Random, held: str = "() => true"
) -> tuple[str, float]:
    """Pull a slider to and fro, and let it go somewhere: its direction, and where.

    It is held until that is so.
    """
    track = visitor.page.locator(f"#slider-{index} input[type=range]")
    box = track.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    visitor.page.mouse.move(box["x"] + box["width"] * rng.uniform(0.1, 0.9), middle)
    visitor.page.mouse.down()
    for _ in range(moves):
        visitor.page.mouse.move(box["x"] + box["width"] * rng.uniform(0.02, 0.98), middle)
    visitor.page.wait_for_function(held)
    visitor.page.mouse.up()
    return visitor.slots()[index], float(track.input_value())


def must_show(visitor: Visitor, site: Site, amounts: dict[str, float]) -> None:
    visitor.settle()
    scene = visitor.page.evaluate("genimg.work.scene")
    wanted = {name: amount for name, amount in amounts.items() if amount}
    assert scene["amounts"] == wanted
    editor = site.editor(scene["model"]["name"])
    recipe = Recipe.from_text(scene["recipe"])
    assert recipe.amounts == wanted
    exact = editor.decode(editor.edited(recipe))[0]
    assert opened(visitor.picture("#edited")).tobytes() == rgb(exact)


def test_the_canvas_follows_and_no_older_frame_comes_after_a_newer_one(
    visit: Visit, site: Site
) -> None:
    visitor = visit()
    page = visitor.page
    page.wait_for_function("document.body.dataset.live === 'live'")
    page.evaluate(_COUNT)
    rng = random.Random(1)
    amounts: dict[str, float] = {}
    for turn in range(12):
        name, value = drag(visitor, turn % 4, rng.randrange(1, 12), rng)
        amounts[name] = value
    must_show(visitor, site, amounts)
    frames = page.evaluate("window.seen")
    numbers = [frame["seq"] for frame in frames if frame["seq"] is not None]
    assert len(numbers) >= 12 and numbers == sorted(set(numbers))
    assert frames[-1]["totals"] == {name: value for name, value in amounts.items() if value}


def test_where_the_socket_is_blocked_the_picture_still_follows(visit: Visit, site: Site) -> None:
    visitor = visit(script=_BLOCKED)
    page = visitor.page
    page.wait_for_function("document.body.dataset.live === 'slow'")
    page.evaluate(_COUNT)
    rng = random.Random(2)
    amounts: dict[str, float] = {}
    for turn in range(5):
        name, value = drag(visitor, turn % 2, 6, rng, _FOLLOWED)
        amounts[name] = value
    must_show(visitor, site, amounts)


def test_a_lost_socket_is_opened_again(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    page.wait_for_function("document.body.dataset.live === 'live'")
    page.evaluate("genimg.work.live.socket.close()")
    page.wait_for_function("document.body.dataset.live === 'slow'")
    name, value = drag(visitor, 0, 5, random.Random(3))
    must_show(visitor, site, {name: value})
    page.wait_for_function("document.body.dataset.live === 'live'")
    other, further = drag(visitor, 1, 5, random.Random(4))
    must_show(visitor, site, {name: value, other: further})


def test_each_has_a_model_of_their_own(visit: Visit, site: Site) -> None:
    one, two = visit(), visit()
    before = two.picture("#edited")
    two.choose_model(1)
    two.await_change("#edited", before)
    rng = random.Random(5)
    for visitor in (one, two):
        visitor.page.wait_for_function("document.body.dataset.live === 'live'")
    name, value = drag(one, 0, 8, rng)
    must_show(one, site, {name: value})
    assert two.page.evaluate("genimg.work.scene.model.name") == SECOND
    expect(two.page.locator(CANVAS)).to_be_visible()
    two.page.click("#draw")
    two.settle()
    assert one.page.evaluate("genimg.work.scene.amounts") == {name: value}


@pytest.mark.timeout(3600 if LONG else 300)
def test_every_drag_ends_on_the_released_value(visit: Visit, site: Site) -> None:
    """Some here, a thousand with `make test-long`."""
    visitor = visit()
    rng = random.Random(6)
    amounts: dict[str, float] = {}
    for turn in range(1000 if LONG else 20):
        name, value = drag(visitor, rng.randrange(4), rng.randrange(1, 6), rng)
        amounts[name] = value
        if rng.random() < 0.3 or turn % 10 == 9:
            must_show(visitor, site, amounts)
    must_show(visitor, site, amounts)
