"""Which runs there are: whole, damaged, old and foreign folders."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from genimg.runs import (
    DAMAGED,
    FAILED,
    FINISHED,
    INTERRUPTED,
    STOPPED,
    TRAINING,
    WAITING,
    RunFiles,
    runs_in,
    summary,
)
from genimg.runs.folder import STARTING, STARTING_SECONDS


def run(folder: Path, name: str, phase: str = "", created: float | None = None) -> RunFiles:
    files = RunFiles(folder / name)
    files.path.mkdir()
    files.describe({"name": name, "family": "vae", "created": created or 1.0})
    if phase:
        files.tell(phase, "words", progress=0.5, images=100)
    return files


def phases(folder: Path) -> dict[str, str]:
    return {found.name: found.phase for found in runs_in(folder)}


def test_the_newest_comes_first(tmp_path: Path) -> None:
    run(tmp_path, "old", FINISHED, 100.0)
    run(tmp_path, "new", FINISHED, 300.0)
    run(tmp_path, "middle", STOPPED, 200.0)
    assert list(phases(tmp_path)) == ["new", "middle", "old"]


def test_a_run_whose_process_is_gone_was_interrupted(tmp_path: Path) -> None:
    files = run(tmp_path, "a", TRAINING)
    assert phases(tmp_path) == {"a": INTERRUPTED}
    assert not summary(files).working
    with files.locked():
        assert phases(tmp_path) == {"a": TRAINING}
        assert summary(files).working


def test_a_process_that_just_starts_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "a", WAITING)
    assert phases(tmp_path) == {"a": WAITING}
    later = time.time() + STARTING_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert phases(tmp_path) == {"a": INTERRUPTED}


def test_a_run_that_has_its_turn_is_told_from_one_that_waits(tmp_path: Path) -> None:
    files = run(tmp_path, "a", WAITING)
    assert not summary(files).starting
    files.tell(WAITING, STARTING)
    assert summary(files).starting
    files.tell(STOPPED, STARTING)
    assert not summary(files).starting


@pytest.mark.parametrize("phase", [FINISHED, STOPPED, FAILED])
def test_what_a_run_said_at_its_end_stays_true(tmp_path: Path, phase: str) -> None:
    run(tmp_path, "a", phase)
    assert phases(tmp_path) == {"a": phase}


def test_runs_that_never_told_how_they_do_are_known_by_their_files(tmp_path: Path) -> None:
    for name, made in (("made", "model.safetensors"), ("begun", "state/state.pt")):
        (tmp_path / name / "state").mkdir(parents=True)
        (tmp_path / name / made).write_bytes(b"x")
    begun = RunFiles(tmp_path / "begun")
    assert phases(tmp_path) == {"made": FINISHED, "begun": STOPPED}
    with begun.locked():
        assert phases(tmp_path)["begun"] == TRAINING


def test_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    run(tmp_path, ".queue", FINISHED)
    assert runs_in(tmp_path) == []
    assert runs_in(tmp_path / "nowhere") == []


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"[1]", b'{"phase": 3}', b"[" * 100_000])
def test_damaged_files_are_told_and_nothing_raises(tmp_path: Path, damage: bytes) -> None:
    files = run(tmp_path, "a", TRAINING)
    for path in (files.status_file, files.description, files.command, files.progress):
        path.write_bytes(damage)
    [found] = runs_in(tmp_path)
    assert (found.phase, found.description.get("name"), found.about) == (DAMAGED, None, {})
    assert not found.working


def test_numbers_of_a_wrong_kind_are_passed_over(tmp_path: Path) -> None:
    files = run(tmp_path, "a", STOPPED)
    values = json.loads(files.status_file.read_text())
    files.status_file.write_text(json.dumps(values | {"images": "many", "seconds": None}))
    files.command.write_text(json.dumps({"created": "yesterday", "about": []}))
    [found] = runs_in(tmp_path)
    assert (found.status.images, found.status.progress) == (0, 0.5)
    assert found.created == os.stat(files.path).st_mtime
