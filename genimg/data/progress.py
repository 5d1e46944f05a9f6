"""How is it told how far something that takes long is: to a function, or as a bar in a terminal?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

Progress = Callable[[int, int, str], None]
"""Is told how many pictures are done, of how many, and what is being done, in a word or two."""
EVERY = 0.5
"""Seconds between two times that somebody is told who is told seldom."""


@contextmanager
def shown_progress(progress: Progress | None) -> Iterator[Progress]:
    """The given function; for None a bar in the terminal."""
    if progress is not None:
        yield progress
        return
    bar: Any = None
    shown = ""

    def show(done: int, of: int, words: str) -> None:
        nonlocal bar, shown
        if bar is None or shown != words:
            shown = words
            if bar is not None:
                bar.close()
            if done == of:  # nothing was left to do
                bar = None
                return
            bar = tqdm(desc=words, total=of, unit="picture", mininterval=0.5, initial=done)
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()


def seldom(progress: Progress) -> Progress:
    """Passes on what is told at most twice a second, and the end of a step."""
    last = 0.0

    def tell(done: int, of: int, words: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY or done == of:
            last = now
            progress(done, of, words)

    return tell
