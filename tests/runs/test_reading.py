"""Files of a run that nobody of ours has written: what comes through, and what is not touched."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from genimg.runs import RunFiles, launch, read_json, summary
from genimg.runs.reading import LARGEST, MAX_BYTES, MOST_KEYS, MOST_LINES, read_bytes, read_lines


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    found = RunFiles(tmp_path / "run")
    found.path.mkdir()
    return found


HUGE = "1" + "0" * 400


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", HUGE,
                                  f"{HUGE}.5", f"-{HUGE}", "9" * 5000, str(2**60)])  # fmt: skip
def test_numbers_with_which_nobody_can_calculate_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'{{"a": {text}, "b": [1.5, {text}], "c": {LARGEST}}}')
    assert read_json(path) == {"a": None, "b": [1.5, None], "c": LARGEST}


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff\xfe{}", b"nul", b"1 2"])
def test_what_is_no_json_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.json").write_bytes(data)
    assert read_json(tmp_path / "a.json") is None


def test_bytes_that_are_no_text_spoil_only_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"a": "caf\xe9", "b": 1}')
    assert read_json(tmp_path / "a.json") == {"a": "caf\N{REPLACEMENT CHARACTER}", "b": 1}


def test_large_files_are_not_read_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.write(b'{"a": 1}')
        file.truncate(MAX_BYTES * 1000)
    assert read_json(path) is None
    assert read_bytes(path, 8) == (b'{"a": 1}', False)
    assert read_bytes(path, 3, end=True) == (b"\0\0\0", False)


def test_of_very_many_lines_the_latest_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    count = MOST_LINES + 500
    path.write_text("".join(f'{{"images": {i}}}\n' for i in range(count)))
    rows = read_lines(path)
    assert len(rows) == MOST_LINES and rows[-1] == {"images": count - 1}
    long = '{"images": 1, "words": "%s"}\n' % ("x" * 1000)
    path.write_text(long * (2 * MAX_BYTES // len(long)) + '{"images": 2}\n')
    rows = read_lines(path)
    assert len(rows) > 1000 and rows[-1] == {"images": 2}
    assert {row["images"] for row in rows} == {1, 2}


def test_lines_of_very_many_numbers_are_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [{f"k{i}": i for i in range(count)} for count in (MOST_KEYS, MOST_KEYS + 1, 120_000)]
    path.write_text("\n".join(map(json.dumps, lines)) + '\n[1]\n"x"\n{"images": 3}')
    assert [len(row) for row in read_lines(path)] == [MOST_KEYS, 1]


NAMES = ["status.json", "run.json", "command.json", "progress.jsonl", "log.txt"]


@pytest.mark.parametrize("name", NAMES)
def test_links_are_not_followed(files: RunFiles, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text('{"phase": "finished", "words": "secret"}\n')
    (files.path / name).symlink_to(secret)
    assert read_bytes(files.path / name) is None
    assert "secret" not in repr((summary(files), files.read_progress(), launch.log_lines(files, 9)))


@pytest.mark.parametrize("name", NAMES)
def test_pipes_are_not_waited_for_nor_folders_opened(files: RunFiles, name: str) -> None:
    found: list[Any] = []

    def look() -> None:
        found.append((summary(files), files.read_progress(), launch.log_lines(files, 9)))

    for make in (os.mkfifo, os.mkdir):
        make(files.path / name)
        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        looking.join(20)
        assert found.pop(), "it waits for somebody to write"
        (files.path / name).unlink() if make is os.mkfifo else (files.path / name).rmdir()


def test_what_is_printed_goes_to_no_file_of_somebody_else(files: RunFiles, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    files.log_file.symlink_to(other)
    with launch._open_log(files.log_file) as log:
        log.write(b"printed")
    assert other.read_text() == "precious"
    assert files.log_file.read_text() == "printed" and not files.log_file.is_symlink()


def test_a_status_that_cannot_be_is_brought_to_one_that_can(files: RunFiles) -> None:
    files.status_file.write_text(json.dumps({
        "phase": "stopped", "progress": 7, "images": -3.5, "seconds": -1.0, "speed": None,
        "pid": -1, "words": ["x"], "trouble": 5,
    }))  # fmt: skip
    status = files.status()
    assert status is not None
    assert (status.progress, status.images, status.seconds, status.pid) == (1.0, 0, 0.0, 0)
    assert (status.speed, status.words, status.trouble) == (0.0, "", "")


def test_sheets_are_files_with_numbers(files: RunFiles, tmp_path: Path) -> None:
    files.samples.mkdir()
    for name in ("000000200.png", "000001000.png", "²²²²²²²²².png", "x.png", "1" * 40 + ".png"):
        (files.samples / name).write_bytes(b"x")
    (files.samples / "000000300.png").symlink_to(tmp_path)
    (files.samples / "000000400.png").mkdir()
    assert [path.stem for path in files.sheets()] == ["000000200", "000001000"]


@pytest.mark.parametrize("created", ["NaN", "Infinity", HUGE, "-1", "1e15", '"x"', "true", "null"])
def test_a_time_that_cannot_be_is_that_of_the_folder(files: RunFiles, created: str) -> None:
    files.command.write_text(f'{{"arguments": [], "created": {created}}}')
    os.utime(files.path, (1000, 1000))
    assert summary(files).created == 1000
