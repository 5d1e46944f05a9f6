"""Is a file either all new or as it was, with nothing left lying about?"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from genimg import files
from genimg.files import SHIPPED, atomic_path, model_files, sweep, write_atomically


def test_the_usual_folder_comes_before_the_shipped_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, brought, other = (tmp_path / name for name in ("own", "brought", "other"))
    for folder, names in ((own, "ab"), (brought, "bc"), (other, "d")):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.safetensors").touch()
        (folder / ".half.safetensors").touch()
    monkeypatch.setattr(files, "MODEL_FOLDERS", (own, brought))
    monkeypatch.setattr(files, "CHECKPOINTS", own)
    found = [path.relative_to(tmp_path) for path in model_files(own)]
    assert list(map(str, found)) == [
        "own/a.safetensors", "own/b.safetensors", "brought/c.safetensors"
    ]  # fmt: skip
    assert model_files(other) == [other / "d.safetensors"]


@pytest.mark.parametrize(
    ("named", "folders"),
    [
        ("", [Path("checkpoints"), SHIPPED / "checkpoints"]),
        ("one", [Path("one")]),
        (os.pathsep.join(("one", "two")), [Path("one"), Path("two")]),
        (os.pathsep, [Path(os.pathsep)]),
    ],
)
def test_the_folders_of_models_can_be_named(
    named: str, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENIMG_CHECKPOINTS", named)
    assert list(files._model_folders()) == folders


def test_a_folder_with_a_colon_in_its_name_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / os.pathsep.join(("one", "two"))
    folder.mkdir()
    monkeypatch.setenv("GENIMG_CHECKPOINTS", str(folder))
    assert files._model_folders() == (folder,)


def test_files_are_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.bin"
    write_atomically(path, b"one")
    assert path.read_bytes() == b"one"
    write_atomically(path, b"")
    assert path.read_bytes() == b"" and os.listdir(path.parent) == ["a.bin"]


def test_the_temporary_path_is_a_neighbour_with_the_same_suffix(tmp_path: Path) -> None:
    target = tmp_path / "picture.png"
    with atomic_path(target) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".png"
        assert temporary.exists() and not target.exists()
        temporary.write_bytes(b"new")
    assert target.read_bytes() == b"new" and not temporary.exists()


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    with pytest.raises(error), atomic_path(target) as temporary:
        temporary.write_bytes(b"half of the n")
        raise error
    assert target.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_path_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_atomically(tmp_path / "taken", b"x")
    assert os.listdir(tmp_path) == ["taken"]


def test_bytes_are_on_the_disk_before_the_name_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def noted(step: str, work: Callable[..., None]) -> Callable[..., None]:
        def run(*args: object) -> None:
            steps.append(step)
            work(*args)

        return run

    monkeypatch.setattr(os, "fsync", noted("flush", os.fsync))
    monkeypatch.setattr(os, "replace", noted("name", os.replace))
    write_atomically(tmp_path / "a", b"x")
    assert steps[:2] == ["flush", "name"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_permissions_are_the_usual_ones(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_atomically(tmp_path / "ours", b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_what_killed_processes_left_of_a_file_is_swept_once_it_is_old(tmp_path: Path) -> None:
    token = "0123456789ab"
    old, young = tmp_path / f".a-[1]-{token}.bin", tmp_path / f".a-[1]-{token[::-1]}.bin"
    others = [
        tmp_path / name for name in (f".a-1-{token}.bin", f".a-[1]-b-{token}.bin", "a-[1].bin")
    ]
    for path in (old, young, *others):
        path.write_bytes(b"half")
        os.utime(path, (1, 1))
    os.utime(young, (time.time(), time.time()))
    sweep(tmp_path / "a-[1].bin")
    assert set(tmp_path.iterdir()) == {young, *others}
    sweep(tmp_path / "nowhere" / "a.bin")


def test_files_that_are_being_written_are_not_among_the_models(tmp_path: Path) -> None:
    for name in ("b.safetensors", "a.safetensors", ".a-0123.safetensors", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in model_files(tmp_path)] == ["a.safetensors", "b.safetensors"]
    assert model_files(tmp_path / "nowhere") == []
