"""How is a run started, stopped, continued, prolonged and deleted from another process?

A run that is started here outlives the process that started it. What can be asked of it goes
through its files: see `genimg.runs.folder`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from genimg.errors import TrainingError
from genimg.files import write_atomically
from genimg.runs.folder import FAILED, FINISHED, PREPARING, STARTING, RunFiles
from genimg.runs.listing import summary
from genimg.runs.names import is_name
from genimg.runs.processes import ask_to_end, spawn
from genimg.runs.queue import ask, tell_waiting
from genimg.runs.reading import read_bytes, read_json

LARGEST_LOG = 1_000_000
"""Bytes above which the log of earlier sittings is thrown away when a run is started again."""


def start(
    runs: Path,
    name: str,
    arguments: Sequence[str],
    about: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> RunFiles:
    """Start `python -m genimg train` in a new folder of `runs`; it waits there for its turn.

    Args:
        name: of the folder, see `genimg.runs.names`.
        arguments: those of `train`, without --out and --queue.
        about: what is known of the run before it has read its pictures, for those who watch:
            title, family, data.
        environment: variables that the process is given besides those of this one.

    Raises:
        TrainingError: the name is taken or none, or the folder cannot be written.
    """
    if not is_name(name):
        raise TrainingError(f"{name!r} cannot be the name of a run; use letters, digits and dashes")
    files = RunFiles(runs / name)
    try:
        runs.mkdir(parents=True, exist_ok=True)
        files.path.mkdir()
    except FileExistsError:
        raise TrainingError(f"there is a run named {name!r} already; choose another name") from None
    except OSError as error:
        raise TrainingError(f"cannot write to {runs}: {error.strerror}") from error
    command = {"arguments": list(arguments), "about": dict(about or {}), "created": time.time()}
    _write_command(files, command)
    _launch(files, arguments, environment)
    return files


def stop(files: RunFiles) -> None:
    """Ask a run to write its state and stop; one on which nobody works is left as it is.

    One that still reads its pictures does not look for requests: it is sent a signal.
    """
    run = summary(files)
    if not run.working:
        return
    files.request_stop()
    # The number of a process may be given to another one: not as long as it holds the lock.
    told = run.status
    if told.phase == PREPARING and told.pid not in (0, os.getpid()) and files.alive:
        ask_to_end(told.pid)


def resume(files: RunFiles, environment: Mapping[str, str] | None = None) -> None:
    """Start the process of a run again, which goes on from its last state.

    Raises:
        TrainingError: it is at work, finished, or was not started by `start`.
    """
    if summary(files).phase == FINISHED:
        raise TrainingError(f"the run {files.path.name!r} is finished; give it more time instead")
    _launch(files, _command(files)["arguments"], environment)


def extend(files: RunFiles, minutes: float, environment: Mapping[str, str] | None = None) -> None:
    """Start a run that is at rest again with another budget: `minutes` in all, not more.

    Raises:
        TrainingError: it is at work, or was not started by `start`.
    """
    command = _command(files)
    budgets = ("--minutes=", "--images=")
    kept = [word for word in command["arguments"] if not word.startswith(budgets)]
    command["arguments"] = [*kept, f"--minutes={minutes:g}"]
    _refuse_working(files)  # before its command is changed
    _write_command(files, command)
    last = files.status()
    if last is not None:  # so much of the new budget is spent
        files.tell(
            last.phase,
            progress=min(1.0, last.seconds / (60.0 * minutes)),
            images=last.images,
            seconds=last.seconds,
        )
    _launch(files, command["arguments"], environment)


def delete(files: RunFiles) -> None:
    """Delete all files of a run. An installed model stays in the menu.

    Raises:
        TrainingError: a process works on it, or it cannot be deleted.
    """
    _refuse_working(files)
    if files.path.is_symlink() or not is_name(files.path.name):
        raise TrainingError(f"{files.path} is not a folder of this program; delete it by hand")
    # Out of sight in one move: a run is never seen with half of its files.
    away = files.path.with_name(f".deleted-{secrets.token_hex(6)}")
    try:
        files.path.rename(away)
    except OSError as error:
        raise TrainingError(f"{files.path} cannot be deleted: {error.strerror}") from error
    shutil.rmtree(away, ignore_errors=True)


def sweep(runs: Path) -> None:
    """Delete what is left of runs whose deletion was cut short."""
    for away in runs.glob(".deleted-*"):
        shutil.rmtree(away, ignore_errors=True)


def command_line(files: RunFiles) -> list[str]:
    """The words that would do the same in a terminal; [] for a run that `start` did not start."""
    command = read_json(files.command)
    words = command.get("arguments") if isinstance(command, dict) else None
    return [str(word) for word in words] if isinstance(words, list) else []


def _command(files: RunFiles) -> dict[str, Any]:
    command = read_json(files.command)
    words = command.get("arguments") if isinstance(command, dict) else None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TrainingError(
            f"the run {files.path.name!r} was started in a terminal: the same command continues it "
            "there"
        )
    assert isinstance(command, dict)
    return command


def _write_command(files: RunFiles, command: Mapping[str, Any]) -> None:
    try:
        write_atomically(files.command, json.dumps(dict(command), indent=1).encode())
    except OSError as error:
        raise TrainingError(f"cannot write to {files.path}: {error.strerror}") from error


def _refuse_working(files: RunFiles) -> None:
    if files.alive or summary(files).working:
        raise TrainingError(f"the run {files.path.name!r} is at work; stop it first")


def _launch(
    files: RunFiles, arguments: Sequence[str], environment: Mapping[str, str] | None
) -> None:
    _refuse_working(files)
    words = ["train", *arguments, f"--out={files.path.resolve()}", "--queue"]
    try:
        files.stop.unlink(missing_ok=True)
        tell_waiting(files, STARTING)
        ask(files.path.parent, files)
        with _open_log(files.log_file) as log:
            process = spawn(words, environment or {}, log)
    except (OSError, TrainingError) as error:
        trouble = f"{files.path} cannot be started: {getattr(error, 'strerror', error)}"
        files.tell_end(FAILED, "it could not be started", trouble)
        raise TrainingError(trouble) from error
    threading.Thread(target=_watch, args=(files, process), daemon=True).start()


def _watch(files: RunFiles, process: subprocess.Popen[bytes]) -> None:
    """Wait for a process, and tell what it said if it ended before it could tell so itself."""
    code = process.wait()
    if code > 0 and not files.alive and summary(files).working:
        trouble = "".join(log_lines(files, 1)).removeprefix("genimg: error: ")
        files.tell_end(FAILED, "it could not be started", trouble)


def log_lines(files: RunFiles, count: int) -> list[str]:
    """The last lines that the process printed."""
    found = read_bytes(files.log_file, 300 * count + 10_000, end=True)
    text = found[0].decode("utf-8", errors="replace") if found else ""
    lines = [line.rpartition("\r")[2].rstrip() for line in text.split("\n")]
    return [line for line in lines if line][-count:]


def _open_log(path: Path) -> IO[bytes]:
    """The log to write on; a long one begins anew. What is no file of ours makes room for one."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            path.unlink()
        elif status.st_size <= LARGEST_LOG:
            return path.open("ab")
    except FileNotFoundError:
        pass
    return path.open("wb")
