"""Is every file found, in any nest of folders and zips, and is no zip able to do harm?"""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from genimg.data import gathering
from genimg.data.gathering import Found, Unreadable, gather, matches
from genimg.errors import DataError

from .messy import locked, put, zip_bytes, zipped


def names(place: Path) -> list[str]:
    return [each.name for each in gather(place)]


def troubles(place: Path) -> dict[str, tuple[str, str]]:
    """{name: (reason, detail)} of all that cannot be read."""
    found = {}
    for each in gather(place):
        try:
            each.read()
        except Unreadable as trouble:
            found[each.name] = (trouble.reason, str(trouble))
    return found


def one(place: Path) -> Found:
    (found,) = gather(place)
    return found


def test_every_file_is_found_and_read_wherever_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "nest"
    put(folder / "a.png", b"one")
    put(folder / "deep" / "er" / "b", b"two")
    third = zip_bytes({"e.png": b"five"})
    inner = zip_bytes({"d/d.png": b"four", "third.zip": third}, zipfile.ZIP_DEFLATED)
    zipped(folder / "deep" / "z.zip", {"c.png": b"three", "inner.zip": inner})
    contents = {each.name: each.read() for each in gather(folder)}
    assert contents == {
        "a.png": b"one",
        "deep/er/b": b"two",
        "deep/z.zip/c.png": b"three",
        "deep/z.zip/inner.zip/d/d.png": b"four",
        "deep/z.zip/inner.zip/third.zip/e.png": b"five",
    }
    assert list(contents) == sorted(contents, key=lambda name: name.split("/"))
    assert {each.name: each.read() for each in gather(folder / "deep" / "z.zip")} == {
        name.removeprefix("deep/z.zip/"): data
        for name, data in contents.items()
        if name.startswith("deep/z.zip/")
    }


def test_what_systems_leave_behind_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    kept = {"a.png": b"x"}
    junk = {"__MACOSX/._a.png": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", "._b.png": b"x"}
    for name, data in (kept | junk).items():
        put(folder / name, data)
    zipped(folder / "z.zip", kept | junk | {"folder/": b""})
    assert names(folder) == ["a.png", "z.zip/a.png"]


def test_links_to_folders_and_pipes_cannot_stop_it(tmp_path: Path) -> None:
    folder = tmp_path / "links"
    put(folder / "in" / "a.png", b"x")
    (folder / "in" / "loop").symlink_to(folder)
    (folder / "b.png").symlink_to(folder / "in" / "a.png")
    (folder / "nowhere.png").symlink_to(tmp_path / "missing")
    os.mkfifo(folder / "pipe.png")
    assert names(folder) == ["b.png", "in/a.png", "nowhere.png"]
    assert troubles(folder)["nowhere.png"][0] == "damaged"


def test_locked_and_damaged_zips_are_told_of_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "zips"
    put(folder / "good.png", b"fine")
    whole = zip_bytes({"a.png": b"a" * 500, "b.png": b"b" * 500})
    put(folder / "locked.zip", locked(whole))
    put(folder / "cut.zip", whole[:700])
    broken = bytearray(whole)
    broken[100] ^= 255  # inside the first picture: its checksum fails
    put(folder / "broken.zip", bytes(broken))
    put(folder / "page.zip", b"<html>not a zip</html>")  # judged as any other file
    found = troubles(folder)
    assert {name: reason for name, (reason, _) in found.items()} == {
        "locked.zip/a.png": "damaged",
        "locked.zip/b.png": "damaged",
        "cut.zip": "damaged",
        "broken.zip/a.png": "damaged",
    }
    assert "password" in found["locked.zip/a.png"][1]
    assert {"good.png", "broken.zip/b.png", "page.zip"} <= set(names(folder))


def test_zips_that_unpack_to_far_too_much_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "bombs"
    zipped(folder / "flat.zip", {"zeros.bmp": bytes(20 << 20)}, zipfile.ZIP_DEFLATED)
    nested = {"a.png": b"deep"}
    data = zip_bytes(nested)
    for _ in range(4):
        data = zip_bytes({"next.zip": data})
    put(folder / "nested.zip", data)
    found = troubles(folder)
    assert found["flat.zip/zeros.bmp"] == (
        "too large",
        "it would unpack to over 300 times its size",
    )
    assert found["nested.zip/next.zip/next.zip/next.zip"][0] == "too large"
    assert len(found) == 2


def test_zips_of_too_many_or_too_large_entries_are_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    put(folder / "good.png", b"x")
    zipped(folder / "z.zip", {f"{i}.png": b"0123456789" for i in range(10)})
    monkeypatch.setattr(gathering, "MAX_ENTRIES", 9)
    assert list(troubles(folder)) == ["z.zip"]
    with pytest.raises(DataError, match="holds more than is read"):
        gather(folder / "z.zip")
    monkeypatch.setattr(gathering, "MAX_ENTRIES", 10)
    assert troubles(folder) == {}
    monkeypatch.setattr(gathering, "MAX_UNPACKED", 99)
    assert list(troubles(folder)) == ["z.zip"]


def test_names_that_lie_are_only_names(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("../../etc/up.png", "/root.png", "a\nb\x1b[31m.png"):
            archive.writestr(name, name.encode())
    put(tmp_path / "z.zip", buffer.getvalue())
    found = gather(tmp_path / "z.zip")
    assert {each.read() for each in found} >= {b"../../etc/up.png", b"/root.png"}
    assert all(each.name.isprintable() and ".." not in each.name for each in found)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["z.zip"]


def test_a_stamp_follows_the_content_of_a_member(tmp_path: Path) -> None:
    path = zipped(tmp_path / "z.zip", {"a.png": b"one", "b.png": b"two"})
    before = {each.name: each.stamp for each in gather(path)}
    assert len(set(before.values())) == 2
    assert {each.name: each.stamp for each in gather(path)} == before
    time.sleep(0.01)
    zipped(path, {"a.png": b"ONE", "b.png": b"two"})
    assert one(zipped(tmp_path / "y.zip", {"a.png": b"one"})).stamp not in before.values()
    assert {each.name: each.stamp for each in gather(path)}["a.png"] != before["a.png"]


def test_mutated_zips_are_read_or_told_of_and_never_break(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    inner = zip_bytes({"x.png": b"x" * 40})
    whole = zip_bytes({"a.png": b"a" * 60, "b/c.png": b"c" * 60, "in.zip": inner}, 8)
    path = tmp_path / "z.zip"
    for _ in range(400):
        data = bytearray(whole)
        for at in rng.integers(2, len(data), rng.integers(1, 5)):
            data[at] = rng.integers(0, 256)
        put(path, bytes(data[: rng.integers(4, len(data) + 1)] if rng.random() < 0.3 else data))
        try:
            for each in gather(path):
                try:
                    assert len(each.read()) <= 10_000
                except Unreadable as trouble:
                    assert trouble.reason in ("damaged", "too large") and str(trouble)
        except DataError as error:
            assert "cannot be used" in str(error)


def test_patterns_name_files_folders_and_pasted_names() -> None:
    assert matches("party.zip/IMG_12.jpg", ["party.zip/IMG_1*.jpg"])
    assert matches("odd[1].png", ["odd[1].png"]) and matches("a/b/c.png", ["a/b", "x"])
    assert matches("a/b/c.png", ["a/"]) and matches("a/b/c.png", ["*.png"])
    assert not matches("ab/c.png", ["a"]) and not matches("A.PNG", ["a.png"])
