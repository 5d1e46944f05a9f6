"""Slow work is never in the way of quick work."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path

import pytest

from genimg.editor import Editor
from genimg.ui.shell.lanes import Newest, Pace, on, patient_pool

from ..edit.live_client import PATIENCE, asleep


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def test_addresses_take_turns_and_the_newest_of_each_comes_first(pool: ThreadPoolExecutor) -> None:
    newest = Newest(pool)
    done: list[str] = []
    with asleep(pool):
        asked = ["a1", "a2", "a3", "b1", "b2", "c1"]
        futures = [newest.submit(one[0], lambda one=one: done.append(one)) for one in asked]
        futures[1].cancel()
    for future in futures:
        if not future.cancelled():
            future.result(PATIENCE)
    assert {one[0] for one in done[:3]} == {"a", "b", "c"}, "each had a turn first"
    assert done.index("a3") < done.index("a1") and done.index("b2") < done.index("b1")
    assert "a2" not in done


def test_who_has_waited_for_long_is_helped(pool: ThreadPoolExecutor) -> None:
    with ThreadPoolExecutor(1, "helper") as helper:
        newest = Newest(pool, helper)

        def who() -> str:
            return threading.current_thread().name

        with asleep(pool):
            futures = [newest.submit("a", who) for _ in range(3)]
            assert [future.result(PATIENCE) for future in futures] == ["helper_0"] * 3
        assert newest.submit("a", who).result(PATIENCE) != "helper_0", "nobody had to wait"


def test_what_goes_wrong_is_told_to_whom_it_concerns(pool: ThreadPoolExecutor) -> None:
    newest = Newest(pool)

    def fail() -> None:
        raise ValueError("no")

    failing, working = newest.submit("a", fail), newest.submit("a", lambda: 3)
    with pytest.raises(ValueError, match="no"):
        failing.result(PATIENCE)
    assert working.result(PATIENCE) == 3


def test_a_pool_does_a_function_in_the_context_of_its_caller(pool: ThreadPoolExecutor) -> None:
    who: ContextVar[str] = ContextVar("who", default="nobody")
    who.set("me")

    def plain(extra: int) -> tuple[str, int, bool]:
        """What it does."""
        return who.get(), extra, threading.current_thread() is threading.main_thread()

    asked = on(pool, plain)
    assert asked(extra=3) == ("me", 3, False)
    assert (asked.__name__, asked.__doc__) == ("plain", "What it does.")


def test_patient_threads_are_nicer_than_the_others() -> None:
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with patient_pool(1, "test", 3) as pool:
        expected = min(19, nice() + 3) if sys.platform == "linux" else nice()
        assert pool.submit(nice).result() == expected


def test_a_pace_is_measured_once(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = Editor.load(tiny_checkpoint)
    drawn = 0
    decode = editor.decode

    def counted(*latents: object) -> object:
        nonlocal drawn
        drawn += 1
        return decode(*latents)  # type: ignore[arg-type]

    monkeypatch.setattr(editor, "decode", counted)
    pace = Pace()
    begin = time.thread_time()
    seconds = pace.of(editor)
    assert 0 <= seconds <= time.thread_time() - begin
    assert pace.of(editor) == seconds and drawn <= 2
