"""How much a request may bring, however it is sent, and how long that may take."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from genimg.ui.serving import bodies
from genimg.ui.serving.bodies import BODY, Bodies, Uploads
from genimg.ui.serving.quotas import Ration, Share

from .wire import run

UPLOAD = "/upload"


class Behind:
    """An app that reads what it is sent, and notes it."""

    def __init__(self) -> None:
        self.got: list[int] = []

    async def read(self, request: Request) -> Response:
        body = await request.body()
        assert request.scope[BODY] == len(body)
        self.got.append(len(body))
        return Response(str(len(body)))

    @property
    def app(self) -> ASGIApp:
        return Starlette(routes=[Route("/{path:path}", self.read, methods=["GET", "POST"])])


def limited(behind: Behind, folder: Path | None = None, **other: Any) -> Bodies:
    settings: dict[str, Any] = {
        "most": lambda path: {UPLOAD: 5000, "/model": None}.get(path, 1000),
        "memory": Share(2500, 1500),
        "upload": (UPLOAD, Uploads(folder or Path(tempfile.gettempdir()), Ration(9000, 6000, 60))),
        **other,
    }
    return Bodies(behind.app, **settings)


async def ask(
    app: ASGIApp,
    path: str,
    parts: Sequence[bytes | float],
    length: int | None = None,
    address: str = "192.0.2.1",
) -> tuple[int, bytes]:
    """Send a body in parts; a number is how many seconds nothing comes, without end for inf."""
    headers = [(b"content-length", str(length).encode())] if length is not None else []
    scope = {
        "type": "http", "method": "POST", "path": path, "root_path": "", "headers": headers,
        "query_string": b"", "client": (address, 1234), "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 80),
    }  # fmt: skip
    coming = list(parts)
    said: list[Message] = []

    async def receive() -> Message:
        while coming:
            part = coming.pop(0)
            if isinstance(part, bytes):
                return {"type": "http.request", "body": part, "more_body": bool(coming)}
            await asyncio.sleep(part)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    assert [message["type"] for message in said].count("http.response.start") == 1
    return said[0]["status"], b"".join(message.get("body", b"") for message in said)


def test_what_fits_comes_through() -> None:
    behind = Behind()
    app = limited(behind)
    answer = run(ask(app, "/event", [b"x" * 400, b"y" * 600], 1000))
    assert answer == (200, b"1000")
    assert run(ask(app, "/model", [b"x" * 100_000], 100_000))[0] == 200
    assert behind.got == [1000, 100_000]


@pytest.mark.parametrize("length", [None, 1001, 3], ids=["chunked", "said", "a lie"])
def test_what_is_too_long_is_refused_whatever_is_said_of_it(length: int | None) -> None:
    behind = Behind()
    status, said = run(ask(limited(behind), "/event", [b"x" * 500] * 3, length))
    assert status == 413 and json.loads(said)["error"] == json.loads(said)["detail"]
    assert behind.got == []


def test_a_body_that_does_not_come_on_is_given_up() -> None:
    behind = Behind()
    app = limited(behind, patience=0.02)
    status, said = run(ask(app, "/event", [b"x", float("inf")]))
    assert status == 400 and "Send it once more" in json.loads(said)["error"]


def test_one_that_trickles_is_given_up_too() -> None:
    app = limited(Behind(), patience=0.05)
    trickle: list[bytes | float] = [0.02, b"x"] * 50
    assert run(ask(app, "/event", trickle))[0] == 400


def test_memory_is_shared_and_comes_back() -> None:
    behind = Behind()
    app = limited(behind)

    async def at_once() -> list[int]:
        parts: list[bytes | float] = [b"x" * 900, 0.05, b"x"]
        asked = [("a", "192.0.2.1"), ("b", "192.0.2.1"), ("c", "192.0.2.2"), ("d", "192.0.2.3")]
        answers = await asyncio.gather(*(ask(app, f"/{p}", parts, address=a) for p, a in asked))
        return [status for status, _ in answers]

    assert run(at_once()) == [200, 429, 200, 503]
    assert run(at_once()) == [200, 429, 200, 503], "all of it came back"


def test_uploads_have_a_limit_each_and_in_an_hour() -> None:
    app = limited(Behind())

    def upload(size: int, address: str) -> int:
        return run(ask(app, UPLOAD, [b"x" * 1000] * (size // 1000), None, address))[0]

    assert upload(6000, "192.0.2.1") == 413
    app = limited(Behind())
    assert [upload(4000, "192.0.2.1"), upload(4000, "192.0.2.1")] == [200, 429]
    assert upload(2000, "192.0.2.2") == 200
    assert upload(4000, "192.0.2.3") == 507


def test_uploads_leave_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = Behind()
    monkeypatch.setattr(bodies, "LEAST_FREE", 10**18)
    status, said = run(ask(limited(behind, tmp_path), UPLOAD, [b"x"], 1))
    assert status == 507 and "no room" in json.loads(said)["error"]
    assert behind.got == []


def test_a_fault_of_the_app_stays_one() -> None:
    async def faulty(request: Request) -> Response:
        await request.body()
        raise RuntimeError("a bug")

    behind = Behind()
    behind.read = faulty  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="a bug"):
        run(ask(limited(behind), "/event", [b"x"]))
