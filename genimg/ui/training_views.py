"""How is a run told to the page? Plain values of what its files say."""

from __future__ import annotations

import math
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from genimg.runs import FAILED, FINISHED, STOPPED, RunFiles, Status, Summary, judge
from genimg.runs.launch import command_line, log_lines
from genimg.runs.processes import ROOT

PATH = "/genimg/training"
MOST_POINTS = 600
"""Of a curve."""
LOG_LINES = 40
_PHASES = {
    "interrupted": "it was interrupted: its process is gone",
    "damaged": "its files cannot be read",
}
_NOT_CURVES = ("images", "seconds", "step")


def brief(run: Summary, model: str | None) -> dict[str, Any]:
    """One run as the list shows it; `model` is its name in the menu, if it is there."""
    status, told = run.status, run.description or run.about
    sheets = run.files.sheets()
    return {
        "name": run.name,
        "title": str(run.about.get("title") or told.get("title") or run.name),
        "family": str(told.get("family") or ""),
        "data": str(told.get("title") or told.get("data") or ""),
        "phase": run.phase,
        "words": _PHASES.get(run.phase, status.words),
        "trouble": status.trouble,
        "progress": 1.0 if run.phase == FINISHED else _finite(status.progress) or 0.0,
        "images": status.images,
        "seconds": _finite(status.seconds) or 0.0,
        "seconds_left": _left(run),
        "speed": _finite(status.speed) or 0.0,
        "created": run.created,
        "model": model,
        "opens": run.files.model.is_file() or (run.files.state.is_file() and status.images > 0),
        "frames": len(sheets),
        "last_frame": frame_url(run.name, sheets[-1]) if sheets else None,
    }


def full(run: Summary, model: str | None, checkpoints: Path) -> dict[str, Any]:
    """One run with all that the page shows of it; `checkpoints` is the folder of the models."""
    rows = run.files.read_progress()
    sheet = run.description.get("sheet")
    sheet = sheet if isinstance(sheet, dict) else {}
    labels = sheet.get("rows")
    columns = sheet.get("columns")
    plan = run.description.get("plan")
    return brief(run, model) | {
        "plan": plan if isinstance(plan, list) else [],
        "curves": curves(rows),
        "frames": [
            {"images": int(path.stem), "url": frame_url(run.name, path)}
            for path in run.files.sheets()
        ],
        "rows": [str(row) for row in labels] if isinstance(labels, list) else [],
        "columns": columns if isinstance(columns, int) else 10,
        "health": [
            {"kind": found.kind, "words": found.words}
            for found in judge(rows, run.description, _course(run))
        ],
        "log": log_lines(run.files, LOG_LINES),
        "command": told_command(run.files, checkpoints),
    }


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
    keys = {key: None for row in rows for key in row if key not in _NOT_CURVES}
    found = {key: [_finite(row.get(key)) for row in rows] for key in keys}
    seconds = [_finite(row.get("seconds")) for row in rows]
    return {
        "images": [_finite(row.get("images")) for row in rows],
        "minutes": [None if s is None else round(s / 60, 3) for s in seconds],
        **{key: values for key, values in found.items() if any(v is not None for v in values)},
    }


def frame_url(name: str, sheet: Path) -> str:
    """Where a sheet is served. With its time: a run of the same name may be another one."""
    try:
        version = sheet.stat().st_mtime_ns
    except OSError:
        version = 0
    return f"{PATH}/runs/{quote(name)}/frames/{sheet.name}?v={version:x}"


def told_command(files: RunFiles, checkpoints: Path, windows: bool = os.name == "nt") -> str:
    """The command that does the same in a terminal in genimg's folder, "" if it is not known.

    Args:
        checkpoints: where the model goes; said if it is not the usual folder.
        windows: for its command prompt rather than for a POSIX shell.
    """
    words = command_line(files)
    if not words:
        return ""
    words = ["python", "-m", "genimg", "train", *words, f"--out={files.path.resolve()}"]
    told = subprocess.list2cmdline(words) if windows else shlex.join(words)
    folder = checkpoints.resolve()
    if folder == (ROOT / "checkpoints").resolve():
        return told
    if windows:
        return f'set "GENIMG_CHECKPOINTS={folder}" && {told}'
    return f"GENIMG_CHECKPOINTS={shlex.quote(str(folder))} {told}"


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _left(run: Summary) -> float | None:
    left = _finite(run.status.seconds_left)
    return left if run.working and left is not None and left >= 0 else None
