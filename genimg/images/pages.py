"""Which of several pictures in one file is taken?

Of the pages of a TIFF, the pictures of an MPO and the sizes of an icon the largest is; of an
animation, a film or a photograph with layers the one that the file shows first.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress

from PIL import Image

from genimg.images.kinds import ICO, PNG

MOST = 50
"""Pages, or frames of an animation, that are looked at."""

_PAGED = ("TIFF", "MPO")
_SUBFILE = 254  # TIFF 6.0, section 8: what kind of picture a page holds
_MASK = 4
_DIRECTORY, _ENTRY = 6, 16  # bytes of an icon's header, and of each entry behind it


def largest_page(image: Image.Image, fits: Callable[[Image.Image], bool]) -> int | None:
    """The number of the page of an opened file that has most pixels, of those that `fits` allows;
    None for a kind of file that has no pages.

    A damaged page is the end. Where there are pages, the `image` is not to be used afterwards.
    """
    if image.format not in _PAGED:
        return None
    best, most = 0, image.width * image.height if fits(image) else 0
    with suppress(Exception):  # that was the last one, or what follows is damaged
        for number in range(1, MOST):
            image.seek(number)
            pixels = image.width * image.height
            if pixels > most and fits(image) and not _is_mask(image):
                best, most = number, pixels
    return best


def _is_mask(image: Image.Image) -> bool:
    kind = getattr(image, "tag_v2", {}).get(_SUBFILE, 0)
    return isinstance(kind, int) and kind & _MASK != 0


def largest_icon(data: bytes, most: int) -> bytes:
    """The largest size in an ICO, as a file of its own: a PNG, or an ICO with nothing else in it.

    Sizes of more than `most` pixels are passed over. Raises ValueError if no size is left.
    """
    count = int.from_bytes(data[4:6], "little")
    found: list[tuple[int, int, bytes]] = []
    for start in range(_DIRECTORY, min(_DIRECTORY + count * _ENTRY, len(data)), _ENTRY):
        with suppress(struct.error):  # the entry, or what it points at, is cut short
            colours, size, at = struct.unpack("<6xHII", data[start : start + _ENTRY])
            body = data[at : at + size]
            width, height = _size_of(body)
            if 0 < width * height <= most:
                # Above 255 the size of an entry is 0; readers look into the picture then.
                sides = bytes(side if side < 256 else 0 for side in (width, height))
                entry = sides + data[start + 2 : start + 8]
                entry += struct.pack("<II", len(body), _DIRECTORY + _ENTRY)
                alone = body if body.startswith(PNG) else ICO + b"\1\0" + entry + body
                found.append((width * height, colours, alone))
    return max(found, key=lambda each: each[:2])[2]  # of two alike, that of more colours


def _size_of(body: bytes) -> tuple[int, int]:
    """Width and height of a picture in an icon: as its own header says, not the icon's."""
    if body.startswith(PNG):
        width, height = struct.unpack_from(">II", body, 16)
        return width, height
    width, twice = struct.unpack_from("<ii", body, 4)
    return abs(width), abs(twice) // 2  # the mask stands below
