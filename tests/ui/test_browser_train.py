"""The Train tab in a browser: from somebody's pictures to a model in Edit, and all runs."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from genimg.images import encode_png
from genimg.runs import FAILED, FINISHED, STOPPED, TRAINING, WAITING, RunFiles
from genimg.ui import training_uploads

from .conftest import FIRST, Site, Visitor, served
from .test_browser import Visit
from .test_browser_comfort import complaints
from .training_site import Place, archive, picture, until

pytestmark = pytest.mark.browser

PLACES = """['#train-run [data-part=now]', '#train-run .health', '#train-run .actions',
  '#train-run .line', '#train-run .curves', '#train-run [data-part=plan-box]'].map(
  (place) => document.querySelector(place).getBoundingClientRect().top + scrollY)"""
ROWS = ["pictures that it never learns from", "the same, made again"]
NO_REQUEST = "Failed to load resource"
"""What the browser itself notes about an answer that is a refusal."""


@pytest.fixture(scope="module")
def site(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app with one model, and folders of its own for runs and uploads."""
    place = tmp_path_factory.mktemp("workshop")
    folder = place / "checkpoints"
    folder.mkdir()
    shutil.copy(tiny_checkpoint, folder / f"{FIRST}.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENIMG_CACHE", str(place / "cache"))
        patch.setenv("GRADIO_TEMP_DIR", str(place / "temporary"))
        with served(folder, place / "temporary", place / "runs") as site:
            yield site
            for path in runs_of(site).glob("*"):
                RunFiles(path).request_stop()
            until(
                lambda: [x for x in runs_of(site).glob("*") if RunFiles(x).alive], lambda x: not x
            )


@pytest.fixture
def runs(site: Site) -> Iterator[Path]:
    """The folder of the runs; what a test puts there is gone after it."""
    folder = runs_of(site)
    folder.mkdir(exist_ok=True)
    before = set(folder.glob("*"))
    yield folder
    for path in set(folder.glob("*")) - before:
        shutil.rmtree(path)


def runs_of(site: Site) -> Path:
    return site.folder.parent / "runs"


def make_run(
    runs: Path, title: str, phase: str = STOPPED, sheets: int = 4, **told: Any
) -> RunFiles:
    """A run as its process would have left it."""
    files = RunFiles(runs / title.lower().replace(" ", "-"))
    files.samples.mkdir(parents=True)
    about = {"title": title, "family": "vae", "data": "own pictures"}
    command = {"arguments": ["vae", "--data=cats"], "about": about, "created": time.time() - 400}
    files.command.write_text(json.dumps(command))
    why = "<b>few</b> pictures"  # a text, not a piece of the page
    files.describe(
        {"name": files.path.name, "family": "vae", "title": title, "options": {"minutes": 5},
         "plan": [{"what": "model", "value": "VAE", "why": why}],
         "sheet": {"columns": 4, "rows": ROWS}}
    )  # fmt: skip
    files.log_file.write_text("the first line\nthe last line\n")
    for number in range(1, sheets + 1):
        add_sheet(files, number)
    usual = {"progress": 0.5, "images": 1000 * sheets, "seconds": 60.0 * sheets}
    files.tell(phase, "at rest", **{**usual, **told})
    return files


def add_sheet(files: RunFiles, number: int) -> None:
    """What a run has learned after so many minutes, at a thousand pictures a minute."""
    sheet = Image.new("RGB", (80, 40), (40 * number, 90, 90))
    (files.samples / f"{1000 * number:09d}.png").write_bytes(encode_png(sheet))
    files.log(
        {"step": number, "images": 1000 * number, "seconds": 60 * number, "speed": 17.0,
         "loss": 2 / number, "held_out_loss": 3 / number, "held_out_psnr": 14.0 + number}
    )  # fmt: skip


def go(visitor: Visitor, title: str = "") -> Page:
    """Open the tab, and the run with this title."""
    page = visitor.page
    visitor.open_tab("Train")
    expect(page.locator("#train-form, #train-run").locator("visible=true")).to_be_visible()
    if title:
        page.locator("#train-runs button", has_text=title).click()
        expect(page.locator("#train-run-title")).to_have_text(title)
        expect(page.locator("#train-run .line")).to_be_visible()
    return page


def part(page: Page, name: str) -> Any:
    return page.locator(f"#train-form [data-part={name}]")


def of_run(page: Page, name: str) -> Any:
    return page.locator(f"#train-run [data-part={name}]")


def forgive(visitor: Visitor) -> None:
    """Requests that were meant to be refused are no complaint."""
    visitor.complaints[:] = [words for words in visitor.complaints if NO_REQUEST not in words]


def messy_folder(folder: Path) -> Path:
    """Forty small pictures of two kinds, one of them twice, and some files that are no pictures."""
    for number in range(40):
        path = folder / "shapes" / ("discs" if number % 2 else "squares") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    shutil.copy(folder / "shapes/discs/1.png", folder / "shapes/discs/again.png")
    (folder / "shapes/broken.png").write_bytes(picture(3)[:90])
    (folder / "shapes/notes.txt").write_text("no picture")
    return folder / "shapes"


