"""crop.js: the frame on an uploaded picture, and that it means what fit_image means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from genimg.images import data_uri, fit_image

from .test_script_history import fresh_page

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
_MOUNT = """(options) => {
  window.told = [];
  window.crop = new genimg.Cropper(document.getElementById('crop'), {
    onChange: (values, done) => told.push({ ...values, done }), ...options,
  });
}"""


def picture(width: int, height: int) -> Image.Image:
    """Every pixel is another colour than its neighbours, so that a crop can be told from others."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(
        np.stack([x * 255 // width, y * 255 // height, (x * 7 + y * 13) % 256], -1).astype(np.uint8)
    )


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    with ExitStack() as stack:

        def enter(
            size: tuple[int, int] = (300, 200),
            page_width: int = 1280,
            mode: str = "",
            **options: Any,
        ) -> Page:
            body = '<div id="crop" style="max-width: 640px"></div><p style="height: 2000px"></p>'
            page = stack.enter_context(
                fresh_page(
                    browser,
                    "edit/crop.js",
                    "edit/crop-box.js",
                    body=body,
                    width=page_width,
                    mode=mode,
                    has_touch=True,
                )
            )
            page.evaluate(_MOUNT, {"src": data_uri(picture(*size)), **options})
            expect(square(page)).to_be_visible()
            return page

        yield enter


def square(page: Page) -> Locator:
    return page.get_by_role("button", name="Crop. Arrow keys move it, plus and minus resize it.")


def handle(page: Page, where: str) -> Locator:
    return page.get_by_role("button", name=f"Resize at the {where}")


def told(page: Page) -> list[dict[str, Any]]:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    found: list[dict[str, Any]] = page.evaluate("() => told.splice(0)")
    return found


def crop(page: Page) -> tuple[float, float, float, float]:
    """Left, top, width and height, in pixels of the picture."""
    box = page.evaluate("() => crop.crop")
    return box["left"], box["top"], box["width"], box["height"]


def scale(page: Page) -> float:
    return float(page.evaluate("() => crop.image.clientWidth / crop.image.naturalWidth"))


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, of: Locator, dx: float, dy: float) -> None:
    """By so many pixels of the picture."""
    x, y = middle(of)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx * scale(page), y + dy * scale(page), steps=6)
    page.mouse.up()


def test_a_crop_is_what_fit_image_takes(browser: Browser) -> None:
    rng = np.random.default_rng(3)
    with fresh_page(browser, "edit/crop-box.js") as page:
        for _ in range(120):
            width, height = (int(side) for side in rng.integers(3, 400, 2))
            shape = (3, int(rng.integers(4, 40)), int(rng.integers(4, 40)))
            focus = [float(value) for value in np.clip(rng.uniform(-0.2, 1.2, 2), 0, 1)]
            zoom = float(rng.choice([1.0, rng.uniform(1, 8)]))
            box = page.evaluate(
                "(options) => genimg.cropBox(options)",
                {"width": width, "height": height, "ratio": shape[2] / shape[1]}
                | {"focus": focus, "zoom": zoom},
            )
            image = picture(width, height)
            left, top = box["left"], box["top"]
            right, bottom = (
                min(left + box["width"], width), min(top + box["height"], height)
            )  # fmt: skip
            own = image.resize(
                shape[:0:-1], Image.Resampling.LANCZOS, box=(left, top, right, bottom)
            )
            expected = fit_image(image, shape, (focus[0], focus[1]), zoom)
            apart = np.abs(np.asarray(own, float) - np.asarray(expected, float))
            assert apart.max() <= 1, (width, height, shape, focus, zoom)


def test_what_is_shown_is_what_is_told(opened: Open) -> None:
    page = opened(focus=[0.1, 0.4], zoom=2)
    assert crop(page) == pytest.approx((0, 30, 100, 100))
    shown = page.evaluate("""() => {
      const [outer, inner] = [crop.image, crop.square].map((one) => one.getBoundingClientRect());
      return [inner.x - outer.x, inner.y - outer.y, inner.width, inner.height];
    }""")
    assert shown == pytest.approx([value * scale(page) for value in crop(page)], abs=0.5)
    assert told(page) == [], "nobody has done anything"
    drag(page, square(page), 30, 0)
    assert crop(page) == pytest.approx((30, 30, 100, 100), abs=1)
    last = told(page)[-1]
    assert last["focus"] == pytest.approx([80 / 300, 0.4], abs=0.01) and last["zoom"] == 2


