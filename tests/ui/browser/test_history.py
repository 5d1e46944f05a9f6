"""The steps of a person's work in a real browser: undone, branched, kept, found, and taken home."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from genimg.editor import Recipe, read_recipe

from ..conftest import DRAWER, FIRST, Site
from .test_page import Visit, opened, rgb, save

pytestmark = pytest.mark.browser


def test_undo_and_redo_by_button_and_key_and_a_branch(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    expect(page.locator("#undo")).to_be_disabled()
    expect(page.locator("#redo")).to_be_disabled()
    visitor.set_slider(0, 2)
    one = visitor.await_change("#edited", start)
    visitor.set_slider(0, 4)
    two = visitor.await_change("#edited", one)
    page.click("#undo")
    visitor.await_picture("#edited", one)
    expect(page.locator("#slider-0 input[type=range]")).to_have_value("2")
    page.keyboard.press("Control+z")
    visitor.await_picture("#edited", start)
    expect(page.locator("#undo")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    visitor.await_picture("#edited", one)
    page.keyboard.press("Control+y")
    visitor.await_picture("#edited", two)
    expect(page.locator("#redo")).to_be_disabled()
    page.click("#undo")
    visitor.await_picture("#edited", one)
    visitor.set_slider(1, -3)  # another way from here: the first one is not forgotten
    visitor.await_change("#edited", one)
    assert len(visitor.steps()) == 4
    page.click("#undo")
    visitor.await_picture("#edited", one)
    expect(page.locator("#history [data-id]")).to_have_count(4)
    page.locator("#history [data-id]").nth(2).dblclick()
    visitor.await_picture("#edited", two)


def test_undo_after_another_picture_brings_the_work_back(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    visitor.set_slider(0, 2)
    edited = visitor.await_change("#edited", start)
    page.click("#draw")
    drawn = visitor.await_change("#edited", edited)
    page.click("#undo")
    visitor.await_picture("#edited", edited)
    expect(page.locator("#active")).to_contain_text("+2.0")
    page.click("#redo")
    visitor.await_picture("#edited", drawn)
    page.locator("body").press("p")
    visitor.await_picture("#edited", start)


def test_a_reload_loses_nothing_and_nobody_else_sees_it(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    visitor.set_slider(0, 2)
    one = visitor.await_change("#edited", start)
    visitor.set_slider(1, 1)
    visitor.await_change("#edited", one)
    page.click("#undo")
    visitor.await_picture("#edited", one)
    labels = visitor.steps()
    visitor.await_kept()
    page.reload()
    visitor.await_picture("#edited", one)
    visitor.settle()
    assert visitor.steps() == labels
    expect(page.locator("#slider-0 input[type=range]")).to_have_value("2")
    expect(page.locator("#history [data-id]")).to_have_count(3)
    page.click("#redo")
    expect(page.locator("#slider-1 input[type=range]")).to_have_value("1")
    stranger = visit()
    assert stranger.steps() == labels[:1]


def test_steps_are_starred_found_and_taken_out(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    names = visitor.slots()
    for index in (0, 1):
        before = visitor.picture("#edited")
        visitor.set_slider(index, 2)
        visitor.await_change("#edited", before)
    shown = visitor.picture("#edited")
    history = page.locator("#history")
    history.locator("[data-id]").nth(1).click()
    history.get_by_role("button", name="Star", exact=False).last.click()
    assert page.evaluate("[...genimg.work.tree.nodes.values()].map((n) => n.star)") == [
        False, True, False,
    ]  # fmt: skip
    history.get_by_role("searchbox").fill(names[1])
    expect(history.locator("[data-id].dim")).to_have_count(2)
    expect(history.locator("[data-id]:not(.dim)")).to_have_attribute(
        "aria-label", re.compile(names[1])
    )
    history.get_by_role("searchbox").fill("")
    history.locator("[data-id]").nth(1).focus()
    history.get_by_role("button", name="Delete").click()
    assert visitor.steps() == ["example 1", f"{names[1]} +2.0"]
    assert visitor.picture("#edited") == shown  # what is open stays as it is
    history.get_by_role("button", name="Undo the deletion").click()
    assert len(visitor.steps()) == 3


def test_a_cross_has_two_parents(visit: Visit, site: Site) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    page.click("#draw")
    drawn = visitor.await_change("#edited", start)
    history = page.locator("#history")
    history.locator("[data-id]").first.click()
    history.get_by_role("button", name="Cross").click()
    child = visitor.await_change("#edited", drawn)
    nodes = page.evaluate("[...genimg.work.tree.nodes.values()]")
    assert nodes[2]["parents"] == [nodes[1]["id"], nodes[0]["id"]]
    a, b = (Recipe.from_text(nodes[i]["recipe"]).latent for i in (1, 0))
    assert opened(child).tobytes() == rgb(editor.decode(editor.mix(a, b))[0])


def test_a_mix_from_generate_has_its_parents_before_it(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open_tab("Generate")
    page.locator("#samples button").nth(1).click()
    page.click("#as-coarse")
    page.locator("#samples button").nth(3).click()
    page.click("#as-fine")
    expect(page.locator("#samples")).to_contain_text("mix")
    page.click("#to-edit")
    expect(page.locator("#edit-note")).to_contain_text("mix of seed")
    visitor.settle()
    nodes = page.evaluate("[...genimg.work.tree.nodes.values()]")
    parents = {node["id"]: node["label"] for node in nodes}
    assert [parents[i] for i in nodes[-1]["parents"]] == ["seed 2", "seed 4"]


def test_all_steps_are_taken_home(visit: Visit, site: Site, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    visitor.set_slider(0, 2)
    edited = visitor.await_change("#edited", start)
    with page.expect_download() as download:
        page.locator("#history").get_by_role("button", name="Download all").click()
    assert download.value.suggested_filename == "genimg-history.zip"
    editor = site.editor()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as files:
        listed = json.loads(files.read("history.json"))["steps"]
        assert [row["label"] for row in listed] == visitor.steps()
        assert listed[1]["parents"] == [listed[0]["id"]]
        last = editor.decode(editor.edited(read_recipe(files.read(listed[1]["file"]))))[0]
        assert opened(edited).tobytes() == rgb(last)


def test_a_link_opens_the_same_state(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = visitor.page
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    start = visitor.picture("#edited")
    page.locator("#slider-0 .lock").click()
    visitor.set_slider(1, 2.5)
    edited = visitor.await_change("#edited", start)
    page.click("#link")
    expect(page.locator("#link")).to_have_text("Link copied")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.startswith(f"{site.url}/#r=")
    friend = visit(address=address)
    friend.settle()
    assert friend.picture("#edited") == edited
    expect(friend.page.locator("#edit-note")).to_contain_text("Opened from a link")
    expect(friend.page.locator("#slider-1 input[type=range]")).to_have_value("2.5")
    expect(friend.page.locator("#slider-0 .lock")).to_have_attribute("aria-pressed", "true")
    assert "#r=" not in friend.page.url
    broken = visit(address=f"{site.url}/#r=AAAA")
    expect(broken.page.locator("#said")).to_contain_text("This link is damaged")
    broken.settle()
    assert broken.picture("#edited") == start


def test_a_saved_picture_brings_its_steps_and_its_model(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    visitor = visit()
    page = visitor.page
    visitor.choose_model(2)
    expect(page.locator("#only-draws")).to_contain_text("This model only draws")
    visitor.settle()
    start = visitor.picture("#edited")
    visitor.set_slider(0, 3)
    edited = visitor.await_change("#edited", start)
    page.click("#save-options")
    page.select_option("#save-kind", "webp")
    page.select_option("#save-scale", "4")
    path = save(visitor, tmp_path)
    assert path.suffix == ".webp"
    assert read_recipe(path).lineage[0].label == "seed 0"
    later = visit()
    assert later.page.evaluate("genimg.work.scene.model.name") == FIRST
    later.upload(path)
    expect(later.page.locator("#edit-note")).to_contain_text("now chosen")
    later.settle()
    assert later.page.evaluate("genimg.work.scene.model.name") == DRAWER
    assert later.picture("#edited") == edited
    later.page.click("#undo")
    later.await_picture("#edited", start)
