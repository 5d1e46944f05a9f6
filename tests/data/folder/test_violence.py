"""Does a folder that is looked through survive kills, crowds, full disks and files that vanish?"""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genimg.data import examine_folder
from genimg.data.folder import array_cache, reading
from genimg.data.folder.array_cache import ArrayCache, row_key
from genimg.errors import DataError

from .folders import examine, load
from .looks import look_all
from .messy import photo, photos, put


def test_killed_looks_leave_nothing_broken(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    photos(folder, 120)
    expected = load(folder, cache=tmp_path / "other").images.copy()
    rng = random.Random(0)
    signals = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    rounds = [
        [{**_look(folder, tmp_path / how.name), "after": rng.uniform(0.01, 0.4), "signal": how}]
        for how in signals
        for _ in range(4)
    ]
    ended = look_all(rounds)
    assert not all(each for (each,) in ended)  # or nothing was killed
    for how in signals:
        for _ in range(2):
            assert (load(folder, cache=tmp_path / how.name).images == expected).all()


def test_looks_at_once_share_a_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folders = [tmp_path / "one", tmp_path / "two"]
    for i, folder in enumerate(folders):
        photos(folder, 60, first=30 * i)  # half of them in both
    expected = [load(folder, cache=tmp_path / "other").images.copy() for folder in folders]
    together = [_look(folder, cache) for folder in (*folders, folders[0])]
    assert look_all([together, together]) == [[True] * 3] * 2
    for folder, images in zip(folders, expected, strict=True):
        assert (load(folder, cache=cache).images == images).all()


def _look(folder: Path, cache: Path) -> dict[str, Any]:
    return {"folder": str(folder), "cache": str(cache), "after": None}


def test_parts_that_another_process_tidies_away_are_not_lost(tmp_path: Path) -> None:
    pictures = {
        row_key(bytes([i] * 16), (0.5, 0.5)): np.full((8, 8, 3), i, np.uint8) for i in range(6)
    }
    keys = list(pictures)
    one, other = ArrayCache(tmp_path, 8), ArrayCache(tmp_path, 8)
    real = one._look_into

    def late(path: Path) -> None:  # between writing and looking the other one tidies
        one._look_into = real  # type: ignore[method-assign]
        for each in keys[:3]:
            other.add(each, pictures[each])
        other.array(keys[:3], False)
        for each in tmp_path.glob("*part*"):
            each.unlink()
        real(path)

    one._look_into = late  # type: ignore[method-assign]
    for each in keys:
        one.add(each, pictures[each])
    one.flush()
    assert (one.array(keys, False)[:, 0, 0, 0] == range(6)).all()


def test_what_only_another_process_knows_is_not_tidied_away(tmp_path: Path) -> None:
    one, other = ArrayCache(tmp_path, 8), ArrayCache(tmp_path, 8)
    mine, its = row_key(b"m" * 16, (0.5, 0.5)), row_key(b"i" * 16, (0.5, 0.5))
    other.add(its, np.full((8, 8, 3), 7, np.uint8))
    other.flush()
    one.add(mine, np.full((8, 8, 3), 5, np.uint8))
    one.array([mine], False)
    assert its in ArrayCache(tmp_path, 8)


def test_what_killed_processes_left_and_what_is_long_forgotten_is_swept(tmp_path: Path) -> None:
    def made(key: bytes, age: float) -> list[Path]:
        before = set(tmp_path.iterdir())
        here = ArrayCache(tmp_path, 8)
        here.add(row_key(key * 16, (0.5, 0.5)), np.zeros((8, 8, 3), np.uint8))
        here.array([row_key(key * 16, (0.5, 0.5))], False)
        new = sorted(set(tmp_path.iterdir()) - before)
        for path in new:
            os.utime(path, (time.time() - age,) * 2)
        return new

    old, young = made(b"a", array_cache._FORGOTTEN + 9), made(b"b", array_cache._IDLE + 9)
    half = put(tmp_path / "folder-8px-v1-0000-3.images.npy", b"cut off")
    hidden = put(tmp_path / ".folder-8px-v1-0000-3.images-abcdef.npy", b"cut off")
    foreign = put(tmp_path / "somebody's.npy", b"not ours")
    for path in (half, hidden, foreign):
        os.utime(path, (0, 0))
    made(b"c", 0)
    assert not any(path.exists() for path in (*old, half, hidden))
    assert all(path.exists() for path in (*young, foreign)) and len(old) == len(young) == 2


def test_a_full_disk_is_told_of_and_what_was_there_stays(tmp_path: Path) -> None:
    """The system refuses files beyond some size, as it does where the disk is full."""
    folder, cache = tmp_path / "many", tmp_path / "cache"
    photos(folder, 40)
    before = load(folder, cache=cache).images.copy()
    photos(folder, 40, first=100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(DataError, match=r"cannot be written .* GENIMG_CACHE"):
            load(folder, cache=cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not [path for path in cache.iterdir() if path.name.startswith(".")]
    for path in folder.glob("*.png"):
        if int(path.stem) >= 100:
            path.unlink()
    assert len(load(folder, cache=cache)) == 80 - 40
    assert before.shape[0] == 40


def test_files_that_vanish_while_they_are_read_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "fading"
    paths = photos(folder, 60)

    def removing(done: int, of: int, words: str) -> None:
        if done == 0:
            for path in paths[50:]:
                path.unlink(missing_ok=True)

    examined = examine_folder(folder, 32, tmp_path / "cache", progress=removing)
    assert len(examined.rows) == 50
    assert {why.reason for _, why in examined.left_out} == {"damaged"}
    assert {found.name for found, _ in examined.left_out} == {path.name for path in paths[50:]}


def test_files_that_change_between_two_steps_are_an_error_and_not_a_wrong_picture(
    tmp_path: Path,
) -> None:
    folder, cache = tmp_path / "changing", tmp_path / "cache"
    photos(folder, 20)
    examine(folder, 16, cache=cache)

    def changing(done: int, of: int, words: str) -> None:
        if words == "looking for copies":
            put(folder / "7.png", photo(99))

    with pytest.raises(DataError, match=r"7\.png changed while it was being read"):
        examine_folder(folder, 48, cache, progress=changing)
    assert len(examine(folder, 48, cache=cache).rows) == 20


def test_a_crowd_of_threads_gets_the_same_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    photos(folder, 30)

    def one(number: int) -> bytes:
        return load(folder, 16, cache=tmp_path / "cache").images.tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1


def test_a_tiff_with_a_junk_pointer_is_a_picture_like_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    photos(folder, 9)
    put(folder / "pages.tiff", photo(20))
    data = bytearray((folder / "pages.tiff").read_bytes())
    first = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[first : first + 2], "little")
    data[first + 2 + 12 * count : first + 6 + 12 * count] = b"\7\0\0\0"
    (folder / "pages.tiff").write_bytes(data)
    examined = examine(folder)
    assert examined.left_out == [] and len(examined.images) == 10


def test_a_file_on_which_a_reader_fails_is_left_out_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last resort: what no reader of ours has thought of yet, once in a cache and once anew."""
    folder = tmp_path / "mixed"
    photos(folder, 9)
    evil = (folder / "4.png").read_bytes()
    judge = reading.judge

    def fault(data: bytes, *size: Any) -> Any:
        if data == evil:
            raise MemoryError
        return judge(data, *size)

    monkeypatch.setattr(reading, "judge", fault)
    for _ in range(2):
        [(found, why)] = examine(folder).left_out
        assert (found.name, why.reason) == ("4.png", "damaged")
    assert "4.png cannot be looked at" in caplog.text
    monkeypatch.undo()
    assert examine(folder).left_out == []  # it was not remembered as damaged