def test_dragging_tells_once_a_frame_and_at_the_end(opened: Open) -> None:
    page = opened(zoom=2)
    x, y = middle(square(page))
    page.mouse.move(x, y)
    page.mouse.down()
    expect(page.locator(".gi-crop-view")).to_have_class("gi-crop-view ready dragging")
    for i in range(4):
        page.evaluate(
            """(y) => {
          const { left } = crop.square.getBoundingClientRect();
          for (let i = 0; i < 20; i++) { // twenty events before the next frame
            crop.view.dispatchEvent(new PointerEvent('pointermove', {
              pointerId: 1, clientX: left + 60 + i, clientY: y, bubbles: true }));
          }
        }""",
            y,
        )
        assert len(told(page)) <= 1, i
    news = page.evaluate(
        """([x, y]) => {
      for (const type of ['pointermove', 'pointerup']) { // both before the next frame
        const event = { pointerId: 1, clientX: x, clientY: y, bubbles: true };
        crop.view.dispatchEvent(new PointerEvent(type, event));
      }
      return told.splice(0);
    }""",
        [x + 5, y],
    )
    page.mouse.up()
    assert [one["done"] for one in news] == [True]
    assert told(page) == [], "and nothing after the end"
    expect(page.locator(".gi-crop-view")).to_have_class("gi-crop-view ready")


def test_the_frame_stays_inside_the_picture(opened: Open) -> None:
    page = opened(zoom=2)
    for dx, dy, corner in ((900, 0, (200, 50)), (0, 900, (200, 100)), (-900, -900, (0, 0))):
        drag(page, square(page), dx, dy)
        assert crop(page) == pytest.approx((*corner, 100, 100), abs=1e-6)
    for values in told(page):
        assert all(0 <= part <= 1 for part in values["focus"]) and 1 <= values["zoom"] <= 8


@pytest.mark.parametrize(
    "where, way, fixed",
    [
        ("top left", (-1, -1), (1, 1)), ("top right", (1, -1), (0, 1)),
        ("bottom left", (-1, 1), (1, 0)), ("bottom right", (1, 1), (0, 0)),
    ],
)  # fmt: skip
def test_a_corner_resizes_and_the_one_across_stays(
    opened: Open, where: str, way: tuple[int, int], fixed: tuple[int, int]
) -> None:
    page = opened(zoom=2)

    def across() -> list[float]:
        left, top, width, height = crop(page)
        return [left + fixed[0] * width, top + fixed[1] * height]

    before = across()
    for far in (20, -50, -900, 900):
        old = crop(page)[2]
        drag(page, handle(page, where), far * way[0], far * way[1])
        _, _, width, height = crop(page)
        assert across() == pytest.approx(before, abs=1e-6)
        assert width == pytest.approx(height) and 25 - 1e-9 <= width <= 200 + 1e-9
        if abs(far) < 100:
            assert width == pytest.approx(old + far, abs=1.5)
    assert width == pytest.approx(150), "as far as there is room across"
    handle(page, where).press("ArrowRight" if way[0] < 0 else "ArrowLeft")  # inwards
    assert across() == pytest.approx(before, abs=1e-6)
    assert crop(page)[2] == pytest.approx(150 / 1.05)


def test_a_frame_that_is_not_square_keeps_its_ratio(opened: Open) -> None:
    page = opened(ratio=0.5, zoom=2)
    assert crop(page)[2:] == pytest.approx((50, 100))
    drag(page, handle(page, "bottom right"), 10, 0)
    assert crop(page)[2:] == pytest.approx((60, 120), rel=0.05)
    drag(page, handle(page, "top left"), 0, 40)
    assert crop(page)[3] == pytest.approx(2 * crop(page)[2])


def test_the_keys_move_and_resize(opened: Open) -> None:
    page = opened(zoom=2)
    square(page).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert crop(page) == pytest.approx((102, 30, 100, 100))
    page.keyboard.press("+")
    assert crop(page)[2] == pytest.approx(105)
    page.keyboard.press("-")
    assert crop(page) == pytest.approx((102, 30, 100, 100))
    for _ in range(80):
        page.keyboard.press("-")
    assert crop(page)[2] == pytest.approx(25), "zoom 8"
    page.wait_for_function("() => told.at(-1).done")
    news = told(page)
    assert news[-1]["done"] and news[-1]["zoom"] == 8 and not news[0]["done"]
    assert page.evaluate("() => scrollY") == 0


def test_the_wheel_is_the_pages_until_somebody_works_here(opened: Open) -> None:
    page = opened(zoom=2)
    page.mouse.move(*middle(square(page)))
    page.mouse.wheel(0, 60)
    page.wait_for_function("() => scrollY === 60")
    page.mouse.wheel(0, -60)
    page.wait_for_function("() => scrollY === 0")
    assert told(page) == []
    page.mouse.click(*middle(square(page)))
    told(page)
    page.mouse.wheel(0, -100)  # up: larger
    page.wait_for_function("() => crop.crop.width > 101")
    page.mouse.wheel(0, 300)
    page.wait_for_function("() => crop.crop.width < 99")
    assert page.evaluate("() => scrollY") == 0


