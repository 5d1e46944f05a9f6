"""In which encoding are names written, or a table of labels, that do not say it?

A zip says of each name whether it is UTF-8; programs that do not set that mark write UTF-8 all the
same (macOS), or the letters of the machine: GBK, Shift-JIS, and so on. All names of a zip are in
one encoding, so they are looked at together.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence

# In the order in which they are believed where nothing speaks for one of them.
_EAST = ("cp932", "gb18030", "cp949", "big5")
_WEST = ("cp437", "cp850", "cp1252", "cp866", "cp1251")
_SAMPLE = 1 << 14  # bytes that are looked at
_UTF_8 = 0x800  # the mark of a zip's entry
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_HANJA = re.compile("[\u4e00-\u9fff\uf900-\ufaff]")
_WITHIN_A_WORD = re.compile("[A-Za-z][^\0-\x7f]|[^\0-\x7f][A-Za-z]")


def entry_names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names of a zip's entries as their maker wrote them, with "/" between folders.

    A backslash is taken for one: Windows programs write it, and no picture's name needs it.
    """
    raw = {at: name for at, info in enumerate(infos) if (name := _raw(info)) is not None}
    encoding = guess_encoding(list(raw.values()))
    names = [
        raw[at].decode(encoding, "replace") if at in raw else info.filename
        for at, info in enumerate(infos)
    ]
    return [name.replace("\\", "/") for name in names]


def _raw(info: zipfile.ZipInfo) -> bytes | None:
    """The bytes of a name whose encoding is not told; None where it is, or does not matter."""
    known = info.flag_bits & _UTF_8 or info.filename.isascii()
    if known or not info.orig_filename.startswith(info.filename):  # told in an extra field
        return None
    try:
        return info.filename.encode("cp437")  # as zipfile has decoded it
    except UnicodeEncodeError:
        return None


def guess_encoding(texts: Sequence[bytes]) -> str:
    """The encoding that short texts most likely share; "utf-8" if all can be."""
    try:
        for text in texts:
            text.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    from charset_normalizer import from_bytes  # few zips need it

    odd = dict.fromkeys(text for text in texts if not text.isascii())
    sample = b"\n".join(odd)[:_SAMPLE].rpartition(b"\n")[0] or b"\n".join(odd)[:_SAMPLE]
    found = from_bytes(sample, cp_isolation=[*_EAST, *_WEST], threshold=0.5)
    likely = {each.encoding: each.chaos + _doubt(each.encoding, str(each)) for each in found}
    order = (*_EAST, *_WEST)
    return min(likely, key=lambda name: (likely[name], order.index(name)), default="cp437")


def _doubt(encoding: str, text: str) -> float:
    """What speaks against an encoding besides the measured disorder, on the same scale."""
    if encoding not in _EAST:
        return 0.03
    odd = {"cp932": _HALF_WIDTH, "cp949": _HANJA}.get(encoding)
    if odd is not None and odd.search(text):
        return 0.3  # what Chinese looks like when it is read as Japanese or Korean
    return 0.2 if _WITHIN_A_WORD.search(text) else 0.0  # as an umlaut looks then
