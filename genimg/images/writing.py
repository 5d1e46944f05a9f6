"""How is a picture written so that it carries a text, and how is that text read again?

A PNG holds texts in iTXt chunks, one for each keyword. WebP has no such thing: there it is the
comment of the EXIF block, which most programs that copy metadata carry along, as one JSON object.
"""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Mapping

from PIL import ExifTags, Image, PngImagePlugin, WebPImagePlugin

from genimg.errors import ImageError
from genimg.images.modes import damaged
from genimg.images.opening import Source, open_header, read_file

MAX_TEXT = 10**6
"""Most characters of text that are taken from one picture."""

MOST_ESCAPED = 6 * MAX_TEXT
"""Longest EXIF comment that is looked into, in bytes: escaped, a character takes up to six."""

_ASCII = b"ASCII\0\0\0"  # how an EXIF comment says its characters (Exif 2.32, tag 37510)


def encode_png(image: Image.Image, text: Mapping[str, str] | None = None) -> bytes:
    """Encode an image as the bytes of a PNG file, with nothing of its metadata.

    `text` becomes text chunks (keywords: 1 to 79 Latin-1 characters; texts: any Unicode).
    """
    chunks = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        chunks.add_itxt(key, value)
    buffer = io.BytesIO()
    _bare(image).save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def encode_webp(image: Image.Image, text: Mapping[str, str] | None = None) -> bytes:
    """Encode an image as the bytes of a lossless WebP file, with nothing of its metadata.

    Its pixels come back as they are, grey ones as RGB. `text` becomes the comment of the EXIF
    block.
    """
    # JSON that escapes all but ASCII, so that no program has to guess the characters.
    comment = json.dumps(dict(text or {}), separators=(",", ":")).encode("ascii")
    buffer = io.BytesIO()
    exif = _exif(_ASCII + comment) if text else b""
    _bare(image).save(buffer, "WEBP", lossless=True, exact=True, exif=exif)
    return buffer.getvalue()


def _exif(comment: bytes) -> bytes:
    """An EXIF block with nothing but a comment: a TIFF header and two tables of one entry each
    (number of entries; tag, type, count, value or place; place of the next table).
    """
    exif_at, comment_at = 8 + 18, 8 + 18 + 18
    return (
        struct.pack("<2sHI", b"II", 42, 8)
        + struct.pack("<HHHIII", 1, ExifTags.IFD.Exif, 4, 1, exif_at, 0)
        + struct.pack("<HHHIII", 1, ExifTags.Base.UserComment, 7, len(comment), comment_at, 0)
        + comment
    )


def data_uri(image: Image.Image) -> str:
    """Encode an image as a `data:image/png;base64,...` address for a web page."""
    return "data:image/png;base64," + base64.b64encode(encode_png(image)).decode("ascii")


def _bare(image: Image.Image) -> Image.Image:
    bare = image.copy()
    bare.info = {}
    return bare


def read_text(source: Source) -> dict[str, str]:
    """Read the texts of a PNG or WebP file as {keyword: text}; other pictures give {}.

    Raises ImageError as `load_image` does, and if the texts are longer than MAX_TEXT in all.
    """
    data, name = read_file(source)
    image = open_header(data, name)
    if isinstance(image, WebPImagePlugin.WebPImageFile):
        text = _comment(image)
    elif isinstance(image, PngImagePlugin.PngImageFile):
        try:
            text = {str(key): str(value) for key, value in image.text.items()}
        except Exception as error:
            raise damaged(name) from error
    else:
        return {}
    if sum(len(key) + len(value) for key, value in text.items()) > MAX_TEXT:
        raise ImageError(
            f"{name} holds more text than the {MAX_TEXT:,} characters that are read. "
            "Choose another picture."
        )
    return text


def _comment(image: Image.Image) -> dict[str, str]:
    """The texts in the EXIF comment; {} where it is damaged, or somebody else's."""
    try:
        comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
        if not isinstance(comment, bytes) or len(comment) > MOST_ESCAPED:
            return {}
        start, text = comment[: len(_ASCII)], json.loads(comment[len(_ASCII) :].decode("ascii"))
    except Exception:  # broken metadata does not make the picture unreadable
        return {}
    ours = start == _ASCII and isinstance(text, dict)
    return text if ours and all(isinstance(value, str) for value in text.values()) else {}
