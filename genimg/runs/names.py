"""What is a run called on disk, when a person has typed some words?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

LONGEST = 40
"""Letters of a name that is made here; names that people gave by hand may be longer."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # by Windows
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
    if _RESERVED.fullmatch(name):
        name += "-1"
    known = {other.casefold() for other in taken}
    number, numbered = 1, name
    while numbered in known:
        number += 1
        numbered = f"{name}-{number}"
    return numbered


def is_name(text: str) -> bool:
    """Whether a text can be the name of a file or folder, and nothing more: no path, not hidden."""
    return (
        0 < len(text) <= 100
        and not text.startswith((".", "-"))
        and not text.endswith((".", " "))
        and not _FORBIDDEN.search(text)
        and not _RESERVED.fullmatch(text.partition(".")[0])
    )
