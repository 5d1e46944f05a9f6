"""From where does the browser get the page's own scripts and styles?

    GET /genimg/static/<version>/edit/tab.js

The version is a digest of all the files. They are read once, when the app starts, and browsers
keep them for good: a page never gets files of two versions, whatever has been installed since.
One of them is made: the sentences of the page, in the language that is spoken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from genimg.ui import words
from genimg.ui.words import say

ROOT = Path(__file__).resolve().parents[1]
"""The folder genimg/ui; scripts and styles lie in it beside the Python that they belong to."""
_OF_PAGE = ("shell/shell.css", "shell/models.css")
_OWN = {"shell/container.css", *_OF_PAGE}  # the first is for Gradio's container itself
_OF_TABS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.css"))
STYLES = tuple(ROOT / name for name in (*_OF_PAGE, *(n for n in _OF_TABS if n not in _OWN)))
"""Those of the page, then those of the tabs. Gradio puts them into the page, as it sets each rule
inside its container, above its own.
"""

_TABLE = "words/table.js"
_PATH = "genimg/static"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".webp": "image/webp",
}
_FOR_GOOD = {"Cache-Control": "private, max-age=31536000, immutable"}


def head() -> str:
    """The head of the page: the icon, a style, and the script that imports all others."""
    return "".join((
        '<link rel="icon" href="favicon.ico">',  # that of the app, also where it lies below a path
        f'<link rel="stylesheet" href="{address("shell/container.css")}">',
        *(f'<link rel="modulepreload" href="{address(n)}">' for n in _files() if n.endswith(".js")),
        f'<script type="module" src="{address("main.js")}"></script>',
    ))  # fmt: skip


def call(module: str, expression: str) -> str:
    """JavaScript for Gradio: a promise of what an expression of a module's exports gives.

    `call("edit/tab.js", "mount(element)")` calls the function `mount` of that module.
    """
    url = f'new URL("{address(module)}", document.baseURI)'
    return f"import({url}).then((module) => module.{expression})"


def address(name: str) -> str:
    """The address of a file, such as "edit/tab.js", relative to that of the page."""
    files = _files()
    if name not in files:
        raise ValueError(f"the page has no file {name!r}")
    return f"{_PATH}/{_version()}/{name}"


def route() -> Route:
    """For the routes of an app, before Gradio's."""
    return Route(f"/{_PATH}/{{version}}/{{name:path}}", _serve, methods=["GET"])


async def _serve(request: Request) -> Response:
    version, name = request.path_params["version"], request.path_params["name"]
    content = _files().get(name) if version == _version() else None
    if content is None:
        return PlainTextResponse(say("serving.nothing_here"), 404)
    return Response(content, headers=_FOR_GOOD, media_type=_TYPES[Path(name).suffix])


def _files() -> Mapping[str, bytes]:
    return _files_in(words.language())


def _version() -> str:
    return _version_in(words.language())


@cache
def _files_in(language: str) -> Mapping[str, bytes]:
    paths = sorted(path for path in ROOT.rglob("*") if path.suffix in _TYPES)
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
    table = json.dumps(words.table(language), ensure_ascii=False)
    return {**files, _TABLE: f"export default {table};\n".encode()}


@cache
def _version_in(language: str) -> str:
    digest = hashlib.sha256()
    for name, content in _files_in(language).items():
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]
