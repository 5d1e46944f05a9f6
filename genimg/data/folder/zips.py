"""What lies in a zip, and in the zips in it, and how is each file read without unpacking?

Nothing that a zip claims is believed: neither its names nor its sizes. However many zips there
are, few are open at a time, and of those that lie in others few are held in memory.
"""

from __future__ import annotations

import functools
import io
import os
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from genimg.data.folder.deflate64 import DEFLATE64, open_deflate64
from genimg.data.folder.encodings import entry_names
from genimg.data.folder.found import BROKEN, Found, file_stamp, plain_name, reason_of

MAX_DEPTH = 3
"""Zips within zips that are looked into, the outermost counted."""
MAX_ENTRIES = 300_000
"""Most entries of one zip, with those of the zips in it."""
MAX_UNPACKED = 64 * 10**9
"""Most bytes that all those entries may unpack to together."""
MAX_INNER = 256 * 10**6
"""Largest zip within a zip, which has to be held in memory."""
MAX_TABLE = 64 * 10**6
"""Largest table of contents, which Python reads as a whole; an entry takes some 100 bytes."""
MAX_RATIO = 300
"""Times its size that an entry of over a megabyte may unpack to; pictures never do."""

_OPEN = 64  # zips that are open at a time
_HELD = 512 * 10**6  # bytes of zips within zips that are held at a time
# Of the other methods Python unpacks all that it has read at once, whatever the entry claims.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, DEFLATE64)

Stamp = Callable[..., bytes]


def is_zip(path: Path) -> bool:
    """Whether a file is named, and begins, as zips do."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return False


def look_into(
    path: Path,
    name: str,
    status: os.stat_result,
    passed_over: Callable[[str], bool],
    archives: Archives,
) -> Iterator[Found]:
    """The files in a zip that is called `name` ("" for the one that the person named).

    A zip that cannot be read is one file with the trouble. Files whose names, or whose folders'
    names, are `passed_over` are not told of.
    """
    whole = _Archive(archives, functools.partial(_opened, path), 0)
    stamp = functools.partial(file_stamp, str(path.absolute()), status)
    yield from _entries(whole, name, 1, stamp, status.st_size, _Room(passed_over))


class Archives:
    """The zips that are open: the latest few. Safe in several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._files: OrderedDict[_Archive, zipfile.ZipFile] = OrderedDict()

    def infos(self, archive: _Archive) -> list[zipfile.ZipInfo]:
        """What a zip says of its entries."""
        with self._lock:
            return self._opened(archive).infolist()

    def open(self, archive: _Archive, info: zipfile.ZipInfo) -> IO[bytes]:
        """One entry; it stays readable when its zip is closed meanwhile."""
        with self._lock:
            opened = self._opened(archive)
            packed_large = info.compress_type == DEFLATE64
            return open_deflate64(opened, info) if packed_large else opened.open(info)

    def _opened(self, archive: _Archive) -> zipfile.ZipFile:
        if archive not in self._files:
            self._files[archive] = archive.make()
        self._files.move_to_end(archive)
        while len(self._files) > _OPEN or self._too_much():
            self._files.popitem(last=False)[1].close()
        return self._files[archive]

    def _too_much(self) -> bool:
        return len(self._files) > 1 and sum(each.held for each in self._files) > _HELD


@dataclass(frozen=True, eq=False)
class _Archive:
    """A zip: how it is opened, and how many bytes of it are in memory then."""

    archives: Archives
    make: Callable[[], zipfile.ZipFile]
    held: int

    def open(self, info: zipfile.ZipInfo) -> IO[bytes]:
        return self.archives.open(self, info)

    def inner(self, info: zipfile.ZipInfo) -> _Archive:
        def make() -> zipfile.ZipFile:
            with self.open(info) as file:
                return _opened(io.BytesIO(file.read()))

        return _Archive(self.archives, make, info.file_size)


def _opened(file: Path | io.BytesIO) -> zipfile.ZipFile:
    """A zip, unless its table of contents, which is read as a whole, would fill the memory."""
    with open(file, "rb") if isinstance(file, Path) else nullcontext(file) as stream:
        end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]
        if end is not None and end[zipfile._ECD_SIZE] > MAX_TABLE:  # type: ignore[attr-defined]
            raise zipfile.BadZipFile("its table of contents is too long")
    return zipfile.ZipFile(file)


@dataclass
class _Room:
    """What may still come out of one outermost zip."""

    passed_over: Callable[[str], bool]
    entries: int = field(default_factory=lambda: MAX_ENTRIES)
    bytes: int = field(default_factory=lambda: MAX_UNPACKED)

    def take(self, infos: list[zipfile.ZipInfo]) -> bool:
        """Whether these entries are not too many."""
        self.entries -= len(infos)
        self.bytes -= sum(info.file_size for info in infos)
        return self.entries >= 0 and self.bytes >= 0


def _entries(
    archive: _Archive, name: str, depth: int, stamp: Stamp, size: int, room: _Room
) -> Iterator[Found]:
    def whole(reason: str, detail: str) -> Found:
        return Found(name, size, stamp("zip"), lambda: io.BytesIO(b""), (reason, detail))

    many = whole("too large", "the zip holds more than is read: unpack it and name the folder")
    if room.entries <= 0:
        yield many
        return
    try:
        infos = archive.archives.infos(archive)
    except (OSError, *BROKEN) as error:
        yield whole("damaged", f"the zip cannot be read ({reason_of(error)})")
        return
    if not room.take(infos):
        yield many
        return
    for info, entry_name in zip(infos, entry_names(infos), strict=True):
        parts = [part for part in entry_name.split("/") if part not in ("", ".", "..")]
        if not parts or entry_name.endswith("/") or any(map(room.passed_over, parts)):
            continue
        inner = plain_name("/".join(parts))
        full = f"{name}/{inner}" if name else inner
        mark = functools.partial(stamp, inner, str(info.CRC), str(info.header_offset))
        yield from _entry(archive, info, full, depth, mark, room)


def _entry(
    archive: _Archive, info: zipfile.ZipInfo, name: str, depth: int, stamp: Stamp, room: _Room
) -> Iterator[Found]:
    is_archive = name.lower().endswith(".zip")
    trouble = _trouble(info, is_archive, depth)
    if is_archive and trouble is None:
        yield from _entries(archive.inner(info), name, depth + 1, stamp, info.file_size, room)
    else:
        open_entry = functools.partial(archive.open, info)
        yield Found(name, info.file_size, stamp(), open_entry, trouble)


def _trouble(info: zipfile.ZipInfo, is_archive: bool, depth: int) -> tuple[str, str] | None:
    """Why an entry is not read, seen before any of it is."""
    if info.flag_bits & 1:
        return "damaged", "it is locked with a password: unpack the zip, name the folder"
    if info.compress_type not in _METHODS:
        return "damaged", "it is packed in a rare way: unpack the zip, name the folder"
    if info.file_size > (1 << 20) and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return "too large", f"it would unpack to over {MAX_RATIO} times its size"
    if is_archive and depth >= MAX_DEPTH:
        return "too large", f"zips are looked into {MAX_DEPTH} deep: unpack it"
    if is_archive and info.file_size > MAX_INNER:
        return "too large", f"a zip of over {MAX_INNER // 10**6} MB within a zip: unpack it"
    return None
