"""Does every command get its words out in a terminal that speaks cp1252?"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from genimg.checkpoint import restate
from genimg.cli import COMMANDS, main
from tests.data.folder.messy import photos, put


def typed(*words: object) -> tuple[int, str, str]:
    """A command in a console of Windows, or with its output in a file: (code, output, errors)."""
    written = {name: io.BytesIO() for name in ("stdout", "stderr")}
    with pytest.MonkeyPatch.context() as patch:
        for name, buffer in written.items():
            stream = io.TextIOWrapper(buffer, "cp1252", "strict", write_through=True)
            patch.setattr(sys, name, stream)
        code = main([str(word) for word in words])
        out, errors = (buffer.getvalue().decode("cp1252") for buffer in written.values())
    return code, out, errors


@pytest.fixture
def cat(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A model file named, and telling of, 猫."""
    path = put(tmp_path / "猫.safetensors", tiny_checkpoint.read_bytes())
    restate(path, title="猫 → кот ✓ café")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_its_options(command: str) -> None:
    code, out, _ = typed(command, "--help")
    assert code == 0 and command in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_complains(command: str) -> None:
    code, _, errors = typed(command, "--猫")
    assert code == 2 and errors.startswith("genimg: error: ") and errors.count("\n") == 1


def test_what_a_model_says_of_itself(cat: Path) -> None:
    code, out, _ = typed("describe", cat)
    assert code == 0 and "? ? ??? ? café" in out


def test_json_loses_nothing(cat: Path) -> None:
    code, out, _ = typed("describe", cat, "--json")
    assert code == 0 and json.loads(out)["data"]["title"] == "猫 → кот ✓ café"


def test_pictures_are_written_and_told(cat: Path, tmp_path: Path) -> None:
    out = tmp_path / "写真.png"
    code, told, _ = typed("sample", cat, "--n", 1, "--out", out, "--device", "cpu")
    assert code == 0 and out.is_file() and "wrote" in told


def test_a_folder_is_looked_through(data_cache: Path, tmp_path: Path) -> None:
    photos(tmp_path / "写真" / "猫", 8)
    put(tmp_path / "写真" / "😀.txt", b"no picture")
    code, out, _ = typed("prepare", tmp_path / "写真", "--size", 16)
    assert code == 0 and "8 of 9 files are used" in out
    code, _, errors = typed("prepare", tmp_path / "犬")
    assert code == 2 and "There is no folder" in errors
