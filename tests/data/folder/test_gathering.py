"""Is every file found, in any nest of folders and zips, and is no zip able to do harm?"""

from __future__ import annotations

import io
import os
import resource
import shutil
import struct
import time
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genimg.data.folder import zips
from genimg.data.folder.found import LONGEST, Found, Unreadable
from genimg.data.folder.gathering import gather, matches
from genimg.errors import DataError

from .folders import names, troubles
from .messy import locked, put, zip_bytes, zipped


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
    monkeypatch.setattr(zips, "MAX_ENTRIES", 9)
    assert list(troubles(folder)) == ["z.zip"]
    with pytest.raises(DataError, match="holds more than is read"):
        gather(folder / "z.zip")
    monkeypatch.setattr(zips, "MAX_ENTRIES", 10)
    assert troubles(folder) == {}
    monkeypatch.setattr(zips, "MAX_UNPACKED", 99)
    assert list(troubles(folder)) == ["z.zip"]


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    put(folder / "good.png", b"x")
    names = {f"{i}.png": b"0123456789" for i in range(100)}
    zipped(folder / "flat.zip", names)
    put(folder / "b.zip", zip_bytes({"inner.zip": (folder / "flat.zip").read_bytes()}))
    monkeypatch.setattr(zips, "MAX_TABLE", 100 * 46)
    found = troubles(folder)
    assert found.keys() == {"flat.zip", "b.zip/inner.zip"}
    assert all("table of contents is too long" in detail for _, detail in found.values())
    monkeypatch.setattr(zips, "MAX_TABLE", 100 * 60)
    assert troubles(folder) == {}


def test_after_too_many_entries_no_further_zip_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    inner = zip_bytes({f"{i}.png": b"x" for i in range(5)})
    put(folder / "outer.zip", zip_bytes({f"{i}.zip": inner for i in range(4)}))
    monkeypatch.setattr(zips, "MAX_ENTRIES", 8)
    opened = zips._opened
    seen: list[object] = []
    monkeypatch.setattr(zips, "_opened", lambda file: (seen.append(file), opened(file))[1])
    found = troubles(folder)
    assert found.keys() == {f"outer.zip/{i}.zip" for i in range(4)}
    assert len([file for file in seen if not isinstance(file, Path)]) == 1


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


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_of_any_length_and_in_any_letters_can_be_told(tmp_path: Path) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    for name in (
        b"\xff\xfe.png",
        b"\xe4.png",
        "\u202f shot\u00a0.png".encode(),
        b"n" * 251 + b".png",
    ):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(b"x")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("long/" * 12_000 + "end.png", b"deep")
        for name in ("..", "/", "//", "a.png", "a.png"):
            archive.writestr(name, b"twice")
    put(folder / "z.zip", buffer.getvalue())
    found = gather(folder)
    assert {each.read() for each in found} == {b"x", b"deep", b"twice"} and len(found) == 7
    assert all(each.name.isprintable() and each.name.encode() for each in found)
    assert "  shot .png" in names(folder) and max(map(len, names(folder))) < LONGEST + 10
    assert len({each.stamp for each in found}) == 7


