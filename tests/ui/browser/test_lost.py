"""What is lost when the connection, or the server, is away for a while? Nothing, or it is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from genimg.ui.edit.scene import refining

from ..conftest import UNREACHED, Site, Visitor, served
from .test_page import Visit
from .test_uploads import _HOLD

pytestmark = pytest.mark.browser

_SHOWN_AGAIN = "() => !window.before && window.genimg?.work?.scene"
PATIENCE = 60.0
AWAY = "genimg does not answer"


@contextmanager
def away(visitor: Visitor) -> Iterator[None]:
    """Meanwhile, nobody is reached."""
    visitor.forgive(UNREACHED)
    visitor.context.set_offline(True)
    yield
    visitor.context.set_offline(False)


@pytest.mark.parametrize("anew", [False, True])
def test_what_is_pulled_and_clicked_offline_is_done_afterwards(visit: Visit, anew: bool) -> None:
    visitor = visit()
    page = visitor.page
    page.evaluate("window.before = true")
    name = visitor.slots()[0]
    with away(visitor):
        visitor.set_slider(0, 2)
        expect(page.locator("#said")).to_contain_text(AWAY)
        page.locator("#slider-1 .lock").click()
        visitor.set_slider(2, -1)
    if anew:
        page.reload()
        page.wait_for_function(_SHOWN_AGAIN)
    visitor.settle()
    page.wait_for_function("() => Object.keys(genimg.work.scene.amounts).length === 2")
    visitor.settle()
    other = visitor.slots()[2]
    amounts = page.evaluate("genimg.work.scene.amounts")
    assert amounts == {name: 2.0, other: -1.0}
    assert page.evaluate("genimg.work.scene.locks") == [visitor.slots()[1]]
    assert visitor.steps()[1] == f"{name} +2.0" and visitor.steps()[-1] == f"{other} -1.0"


def test_what_cannot_be_sent_is_said_and_can_be_sent_later(visit: Visit, photo: Path) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    with away(visitor):
        page.set_input_files("#several-files", str(photo))
        expect(page.locator("#said")).to_contain_text("photo.png could not be sent")
        visitor.upload(photo)
        expect(page.get_by_test_id("toast-body")).to_contain_text("Connection errored out")
        expect(page.locator("#upload .uploading, #upload progress")).to_have_count(0)
    visitor.upload(photo)
    visitor.await_change("#edited", before)
    visitor.await_refined()
    visitor.open_tab("Generate")
    page.reload()
    expect(page.locator("#samples img").first).to_be_visible()  # who was there is there again


def test_a_refining_goes_on_after_the_server_has_come_back(
    site: Site,
    browser: Browser,
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As those of `visit`: what the tiny model does not know is opened at once.
    monkeypatch.setattr("genimg.ui.edit.foreign.unknown", lambda store, opened: None)
    go_on = threading.Event()

    def slowly(*given: Any) -> Iterator[dict[str, Any]]:
        for news in refining(*given):
            yield news
            go_on.wait(PATIENCE)

    monkeypatch.setattr("genimg.ui.edit.routes.refining", slowly)
    context = browser.new_context()
    with served(site.folder, site.temporary, tmp_path / "runs") as first:
        visitor = Visitor(first, context, context.new_page()).open()
        before = visitor.picture("#edited")
        visitor.upload(photo)
        visitor.page.wait_for_function("() => genimg.work.uploads.run?.best")
        visitor.await_change("#edited", before)
    go_on.set()
    with served(site.folder, site.temporary, tmp_path / "runs", urlsplit(first.url).port or 0):
        visitor.settle()
        visitor.page.wait_for_function("() => genimg.work.tree.here.label === 'refined'")
        visitor.settle()
        assert visitor.steps()[-2:] == ["upload", "refined"]
        context.close()


def test_what_is_never_answered_has_an_end(visit: Visit, photo: Path) -> None:
    visitor = visit()
    page = visitor.page
    page.clock.install()
    before = visitor.picture("#edited")
    page.evaluate(_HOLD)  # nothing is heard of a refining
    visitor.upload(photo)
    page.wait_for_function("() => genimg.work.uploads.run")
    visitor.await_change("#edited", before)
    expect(page.locator("#refining")).to_be_visible()
    page.clock.fast_forward(61_000)
    expect(page.locator("#said")).to_contain_text("Nothing more is heard")
    expect(page.locator("#refining")).to_be_hidden()
    page.route("**/genimg/edit/act", lambda route: None)  # nor of an act
    steps = visitor.steps()
    page.click("#nudge")
    page.clock.fast_forward(61_000)
    expect(page.locator("#said")).to_contain_text("No answer")
    assert page.evaluate("genimg.work.flight") is None and visitor.steps() == steps
