"""What is a file that may be a picture, wherever it lies, and how is it read safely?"""

from __future__ import annotations

import hashlib
import lzma
import os
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from genimg.images import MAX_BYTES

LONGEST = 1000
"""Characters of a name in a report; in a zip a name may have 65,535."""

# What zipfile and the packing methods behind it raise on damaged files and unknown methods.
BROKEN = (
    zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, ArithmeticError,
    LookupError, struct.error, zlib.error, lzma.LZMAError,
)  # fmt: skip


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
        with self.opened() as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise Unreadable("too large", f"it is larger than {MAX_BYTES // 10**6} MB")
        return data

    def start(self, count: int = 32) -> bytes:
        """The first bytes; raises Unreadable."""
        with self.opened() as file:
            return file.read(count)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The open file; whatever goes wrong with it is raised as Unreadable."""
        if self.trouble is not None:
            raise Unreadable(*self.trouble)
        try:
            with self.open() as file:
                yield file
        except OSError as error:
            raise Unreadable("damaged", f"it cannot be opened ({reason_of(error)})") from error
        except BROKEN as error:
            raise Unreadable("damaged", f"the zip is damaged here ({reason_of(error)})") from error


def plain_name(name: str) -> str:
    """A name fit for a report: every character can be printed and written as UTF-8."""
    plain = "".join(map(_plain_character, name))
    half = LONGEST // 2
    return plain if len(plain) <= LONGEST else f"{plain[: half - 1]}…{plain[-half:]}"


def _plain_character(character: str) -> str:
    if character.isprintable():
        return character
    # Some systems put other spaces into the names of screenshots.
    return " " if unicodedata.category(character) == "Zs" else "�"


def reason_of(error: BaseException) -> str:
    """What an error of the system says, in small letters and without a full stop."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(plain_name(said).split()).rstrip(".").lower()


def file_stamp(place: str, status: os.stat_result, *parts: str) -> bytes:
    """What changes when a file is replaced: its place, size and times; nobody can read it back."""
    words = [place, status.st_size, status.st_mtime_ns, status.st_ctime_ns, *parts]
    text = "\0".join(map(str, words))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
