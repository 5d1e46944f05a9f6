"""The Train tab in a browser: all runs, and what is seen and done of one of them."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from genimg.models import build_model, save_model
from genimg.runs import FAILED, FINISHED, TRAINING, WAITING

from ..conftest import FIRST, REFUSED, UNREACHED, Site
from ..train.training_site import Place, until
from .test_comfort import complaints
from .test_page import Visit
from .training_pages import ROWS, add_sheet, emptied, go, make_run, of_run, part, workshop

pytestmark = pytest.mark.browser

PLACES = """['#train-run [data-part=now]', '#train-run .health', '#train-run .actions',
  '#train-run .line', '#train-run .curves', '#train-run [data-part=plan-box]'].map(
  (place) => document.querySelector(place).getBoundingClientRect().top + scrollY)"""


@pytest.fixture(scope="module")
def site(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from workshop(tiny_checkpoint, tmp_path_factory.mktemp("workshop"))


BEATS = """(count) => new Promise((done) => {
  const { get } = Object.getOwnPropertyDescriptor(Node.prototype, 'isConnected');
  Object.defineProperty(Node.prototype, 'isConnected', { get() {
    if (this instanceof Element && this.querySelector('#train-grid') && !(count -= 1)) done();
    return get.call(this);
  } });
})"""
"""Until the tab has asked itself so often whether to ask the server."""


@pytest.fixture(autouse=True)  # and so the pages are closed before their runs are taken away
def runs(site: Site) -> Iterator[Path]:
    yield from emptied(site)


def is_in_menu(page: Page, name: str) -> bool:
    page.locator("#model input").click()
    expect(page.locator("#model [role=option]").first).to_be_visible()
    found = page.locator("#model [role=option]", has_text=name).count() > 0
    page.locator("#model input").blur()  # it opens when it is entered
    return found


def test_the_timeline_is_scrubbed_by_keys_and_marks_the_curves(visit: Visit, runs: Path) -> None:
    make_run(runs, "Old shells")
    page = go(visit(), "Old shells")
    caption = page.locator("#train-run .caption")
    expect(caption).to_have_text("after 4,000 pictures, 4 minutes")
    expect(page.locator("#train-run .rows li").first).to_have_text(ROWS[0])
    slider = page.get_by_role("slider", name="Moment of the training")
    slider.focus()
    page.keyboard.press("Home")
    expect(caption).to_have_text("after 1,000 pictures, 60 seconds")
    picture = page.locator("#train-run .line img")
    expect(picture).to_have_attribute("src", re.compile("000001000"))  # once it is there
    shown = page.evaluate("document.querySelector('#train-run .line img').src")
    answer = page.request.get(shown)
    colour = Image.open(io.BytesIO(answer.body())).convert("RGB").getpixel((5, 5))
    assert colour == (40, 90, 90), "the sheet is another one than its words say"
    likeness = page.locator(".graph", has_text="Likeness")
    expect(likeness.locator(".now")).to_have_text("15")
    page.keyboard.press("End")
    expect(likeness.locator(".now")).to_have_text("18")
    of_run(page, "plan-box").locator("summary").click()
    expect(of_run(page, "plan")).to_contain_text("<b>few</b> pictures")
    of_run(page, "log-box").locator("summary").click()
    expect(of_run(page, "log")).to_contain_text("the last line")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_run_that_trains_is_followed_without_a_jump(visit: Visit, runs: Path, width: int) -> None:
    files = make_run(runs, "New shells", FINISHED)
    with files.locked():  # as the process that trains would hold it

        def tell(sheets: int) -> None:
            numbers = {"progress": 0.1 * sheets, "images": 1000 * sheets, "seconds": 60.0 * sheets}
            words = f"{1000 * sheets:,} pictures seen"
            files.tell(TRAINING, words, **numbers, seconds_left=300.0, speed=17.0)

        tell(4)
        visitor = visit(width, 844)
        page = go(visitor, "New shells")
        now, caption = of_run(page, "now"), page.locator("#train-run .caption")
        expect(now).to_contain_text("40 % · about 5 minutes left · 17 pictures a second")
        expect(page.locator("#train-runs li", has_text="New shells")).to_contain_text("40 %")
        expect(of_run(page, "open")).to_have_text("Open in Edit as it is now")
        for name, seen in {"stop": True, "resume": False, "delete": False}.items():
            assert of_run(page, name).is_visible() == seen, name
        places = page.evaluate(PLACES)
        add_sheet(files, 5)
        tell(5)
        expect(caption).to_have_text("after 5,000 pictures, 5 minutes")
        expect(now).to_contain_text("50 %")
        page.get_by_role("slider", name="Moment of the training").focus()
        page.keyboard.press("ArrowLeft")
        add_sheet(files, 6)
        tell(6)
        expect(now).to_contain_text("60 %")
        expect(caption).to_have_text("after 4,000 pictures, 4 minutes")
        assert page.evaluate(PLACES) == places
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        files.tell(FINISHED, "the model is ready", progress=1.0, images=6000, seconds=360.0)
    expect(of_run(page, "phase")).to_have_text("✓Finished")
    expect(of_run(page, "extend")).to_be_visible()


def test_a_model_appears_in_the_menu_of_an_open_page(visit: Visit, site: Site, runs: Path) -> None:
    files = make_run(runs, "New shells")
    made = site.folder / "new-shells.safetensors"
    with files.locked():
        files.tell(TRAINING, "4,000 pictures seen", progress=0.5, images=4000, seconds=240.0)
        page = go(visit(), "New shells")
        shutil.copy(site.folder / f"{FIRST}.safetensors", made)
        files.tell(FINISHED, "the model is ready", progress=1.0, images=4000, seconds=240.0)
    expect(of_run(page, "phase")).to_have_text("✓Finished")
    expect(page.locator("#said")).to_have_text("New shells is ready: it is in the menu of models.")
    until(lambda: is_in_menu(page, "new-shells"), bool)
    made.unlink()


def test_nothing_is_asked_while_nobody_looks(visit: Visit, runs: Path) -> None:
    files = make_run(runs, "Unseen")
    with files.locked():
        files.tell(TRAINING, "100 pictures seen", progress=0.1, images=100, seconds=6.0)
        visitor = visit()
        page = go(visitor, "Unseen")
        visitor.open_tab("Edit")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(BEATS, 6)  # a second and a half, and it would ask every second
        assert [url for url in asked if url.endswith("/genimg/training")] == []
        with page.expect_request("**/genimg/training"):
            visitor.open_tab("Train")


def test_each_state_says_what_can_be_done(visit: Visit, runs: Path) -> None:
    make_run(runs, "Full disk", FAILED, trouble="The disk is full. Free some space and go on.")
    make_run(runs, "Torn off", TRAINING)  # which no process holds
    queued = make_run(runs, "In the queue", sheets=0, progress=0.0, images=0)
    begun = make_run(runs, "Just begun", sheets=0)
    with queued.locked(), begun.locked():
        queued.tell(WAITING, "My cats goes first")
        begun.tell(TRAINING, "32 pictures seen", progress=0.01, images=32, seconds=0.2)
        page = go(visit(), "Full disk")
        expect(of_run(page, "trouble")).to_have_text("The disk is full. Free some space and go on.")
        expect(of_run(page, "resume")).to_be_visible()
        page.locator("#train-runs button", has_text="Torn off").click()
        expect(of_run(page, "phase")).to_have_text("!Was interrupted")
        expect(of_run(page, "trouble")).to_contain_text("go on where it was?")
        expect(of_run(page, "resume")).to_be_visible()
        page.locator("#train-runs button", has_text="In the queue").click()
        expect(of_run(page, "now")).to_have_text("My cats goes first")
        expect(of_run(page, "stop")).to_have_text("Take out of the queue")
        expect(of_run(page, "open")).to_be_hidden()
        page.locator("#train-runs button", has_text="Just begun").click()
        expect(of_run(page, "open")).to_have_text("Open in Edit in a minute")
        expect(of_run(page, "open")).to_be_disabled()
        expect(of_run(page, "now")).to_have_text("1 % · 32 pictures seen")


def test_delete_asks_first_and_says_what_is_lost(visit: Visit, runs: Path) -> None:
    files = make_run(runs, "To be lost")
    page = go(visit(), "To be lost")
    of_run(page, "delete").click()
    dialog = page.get_by_role("dialog", name="Delete “To be lost”?")
    expect(dialog).to_contain_text("4,000 pictures of learning")
    expect(dialog).to_contain_text("cannot be undone")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert files.path.is_dir()
    of_run(page, "delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#train-form")).to_be_visible()
    expect(page.locator("#train-runs li", has_text="To be lost")).to_have_count(0)
    assert not files.path.exists()


def test_delete_takes_the_model_along_if_asked_and_another_is_opened(
    visit: Visit, site: Site, runs: Path
) -> None:
    files = make_run(runs, "Short lived", FINISHED)
    made = site.folder / "short-lived.safetensors"
    save_model(made, build_model("vae", (3, 16, 16), latent_dim=8, seed=8), "vae", name=made.stem)
    shutil.copy(made, files.model)
    visitor = visit()
    visitor.forgive(REFUSED)  # it may ask for the run while that goes
    page = go(visitor, "Short lived")
    of_run(page, "open").click()
    expect(page.locator("#footer")).to_contain_text(made.name)
    opened = "(name) => genimg.work.scene.model.name === name"
    page.wait_for_function(opened, arg=made.stem)
    visitor.open_tab("Train")
    of_run(page, "delete").click()
    dialog = page.get_by_role("dialog", name="Delete “Short lived”?")
    expect(dialog).not_to_contain_text("stays in the menu")
    dialog.get_by_label("Delete its model, too").check()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#footer")).to_contain_text(f"{FIRST}.safetensors")
    expect(page.locator("#model input")).to_have_value(re.compile(f" {FIRST}$"))
    assert not made.exists()
    visitor.open_tab("Edit")
    page.wait_for_function(opened, arg=FIRST)
    expect(page.get_by_test_id("toast-body").filter(has_text="list of choices")).to_have_count(0)


def test_what_the_server_refuses_is_said_in_place(visit: Visit, runs: Path) -> None:
    files = make_run(runs, "Without command")
    files.command.unlink()
    visitor = visit()
    visitor.forgive(REFUSED)
    page = go(visitor, "Without command")
    of_run(page, "resume").click()
    expect(of_run(page, "acting")).to_contain_text("the same command continues it there")
    expect(of_run(page, "resume")).to_be_enabled()


def test_a_server_that_does_not_train_says_how_it_could(
    visit: Visit, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    place = Place(tmp_path, tiny_checkpoint, "0.0.0.0")
    told = place.get()  # what such a server answers
    place.training.close()
    visitor = visit()
    page = visitor.page
    page.route("**/genimg/training", lambda route: route.fulfill(json=told))
    visitor.open_tab("Train")
    expect(page.locator("#train-closed")).to_contain_text("--allow-training")
    expect(page.locator("#train-form")).to_be_hidden()
    expect(page.locator("#train-side")).to_be_hidden()


def test_a_server_that_is_gone_is_said_and_comes_back(visit: Visit, runs: Path) -> None:
    make_run(runs, "Steady")
    visitor = visit()
    visitor.forgive(UNREACHED)
    page = go(visitor, "Steady")
    page.context.set_offline(True)
    page.locator("#train-new").click()  # asks at once
    expect(page.locator("#train-trouble")).to_contain_text("genimg does not answer")
    page.context.set_offline(False)
    expect(page.locator("#train-trouble")).to_be_hidden()


# --------------------------------------------------------------------------------------- comfort


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_axe_finds_nothing_serious_in_training(
    visit: Visit, runs: Path, width: int, dark: bool
) -> None:
    make_run(runs, "Red", FAILED, trouble="It has collapsed: start again.")
    make_run(runs, "Green", FINISHED)
    visitor = visit(width, 844)
    page = visitor.page
    page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
    if dark:
        page.click("#mode")
    go(visitor)
    assert complaints(visitor) == []
    part(page, "data").select_option("mnist")
    page.get_by_text("More settings").click()
    expect(part(page, "start")).to_be_enabled()
    assert complaints(visitor) == []
    part(page, "others").click()
    for title in ("Red", "Green"):
        page.locator("#train-runs button", has_text=title).click()
        expect(page.locator("#train-run-title")).to_have_text(title)
        expect(page.locator(".graph:visible")).to_have_count(2)
        page.evaluate(
            "document.querySelectorAll('#train-run details').forEach((one) => { one.open = true; })"
        )
        assert complaints(visitor) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    of_run(page, "delete").click()
    assert complaints(visitor) == []
    page.keyboard.press("Escape")
