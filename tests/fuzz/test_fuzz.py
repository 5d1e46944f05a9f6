"""Seven hundred bad files, or two thousand with GENIMG_LONG=1: each is read or refused in words,
within its time and memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .reading import SHARE

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 180
"""Seconds for all of them; it takes some 15 on a quiet machine."""
SLOWEST = 3.0
"""Seconds of computing that one file may take."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of each kind of file."""
    folder = tmp_path_factory.mktemp("fuzz")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.reading", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {report["kind"]: report for report in lines}


def test_no_bad_file_does_anything_but_be_read_or_refused(reports: dict[str, Any]) -> None:
    findings = [finding for report in reports.values() for finding in report["findings"]]
    assert findings == []


def test_no_bad_file_takes_long(reports: dict[str, Any]) -> None:
    slow = {kind: report["slowest"] for kind, report in reports.items()}
    assert {kind: seconds for kind, seconds in slow.items() if seconds > SLOWEST} == {}


def test_there_are_many_of_them_and_they_are_bad(reports: dict[str, Any]) -> None:
    assert sum(report["count"] for report in reports.values()) >= 2000 * SHARE
    for kind, report in reports.items():
        # Some are read: a picture with a wrong bit is still one. But most must be really bad.
        usual = 0.3 if SHARE == 1.0 else 0.2  # of twenty, chance takes some
        least = 0.0 if kind == "run" else usual
        assert report["outcomes"].get("refused", 0) >= least * report["count"], (kind, report)
