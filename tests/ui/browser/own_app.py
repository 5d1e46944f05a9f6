"""An app with models of a test's own, for what those of the shared `site` cannot do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ..conftest import CANVAS, Site, Visitor, served


@contextmanager
def app_with(models: Mapping[str, Path], factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app with a copy of each model file, by these names."""
    folder = factory.mktemp("app") / "checkpoints"
    folder.mkdir()
    for name, path in models.items():
        shutil.copy(path, folder / f"{name}.safetensors")
    temporary = factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(temporary))
        with served(folder, temporary, folder.parent / "runs") as site:
            yield site


def enter(site: Site, browser: Browser, width: int = 1280, height: int = 900) -> Visitor:
    """Somebody who has opened the page in a fresh session, and sees the first picture."""
    context = browser.new_context(viewport={"width": width, "height": height})
    visitor = Visitor(site, context, context.new_page())
    visitor.page.on("pageerror", lambda error: visitor.heard.append(str(error)))
    visitor.page.goto(site.url)
    expect(visitor.page.locator(CANVAS)).to_be_visible(timeout=120_000)
    visitor.settle()
    return visitor


def leave(visitor: Visitor) -> None:
    """They close the page, in which nothing may have gone wrong."""
    visitor.context.close()
    assert visitor.complaints == []
