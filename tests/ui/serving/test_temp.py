"""Temporary files: whose they are, and that nothing of them stays behind."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from genimg.errors import GenimgError
from genimg.ui.serving import temp
from genimg.ui.serving.temp import HALF_SECONDS, KEPT_SECONDS, VARIABLE, TempFolder, claim


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[TempFolder]:
    made = TempFolder(tmp_path)
    yield made
    made.remove()


def aged(path: Path, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"picture")
    for each in (path, path.parent):
        os.utime(each, (time.time() - seconds,) * 2)
    return path


def another(base: Path) -> tuple[BaseProcess, Connection, Path]:
    """A process that has a folder of its own in the same place, until it is told to end."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_live, args=(base, theirs), daemon=True)
    process.start()
    return process, ours, ours.recv()


def _live(base: Path, parent: Connection) -> None:
    folder = TempFolder(base)
    (folder.path / "tmphalf").write_bytes(b"half")
    parent.send(folder.path)
    parent.recv()
    folder.remove()


def test_nobody_else_can_look_into_it(folder: TempFolder) -> None:
    for path in (folder.path, folder.path.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert path.stat().st_uid == os.getuid()


def test_what_is_old_goes_and_the_pages_own_files_stay(folder: TempFolder) -> None:
    own = aged(folder.path / "page" / "font.woff", 2 * KEPT_SECONDS)
    folder.keep_what_is_there()
    old = aged(folder.path / "ab12" / "old.png", KEPT_SECONDS + 60)
    young = aged(folder.path / "cd34" / "young.png", KEPT_SECONDS - 60)
    half = aged(folder.path / "tmpx1y2", HALF_SECONDS + 60)
    coming = aged(folder.path / "tmpz3", 0)
    folder.sweep()
    assert own.exists() and young.exists() and coming.exists()
    assert not old.exists() and not half.exists()
    os.utime(old.parent, (0, 0))
    folder.sweep()
    assert not old.parent.exists() and young.parent.exists()


def test_what_a_killed_process_has_left_goes_and_a_living_ones_stays(folder: TempFolder) -> None:
    base = folder.path.parent.parent
    (killed, _, left), (living, asking, used) = another(base), another(base)
    assert left.parent == used.parent == folder.path.parent
    killed.kill()
    killed.join()
    assert (left / "tmphalf").exists()
    folder.sweep()
    assert not left.exists() and (used / "tmphalf").exists()
    asking.send("end")
    living.join()
    assert not used.exists(), "whoever ends by itself leaves nothing"
    assert sorted(path.name for path in folder.path.parent.iterdir()) == sorted(
        [folder.path.name, f"{folder.path.name}.lock"]
    )


def test_it_goes_with_the_last_one_who_held_it(folder: TempFolder) -> None:
    swept: list[int] = []
    folder.hold([lambda: swept.append(1)])
    folder.hold()
    (folder.path / "file").write_bytes(b"")
    folder.release()
    assert (folder.path / "file").exists()
    folder.release()
    assert not folder.path.exists()
    folder.hold()  # once more
    assert folder.path.is_dir()
    folder.release()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_where_somebody_was_before_it_is_elsewhere(tmp_path: Path, kind: str) -> None:
    """As another user may be, in a folder for everybody: a link would lead where they want."""
    taken = tmp_path / f"genimg-{os.getuid()}"
    (tmp_path / "theirs").mkdir()
    if kind == "file":
        taken.write_bytes(b"")
    else:
        taken.symlink_to(tmp_path / "theirs")
    folder = TempFolder(tmp_path)
    assert folder.path.parent.name.startswith(f"genimg-{os.getuid()}-")
    assert list((tmp_path / "theirs").iterdir()) == []
    folder.remove()


def test_nowhere_to_write_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GenimgError, match="TMPDIR"):
        TempFolder(tmp_path / "file")


def test_gradio_is_told_a_folder_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(temp, "_claimed", {})
    first = claim()
    assert first.path.is_relative_to(tmp_path) and first.path != tmp_path
    monkeypatch.setenv(VARIABLE, str(first.path))
    assert claim() is first
    monkeypatch.setattr(temp, "_claimed", {})  # as in a process that is started with it
    second = claim()
    assert second.path != first.path and second.path.parent == first.path.parent
    first.remove()
    second.remove()