# ---------------------------------------------------------------------------------- the whole way


def test_from_a_messy_folder_to_a_model_in_edit(
    visit: Visit, site: Site, runs: Path, tmp_path: Path
) -> None:
    visitor = visit(1280, 1000)
    page = go(visitor)
    expect(page.locator("#train-none")).to_be_visible()
    page.set_input_files("#train-form [data-part=folder]", str(messy_folder(tmp_path)))
    # They are tiny; the size that would do is among the settings.
    expect(part(page, "trouble-words")).to_contain_text("41 too small", timeout=60_000)
    part(page, "size").select_option("16")
    report = part(page, "report")
    expect(report.locator(".verdict")).to_have_text("40 of 42 pictures can be used", timeout=60_000)
    expect(part(page, "trouble")).to_be_hidden()
    expect(report).to_contain_text("2 kinds: discs 20, squares 20")
    expect(part(page, "refused")).to_have_text("1 file that is no picture was not sent.")
    expect(report.locator(".prepared img").first).to_have_js_property("complete", True)
    report.get_by_text("2 left out, and why").click()
    expect(report.locator(".reasons")).to_contain_text("shapes/broken.png")
    expect(part(page, "title")).to_have_value("shapes")
    # Overruled: what is the same as another is used all the same.
    same = report.locator(".reason", has_text="Same as another").get_by_role("checkbox")
    same.check()
    expect(report.locator(".verdict")).to_have_text("41 of 42 pictures can be used", timeout=60_000)
    expect(same).to_be_checked()
    expect(report).to_contain_text("used at 16 × 16")
    expect(part(page, "plan")).to_contain_text("Pictures a second", timeout=90_000)
    part(page, "minutes").fill("0.05")
    part(page, "title").fill("My shapes!")
    part(page, "credit").fill("Ada")
    part(page, "start").click()
    # The page is gone, the run is not.
    expect(page.locator("#train-run-title")).to_have_text("My shapes!")
    page.reload()
    visitor.open_tab("Train")
    expect(page.locator("#train-run-title")).to_have_text("My shapes!")
    expect(of_run(page, "phase")).to_have_text("✓Finished", timeout=90_000)
    expect(page.locator("#train-run .line img")).to_be_visible()
    expect(of_run(page, "command")).to_contain_text("'--keep=same as another'")
    of_run(page, "open").click()
    expect(page.locator("#edit-grid")).to_be_visible(timeout=30_000)
    expect(page.locator("#model input")).to_have_value("My shapes! · my-shapes", timeout=30_000)
    expect(page.locator("#footer")).to_contain_text("Ada")
    page.wait_for_function("() => genimg.work.scene.model.name === 'my-shapes'")


# -------------------------------------------------------------------------------------- one run


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


def test_nothing_is_asked_while_nobody_looks(visit: Visit, runs: Path) -> None:
    files = make_run(runs, "Unseen")
    with files.locked():
        files.tell(TRAINING, "100 pictures seen", progress=0.1, images=100, seconds=6.0)
        visitor = visit()
        page = go(visitor, "Unseen")
        visitor.open_tab("Edit")
        page.wait_for_timeout(300)  # for what is on its way
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1500)
        assert [url for url in asked if "/genimg/training" in url] == []
        visitor.open_tab("Train")
        page.wait_for_timeout(500)
        assert [url for url in asked if "/genimg/training" in url] != []


def test_each_state_says_what_can_be_done(visit: Visit, runs: Path) -> None:
    make_run(runs, "Full disk", FAILED, trouble="The disk is full. Free some space and go on.")
    make_run(runs, "Torn off", TRAINING)  # which no process holds
    queued = make_run(runs, "In the queue", sheets=0, progress=0.0, images=0)
    with queued.locked():
        queued.tell(WAITING, "My cats goes first")
        page = go(visit(), "Full disk")
        expect(of_run(page, "trouble")).to_have_text("The disk is full. Free some space and go on.")
        expect(of_run(page, "resume")).to_be_visible()
        page.locator("#train-runs button", has_text="Torn off").click()
        expect(of_run(page, "phase")).to_have_text("!Was interrupted")
        expect(of_run(page, "trouble")).to_contain_text("go on where it was?")
        expect(of_run(page, "resume")).to_be_visible()
        page.locator("#train-runs button", has_text="In the queue").click()
        expect(of_run(page, "now")).to_have_text("My cats goes first")
        expect(of_run(page, "stop")).to_have_text("Do not wait")
        expect(of_run(page, "open")).to_be_hidden()


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


def test_what_the_server_refuses_is_said_in_place(visit: Visit, runs: Path) -> None:
    files = make_run(runs, "Without command")
    files.command.unlink()
    visitor = visit()
    page = go(visitor, "Without command")
    of_run(page, "resume").click()
    expect(of_run(page, "acting")).to_contain_text("the same command continues it there")
    expect(of_run(page, "resume")).to_be_enabled()
    forgive(visitor)


