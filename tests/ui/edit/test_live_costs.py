"""What pictures that follow a slider cost the program: memory, files, models that stay loaded."""

from __future__ import annotations

import gc
import socket
import tracemalloc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from genimg.editor import Editor, Recipe
from genimg.ui.shell.store import Store

from .live_client import CATS, DRAWER, GREY, SLOW, Page, Server, begun, drawn, fill, until


@pytest.fixture(scope="module")
def store(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return fill(tmp_path_factory.mktemp("live"), tiny_checkpoint)


@pytest.fixture(scope="module")
def server(store: Store) -> Iterator[Server]:
    started = Server(store, held=0.2)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def names(store: Store) -> list[str]:
    return [direction.name for direction in store.get(CATS).directions][:3]


@pytest.fixture(scope="module")
def recipe(store: Store, names: list[str]) -> Recipe:
    return begun(store.get(CATS), names)


def test_thousands_of_values_leave_nothing_behind(
    server: Server, recipe: Recipe, names: list[str], tmp_path: Path
) -> None:
    """Neither memory nor files: what each value would leave is there after every thousand of them.

    So the least growth counts: what is made once (a module that is loaded late, a cache that
    fills) is no leak.
    """
    before_files = set(tmp_path.parent.rglob("*"))
    with server.page() as page:
        page.set(recipe, names)

        def ask(first: int, count: int) -> None:
            for seq in range(first, first + count):
                page.pull(seq, seq % 7 / 7, -1.0, 1.0)
            page.frames_until(first + count - 1)

        def taken() -> int:
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        ask(1, 1000)
        tracemalloc.start()
        try:
            marks = [taken()]
            for part in range(3):
                ask(1001 + 2000 * part, 2000)
                marks.append(taken())
        finally:
            tracemalloc.stop()
    assert min(after - before for before, after in pairwise(marks)) < 80_000
    assert set(tmp_path.parent.rglob("*")) == before_files


@contextmanager
def narrow_page(server: Server) -> Iterator[tuple[Page, Any]]:
    """A page with little room between it and the server, and the server's end of the way."""
    way = socket.socket()
    way.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    way.connect(("127.0.0.1", server.port))
    with server.page(sock=way, max_queue=1, close_timeout=0.1) as page:
        transport = server.transport(way.getsockname()[1])
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        yield page, transport


def test_a_page_that_does_not_read_costs_no_memory(
    server: Server, store: Store, recipe: Recipe, names: list[str]
) -> None:
    """48 kB a frame: what is not taken is not drawn, and the others go on."""
    editor = store.get(SLOW)
    large = Recipe.of(editor.sample(1)[0])
    with narrow_page(server) as (slow, transport), server.page() as other:
        slow.set(large, ["raw 0"])
        other.set(recipe, names[:1])
        seq = 0

        def ask() -> None:
            nonlocal seq
            seq += 1
            slow.pull(seq, 1.0)
            other.pull(seq, 0.5)
            assert other.frame().seq == seq

        size = still = 0
        while still < 100:  # until nothing moves any more
            ask()
            before, size = size, transport.get_write_buffer_size()
            still = still + 1 if size == before > transport.get_write_buffer_limits()[1] else 0
        stuck = seq
        for _ in range(200):
            ask()
        assert size < 64 * 1024 + 2 * 3 * 128 * 128
        assert transport.get_write_buffer_size() == size
        frames = slow.frames_until(seq)
    assert len([frame for frame in frames if frame.seq > stuck]) <= 3
    assert frames[-1].body == drawn(editor, large, {"raw 0": 1.0})


def test_a_page_that_never_reads_loses_its_place(store: Store) -> None:
    server = Server(store, patience=0.3)
    with narrow_page(server) as (page, _):
        page.set(Recipe.of(store.get(SLOW).sample(1)[0]), ["raw 0"])
        seq = 0

        def given_up() -> bool:
            nonlocal seq
            seq += 1
            with suppress(ConnectionClosed):
                page.pull(seq, 1.0)
            return server.live.sockets == 0

        until(lambda: server.live.sockets == 1)
        until(given_up)
    server.stop()


def test_a_page_that_rests_holds_no_model(server: Server, store: Store) -> None:
    """The store keeps three; a socket adds its own only while it is in use."""
    with server.page() as page:
        page.set(Recipe.of(store.get(SLOW).sample(1)[0]), ["raw 0"])
        page.pull(1, 1.0)
        first = page.frame()
        model: weakref.ref[Editor] = weakref.ref(store.get(SLOW))
        for name in (CATS, GREY, DRAWER):
            store.get(name)
        until(lambda: gc.collect() >= 0 and model() is None)
        page.pull(2, 1.0)  # and it comes back when it is asked for
        assert page.frame().body == first.body
