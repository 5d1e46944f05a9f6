"""How is a picture file opened that nobody has looked at before?

The bytes are bounded, and the header is looked at before anything is decoded. What comes out is an
upright 8-bit picture without transparency and without metadata.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, JpegImagePlugin

from genimg.errors import ImageError
from genimg.images.jpeg import held
from genimg.images.kinds import ICO, JPEG, PNG, formats, looks_like_picture, unread_kind
from genimg.images.modes import upright
from genimg.images.pages import MOST, largest_icon, largest_page
from genimg.images.png import SIDE, tidied

MAX_BYTES = 50 * 10**6
"""Largest picture file that is read, in bytes."""
MAX_SIDE = 20_000
"""Longest side that is decoded, in pixels."""
MAX_PIXELS = 64 * 10**6
"""Most pixels that are decoded: 64 megapixels take about 200 MB as RGB."""
MAX_JPEG_PIXELS = 256 * 10**6
"""Most pixels of a JPEG, which is decoded at a half, a quarter or an eighth where it has more than
MAX_PIXELS: some phones write 108 or 200 megapixels.
"""

_HELD = 6 * MAX_PIXELS  # bytes that a decoder of JPEGs may hold beside the picture
_LARGE = 32 * 10**6  # pixels; phones' photographs mostly have fewer
_ALONE = threading.RLock()
# Kinds that hold several frames of one size, of which the first may be empty, or several pages.
_FILMS = ("GIF", "WEBP", "PNG", "AVIF", "TIFF")

Source = str | os.PathLike[str] | bytes | BinaryIO


class TooLarge(ImageError):
    """A picture has more bytes or pixels than are read."""


class NotAPicture(ImageError):
    """A file is none of the kinds of picture that are read, whatever its name says."""


def load_image(source: Source, least: int | None = None) -> Image.Image:
    """Read any picture file as an upright 8-bit image of mode "RGB", or "L" if it is grey, in sRGB.

    `source` is a path, the bytes of a file, or a binary file opened for reading. Of several pages
    or sizes the largest is taken, and of an animation the first frame that shows more than one
    colour. Colours are brought to sRGB as the file says them; transparency is laid on white;
    16-bit, 32-bit and floating-point greys are brought to 8 bits; the EXIF orientation is
    applied; all metadata is left behind. A JPEG of more than MAX_PIXELS is decoded at a part of its
    size. With `least`, any JPEG whose sides are several times that many pixels is decoded at a
    half, a quarter or an eighth of its size, which is much faster; no side gets shorter than
    `least` for that.

    Raises ImageError if the file is missing, is larger than MAX_BYTES, MAX_SIDE or MAX_PIXELS (a
    JPEG: MAX_JPEG_PIXELS; seen from the header, before decoding: TooLarge), is damaged, or is not a
    picture of a known kind (NotAPicture).
    """
    data, name = read_file(source)
    image = open_header(data, name)
    if least is not None:
        reduce_decoding(image, least)
    return decode(image, name)


def reduce_decoding(image: Image.Image, least: int) -> None:
    """Let a JPEG that has not been decoded yet be decoded smaller, its sides `least` or longer."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        with contextlib.suppress(Exception):  # a damaged file says so when it is decoded
            image.draft(None, (least, least))


def room_for(image: Image.Image) -> contextlib.AbstractContextManager[object]:
    """Of very large pictures one at a time is decoded: each takes hundreds of megabytes."""
    return _ALONE if image.width * image.height > _LARGE else contextlib.nullcontext()


def decode(image: Image.Image, name: str) -> Image.Image:
    """The picture of an opened header, upright, "L" or "RGB", in sRGB, and without metadata.

    Raises ImageError, which calls it `name`, if it is damaged.
    """
    _bound_decoding(image, name)
    with room_for(image):
        plain = upright(image, name)
        if plain is image:  # which another frame may take the place of
            plain = plain.copy()
        if image.format in _FILMS and one_colour(plain):  # many begin with an empty frame
            plain = _first_shown(image, plain, name)
    plain.info = {}
    return plain


