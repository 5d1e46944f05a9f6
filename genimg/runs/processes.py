"""How is `python -m genimg ...` started as a process of its own, and ended?

Arguments are a list from end to end: no shell ever reads them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from genimg.files import INSTALLED

ROOT = Path(__file__).resolve().parents[2]
"""Where the package lies: the working directory of its processes, so that they find it."""
NICENESS = 5
"""On POSIX systems; those who pull a slider meanwhile wait less."""


def spawn(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start the program; what it prints goes to the file `output`.

    It belongs to a session of its own: neither the end of this process nor a Ctrl-C in its
    terminal reaches it. Somebody has to `wait` for it, or it stays in the table of processes.
    """
    settings: dict[str, Any] = {}
    if sys.platform == "win32":
        settings["creationflags"] = (
            subprocess.DETACHED_PROCESS
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
    else:
        settings["start_new_session"] = True
    process = subprocess.Popen(
        # Where packages are installed, some may be named like Python's own modules: -P leaves the
        # working directory out of where modules are looked for.
        [sys.executable, *(["-P"] if INSTALLED else []), "-m", "genimg", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        **settings,
    )
    if sys.platform != "win32":
        with suppress(OSError):  # it may be gone already
            own = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, process.pid, max(NICENESS, own))
    return process


def ask_to_end(pid: int) -> None:
    """Send a process the signal to end; one that is gone is no trouble."""
    with suppress(OSError):
        os.kill(pid, signal.SIGTERM)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of `spawn` and all that it has started, at once, and wait for it."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(OSError):  # its session has the number of its first process
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
