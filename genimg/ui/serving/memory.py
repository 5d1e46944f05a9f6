"""What memory is free goes back to the system, soon after it was needed.

glibc keeps what a thread has freed, for the next time, and the app has dozens of threads that work
now and then.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EVERY_SECONDS = 15.0


@contextmanager
def given_back(seconds: float = EVERY_SECONDS) -> Iterator[None]:
    """Meanwhile, free memory goes back so often."""
    over = threading.Event()
    threading.Thread(target=_keep_giving, args=(over, seconds), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def give_back() -> None:
    """Give back what is free now; nothing where the C library is another one."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _keep_giving(over: threading.Event, seconds: float) -> None:
    while not over.wait(seconds):
        give_back()
