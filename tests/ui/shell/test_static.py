"""The page's scripts and styles: served as they were when the app started, and kept for good."""

from __future__ import annotations

import json
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from genimg.ui import words
from genimg.ui.shell import static


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=[static.route()]))


def test_every_script_is_served_as_one_and_kept(client: TestClient) -> None:
    names = [path.relative_to(static.ROOT).as_posix() for path in static.ROOT.rglob("*.js")]
    assert {"main.js", "edit/tab.js", "train/tab.js"} <= set(names)
    for name in names:
        answer = client.get("/" + static.address(name))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        if name != "words/table.js":
            assert answer.text == (static.ROOT / name).read_text(encoding="utf-8")
    style = client.get("/" + static.address("shell/container.css"))
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"


def test_the_sentences_are_served_in_the_language_that_is_spoken(client: TestClient) -> None:
    answer = client.get("/" + static.address("words/table.js"))
    start, end = "export default ", ";\n"
    assert answer.text.startswith(start) and answer.text.endswith(end)
    assert json.loads(answer.text[len(start) : -len(end)]) == words.table("en")


def test_nothing_else_is_there(client: TestClient) -> None:
    path = static.address("main.js").removesuffix("main.js")
    for name in ("server.py", "../app.py", "%2e%2e/errors.py", "train/train.html", "none.js", ""):
        assert client.get(f"/{path}{name}").status_code == 404
    assert client.get("/genimg/static/0123456789abcdef/main.js").status_code == 404
    with pytest.raises(ValueError, match="no file"):
        static.address("server.py")


def test_the_head_holds_addresses_and_no_script_of_its_own() -> None:
    head = static.head()
    assert re.findall(r"<script[^>]*>(.*?)</script>", head) == [""]
    assert "<style" not in head
    assert static.call("edit/tab.js", "mount(1)") == (
        f'import(new URL("{static.address("edit/tab.js")}", document.baseURI))'
        ".then((module) => module.mount(1))"
    )
