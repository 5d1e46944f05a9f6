"""The Edit tab in a real browser: sliders, crops, exchanges, and the file that is its own save."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from ..conftest import FIRST, Site
from .test_page import Visit, opened, rgb, save

pytestmark = pytest.mark.browser


def test_upload_slide_save_and_come_back(
    visit: Visit, site: Site, photo: Path, tmp_path: Path
) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    visitor.upload(photo)
    visitor.await_change("#edited", before)
    visitor.await_refined()
    plain = visitor.picture("#edited")
    seen = editor.fit(Image.open(photo))
    assert opened(visitor.picture("#original")).tobytes() == rgb(seen)
    first, second = visitor.slots()[:2]
    visitor.set_slider(0, 3)
    after_one = visitor.await_change("#edited", plain)
    visitor.set_slider(1, -2)
    edited = visitor.await_change("#edited", after_one)
    expect(page.locator("#active")).to_contain_text(f"{first} +3.0")
    expect(page.locator("#active")).to_contain_text(f"{second} −2.0")

    saved = save(visitor, tmp_path)
    assert saved.name == f"{FIRST}-{second.replace(' ', '-')}-2-0.png"
    recipe = editor.open_picture(saved)
    expected = editor.decode(editor.edited(recipe))[0]
    assert recipe.amounts == {first: 3.0, second: -2.0} and recipe.origin == "upload"
    assert [step.label for step in recipe.lineage][-1] == f"{first} +3.0"
    assert Image.open(saved).tobytes() == expected.tobytes()
    assert opened(edited).tobytes() == rgb(expected)
    match = editor.match(seen, editor.decode(recipe.latent)[0])
    expect(page.locator("#edit-note")).to_contain_text(f"{match.psnr:.1f} dB")

    later = visit()  # somebody else, another day
    later.upload(saved)
    expect(later.page.locator("#edit-note")).to_contain_text("with 2 edits")
    later.settle()
    assert later.picture("#edited") == edited
    expect(later.page.locator("#slider-0 input[type=range]")).to_have_value("3")
    expect(later.page.locator("#slider-1 input[type=range]")).to_have_value("-2")
    assert later.steps()[-3:] == ["upload" if len(recipe.lineage) == 2 else "refined",
                                  f"{first} +3.0", f"{second} -2.0"]  # fmt: skip
    later.page.keyboard.press("Control+z")  # the steps before are there, too
    expect(later.page.locator("#slider-1 input[type=range]")).to_have_value("0")
    later.settle()
    assert later.picture("#edited") == after_one


def test_the_last_value_of_a_fast_drag_lands(visit: Visit, site: Site) -> None:
    visitor = visit()
    before = visitor.picture("#edited")
    track = visitor.page.locator("#slider-2 input[type=range]")
    box = track.bounding_box()
    assert box is not None
    files = site.temporary_files()
    middle = box["y"] + box["height"] / 2
    visitor.page.mouse.move(box["x"] + box["width"] / 2, middle)
    visitor.page.mouse.down()
    for step in range(50):
        share = 0.5 + 0.45 * step / 49 * (-1 if step % 2 else 1)
        visitor.page.mouse.move(box["x"] + box["width"] * share, middle)
    visitor.page.mouse.move(box["x"] + box["width"] * 0.8, middle)
    visitor.page.mouse.up()
    value = float(track.input_value())
    assert 1 < value < 4
    name = visitor.slots()[2]
    expect(visitor.page.locator("#active")).to_have_text(f"{name} +{value:.1f}×")
    shown = visitor.await_change("#edited", before)
    assert visitor.steps()[1:] == [f"{name} {value:+.1f}"]  # one step, not fifty
    editor = site.editor()
    with visitor.page.expect_download() as download:
        visitor.page.click("#save")
    recipe = editor.open_picture(Path(download.value.path()))
    assert recipe.amounts == {name: value}
    expected = editor.decode(editor.move(recipe.latent, {name: value}))[0]
    assert opened(shown).tobytes() == rgb(expected)
    assert site.temporary_files() == files  # no frame was written to the disk


def test_groups_keep_what_is_set_and_resets_take_it_away(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    groups = page.locator("#group label").all_inner_texts()
    assert "Raw" in groups[-1] and len(groups) >= 2
    name = visitor.slots()[0]
    visitor.set_slider(0, 2)
    edited = visitor.await_change("#edited", plain)
    page.locator("#group label", has_text=groups[-1]).click()
    expect(page.locator("#slider-0 label").first).to_contain_text("dimension")
    expect(page.locator("#slider-0 input[type=range]")).to_have_value("0")
    assert visitor.picture("#edited") == edited
    page.locator("#group label", has_text=groups[0]).first.click()
    expect(page.locator("#slider-0 input[type=range]")).to_have_value("2")

    page.locator("#slider-0 .zero").click()  # the arrow of one slider
    expect(page.locator("#active")).to_contain_text("No edits yet")
    visitor.await_picture("#edited", plain)
    visitor.set_slider(0, 1)
    page.locator("#active button", has_text=name).click()  # the chip
    expect(page.locator("#slider-0 input[type=range]")).to_have_value("0")
    visitor.await_picture("#edited", plain)
    page.click("#nudge")
    visitor.await_change("#edited", plain)
    page.click("#reset-all")
    visitor.await_picture("#edited", plain)
    expect(page.locator("#active")).to_contain_text("No edits yet")


def test_an_exact_value_is_typed_and_widens_the_slider(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    name = visitor.slots()[0]
    number, track = (page.locator(f"#slider-0 input[type={kind}]") for kind in ("number", "range"))
    number.fill("6.25")
    number.press("Enter")
    visitor.await_change("#edited", plain)
    expect(page.locator("#active")).to_have_text(f"{name} +6.3×")
    expect(track).to_have_attribute("max", "7")
    assert page.evaluate("genimg.work.scene.amounts") == {name: 6.25}
    number.fill("1000")
    number.press("Enter")
    expect(number).to_have_value("100")
    page.locator("#slider-0 .zero").click()
    expect(track).to_have_attribute("max", "4")
    page.select_option("#reach", "16")
    expect(track).to_have_attribute("max", "16")


def test_small_pictures_show_where_a_slider_leads(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    film = page.locator("#slider-1 .film")
    expect(page.locator("#slider-1 .film.drawn")).to_be_visible()
    expect(film.locator("button")).to_have_count(7)
    old = film.locator("button").last.evaluate("(cell) => cell.style.backgroundImage")
    assert old.startswith('url("data:image/')
    film.locator("button").last.click()
    visitor.await_change("#edited", plain)
    expect(page.locator("#slider-1 input[type=range]")).to_have_value("4")
    expect(film.locator("button").last).to_have_class("here")
    page.wait_for_function(
        "(old) => document.querySelector('#slider-1 .film button').style.backgroundImage !== old",
        arg=old,
    )  # they are of this picture, so they follow it
    page.locator("#filmstrips").uncheck()
    expect(film).to_be_hidden()


def test_what_is_locked_is_kept_while_others_move(visit: Visit, site: Site, tmp_path: Path) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    first, second = visitor.slots()[:2]
    page.locator("#slider-0 .lock").click()
    expect(page.locator("#slider-0 input[type=range]")).to_be_disabled()
    expect(page.locator("#slider-0 .lock")).to_have_attribute("aria-pressed", "true")
    assert visitor.picture("#edited") == plain
    visitor.set_slider(1, 3)
    edited = visitor.await_change("#edited", plain)
    recipe = editor.open_picture(save(visitor, tmp_path))
    assert recipe.locks == (first,) and recipe.moves[0].keep == (first,)
    held = editor.decode(editor.edited(recipe))[0]
    assert opened(edited).tobytes() == rgb(held)
    free = editor.decode(editor.move(recipe.latent, {second: 3.0}))[0]
    assert rgb(free) != rgb(held)
    page.click("#keep-page")
    expect(page.locator("#pool .lock[aria-pressed=true]")).to_have_count(len(visitor.slots()))
    page.click("#keep-page")
    expect(page.locator("#pool .lock[aria-pressed=true]")).to_have_count(0)
    visitor.settle()
    assert visitor.picture("#edited") == edited  # letting go moves nothing


def test_compare_by_holding_by_a_line_and_by_difference(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    before = visitor.picture("#original")
    visitor.set_slider(0, 4)
    edited = visitor.await_change("#edited", plain)
    frame = page.locator("#edited .frame")

    def look() -> bytes:
        return frame.screenshot(animations="disabled")

    alone = look()
    page.hover("#compare")
    page.mouse.down()
    held = look()
    assert held != alone
    page.mouse.up()
    page.mouse.move(0, 0)
    assert look() == alone
    page.focus("#compare")
    page.keyboard.down("Space")
    expect(page.locator("#compare")).to_have_attribute("aria-pressed", "true")
    page.keyboard.up("Space")
    expect(page.locator("#compare")).to_have_attribute("aria-pressed", "false")
    page.locator("[data-compare=split]").click()
    expect(page.locator("[data-compare=split]")).to_have_attribute("aria-pressed", "true")
    split = look()
    page.locator("[data-compare=difference]").click()
    assert len({alone, held, split, look()}) == 4
    page.locator("[data-compare=difference]").click()
    page.locator("#edited .name").click()
    assert (visitor.picture("#edited"), visitor.picture("#original")) == (edited, before)


def test_exchange_save_and_come_back(visit: Visit, site: Site, tmp_path: Path) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    group = page.locator("#group label:has(input:checked)").inner_text()
    [factor] = [name for name in editor.factors if name.capitalize() == group]
    menu = page.locator("#exchange select")
    shown = menu.input_value()
    assert shown in editor.factors[factor]
    other = next(value for value in editor.factors[factor] if value != shown)

    menu.select_option(other)
    exchanged = visitor.await_change("#edited", plain)
    expect(page.locator("#active")).to_contain_text(f"{factor} {other}")
    name = visitor.slots()[0]
    visitor.set_slider(0, 1)
    edited = visitor.await_change("#edited", exchanged)

    recipe = editor.open_picture(save(visitor, tmp_path))
    assert editor.labels(recipe.latent)[factor] == shown
    assert (recipe.changes, recipe.amounts) == ({factor: other}, {name: 1.0})
    assert opened(edited).tobytes() == rgb(editor.decode(editor.edited(recipe))[0])
    assert opened(exchanged).tobytes() == (
        rgb(editor.decode(editor.change(recipe.latent, {factor: other}))[0])
    )

    later = visit()
    later.upload(next(tmp_path.glob("*.png")))
    expect(later.page.locator("#edit-note")).to_contain_text("with 2 edits")
    later.settle()
    assert later.picture("#edited") == edited
    expect(later.page.locator("#exchange select")).to_have_value(other)
    later.page.locator("#active button", has_text=other).click()  # the chip takes it back
    expect(later.page.locator("#exchange select")).to_have_value(shown)
    later.page.click("#reset-all")
    later.await_picture("#edited", plain)


def test_only_named_values_can_be_exchanged(visit: Visit) -> None:
    visitor = visit()
    expect(visitor.page.locator("#exchange")).to_be_visible()
    # The page begins with a photograph: how often the model names such a one rightly is said.
    name = visitor.page.locator("#exchange span")
    expect(name).to_contain_text("Of what this model knows, it is most like (right for")
    visitor.page.locator("#group label").last.click()  # raw dimensions
    expect(visitor.page.locator("#exchange")).to_be_hidden()


def test_a_step_counts_though_another_picture_comes_at_once(visit: Visit, site: Site) -> None:
    """What was pulled last becomes a step, whatever is clicked in the same moment."""
    visitor = visit()
    page = visitor.page
    name = visitor.slots()[0]
    visitor.set_slider(0, 3)
    page.locator("#group label").last.click()
    expect(page.locator("#active")).to_contain_text(f"{name} +3.0")
    page.locator("#group label").first.click()
    visitor.set_slider(0, 2)
    page.click("#reset-all")
    visitor.settle()
    expect(page.locator("#active")).to_contain_text("No edits yet")
    assert visitor.steps()[1:] == [f"{name} +3.0", f"{name} +2.0", "all reset"]
