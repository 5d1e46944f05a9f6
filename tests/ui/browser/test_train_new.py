"""The Train tab in a browser: from somebody's pictures to a model in Edit."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from genimg.editor import MODEL_SIZES
from genimg.ui.train import uploads as training_uploads

from ..conftest import REFUSED, UNREACHED, Site
from ..train.training_site import archive, picture, until
from .test_page import Visit
from .training_pages import emptied, go, of_run, part, workshop

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from workshop(tiny_checkpoint, tmp_path_factory.mktemp("workshop"))


@pytest.fixture(autouse=True)  # and so the pages are closed before their runs are taken away
def runs(site: Site) -> Iterator[Path]:
    yield from emptied(site)


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


def test_from_a_messy_folder_to_a_model_in_edit(
    visit: Visit, site: Site, runs: Path, tmp_path: Path
) -> None:
    visitor = visit(1280, 1000)
    page = go(visitor)
    expect(page.locator("#train-none")).to_be_visible()
    with page.expect_request("**/genimg/training/look") as asked:
        page.set_input_files("#train-form [data-part=folder]", str(messy_folder(tmp_path)))
    assert len(asked.value.post_data_json["person"]) > 12, "they are told from their neighbours"
    report = part(page, "report")
    expect(report.locator(".verdict")).to_have_text("40 of 42 pictures can be used", timeout=60_000)
    # A size that they do not have: what is wrong is said, and the setting stays in reach.
    page.get_by_text("More settings").click()
    sizes = [f"{size} × {size}" for size in MODEL_SIZES]
    assert part(page, "size").locator("option").all_text_contents()[1:] == sizes
    part(page, "size").select_option("64")
    expect(part(page, "trouble-words")).to_contain_text("41 too small", timeout=60_000)
    expect(part(page, "trouble-words")).to_contain_text("what you have sent")
    expect(part(page, "start")).to_be_hidden()
    part(page, "size").select_option("16")
    expect(report.locator(".verdict")).to_have_text("40 of 42 pictures can be used", timeout=60_000)
    expect(part(page, "trouble")).to_be_hidden()
    expect(report).to_contain_text("2 kinds: discs 20, squares 20")
    expect(part(page, "refused")).to_have_text("1 file that is no picture was not sent.")
    expect(report.locator(".prepared img").first).to_have_js_property("complete", True)
    report.get_by_text("2 left out, and why").click()
    expect(report.locator(".reasons")).to_contain_text("broken.png")
    expect(part(page, "title")).to_have_value("shapes")
    # Overruled: a single file, and that taken back.
    report.get_by_role("button", name="anyway").click()
    expect(report.locator(".verdict")).to_have_text("41 of 42 pictures can be used", timeout=60_000)
    single = report.locator(".reason", has_text="again.png").get_by_role("checkbox")
    expect(single).to_be_checked()
    single.click()
    expect(report.locator(".verdict")).to_have_text("40 of 42 pictures can be used", timeout=60_000)
    # What is the same as another is used all the same.
    same = report.locator(".reason", has_text="Same as another").get_by_role("checkbox")
    same.check()
    expect(report.locator(".verdict")).to_have_text("41 of 42 pictures can be used", timeout=60_000)
    expect(same).to_be_checked()
    expect(report).to_contain_text("used at 16 × 16")
    expect(part(page, "plan")).to_contain_text("Pictures a second", timeout=90_000)
    examples = part(page, "examples")  # what others gave, before this one begins
    expect(examples).to_contain_text("Drawn cats: 50,000 pictures, 64 pixels")
    expect(examples).to_contain_text("On this computer it would take")
    expect(examples).not_to_contain_text("fruit")
    expect(examples.locator("img").first).to_have_js_property("naturalWidth", 530)
    part(page, "title").fill("My shapes!")
    part(page, "minutes").fill("0")
    expect(part(page, "minutes-hint")).to_have_text("Give it 0.05 to 10,080 minutes.")
    expect(part(page, "start")).to_be_disabled()
    part(page, "minutes").fill("0.05")
    expect(part(page, "minutes-hint")).to_contain_text("You can stop at any time")
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


def test_a_file_that_is_refused_does_not_stop_the_others(
    visit: Visit, site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(training_uploads, "LARGEST_FILE", 5000)
    names = ["1.png", "large.png", "2.png"]
    for number, name in enumerate(names):
        data = picture(number) + (b"0" * 6000 if name == "large.png" else b"")
        (tmp_path / name).write_bytes(data)
    visitor = visit()
    visitor.forgive(REFUSED)
    page = go(visitor)
    page.set_input_files("#train-form [data-part=files]", [str(tmp_path / name) for name in names])
    expect(part(page, "refused")).to_contain_text("large.png: ")
    expect(part(page, "chosen")).to_contain_text("My pictures")
    part(page, "others").click()
    expect(part(page, "drop")).to_be_visible()


def test_an_upload_goes_on_after_the_line_was_cut(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    visitor.forgive(UNREACHED)
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


def test_a_zip_that_is_none_is_not_sent(visit: Visit, site: Site, tmp_path: Path) -> None:
    page = go(visit())
    (tmp_path / "holiday.zip").write_text("no zip at all")
    page.set_input_files("#train-form [data-part=files]", str(tmp_path / "holiday.zip"))
    expect(part(page, "trouble-words")).to_have_text(
        "holiday.zip: it is no zip file, or it is damaged."
    )
    expect(part(page, "drop")).to_be_visible()
    # Beside one that is whole it does not stop that.
    (tmp_path / "whole.zip").write_bytes(archive(4))
    both = [str(tmp_path / name) for name in ("holiday.zip", "whole.zip")]
    page.set_input_files("#train-form [data-part=files]", both)
    expect(part(page, "refused")).to_contain_text("holiday.zip: it is no zip file")
    expect(part(page, "chosen-words")).to_have_text("whole")
    part(page, "others").click()


def test_what_was_typed_survives_a_reload_and_a_mistake(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    visitor.forgive(REFUSED)
    page = go(visitor)
    page.get_by_text("A folder on this machine").click()
    part(page, "path").fill(str(tmp_path / "nowhere"))
    page.keyboard.press("Enter")
    expect(part(page, "trouble-words")).to_contain_text("There is no folder or zip file")
    part(page, "others").click()
    expect(part(page, "path")).to_have_value(str(tmp_path / "nowhere"))
    part(page, "data").select_option("mnist")
    part(page, "title").fill("Digits")
    part(page, "minutes").fill("7")
    page.get_by_text("More settings").click()
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


def test_the_form_stays_within_its_paper_on_a_phone(visit: Visit, runs: Path) -> None:
    """Its menus have long lines, which must not widen it."""
    page = go(visit(width=390))
    expect(page.locator("#train-form")).to_be_visible()
    expect(part(page, "data").locator("option").nth(3)).to_be_attached()
    paper = page.locator("#train-form").evaluate("(form) => form.getBoundingClientRect().right")
    assert paper <= 390
    wide = page.locator("#train-form *").evaluate_all(
        "(all, edge) => all.filter((e) => e.offsetParent && e.getBoundingClientRect().right > edge)"
        ".map((e) => e.outerHTML.slice(0, 80))",
        paper,
    )
    assert wide == []
