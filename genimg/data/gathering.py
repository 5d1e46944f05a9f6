"""Which files lie in a folder or a zip, in any nest, and how is each read?

Nothing is written and nothing is unpacked to the disk. Hidden files, links to folders and what
systems leave behind (Thumbs.db, __MACOSX) are passed over without a word.
"""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import io
import lzma
import os
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from genimg.errors import DataError
from genimg.images import MAX_BYTES

MAX_DEPTH = 3
"""Zips within zips that are looked into, the outermost counted."""
MAX_ENTRIES = 200_000
"""Most entries of one zip."""
MAX_UNPACKED = 64 * 10**9
"""Most bytes that the entries of one zip may unpack to, all together."""
MAX_INNER = 256 * 10**6
"""Largest zip within a zip, which has to be held in memory."""
MAX_RATIO = 300
"""Times its size that an entry of over a megabyte may unpack to; pictures never do."""

_LEFTOVERS = frozenset(("thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db"))


class Unreadable(Exception):
    """A file that cannot be read: `reason` is one of the report's, the text says the rest."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Found:
    """One file that may be a picture.

    name    where it lies, below the folder or zip that was named: "party.zip/cats/1.jpg".
    size    bytes, unpacked.
    stamp   changes when the file is replaced.
    open    gives a binary file, to be closed; raises Unreadable.
    trouble why it cannot be read, as (reason, detail), if that is known beforehand.
    """

    name: str
    size: int
    stamp: bytes
    open: Callable[[], IO[bytes]]
    trouble: tuple[str, str] | None = None

    def read(self) -> bytes:
        """All bytes; raises Unreadable if there are more than pictures have, or on damage."""
        if self.trouble is not None:
            raise Unreadable(*self.trouble)
        with self.opened() as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise too_large(f"it is larger than {MAX_BYTES // 10**6} MB")
        return data

    def start(self) -> bytes:
        """The first 32 bytes; raises Unreadable."""
        if self.trouble is not None:
            raise Unreadable(*self.trouble)
        with self.opened() as file:
            return file.read(32)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The open file; whatever goes wrong with it is raised as Unreadable."""
        try:
            with self.open() as file:
                yield file
        except OSError as error:
            raise Unreadable("damaged", f"it cannot be opened ({_told(error)})") from error
        except _BROKEN as error:
            raise Unreadable("damaged", f"the zip is damaged here ({_told(error)})") from error


# What zipfile and the packing methods behind it raise on damaged files and unknown methods.
_BROKEN = (
    zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, ArithmeticError,
    LookupError, struct.error, zlib.error, lzma.LZMAError,
)  # fmt: skip


def too_large(detail: str) -> Unreadable:
    """Something that is not read because of its size."""
    return Unreadable("too large", detail)


def gather(path: str | os.PathLike[str]) -> list[Found]:
    """All files in the folder or zip `path` and below, in the order of their names.

    Folders that are links are not entered. Raises DataError if there is no such folder or zip.
    """
    place = Path(path).expanduser()
    try:
        if place.is_dir():
            found = list(_walk(place))
        elif place.is_file() and is_zip(place):
            status = place.stat()
            found = list(_zip_on_disk(place, "", status))
            if len(found) == 1 and found[0].name == "" and found[0].trouble:
                raise DataError(f"{place} cannot be used: {found[0].trouble[1]}.")
        else:
            raise DataError(
                f"There is no folder {place}, nor a zip file. Check its name and place."
            )
    except OSError as error:
        raise DataError(f"{place} cannot be read ({_told(error)}). Check its rights.") from error
    return sorted(found, key=lambda each: each.name.split("/"))


def is_zip(path: Path) -> bool:
    """Whether a file is named, and begins, as zips do."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return False


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name is named by a pattern: the name itself, its folder, or with * and ?."""
    return any(
        name == pattern
        or name.startswith(pattern.rstrip("/") + "/")
        or fnmatch.fnmatchcase(name, pattern)
        for pattern in patterns
    )


