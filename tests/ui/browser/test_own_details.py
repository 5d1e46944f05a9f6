"""A photograph's own details in a real browser: faded live, taken back, saved and restored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from ..conftest import CANVAS, FIRST, Site
from .own_app import app_with, enter, leave

pytestmark = pytest.mark.browser

PHOTO = "b-photo"


@pytest.fixture(scope="module")
def photos(
    photo_path: Path, tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """An app with a plain model and one that keeps details."""
    models = {FIRST: tiny_checkpoint, PHOTO: photo_path}
    with app_with(models, tmp_path_factory) as site:
        yield site


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "noise.png"
    Image.fromarray(rng.integers(0, 256, (48, 48, 3), dtype=np.uint8)).save(path)
    return path


def pull(page: Page, share: float) -> None:
    """As a finger does that has not left the slider yet."""
    page.locator("#own-details input").evaluate(
        """(one, share) => {
          one.value = share;
          one.dispatchEvent(new Event('input', { bubbles: true }));
        }""",
        share,
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_details_fade_live_and_come_back(
    photos: Site, browser: Browser, noise: Path, tmp_path: Path, width: int, height: int
) -> None:
    visitor = enter(photos, browser, width, height)
    page, slider = visitor.page, visitor.page.locator("#own-details")
    expect(slider).to_be_hidden()
    visitor.choose_model(1)
    page.wait_for_function(f"() => genimg.work.scene.model.name === '{PHOTO}'")
    visitor.settle()
    expect(slider).to_be_hidden()  # what the model has drawn has no details of its own

    visitor.upload(noise)
    expect(slider).to_be_visible()
    visitor.settle()
    expect(slider.locator("output")).to_have_text("100 %")
    expect(page.locator("#edit-note")).to_contain_text("dB kept")
    for hidden in ("#refine", "#refining", "#faithful"):
        expect(page.locator(hidden)).to_be_hidden()
    photograph = visitor.picture("#edited")

    pull(page, 0.4)
    page.wait_for_function(f"(old) => genimg.work.live.shown && {_shown} !== old", arg=photograph)
    live = visitor.picture("#edited")
    expect(slider.locator("output")).to_have_text("40 %")
    slider.locator("input").dispatch_event("change")
    page.wait_for_function("() => genimg.work.scene.details === 0.4")
    visitor.settle()
    assert visitor.picture("#edited") == live  # what was seen is what is kept
    assert visitor.steps()[-1] == "own details 40 %"
    chip = page.locator("#active button")
    expect(chip).to_have_text("Own details 40 %×")

    visitor.set_slider(0, 2.0)
    both = visitor.await_change("#edited", live)
    page.locator("#undo").click()
    visitor.await_picture("#edited", live)
    page.locator("#undo").click()
    visitor.await_picture("#edited", photograph)
    expect(slider.locator("output")).to_have_text("100 %")
    for _ in range(2):
        page.locator("#redo").click()
        visitor.settle()
    visitor.await_picture("#edited", both)
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(tmp_path / "saved.png")

    chip.filter(has_text="Own details").click()
    visitor.await_change("#edited", both)
    expect(slider.locator("output")).to_have_text("100 %")
    visitor.upload(tmp_path / "saved.png")
    visitor.await_picture("#edited", both)
    visitor.settle()
    expect(slider.locator("output")).to_have_text("40 %")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    visitor.choose_model(0)
    page.wait_for_function(f"() => genimg.work.scene.model.name === '{FIRST}'")
    expect(slider).to_be_hidden()
    leave(visitor)


_shown = f"document.querySelector('{CANVAS.split(' >>')[0]}').toDataURL()"


def test_keys_fade_it_and_one_step_is_kept(photos: Site, browser: Browser, noise: Path) -> None:
    visitor = enter(photos, browser)
    page = visitor.page
    visitor.choose_model(1)
    page.wait_for_function(f"() => genimg.work.scene.model.name === '{PHOTO}'")
    visitor.upload(noise)
    expect(page.locator("#own-details")).to_be_visible()
    visitor.settle()
    page.locator("#own-details input").focus()
    before = len(visitor.steps())
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => genimg.work.scene.details === 0.95")
    visitor.settle()
    assert len(visitor.steps()) == before + 1
    assert page.locator("#own-details input").get_attribute("aria-valuetext") == "95 %"
    leave(visitor)
