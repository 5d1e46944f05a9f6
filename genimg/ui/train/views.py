"""How is a run told to the page? Plain values of what its files say."""

from __future__ import annotations

import math
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from genimg.files import INSTALLED, model_folders
from genimg.runs import (
    DAMAGED,
    FAILED,
    FINISHED,
    FINISHING,
    STOPPED,
    RunFiles,
    Status,
    Summary,
    escaped_name,
    judge,
)
from genimg.runs.description import Graph
from genimg.runs.launch import command_line, log_lines
from genimg.runs.processes import ROOT
from genimg.ui.train.answers import Choice, GraphAnswer, Run, RunAct, RunBrief, RunFacts
from genimg.ui.words import say

PATH = "/genimg/training"
MOST_POINTS = 600
"""Of a curve."""
MOST_CURVES = 60
MOST_CHOICES = 100
"""Of a plan, and rows of a sheet."""
LONGEST = 1000
"""Characters of what a run says of itself."""
LOG_LINES = 40
_PHASES = {
    "interrupted": "train.state_interrupted",
    "damaged": "train.state_damaged",
}
_CHOICE = ("what", "value", "why")
_NOT_CURVES = ("images", "seconds", "step")


def brief(run: Summary, model: str | None) -> RunBrief:
    """One run as the list shows it; `model` is its name in the menu, if it is there."""
    return {**_facts(run, model), "frames": len(run.files.sheets())}


def _facts(run: Summary, model: str | None) -> RunFacts:
    status, about = run.status, run.description or run.about
    kind = run.kind
    sheets, name = run.files.sheets(), escaped_name(run.name)
    return {
        "name": name,
        "title": _first_text(run.about.get("title"), about.get("title"), name),
        "family": _first_text(about.get("family")),
        "kind": _first_text(kind.title, about.get("family")),
        "draws": not kind.closed,
        "data": _first_text(about.get("title"), about.get("data")),
        "phase": run.phase,
        "starting": run.starting,
        "working": run.working,
        "acts": _acts(run),
        "words": (say(_PHASES[run.phase]) if run.phase in _PHASES else status.words)[:LONGEST],
        "trouble": status.trouble[:LONGEST],
        "progress": 1.0 if run.phase == FINISHED else status.progress,
        "prepared": status.prepared,
        "images": status.images,
        "seconds": status.seconds,
        "seconds_left": _left(run),
        "speed": status.speed,
        "created": run.created,
        "model": model,
        # os.path, as pathlib raises in a folder that we may not look into.
        "opens": os.path.isfile(run.files.model)
        or (os.path.isfile(run.files.state) and status.images > 0),
        "last_frame": frame_url(run.name, sheets[-1]) if sheets else None,
    }


def _acts(run: Summary) -> list[RunAct]:
    """What makes sense for a run as it is now."""
    if run.working:
        return [] if run.phase == FINISHING else ["stop"]
    if run.phase == FINISHED:
        return ["extend", "delete"]
    return ["delete"] if run.phase == DAMAGED else ["resume", "delete"]


def lost(files: RunFiles) -> RunBrief:
    """A run of which nothing can be told but that it is there, as the list shows it."""
    return {**brief(Summary(files, DAMAGED, Status(""), {}, {}, 0.0), None), "opens": False}


def full(run: Summary, model: str | None, checkpoints: Path, removable: bool) -> Run:
    """One run with all that the page shows of it; `checkpoints` is the folder of the models, and
    its own there is `removable` where it is nobody else's.
    """
    rows = run.files.read_progress()
    sheet = run.description.get("sheet")
    sheet = sheet if isinstance(sheet, dict) else {}
    columns = sheet.get("columns")
    return {
        **_facts(run, model),
        "graphs": [_graph(graph) for graph in run.kind.graphs],
        "plan": _plan(run.description.get("plan")),
        "curves": curves(rows),
        "frames": [
            {"images": int(path.stem), "url": frame_url(run.name, path)}
            for path in run.files.sheets()
        ],
        "rows": [_first_text(row) for row in _some(sheet.get("rows"))],
        "columns": columns if isinstance(columns, int) and 0 < columns <= 100 else 10,
        "health": [
            {"kind": found.kind, "words": found.words[:LONGEST]}
            for found in judge(rows, run.description, _course(run))
        ],
        "log": log_lines(run.files, LOG_LINES),
        "command": shell_command(run.files, checkpoints),
        "removable": removable,
    }


