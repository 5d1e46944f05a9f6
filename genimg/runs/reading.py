"""What do the files of a run say, whoever wrote them?

A run folder may have been damaged by a full disk, changed by hand, or come from somebody else. So
nothing in it is believed: links are not followed, what is no plain file is not waited for, no more
is read than the files of a run have, and of the numbers only those come through with which one can
go on calculating.
"""

from __future__ import annotations

import json
import math
import os
import stat
from pathlib import Path
from typing import Any

MAX_BYTES = 4_000_000
"""Largest JSON file of a run that is read."""
MOST_LINES = 20_000
"""Lines of progress that are read, the latest ones; there is one for each validation."""
MOST_KEYS = 200
"""Numbers in one line of progress; a line with more is nobody's of ours."""
LARGEST = 2**53
"""Whole numbers beyond this are not exact in other programs, and nothing here comes near it."""

_LONGEST_NUMBER = 400  # digits that are turned into a number at all


def read_bytes(path: Path, most: int = MAX_BYTES, end: bool = False) -> tuple[bytes, bool] | None:
    """The first `most` bytes of a plain file, or its last ones, and whether that is all of it.

    None where there is no such file, where it cannot be read, and where it is a link, a folder, a
    pipe or a device.
    """
    # Without O_NONBLOCK a pipe is waited for until somebody writes to it.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None
            if end and status.st_size > most:
                file.seek(status.st_size - most)
                return file.read(most), False
            data = file.read(most + 1)
    except (OSError, ValueError):  # ValueError: a zero byte, or no text that has bytes
        return None
    return data[:most], len(data) <= most


def read_json(path: Path) -> Any:
    """What a small JSON file says, with numbers that are finite and not huge, and None for others.

    None if it is not there, is no plain file, is too large, or damaged. Texts come as they are:
    names of folders may be none that can be written as UTF-8.
    """
    found = read_bytes(path)
    return parse(found[0]) if found is not None and found[1] else None


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects in a file of one JSON object a line, oldest first, as `read_json` tells them.

    Lines that are damaged are passed over, and of a very long file all but the end is.
    """
    found = read_bytes(path, end=True)
    if found is None:
        return []
    data, whole = found
    lines = [line for line in data.split(b"\n")[0 if whole else 1 :] if line.strip()]
    rows = (parse(line) for line in lines[-MOST_LINES:])
    return [row for row in rows if isinstance(row, dict) and len(row) <= MOST_KEYS]


def parse(data: bytes) -> Any:
    """What a JSON text says, as `read_json` tells it; None if it is damaged."""
    try:
        return json.loads(
            data.decode("utf-8", errors="replace"),
            parse_float=_real,
            parse_int=_whole,
            parse_constant=lambda _: None,  # NaN and Infinity, which JSON does not know
        )
    except (ValueError, RecursionError):
        return None


def _real(text: str) -> float | None:
    value = float(text) if len(text) <= _LONGEST_NUMBER else math.inf
    return value if math.isfinite(value) else None


def _whole(text: str) -> int | None:
    value = int(text) if len(text) <= _LONGEST_NUMBER else LARGEST + 1
    return value if abs(value) <= LARGEST else None
