"""Does text reach a terminal that cannot show every character?"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from genimg.terminal import show_what_can_be_shown

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("encoding", "errors", "shown"),
    [
        ("cp1252", "strict", "caf\u00e9 ?"),
        ("ascii", "strict", "caf? ?"),
        ("ascii", "surrogateescape", "caf? ?"),
        ("ascii", "backslashreplace", "caf\\xe9 \\u732b"),
        ("utf-8", "strict", "caf\u00e9 \u732b"),
    ],
)
def test_what_cannot_be_shown_is_replaced(
    monkeypatch: pytest.MonkeyPatch, encoding: str, errors: str, shown: str
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding, errors))
    show_what_can_be_shown()
    for stream in (sys.stdout, sys.stderr):
        stream.write("caf\u00e9 \u732b")
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        assert stream.buffer.getvalue().decode(encoding) == shown


def test_names_that_are_no_text_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))
    show_what_can_be_shown()
    print(os.fsdecode(b"\xff"), flush=True)


def test_streams_of_other_kinds_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, io.StringIO()):
        monkeypatch.setattr(sys, "stdout", stream)
        show_what_can_be_shown()


@pytest.mark.parametrize("program", [["-m", "genimg", "--help"], ["app.py", "--help"]])
def test_the_programs_start_in_any_terminal(program: list[str]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"") and b"usage" in done.stdout
