"""What is a run called on disk, when a person has typed some words?"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection

LONGEST = 40
"""Letters of a name that is made here; names that people gave by hand may be longer."""
MOST_BYTES = 200
"""Of a name, as the disk writes it: 100 letters may be 400 bytes."""
_RESERVED = re.compile(  # by Windows
    r"con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[\d¹²³]", re.IGNORECASE
)
_ODD_BYTE = re.compile("[\udc80-\udcff]")  # as Python tells bytes that are no UTF-8
_ESCAPE = re.compile(rb"=([0-9A-F]{2})")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def name_from(words: str, taken: Collection[str] = (), otherwise: str = "model") -> str:
    """A name made of small letters, digits and dashes that is not among `taken`.

    "My cats!" becomes "my-cats", and "my-cats-2" if that is taken. Words of which less than half
    can be said with such letters become `otherwise`. It is never a path, nor looks like an option.
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST].strip("-")
    if 2 * sum(map(str.isalnum, plain)) < sum(map(str.isalnum, words)) or not name:
        name = otherwise
    if is_reserved(name):
        name += "-1"
    known = {other.casefold() for other in taken}
    number, numbered = 1, name
    while numbered in known:
        number += 1
        numbered = f"{name}-{number}"
    return numbered


def is_name(text: str) -> bool:
    """Whether a text can be the name of a file or folder, and nothing more: no path, not hidden.

    Disks count bytes, up to 255, of which temporary files and endings need some.
    """
    return (
        0 < len(text) <= 100
        and size_of(text) <= MOST_BYTES
        and not text.startswith((".", "-"))
        and not text.endswith((".", " "))
        and not _FORBIDDEN.search(text)
        and not is_reserved(text)
    )


def is_reserved(name: str) -> bool:
    """Whether Windows keeps the name of a file for itself, with any ending: "con.png"."""
    return bool(_RESERVED.fullmatch(name.partition(".")[0]))


def size_of(text: str) -> int:
    """The bytes of a text as the disk writes it; 255 and more for what no disk can write."""
    try:
        return len(os.fsencode(text))
    except UnicodeEncodeError:  # half of a pair of characters
        return 255 + len(text)


def escaped_name(name: str) -> str:
    """The name of a folder as addresses and JSON can have it: bytes that are no UTF-8 as "=E9"."""
    if not _ODD_BYTE.search(name):
        return name
    plain = name.replace("=", "=3D")
    return _ODD_BYTE.sub(lambda found: f"={ord(found[0]) - 0xDC00:02X}", plain)


def unescaped_name(escaped: str) -> str:
    """The inverse of `escaped_name` for a name with such bytes."""
    return os.fsdecode(_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), os.fsencode(escaped)))
