"""What lies in the folder of a training run, and how others learn from it how the run is doing?

runs/<name>/run.json            what is trained, on what, and what was chosen and why
runs/<name>/status.json         how the run is doing, rewritten about every second
runs/<name>/progress.jsonl      one line a validation
runs/<name>/samples/*.png       what the model makes of the same pictures and seeds, as it learns
runs/<name>/state/state.pt      everything that an exact resume needs
runs/<name>/state/good.pt       the last state that was found to be good, to go back to
runs/<name>/model.safetensors   the finished model
runs/<name>/log.txt             what the process printed, where it was started by the app
runs/<name>/command.json        the arguments that start it again
runs/<name>/stop                a request to stop
runs/<name>/.lock               locked while a process works here

A run is a process of its own. Whoever watches it reads these files and nothing else, so a run
outlives every page and every app, and can be watched by any of them.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from genimg.errors import TrainingError
from genimg.files import copy_quickly, write_atomically, write_quickly
from genimg.runs.reading import LARGEST, read_json, read_lines

WAITING, PREPARING, TRAINING, FINISHING = "waiting", "preparing", "training", "finishing"
FINISHED, STOPPED, FAILED = "finished", "stopped", "failed"
PHASES = (WAITING, PREPARING, TRAINING, FINISHING, FINISHED, STOPPED, FAILED)
KEPT = ("progress", "images", "seconds")
"""What of a status stays true when a run begins or ends to work."""
STARTING = "starting"
"""Words of a run that has its turn, and waits for nothing but its program."""
LOCK_SECONDS = 2.0
"""How long a run waits for its lock: somebody may have it for a moment to see whether it is free.
"""
MOST_SHEETS = 2000
"""Sample sheets of a run that are told of."""
STARTING_SECONDS = 20.0
"""For so long a process that was just started may not have locked its folder yet."""

_FOLDERS = ("samples", "state", "critics", "folds", "tensorboard")
_LEFT = re.compile(
    r"\.(run|status|progress|command|state|good|model|\d+)-[0-9a-f]{12}(\.\w+)?", re.ASCII
)
"""Names of temporary files of `genimg.files` for the files of a run."""

_SHEET = re.compile(r"\d{1,12}\.png", re.ASCII)

_reserved: dict[str, FileLock] = {}
"""Locks that this process holds for a `locked` that is yet to come, by their files."""
_probing = threading.Lock()
"""Held while a lock is tried, so that two who look at once do not find each other."""


@dataclass(frozen=True)
class Status:
    """How a run is doing.

    Attributes:
        phase: one of PHASES.
        words: one sentence on what is being done or was done.
        progress: part of the budget that is spent, 0 to 1.
        images: training pictures seen.
        seconds: time spent training, over all sittings.
        seconds_left: until training ends, or the pictures are there, as far as can be told; -1 if
            it cannot.
        speed: pictures a second.
        updated: when this was written, in seconds since 1970.
        pid: the process that wrote it.
        trouble: what went wrong, for a person, "" if nothing did.
        prepared: part of the pictures that have been read or drawn, 0 to 1, before it trains.
    """

    phase: str
    words: str = ""
    progress: float = 0.0
    images: int = 0
    seconds: float = 0.0
    seconds_left: float = -1.0
    speed: float = 0.0
    updated: float = 0.0
    pid: int = 0
    trouble: str = ""
    prepared: float = 0.0


class RunFiles:
    """The files of one run, for the process that trains and for those who watch it."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.description = self.path / "run.json"
        self.status_file = self.path / "status.json"
        self.progress = self.path / "progress.jsonl"
        self.samples = self.path / "samples"
        self.state = self.path / "state" / "state.pt"
        self.good = self.path / "state" / "good.pt"
        self.model = self.path / "model.safetensors"
        self.log_file = self.path / "log.txt"
        self.command = self.path / "command.json"
        self.stop = self.path / "stop"
        self.lock = self.path / ".lock"

    # -- for the process that trains

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder and keep other processes from training in it.

        Raises:
            TrainingError: another process trains here, or the folder cannot be written.
        """
        place = os.path.realpath(self.lock)
        reserved = _reserved.pop(place, None)
        lock = reserved or self._acquired()
        try:
            if reserved is None:
                self.stop.unlink(missing_ok=True)  # it was meant for an earlier process
            self._sweep()
            yield
        finally:
            if reserved is None:
                lock.release()
            else:
                _reserved[place] = reserved

    def _sweep(self) -> None:
        """Delete what a process that was killed while writing has left, and nothing else."""
        for place in (self.path, *(self.path / name for name in _FOLDERS)):
            for leftover in place.glob(".*-*"):
                if _LEFT.fullmatch(leftover.name) and leftover.is_file():
                    leftover.unlink(missing_ok=True)

    def _refuse_foreign(self) -> None:
        """Raise TrainingError for a folder with things in it that are not those of a run."""
        signs = (self.command, self.description, self.status_file, self.progress, self.model)
        if not self.path.is_dir() or any(sign.is_file() for sign in (*signs, self.state)):
            return
        own = {self.lock.name, self.log_file.name, self.stop.name, *_FOLDERS}
        # Sheets are deleted where they are later than a state; a run without a state has none.
        for entry in (*self.path.iterdir(), *self.samples.glob("*")):
            if entry.name not in own and not _LEFT.fullmatch(entry.name):
                raise TrainingError(
                    f"{self.path} holds other things than a run ({entry.name}); choose another "
                    "--out, a folder that is empty or not there yet"
                )

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Lock the folder; the next `locked` of this process takes that lock over.

        So a run that waits for its turn has its folder from the start, and nobody starts it twice.

        Raises:
            TrainingError: as `locked`.
        """
        place = os.path.realpath(self.lock)
        lock = self._acquired()
        _reserved[place] = lock
        try:
            if self._stop_age() > STARTING_SECONDS:
                self.stop.unlink(missing_ok=True)  # it was meant for an earlier process
            yield
        finally:
            _reserved.pop(place, None)
            lock.release()

    def _stop_age(self) -> float:
        """Seconds since somebody asked the run to stop, 0 if nobody has."""
        try:
            return time.time() - self.stop.stat().st_mtime
        except OSError:
            return 0.0

    def _acquired(self) -> FileLock:
        try:
            self._refuse_foreign()
            self.samples.mkdir(parents=True, exist_ok=True)
            self.state.parent.mkdir(exist_ok=True)
            lock = FileLock(self.lock)
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise TrainingError(
                f"another process is training in {self.path}; wait for it or choose another --out"
            ) from None
        except OSError as error:
            raise TrainingError(
                f"cannot write to {self.path}: {error.strerror}; see to the rights of the folder "
                "and to the space there, or choose another --out"
            ) from error
        return lock

    def describe(self, values: Mapping[str, Any]) -> None:
        """Write run.json. Raises TrainingError if the disk does not allow it."""
        text = json.dumps(dict(values), indent=1)  # ASCII: names of folders may be odd
        self._write(self.description, text.encode())

    def tell(self, phase: str, words: str = "", **numbers: Any) -> None:
        """Write status.json. It is only for those who watch: what the disk refuses is let be."""
        status = Status(phase, words, **numbers, updated=time.time(), pid=os.getpid())
        with suppress(OSError):
            write_quickly(self.status_file, json.dumps(asdict(status)).encode())

    def tell_end(self, phase: str, words: str, trouble: str = "") -> None:
        """Tell how the work ended, with the numbers that were told last."""
        last = self.status() or Status(phase)
        self.tell(phase, words, trouble=trouble, **{name: getattr(last, name) for name in KEPT})

    def tell_again(self, status: Status | None) -> None:
        """Tell what was told before: nothing has come of what was begun since."""
        if status is None:
            with suppress(OSError):
                self.status_file.unlink(missing_ok=True)
            return
        values = asdict(status)
        self.tell(**{k: v for k, v in values.items() if k not in ("updated", "pid")})

    def leave(self) -> None:
        """Take away what was made for a run that never began; what somebody may want stays."""
        kept = (self.state, self.model, self.command, self.progress)
        if any(os.path.exists(path) for path in kept):
            return
        if os.path.realpath(self.lock) not in _reserved and self.alive:
            return  # it is another process that begins here
        for path in (self.status_file, self.description, self.lock):
            with suppress(OSError):  # there is none, or it is not ours
                path.unlink()
        for path in (self.state.parent, self.samples, self.path):
            with suppress(OSError):  # there is something in it that is not ours
                path.rmdir()

    def log(self, record: Mapping[str, Any]) -> None:
        """Add one line to the progress file. Raises TrainingError if the disk is full."""
        try:
            with self.progress.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dict(record)) + "\n")
        except OSError as error:
            raise _not_written(self.progress, error) from error

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data)
        except OSError as error:
            raise _not_written(path, error) from error

    def _copy(self, source: Path, target: Path) -> None:
        try:
            copy_quickly(source, target)
        except OSError as error:
            raise _not_written(target, error) from error

    # -- for those who watch

    @property
    def alive(self) -> bool:
        """Whether a process works here now."""
        if not os.path.isfile(self.lock):  # or it is in a folder that we may not look into
            return False
        lock = FileLock(self.lock)
        with _probing:
            try:
                lock.acquire(timeout=0)
            except Timeout:
                return True
            except OSError:  # not ours to lock: somebody else's run, finished or not
                return False
            lock.release()
        return False

    @property
    def stop_requested(self) -> bool:
        """Whether somebody has asked the run to stop."""
        return os.path.exists(self.stop)

    def request_stop(self) -> None:
        """Ask the run to write its state and stop; it looks about once a second."""
        self._write(self.stop, b"")

    def status(self) -> Status | None:
        """How the run is doing, or None if nobody has said so yet or the file is damaged.

        What a process that is no longer there said last is told as "stopped". Numbers that cannot
        be, as a progress of 7 or a negative time, are brought to the nearest that can.
        """
        values = read_json(self.status_file)
        if not isinstance(values, dict) or values.get("phase") not in PHASES:
            return None
        known: dict[str, Any] = {}
        for field in fields(Status):
            value = values.get(field.name, field.default)
            kinds = (int, float) if not isinstance(field.default, str) else (str,)
            wrong = not isinstance(value, kinds) or isinstance(value, bool)
            known[field.name] = field.default if wrong else value
        known["phase"] = values["phase"]
        for name in ("progress", "prepared"):
            known[name] = min(max(known[name], 0.0), 1.0)
        known["images"] = min(max(0, round(known["images"])), LARGEST)
        known["seconds"] = max(0.0, known["seconds"])
        pid = known["pid"]  # 0 and below stand for many processes
        known["pid"] = pid if isinstance(pid, int) and 0 < pid < 2**31 else 0
        return Status(**known)

    def read_description(self) -> dict[str, Any]:
        """run.json, or {} if it is not there or damaged."""
        values = read_json(self.description)
        return values if isinstance(values, dict) else {}

    def read_progress(self) -> list[dict[str, Any]]:
        """The lines of progress.jsonl that are whole, oldest first."""
        return read_lines(self.progress)

    def sheets(self) -> list[Path]:
        """The sample sheets, the earliest first; the stem of each is the pictures seen by then.

        Of very many the latest. Links are no sheets.
        """
        try:
            with os.scandir(self.samples) as entries:
                names = [
                    entry.name
                    for entry in entries
                    if _SHEET.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
                ]
        except OSError:
            return []
        return [self.samples / name for name in sorted(names)[-MOST_SHEETS:]]


def _not_written(path: Path, error: OSError) -> TrainingError:
    return TrainingError(
        f"{path} could not be written ({error.strerror}); what was written before is kept: free "
        "some space, or see to the rights of the folder, and run the same command again"
    )
