"""How is an entry of a zip read that is packed with Deflate64, as Windows packs large folders?

Python's zipfile knows the number of that method and cannot unpack it; `inflate64` can.
"""

from __future__ import annotations

import copy
import io
import math
import zipfile
import zlib
from typing import IO, cast

from inflate64 import Inflater
from typing_extensions import override

DEFLATE64 = 9
"""The number of the method in a zip."""

_CHUNK = 1 << 8  # packed bytes that are unpacked at a time: they may become some 8 MB


def open_deflate64(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """One entry that is packed with Deflate64. Raises what `ZipFile.open` does, also on reading."""
    packed = copy.copy(info)
    packed.compress_type = zipfile.ZIP_STORED
    packed.file_size = info.compress_size
    del packed.CRC  # it is that of the unpacked bytes
    return cast(IO[bytes], _Unpacked(archive.open(packed), info))


class _Unpacked(io.BufferedIOBase):
    """The unpacked bytes, checked against what the zip says of them."""

    def __init__(self, packed: IO[bytes], info: zipfile.ZipInfo) -> None:
        self._packed = packed
        self._inflater = Inflater()
        self._waiting = bytearray()
        self._crc = 0
        self._left = info.file_size
        self._expected_crc = info.CRC

    @override
    def readable(self) -> bool:
        return True

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        wanted = math.inf if size is None or size < 0 else size
        while len(self._waiting) < wanted and self._left:
            self._unpack()
        taken = bytes(self._waiting[:size] if wanted < math.inf else self._waiting)
        del self._waiting[: len(taken)]
        return taken

    def _unpack(self) -> None:
        chunk = self._packed.read(_CHUNK)
        if not chunk:
            raise EOFError("it ends too early")
        more = self._inflater.inflate(chunk)
        self._waiting += more
        self._left -= len(more)
        self._crc = zlib.crc32(more, self._crc)
        if self._left < 0 or (not self._left and self._crc != self._expected_crc):
            raise zipfile.BadZipFile("bad CRC-32")

    @override
    def close(self) -> None:
        self._packed.close()
        super().close()
