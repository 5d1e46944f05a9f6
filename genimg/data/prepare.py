"""What do the loaders of downloaded and of own pictures share: sizes, splits, decoding, keeping?

Decoding is slow and reading an array is not, so whatever has been decoded and scaled is kept as
one uint8 file in the cache folder and opened as a read-only memory map.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from genimg.config import Size, sides_of, size_text
from genimg.data.dataset import Bytes, Dataset, Integers
from genimg.errors import DataError, ImageError
from genimg.files import atomic_path
from genimg.images import fit_image, images_to_array, load_image
from genimg.machine import usable_cores

SIZES = range(8, 513)

_VERSION = 1  # raise it whenever the same files would give other bytes
_BATCH = 256  # pictures in flight at a time
_log = logging.getLogger(__name__)


def check_size(size: Size) -> None:
    """Raises DataError if pictures of `size` pixels are not made."""
    if not all(side in SIZES for side in sides_of(size)):
        raise DataError(f"Pictures of {size_text(size)} pixels: ask for {SIZES[0]} to {SIZES[-1]}.")


def check_seed(seed: int) -> None:
    """Raises DataError if `seed` cannot start a random generator."""
    if seed < 0:
        raise DataError(f"The seed is {seed}; give 0 or a whole number above it.")


def deal(count: int, shares: Sequence[int], seed: int) -> list[Integers]:
    """Deal the rows 0..count-1 at random: `shares[i]` rows to the i-th hand, the rest to the last.

    Returns len(shares) + 1 sorted int64 arrays without a row in common.
    """
    rows = np.random.Generator(np.random.PCG64(seed)).permutation(count).astype(np.int64)
    return [np.sort(hand) for hand in np.split(rows, np.cumsum(shares))]


def limit_train(dataset: Dataset, count: int | None, seed: int) -> Dataset:
    """The same set with `count` of its training pictures, chosen by `seed`; None: all of them.

    Raises DataError if there are not so many.
    """
    train = dataset.splits["train"]
    if count is None or count == len(train):
        return dataset
    if not 1 <= count < len(train):
        raise DataError(
            f"{count} training pictures of {dataset.name}: ask for 1 to {len(train):,}."
        )
    chosen, _ = deal(len(train), [count], seed)
    return dataclasses.replace(dataset, splits={**dataset.splits, "train": train[chosen]})


def resize_array(images: Bytes, size: int, cache: Path, name: str) -> Bytes:
    """Scale square pictures uint8 [N, S, S, C] to [N, size, size, C] with Lanczos.

    28 pixels become 32 by a black border, which keeps every pixel as it was (the digits and the
    garments lie on black). Other sizes are kept in the folder `cache`.
    """
    check_size(size)
    count, side, _, channels = images.shape
    if size == side:
        return images
    if (side, size) == (28, 32):
        return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    key = _digest(
        str(_VERSION),
        str(images.shape),
        hashlib.blake2b(np.ascontiguousarray(images).data).hexdigest(),
    )
    path = cache / f"{name}-{size}px-{key}.npy"

    def fill(target: Bytes) -> None:
        for row in tqdm(range(count), desc=f"scaling {name}", unit="picture", mininterval=0.5):
            picture = Image.fromarray(images[row].squeeze(-1) if channels == 1 else images[row])
            [target[row]] = images_to_array([fit_image(picture, (channels, size, size))])

    return kept_array(path, (count, size, size, channels), fill)


def decode_files(
    paths: Sequence[Path], size: int, cache: Path, name: str, zoom: float = 1.0
) -> tuple[Bytes, Integers]:
    """Decode picture files, crop their centre and scale it to `size` x `size`.

    Returns images uint8 [n, size, size, C] as a read-only memory map, and which paths they come
    from, int64 [n], ascending. C is 1 if every picture is grey, else 3. Files that cannot be read
    are left out; their number and the reasons are logged as a warning. The result is kept in the
    folder `cache`, under a key of all paths, file sizes, modification times, size and crop.

    Raises DataError if no file can be read or the disk is too full.
    """
    check_size(size)
    stem = f"{name}-{size}px-{_digest(str(_VERSION), str(zoom), *map(_stamp, paths))}"
    images_path, rows_path = cache / f"{stem}.images.npy", cache / f"{stem}.rows.npy"
    images, rows = open_kept(images_path), open_kept(rows_path)
    if images is None or rows is None or len(images) != len(rows):
        _decode_into(images_path, rows_path, paths, size, zoom)
        images, rows = open_kept(images_path), open_kept(rows_path)
    elif len(rows) < len(paths):
        _log.warning("%d files cannot be read and are left out", len(paths) - len(rows))
    if images is None or rows is None:
        raise DataError(f"{images_path} cannot be read back; check the disk and try again.")
    return images, np.array(rows)


def _decode_into(
    images_path: Path, rows_path: Path, paths: Sequence[Path], size: int, zoom: float
) -> None:
    """Decode what can be decoded; the two files appear when all is there, the images last."""
    # Until the last picture is read nobody knows how many there are, and whether all are grey.
    make_room(images_path, 2 * len(paths) * size * size * 3)
    rows: list[int] = []
    reasons: list[str] = []
    grey = True
    with tempfile.TemporaryFile(dir=images_path.parent) as raw:
        decoded = tqdm(
            _decoded(paths, size, zoom), "reading", len(paths), unit="picture", mininterval=0.5
        )
        for row, result in enumerate(decoded):
            if isinstance(result, str):
                reasons.append(result)
                continue
            grey = grey and result.mode == "L"
            raw.write(result.convert("RGB").tobytes())
            rows.append(row)
        if reasons:
            shown = "\n  ".join(reasons[:10]) + ("\n  ..." if len(reasons) > 10 else "")
            _log.warning("%d files cannot be read and are left out:\n  %s", len(reasons), shown)
        if not rows:
            raise DataError(f"Not one of {len(paths)} files is a picture. The first: {reasons[0]}")
        raw.flush()
        images = np.memmap(raw, np.uint8, "r", shape=(len(rows), size, size, 3))
        with atomic_path(rows_path) as temporary:
            np.save(temporary, np.array(rows, np.int64))
        with atomic_path(images_path) as temporary:
            np.save(temporary, images[..., :1] if grey else images)
        del images


def _decoded(paths: Sequence[Path], size: int, zoom: float) -> Iterator[Image.Image | str]:
    """For each path, in order, the fitted picture ("L" or "RGB") or why it cannot be read."""

    def decode(path: Path) -> Image.Image | str:
        try:
            image = load_image(path)
            return fit_image(image, (len(image.getbands()), size, size), zoom=zoom)
        except ImageError as error:
            return str(error)

    # Pillow decodes outside the interpreter lock, so threads are enough.
    with ThreadPoolExecutor(max_workers=min(4, usable_cores())) as pool:
        for start in range(0, len(paths), _BATCH):
            yield from pool.map(decode, paths[start : start + _BATCH])


def _stamp(path: Path) -> str:
    """What changes when a file is replaced: its size and its time of change."""
    try:
        stat = path.stat()
    except OSError:
        return f"{path}\0missing"
    return f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}"


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def kept_array(
    path: Path,
    shape: tuple[int, ...],
    fill: Callable[[npt.NDArray[Any]], None],
    kind: type[np.generic] = np.uint8,
) -> npt.NDArray[Any]:
    """The kept array of this shape and type; made by `fill` where it is missing or damaged.

    Raises DataError if the disk is too full.
    """
    array = open_kept(path)
    if array is None or array.shape != shape or array.dtype != kind:
        make_room(path, math.prod(shape) * np.dtype(kind).itemsize)
        with atomic_path(path) as temporary:
            target = np.lib.format.open_memmap(temporary, "w+", kind, shape)
            fill(target)
            del target  # closes the file, which is complete before it gets its name
        array = open_kept(path)
    if array is None:
        raise DataError(f"{path} cannot be read back; check the disk and try again.")
    return array


def open_kept(path: Path) -> npt.NDArray[Any] | None:
    """A kept array as a read-only memory map, or None if it is not there or damaged."""
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array


def make_room(path: Path, needed: int) -> None:
    """Make the folder of `path`, and raise DataError if `needed` bytes do not fit there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(path.parent).free
    except OSError as error:
        raise DataError(
            f"The cache folder {path.parent} cannot be made ({error.strerror}). "
            "Name another with GENIMG_CACHE."
        ) from error
    if not os.access(path.parent, os.W_OK):
        raise DataError(
            f"The cache folder {path.parent} cannot be written. Name another with GENIMG_CACHE."
        )
    if needed > free:
        raise DataError(
            f"The prepared pictures need {needed / 1e9:.1f} GB and {path.parent} has "
            f"{free / 1e9:.1f} GB free. Ask for a smaller size or name another folder with "
            "GENIMG_CACHE."
        )
