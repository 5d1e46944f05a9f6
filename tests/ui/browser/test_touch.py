"""Fingers on sliders, in a real browser with a touch screen: what scrolls, and what pulls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ..conftest import Site, Visitor

pytestmark = pytest.mark.browser

_TOLD = """() => {
  window.told = [];
  for (const kind of ['input', 'change']) {
    document.addEventListener(kind, ({ target }) => {
      if (target.type === 'range') told.push(kind);
    });
  }
}"""

_SCROLLED = "([before, along]) => Math.sign(before - scrollY) === Math.sign(along)"


@pytest.fixture
def phone(site: Site, browser: Browser) -> Iterator[Visitor]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    visitor = Visitor(site, context, context.new_page()).open()
    visitor.page.evaluate(_TOLD)
    yield visitor
    context.close()
    assert visitor.complaints == []


def swipe(page: Page, place: str, across: float, along: float, at: float = 0.8) -> float:
    """A finger is laid on a slider, at a part of its length, and moved so many pixels: how far the
    page was scrolled before.
    """
    slider = page.locator(place)
    slider.evaluate("(slider) => slider.scrollIntoView({ block: 'center', behavior: 'instant' })")
    box = slider.bounding_box()
    assert box is not None
    x, y = box["x"] + at * box["width"], box["y"] + box["height"] / 2
    before = page.evaluate("scrollY")
    hand = page.context.new_cdp_session(page)
    for i in range(9):
        point = {"x": x + across * i / 8, "y": y + along * i / 8}
        kind = "touchMove" if i else "touchStart"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    hand.detach()
    return float(before)


def test_a_swipe_that_begins_on_a_slider_scrolls_and_moves_nothing(phone: Visitor) -> None:
    page = phone.page
    place = "#slider-3 input[type=range]"
    for across, along in ((0, -250), (40, 250), (-60, -250)):
        before = swipe(page, place, across, along)
        page.wait_for_function(_SCROLLED, arg=[before, along])
        expect(page.locator(place)).to_have_value("0")
    phone.settle()
    assert len(phone.steps()) == 1 and page.evaluate("told") == []
    page.locator(place).press("ArrowRight")  # and the slider still works
    expect(page.locator("#active")).to_contain_text("+0.1")

    phone.open_tab("Interpolate")  # the same for sliders that Gradio draws
    place = "#position input[type=range]"
    value = page.locator(place).input_value()
    page.evaluate("told.length = 0")
    before = swipe(page, place, 20, -250)
    page.wait_for_function(_SCROLLED, arg=[before, -250])
    assert page.locator(place).input_value() == value and page.evaluate("told") == []


def test_a_finger_across_pulls_a_slider_and_a_tap_sets_it(phone: Visitor) -> None:
    page = phone.page
    place = "#slider-3 input[type=range]"
    before = swipe(page, place, -100, 20)
    phone.settle()
    assert page.evaluate("scrollY") == before
    name = phone.slots()[3]
    pulled = page.evaluate("genimg.work.scene.amounts")[name]
    assert float(page.locator(place).input_value()) == pulled < 2.4
    assert page.evaluate("told").count("input") > 2 and page.evaluate("told.at(-1)") == "change"
    assert len(phone.steps()) == 2
    swipe(page, place, 0, 0, at=0.1)
    phone.settle()
    tapped = page.evaluate("genimg.work.scene.amounts")[name]
    assert float(page.locator(place).input_value()) == tapped < -2.5
    swipe(
        page, place, 12, 0, at=0.5
    )  # just so far that it is a pull: what it asked for is not lost
    phone.settle()
    assert abs(float(page.locator(place).input_value())) < 1
