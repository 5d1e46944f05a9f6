"""Whose turn it is: real processes that wait, train and are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from genimg.errors import TrainingError
from genimg.runs import (
    FAILED,
    STOPPED,
    WAITING,
    RunFiles,
    ask,
    at_once,
    folder,
    stopped_meanwhile,
    wait_for_turn,
)

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
WORKER = """
import signal, sys, time
from pathlib import Path
from genimg.runs import RunFiles, TRAINING, wait_for_turn
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background ignore it
files, at_once = RunFiles(Path(sys.argv[1])), int(sys.argv[2])
with wait_for_turn(files.path.parent, files, at_once) as mine:
    if mine:
        files.tell(TRAINING)
        while not (files.path / "enough").exists():
            time.sleep(0.02)
"""
"""A run that is much shorter than a real one: it trains until somebody says that it is enough."""


class Worker:
    """A process that waits in the queue of a folder."""

    def __init__(self, runs: Path, name: str, at_once: int = 1) -> None:
        self.files = RunFiles(runs / name)
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(self.files.path), str(at_once)], cwd=ROOT
        )

    @property
    def phase(self) -> str:
        status = self.files.status()
        return status.phase if status else ""

    @property
    def words(self) -> str:
        status = self.files.status()
        return status.words if status else ""

    def end(self) -> int:
        (self.files.path / "enough").touch()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds a folder locked gives up sooner."""
    monkeypatch.setattr(folder, "LOCK_SECONDS", 0.1)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Starts a worker, and gives it once it has its place in the queue."""
    workers: list[Worker] = []

    def start(name: str, at_once: int = 1) -> Worker:
        worker = Worker(tmp_path, name, at_once)
        workers.append(worker)
        until(lambda: worker.phase == "training" or "goes first" in worker.words
              or "go first" in worker.words)  # fmt: skip
        return worker

    yield start
    for worker in workers:
        worker.kill()


def test_one_trains_and_the_others_follow_in_the_order_of_asking(
    begin: Callable[..., Worker],
) -> None:
    first, second, third = begin("c"), begin("b"), begin("a")
    assert (first.phase, second.phase, third.phase) == ("training", WAITING, WAITING)
    assert second.words == "waiting for its turn: another run goes first"
    assert third.words == "waiting for its turn: 2 other runs go first"
    assert first.end() == 0
    until(lambda: second.phase == "training")
    assert third.phase == WAITING
    assert second.end() == 0
    until(lambda: third.phase == "training")
    assert third.end() == 0
    assert list((third.files.path.parent / ".queue").glob("0*")) == []


def asked(runs: Path, name: str) -> RunFiles:
    """A run whose process is about to be started."""
    files = RunFiles(runs / name)
    files.path.mkdir()
    files.tell(WAITING, "starting")
    ask(runs, files)
    return files


def test_the_order_of_asking_counts_not_that_of_the_processes(
    begin: Callable[..., Worker], tmp_path: Path
) -> None:
    asked(tmp_path, "slow")  # its process takes longer to come
    quick = begin("quick")
    assert quick.phase == WAITING
    slow = begin("slow")
    assert slow.phase == "training" and quick.phase == WAITING
    assert slow.end() == 0
    until(lambda: quick.phase == "training")


def test_a_process_that_never_comes_is_not_waited_for(
    begin: Callable[..., Worker], tmp_path: Path
) -> None:
    asked(tmp_path, "lost")
    next_one = begin("next")
    assert next_one.phase == WAITING
    (ticket,) = (tmp_path / ".queue").glob("*.asked")
    long_ago = time.time() - 60
    os.utime(ticket, (long_ago, long_ago))
    until(lambda: next_one.phase == "training")
    assert not ticket.exists()


def test_a_process_that_has_failed_already_is_not_waited_for(
    begin: Callable[..., Worker], tmp_path: Path
) -> None:
    files = asked(tmp_path, "failed")
    files.tell_end(FAILED, "it could not be started")
    gone = asked(tmp_path, "gone")
    shutil.rmtree(gone.path)
    assert begin("next").phase == "training"


def test_who_is_killed_frees_the_place_at_once(begin: Callable[..., Worker]) -> None:
    trains, waits, last = begin("a"), begin("b"), begin("c")
    waits.kill()
    until(lambda: last.words == "waiting for its turn: another run goes first")
    trains.kill()
    until(lambda: last.phase == "training")


def test_two_may_train_at_once_where_that_is_allowed(begin: Callable[..., Worker]) -> None:
    first, second, third = begin("a", 2), begin("b", 2), begin("c", 2)
    assert (first.phase, second.phase, third.phase) == ("training", "training", WAITING)
    assert second.end() == 0
    until(lambda: third.phase == "training")


def test_who_waits_can_be_stopped(begin: Callable[..., Worker]) -> None:
    first, second, third = begin("a"), begin("b"), begin("c")
    second.files.request_stop()
    assert second.process.wait(PATIENCE) == 0
    assert second.phase == STOPPED
    assert not second.files.stop_requested, "it would stop again when it is resumed"
    third.process.send_signal(signal.SIGINT)
    third.process.wait(PATIENCE)
    assert third.phase == STOPPED
    assert first.phase == "training"


def test_a_run_that_waits_is_alive_and_nobody_starts_it_twice(
    begin: Callable[..., Worker], tmp_path: Path
) -> None:
    begin("a")
    waits = begin("b")
    assert waits.files.alive
    again = RunFiles(waits.files.path)
    with pytest.raises(TrainingError, match="another process"), again.locked():
        pass


def test_a_run_by_hand_waits_for_nobody_but_counts(
    begin: Callable[..., Worker], tmp_path: Path
) -> None:
    by_hand = RunFiles(tmp_path / "by-hand")
    with by_hand.locked():
        waits = begin("a")
        assert waits.words == "waiting for its turn: another run goes first"
    until(lambda: waits.phase == "training")
    with by_hand.locked():
        assert waits.phase == "training"


def test_the_folder_stays_locked_for_the_one_that_trains_in_it(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "a")
    with wait_for_turn(tmp_path, files) as mine:
        assert mine and files.alive
        with RunFiles(files.path).locked():
            assert files.alive
            with pytest.raises(TrainingError, match="another process"), files.locked():
                pass
        assert files.alive
    assert not files.alive


def test_a_request_to_stop_is_not_lost_while_the_run_begins(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "a")
    with wait_for_turn(tmp_path, files) as mine:
        assert mine
        files.request_stop()  # while torch is being loaded
        with RunFiles(files.path).locked():
            assert files.stop_requested
        assert stopped_meanwhile(files)
    assert not files.stop_requested
    status = files.status()
    assert status is not None and status.phase == STOPPED


def test_a_request_that_was_meant_for_an_earlier_process_is_forgotten(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "a")
    files.path.mkdir()
    files.request_stop()
    with files.locked():
        assert not files.stop_requested
    files.request_stop()
    os.utime(files.stop, (1, 1))
    with wait_for_turn(tmp_path, files) as mine:
        assert mine


def test_what_goes_wrong_before_training_is_told(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "a")
    with pytest.raises(TrainingError), wait_for_turn(tmp_path, files):
        raise TrainingError("no such data set")
    status = files.status()
    assert status is not None
    assert (status.phase, status.trouble) == ("failed", "no such data set")


@pytest.mark.parametrize(("said", "number"), [("3", 3), ("0", 1), ("-2", 1), ("many", 1), ("", 1)])
def test_how_many_train_at_once_is_a_number_from_one_on(
    said: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENIMG_TRAINING_AT_ONCE", said)
    assert at_once() == number


def test_a_queue_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / ".queue").write_text("a file")
    with (
        pytest.raises(TrainingError, match="could not be written"),
        wait_for_turn(tmp_path, RunFiles(tmp_path / "a")),
    ):
        pass


@pytest.mark.parametrize("name", ["000000000001", "000000000001.asked"])
@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"/a\0b", b"x" * 100_000, None])
def test_a_ticket_that_nobody_drew_blocks_nobody(
    tmp_path: Path, name: str, data: bytes | None
) -> None:
    ticket = tmp_path / ".queue" / name
    ticket.parent.mkdir()
    ticket.mkdir() if data is None else ticket.write_bytes(data)
    with wait_for_turn(tmp_path, RunFiles(tmp_path / "mine")) as turn:
        assert turn


@pytest.mark.parametrize("name", ["9" * 200, "²", "٣", "1", "999999999999", "x.asked"])
def test_other_files_are_no_tickets(tmp_path: Path, name: str) -> None:
    other = tmp_path / ".queue" / name
    other.parent.mkdir()
    other.write_bytes(b"/x")
    with wait_for_turn(tmp_path, RunFiles(tmp_path / "mine")) as turn:
        assert turn
    assert other.exists()


def test_a_ticket_of_the_future_is_not_waited_for(tmp_path: Path) -> None:
    asked(tmp_path, "never")
    [ticket] = (tmp_path / ".queue").glob("*.asked")
    os.utime(ticket, (time.time() + 10**6,) * 2)
    with wait_for_turn(tmp_path, RunFiles(tmp_path / "mine")) as turn:
        assert turn


@pytest.mark.skipif(os.name != "posix", reason="names are bytes there alone")
def test_a_run_whose_name_is_no_utf8_waits_for_its_turn(tmp_path: Path) -> None:
    runs = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    runs.mkdir()
    asked(runs, "never")
    with wait_for_turn(runs, RunFiles(runs / os.fsdecode(b"\xff")), at_once=2) as turn:
        assert turn
