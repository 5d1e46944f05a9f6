"""The Train tab in a browser: an app with runs of its own, and the parts of the page."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from genimg.images import encode_png
from genimg.runs import STOPPED, RunFiles

from ..conftest import FIRST, Site, Visitor, served
from ..train.forked import use_forks
from ..train.training_site import until

ROWS = ["pictures that it never learns from", "the same, made again"]


def workshop(model: Path, place: Path) -> Iterator[Site]:
    """The app with one model, and folders of its own for runs and uploads; for a fixture."""
    folder = place / "checkpoints"
    folder.mkdir()
    shutil.copy(model, folder / f"{FIRST}.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        use_forks(patch)
        patch.setenv("GENIMG_CACHE", str(place / "cache"))
        patch.setenv("GRADIO_TEMP_DIR", str(place / "temporary"))
        with served(folder, place / "temporary", place / "runs") as site:
            yield site
            for path in runs_of(site).glob("*"):
                RunFiles(path).request_stop()
            until(
                lambda: [x for x in runs_of(site).glob("*") if RunFiles(x).alive], lambda x: not x
            )


def emptied(site: Site) -> Iterator[Path]:
    """The folder of the runs; what a test puts there is gone after it. For a fixture."""
    folder, place = runs_of(site), site.folder.parent / "removed"
    folder.mkdir(exist_ok=True)
    place.mkdir(exist_ok=True)
    before = set(folder.glob("*"))
    yield folder
    for path in set(folder.glob("*")) - before:
        # Away first: the app looks at runs, and its look at a lock would put the file back.
        shutil.rmtree(path.rename(place / path.name))


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
    if sheets:
        files.state.parent.mkdir()
        files.state.write_bytes(b"not read by the page")
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
