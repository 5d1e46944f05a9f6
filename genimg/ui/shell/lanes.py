"""Which pictures are drawn where, so that slow work is never in the way of quick work?

A model that takes long for a picture is drawn on a lane of its own: whoever uses it waits for
others that use such models, and nobody waits for them. Work for which nobody waits with a slider in
the hand steps back for that of those who do.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from PIL import Image

from genimg import Latent
from genimg.editor import Editor

SLOW_SECONDS = 0.15
"""Of a processor, for a picture: a model that takes longer is slow."""
PATIENT, VERY_PATIENT = 2, 7
"""How much nicer than others a thread is (see nice(1)) where a person can do something else while
they wait, and where nobody waits. Each step is a quarter more or less of a busy processor: at 10,
small pictures took 8 s on a machine that was busy; at 0, drawing them took a third of their frames
from ten people who pulled.
"""
PHOTOGRAPH = 512
"""Pixels a side of the picture by which a model of any photograph is timed."""
LATE_SECONDS = 0.3
"""After so long, what waits is done by a thread that steps back for nobody."""
_KEPT = 100

P = ParamSpec("P")
T = TypeVar("T")


class Pace:
    """How long models take for a picture, each measured once.

    It is the time of the processor, which does not depend on who else works.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def of(self, editor: Editor) -> float:
        """Seconds for a picture; draws up to two where that is not known."""
        known = self._seconds.get(editor.model_id)
        if known is not None:
            return known
        latent = _some_latent(editor)
        seconds = _seconds(lambda: editor.decode(latent))
        if seconds > SLOW_SECONDS:  # the first one may have prepared something
            seconds = min(seconds, _seconds(lambda: editor.decode(latent)))
        while len(self._seconds) >= _KEPT:
            self._seconds.pop(next(iter(self._seconds)))
        self._seconds[editor.model_id] = seconds
        return seconds


def _some_latent(editor: Editor) -> Latent:
    if editor.has_kind:
        return editor.sample(1)[0]
    return editor.encode(Image.new("RGB", (PHOTOGRAPH, PHOTOGRAPH)))


class Newest:
    """Work for a few threads: the address that has waited longest is next, with its newest work.

    Args:
        pool: the threads that do it.
        helpers: threads that help where somebody has waited for LATE_SECONDS.
    """

    def __init__(self, pool: ThreadPoolExecutor, helpers: ThreadPoolExecutor | None = None) -> None:
        self._pool = pool
        self._helpers = helpers
        self._waiting: list[tuple[str, Callable[[], Any], Future[Any], float]] = []
        self._since: dict[str, float] = {}  # when each address that waits began to
        self._changing = threading.Lock()

    def submit(self, address: str, work: Callable[[], T]) -> Future[T]:
        """Have something done; what is cancelled before its turn is not."""
        future: Future[T] = Future()
        now = time.monotonic()
        with self._changing:
            self._waiting.append((address, work, future, now))
            self._since.setdefault(address, now)
        self._pool.submit(self._work)
        if self._helpers is not None:
            self._helpers.submit(self._help, now)
        return future

    def _help(self, since: float) -> None:
        """Do what is next, if anything has waited too long that came then or before."""
        time.sleep(max(0.0, since + LATE_SECONDS - time.monotonic()))
        with self._changing:
            late = any(came <= since for _, _, _, came in self._waiting)
        if late:
            self._work()

    def _work(self) -> None:
        """Do what is next, which need not be what was submitted with this turn."""
        with self._changing:
            self._waiting = [one for one in self._waiting if not one[2].cancelled()]
            if not self._waiting:
                return
            number, (address, work, future, _) = min(
                enumerate(self._waiting),
                key=lambda one: (self._since[one[1][0]], -one[0]),
            )
            del self._waiting[number]
            self._since[address] = time.monotonic()  # what else it asks waits its turn
            there = {one[0] for one in self._waiting}
            self._since = {who: when for who, when in self._since.items() if who in there}
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)


def patient_pool(workers: int, name: str, nice: int = PATIENT) -> ThreadPoolExecutor:
    """Threads that leave the processor to those who need it at once."""
    return ThreadPoolExecutor(workers, name, initializer=_step_back, initargs=(nice,))


def on(pool: ThreadPoolExecutor, fn: Callable[P, T]) -> Callable[P, T]:
    """The same function, done by the threads of a pool while the caller waits."""

    @wraps(fn)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> T:
        # Gradio knows by its context whose event this is.
        context = copy_context()
        return pool.submit(lambda: context.run(fn, *args, **kwargs)).result()

    return waiting


def _step_back(nice: int) -> None:
    # Linux alone has a niceness of each thread.
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            before = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, before + nice)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return time.thread_time() - begin
