"""Which kinds of picture file are read, and by what are they known?"""

from __future__ import annotations

import functools

import pillow_heif
from PIL import features

JPEG, PNG, PSD, ICO = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"8BPS\0\1", b"\0\0\1\0"
"""With what these files begin."""

# The kinds of container that photographs of phones come in, for still pictures and for films.
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")


@functools.cache
def formats() -> tuple[str, ...]:
    """The kinds of file that are opened, as Pillow calls them.

    Common ones, whose readers are well tested. An MPO, as some cameras write it, is a JPEG.
    """
    # What else lies in such a file is not looked at: small pictures, depths, alpha planes.
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    formats = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "PSD", "ICO", "PPM"]
    return tuple([*formats, "AVIF"] if features.check("avif") else formats)


def looks_like_picture(start: bytes) -> bool:
    """Whether the first bytes (32 are enough) are those of a kind of picture that is read."""
    marks = (b"\x89PNG", JPEG, b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", PSD)
    if start.startswith(marks):
        return True
    if start[:4] == b"RIFF":
        return start[8:12] == b"WEBP"
    if start[4:8] == b"ftyp":
        return start[8:12] in (*_AVIF, *_HEIF)
    if start[:4] == ICO:
        return 0 < int.from_bytes(start[4:6], "little") < 256
    # The marks of BMP and PPM are two letters, with which many a text begins as well.
    bitmap = start[:2] == b"BM" and start[6:10] == bytes(4)
    return bitmap or (start[:1] == b"P" and start[1:2] in b"123456Ffy" and start[2:3] in b" \t\r\n")


def unread_kind(data: bytes) -> str | None:
    """Name the kinds that people try most, so that the message can say more than "unknown"."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        return "a HEIC photo of a rare kind"
    if data[:6] == PSD:
        return "a Photoshop file of more than 8 bits or of a rare kind"
    if data[:4] == b"%PDF":
        return "a PDF document"
    if b"<svg" in data[:1000].lower():
        return "an SVG drawing"
    return None
