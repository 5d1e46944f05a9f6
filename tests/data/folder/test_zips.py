"""Are zips read as people have them: in any letters, packed with Deflate64, of any size?"""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import inflate64
import numpy as np
import pytest

from genimg.data.folder.found import Unreadable
from genimg.data.folder.gathering import gather

from .folders import names, troubles
from .messy import put, zip_bytes, zipped


def raw_names(path: Path, names: list[bytes]) -> Path:
    """A zip whose names are these bytes, with no word about their encoding."""
    stand_ins = [f"{i:q>{len(name)}d}" for i, name in enumerate(names)]
    data = zip_bytes(dict.fromkeys(stand_ins, b"x"))
    for name, stand_in in zip(names, stand_ins, strict=True):
        # In the local header and in the table of contents.
        data = data.replace(stand_in.encode(), name)
    return put(path, data)


@pytest.mark.parametrize(
    ("encoding", "folders"),
    [
        ("gbk", ["训练集/猫/照片1.jpg", "训练集/狗/照片2.jpg", "plain/3.jpg"]),
        ("gbk", ["猫/一.png", "狗/2.png"]),
        ("cp932", ["ねこ/写真.png", "いぬ/テスト.jpg"]),
        ("cp932", ["表示/ソース.png", "能登/十.png"]),  # the second byte of some is a backslash
        ("big5", ["貓咪/照片.png", "狗/相片.png"]),
        ("cp949", ["고양이/사진.png", "개/사진.png"]),
        ("cp866", ["Кошки/фото.png", "Собаки/фото.png"]),
        ("cp437", ["Müller/schön.png", "España/niño.png"]),
        ("utf-8", ["Müller/猫.png", "emoji/😀.png"]),  # as macOS does
    ],
)
def test_names_of_zips_are_read_in_the_letters_of_their_makers(
    tmp_path: Path, encoding: str, folders: list[str]
) -> None:
    path = raw_names(tmp_path / "z.zip", [name.encode(encoding) for name in folders])
    assert set(names(path)) == set(folders)
    assert troubles(path) == {}


def test_names_of_zips_with_the_mark_of_utf_8_are_believed(tmp_path: Path) -> None:
    zipped(tmp_path / "z.zip", {"猫/1.png": b"x", "Ünï/2.png": b"y"})
    assert names(tmp_path / "z.zip") == ["Ünï/2.png", "猫/1.png"]


def test_backslashes_in_zips_part_folders(tmp_path: Path) -> None:
    path = raw_names(tmp_path / "z.zip", [b"cats\\", b"cats\\1.png", b"..\\..\\up\\2.png"])
    assert names(path) == ["cats/1.png", "up/2.png"]


def deflate64(data: bytes) -> bytes:
    packer = inflate64.Deflater()
    return packer.deflate(data) + packer.flush()


def packed_with_deflate64(members: dict[str, bytes]) -> bytes:
    """A zip as Windows makes it of large folders."""
    data = bytearray(zip_bytes({name: deflate64(body) for name, body in members.items()}))
    local, table = 0, data.index(b"PK\x01\x02")
    for body in members.values():
        packed = len(deflate64(body))
        for at in (local + 8, table + 10):
            struct.pack_into("<H", data, at, 9)
        for at in (local + 14, table + 16):
            struct.pack_into("<III", data, at, zlib.crc32(body), packed, len(body))
        local += 30 + sum(struct.unpack_from("<HH", data, local + 26)) + packed
        table += 46 + sum(struct.unpack_from("<HHH", data, table + 28))
    return bytes(data)


def test_deflate64_is_unpacked(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    members = {
        "a.png": rng.bytes(70_000),
        "b.png": rng.integers(0, 4, 400_000, np.uint8).tobytes(),
        "c.png": b"",
        "in.zip": zip_bytes({"d.png": b"d" * 3000}),
    }
    whole = packed_with_deflate64(members)
    path = put(tmp_path / "z.zip", whole)
    assert {each.name: each.read() for each in gather(path)} == {
        **{name: members[name] for name in ("a.png", "b.png", "c.png")},
        "in.zip/d.png": b"d" * 3000,
    }
    assert (
        next(each for each in gather(path) if each.name == "b.png").start(5) == members["b.png"][:5]
    )
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(30, len(data) // 4, 20):
            data[at] = rng.integers(0, 256)
        put(path, bytes(data))
        for each in gather(path):
            try:
                assert len(each.read()) == each.size
            except Unreadable as trouble:
                assert trouble.reason in ("damaged", "too large")


def test_a_deflate64_entry_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    data = bytearray(packed_with_deflate64({"a.png": bytes(20_000_000)}))
    table = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, table + 24, 1000)
    path = put(tmp_path / "z.zip", bytes(data))
    tracemalloc.start()
    try:
        assert troubles(path)["a.png"][0] == "damaged"
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_zip_of_more_than_four_gigabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("first.png", b"one")
        assert archive.fp is not None
        archive.fp.seek(5 << 30)  # a hole takes no room on the disk
        archive.start_dir = archive.fp.tell()
        archive.writestr("last.png", b"two")
    assert path.stat().st_size > 5 << 30
    assert {each.name: each.read() for each in gather(path)} == {
        "first.png": b"one",
        "last.png": b"two",
    }
