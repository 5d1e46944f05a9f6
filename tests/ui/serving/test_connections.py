"""Connections: how many, and that those that say nothing are ended."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from genimg.ui.serving.connections import protocol, quietly, raise_file_limit
from genimg.ui.serving.quotas import Share

from ..edit.live_client import PATIENCE, Serving, until

GONE = threading.Event()
HELLO = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def hello(request: Request) -> Response:
    return Response("hello")


async def endless(request: Request) -> Response:
    async def parts() -> Any:
        try:
            while True:
                yield b"x" * 100_000
                await asyncio.sleep(0)
        finally:
            GONE.set()

    return StreamingResponse(parts())


@contextmanager
def serving(room: Share, **seconds: float) -> Iterator[Serving]:
    routes = [Route("/", hello), Route("/endless", endless)]
    server = Serving(Starlette(routes=routes), http=protocol(room, **seconds))
    yield server
    until(lambda: room.held() == 0)
    server.stop()


@pytest.fixture(scope="module")
def room() -> Share:
    return Share(8, 3)


@pytest.fixture(scope="module")
def server(room: Share) -> Iterator[Serving]:
    """Patient: here it is about how many."""
    with serving(room) as started:
        yield started


@pytest.fixture(scope="module")
def hasty() -> Iterator[Serving]:
    with serving(Share(8, 3), head=0.2, send=0.2) as started:
        yield started


@pytest.fixture(autouse=True)
def empty(room: Share) -> Iterator[None]:
    yield
    until(lambda: room.held() == 0)


def reach(server: Serving, source: str = "127.0.0.2") -> socket.socket:
    """A connection from an address of this machine that is no proxy's."""
    return socket.create_connection(("127.0.0.1", server.port), PATIENCE, (source, 0))


def is_answered(connection: socket.socket) -> bool:
    connection.sendall(HELLO)
    got = b""
    while not got.endswith(b"\r\n\r\nhello"):
        part = connection.recv(65536)
        if not part:
            return False
        got += part
    return got.startswith(b"HTTP/1.1 200")


def ended(connection: socket.socket) -> bytes:
    """What comes until the other side ends it."""
    got = b""
    try:
        while part := connection.recv(65536):
            got += part
    except ConnectionError:
        pass
    return got


@pytest.mark.parametrize("said", [b"", b"GET / HT", HELLO[:-2]], ids=["nothing", "half", "head"])
def test_who_does_not_ask_is_sent_away(hasty: Serving, said: bytes) -> None:
    with reach(hasty) as connection:
        connection.sendall(said)
        assert ended(connection) == b""


def test_who_has_been_answered_may_not_ask_by_half(hasty: Serving) -> None:
    with reach(hasty) as connection:
        connection.sendall(HELLO + HELLO[:20])
        assert ended(connection).startswith(b"HTTP/1.1 200")


def test_who_takes_nothing_is_sent_away(hasty: Serving) -> None:
    with reach(hasty) as connection:
        connection.sendall(HELLO.replace(b"/ ", b"/endless "))
        assert GONE.wait(PATIENCE)


def test_who_has_been_answered_may_ask_again(server: Serving) -> None:
    with reach(server) as connection:
        for _ in range(3):
            assert is_answered(connection)


def test_each_address_has_a_share(server: Serving, room: Share) -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(reach(server))
        until(lambda: room.held("127.0.0.2") == 3)
        assert ended(stack.enter_context(reach(server))) == b"", "one too many"
        assert is_answered(stack.enter_context(reach(server, "127.0.0.3")))


def test_a_proxy_at_this_machine_may_have_all(server: Serving, room: Share) -> None:
    with ExitStack() as stack:
        proxied = [stack.enter_context(reach(server, "127.0.0.1")) for _ in range(8)]
        until(lambda: room.held() == 8)
        assert is_answered(proxied[-1])
        assert ended(stack.enter_context(reach(server, "127.0.0.1"))) == b""


def test_fewer_connections_than_files_that_may_be_open() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        most = raise_file_limit()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert hard == before[1] and (soft >= before[0] or soft == resource.RLIM_INFINITY)
        assert most > 0 and (soft == resource.RLIM_INFINITY or most < soft)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_asyncio_repeats_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(quietly)
    with caplog.at_level(logging.ERROR):
        for _ in range(1000):
            loop.call_exception_handler(
                {
                    "message": "socket.accept() out of system resource",
                    "exception": OSError(24, "Too many open files"),
                }
            )
        assert len(caplog.records) == 1 and "Too many open files" in caplog.text
        loop.call_exception_handler({"message": "something else"})
        assert len(caplog.records) == 2
    loop.close()
