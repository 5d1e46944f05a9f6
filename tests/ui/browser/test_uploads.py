"""Somebody's own pictures in a real browser: refined, cropped, softened, several at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from pillow_heif import register_heif_opener
from playwright.sync_api import Locator, expect

from genimg.editor import Recipe
from genimg.images import encode_png

from ..conftest import Site, Visitor
from .test_page import Visit, opened, rgb, save

pytestmark = pytest.mark.browser


_HOLD = """() => {
  const { uploads } = genimg.work;
  const progress = uploads.progress.bind(uploads);
  const held = [];
  uploads.progress = (...given) => { held.push(given); };
  window.letGo = (then = () => {}) => {
    uploads.progress = (...given) => { progress(...given); then(); };
    for (const given of held.splice(0)) uploads.progress(...given);
  };
}"""
"""A search that takes its time: what it says is kept back until `letGo`."""

_STOP_SOON = """() => new Promise((done) => window.letGo(() => {
  if (!genimg.work.uploads.run?.best?.better) return;
  done(document.querySelector('#refining').innerText);
  document.querySelector('#refine-stop').click();
}))"""
"""Somebody who stops as soon as anything has been gained."""


def decibels(note: Locator) -> float:
    found = re.search(r"([\d.]+) dB", note.inner_text())
    assert found is not None
    return float(found[1])


def uploaded(visitor: Visitor, path: Path) -> str:
    """Upload a picture, and wait until it is refined."""
    before = visitor.picture("#edited")
    visitor.upload(path)
    visitor.await_change("#edited", before)
    visitor.await_refined()
    return visitor.picture("#edited")


def test_an_upload_is_there_at_once_and_then_gets_closer(
    visit: Visit, site: Site, photo: Path
) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    shown = uploaded(visitor, photo)
    seen = editor.fit(Image.open(photo))
    first = editor.encode(seen)
    assert visitor.steps()[-2:] == ["upload", "refined"]
    nodes = page.evaluate("[...genimg.work.tree.nodes.values()]")
    assert Recipe.from_text(nodes[-2]["recipe"]).latent == first
    better = Recipe.from_text(nodes[-1]["recipe"]).latent
    assert opened(shown).tobytes() == rgb(editor.decode(better)[0])
    before, after = (editor.match(seen, editor.decode(z)[0]) for z in (first, better))
    assert after.psnr > before.psnr
    expect(page.locator("#edit-note b")).to_have_text(after.words.capitalize())
    assert decibels(page.locator("#edit-note")) == pytest.approx(after.psnr, abs=0.06)
    page.click("#undo")
    expect(page.locator("#edit-note")).to_contain_text(f"{before.psnr:.1f} dB")


def test_refining_can_be_stopped_and_what_was_found_is_kept(
    visit: Visit, site: Site, photo: Path
) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    page.evaluate(_HOLD)
    visitor.upload(photo)
    page.wait_for_function("() => genimg.work.uploads.run")
    words = page.evaluate(_STOP_SOON)
    assert "dB, was" in words
    expect(page.locator("#refining")).to_be_hidden()
    visitor.settle()
    assert visitor.steps()[-1] == "refined"
    assert visitor.picture("#edited") != before
    expect(page.locator("#faithful")).to_be_hidden()  # that end has not been looked for


def test_edits_that_are_made_meanwhile_stay(visit: Visit, photo: Path) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    page.evaluate(_HOLD)
    visitor.upload(photo)
    visitor.await_change("#edited", before)
    name = visitor.slots()[0]
    visitor.set_slider(0, 2)
    expect(page.locator("#active")).to_contain_text(f"{name} +2.0")
    visitor.settle()
    page.evaluate("window.letGo()")
    visitor.await_refined()
    expect(page.locator("#active")).to_contain_text(f"{name} +2.0")
    assert visitor.steps()[-1] == "refined" and f"{name} +2.0" in visitor.steps()


def test_faithful_or_easy_to_edit(visit: Visit, site: Site, photo: Path) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    faithful = uploaded(visitor, photo)
    closest = decibels(page.locator("#edit-note"))
    visitor.set_slider(0, 1)
    edited = visitor.await_change("#edited", faithful)
    page.locator("#faithful input").fill("0")
    editable = visitor.await_change("#edited", edited)
    told = page.evaluate("genimg.work.upload()")
    start = Recipe.from_text(told["editable"]).latent
    moved = editor.move(start, {visitor.slots()[0]: 1.0})
    assert opened(editable).tobytes() == rgb(editor.decode(moved)[0])  # the edits stay
    assert decibels(page.locator("#edit-note")) <= closest
    page.locator("#faithful input").fill("1")
    visitor.await_picture("#edited", edited)
    assert decibels(page.locator("#edit-note")) == closest


def test_the_square_chooses_what_the_model_sees(visit: Visit, site: Site, photo: Path) -> None:
    visitor = visit()
    page = visitor.page
    first = uploaded(visitor, photo)
    visitor.set_slider(0, 2)
    edited = visitor.await_change("#edited", first)
    page.locator("#crop summary").click()
    square = page.locator("#cropper .gi-square")
    square.scroll_into_view_if_needed()
    square.focus()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    visitor.await_change("#edited", edited)
    visitor.await_refined()
    crop = page.evaluate("genimg.work.upload().crop")
    assert crop["focus"][0] < 0.5
    seen = site.editor().fit(Image.open(photo), tuple(crop["focus"]), crop["zoom"])
    assert opened(visitor.picture("#original")).tobytes() == rgb(seen)
    expect(page.locator("#active")).to_contain_text("+2.0")  # the edits stay
    assert "cropped" in visitor.steps()


def test_several_at_once_are_a_strip_of_starts(
    visit: Visit, site: Site, photo: Path, tmp_path: Path
) -> None:
    editor = site.editor()
    paths = [photo]
    for seed in (5, 6):
        paths.append(tmp_path / f"{seed}.png")
        paths[-1].write_bytes(encode_png(editor.decode(*editor.sample(1, seed=seed))[0]))
    name = editor.directions[0].name
    (tmp_path / "saved.png").write_bytes(
        editor.save_picture(Recipe.of(editor.sample(1, seed=7)[0], {name: 1.0}))
    )
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnope")
    visitor = visit()
    page = visitor.page
    page.set_input_files(
        "#several-files", [*paths, str(tmp_path / "bad.png"), str(tmp_path / "saved.png")]
    )
    expect(page.locator("#edit-note")).to_contain_text("Restored from a saved picture")
    expect(page.locator("#said")).to_contain_text("'bad.png' is not a picture")
    visitor.settle()
    nodes = page.evaluate("[...genimg.work.tree.nodes.values()]")
    assert [node["parents"] for node in nodes] == [[]] * 5
    latents = [Recipe.from_text(node["recipe"]).latent for node in nodes[1:4]]
    assert latents == [editor.encode(editor.fit(Image.open(path))) for path in paths]
    strip = page.locator("#starts button")
    expect(strip).to_have_count(5)
    strip.nth(1).click()
    expect(strip.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#edit-note")).to_contain_text("dB")
    visitor.settle()
    assert "refined" not in visitor.steps()
    page.click("#refine")  # when somebody asks for it
    visitor.await_refined()
    assert visitor.steps()[-1] == "refined"
    expect(page.locator("#refine")).to_be_hidden()
    assert opened(visitor.picture("#original")).tobytes() == rgb(editor.fit(Image.open(photo)))


def test_a_picture_that_the_model_does_not_know_is_said(
    visit: Visit, tmp_path: Path, site: Site
) -> None:
    """The tiny model is calibrated as every model is when its training ends."""
    stripes = Image.effect_noise((64, 64), 200).convert("RGB")
    stripes.save(tmp_path / "noise.png")
    match = site.editor().match(
        site.editor().fit(stripes),
        site.editor().decode(site.editor().encode(site.editor().fit(stripes)))[0],
    )
    assert match.calibrated, "the checkpoint of the tests has no calibration"
    visitor = visit(offers=True)
    before = visitor.picture("#edited")
    visitor.upload(tmp_path / "noise.png")
    if not match.known:  # nothing is drawn before somebody wants it all the same
        anyway = visitor.page.get_by_role("button", name="Open it here all the same")
        expect(anyway).to_be_visible()
        assert visitor.picture("#edited") == before
        anyway.click()
    visitor.await_change("#edited", before)
    visitor.await_refined()
    expect(visitor.page.locator("#edit-note b")).to_have_text(match.words.capitalize())
    assert save(visitor, tmp_path).exists()


@pytest.mark.parametrize("format", ["TIFF", "HEIF"])
def test_what_the_browser_cannot_show_is_shown_all_the_same(
    visit: Visit, photo: Path, tmp_path: Path, format: str
) -> None:
    register_heif_opener()  # which lets Pillow write them, too
    path = tmp_path / f"photo.{format.lower()}"
    with Image.open(photo) as picture:
        picture.convert("RGB").resize((90, 60)).save(path, format)
    visitor = visit()
    page = visitor.page
    uploaded(visitor, path)
    sizes = "(place) => [...document.querySelectorAll(place)].map((image) => image.naturalWidth)"
    page.wait_for_function(f"({sizes})('#upload img').includes(90)")
    page.click("#crop summary")
    page.wait_for_selector("#cropper .ready")
    assert page.evaluate(sizes, "#cropper img") == [90]
    before = visitor.picture("#edited")
    page.focus("#cropper .gi-square")
    page.keyboard.press("Shift+ArrowLeft")
    visitor.await_change("#edited", before)
    assert "cropped" in visitor.steps()
