"""No event reads a file that was not uploaded, by whichever way it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file

from genimg.ui.serving.blocks import NO_ADDRESSES, SafeBlocks, check_files
from genimg.ui.serving.uploads import NOT_UPLOADED
from genimg.ui.words import say

from ..conftest import FIRST, Site
from . import wire

SECRET = b"the secret of the house"
ROOT = Path(__file__).parents[3]
KINDS = ("file", "private", "environ", "program", "link", "link inside", "dotted", "url")


def speaks_of(path: str) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def program(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[Client]:
    opened = Client(site.url, verbose=False)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def events(program: httpx.Client) -> list[dict[str, Any]]:
    """All events of the page and the API that the server answers, named and private."""
    config = program.get("/config").json()
    return [event for event in config["dependencies"] if event["backend_fn"]]


@pytest.fixture(scope="module")
def fetched() -> Iterator[tuple[str, list[str]]]:
    """An address of this machine, and what was fetched from it."""
    paths: list[str] = []

    class Watching(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET)

    server = HTTPServer(("127.0.0.1", 0), Watching)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/secret.png", paths
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def forged(
    site: Site, fetched: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """A path of each kind that leads to what was not uploaded."""
    folder = tmp_path_factory.mktemp("house")
    secret, private = folder / "secret.png", folder / "private.png"
    for path in (secret, private):
        path.write_bytes(SECRET)
    private.chmod(0o600)
    link, inside = folder / "link.png", site.temporary / "inside.png"
    link.symlink_to(secret)
    inside.symlink_to(secret)
    dotted = f"{site.temporary}/x/../../{secret.relative_to(site.temporary.parent)}"
    yield {
        "file": str(secret), "private": str(private), "environ": "/proc/self/environ",
        "program": str(ROOT / "app.py"), "link": str(link), "link inside": str(inside),
        "dotted": dotted, "url": fetched[0],
    }  # fmt: skip
    inside.unlink()


@pytest.fixture
def unharmed(site: Site, fetched: tuple[str, list[str]]) -> Iterator[None]:
    """Nothing of what is asked has been copied to where it would be served, or fetched."""
    before = site.temporary_files()
    yield
    new = [path for path in site.temporary_files() - before if path.name != "inside.png"]
    assert [path for path in new if path.suffix != ".png" or SECRET in path.read_bytes()] == []
    assert fetched[1] == []


def run(program: httpx.Client, event: dict[str, Any], values: list[Any]) -> str:
    body = {"fn_index": event["id"], "session_hash": "forger", "data": values}
    answer = program.post("/gradio_api/run/predict", json=body)
    assert answer.status_code == 500
    return str(answer.json()["error"])


def join(program: httpx.Client, event: dict[str, Any], values: list[Any]) -> str:
    body = {"fn_index": event["id"], "session_hash": "forger", "data": values}
    assert program.post("/gradio_api/queue/join", json=body).status_code == 200
    return program.get("/gradio_api/queue/data", params={"session_hash": "forger"}).text


def call(program: httpx.Client, event: dict[str, Any], values: list[Any]) -> str:
    path = f"/gradio_api/call/{event['api_name']}"
    number = program.post(path, json={"data": values}).json()["event_id"]
    return program.get(f"{path}/{number}").text


def call_by_name(program: httpx.Client, event: dict[str, Any], values: list[Any]) -> str:
    answer = program.post(f"/gradio_api/api/{event['api_name']}", json={"data": values})
    assert answer.status_code == 500
    return str(answer.json()["error"])


def test_no_event_reads_what_was_not_uploaded(
    program: httpx.Client, events: list[dict[str, Any]], forged: dict[str, str], unharmed: None
) -> None:
    takes = [event for event in events if event["inputs"]]
    assert len(takes) > 40
    for number, event in enumerate(takes):
        kind = KINDS[number % len(KINDS)]
        said = say(NO_ADDRESSES if kind == "url" else NOT_UPLOADED)
        values = [speaks_of(forged[kind])] * len(event["inputs"])
        assert run(program, event, values) == said, (event["api_name"], kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["open_upload", "choose_model", "set_from_file", "edit"])
def test_whatever_leads_elsewhere_is_refused(
    program: httpx.Client,
    events: list[dict[str, Any]],
    forged: dict[str, str],
    unharmed: None,
    name: str,
    kind: str,
) -> None:
    event = next(event for event in events if event["api_name"] == name)
    values = [speaks_of(forged[kind])] * len(event["inputs"])
    assert run(program, event, values) == say(NO_ADDRESSES if kind == "url" else NOT_UPLOADED)


@pytest.mark.parametrize("way", [join, call, call_by_name])
@pytest.mark.parametrize("kind", ["private", "url"])
def test_no_way_leads_around_that(
    program: httpx.Client,
    events: list[dict[str, Any]],
    forged: dict[str, str],
    unharmed: None,
    way: Callable[[httpx.Client, dict[str, Any], list[Any]], str],
    kind: str,
) -> None:
    said = say(NO_ADDRESSES if kind == "url" else NOT_UPLOADED)
    public = [event for event in events if event["api_visibility"] == "public"]
    for event in (event for event in public if event["inputs"]):
        values = [None, *[speaks_of(forged[kind])] * len(event["inputs"])][: len(event["inputs"])]
        values = values[1:] + values[:1]
        assert said in way(program, event, values), event["api_name"]


def test_it_may_be_hidden_anywhere_in_a_value(
    program: httpx.Client, events: list[dict[str, Any]], forged: dict[str, str], unharmed: None
) -> None:
    json_like = next(event for event in events if event["api_name"] == "edit")
    hidden = {"a": [{"b": {"path": "x", "meta": None, "c": speaks_of(forged["file"])}}]}
    assert run(program, json_like, [hidden, {}, None, "", None]) == say(NOT_UPLOADED)
    assert run(program, json_like, [None, hidden, None, "", None]) == say(NOT_UPLOADED)


SAID = ("name", "pick", "at", "path", "value", "index")
"""What the page says with its events."""


@pytest.mark.parametrize("kind", ["program", "file", "url"])
def test_nor_does_what_the_page_says_with_an_event(
    program: httpx.Client,
    events: list[dict[str, Any]],
    forged: dict[str, str],
    unharmed: None,
    kind: str,
) -> None:
    wrapped = {"path": "", "x": speaks_of(forged[kind])}  # Gradio's own check looks no deeper
    for event in events:
        for told in (speaks_of(forged[kind]), wrapped, [wrapped]):
            body = {"fn_index": event["id"], "data": [], "event_data": dict.fromkeys(SAID, told)}
            answer = program.post("/gradio_api/run/predict", json=body)
            assert "file=" not in answer.text, event
            assert answer.json()["error"] == say(NO_ADDRESSES if kind == "url" else NOT_UPLOADED)


@pytest.mark.parametrize("kind", ["program", "url"])
def test_what_comes_of_an_event_speaks_of_no_other_file(
    site: Site, forged: dict[str, str], unharmed: None, kind: str
) -> None:
    with SafeBlocks() as page:
        shown, button = gr.JSON(), gr.Button()
        button.click(lambda: None, None, shown)
    [event] = page.fns.values()
    for answer in ([{"x": [speaks_of(forged[kind])]}], {shown: speaks_of(forged[kind])}):
        with pytest.raises(gr.Error, match=r"not uploaded|nothing from the network"):
            wire.run(page.postprocess_data(event, answer, None))


def test_programs_are_told_what_to_do(
    site: Site, client: Client, fetched: tuple[str, list[str]], unharmed: None
) -> None:
    with pytest.raises(Exception, match="fetches nothing from the network"):
        client.predict(picture=speaks_of(fetched[0]), api_name="/reconstruct")


def test_ones_own_upload_is_read_by_name_and_in_the_page(
    client: Client, program: httpx.Client, events: list[dict[str, Any]], photo: Path
) -> None:
    told = client.predict(picture=handle_file(str(photo)), model=FIRST, api_name="/reconstruct")
    assert told["psnr"] > 0
    with photo.open("rb") as file:
        [path] = program.post("/gradio_api/upload", files={"files": file}).json()
    event = next(event for event in events if event["api_name"] == "open_upload")
    body = {"fn_index": event["id"], "session_hash": "own", "data": [FIRST, speaks_of(path)]}
    answer = program.post("/gradio_api/run/predict", json=body)
    assert answer.status_code == 200, answer.text
    served = program.get(f"/gradio_api/file={path}")
    assert served.content == photo.read_bytes()


def test_words_of_a_label_may_be_called_path(site: Site) -> None:
    check_files([{"path": "winding"}, {"amounts": {"path": 2.0}}, ["path", "meta"], None])


@pytest.mark.parametrize("path", [None, 3, ["x"], "", "a\0b", "\udcff", "x" * 5000])
def test_a_path_that_is_none_is_refused(site: Site, path: Any) -> None:
    with pytest.raises(gr.Error, match="not uploaded"):
        check_files([{"path": path, "meta": {}}])