def test_folders_that_are_too_deep_are_told_of(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    put(folder / "a.png", b"x")
    bottom = folder.joinpath(*["d"] * 150)
    bottom.mkdir(parents=True)
    found = troubles(folder)
    assert len(found) == 1 and "100 deep" in next(iter(found.values()))[1]
    assert len(names(folder)) == 2


def test_folders_that_cannot_be_read_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is removed while it is looked through; rights do not bind every user."""
    folder = tmp_path / "fading"
    for name in ("a", "b"):
        put(folder / name / "1.png", b"x")
    real = os.scandir

    def removing(path: Any) -> Any:
        if str(path).endswith("/b") and Path(path).is_dir():
            monkeypatch.setattr(os, "scandir", real)
            shutil.rmtree(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", removing)
    found = troubles(folder)
    assert list(found) == ["b"] and found["b"][0] == "damaged" and "folder" in found["b"][1]
    put(folder / "b" / "1.png", b"x")
    monkeypatch.setattr(os, "scandir", removing)
    with pytest.raises(DataError, match="cannot be read"):
        gather(folder / "b")


def test_a_home_that_is_not_there_is_no_folder() -> None:
    with pytest.raises(DataError, match="no folder ~nobody-of-this-name"):
        gather("~nobody-of-this-name/pictures")


def test_more_zips_than_files_may_be_open_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "zips"
    for i in range(150):
        zipped(folder / f"{i:03d}.zip", {"a.png": bytes([i])})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken + 80, hard))
    try:
        found = gather(folder)
        opened = [each.open() for each in found[:3]]
        assert [each.read() for each in found] == [bytes([i]) for i in range(150)]
        assert [each.read() for each in opened] == [b"\0", b"\1", b"\2"]  # though closed since
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for each in opened:
        each.close()


def test_zips_within_zips_are_not_all_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = {f"{i}.zip": zip_bytes({"a.png": bytes([i]) * 5000}) for i in range(12)}
    path = zipped(tmp_path / "z.zip", inner)
    monkeypatch.setattr(zips, "_HELD", 20_000)
    with ThreadPoolExecutor(4) as pool:
        found = gather(path) * 5
        assert {data[:1] for data in pool.map(Found.read, found)} == {bytes([i]) for i in range(12)}
        assert all(len(set(data)) == 1 for data in pool.map(Found.read, found))


def test_one_inner_zip_named_hundreds_of_times_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = zip_bytes({f"{i}.png": b"x" for i in range(200)})
    path = put(tmp_path / "z.zip", _one_entry_often(inner, 400))
    monkeypatch.setattr(zips, "MAX_ENTRIES", 10_000)
    found = gather(path)
    assert 9_000 < len(found) < 10_400
    assert {each.trouble[0] for each in found if each.trouble} == {"too large"}


def _one_entry_often(data: bytes, times: int) -> bytes:
    """A zip with one stored zip, which its table of contents names again and again."""
    whole = bytearray(zip_bytes({"a.zip": data}))
    table = whole.rfind(b"PK\x01\x02")
    end = whole.rfind(b"PK\x05\x06")
    row = whole[table:end]
    count = struct.pack("<HH", times, times)
    size = struct.pack("<I", len(row) * times)
    return bytes(whole[:table] + row * times + whole[end : end + 8] + count + size) + bytes(
        whole[end + 16 :]
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_lies_about_its_size_is_not_unpacked(tmp_path: Path, method: int) -> None:
    """Python unpacks these methods whole, however little the table of contents announces."""
    whole = bytearray(zip_bytes({"a.png": bytes(100 << 20)}, method))
    table = whole.rfind(b"PK\x01\x02")
    whole[table + 24 : table + 28] = struct.pack("<I", 900_000)  # bytes unpacked, as it says
    path = put(tmp_path / "z.zip", bytes(whole))
    tracemalloc.start()
    try:
        assert troubles(path)["a.png"][0] == "damaged"
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


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
    assert matches("party.zip/IMG_12.jpg", ["IMG_12.jpg"]), "as a person would write it"
    assert matches("all/party/1.jpg", ["party/*.jpg"]) and matches("all/party/1.jpg", ["party"])
    assert not matches("ab/c.png", ["a"]) and not matches("A.PNG", ["a.png"])


def test_folders_that_are_links_are_entered_once_and_never_round(tmp_path: Path) -> None:
    folder, store = tmp_path / "set", tmp_path / "store"
    put(store / "cats" / "1.png", b"cat")
    put(store / "dogs" / "deep" / "2.png", b"dog")
    put(folder / "birds" / "3.png", b"bird")
    put(folder / ".hidden" / "mice" / "4.png", b"mouse")
    (folder / "cats").symlink_to(store / "cats")
    (folder / "more cats").symlink_to(store / "cats")
    (folder / "dogs").symlink_to(Path("..") / "store" / "dogs")
    (folder / "mice").symlink_to(folder / ".hidden" / "mice")
    (folder / "birds again").symlink_to(folder / "birds")
    (folder / "up").symlink_to(tmp_path)
    (store / "dogs" / "back").symlink_to(folder)
    (store / "dogs" / "self").symlink_to(store / "dogs")
    (store / "dogs" / "other").symlink_to(store / "cats")
    (folder / "round").symlink_to(folder / "round")
    assert {each.name: each.read() for each in gather(folder) if each.name != "round"} == {
        "birds/3.png": b"bird",
        "cats/1.png": b"cat",
        "dogs/deep/2.png": b"dog",
        "mice/4.png": b"mouse",
    }
    (tmp_path / "whole").symlink_to(folder)
    assert len(gather(tmp_path / "whole")) == len(gather(folder))
