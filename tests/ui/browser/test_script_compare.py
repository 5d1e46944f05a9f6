"""compare.js: the picture before over the edited one, measured on what the browser paints."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from .test_script_history import fresh_page

pytestmark = pytest.mark.browser

LEFT, TOP, SIDE = 40, 30, 320
_BODY = f"""<p id="above" style="margin: 0; height: {TOP}px"></p>
<div id="box" style="position: relative; margin-left: {LEFT}px; width: {SIDE}px; height: {SIDE}px">
  <canvas width="64" height="64" style="width: 100%; height: 100%; display: block"></canvas>
</div><p id="below">below</p>"""
# Now: 20, 120, 220. Before: 30, 20, 220, given as raw pixels.
_MOUNT = """() => {
  window.canvas = document.querySelector('#box canvas');
  window.pen = canvas.getContext('2d');
  pen.fillStyle = 'rgb(20, 120, 220)';
  pen.fillRect(0, 0, 64, 64);
  window.flat = (r, g, b, side = 64) => {
    const data = new ImageData(side, side);
    for (let i = 0; i < data.data.length; i += 4) data.data.set([r, g, b, 255], i);
    return data;
  };
  window.compare = new genimg.Compare(document.getElementById('box'));
}"""
NOW, BEFORE, BETWEEN = (20, 120, 220), (30, 20, 220), (30, 255, 0)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with fresh_page(browser, "edit/compare.js", body=_BODY, has_touch=True) as page:
        page.evaluate(_MOUNT)
        yield page


def seen(page: Page, at: tuple[float, float]) -> tuple[int, ...]:
    """The colour that is painted at a place in the picture, each coordinate from 0 to 1."""
    return tuple(int(value) for value in painted(page)[int(at[1] * SIDE), int(at[0] * SIDE)])


def painted(page: Page) -> npt.NDArray[np.uint8]:
    clip = {"x": LEFT, "y": TOP, "width": SIDE, "height": SIDE}
    image = Image.open(io.BytesIO(page.screenshot(clip=clip)))
    return np.asarray(image.convert("RGB"))


def show(page: Page, mode: str) -> None:
    page.evaluate(
        "(mode) => compare.setBefore(flat(30, 20, 220)).then(() => compare.setMode(mode))", mode
    )


def where(page: Page) -> float:
    return float(page.evaluate("() => compare.at"))


def test_nothing_is_laid_over_until_it_is_asked_for(page: Page) -> None:
    show(page, "off")
    assert np.all(painted(page) == NOW)
    page.evaluate(
        "() => { compare.setBefore(null); compare.setMode('split'); compare.hold(true); }"
    )
    assert np.all(painted(page) == NOW), "there is nothing to compare with"
    expect(page.locator("#box input")).to_be_disabled()


def test_split_shows_before_left_of_the_line_and_now_right_of_it(page: Page) -> None:
    show(page, "split")
    assert seen(page, (0.2, 0.2)) == BEFORE and seen(page, (0.8, 0.2)) == NOW
    page.evaluate("() => { compare.at = 75; }")
    assert seen(page, (0.7, 0.2)) == BEFORE and seen(page, (0.8, 0.2)) == NOW
    expect(page.locator(".gi-left")).to_have_text("before")
    expect(page.locator(".gi-right")).to_have_text("now")
    page.evaluate("() => { compare.at = 96; }")
    expect(page.locator(".gi-right")).to_have_css("opacity", "0")  # no room for it
    expect(page.locator(".gi-left")).to_have_css("opacity", "1")


def test_the_line_is_dragged_from_anywhere(page: Page) -> None:
    show(page, "split")
    page.mouse.move(LEFT + 0.2 * SIDE, TOP + 0.1 * SIDE)
    page.mouse.down()
    assert where(page) == 20
    page.mouse.move(LEFT + 0.9 * SIDE, TOP + 0.5 * SIDE, steps=5)
    assert where(page) == 90
    page.mouse.move(LEFT + 2 * SIDE, TOP)
    assert where(page) == 100
    page.mouse.up()
    page.mouse.move(LEFT, TOP)
    assert where(page) == 100, "let go"


def test_the_line_is_moved_with_the_keys(page: Page) -> None:
    show(page, "split")
    page.keyboard.press("Tab")
    divider = page.get_by_role("slider", name="Line between the picture before and now")
    expect(divider).to_be_focused()
    knob = page.locator(".gi-knob")
    expect(knob).to_have_css("outline-style", "solid")
    for key in ("ArrowLeft", "ArrowLeft", "End", "ArrowLeft"):
        page.keyboard.press(key)
    assert where(page) == 99
    expect(divider).to_have_attribute("aria-valuetext", "99 % before")
    page.evaluate("() => compare.setMode('difference')")
    expect(divider).to_be_disabled()


def test_a_finger_drags_the_line_but_scrolls_the_page_up_and_down(page: Page) -> None:
    page.evaluate("() => { document.getElementById('below').style.height = '3000px'; }")
    show(page, "split")
    session = page.context.new_cdp_session(page)

    def swipe(*points: tuple[float, float]) -> None:
        for i, (x, y) in enumerate(points):
            session.send(
                "Input.dispatchTouchEvent",
                {
                    "type": "touchMove" if i else "touchStart",
                    "touchPoints": [{"x": LEFT + x * SIDE, "y": TOP + y * SIDE}],
                },
            )
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe((0.5, 0.5), (0.4, 0.5), (0.25, 0.5))
    assert where(page) == 25 and page.evaluate("() => scrollY") == 0
    swipe((0.8, 0.9), (0.8, 0.7), (0.8, 0.5), (0.8, 0.3))
    page.wait_for_function("() => scrollY > 50")
    assert where(page) == 25, "the page was scrolled, the line stays"


def test_outside_of_split_the_picture_is_the_pages_own(page: Page) -> None:
    page.evaluate("() => { window.clicks = 0; canvas.onclick = () => { clicks += 1; }; }")
    for mode in ("off", "difference", "split"):
        show(page, mode)
        page.mouse.click(LEFT + 50, TOP + 50)
    assert page.evaluate("() => clicks") == 2


def test_the_difference_is_three_times_as_strong(page: Page) -> None:
    show(page, "difference")
    assert seen(page, (0.5, 0.5)) == BETWEEN
    page.evaluate("() => { pen.fillStyle = 'rgb(30, 20, 221)'; pen.fillRect(0, 0, 64, 32); }")
    assert seen(page, (0.5, 0.2)) == BETWEEN, "not yet told"
    page.evaluate("() => compare.redraw()")
    assert seen(page, (0.5, 0.2)) == (0, 0, 3) and seen(page, (0.5, 0.8)) == BETWEEN
    page.evaluate("() => compare.setBefore(flat(20, 120, 221))")
    assert seen(page, (0.5, 0.8)) == (0, 0, 3), "with another picture before"


def test_held_the_whole_picture_before_is_there(page: Page) -> None:
    for mode, after in (("off", NOW), ("split", NOW), ("difference", BETWEEN)):
        show(page, mode)
        page.evaluate("() => compare.hold(true)")
        assert seen(page, (0.9, 0.1)) == BEFORE
        page.evaluate("() => compare.hold(false)")
        assert seen(page, (0.9, 0.1)) == after


def test_a_new_frame_shows_at_once_beside_the_line(page: Page) -> None:
    show(page, "split")
    page.evaluate(
        "() => { pen.fillStyle = 'rgb(1, 2, 3)'; pen.fillRect(0, 0, 64, 64); compare.redraw(); }"
    )
    assert seen(page, (0.2, 0.2)) == BEFORE and seen(page, (0.8, 0.2)) == (1, 2, 3)


def test_the_last_picture_given_counts_however_long_it_loads(page: Page) -> None:
    waiting: list[Route] = []
    page.route("http://genimg.test/**", lambda route: waiting.append(route))
    page.evaluate("""() => {
      const slow = new Image();
      slow.src = 'http://genimg.test/slow.png';
      window.first = compare.setBefore(slow);
    }""")
    show(page, "off")
    page.evaluate("() => compare.hold(true)")
    blank = io.BytesIO()
    Image.new("RGB", (64, 64)).save(blank, "PNG")
    waiting[0].fulfill(body=blank.getvalue(), content_type="image/png")
    page.evaluate("() => first")
    assert seen(page, (0.5, 0.5)) == BEFORE


def test_a_picture_that_cannot_be_loaded_counts_as_none(page: Page) -> None:
    show(page, "split")
    page.evaluate("""() => {
      const broken = new Image();
      broken.src = 'data:image/png;base64,AAAA';
      return compare.setBefore(broken);
    }""")
    assert np.all(painted(page) == NOW)
    show(page, "split")
    assert seen(page, (0.2, 0.2)) == BEFORE


def test_a_picture_of_another_size_keeps_its_sharpness(page: Page) -> None:
    page.evaluate("""async () => {
      const big = new ImageData(640, 640);
      for (let i = 0; i < big.data.length; i += 4) {
        big.data.set((i / 4) % 2 ? [255, 255, 255, 255] : [0, 0, 0, 255], i); // lines of one pixel
      }
      await compare.setBefore(big);
      compare.hold(true);
    }""")
    assert page.evaluate("() => document.querySelector('.gi-compare canvas').width") == 640
    page.evaluate("() => { compare.setMode('difference'); compare.hold(false); }")
    assert page.evaluate("() => document.querySelector('.gi-compare canvas').width") == 64


@pytest.mark.parametrize("width, height", [(64, 32), (32, 64)])
def test_it_lies_exactly_on_a_picture_with_margins(page: Page, width: int, height: int) -> None:
    page.evaluate(
        """async ([width, height]) => {
          canvas.style.objectFit = 'contain';
          Object.assign(canvas, { width, height });
          await compare.setBefore(new ImageData(new Uint8ClampedArray(width * height * 4)
            .map((_, i) => (i % 4 === 0 || i % 4 === 3 ? 255 : 0)), width, height));
          compare.hold(true);
        }""",
        [width, height],
    )
    red = np.all(painted(page) == (255, 0, 0), axis=-1)
    rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
    flat = SIDE * np.array([height, width]) / max(width, height)
    assert abs(np.ptp(rows) + 1 - flat[0]) <= 1 and abs(np.ptp(columns) + 1 - flat[1]) <= 1
    assert abs(rows.mean() - SIDE / 2) <= 1 and abs(columns.mean() - SIDE / 2) <= 1


def test_nothing_around_it_moves_and_it_follows_the_canvas(page: Page) -> None:
    place = "() => JSON.stringify(document.getElementById('below').getBoundingClientRect())"
    before = page.evaluate(place)
    for mode in ("split", "difference", "off", "split"):
        show(page, mode)
        assert page.evaluate(place) == before
    page.evaluate("() => { document.getElementById('box').style.width = '200px'; }")
    page.wait_for_function("() => document.querySelector('.gi-compare').clientWidth === 200")
    page.evaluate("() => { canvas.hidden = true; compare.redraw(); }")
    expect(page.locator(".gi-compare")).to_be_hidden()


def test_an_unknown_mode_is_an_error_of_the_page(page: Page) -> None:
    assert (
        page.evaluate("""() => {
      try { compare.setMode('sideways'); } catch (error) { return error.name; }
    }""")
        == "RangeError"
    )
