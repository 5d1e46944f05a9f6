"""Which files lie in a folder or a zip, in any nest?

Nothing is written and nothing is unpacked to the disk. Hidden files and what systems leave behind
(Thumbs.db, __MACOSX) are passed over without a word. A folder that is a link is entered like any
other, and none is entered twice.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from genimg.data.folder.found import Found, file_stamp, plain_name, reason_of
from genimg.data.folder.zips import Archives, is_zip, look_into
from genimg.errors import DataError

MAX_NEST = 100
"""Folders within folders that are looked into."""

_ALWAYS_BESIDE = frozenset(
    (".caption", ".xmp", ".aae", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".npz")
)
_BESIDE = _ALWAYS_BESIDE | {".txt", ".xml", ".tags", ".yaml", ".yml", ".thm", ".md"}
"""Endings of files that belong to a picture where they are called like one."""
_LEFTOVERS = frozenset(("thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db"))


def gather(path: str | os.PathLike[str]) -> list[Found]:
    """All files in the folder or zip `path` and below, in the order of their names.

    Raises DataError if there is no such folder or zip, or if it cannot be read; a folder in it that
    cannot be read is one file with the trouble.
    """
    place = Path(os.path.expanduser(path))
    called = plain_name(str(place))
    try:
        if place.is_dir():
            found = list(_walk(place))
        elif place.is_file() and is_zip(place):
            found = list(look_into(place, "", place.stat(), _passed_over, Archives()))
            if len(found) == 1 and found[0].name == "" and found[0].trouble:
                raise DataError(f"{called} cannot be used: {found[0].trouble[1]}.")
        elif place.is_file():
            raise DataError(f"{called} is no zip file, or it is damaged. Name a folder or a zip.")
        else:
            raise DataError(
                f"There is no folder {called}, nor a zip file. Check its name and place."
            )
    except OSError as error:
        raise DataError(
            f"{called} cannot be read ({reason_of(error)}). Check its rights."
        ) from error
    return sorted(found, key=lambda each: each.name.split("/"))


def set_aside(found: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """(files that may be pictures, files that belong to pictures): captions, what phones and photo
    programs keep beside a picture, tables of labels.
    """
    pictures = {_stem_of(each) for each in found if _ending(each) not in _BESIDE}
    pictures |= {each.name.rpartition("/")[2] for each in found}
    first: list[Found] = []
    beside: list[Found] = []
    for each in found:
        ending = _ending(each)
        aside = ending in _ALWAYS_BESIDE or (ending in _BESIDE and _stem_of(each) in pictures)
        (beside if aside and each.trouble is None else first).append(each)
    return first, beside


def _ending(found: Found) -> str:
    return PurePosixPath(found.name).suffix.lower()


def _stem_of(found: Found) -> str:
    return PurePosixPath(found.name).stem


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name is named by a pattern: the name itself, its folder, or with * and ?; with or
    without the folders above. With a slash before it, a pattern is this one whole name.
    """
    below = f"/{name}"
    return any(
        below == pattern
        if pattern.startswith("/")
        else below.endswith(f"/{pattern}")
        or f"/{pattern.strip('/')}/" in below
        or fnmatch.fnmatchcase(below, f"*/{pattern}")
        for pattern in patterns
    )


def _walk(folder: Path) -> Iterator[Found]:
    archives = Archives()
    unread: list[OSError] = []
    linked = _Linked(folder)
    for place, folders, files in os.walk(folder, onerror=unread.append, followlinks=True):
        below = Path(place).relative_to(folder)
        folders[:] = sorted(name for name in folders if not _passed_over(name))
        folders[:] = [name for name in folders if linked.enter(Path(place, name))]
        if len(below.parts) >= MAX_NEST:
            for name in folders:
                detail = f"folders are looked into {MAX_NEST} deep: move it up"
                yield _closed(folder, Path(place, name), "too large", detail)
            folders.clear()
        for file in files:
            if not _passed_over(file):
                yield from _file(folder, Path(place, file), archives)
    for error in unread:
        if Path(error.filename) == folder:
            raise error
        detail = f"the folder cannot be read ({reason_of(error)})"
        yield _closed(folder, Path(error.filename), "damaged", detail)


class _Linked:
    """Which folders are entered, so that links lead nowhere twice and never round in a circle."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._entered: set[tuple[int, int]] = set()
        self.enter(self._folder)

    def enter(self, path: Path) -> bool:
        """Whether a folder is to be looked into; it counts as entered then.

        What a link shows that lies in the whole folder is found there, and a link to a folder
        around the whole one shows nothing that is meant.
        """
        try:
            if path.is_symlink() and self._is_around_or_inside(path.resolve()):
                return False
            status = path.stat()
        except (OSError, RuntimeError):  # it was removed meanwhile, or its links are a circle
            return True  # what is wrong is told where it is read
        mark = (status.st_dev, status.st_ino)
        if mark in self._entered and status.st_ino:
            return False
        self._entered.add(mark)
        return True

    def _is_around_or_inside(self, target: Path) -> bool:
        if not target.is_relative_to(self._folder):
            return self._folder.is_relative_to(target)
        return not any(map(_passed_over, target.relative_to(self._folder).parts))


def _file(folder: Path, path: Path, archives: Archives) -> Iterator[Found]:
    """One file, or those in it if it is a zip."""
    try:
        status = path.stat()
    except OSError as error:  # a link to nowhere, or it was removed meanwhile
        yield _closed(folder, path, "damaged", f"it cannot be opened ({reason_of(error)})")
        return
    name = plain_name(path.relative_to(folder).as_posix())
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited on for ever
        return
    if is_zip(path):
        yield from look_into(path, name, status, _passed_over, archives)
    else:
        stamp = file_stamp(str(path.absolute()), status)
        yield Found(name, status.st_size, stamp, _opener(path))


def _closed(folder: Path, path: Path, reason: str, detail: str) -> Found:
    """A file or folder that cannot be read."""
    name = plain_name(path.relative_to(folder).as_posix())
    return Found(name, 0, b"", _opener(path), (reason, detail))


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LEFTOVERS