def _plan(value: object) -> list[Choice]:
    """What was chosen and why, as far as run.json says it as we do."""
    choices = [each for each in _some(value) if isinstance(each, dict)]
    said = ({key: _first_text(each.get(key)) for key in _CHOICE} for each in choices)
    return [cast(Choice, each) for each in said]


def _graph(graph: Graph) -> GraphAnswer:
    lines = [(key[:LONGEST], words[:LONGEST]) for key, words in graph.lines[:MOST_CURVES]]
    return {"title": graph.title[:LONGEST], "hint": graph.hint[:LONGEST], "lines": lines}


def _some(value: object) -> list[Any]:
    return value[:MOST_CHOICES] if isinstance(value, list) else []


def _first_text(*values: object) -> str:
    """The first of some values that says something, as a text that is not long."""
    said = (str(value) for value in values if isinstance(value, str | int | float) and value)
    return next(said, "")[:LONGEST]


def _course(run: Summary) -> Status | None:
    """What it said last; one that was interrupted could not say that it works no more."""
    if not run.status.phase:
        return None
    return run.status if run.working or run.phase == FAILED else replace(run.status, phase=STOPPED)


def curves(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """Each number of the progress lines over them all; None where a line lacks it.

    "images" and "minutes" are the places; long ones are thinned.
    """
    rows = [row for row in rows if "restart" not in row and _finite(row.get("images")) is not None]
    if len(rows) > MOST_POINTS:
        step = (len(rows) - 1) / (MOST_POINTS - 1)
        rows = [rows[round(i * step)] for i in range(MOST_POINTS)]
    drawn = {key: None for row in rows for key in row if _finite(row[key]) is not None}
    keys = list(islice((key for key in drawn if key not in _NOT_CURVES), MOST_CURVES))
    found = {key: [_finite(row.get(key)) for row in rows] for key in keys}
    seconds = [_finite(row.get("seconds")) for row in rows]
    return {
        "images": [_finite(row.get("images")) for row in rows],
        "minutes": [None if s is None else round(s / 60, 3) for s in seconds],
        **found,
    }


def frame_url(name: str, sheet: Path) -> str:
    """Where a sheet is served. With its time: a run of the same name may be another one."""
    try:
        version = sheet.stat().st_mtime_ns
    except OSError:
        version = 0
    return f"{PATH}/runs/{quote(escaped_name(name))}/frames/{sheet.name}?v={version:x}"


def shell_command(files: RunFiles, checkpoints: Path, windows: bool = os.name == "nt") -> str:
    """The command that does the same in a terminal in genimg's folder, "" if it is not known.

    Args:
        checkpoints: where the model goes; said if it is not the usual folder.
        windows: for its command prompt rather than for a POSIX shell.
    """
    words = command_line(files)
    if not words:
        return ""
    words = ["python", "-m", "genimg", "train", *words, f"--out={files.path.resolve()}"]
    command = subprocess.list2cmdline(words) if windows else shlex.join(words)
    if not INSTALLED and checkpoints.resolve() == (ROOT / "checkpoints").resolve():
        return command
    folders = checkpoint_folders(checkpoints)
    if windows:
        return f'set "GENIMG_CHECKPOINTS={folders}" && {command}'
    return f"GENIMG_CHECKPOINTS={shlex.quote(folders)} {command}"


def checkpoint_folders(checkpoints: Path) -> str:
    """The folders of the app's models, as GENIMG_CHECKPOINTS tells them to another process."""
    folders = dict.fromkeys(folder.resolve() for folder in model_folders(checkpoints))
    return os.pathsep.join(map(str, folders))


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _left(run: Summary) -> float | None:
    left = _finite(run.status.seconds_left)
    return left if run.working and left is not None and left >= 0 else None
