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
from genimg.images.kinds import PNG
from genimg.images.modes import damaged
from genimg.images.opening import Source, open_header, read_file
from genimg.images.png import texts

MAX_TEXT = 10**6
"""Most characters of text that are taken from one picture."""

MOST_ESCAPED = 6 * MAX_TEXT
"""Longest EXIF comment that is looked into, in bytes: escaped, a character takes up to six."""

LARGE = 256
"""Pixels a side; larger pictures are sent to a page with little compression."""

JPEG_QUALITY = 95

_ASCII = b"ASCII\0\0\0"  # how an EXIF comment says its characters (Exif 2.32, tag 37510)


def encode_png(image: Image.Image, text: Mapping[str, str] | None = None) -> bytes:
    """Encode an image as the bytes of a PNG file, with nothing of its metadata.

    `text` becomes text chunks (keywords: 1 to 79 Latin-1 characters; texts: any Unicode).
    """
    return _png(image, text or {})


def _png(image: Image.Image, text: Mapping[str, str], **options: int) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        chunks.add_itxt(key, value)
    buffer = io.BytesIO()
    _bare(image).save(buffer, "PNG", pnginfo=chunks, **options)
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


def encode_jpeg(image: Image.Image) -> bytes:
    """Encode an image as the bytes of a JPEG file of high quality, with nothing of its metadata:
    for photographs, which would be several times as large as a PNG.
    """
    buffer = io.BytesIO()
    _bare(image).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
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


def bytes_uri(data: bytes, kind: str) -> str:
    """A file of a MIME type as a `data:image/png;base64,...` address for a web page."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def data_uri(image: Image.Image) -> str:
    """Encode an image as a `data:image/png;base64,...` address for a web page.

    Of a large one, what is left to compress is not worth the time that it takes.
    """
    options = {"compress_level": 1} if max(image.size) > LARGE else {}
    return bytes_uri(_png(image, {}, **options), "image/png")


def small_uri(image: Image.Image, side: int) -> str:
    """Encode an image, no side longer than `side`, as a `data:image/webp;base64,...` address."""
    small = _bare(image)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80)
    return bytes_uri(buffer.getvalue(), "image/webp")


def _bare(image: Image.Image) -> Image.Image:
    bare = image.copy()
    bare.info = {}
    return bare


def read_text(source: Source, keyword: str | None = None) -> dict[str, str]:
    """Read the texts of a PNG or WebP file as {keyword: text}; other pictures give {}.

    With `keyword` only that text, however much other programs have written beside it. A text that
    is damaged in a picture that is not is "".

    Raises ImageError as `load_image` does, and if the texts are longer than MAX_TEXT in all.
    """
    data, name = read_file(source)
    image = open_header(data, name)
    if isinstance(image, WebPImagePlugin.WebPImageFile):
        text = _comment(image)
        text = {key: value for key, value in text.items() if keyword in (None, key)}
    elif data.startswith(PNG):
        found = texts(data, MAX_TEXT, keyword)
        if found is None:
            raise damaged(name)
        text = found
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
