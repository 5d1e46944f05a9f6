"""Runs as processes: started, stopped, continued and deleted from outside."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from genimg.errors import TrainingError
from genimg.runs import FAILED, FINISHED, STOPPED, TRAINING, RunFiles, is_run, launch, summary
from genimg.runs.processes import ROOT, end, spawn

PATIENCE = 60.0


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def ended(tmp_path: Path) -> RunFiles:
    """A run that was started by the app and is at rest."""
    files = RunFiles(tmp_path / "ended")
    files.path.mkdir()
    command = {"arguments": ["vae", "--data=cats", "--minutes=5"], "about": {}, "created": 5.0}
    files.command.write_text(json.dumps(command))
    files.tell(STOPPED, "stopped", progress=0.5, images=1000, seconds=30.0)
    return files


def test_a_run_is_a_process_of_its_own_that_tells_why_it_failed(tmp_path: Path) -> None:
    about = {"title": "Mine", "family": "vae", "data": "none"}
    files = launch.start(tmp_path, "mine", ["vae", "--data=no-such-set"], about)
    assert is_run(files.path)
    assert summary(files).working, "it is said to start before it has had the time to"
    until(lambda: not summary(files).working)
    found = summary(files)
    assert found.phase == FAILED
    assert "no-such-set" in found.status.trouble
    assert found.about == about
    assert launch.command_line(files) == ["vae", "--data=no-such-set"]
    until(lambda: not files.alive)  # then its last words are in the log
    assert any("no-such-set" in line for line in launch.log_lines(files, 5))
    with pytest.raises(TrainingError, match="already"):
        launch.start(tmp_path, "mine", [])
    launch.delete(files)
    assert list(tmp_path.glob("[!.]*")) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "../a", "-rf", ".queue"])
def test_a_name_that_is_a_path_or_an_option_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrainingError, match="cannot be the name"):
        launch.start(tmp_path / "runs", name, [])
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(TrainingError, match="cannot write to"):
        launch.start(tmp_path / "file" / "runs", "a", [])


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_process_has_a_session_of_its_own_and_steps_back(tmp_path: Path) -> None:
    with (tmp_path / "said").open("wb") as said:
        process = spawn(["train", "--queue", f"--out={tmp_path / 'run'}"], {}, said)
        assert os.getsid(process.pid) == process.pid != os.getsid(0)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 5
        assert os.readlink(f"/proc/{process.pid}/cwd") == str(ROOT)
        end(process)
    assert process.returncode == -9


def test_a_run_that_rests_is_not_asked_to_stop(ended: RunFiles) -> None:
    launch.stop(ended)
    assert not ended.stop_requested


def test_a_run_at_work_is_asked_to_stop(ended: RunFiles) -> None:
    with ended.locked():
        ended.tell(TRAINING)
        launch.stop(ended)
    assert ended.stop_requested


def test_a_run_at_work_is_neither_started_again_nor_deleted(ended: RunFiles) -> None:
    with ended.locked():
        ended.tell(TRAINING)
        for act in (launch.resume, launch.delete, lambda files: launch.extend(files, 9)):
            with pytest.raises(TrainingError, match="at work; stop it first"):
                act(ended)
    assert "--minutes=5" in launch.command_line(ended)
    assert ended.path.is_dir()


def test_a_finished_run_is_not_resumed(ended: RunFiles) -> None:
    ended.tell(FINISHED)
    with pytest.raises(TrainingError, match="finished"):
        launch.resume(ended)


def test_a_run_of_a_terminal_is_continued_there(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "by-hand")
    files.path.mkdir()
    files.tell(STOPPED)
    with pytest.raises(TrainingError, match="same command"):
        launch.resume(files)
    with pytest.raises(TrainingError, match="same command"):
        launch.extend(files, 10)


def test_more_time_is_another_command(ended: RunFiles) -> None:
    launch.extend(ended, 25)
    try:
        assert launch.command_line(ended) == ["vae", "--data=cats", "--minutes=25"]
        status = ended.status()
        assert status is not None
        assert (status.images, status.seconds) == (1000, 30.0)
        assert status.progress == 0.5 / 25
    finally:
        ended.request_stop()  # before its turn, or while it reads the pictures
        until(lambda: launch.stop(ended) or not summary(ended).working)


def test_a_link_is_not_followed_when_deleting(tmp_path: Path, ended: RunFiles) -> None:
    link = tmp_path / "link"
    link.symlink_to(ended.path)
    with pytest.raises(TrainingError, match="by hand"):
        launch.delete(RunFiles(link))
    assert ended.command.is_file()


def test_a_deletion_that_was_cut_short_is_ended_later(tmp_path: Path, ended: RunFiles) -> None:
    ended.path.rename(tmp_path / ".deleted-123")
    launch.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_long_log_gives_its_last_lines(ended: RunFiles) -> None:
    bars = "\r10 %\r20 %\r30 %\n"
    ended.log_file.write_text("x\n" * 500_000 + bars + "the end\n\n")
    assert launch.log_lines(ended, 2) == ["30 %", "the end"]
    assert len(launch.log_lines(ended, 40)) == 40
    assert launch.log_lines(RunFiles(ended.path / "nowhere"), 3) == []
