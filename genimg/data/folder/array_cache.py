"""Which fitted pictures are kept in the cache, and how do they become one array?

A cache is the set of arrays of one picture size. Each is a pair of files: `.images.npy`, uint8
[n, H, W, C], and `.rows.npy`, uint8 [n, 17], the content digest and crop of each row. A new
array takes its rows from all that are there, so that only new pictures have to be decoded.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genimg.config import Size, sides_of, size_text
from genimg.data.dataset import Bytes
from genimg.data.prepare import make_room, open_kept
from genimg.errors import DataError
from genimg.files import atomic_path

VERSION = 3
"""Raise it whenever the same files would give other pictures."""

_CHUNK = 32 << 20  # bytes of pictures that are put into the cache at a time
_IDLE = 3600  # seconds after which what others hold, or nobody came back for, is removed
_FORGOTTEN = 60 * 24 * 3600  # seconds after which pictures that nobody asked for are removed

Key = bytes
"""The digest of a file's content and one byte for the crop: 17 bytes."""


def row_key(digest: bytes, focus: tuple[float, float]) -> Key:
    """The key of a picture cropped around `focus`."""
    return digest + (b"c" if focus == (0.5, 0.5) else b"s")


class ArrayCache:
    """The kept pictures of one size in a cache folder. One thread; several processes are safe."""

    def __init__(self, folder: Path, size: Size) -> None:
        self._folder = folder
        self._shape = sides_of(size)
        self._stem = f"folder-{size_text(size)}px-v{VERSION}"
        self._places: dict[Key, tuple[Bytes, int]] = {}
        self._waiting: dict[Key, Bytes] = {}
        for path in sorted(folder.glob(f"{self._stem}-*.rows.npy")):
            self._look_into(path)

    def __contains__(self, key: Key) -> bool:
        return key in self._places or key in self._waiting

    def add(self, key: Key, picture: Bytes) -> None:
        """Put a picture uint8 [H, W, 3] into the cache, sooner or later."""
        self._waiting[key] = picture
        if len(self._waiting) * picture.size >= _CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what waits, so that it survives an interruption."""
        if self._waiting:
            keys = list(self._waiting)
            self._look_into(self._write(keys, "part-", 3))
            # What another process has tidied away at once, for it has it as well, waits on.
            self._waiting = {
                key: picture for key, picture in self._waiting.items() if key not in self._places
            }

    def array(self, keys: Sequence[Key], grey: bool) -> Bytes:
        """The pictures of these keys, uint8 [n, H, W, 1 or 3], as a read-only memory map.

        Every key must be in the cache. Raises DataError if the disk is too full.
        """
        path = self._path(keys, "", 1 if grey else 3)
        if not self._good(path, len(keys)):
            self.flush()
            self._write(keys, "", 1 if grey else 3)
            self._tidy(path, set(keys))
            self._sweep()
        images = open_kept(_images(path))
        if images is None:
            raise DataError(f"{path} cannot be read back; check the disk and try again.")
        with contextlib.suppress(OSError):
            os.utime(path)  # in use
        return images

    def _good(self, path: Path, count: int) -> bool:
        images, rows = open_kept(_images(path)), open_kept(path)
        return images is not None and rows is not None and len(images) == len(rows) == count

    def _look_into(self, path: Path) -> None:
        images, rows = open_kept(_images(path)), open_kept(path)
        if images is None or rows is None or images.ndim != 4 or images.shape[1:3] != self._shape:
            return
        if images.dtype == np.uint8 and rows.dtype == np.uint8 and rows.shape == (len(images), 17):
            for row, key in enumerate(np.ascontiguousarray(rows)):
                self._places[key.tobytes()] = (images, row)

    def _path(self, keys: Sequence[Key], kind: str, channels: int) -> Path:
        name = hashlib.blake2b(b"".join(keys), digest_size=8).hexdigest()
        return self._folder / f"{self._stem}-{kind}{name}-{channels}.rows.npy"

    def _write(self, keys: Sequence[Key], kind: str, channels: int) -> Path:
        path = self._path(keys, kind, channels)
        shape = (len(keys), *self._shape, channels)
        make_room(path, int(np.prod(shape)))
        try:
            with atomic_path(_images(path)) as temporary, temporary.open("wb") as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for key in keys:
                    picture = np.broadcast_to(self._picture(key)[..., :channels], shape[1:])
                    file.write(np.ascontiguousarray(picture).data)
                file.close()  # it is complete before it gets its name
            with atomic_path(path) as temporary:
                np.save(temporary, _rows(keys))
        except OSError as error:
            raise DataError(
                f"The prepared pictures cannot be written to {self._folder} ({error.strerror}). "
                "Make room there, or name another folder with GENIMG_CACHE."
            ) from error
        return path

    def _picture(self, key: Key) -> Bytes:
        """One picture, [H, W, 1 or 3]; a grey one fits into three channels as well."""
        if key in self._waiting:
            return self._waiting[key]
        images, row = self._places[key]
        picture: Bytes = images[row]
        return picture

    def _tidy(self, path: Path, keys: set[Key]) -> None:
        """Remove what the array at `path` holds as well.

        What parts hold besides (pictures that were left out) is put together in one part, for a
        person may overrule that; it is forgotten when nobody did so for some time.
        """
        rest: dict[Key, None] = {}
        done: list[Path] = []
        for other in self._folder.glob(f"{self._stem}-*.rows.npy"):
            part = other.name.startswith(f"{self._stem}-part-")
            with contextlib.suppress(OSError):
                idle = time.time() - other.stat().st_mtime > _IDLE
                rows = open_kept(other) if part or idle else None
                if rows is None or other == path:
                    continue
                more = [row.tobytes() for row in np.array(rows) if row.tobytes() not in keys]
                known = all(key in self._places for key in more)
                if part and not idle and known:
                    rest.update(dict.fromkeys(more))
                if not more or (part and (idle or known)):  # else another process has made it
                    done.append(other)
        if rest:
            kept = self._path(list(rest), "part-", 3)
            if kept not in done:
                self._write(list(rest), "part-", 3)
            done = [other for other in done if other != kept]
        for other in done:
            _remove(other)

    def _sweep(self) -> None:
        """Remove what killed processes have left, and arrays of long ago."""
        for path in [*self._folder.glob("folder-*.npy"), *self._folder.glob(".folder-*.npy")]:
            with contextlib.suppress(OSError):
                age = time.time() - path.stat().st_mtime
                half = path.name.endswith(".images.npy") and not _rows_of(path).exists()
                if age > _IDLE and (half or path.name.startswith(".")):
                    path.unlink()
                elif age > _FORGOTTEN and path.name.endswith(".rows.npy"):
                    _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
        _images(path).unlink()


def _rows_of(images: Path) -> Path:
    return images.with_name(images.name.replace(".images.npy", ".rows.npy"))


def _images(path: Path) -> Path:
    return path.with_name(path.name.replace(".rows.npy", ".images.npy"))


def _rows(keys: Sequence[Key]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), 17)
