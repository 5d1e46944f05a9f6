"""What of a PNG is needed to see it, and which texts does it carry?

A PNG is a row of chunks: those whose names begin with a capital make the picture, the others say
something beside it (PNG specification, third edition, chapters 5 and 11). Browsers pass over side
chunks that are damaged, and so is done here. Other programs put megabytes of text there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from genimg.images.kinds import PNG

SIDE = (b"tRNS", b"sRGB", b"iCCP", b"gAMA", b"cHRM", b"eXIf", b"acTL", b"fcTL", b"fdAT")
"""Side chunks that change how a picture looks."""

_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_FRAME = 12  # bytes around what a chunk holds: length, name and checksum


class _Chunk(NamedTuple):
    """One chunk: its name, and where it starts and ends; `end` may lie beyond a file cut short."""

    name: bytes
    start: int
    end: int


def tidied(data: bytes, side: Sequence[bytes] = SIDE) -> bytes:
    """A PNG without its side chunks, but for those that are named and whole."""
    pieces = [slice(0, len(PNG))]
    for chunk in _chunks(data):
        if not _beside(chunk) or (chunk.name in side and _whole(data, chunk)):
            if pieces[-1].stop == chunk.start:
                pieces[-1] = slice(pieces[-1].start, chunk.end)
            else:
                pieces.append(slice(chunk.start, chunk.end))
    view = memoryview(data)
    return data if len(pieces) == 1 else b"".join(view[piece] for piece in pieces)


def texts(data: bytes, most: int, keyword: str | None = None) -> dict[str, str] | None:
    """The texts of a PNG as {keyword: text}, or only that of `keyword`; None if it is cut short.

    A damaged text is "". Reading ends when there are more than `most` characters.
    """
    found: dict[str, str] = {}
    for chunk in _chunks(data):
        if chunk.end > len(data):
            return None
        if chunk.name in _TEXTS:
            word, _, body = data[chunk.start + 8 : chunk.end - 4].partition(b"\0")
            key = word.decode("latin-1")
            if keyword in (None, key):
                found[key] = _text(chunk.name, body, most) if _whole(data, chunk) else ""
        if sum(map(len, found.values())) > most:
            break
    return found


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """All chunks up to the last one; the rest of a file that is none is one chunk."""
    at = len(PNG)
    while at < len(data):
        name = data[at + 4 : at + 8]
        end = at + _FRAME + int.from_bytes(data[at : at + 4])
        if len(name) < 4 or not name.isalpha() or end > len(data):
            yield _Chunk(b"REST", at, max(end, len(data) + 1))
            return
        yield _Chunk(name, at, end)
        if name == b"IEND":
            return
        at = end


def _beside(chunk: _Chunk) -> bool:
    return chunk.name[0] & 32 != 0  # a small letter


def _whole(data: bytes, chunk: _Chunk) -> bool:
    """Whether the checksum is right."""
    said = int.from_bytes(data[chunk.end - 4 : chunk.end])
    return zlib.crc32(memoryview(data)[chunk.start + 4 : chunk.end - 4]) == said


def _text(name: bytes, body: bytes, most: int) -> str:
    """What a text chunk says after its keyword, a little over `most` characters of it at most."""
    packed, coding = name == b"zTXt", "latin-1"
    if name == b"iTXt":  # whether it is packed, and how; language and keyword in that language
        packed, coding = body[:1] == b"\1", "utf-8"
        body = body[1:2] + body[2:].split(b"\0", 2)[-1]
        body = body if packed else body[1:]
    try:
        if packed:  # after one byte that says how: there is only one way
            body = zlib.decompressobj().decompress(body[1:], 4 * most + 4)
        return body.decode(coding)[: most + 1]
    except (zlib.error, UnicodeDecodeError):
        return ""
