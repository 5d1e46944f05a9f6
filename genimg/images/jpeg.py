"""How much memory does a JPEG take beside the picture that comes out?

Most are decoded row by row, at a part of their size as well. Those that become clearer and clearer
while they load (progressive), or hold one colour after the other, are held as a whole by the
decoder, at their full size (ITU-T T.81, annexes B and G).
"""

from __future__ import annotations

from PIL.JpegImagePlugin import JpegImageFile

_BYTES = 2  # of a sample that is held
_ALONE = (0x01, *range(0xD0, 0xD9))  # markers that nothing belongs to
_SCAN = 0xDA


def held(image: JpegImageFile) -> int:
    """Bytes that the decoder holds of an opened JPEG; 0 where it goes row by row."""
    if not image.info.get("progressive") and _in_first_scan(image) == len(image.layer):
        return 0
    layers = [(across, down) for _, across, down, _ in image.layer]
    widest = max((across for across, _ in layers), default=1)
    highest = max((down for _, down in layers), default=1)
    samples = sum(across * down for across, down in layers) / max(1, widest * highest)
    return int(_BYTES * samples * image.width * image.height)


def _in_first_scan(image: JpegImageFile) -> int:
    """How many colours the first scan has; 0 if there is none."""
    file = image.fp
    if file is None or not image.tile:
        return 0
    before = file.tell()
    try:
        file.seek(image.tile[0].offset + 2)
        while (byte := file.read(1)) == b"\xff":
            while (byte := file.read(1)) == b"\xff":  # any number of these may stand before one
                pass
            if not byte:
                break
            if byte[0] in _ALONE:
                continue
            length = int.from_bytes(file.read(2))
            if byte[0] == _SCAN:
                return int.from_bytes(file.read(1))
            file.seek(length - 2, 1)
    finally:
        file.seek(before)
    return 0
