"""Which runs are there, and how are they doing?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genimg.runs.description import EARLIER, Kind, kind_of
from genimg.runs.folder import (
    FAILED,
    FINISHED,
    STARTING,
    STARTING_SECONDS,
    STOPPED,
    TRAINING,
    WAITING,
    RunFiles,
    Status,
)
from genimg.runs.reading import read_json

INTERRUPTED = "interrupted"
"""The process is gone, killed or with the machine, and did not say so."""
DAMAGED = "damaged"
"""What the files say cannot be read."""
AT_REST = frozenset((FINISHED, STOPPED, FAILED, INTERRUPTED, DAMAGED))
"""Phases in which no process works on a run."""
_CLOCKS = 24 * 3600.0  # seconds by which the clocks of two machines may differ


@dataclass(frozen=True)
class Summary:
    """One run, as its files tell.

    Attributes:
        files: where it lies; the folder's name is its name.
        phase: one of `genimg.runs.PHASES`, INTERRUPTED or DAMAGED.
        status: what its process said last; its phase may be out of date.
        description: run.json, {} as long as the pictures are being read.
        about: what was known when it was asked for: title, family, data; {} if it was started by
            hand.
        created: when it was asked for, in seconds since 1970.
    """

    files: RunFiles
    phase: str
    status: Status
    description: dict[str, Any]
    about: dict[str, Any]
    created: float

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.files.path.name

    @property
    def kind(self) -> Kind:
        """What it says of its kind; one of an earlier version, or that has not begun, little."""
        return kind_of(self.description) or EARLIER

    @property
    def working(self) -> bool:
        """Whether a process works on it, or is about to."""
        return self.phase not in AT_REST

    @property
    def starting(self) -> bool:
        """Whether it has its turn, and waits for nothing but its program."""
        return self.phase == WAITING and self.status.words == STARTING


def runs_in(folder: Path) -> list[Summary]:
    """All runs in a folder, the newest first. Folders that hold no run are passed over."""
    try:
        paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []
    runs = [summary(RunFiles(path)) for path in paths if is_run(path)]
    return sorted(runs, key=lambda run: (run.created, run.name), reverse=True)


def is_run(path: Path) -> bool:
    """Whether a folder holds a training run, whatever state that is in."""
    files = RunFiles(path)
    signs = (files.command, files.description, files.status_file, files.progress, files.model)
    try:
        return path.is_dir() and any(sign.is_file() for sign in (*signs, files.state))
    except OSError:
        return False


def summary(files: RunFiles) -> Summary:
    """What the files of one run tell. Nothing in them makes this raise."""
    alive = files.alive  # before the status: a run that ends in between has then said so
    status = files.status()
    command = read_json(files.command)
    command = command if isinstance(command, dict) else {}
    about = command.get("about")
    description = files.read_description()
    created = _time(command.get("created", description.get("created")))
    return Summary(
        files,
        _phase(files, status, alive),
        status or Status(""),
        description,
        about if isinstance(about, dict) else {},
        _changed(files.path) if created is None else created,
    )


def _phase(files: RunFiles, status: Status | None, alive: bool) -> str:
    if status is None:
        # As runs were before they told how they do, or as somebody has damaged them.
        if alive:
            return TRAINING
        if files.model.is_file():
            return FINISHED
        return DAMAGED if files.status_file.exists() or not files.state.is_file() else STOPPED
    if alive or status.phase in AT_REST:
        return status.phase
    starting = status.phase == WAITING and 0 <= time.time() - status.updated < STARTING_SECONDS
    return WAITING if starting else INTERRUPTED


def _time(value: object) -> float | None:
    """When something was asked for, None if it cannot have been then."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= time.time() + _CLOCKS else None


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
