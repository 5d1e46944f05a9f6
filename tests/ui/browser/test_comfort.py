"""Is the page comfortable: for hands on a keyboard, for a screen reader, on a phone?"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ..conftest import Visitor
from .test_page import Visit

pytestmark = pytest.mark.browser

SERIOUS = ("serious", "critical")

# What Gradio draws itself, and no setting of it mends. Each with the reason.
GRADIOS_OWN: dict[str, str] = {}


def complaints(visitor: Visitor) -> list[str]:
    """What axe-core calls serious or critical: rule, and where."""
    found = Axe().run(visitor.page, options={"resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in found.response["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
        if violation["id"] not in GRADIOS_OWN
    ]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(visit: Visit, dark: bool, width: int) -> None:
    visitor = visit(width, 844)
    page = visitor.page
    page.add_style_tag(content="* { transition: none !important; }")  # colours on their way
    if dark:
        page.click("#mode")
    before = visitor.picture("#edited")
    visitor.set_slider(0, 2)
    visitor.await_change("#edited", before)
    page.locator("#slider-1 .lock").click()
    page.click("#save-options")
    visitor.settle()
    assert complaints(visitor) == []
    page.keyboard.press("Escape")
    for tab in ("Generate", "Interpolate"):
        visitor.open_tab(tab)
        place = {"Generate": "#samples img", "Interpolate": "#between img"}[tab]
        expect(page.locator(place).first).to_be_visible()
        expect(page.locator("#to-edit")).to_be_enabled()
        assert complaints(visitor) == []


def test_shortcuts_are_listed_and_work(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    page.locator("body").press("?")
    dialog = page.locator("#shortcuts")
    expect(dialog).to_be_visible()
    for word in ("undo", "redo", "save", "split view", "random", "next and previous"):
        expect(dialog).to_contain_text(word)
    page.keyboard.press("r")  # not while the list is open
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    visitor.settle()
    assert visitor.picture("#edited") == start
    page.keyboard.press("r")
    drawn = visitor.await_change("#edited", start)
    page.keyboard.press("n")
    visitor.await_picture("#edited", start)
    page.keyboard.press("p")
    visitor.await_picture("#edited", drawn)
    page.keyboard.press("v")
    expect(page.locator("[data-compare=split]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("v")
    page.keyboard.press("d")
    expect(page.locator("[data-compare=difference]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("d")
    page.keyboard.down("c")
    expect(page.locator("#compare")).to_have_attribute("aria-pressed", "true")
    page.keyboard.up("c")
    expect(page.locator("#compare")).to_have_attribute("aria-pressed", "false")
    with page.expect_download():
        page.keyboard.press("Control+s")


def test_letters_that_are_typed_are_no_shortcuts(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    page.locator("#history input[type=search]").press_sequentially("rnpc?")
    expect(page.locator("#shortcuts")).to_be_hidden()
    visitor.settle()
    assert visitor.picture("#edited") == start and len(visitor.steps()) == 1
    page.locator("#slider-0 input[type=number]").fill("2")
    page.keyboard.press("Control+z")  # the field's own undo
    visitor.settle()
    assert len(visitor.steps()) <= 2


def test_a_slider_is_moved_by_keys_and_said_by_name(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    name = visitor.slots()[0]
    slider = page.get_by_role("slider", name=name, exact=False).first
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    visitor.await_change("#edited", start)
    expect(page.locator("#active")).to_have_text(f"{name} +0.5×")
    assert visitor.steps()[1:] == [f"{name} +0.5"]  # five presses, one step


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_when_sliders_move(visit: Visit, width: int) -> None:
    visitor = visit(width, 844)
    page = visitor.page
    page.locator("#slider-0").scroll_into_view_if_needed()  # small pictures are of those in view
    expect(page.locator("#slider-0 .film.drawn")).to_be_visible()
    places = """['#slider-0', '#edit-note', '#edit-actions'].map(
      (place) => document.querySelector(place).getBoundingClientRect().top + scrollY)"""
    before = page.evaluate(places)
    shown = visitor.picture("#edited")
    visitor.set_slider(0, 2)
    visitor.await_change("#edited", shown)
    assert page.evaluate(places) == before
