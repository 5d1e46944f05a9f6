"""Training runs as those see them who watch, start and stop them: through files alone."""

from __future__ import annotations

from genimg.runs.folder import (
    FAILED,
    FINISHED,
    FINISHING,
    KEPT,
    PHASES,
    PREPARING,
    STOPPED,
    TRAINING,
    WAITING,
    RunFiles,
    Status,
)
from genimg.runs.health import Health, judge
from genimg.runs.listing import DAMAGED, INTERRUPTED, Summary, is_run, runs_in, summary
from genimg.runs.names import escaped_name, is_name, is_reserved, name_from, size_of, unescaped_name
from genimg.runs.queue import AT_ONCE, ask, at_once, stopped_meanwhile, wait_for_turn
from genimg.runs.reading import read_json

__all__ = [
    "AT_ONCE",
    "DAMAGED",
    "FAILED",
    "FINISHED",
    "FINISHING",
    "INTERRUPTED",
    "KEPT",
    "PHASES",
    "PREPARING",
    "STOPPED",
    "TRAINING",
    "WAITING",
    "Health",
    "RunFiles",
    "Status",
    "Summary",
    "ask",
    "at_once",
    "escaped_name",
    "is_name",
    "is_reserved",
    "is_run",
    "judge",
    "name_from",
    "read_json",
    "runs_in",
    "size_of",
    "stopped_meanwhile",
    "summary",
    "unescaped_name",
    "wait_for_turn",
]
