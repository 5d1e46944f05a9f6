"""The whole photograph in a real browser: offered for uploads, saved at its own size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from ..conftest import Site
from .own_app import app_with, enter, leave

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def photos(photo_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app with a model that keeps details."""
    with app_with({"a-photo": photo_path}, tmp_path_factory) as site:
        yield site


def test_an_upload_is_saved_whole(photos: Site, browser: Browser, tmp_path: Path) -> None:
    across = np.linspace(80, 180, 480, dtype=np.uint8)  # smooth, so that a JPEG keeps it
    levels = np.broadcast_to(across[None, :, None], (300, 480, 3)).copy()
    Image.fromarray(levels).save(tmp_path / "holiday.png")
    visitor = enter(photos, browser)
    page = visitor.page
    menu, whole = page.locator("#save-menu"), page.get_by_label("Whole photograph")
    page.locator("#save-options").click()
    expect(menu).to_be_visible()
    expect(whole).to_be_hidden()  # what the model has drawn is no photograph

    visitor.upload(tmp_path / "holiday.png")
    page.wait_for_function("() => genimg.work.upload().crop")
    visitor.settle()
    before = visitor.picture("#edited")
    visitor.set_slider(0, 3.0)
    visitor.await_change("#edited", before)
    visitor.settle()
    if menu.is_hidden():
        page.locator("#save-options").click()
    whole.check()
    expect(page.locator("#save")).to_have_text("Save whole")
    expect(page.locator("#save-scale")).to_be_disabled()
    expect(menu.get_by_text("a JPEG, without the recipe")).to_be_visible()
    page.screenshot(path=tmp_path / "menu.png")
    with page.expect_download() as download:
        page.locator("#save").click()
    assert download.value.suggested_filename.endswith(".jpg")
    download.value.save_as(tmp_path / "whole.jpg")
    saved = Image.open(tmp_path / "whole.jpg")
    assert (saved.format, saved.size) == ("JPEG", (480, 300))
    changed = np.abs(np.asarray(saved).astype(int) - levels).mean((0, 2))
    assert changed[240] > changed[:80].mean() + 0.3  # the crop, and not what lies beside it

    if menu.is_hidden():
        page.locator("#save-options").click()
    whole.uncheck()
    expect(page.locator("#save")).to_have_text("Save PNG")
    whole.check()
    page.locator("#draw").click()  # a picture of the model's own
    expect(page.locator("#save")).to_have_text("Save PNG")
    expect(page.locator("#save-scale")).to_be_enabled()
    leave(visitor)
