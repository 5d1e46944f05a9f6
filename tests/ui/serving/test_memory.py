"""Free memory goes back."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from pathlib import Path

import pytest

from genimg.ui.serving import memory
from genimg.ui.serving.memory import give_back, given_back

PATIENCE = 60.0


def resident() -> int:
    """Bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone keeps it")
def test_what_is_free_goes_back() -> None:
    size, count = 60_000, 2_000  # below what glibc asks the system for by itself
    c = ctypes.CDLL(None)
    c.malloc.restype, c.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    pieces = [c.malloc(size) for _ in range(count)]
    for piece in pieces:
        ctypes.memset(piece, 1, size)
    last = c.malloc(size)  # glibc gives back by itself only what lies behind everything
    for piece in pieces:
        c.free(piece)
    held = resident()
    give_back()
    assert held - resident() > size * count / 2
    c.free(last)


def test_it_goes_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    times, enough = [0], threading.Event()

    def count() -> None:
        times[0] += 1
        if times[0] == 3:
            enough.set()

    monkeypatch.setattr(memory, "give_back", count)
    with given_back(0.01):
        assert enough.wait(PATIENCE)
