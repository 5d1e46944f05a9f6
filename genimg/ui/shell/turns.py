"""How do the actions of one person, which overlap, come one after the other?"""

from __future__ import annotations

import threading
from typing import Self


class Turns:
    """Something of one person's that one action at a time may change: in a `with` block.

    Actions overlap: a slider is let go while a picture is still being opened. In a block, each
    starts from what the one before has left behind.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._latest = 0.0

    def __enter__(self) -> Self:
        self._turn.acquire()
        return self

    def __exit__(self, *reason: object) -> None:
        self._turn.release()

    def is_late(self, at: object) -> bool:
        """Whether a click made at `at` (milliseconds of the page's clock) is older than one that
        has been here already. What is no time is never late.
        """
        if isinstance(at, bool) or not isinstance(at, (int, float)):
            return False
        late = at < self._latest
        self._latest = max(self._latest, at)
        return late

    def __deepcopy__(self, memo: object) -> Self:
        """Everybody starts with an empty one."""
        return type(self)()
