"""How is a picture file opened that nobody has looked at before?

The bytes are bounded, and the header is looked at before anything is decoded. What comes out is an
upright 8-bit picture without transparency and without metadata.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, features

from genimg.errors import ImageError
from genimg.images.modes import damaged, upright

MAX_BYTES = 50 * 10**6
"""Largest picture file that is read, in bytes."""
MAX_SIDE = 20_000
"""Longest side that is decoded, in pixels."""
MAX_PIXELS = 64 * 10**6
"""Most pixels that are decoded: 64 megapixels take about 200 MB as RGB."""

_FRAMES = 50  # of an animation that are looked at for one that is not empty

Source = str | os.PathLike[str] | bytes | BinaryIO


class TooLarge(ImageError):
    """A picture has more bytes or pixels than are read."""


class NotAPicture(ImageError):
    """A file is none of the kinds of picture that are read, whatever its name says."""


def load_image(source: Source, least: int | None = None) -> Image.Image:
    """Read any picture file as an upright 8-bit image of mode "RGB", or "L" if it is grey.

    `source` is a path, the bytes of a file, or a binary file opened for reading. Of an animation
    the first frame is taken that shows more than one colour. Transparency is laid on white;
    16-bit, 32-bit and floating-point greys are brought to 8 bits; the EXIF orientation is
    applied; all metadata is left behind. With `least`, a JPEG whose sides are several times that
    many pixels is decoded at a half, a quarter or an eighth of its size, which is much faster;
    no side gets shorter than `least`.

    Raises ImageError if the file is missing, is larger than MAX_BYTES, MAX_SIDE or MAX_PIXELS
    (seen from the header, before decoding: TooLarge), is damaged, or is not a picture of a known
    kind (NotAPicture).
    """
    data, name = read_file(source)
    image = open_header(data, name)
    if least is not None:
        reduce_decoding(image, least)
    return decode(image, name)


def reduce_decoding(image: Image.Image, least: int) -> None:
    """Let a JPEG that has not been decoded yet be decoded smaller, its sides `least` or longer."""
    with contextlib.suppress(Exception):  # a damaged file says so when it is decoded
        image.draft(None, (least, least))


def decode(image: Image.Image, name: str) -> Image.Image:
    """The picture of an opened header, upright, "L" or "RGB", and without metadata.

    Raises ImageError, which calls it `name`, if it is damaged.
    """
    plain = _frame(image, 0, name)
    # Many animations begin with an empty frame.
    most = min(_FRAMES, getattr(image, "n_frames", 1), MAX_PIXELS // (image.width * image.height))
    if most > 1 and one_colour(plain):
        plain = _first_shown(image, plain, most, name)
    plain = plain.copy()
    plain.info = {}
    return plain


def _first_shown(image: Image.Image, first: Image.Image, most: int, name: str) -> Image.Image:
    """The first of `most` frames that shows something; the very first one if none does."""
    first = first.copy()  # seeking reuses the picture
    for number in range(1, most):
        try:
            frame = _frame(image, number, name)
        except ImageError:  # what can be seen of a damaged animation is its first frame
            break
        if not one_colour(frame):
            return frame
    return first


def _frame(image: Image.Image, number: int, name: str) -> Image.Image:
    try:
        image.seek(number)
    except Exception as error:
        raise damaged(name) from error
    return upright(image, name)


def one_colour(image: Image.Image) -> bool:
    """Whether all pixels of an "L" or "RGB" image are the same."""
    return all(low == high for low, high in np.atleast_2d(image.getextrema()))


@functools.cache
def formats() -> tuple[str, ...]:
    """The kinds of file that are opened: common ones, whose readers in Pillow are well tested."""
    formats = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"]
    return tuple([*formats, "AVIF"] if features.check("avif") else formats)


def read_file(source: Source) -> tuple[bytes, str]:
    """The bytes of a file, at most MAX_BYTES of them, and what to call it in a message."""
    if isinstance(source, bytes):
        name, data = "The picture", source[: MAX_BYTES + 1]
    elif isinstance(source, (str, os.PathLike)):
        name = _quote(source)
        try:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
            reason = getattr(error, "strerror", None) or "it has no valid name"
            raise ImageError(
                f"{name} cannot be opened ({reason.lower()}). Check its name and place."
            ) from error
    else:
        given = getattr(source, "name", None)
        name = _quote(given) if isinstance(given, str) else "The picture"
        data = source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TooLarge(
            f"{name} is larger than {MAX_BYTES // 10**6} MB. Save a smaller copy and use that."
        )
    if not data:
        raise ImageError(f"{name} is empty (0 bytes). Save or download it again.")
    return data, name


def _quote(path: str | os.PathLike[str]) -> str:
    """The last part of a path, fit for a message: no folders, no control characters, not long."""
    name = "".join(c for c in Path(path).name if c.isprintable())
    return f"'{name if len(name) <= 80 else name[:79] + '…'}'"


def open_header(data: bytes, name: str) -> Image.Image:
    """Read the header of a picture and refuse what is unknown or too large; decode nothing."""
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=formats())
        width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(
            f"{name} has more than {MAX_PIXELS // 10**6} million pixels. "
            "Save a smaller copy and use that."
        ) from error
    except Exception as error:  # Pillow raises two dozen kinds on damaged files
        kind = _unread_kind(data)
        said = f"is {kind}, which cannot be read" if kind else "is not a picture that can be read"
        refusal = ImageError if looks_like_picture(data[:32]) else NotAPicture
        raise refusal(
            f"{name} {said}, or it is damaged. Save it as PNG or JPEG and use that "
            f"(readable: {', '.join(formats())})."
        ) from error
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise TooLarge(
            f"{name} is {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million pixels "
            f"and {MAX_SIDE:,} a side are read. Save a smaller copy and use that."
        )
    if min(width, height) < 1:
        raise ImageError(f"{name} has no pixels ({width} x {height}). Choose another picture.")
    return image


def looks_like_picture(start: bytes) -> bool:
    """Whether the first bytes (32 are enough) are those of a kind of picture that is read."""
    marks = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
    if start.startswith(marks):
        return True
    if start[:4] == b"RIFF":
        return start[8:12] == b"WEBP"
    if start[4:8] == b"ftyp":
        return start[8:12] in (b"avif", b"avis", b"mif1")
    # The marks of BMP and PPM are two letters, with which many a text begins as well.
    bitmap = start[:2] == b"BM" and start[6:10] == bytes(4)
    return bitmap or (start[:1] == b"P" and start[1:2] in b"123456Ffy" and start[2:3] in b" \t\r\n")


def _unread_kind(data: bytes) -> str | None:
    """Name the kinds that people try most, so that the message can say more than "unknown"."""
    if data[4:8] == b"ftyp" and data[8:11] in (b"hei", b"hev", b"mif"):
        return "a HEIC photo"
    if data[:4] == b"%PDF":
        return "a PDF document"
    if b"<svg" in data[:1000].lower():
        return "an SVG drawing"
    return None
