"""How do the programs that the app starts come up at once?

A process loads torch and its like once, and is forked for each: to load them takes a program longer
than what the tests have it do. genimg is loaded after the fork, as it reads the environment then;
so nothing here imports it before. `python -m genimg` itself is started by `test_app.py`,
`tests/runs/test_launch.py` and one look of `test_routes.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context, reduction
from typing import IO, Any

import pytest

from tests.preloaded import LATE

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "torchvision", *LATE])
_USERS = ("genimg.runs.launch", "genimg.ui.train.previews", "genimg.ui.train.service")


class _Output:
    """An open file on its way to another process."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Callable[[Any], int], tuple[Any]]:
        return _detached, (reduction.DupFd(self.number),)


def _detached(sent: Any) -> int:
    return int(sent.detach())


def _run(arguments: list[str], environment: dict[str, str], output: int) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    from genimg.cli import main
    from genimg.runs.processes import ROOT

    os.chdir(ROOT)
    for stream in (1, 2):
        os.dup2(output, stream)
    if arguments[0] == "train":  # nobody here asks which arithmetic is the fastest
        from genimg.training.planning import compute

        compute.TIMED_STEPS = 1
    sys.exit(main(arguments))


class Forked:
    """A forked program, of which the app may ask what it asks of a `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str], output: int) -> None:
        words = (list(arguments), environment, _Output(output))
        self._process = _FORKS.Process(target=_run, args=words)
        self._process.start()
        self._lock = threading.Lock()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def wait(self, timeout: float = 600.0) -> int:
        """Its exit code, when it has one; as many threads as like may wait."""
        limit = time.monotonic() + timeout
        while time.monotonic() < limit:
            with self._lock:
                code = self._process.exitcode
            if code is not None:
                return code
            time.sleep(0.01)
        raise subprocess.TimeoutExpired("genimg", timeout)


def spawn(arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]) -> Forked:
    """In place of `genimg.runs.processes.spawn`; as nice to others as any process is."""
    return Forked(arguments, {**os.environ, **environment}, output.fileno())


def use_forks(patch: pytest.MonkeyPatch) -> None:
    """Let the app of this process start its programs so."""
    for user in _USERS:
        patch.setattr(f"{user}.spawn", spawn)
