"""A model of pictures that are no squares in a real browser: upload, crop, slider, save."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser

from genimg.models import Prior, round_weights, save_model
from genimg.models.autoencoder import AutoencoderConfig
from genimg.models.photo_vae import PhotoVAE, PhotoVAEConfig

from ..conftest import Site
from .own_app import app_with, enter, leave

pytestmark = pytest.mark.browser

HEIGHT, WIDTH = 32, 48


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app with one model, on a base, neither of which has learned anything."""
    path = tmp_path_factory.mktemp("wide") / "wide.safetensors"
    base = AutoencoderConfig((3, 32, 32), 4, (8, 16), (1, 1), (1, 1))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = PhotoVAE(PhotoVAEConfig((3, HEIGHT, WIDTH), 8, base, (8,), 1)).eval()
    model.prior = Prior.standard(8)
    round_weights(model, "vae")
    row = {"group": "measured", "factor": "", "std": 1.0, "reliability": 0.5}
    save_model(
        path,
        model,
        "vae",
        name="wide",
        extra={"directions": tuple({"name": name, **row} for name in ("brightness", "warmth"))},
        tensors={"directions.vectors": torch.eye(8)[:2]},
    )
    with app_with({"wide": path}, tmp_path_factory) as site:
        yield site


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_an_upload_is_cropped_to_the_shape_of_the_model(
    wide: Site, browser: Browser, tmp_path: Path, width: int, height: int
) -> None:
    rng = np.random.default_rng(0)
    noise = tmp_path / "noise.png"
    Image.fromarray(rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)).save(noise)
    visitor = enter(wide, browser, width, height)
    page = visitor.page
    drawn = visitor.picture("#edited")
    visitor.upload(noise)
    shown = visitor.await_change("#edited", drawn)
    sides = (
        "(place) => { const one = document.querySelector(place); return [one.width, one.height]; }"
    )
    assert page.evaluate(sides, "#edited .frame > canvas") == [WIDTH, HEIGHT]
    frame = page.locator("#edited .frame").bounding_box()
    assert frame is not None and frame["width"] / frame["height"] == pytest.approx(1.5, abs=0.03)

    page.click("#crop summary")
    page.wait_for_selector("#cropper .ready")
    box = page.locator("#cropper .gi-square").bounding_box()
    assert box is not None and box["width"] / box["height"] == pytest.approx(1.5, abs=0.03)
    page.focus("#cropper .gi-square")
    page.keyboard.press("ArrowUp")
    visitor.await_change("#edited", shown)
    visitor.settle()
    visitor.set_slider(0, 3.0)
    visitor.settle()
    with page.expect_download() as download:
        page.locator("#save").click()
    editor = wide.editor("wide")
    recipe = editor.open_picture(Path(download.value.path()))
    assert list(recipe.amounts.values()) == [3.0]
    [saved] = editor.decode(editor.edited(recipe))
    assert saved.size == (WIDTH, HEIGHT)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    leave(visitor)
