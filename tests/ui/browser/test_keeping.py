"""What is taken home without a file of genimg: into the clipboard, or without the recipe inside."""

from __future__ import annotations

import io
from base64 import b64decode
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from genimg.errors import RecipeError

from ..conftest import Site
from .test_page import Visit, opened, rgb, save

pytestmark = pytest.mark.browser

_COPIED = """async () => {
  const [item] = await navigator.clipboard.read();
  const bytes = new Uint8Array(await (await item.getType('image/png')).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""


def test_the_picture_is_copied_as_it_is_shown(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    plain = visitor.picture("#edited")
    visitor.set_slider(0, 3)
    page.click("#copy")  # what was pulled a moment ago counts
    expect(page.locator("#copy")).to_have_text("Picture copied")
    edited = visitor.picture("#edited")
    assert edited != plain
    copied = Image.open(io.BytesIO(b64decode(page.evaluate(_COPIED))))
    assert copied.format == "PNG" and copied.convert("RGB").tobytes() == rgb(opened(edited))
    expect(page.locator("#copy")).to_have_text("Copy picture")
    page.click("#save-options")
    page.select_option("#save-scale", "4")
    page.click("#copy")  # as large as it is saved
    expect(page.locator("#copy")).to_have_text("Picture copied")
    large = Image.open(io.BytesIO(b64decode(page.evaluate(_COPIED)))).convert("RGB")
    wanted = opened(edited).resize(large.size, Image.Resampling.NEAREST)
    assert large.size == (64, 64) and large.tobytes() == wanted.tobytes()


def test_where_the_browser_forbids_to_copy_it_is_said(visit: Visit) -> None:
    forbidden = "() => { navigator.clipboard.write = () => Promise.reject(new Error('no')); }"
    visitor = visit(script=forbidden)
    visitor.page.click("#copy")
    expect(visitor.page.locator("#said")).to_contain_text("“Copy image”")


def test_a_picture_is_saved_without_its_recipe_for_those_who_want_it(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    visitor = visit()
    page = visitor.page
    page.click("#save-options")
    expect(page.locator("#save-menu .hint:visible")).to_contain_text("its own recipe")
    page.get_by_label("Without the recipe inside").check()
    expect(page.locator("#save-menu .hint:visible")).to_contain_text("nothing else")
    expect(page.locator("#save")).to_have_text("Save bare PNG")
    path = save(visitor, tmp_path)
    picture = Image.open(path)
    picture.load()
    assert picture.info == {}
    assert picture.convert("RGB").tobytes() == rgb(opened(visitor.picture("#edited")))
    with pytest.raises(RecipeError):
        site.editor().open_picture(path)
    page.reload()  # nobody loses a recipe for having forgotten the choice
    expect(page.locator("#save")).to_have_text("Save PNG")
