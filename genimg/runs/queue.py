"""Whose turn is it to train? One run at a time, first come, first served.

runs/.queue/000000000007         a ticket: the path of the run that drew it
runs/.queue/000000000008.asked   one drawn for a run whose process has yet to come
runs/.queue/.lock                held while tickets are drawn or counted, for milliseconds

A process that wants to train holds the lock of its run's folder from the start, so a ticket counts
as long as that lock is held: a process that is killed, waiting or training, frees its place at
once, without anybody to clean up after it. Who starts a process draws the ticket for it, as of two
processes the later one may be the first to have started; that ticket counts for a while by itself.

A run that was started by hand waits for nobody, since somebody at a terminal has asked for it now;
but it counts as one that trains, since what is scarce is the machine: two at once would make both
of them slow and untrue what was said of their time.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from genimg.errors import GenimgError, TrainingError
from genimg.files import write_quickly
from genimg.runs.folder import FAILED, STARTING, STARTING_SECONDS, STOPPED, WAITING, RunFiles
from genimg.runs.reading import read_bytes

AT_ONCE = "GENIMG_TRAINING_AT_ONCE"
"""The environment variable that says how many runs may train at once."""
LOOK_SECONDS = 0.4
"""Between two looks at the queue."""
_FAULT = (
    "A fault of the program: {!r}. Going on tries it once more; what it printed last says where it "
    "was."
)
_STOPPED = "stopped before it began"
_ASKED = ".asked"
_TICKET = re.compile(r"0\d{11}(\.asked)?", re.ASCII)  # the first zero leaves room for the next
_LONGEST_PATH = 8192  # bytes


def at_once() -> int:
    """How many runs may train at once: GENIMG_TRAINING_AT_ONCE, 1 if that is not a number."""
    try:
        return max(1, int(os.environ.get(AT_ONCE, "1")))
    except ValueError:
        return 1


def ask(runs: Path, files: RunFiles) -> None:
    """Draw the ticket of a run whose process is about to be started: others that are started later
    go behind it, even if their processes come first.

    Raises:
        TrainingError: the folder cannot be written.
    """
    _draw(runs, files, _ASKED)


@contextmanager
def wait_for_turn(runs: Path, files: RunFiles, at_once: int = 1) -> Iterator[bool]:
    """Wait until fewer than `at_once` runs of the folder `runs` go before this one.

    Gives True when it is this run's turn, which it has until the block ends, and False if it was
    asked to stop meanwhile. `RunFiles.locked` may be entered within the block.

    Raises:
        TrainingError: another process works in the run's folder, or a folder cannot be written.
    """
    with files.reserved():
        tell_waiting(files, "waiting for its turn")
        ticket = _draw(runs, files, "")
        try:
            yield _waited(runs, files, ticket, at_once)
        except BaseException as error:
            if _waits(files):  # or it has been told already how it ended
                _tell_end(files, error)
            raise
        finally:
            with suppress(OSError):
                ticket.unlink(missing_ok=True)


def tell_waiting(files: RunFiles, words: str) -> None:
    """Write the status "waiting", with how far the run was before."""
    files.tell_end(WAITING, words)


def _waited(runs: Path, files: RunFiles, ticket: Path, at_once: int) -> bool:
    while not stopped_meanwhile(files):
        before = _before(runs, files, ticket)
        if before < at_once:
            tell_waiting(files, STARTING)
            return True
        others = "another run" if before == 1 else f"{before} other runs"
        verb = "goes" if before == 1 else "go"
        tell_waiting(files, f"waiting for its turn: {others} {verb} first")
        time.sleep(LOOK_SECONDS)
    return False


def stopped_meanwhile(files: RunFiles) -> bool:
    """Whether somebody has asked a run to stop that has not begun; it is then told as stopped."""
    if not files.stop_requested:
        return False
    files.stop.unlink(missing_ok=True)
    files.tell_end(STOPPED, _STOPPED)
    return True


def _tell_end(files: RunFiles, error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt):
        files.tell_end(STOPPED, _STOPPED)
        return
    mended = isinstance(error, GenimgError)
    trouble = str(error) if mended else _FAULT.format(error)
    files.tell_end(FAILED, "it could not be started", trouble)


def _waits(files: RunFiles) -> bool:
    status = files.status()
    return status is not None and status.phase == WAITING


def _draw(runs: Path, files: RunFiles, kind: str) -> Path:
    """Take the ticket that was drawn for this run, or draw one with a number above all others."""
    folder = runs / ".queue"
    own = files.path.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            tickets = _tickets(folder)
            number = max((_number(ticket) for ticket in tickets), default=0) + 1
            ticket = folder / f"{number:012d}{kind}"
            asked = [each for each in tickets if each.suffix and _path(each) == own]
            if asked and not kind:
                return asked[0].replace(asked[0].with_suffix(""))
            write_quickly(ticket, os.fsencode(own))
    except OSError as error:
        raise TrainingError(
            f"{folder} could not be written ({error.strerror}); free some space, or see to the "
            "rights of the folder"
        ) from error
    return ticket


def _before(runs: Path, files: RunFiles, ticket: Path) -> int:
    """How many runs go before the one with this ticket; tickets of the dead are thrown away."""
    own = files.path.resolve()
    queued: set[Path] = {own}
    before = 0
    with FileLock(ticket.parent / ".lock"):
        for other in _tickets(ticket.parent):
            path = _path(other)
            if path is None:
                continue
            if path == own or not (_expected(other, RunFiles(path)) or RunFiles(path).alive):
                if other != ticket:
                    other.unlink(missing_ok=True)
                continue
            queued.add(path)
            before += _number(other) < _number(ticket)
        by_hand = (path.parent.resolve() for path in runs.glob("[!.]*/.lock"))
        before += sum(RunFiles(path).alive for path in by_hand if path not in queued)
    return before


def _tickets(folder: Path) -> list[Path]:
    """All tickets, the first drawn first. What else lies there is nobody's ticket."""
    found = (path for path in folder.iterdir() if _TICKET.fullmatch(path.name))
    return sorted(found, key=lambda path: (_number(path), path.name))


def _number(ticket: Path) -> int:
    return int(ticket.stem)


def _path(ticket: Path) -> Path | None:
    """The run that drew a ticket, None if the ticket is gone, or is none."""
    found = read_bytes(ticket, _LONGEST_PATH)
    if found is None or not found[0] or b"\0" in found[0]:
        return None
    return Path(os.fsdecode(found[0]))


def _expected(ticket: Path, run: RunFiles) -> bool:
    """Whether this is the ticket of a run whose process has yet to come, and still may.

    One that says that it was drawn later than now is from before the clock was set.
    """
    try:
        age = time.time() - ticket.stat().st_mtime
    except OSError:
        return False
    young = -STARTING_SECONDS < age < STARTING_SECONDS
    return bool(ticket.suffix) and young and _waits(run)
