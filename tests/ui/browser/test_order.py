"""What overtakes what in a real browser: what is shown is what the next thing is done to."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from genimg.editor import Recipe

from ..conftest import REFUSED, Site, Visitor
from .test_page import Visit, opened, rgb
from .test_uploads import _HOLD, uploaded

pytestmark = pytest.mark.browser

_HOLD_ANSWERS = """() => {
  const session = genimg.work, answered = session.answered.bind(session), held = [];
  session.answered = (...given) => { held.push(given); };
  window.letGo = () => {
    session.answered = answered;
    for (const given of held.splice(0)) answered(...given);
  };
  window.held = held;
}"""
"""Answers to what is done on the page are kept back until `letGo`; opened pictures come through."""


def must_agree(visitor: Visitor, site: Site) -> None:
    """The step that is current is the picture on the canvas."""
    visitor.settle()
    recipe = visitor.page.evaluate("genimg.work.tree.here.recipe")
    read = Recipe.from_text(recipe)
    editor = next(e for e in map(site.editor, NAMES) if e.model_id == read.latent.model_id)
    wanted = editor.decode(editor.edited(read))[0]
    assert opened(visitor.picture("#edited")).tobytes() == rgb(wanted)
    assert visitor.page.evaluate("genimg.work.scene.recipe") == recipe


NAMES = ("a-tiny-cats", "b-untrained", "c-tiny-gan")


def test_of_fast_clicks_the_last_one_counts(visit: Visit, site: Site) -> None:
    visitor = visit()
    for number in (1, 2, 3):
        visitor.page.locator("#examples button").nth(number).click()
    visitor.page.wait_for_function("() => genimg.work.tree.here.label === 'example 4'")
    must_agree(visitor, site)
    visitor.await_frames()  # and nothing comes after it
    must_agree(visitor, site)


def test_an_undo_that_comes_after_another_picture_does_not_take_it_away(
    visit: Visit, site: Site
) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    visitor.set_slider(0, 2)
    visitor.await_change("#edited", start)
    page.evaluate(_HOLD_ANSWERS)
    page.click("#undo")
    page.wait_for_function("() => window.held.length === 1")
    visitor.choose_model(1)
    expect(page.locator("#edit-note")).to_contain_text("Drawn by the model")
    page.evaluate("window.letGo()")
    must_agree(visitor, site)
    expect(page.locator("#edit-note")).to_contain_text("Drawn by the model")


def test_a_step_that_is_answered_late_is_kept_where_it_belongs(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    name = visitor.slots()[0]
    page.evaluate(_HOLD_ANSWERS)
    page.click("#nudge")
    page.wait_for_function("() => window.held.length === 1")
    visitor.set_slider(0, 3)  # waits for its turn
    page.wait_for_function("() => genimg.work.queue.length === 1")
    visitor.choose_model(1)
    expect(page.locator("#edit-note")).to_contain_text("Drawn by the model")
    page.evaluate("window.letGo()")
    must_agree(visitor, site)
    expect(page.locator("#active")).to_contain_text("No edits yet")
    labels = visitor.steps()
    assert "nudged" in labels and any(label.startswith(name) for label in labels)
    starts = page.evaluate(
        "[...genimg.work.tree.nodes.values()].filter((n) => !n.parents.length).length"
    )
    assert starts == 2


def test_what_cannot_be_done_holds_nothing_up(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    visitor.forgive(f"{REFUSED}00")
    page.evaluate("genimg.work.act('crop', {path: '/nowhere/at/all.png', focus: [0, 0], zoom: 1})")
    page.evaluate("genimg.work.act('no such act')")
    page.click("#nudge")
    visitor.await_change("#edited", start)
    assert visitor.steps()[1:] == ["nudged"]
    must_agree(visitor, site)


def test_a_chip_takes_away_what_was_just_pulled(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    visitor.set_slider(0, 2)
    visitor.await_change("#edited", start)
    visitor.set_slider(0, 2.2)
    page.locator("#active button").click()
    visitor.await_picture("#edited", start)
    expect(page.locator("#active")).to_contain_text("No edits yet")
    must_agree(visitor, site)


def test_another_upload_while_one_is_refined_is_refined_too(
    visit: Visit, site: Site, photo: Path, tmp_path: Path
) -> None:
    editor = site.editor()
    other = tmp_path / "other.png"
    editor.decode(*editor.sample(1, seed=78))[0].save(other)
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    page.evaluate(_HOLD)
    visitor.upload(photo)
    visitor.await_change("#edited", before)
    visitor.upload(other)
    page.wait_for_function("() => genimg.work.tree.size >= 3")
    visitor.settle()
    page.evaluate("window.letGo()")
    visitor.await_refined()
    assert visitor.steps()[-1] == "refined"
    must_agree(visitor, site)
    seen = editor.fit(Image.open(other))
    assert opened(visitor.picture("#original")).tobytes() == rgb(seen)


def test_a_crop_while_refining_is_of_the_new_part(visit: Visit, site: Site, photo: Path) -> None:
    visitor = visit()
    page = visitor.page
    shown = uploaded(visitor, photo)
    told = page.evaluate("genimg.work.upload()")
    page.evaluate(_HOLD)
    crop = {"path": told["crop"]["path"], "focus": [0.0, 0.5], "zoom": 1.5}
    page.evaluate("(crop) => genimg.work.act('crop', crop)", crop)
    visitor.await_change("#edited", shown)
    expect(page.locator("#faithful")).to_be_hidden()  # its ends were those of the other part
    crop["focus"] = [1.0, 0.5]
    again = visitor.picture("#edited")
    page.evaluate("(crop) => genimg.work.act('crop', crop)", crop)
    visitor.await_change("#edited", again)
    page.evaluate("window.letGo()")
    visitor.await_refined()
    seen = site.editor().fit(Image.open(photo), (1.0, 0.5), 1.5)
    assert opened(visitor.picture("#original")).tobytes() == rgb(seen)
    assert visitor.steps()[-1] == "refined"
    must_agree(visitor, site)


def test_clearing_keeps_what_is_open_and_where_it_came_from(
    visit: Visit, site: Site, photo: Path
) -> None:
    visitor = visit()
    page = visitor.page
    shown = uploaded(visitor, photo)
    visitor.set_slider(0, 2)
    edited = visitor.await_change("#edited", shown)
    page.evaluate("genimg.work.saving.clear()")
    page.wait_for_function("() => genimg.work.tree.size === 1")
    visitor.set_slider(0, 3)
    visitor.await_change("#edited", edited)
    assert len(visitor.steps()) == 2
    expect(page.locator("#original .name")).to_have_text("Original")
    expect(page.locator("#edit-note")).to_contain_text("dB")
    must_agree(visitor, site)
