"""How is a picture file opened that nobody has looked at before?

The bytes are bounded, and the header is looked at before anything is decoded. What comes out is an
upright 8-bit picture without transparency and without metadata.
"""

from __future__ import annotations

import functools
import io
import os
from pathlib import Path
from typing import BinaryIO

from PIL import Image, features

from genimg.errors import ImageError
from genimg.images.modes import damaged, upright

MAX_BYTES = 50 * 10**6
"""Largest picture file that is read, in bytes."""
MAX_SIDE = 20_000
"""Longest side that is decoded, in pixels."""
MAX_PIXELS = 64 * 10**6
"""Most pixels that are decoded: 64 megapixels take about 200 MB as RGB."""

Source = str | os.PathLike[str] | bytes | BinaryIO


def load_image(source: Source) -> Image.Image:
    """Read any picture file as an upright 8-bit image of mode "RGB", or "L" if it is grey.

    `source` is a path, the bytes of a file, or a binary file opened for reading. The first frame
    is taken of an animation. Transparency is laid on white; 16-bit, 32-bit and floating-point
    greys are brought to 8 bits; the EXIF orientation is applied; all metadata is left behind.

    Raises ImageError if the file is missing, is larger than MAX_BYTES, MAX_SIDE or MAX_PIXELS
    (seen from the header, before decoding), is damaged, or is not a picture of a known kind.
    """
    data, name = read_file(source)
    image = open_header(data, name)
    try:
        image.seek(0)
    except Exception as error:
        raise damaged(name) from error
    plain = upright(image, name).copy()
    plain.info = {}
    return plain


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
        raise ImageError(
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
        raise ImageError(
            f"{name} has more than {MAX_PIXELS // 10**6} million pixels. "
            "Save a smaller copy and use that."
        ) from error
    except Exception as error:  # Pillow raises two dozen kinds on damaged files
        kind = _unread_kind(data)
        said = f"is {kind}, which cannot be read" if kind else "is not a picture that can be read"
        raise ImageError(
            f"{name} {said}, or it is damaged. Save it as PNG or JPEG and use that "
            f"(readable: {', '.join(formats())})."
        ) from error
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ImageError(
            f"{name} is {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million pixels "
            f"and {MAX_SIDE:,} a side are read. Save a smaller copy and use that."
        )
    if min(width, height) < 1:
        raise ImageError(f"{name} has no pixels ({width} x {height}). Choose another picture.")
    return image


def _unread_kind(data: bytes) -> str | None:
    """Name the kinds that people try most, so that the message can say more than "unknown"."""
    if data[4:8] == b"ftyp" and data[8:11] in (b"hei", b"hev", b"mif"):
        return "a HEIC photo"
    if data[:4] == b"%PDF":
        return "a PDF document"
    if b"<svg" in data[:1000].lower():
        return "an SVG drawing"
    return None
