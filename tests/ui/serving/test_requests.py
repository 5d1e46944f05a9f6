"""How much one address may have under way."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from genimg.ui.serving.quotas import Share
from genimg.ui.serving.requests import ASKING, MOST_WAITING_OF_ONE, Requests

from .wire import run

RUN = "/gradio_api/run/predict"


class Slow:
    """An app that answers when it is told to, and notes who is in it."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.order: list[str] = []
        self.open = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = ASKING.get() or ""
        self.inside[address] += 1
        self.order.append(address)
        self.most |= self.inside
        self.most["all"] = max(self.most["all"], self.inside.total())
        await self.open.wait()
        await asyncio.sleep(0)
        self.inside[address] -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(app: Any, address: str, path: str = RUN, method: str = "POST") -> int:
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": [],
             "client": (address, 1)}  # fmt: skip
    await app(scope, receive, send)
    status: int = said[0]["status"]
    return status


def test_events_without_the_queue_wait_for_their_turn() -> None:
    async def crowd() -> None:
        slow = Slow()
        app = Requests(slow, runs=4, runs_of_one=3)
        flood = [asyncio.create_task(ask(app, "192.0.2.1")) for _ in range(20)]
        await asyncio.sleep(0.01)
        victim = asyncio.create_task(ask(app, "192.0.2.2"))
        await asyncio.sleep(0.01)
        assert slow.inside == {"192.0.2.1": 3, "192.0.2.2": 1}, "nobody waits for a flood"
        slow.open.set()
        assert await victim == 200
        assert await asyncio.gather(*flood) == [200] * 20
        assert (slow.most["192.0.2.1"], slow.most["all"]) == (3, 4)
        assert app._runs._of_one == {}

    run(crowd())


def test_who_waits_with_too_many_is_refused() -> None:
    async def crowd() -> None:
        slow = Slow()
        app = Requests(slow)
        flood = [asyncio.create_task(ask(app, "192.0.2.1")) for _ in range(MOST_WAITING_OF_ONE)]
        await asyncio.sleep(0.01)
        assert await ask(app, "192.0.2.1") == 429
        flood[-1].cancel()  # it has not begun
        await asyncio.sleep(0.01)
        slow.open.set()
        assert await ask(app, "192.0.2.1") == 200
        answers = await asyncio.gather(*flood, return_exceptions=True)
        assert answers[:-1] == [200] * (MOST_WAITING_OF_ONE - 1)

    run(crowd())


def test_other_requests_have_a_share_of_each_address() -> None:
    async def crowd() -> None:
        slow = Slow()
        app = Requests(slow, Share(5, 3))
        held = [asyncio.create_task(ask(app, "192.0.2.1", "/stay", "GET")) for _ in range(3)]
        held += [asyncio.create_task(ask(app, "192.0.2.2", "/stay", "GET")) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert await ask(app, "192.0.2.1", "/stay", "GET") == 429
        assert await ask(app, "192.0.2.3", "/stay", "GET") == 503
        slow.open.set()
        assert await asyncio.gather(*held) == [200] * 5
        assert await ask(app, "192.0.2.3", "/stay", "GET") == 200

    run(crowd())


@pytest.mark.parametrize("path", ["process_recording", "deep_link", "vibe-edit/", "vibe-code"])
def test_ways_that_leave_files_behind_are_closed(path: str) -> None:
    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it was let through")

    assert run(ask(Requests(nobody), "192.0.2.1", f"/gradio_api/{path}")) == 403
