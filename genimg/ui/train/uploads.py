"""Where do pictures lie that somebody has sent to be trained on, and how much may that be?

    uploads/ID/pictures/cats/1.jpg      what was sent; names of folders stay, they are labels
    uploads/ID/runs.json                the folders of the runs that train on it

A set that no run uses is deleted a day after something was last sent to it; one that a run uses
stays until that run is deleted.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from genimg.errors import DataError
from genimg.files import write_atomically
from genimg.runs import is_name, read_json, size_of
from genimg.ui.words import say

LARGEST_FILE = 2 * 10**9
"""Bytes, as the two below."""
LARGEST_SET = 4 * 10**9
LEAST_FREE = 10**9
MOST_FILES = 200_000
MOST_SETS = 50
KEPT_SECONDS = 24 * 3600.0
HALF_SECONDS = 3600.0
DEEPEST = 8
_ID = re.compile(r"[0-9a-f]{16}")
_PART = ".part-"
_ODD = re.compile(r'[\x00-\x1f\x7f:*?"<>|]')


class TooMuch(DataError):
    """More than a file or a set may hold."""


class NoRoom(DataError):
    """The disk is nearly full."""


class UnknownSet(DataError):
    """There is no such set of pictures, or no more."""


def cache_folder() -> Path:
    """The folder of what can be made again: GENIMG_CACHE if set, else ~/.cache/genimg."""
    return Path(os.environ.get("GENIMG_CACHE") or "~/.cache/genimg").expanduser()


class Uploads:
    """The sets that were sent, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sizes: dict[str, tuple[int, int]] = {}  # (files, bytes) of the sets in use
        self._lock = threading.RLock()

    def new(self, size: int = 0) -> str:
        """Make an empty set for a first file of so many bytes, and return its ID.

        Raises:
            NoRoom. DataError: it cannot be written.
        """
        self.sweep()
        self.check_room(size)
        if len(list(self._sets())) >= MOST_SETS:
            raise NoRoom(say("train.sets_full", n=MOST_SETS))
        number = secrets.token_hex(8)
        try:
            self.pictures(number, check=False).mkdir(parents=True)
        except OSError as error:
            raise DataError(
                say("train.folder_unwritable", folder=self.folder, problem=error.strerror)
            ) from error
        return number

    def pictures(self, number: str, check: bool = True) -> Path:
        """The folder of the pictures of a set. Raises UnknownSet."""
        path = self.folder / number / "pictures"
        if not _ID.fullmatch(number) or (check and not path.is_dir()):
            raise UnknownSet(say("train.set_gone"))
        return path

    def open(self, number: str, name: str, size: int = 0) -> Incoming | None:
        """A file that is being sent to a set; None for one that no picture can be, a hidden one.

        Args:
            size: its bytes, as far as they are known.

        Raises:
            UnknownSet. TooMuch: the set is full. NoRoom. DataError: the name is none.
        """
        folder = self.pictures(number)
        parts = safe_parts(name)
        if parts is None:
            return None
        files, _ = self._size(number)
        if files >= MOST_FILES:
            raise TooMuch(say("train.set_many", most=f"{MOST_FILES:,}"))
        self.check_room(size)
        try:
            incoming = Incoming(self, number, folder.joinpath(*parts))
        except OSError as error:  # a folder that is to be called like a file that is there
            raise DataError(
                say("train.file_unkept", name="/".join(parts), problem=error.strerror)
            ) from error
        self._add(number, 1, 0)
        return incoming

    def check_room(self, more: int) -> None:
        """Raises NoRoom if so many bytes more would fill the disk."""
        there = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if shutil.disk_usage(there).free - more < LEAST_FREE:
            raise NoRoom(say("train.disk_nearly_full"))

    def delete(self, number: str) -> None:
        """Delete a set. Raises UnknownSet; DataError if a run uses it."""
        self.pictures(number)
        if self.used(number):
            raise DataError(say("train.set_used"))
        self._remove(number)

    def mark_used(self, number: str, run: Path) -> None:
        """Remember that a run trains on a set. Raises DataError if that cannot be written."""
        self.pictures(number)
        with self._lock:
            runs = [*self._runs(number), str(run.resolve())]
            try:
                write_atomically(self.folder / number / "runs.json", json.dumps(runs).encode())
            except OSError as error:
                raise DataError(
                    say("train.folder_unwritable", folder=self.folder, problem=error.strerror)
                ) from error

    def used(self, number: str) -> bool:
        """Whether a run is there that trains on a set."""
        return any(os.path.isdir(run) for run in self._runs(number))

    def plainly(self, words: str) -> str:
        """Words about a set for the person who has sent it, and knows nothing of our folders."""
        sets = re.escape(str(self.folder))
        return re.sub(
            rf"{sets}[/\\][0-9a-f]{{16}}([/\\]pictures)?", say("train.what_was_sent"), words
        )

    def sweep(self) -> None:
        """Delete the sets that nobody uses and nobody has sent anything to for a day."""
        for path in self._sets():
            with suppress(OSError):
                old = time.time() - path.stat().st_mtime > KEPT_SECONDS
                if old and not self.used(path.name):
                    self._remove(path.name)

    def sweep_parts(self) -> None:
        """Delete what was sent by half when the app was killed."""
        for part in self.folder.glob(f"*/pictures/**/{_PART}*"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > HALF_SECONDS:
                    part.unlink()

    def _sets(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (path for path in self.folder.iterdir() if _ID.fullmatch(path.name))

    def _runs(self, number: str) -> list[str]:
        runs = read_json(self.folder / number / "runs.json")
        return [run for run in runs if isinstance(run, str)] if isinstance(runs, list) else []

    def _remove(self, number: str) -> None:
        away = self.folder / f".deleted-{number}"
        with self._lock, suppress(OSError):
            self._sizes.pop(number, None)
            (self.folder / number).rename(away)
        shutil.rmtree(away, ignore_errors=True)

    def _size(self, number: str) -> tuple[int, int]:
        with self._lock:
            if number not in self._sizes:  # this app has not been there when it was begun
                found = [x for x in self.pictures(number).rglob("*") if x.is_file()]
                self._sizes[number] = len(found), sum(x.stat().st_size for x in found)
            return self._sizes[number]

    def _add(self, number: str, files: int, size: int) -> int:
        """Count what comes or goes; gives the bytes that the set has then."""
        with self._lock:  # from reading to writing: several files of a set are sent at once
            before, used = self._size(number)
            self._sizes[number] = before + files, used + size
            return used + size


class Incoming:
    """A file of a set while it is being sent: hidden until it is all there."""

    def __init__(self, uploads: Uploads, number: str, target: Path) -> None:
        self._uploads = uploads
        self._number = number
        self._target = target
        self._size = 0
        target.parent.mkdir(parents=True, exist_ok=True)
        self._path = target.with_name(f"{_PART}{secrets.token_hex(6)}")
        self._file = self._path.open("xb")

    def write(self, data: bytes) -> None:
        """Add bytes. Raises TooMuch and NoRoom."""
        self._size += len(data)
        total = self._uploads._add(self._number, 0, len(data))
        if self._size > LARGEST_FILE:
            raise TooMuch(say("train.file_large", size=LARGEST_FILE // 10**9))
        if total > LARGEST_SET:
            raise TooMuch(say("train.set_large", size=LARGEST_SET // 10**9))
        self._uploads.check_room(len(data))
        try:
            self._file.write(data)
        except OSError as error:
            raise NoRoom(say("train.file_unwritten", problem=error.strerror)) from error

    def keep(self) -> str:
        """It is all there; gives its name. One that is already there gets a number."""
        self._file.close()
        target, number = self._target, 1
        with self._uploads._lock:
            while target.exists():
                number += 1
                target = self._target.with_stem(f"{self._target.stem}-{number}")
            self._path.rename(target)
        os.utime(self._uploads.folder / self._number)
        return target.name

    def drop(self) -> None:
        """It is unwanted, or its sender is gone."""
        self._file.close()
        self._path.unlink(missing_ok=True)
        self._uploads._add(self._number, -1, -self._size)


def safe_parts(name: str) -> tuple[str, ...] | None:
    """The folders and the file of a name that a browser gives, made harmless.

    "../../Cats/a:b.jpg" becomes ("Cats", "a_b.jpg"). None for what is hidden.

    Raises:
        DataError: nothing of it can be a name.
    """
    parts = [part.strip() for part in PurePosixPath(name.replace("\\", "/")).parts]
    parts = [part for part in parts if part not in ("", "/", ".", "..")]
    if not parts:
        raise DataError(say("train.file_unnamed"))
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return None
    return tuple(_safe(part) for part in (*parts[:-1][: DEEPEST - 1], parts[-1]))


def _safe(part: str) -> str:
    plain = _ODD.sub("_", part).rstrip(". ")
    stem, dot, ending = plain.rpartition(".")
    short = dot and len(ending) <= 5 and size_of(ending) <= 20
    plain = f"{_cut(stem, 80)}.{ending}" if short else _cut(plain, 86)
    return plain if is_name(plain) else f"_{plain.lstrip('-.')}"


def _cut(text: str, most: int) -> str:
    """The beginning of a text: at most so many characters, and twice as many bytes on the disk."""
    text = text[:most]
    while size_of(text) > 2 * most:
        text = text[:-1]
    return text
