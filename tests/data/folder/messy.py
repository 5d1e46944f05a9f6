"""How are the files made that real folders hold besides good pictures?

Every builder writes one file and returns its path, so that a test says what lies where.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageEnhance


def photo(seed: int, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """A smooth colourful picture with some shapes, unlike that of any other seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (5, 6, 3)).astype(np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    for _ in range(4):
        width, height = (
            int(side * part) for side, part in zip(size, rng.uniform(0.1, 0.4, 2), strict=True)
        )
        at = tuple(int(rng.integers(0, side)) for side in size)
        image.paste(tuple(rng.integers(0, 256, 3).tolist()), (*at, at[0] + width, at[1] + height))
    return image


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def put(path: Path, data: bytes | Image.Image, **options: Any) -> Path:
    """Write bytes, or a picture in the kind that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        data.save(path, **options)
    return path


def photos(folder: Path, count: int, first: int = 0, suffix: str = ".png") -> list[Path]:
    """`count` pictures of the seeds from `first` on, as 0.png, 1.png, ..."""
    return [put(folder / f"{i}{suffix}", photo(first + i)) for i in range(count)]


def turned(path: Path, image: Image.Image, orientation: int = 6) -> Path:
    """As phones do it: the sensor's rows are stored, and EXIF says how to hold them."""
    stored = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
              8: Image.Transpose.ROTATE_270}[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return put(path, image.transpose(stored), exif=exif)


def cmyk(path: Path, image: Image.Image) -> Path:
    """A JPEG from a print shop."""
    return put(path, image.convert("CMYK"), quality=95)


def deep(path: Path, grey: Image.Image) -> Path:
    """A grey PNG of 16 bits."""
    levels = np.asarray(grey.convert("L")).astype(np.uint16) * 257
    return put(path, Image.fromarray(levels))


def see_through(path: Path, image: Image.Image) -> Path:
    """A PNG whose left half is transparent."""
    layered = image.convert("RGBA")
    layered.paste((0, 0, 0, 0), (0, 0, image.width // 2, image.height))
    return put(path, layered)


def animation(path: Path, image: Image.Image) -> Path:
    """A GIF that begins with an empty frame."""
    frames = [Image.new("RGB", image.size, "white"), image, photo(1000, image.size)]
    return put(path, frames[0], save_all=True, append_images=frames[1:], duration=50)


def truncated(path: Path, image: Image.Image) -> Path:
    """A JPEG whose download broke off in the middle."""
    data = encode(image, "JPEG", quality=95)
    return put(path, data[: len(data) // 2])


def bomb(path: Path, side: int = 12_000) -> Path:
    """A PNG of some kilobytes that decodes to 144 megapixels."""
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return put(path, b"\x89PNG\r\n\x1a\n" + parts)


def web_page(path: Path) -> Path:
    """What a server says instead of a picture."""
    return put(path, b"<!DOCTYPE html><html><body>404 Not Found</body></html>" * 20)


def copies(image: Image.Image) -> dict[str, bytes]:
    """Copies as they come about: saved again, smaller, brighter, with a border cut off."""
    width, height = image.size
    cut = image.crop((width // 40, height // 40, width - width // 50, height - height // 60))
    return {
        "saved again": encode(image, "JPEG", quality=60),
        "smaller": encode(image.resize((width * 3 // 4, height * 3 // 4)), "PNG"),
        "brighter": encode(ImageEnhance.Brightness(image).enhance(1.12), "PNG"),
        "cut": encode(cut, "JPEG", quality=80),
    }


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """A zip of these members."""
    return put(path, zip_bytes(members, method))


def zip_bytes(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def locked(data: bytes) -> bytes:
    """A zip all of whose members claim to be encrypted."""
    changed = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(mark)
        while place >= 0:
            changed[place + at] |= 1
            place = changed.find(mark, place + 4)
    return bytes(changed)
