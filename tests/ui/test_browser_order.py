"""Actions that overtake each other, in a real browser: the last one decides, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from .conftest import Site, Visitor
from .test_browser import Visit, opened

pytestmark = pytest.mark.browser

_CROP_AT_ONCE = """() => {
  const fill = () => {
    const input = document.querySelector('#focus-x input[type=range]');
    if (!input) return false;
    input.value = '0';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    return true;
  };
  document.querySelector('#crop button').click();
  const watch = new MutationObserver(() => { if (fill()) watch.disconnect(); });
  if (!fill()) watch.observe(document.body, { childList: true, subtree: true });
}"""
"""Open the crop, and move a slider of it in the very moment in which it is there."""


class Held:
    """The next frame that follows a slider, kept back until it is let go."""

    def __init__(self, visitor: Visitor, answered: bool) -> None:
        """With `answered`, the server does its work at once, and the answer is kept back."""
        self.visitor, self.answered = visitor, answered
        self.release: Callable[[], None] | None = None
        visitor.page.route("**/run/predict", self._hold)

    def _hold(self, route: Route) -> None:
        if self.release is not None:
            route.continue_()
        elif self.answered:
            answer = route.fetch()
            self.release = lambda: route.fulfill(response=answer)
        else:
            self.release = route.continue_

    def let_go(self) -> None:
        """Returns when the page has dealt with the answer."""
        assert self.release is not None
        with self.visitor.page.expect_response("**/run/predict") as response:
            self.release()
        response.value.finished()
        self.visitor.await_frames()


def pull(visitor: Visitor, answered: bool) -> Held:
    held = Held(visitor, answered)
    with visitor.page.expect_request("**/run/predict"):
        visitor.set_slider(0, 2)
    while held.release is None:
        visitor.await_frames()
    return held


def test_a_crop_counts_from_the_first_moment(visit: Visit, site: Site, photo: Path) -> None:
    visitor = visit()
    before = visitor.picture("#edited")
    visitor.upload(photo)
    centre = visitor.await_change("#edited", before)
    expect(visitor.page.locator("#focus-x")).to_be_hidden()
    visitor.page.evaluate(_CROP_AT_ONCE)
    visitor.await_change("#edited", centre)
    seen = site.editor().fit(Image.open(photo), (0.0, 0.5), 1.0)
    assert opened(visitor.picture("#original")).tobytes() == seen.tobytes()


@pytest.mark.parametrize("answered", [False, True])
def test_a_late_frame_does_not_undo_a_reset(visit: Visit, answered: bool) -> None:
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    held = pull(visitor, answered)
    page.click("#reset-all")
    expect(page.locator("#slider-0 input[type=range]")).to_have_value("0")
    held.let_go()
    expect(page.locator("#active")).to_contain_text("No edits yet")
    assert visitor.picture("#edited") == plain
    visitor.set_slider(1, 1)  # what the server remembers is what is shown
    visitor.await_change("#edited", plain)
    expect(page.locator("#active button")).to_have_count(1)


@pytest.mark.parametrize("answered", [False, True])
def test_a_late_frame_does_not_bring_the_old_picture_back(visit: Visit, answered: bool) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    held = pull(visitor, answered)
    page.click("#draw")
    expect(page.locator("#edit-note")).to_contain_text("Drawn by the model")
    drawn = visitor.picture("#edited")
    assert drawn != before
    held.let_go()
    assert visitor.picture("#edited") == drawn
    expect(page.locator("#active")).to_contain_text("No edits yet")
    page.click("#reset-all")
    expect(page.locator("#active")).to_contain_text("No edits yet")
    assert visitor.picture("#edited") == drawn


def test_turning_the_page_takes_along_what_was_pulled_last(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    name = visitor.slots()[0]
    groups = page.locator("#group label")
    held = pull(visitor, answered=False)
    visitor.set_slider(0, 3)  # waits in the page for the frame before
    groups.last.click()
    expect(page.locator("#slider-0 label").first).to_contain_text("dimension")
    expect(page.locator("#active")).to_contain_text(f"{name} +3.0")
    edited = visitor.picture("#edited")
    held.let_go()
    expect(page.locator("#active")).to_have_text(f"{name} +3.0×")
    assert visitor.picture("#edited") == edited
    groups.first.click()
    expect(page.locator("#slider-0 input[type=range]")).to_have_value("3")
