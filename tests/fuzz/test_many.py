"""One bad file never takes the rest along: hundreds of them, or thousands with GENIMG_LONG=1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from .many import GOOD, SECONDS
from .test_fuzz import ROOT

LONG = os.environ.get("GENIMG_LONG") == "1"
PICTURES, RUNS = (6000, 600) if LONG else (250, 60)
LONGEST = 1500
"""Seconds for all of them; few take some 10 on a quiet machine, many some 100."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("many")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.many", str(folder), str(PICTURES), str(RUNS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST if LONG else 240,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    print(ended.stdout)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {report["kind"]: report for report in lines}


@pytest.mark.timeout(LONGEST + 60)
def test_bad_pictures_in_a_folder_leave_the_good_ones_in_it(reports: dict[str, Any]) -> None:
    report = reports["pictures"]
    assert report["count"] == PICTURES and report["lost"] == {} and report["good"] == GOOD
    assert report["unknown"] == [], "a reader fails in a way that nobody has thought of"
    assert report["verdicts"]["damaged"] > PICTURES / 5, "they are not bad"


@pytest.mark.timeout(LONGEST + 60)
def test_bad_runs_leave_the_good_ones_in_the_list(reports: dict[str, Any]) -> None:
    report = reports["runs"]
    assert report["count"] == RUNS and report["findings"] == []
    assert report["listed"] >= RUNS / 2
    assert report["slowest"] < (10 if LONG else 1) * SECONDS
