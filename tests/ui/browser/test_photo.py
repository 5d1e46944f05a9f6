"""Any photograph in a real browser: offered, opened, edited, saved and restored, at any shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from genimg.metrics import Calibration
from genimg.models import build_model, save_model

from ..conftest import Site
from .own_app import app_with, enter, leave

pytestmark = pytest.mark.browser

KIND, BASE = "a-kind", "b-base"


@pytest.fixture(scope="module")
def photos(base_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app with a VAE that is calibrated and a base, which has learned nothing."""
    kind = tmp_path_factory.mktemp("photos") / "kind.safetensors"
    known = Calibration.of("test", 0, [0.0, 0.5], [30.0, 40.0], [1.0, 2.0])
    vae = build_model("vae", (3, 16, 16), seed=1)
    extra = {"data": {"name": "k", "title": "Kinds"}, "metrics": {"match": known.to_metrics()}}
    save_model(kind, vae, "vae", name=KIND, extra=extra)
    with app_with({KIND: kind, BASE: base_path}, tmp_path_factory) as site:
        yield site


_WATCH = """() => {
  window.seen = [];
  const canvas = document.querySelector('#edited .frame > canvas');
  document.addEventListener('genimg:frame', () => window.seen.push(canvas.toDataURL()));
}"""
"""From now on, every frame is kept as it is shown."""


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A photograph that is wider than high, and of no model's kind."""
    rng = np.random.default_rng(0)
    path = tmp_path / "noise.png"
    Image.fromarray(rng.integers(0, 256, (45, 90, 3), dtype=np.uint8)).save(path)
    return path


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_a_photograph_is_offered_a_model_edited_saved_and_restored(
    photos: Site, browser: Browser, noise: Path, tmp_path: Path, width: int, height: int
) -> None:
    visitor = enter(photos, browser, width, height)
    page = visitor.page
    before = visitor.picture("#edited")
    visitor.upload(noise)
    offer = page.locator("#strangers")
    expect(offer).to_contain_text("another kind than “Kinds”")
    assert visitor.picture("#edited") == before  # no noise is drawn
    offer.get_by_role("button", name="Open in Any photograph").click()
    page.wait_for_selector("body[data-kind=none]")
    visitor.settle()
    expect(offer).to_have_count(0)
    assert page.evaluate("genimg.work.scene.model.shape") == [45, 90]
    box = page.locator("#edited .frame").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(2.0, rel=0.05)
    for name in (".lock", "#keep-page", "#refine", "#draw"):
        expect(page.locator(name).first).to_be_hidden()
    plain = visitor.picture("#edited")

    visitor.set_slider(0, 2.0)
    edited = visitor.await_change("#edited", plain)
    with page.expect_download() as download:
        page.locator("#save").click()
    saved = tmp_path / "saved.png"
    download.value.save_as(saved)
    assert Image.open(saved).size == (90, 45)

    page.locator("#undo").click()
    visitor.await_picture("#edited", plain)
    page.locator("#redo").click()
    visitor.await_picture("#edited", edited)
    page.locator("#reset-all").click()
    visitor.await_picture("#edited", plain)
    visitor.upload(saved)
    visitor.await_picture("#edited", edited)  # the very same pixels
    visitor.settle()
    assert page.evaluate("genimg.work.scene.model.shape") == [45, 90]

    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    visitor.open_tab("Generate")
    expect(page.locator("#generate-note")).to_contain_text("has no kind of picture of its own")
    expect(page.locator("#draw-grid")).to_be_hidden()
    leave(visitor)


def test_it_moves_as_a_small_copy_and_rests_as_the_whole_picture(
    photos: Site, browser: Browser, noise: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genimg.ui.edit.live.FRAME_SECONDS", 0.0)  # to which every model is slow
    visitor = enter(photos, browser, 1280, 900)
    page = visitor.page
    visitor.upload(noise)
    page.get_by_role("button", name="Open in Any photograph").click()
    page.wait_for_selector("body[data-kind=none]")
    visitor.settle()
    plain = visitor.picture("#edited")
    page.evaluate(_WATCH)
    slider = page.locator("#slider-0 input[type=range]")
    slider.evaluate(
        "(one) => { one.value = 2; one.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    page.wait_for_function("() => window.seen.length === 2")
    small, whole = page.evaluate("window.seen")
    assert small != plain and small != whole
    assert visitor.picture("#edited") == whole
    slider.evaluate("(one) => one.dispatchEvent(new Event('change', { bubbles: true }))")
    visitor.settle()
    assert visitor.steps()[-1].endswith("+2.0")
    assert visitor.picture("#edited") == whole, "what is kept is what was shown at rest"
    size = page.evaluate("(({ width, height }) => [width, height])"
                         "(document.querySelector('#edited .frame > canvas'))")  # fmt: skip
    assert size == [90, 45]
    leave(visitor)


def test_it_can_be_opened_here_all_the_same(photos: Site, browser: Browser, noise: Path) -> None:
    visitor = enter(photos, browser, 1280, 900)
    page = visitor.page
    before = visitor.picture("#edited")
    visitor.upload(noise)
    page.locator("#strangers").get_by_role("button", name="Leave it").click()
    expect(page.locator("#strangers")).to_have_count(0)
    assert visitor.picture("#edited") == before
    visitor.upload(noise)
    page.get_by_role("button", name="Open it here all the same").click()
    visitor.await_change("#edited", before)
    expect(page.locator(".match b")).to_have_attribute("data-level", "outside")
    assert page.evaluate("document.body.dataset.kind") == "one"
    leave(visitor)