def test_two_fingers_hold_the_frame_between_them(opened: Open) -> None:
    page = opened(zoom=4)
    session = page.context.new_cdp_session(page)
    x, y = middle(square(page))

    def touch(kind: str, *far: float) -> None:
        points = [{"x": x + side, "y": y, "id": i} for i, side in enumerate(far)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", -20)
    touch("touchStart", -20, 20)
    for far in (25, 30, 40):
        touch("touchMove", -far, far)
    touch("touchEnd")
    assert crop(page)[2] == pytest.approx(100, rel=0.02), "twice as far apart, twice as large"
    assert told(page)[-1]["done"]
    assert page.evaluate("() => visualViewport.scale") == 1


def test_a_tap_beside_the_frame_brings_it_there(opened: Open) -> None:
    page = opened(zoom=4)
    box = page.locator(".gi-crop-view img").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    assert told(page)[-1]["focus"] == pytest.approx([0.2, 0.3], abs=0.01)
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 9, steps=3)
    page.mouse.up()
    assert told(page) == [], "a swipe is for the page"


def test_a_resized_frame_comes_back_to_where_it_was_wanted(opened: Open) -> None:
    page = opened(focus=[0.9, 0.5], zoom=4)
    before = crop(page)
    size = page.get_by_role("slider", name="Size")
    size.fill("1")
    assert crop(page) == pytest.approx((100, 0, 200, 200))
    size.fill(str(1 - np.log(4) / np.log(8)))
    assert crop(page) == pytest.approx(before, abs=1.5)


def test_reset_takes_the_largest_crop_in_the_middle(opened: Open) -> None:
    page = opened(focus=[0.2, 0.2], zoom=5)
    page.get_by_role("button", name="Reset the crop").click()
    assert told(page) == [{"focus": [0.5, 0.5], "zoom": 1, "done": True}]
    assert crop(page) == pytest.approx((50, 0, 200, 200))


def test_values_from_outside_are_shown_and_not_told(opened: Open) -> None:
    page = opened()
    page.evaluate("() => crop.set({ focus: [1, 1], zoom: 4 })")
    assert crop(page) == pytest.approx((250, 150, 50, 50)) and told(page) == []


def test_it_may_be_made_where_nothing_is_shown_yet(opened: Open) -> None:
    page = opened()
    page.evaluate(
        """(src) => {
      const folded = document.createElement('details');
      document.body.prepend(folded);
      folded.append(document.getElementById('crop'));
      crop.set({ src });
    }""",
        data_uri(picture(1400, 40)),
    )
    page.wait_for_function("() => crop.crop?.width === 40")
    page.evaluate("() => { document.querySelector('details').open = true; }")
    expect(square(page)).to_be_in_viewport()
    assert scale(page) == pytest.approx(104 / 40)


def test_what_cannot_be_shown_is_said_in_words(opened: Open) -> None:
    page = opened()
    page.evaluate("() => crop.set({ src: 'data:image/png;base64,AAAA' })")
    said = page.get_by_role("status").filter(has_text="This picture cannot be shown here")
    expect(said).to_be_visible()
    expect(square(page)).to_be_hidden()
    page.evaluate("() => crop.set({ src: null })")
    expect(page.get_by_text("There is no picture to crop.")).to_be_visible()
    page.evaluate("(src) => crop.set({ src })", data_uri(picture(20, 90)))
    expect(square(page)).to_be_visible()
    assert crop(page)[2:] == pytest.approx((20, 20))


@pytest.mark.parametrize("mode", ["", "dark"])
@pytest.mark.parametrize("size", [(300, 200), (90, 400), (8, 8), (1400, 40), (30, 1500)])
@pytest.mark.parametrize("page_width", [390, 1280])
def test_every_shape_of_picture_fits_and_can_be_held(
    opened: Open, size: tuple[int, int], page_width: int, mode: str
) -> None:
    page = opened(size=size, page_width=page_width, mode=mode, zoom=8, focus=[0.9, 0.9])
    assert page.evaluate("() => document.documentElement.scrollWidth") == page_width
    field = page.locator(".gi-crop-field").bounding_box()
    assert field and field["height"] <= 460
    x, y = middle(square(page))
    assert field["x"] < x < field["x"] + field["width"], "in view, also if that takes scrolling"
    assert field["y"] < y < field["y"] + field["height"]
    under = page.evaluate("([x, y]) => document.elementFromPoint(x, y).className", [x, y])
    assert under == "gi-square", "not all of it is taken by the corners"
    for where in ("top left", "bottom right"):
        box = handle(page, where).bounding_box()
        assert box and box["width"] >= 32 and box["height"] >= 32
    drag(page, square(page), -0.2 * size[0], -0.2 * size[1])
    x, y = middle(square(page))
    assert field["x"] < x < field["x"] + field["width"]
    assert field["y"] < y < field["y"] + field["height"]
