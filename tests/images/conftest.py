"""Pictures and files that the tests of pictures share."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from genimg.images.kinds import formats

formats()  # Pillow knows them from here on, to write them as well


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(mode: str = "RGB", size: tuple[int, int] = (40, 30), seed: int = 0) -> Image.Image:
    bands = Image.new(mode, size).getbands()
    array = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], len(bands)))
    return Image.fromarray(array.astype(np.uint8).squeeze())


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + b"".join(more)
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def bands(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def gradient(width: int, height: int) -> Image.Image:
    """Red says x, green says y, in pixels."""
    array = np.zeros((height, width, 3), np.uint8)
    array[..., 0] = np.arange(width)[None, :]
    array[..., 1] = np.arange(height)[:, None]
    return Image.fromarray(array)