def _walk(folder: Path) -> Iterator[Found]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _passed_over(name)]
        below = Path(place).relative_to(folder)
        for file in files:
            if _passed_over(file):
                continue
            path, name = Path(place, file), _plain((below / file).as_posix())
            try:
                status = path.stat()
            except OSError as error:  # a link to nowhere
                trouble = ("damaged", f"it cannot be opened ({_told(error)})")
                yield Found(name, 0, b"", _opener(path), trouble)
                continue
            if not stat.S_ISREG(status.st_mode):  # a pipe would be waited on for ever
                continue
            if is_zip(path):
                yield from _zip_on_disk(path, name, status)
            else:
                stamp = _stamp(path, status)
                yield Found(name, status.st_size, stamp, _opener(path))


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LEFTOVERS


def _stamp(path: Path, status: os.stat_result, *parts: str) -> bytes:
    """What changes when a file is replaced: its place, size and times; nobody can read it back."""
    words = [str(path.absolute()), status.st_size, status.st_mtime_ns, status.st_ctime_ns, *parts]
    text = "\0".join(map(str, words))
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _plain(name: str) -> str:
    """A name fit for a report: every character can be printed and written as UTF-8."""
    whole = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "�" for c in whole)


def _told(error: BaseException) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(said.split()).rstrip(".").lower()


# --------------------------------------------------------------------------------------- zips


def _zip_on_disk(path: Path, name: str, status: os.stat_result) -> Iterator[Found]:
    archive = _Archive(functools.partial(zipfile.ZipFile, path))
    yield from _entries(
        archive, name, 1, lambda *parts: _stamp(path, status, *parts), status.st_size
    )


class _Archive:
    """A zip that is opened when it is first needed; reading from it is safe in several threads."""

    def __init__(self, make: Callable[[], zipfile.ZipFile]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._file: zipfile.ZipFile | None = None

    def file(self) -> zipfile.ZipFile:
        with self._lock:
            if self._file is None:
                self._file = self._make()
            return self._file

    def open(self, info: zipfile.ZipInfo) -> IO[bytes]:
        return self.file().open(info)


def _entries(
    archive: _Archive, name: str, depth: int, stamp: Callable[..., bytes], size: int
) -> Iterator[Found]:
    """The files in one zip, which is called `name` ("" for the one that the person named)."""

    def whole(reason: str, detail: str) -> Found:
        return Found(name, size, stamp("zip"), lambda: io.BytesIO(b""), (reason, detail))

    try:
        infos = archive.file().infolist()
    except (OSError, *_BROKEN) as error:
        yield whole("damaged", f"the zip cannot be read ({_told(error)})")
        return
    if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > MAX_UNPACKED:
        yield whole("too large", "the zip holds more than is read: unpack it and name the folder")
        return
    for info in infos:
        parts = info.filename.split("/")
        if info.is_dir() or any(_passed_over(part) for part in parts if part not in (".", "..")):
            continue
        inner = _plain("/".join(part for part in parts if part not in ("", ".", "..")))
        full = f"{name}/{inner}" if name else inner
        mark = functools.partial(stamp, inner, str(info.CRC), str(info.header_offset))
        yield from _entry(archive, info, full, depth, mark)


def _entry(
    archive: _Archive, info: zipfile.ZipInfo, name: str, depth: int, stamp: Callable[..., bytes]
) -> Iterator[Found]:
    trouble = None
    is_archive = name.lower().endswith(".zip")
    if info.flag_bits & 1:
        trouble = ("damaged", "it is locked with a password: unpack the zip, name the folder")
    elif info.file_size > (1 << 20) and info.file_size > MAX_RATIO * max(1, info.compress_size):
        trouble = ("too large", f"it would unpack to over {MAX_RATIO} times its size")
    elif is_archive and depth >= MAX_DEPTH:
        trouble = ("too large", f"zips are looked into {MAX_DEPTH} deep: unpack it")
    elif is_archive and info.file_size > MAX_INNER:
        trouble = ("too large", f"a zip of over {MAX_INNER // 10**6} MB within a zip: unpack it")
    if is_archive and trouble is None:
        inner = _Archive(lambda: zipfile.ZipFile(io.BytesIO(archive.file().read(info))))
        yield from _entries(inner, name, depth + 1, stamp, info.file_size)
    else:
        yield Found(name, info.file_size, stamp(), lambda: archive.open(info), trouble)
