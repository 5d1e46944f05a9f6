"""Is no picture decoded twice, no original touched, and no bad cache believed?"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genimg.data import left_out_sheet, load_dataset, native_side
from genimg.data.folder import reading

from .folders import examine, load
from .messy import encode, photo, photos, put, zipped


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all files that have been decoded since."""
    sizes: list[int] = []

    def counting(work: Callable[..., Any]) -> Callable[..., Any]:
        def count(data: bytes, *rest: Any) -> Any:
            sizes.append(len(data))
            return work(data, *rest)

        return count

    monkeypatch.setattr(reading, "judge", counting(reading.judge))
    monkeypatch.setattr(reading, "decode_for", counting(reading.decode_for))
    return sizes


def test_a_second_time_nothing_is_decoded(pets: Path, decoded: list[int]) -> None:
    first = load(pets)
    assert len(decoded) >= 22
    decoded.clear()
    again = load(pets, seed=3)
    assert (again.images == first.images).all() and decoded == []


def test_renamed_and_moved_files_are_not_decoded_again(pets: Path, decoded: list[int]) -> None:
    first = load(pets)
    decoded.clear()
    (pets / "cats" / "1.png").rename(pets / "cats" / "tom.png")
    moved = pets.rename(pets.with_name("animals"))
    again = load(moved)
    assert decoded == [] and again.fingerprint == first.fingerprint


def test_one_more_picture_costs_one_more_decode(pets: Path, decoded: list[int]) -> None:
    load(pets)
    decoded.clear()
    new = put(pets / "cats" / "new.png", photo(70))
    dataset = load(pets)
    assert set(decoded) == {new.stat().st_size} and len(dataset) == 23


def test_a_changed_file_is_seen_though_its_size_and_time_are_the_same(pets: Path) -> None:
    path = put(pets / "cats" / "flat.bmp", photo(71))
    before = load(pets)
    status = path.stat()
    put(path, photo(72))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    after = load(pets)
    assert after.fingerprint != before.fingerprint and len(after) == len(before)


@pytest.mark.parametrize("harm", ["garbage", "cut", "other tables", "missing"])
def test_a_damaged_cache_is_made_anew(pets: Path, harm: str) -> None:
    first = load(pets)
    expected = first.images.copy()
    cache = pets.parent / "cache"
    index = cache / "pictures.sqlite"
    if harm == "garbage":
        for path in cache.iterdir():
            put(path, b"\0garbage" * 300)
    elif harm == "cut":
        for path in cache.iterdir():
            put(path, path.read_bytes()[:4200])
    elif harm == "other tables":
        with sqlite3.connect(index) as base:
            base.execute("UPDATE facts SET text = '[1, 2'")
        base.close()
    else:
        index.unlink()
    assert (load(pets).images == expected).all()
    assert (load(pets).images == expected).all()


def test_work_that_was_interrupted_goes_on_where_it_stopped(
    tmp_path: Path, decoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "long"
    photos(folder, 60)
    calls = 0

    def stop(done: int, of: int, words: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_dataset(f"folder:{folder}", 32, cache=tmp_path / "cache", progress=stop)
    decoded.clear()
    assert len(load(folder)) == 60
    assert len(decoded) <= 60 - 35


def test_progress_is_told_from_beginning_to_end(pets: Path) -> None:
    told: list[tuple[int, int]] = []
    load_dataset(
        f"folder:{pets}",
        32,
        cache=pets.parent / "cache",
        progress=lambda done, of, words: told.append((done, of)),
    )
    first = [pair for pair in told if pair[1] == 22]
    assert first[0] == (0, 22) and (22, 22) in first


def test_originals_are_never_touched(pets: Path) -> None:
    zipped(pets / "more.zip", {"a.png": encode(photo(80), "PNG")})
    put(pets / "page.jpg", b"<html>")
    (pets / "a link.png").symlink_to(pets / "stray one.png")

    def state() -> dict[str, tuple[int, int, int, bytes]]:
        found = {}
        for path in (pets, *pets.rglob("*")):
            status = path.lstat()
            data = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (status.st_mtime_ns, status.st_ctime_ns, status.st_mode, data)
        return found

    before = state()
    examined = examine(pets)
    examine(pets, 48, keep=("same as another",), leave_out=("cats",), crop="subject")
    assert left_out_sheet(examined) and native_side(pets)
    assert state() == before


def test_images_are_read_only(pets: Path) -> None:
    with pytest.raises(ValueError):
        load(pets).images[0, 0, 0, 0] = 1