def _bound_decoding(image: Image.Image, name: str) -> None:
    """Let a very large JPEG be decoded at a part of its size. Raises TooLarge if it cannot be."""
    for part in (2, 4, 8):
        if _fits(image):
            return
        reduce_decoding(image, min(image.size) // part)
    if not _fits(image):
        raise _too_large(image, name)


def _first_shown(image: Image.Image, first: Image.Image, name: str) -> Image.Image:
    """The first of several frames that shows something; the one at hand if none does."""
    most = min(MOST, MAX_PIXELS // max(1, image.width * image.height))
    at_hand = image.tell()
    for number in range(most):
        if number == at_hand:
            continue
        try:
            image.seek(number)
            frame = upright(image, name) if _fits(image) else first
        except Exception:  # what can be seen of a damaged animation is its first frame
            break
        if not one_colour(frame):
            return frame.copy()
    return first


def one_colour(image: Image.Image) -> bool:
    """Whether all pixels of an "L" or "RGB" image are the same."""
    return all(low == high for low, high in np.atleast_2d(image.getextrema()))


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
    """Read the header of a picture and refuse what is unknown or too large; decode nothing.

    Of several pages it is that of the largest.
    """
    try:
        image = _opened(data)
        page = largest_page(image, _allowed)
        if page is not None:
            image = _opened(data)
            image.seek(page)
        width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(
            f"{name} has more than {MAX_PIXELS // 10**6} million pixels. "
            "Save a smaller copy and use that."
        ) from error
    except Exception as error:  # Pillow raises two dozen kinds on damaged files
        kind = unread_kind(data)
        said = f"is {kind}, which cannot be read" if kind else "is not a picture that can be read"
        refusal = ImageError if looks_like_picture(data[:32]) else NotAPicture
        raise refusal(
            f"{name} {said}, or it is damaged. Save it as PNG or JPEG and use that "
            f"(readable: {', '.join(formats())})."
        ) from error
    if not _allowed(image):
        raise _too_large(image, name)
    if min(width, height) < 1:
        raise ImageError(f"{name} has no pixels ({width} x {height}). Choose another picture.")
    return image


def _opened(data: bytes) -> Image.Image:
    """The header of a file as Pillow reads it."""
    if data.startswith(ICO) and looks_like_picture(data[:32]):
        data = largest_icon(data, MAX_PIXELS)
    if data.startswith(JPEG):  # Pillow would call one of 108 megapixels a bomb
        image: Image.Image = JpegImagePlugin.jpeg_factory(io.BytesIO(data))
        return image
    if not data.startswith(PNG):
        return Image.open(io.BytesIO(data), formats=formats())
    for side in (SIDE, (b"tRNS",)):
        with contextlib.suppress(SyntaxError, ValueError, OSError, ArithmeticError, struct.error):
            return Image.open(io.BytesIO(tidied(data, side)), formats=("PNG",))
    return Image.open(io.BytesIO(tidied(data, ())), formats=("PNG",))  # nonsense beside a picture


def check_size(image: Image.Image) -> None:
    """Refuse a picture that a program has opened if it is too large to be decoded: TooLarge."""
    if not _fits(image) or max(image.size) > MAX_SIDE:
        raise _larger(image, "The picture is", MAX_PIXELS)


def _allowed(image: Image.Image) -> bool:
    """Whether a picture is not too large to be read, be it at a part of its size."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        few = image.width * image.height <= MAX_JPEG_PIXELS and held(image) <= _HELD
        return few and max(image.size) <= MAX_SIDE
    return _fits(image) and max(image.size) <= MAX_SIDE


def _fits(image: Image.Image) -> bool:
    """Whether a picture is not too large to be decoded as it is."""
    return image.width * image.height <= MAX_PIXELS


def _too_large(image: Image.Image, name: str) -> TooLarge:
    kind, most = "", MAX_PIXELS
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        kind, most = ("progressive ", MAX_PIXELS) if held(image) else ("", MAX_JPEG_PIXELS)
    return _larger(image, f"{name} is {kind}".rstrip(), most)


def _larger(image: Image.Image, words: str, most: int) -> TooLarge:
    return TooLarge(
        f"{words} {image.width} x {image.height} pixels; at most {most // 10**6} million "
        f"pixels and {MAX_SIDE:,} a side are read. Save a smaller copy and use that."
    )
