"""Does the command line help, refuse and end as it says?"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from genimg import cli
from genimg.cli import COMMANDS, Command, main, options
from genimg.errors import DataError, GenimgError

ROOT = Path(__file__).parents[2]


def test_help_in_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "genimg", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    for name, command in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert command.summary in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: genimg {name}")
    assert "%(" not in told
    assert "{choices" not in told


@pytest.mark.parametrize("words", [[], ["tain"], ["sample"], ["sample", "x", "--n", "few"]])
def test_a_slip_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("genimg: error: ")
    assert told.err.count("\n") == 1
    assert "--help)" in told.err


def plant(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Add a command that ends in `error`."""

    def run(arguments: argparse.Namespace) -> int:
        raise error

    planted = Command("a command that fails", lambda parser: None, run)
    monkeypatch.setattr(cli, "COMMANDS", {**COMMANDS, "fail": planted})


@pytest.mark.parametrize("kind", [GenimgError, DataError])
def test_what_a_person_can_mend_is_told_in_one_line(
    kind: type[GenimgError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(monkeypatch, kind("the disk is full:\n  free some space"))
    assert main(["fail"]) == 2
    assert capsys.readouterr().err == "genimg: error: the disk is full: free some space\n"


def test_a_bug_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["fail"])


def test_ctrl_c_is_polite(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(monkeypatch, KeyboardInterrupt())
    assert main(["fail"]) == 130
    assert capsys.readouterr().err == "genimg: stopped\n"


def test_a_reader_who_leaves_early_is_no_failure(tiny_checkpoint: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "genimg", "describe", str(tiny_checkpoint)],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writer)
    assert done.returncode == 0
    assert done.stderr == b""


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("7", 7), ("10", 10)])
def test_whole_numbers(text: str, value: int) -> None:
    assert options.whole(0, 10)(text) == value


@pytest.mark.parametrize("text", ["-1", "11", "1.5", "one", "", "1e3"])
def test_no_other_whole_numbers(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"whole number|out of range"):
        options.whole(0, 10)(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "x", ""])
def test_numbers_are_finite(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="number"):
        options.finite(text)


def test_numbers_have_a_range() -> None:
    assert options.number(0)("0.5") == 0.5
    with pytest.raises(argparse.ArgumentTypeError, match="0 or more"):
        options.number(0)("-0.5")


def test_near_words() -> None:
    assert options.near("glases", ["glasses", "hat"]) == " (did you mean 'glasses'?)"
    assert options.near("zebra", ["glasses", "hat"]) == ""


def test_a_model_is_a_file_or_a_name(
    checkpoints_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkpoints_dir.parent)
    file = Path("checkpoints/tiny-cats.safetensors")
    for word in (str(file), "tiny-cats", "tiny-cats.safetensors"):
        assert options.checkpoint_path(word) == file


OTHERS = {"app", "train", "data", "prepare", "snapshot"}
"""Commands that take no model."""


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - OTHERS))
def test_an_unknown_model_names_those_there_are(
    name: str,
    checkpoints_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(checkpoints_dir.parent)
    more = {"interpolate": ["x", "y"], "mix": ["x", "y"]}
    more |= {key: ["x"] for key in ("reconstruct", "edit", "vary", "classify")}
    assert main([name, "tiny-cat", *more.get(name, [])]) == 2
    told = capsys.readouterr().err
    assert "no model 'tiny-cat' (did you mean 'tiny-cats'?); checkpoints/ has tiny-cats" in told


def test_a_folder_is_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["describe", "."]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert main(["describe", "cats"]) == 2
    assert "checkpoints/ has none yet, and genimg brings cats-64-" in capsys.readouterr().err


def test_a_model_that_genimg_brings_is_there_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["describe", "fashion-32-vae"]) == 0
    assert "Zalando" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(10_000)])
def test_a_damaged_model_is_refused(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(content)
    assert main(["sample", str(path), "--out", str(tmp_path / "x.png")]) == 2
    assert str(path) in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("command", [["sample"], ["data"]])
def test_outputs_that_cannot_be(
    command: list[str],
    tiny_checkpoint: Path,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    what = f"folder:{pictures}" if command == ["data"] else str(tiny_checkpoint)
    folder, file = tmp_path / "folder.png", tmp_path / "file"
    folder.mkdir()
    file.write_text("here already")
    for out, reason in (
        (tmp_path / "x.bmp", "must end in .png"),
        (folder, "is a folder"),
        (file / "x.png", "choose another --out"),
    ):
        assert main([*command, what, "--out", str(out)]) == 2
        assert reason in capsys.readouterr().err
    assert file.read_text() == "here already"
    assert sorted(tmp_path.iterdir()) == [file, folder]