# -------------------------------------------------------------------------------------- pictures


def test_a_file_that_is_refused_does_not_stop_the_others(
    visit: Visit, site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(training_uploads, "LARGEST_FILE", 5000)
    names = ["1.png", "large.png", "2.png"]
    for number, name in enumerate(names):
        data = picture(number) + (b"0" * 6000 if name == "large.png" else b"")
        (tmp_path / name).write_bytes(data)
    visitor = visit()
    page = go(visitor)
    page.set_input_files("#train-form [data-part=files]", [str(tmp_path / name) for name in names])
    expect(part(page, "refused")).to_contain_text("large.png: ")
    expect(part(page, "chosen")).to_contain_text("My pictures")
    part(page, "others").click()
    expect(part(page, "drop")).to_be_visible()
    forgive(visitor)


def test_an_upload_goes_on_after_the_line_was_cut(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    page = go(visitor)
    cut = True

    def line(route: Route) -> None:
        if cut and "name=2.png" in route.request.url:
            route.abort()
        else:
            route.continue_()

    page.route("**/genimg/training/pictures?*", line)
    paths = []
    for number in range(4):
        paths.append(tmp_path / f"{number}.png")
        paths[-1].write_bytes(picture(number))
    page.set_input_files("#train-form [data-part=files]", [str(path) for path in paths])
    expect(part(page, "trouble")).to_contain_text("genimg does not answer")
    # A reload now: the files are out of the page's reach, but what has arrived is not lost.
    page.reload()
    visitor.open_tab("Train")
    expect(part(page, "trouble-words")).to_contain_text("of 4 files have arrived")
    expect(part(page, "again")).to_have_text("Go on with these")
    page.set_input_files("#train-form [data-part=files]", [str(path) for path in paths])
    expect(part(page, "again")).to_have_text("Try again")
    cut = False
    part(page, "again").click()
    expect(part(page, "chosen")).to_contain_text("My pictures")
    expect(part(page, "trouble")).to_be_hidden()
    part(page, "cancel").click()  # the look has begun by itself
    expect(part(page, "drop")).to_be_visible()
    forgive(visitor)


def test_a_zip_is_dropped_and_an_upload_is_cancelled(visit: Visit, site: Site) -> None:
    visitor = visit()
    page = go(visitor)
    uploads = site.folder.parent / "cache" / "uploads"
    before = set(uploads.glob("*"))
    page.route("**/genimg/training/pictures?*", lambda route: (time.sleep(0.5), route.continue_()))
    page.evaluate(
        """([bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], 'holiday.zip'));
          data.items.add(new File(['x'], 'notes.txt', { type: 'text/plain' }));
          const drop = document.querySelector('#train-form .drop');
          for (const type of ['dragenter', 'drop']) {
            const how = { dataTransfer: data, bubbles: true, cancelable: true };
            drop.dispatchEvent(new DragEvent(type, how));
          }
        }""",
        [list(archive(4))],
    )
    expect(part(page, "chosen-words")).to_have_text("holiday")
    expect(part(page, "working-words")).to_contain_text("0 of 1 file sent")
    part(page, "cancel").click()
    expect(part(page, "drop")).to_be_visible()
    until(lambda: set(uploads.glob("*")) - before, lambda left: not left)


def test_what_was_typed_survives_a_reload_and_a_mistake(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    page = go(visitor)
    page.get_by_text("A folder on this machine").click()
    part(page, "path").fill(str(tmp_path / "nowhere"))
    page.keyboard.press("Enter")
    expect(part(page, "trouble-words")).to_contain_text("There is no folder or zip file")
    part(page, "others").click()
    expect(part(page, "path")).to_have_value(str(tmp_path / "nowhere"))
    part(page, "data").select_option("mnist")
    part(page, "title").fill("Digits")
    part(page, "minutes").fill("7")  # the settings have been opened by the mistake
    part(page, "family").select_option("gan")
    page.reload()
    visitor.open_tab("Train")
    expect(part(page, "title")).to_have_value("Digits")
    expect(part(page, "minutes")).to_have_value("7")
    expect(part(page, "family")).to_have_value("gan")
    expect(part(page, "chosen-words")).to_have_text("MNIST")
    part(page, "title").fill("  ")
    expect(part(page, "start")).to_be_disabled()
    expect(part(page, "start-hint")).to_have_text("Give the model a name.")
    part(page, "others").click()
    forgive(visitor)


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
    page = go(visitor, "Steady")
    page.context.set_offline(True)
    page.locator("#train-new").click()  # asks at once
    expect(page.locator("#train-trouble")).to_contain_text("genimg does not answer")
    page.context.set_offline(False)
    expect(page.locator("#train-trouble")).to_be_hidden()
    forgive(visitor)


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
    forgive(visitor)
