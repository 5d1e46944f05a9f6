"""history/tree.js: the tree of steps, asked in the browser that it is written for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, BrowserContext, Page, Route

from genimg.edits import Moves, Recipe
from genimg.latents import Latent
from genimg.ui.shell.static import ROOT
from genimg.ui.shell.theme import theme

pytestmark = pytest.mark.browser

HOME = "http://genimg.test/"
STYLES = ("shell/shell.css", "edit/history/history.css")
_PAGE = """<!doctype html><meta name=viewport content="width=device-width">
<style>{css}
  body {{ margin: 0; background: var(--body-background-fill); color: var(--body-text-color); }}
</style><body class="{mode}">
<div class="gradio-container"><div class="contain">{body}</div></div>"""
_IMPORT = """async (names) => {
  const found = await Promise.all(names.map((name) => import(`/${name}`)));
  window.genimg = Object.assign({}, ...found);
}"""


def serve_modules(context: BrowserContext, html: str, policy: str = "") -> None:
    """The page's scripts at their places below `HOME`, and a page of this content there, with this
    Content-Security-Policy.
    """
    types = {".js": "text/javascript", ".json": "application/json"}
    asked = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(HOME)
        if name:
            path = ROOT / name
            anybody = {"Content-Type": types[path.suffix], "Access-Control-Allow-Origin": "*"}
            route.fulfill(path=path, headers=anybody)
        else:
            route.fulfill(body=html, headers=asked)

    context.route(f"{HOME}**", answer)


def import_modules(page: Page, *names: str) -> None:
    """All that these scripts export, as `genimg` in the page."""
    page.evaluate(_IMPORT, names)


@contextmanager
def fresh_page(
    browser: Browser, *scripts: str, body: str = "", width: int = 1280, mode: str = "", **more: Any
) -> Iterator[Page]:
    """A page with these scripts and the page's styles; no error may have come up at the end."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, reduced_motion="reduce", **more
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    css = theme()._get_theme_css() + "".join((ROOT / name).read_text() for name in STYLES)
    serve_modules(context, _PAGE.format(css=css, body=body, mode=mode))
    page.goto(HOME)
    import_modules(page, *scripts)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with fresh_page(browser, "edit/history/tree.js") as page:
        page.add_script_tag(content=_HELP)
        yield page


_HELP = "const labels = (tree, ids) => ids.map((id) => tree.get(id).label).join(' ');"


def test_search_finds_labels_models_and_names_in_recipes(page: Page) -> None:
    latent = Latent(torch.zeros(4), "0" * 64)
    moves = (Moves({"glasses": 2.0}, keep=("hat size",)), Moves({"Smile": -1.0}))
    real = Recipe(latent, origin="upload", moves=moves, changes={"fur colour": "black"}).to_text()
    old = json.dumps({"format_version": 1, "amounts": {"age": 1.0}, "origin": "sample, seed 7"})
    found = page.evaluate(
        """([real, old]) => {
          const tree = new genimg.Tree();
          tree.add({ recipe: real, label: 'one', model: 'cats-64-vae' });
          tree.add({ recipe: old, label: 'glasses +2.0' });
          const odd = ['[1', 'null', '7', '{"moves": 3, "changes": [null], "amounts": "x"}'];
          for (const recipe of odd) tree.add({ recipe, label: 'odd' });
          const find = (text) => labels(tree, tree.search(text));
          return ['GLASSES', 'fur black', 'smile upload cats', 'seed 7 age', 'nowhere', ' odd ',
            'hat'].map(find);
        }""",
        [real, old],
    )
    assert found == ["one glasses +2.0", "one", "one", "glasses +2.0", "", "odd odd odd odd", ""]


def test_ids_are_made_where_the_page_comes_by_plain_http(page: Page) -> None:
    assert page.evaluate("""() => {
      const tree = new genimg.Tree({ limit: 1e9 });
      const ids = Array.from({ length: 2000 }, (_, i) => tree.record({ recipe: `${i}` }).id);
      return [new Set(ids).size, String([...ids].sort()) === String(ids)];
    }""") == [2000, True]
