"""How are the pictures of a drawn set kept? Drawn once, in blocks that stay when it is interrupted.

To learn from a set takes all of its pictures. Who only looks at what that would be needs a few, and
wants to know how long the others will take.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from genimg.data.dataset import Bytes, Card, Dataset, Factor, Floats, Integers, Number, Undrawn
from genimg.data.prepare import kept_array, make_room, open_kept
from genimg.data.progress import Progress, shown_progress
from genimg.machine import usable_cores

BLOCK = 500  # pictures that are lost at most when drawing is interrupted


@dataclass(frozen=True)
class DrawnRequest:
    """What is asked of a set that is drawn here; `load_dataset` says more of each.

    Attributes:
        size: side of the pictures in pixels; None: what suits the set.
        cache: the folder that they are kept in.
        count: how many training pictures there are; None: what suits the set.
        seed: what is drawn.
        few, progress: as `DrawnSet.load` takes them.
    """

    size: int | None
    cache: Path
    count: int | None
    seed: int
    few: int | None = None
    progress: Progress | None = None

    def size_and_count(self, size: int, count: int) -> tuple[int, int]:
        """What is asked for; where nothing is, these, which suit the set."""
        return (
            size if self.size is None else self.size,
            count if self.count is None else self.count,
        )


@dataclass(frozen=True)
class DrawnSet:
    """A set of squares that follow from their number alone: test pictures first, then validation,
    then training, so that row i does not depend on how many there are.

    Attributes:
        card, factors: as `Dataset` has them; `card.name` is the name of the set.
        counts: how many test, validation and training pictures there are.
        size: side in pixels; the pictures are RGB.
        path: the file of all pictures.
        blocks: the folder of those that are drawn until then; sets that differ in their counts
            alone share it.
        draw: the picture of a row, uint8 [size, size, 3].
        labels: the labels of some rows, int64 [n, F].
        numbers: the properties that are numbers, and `values` what they are of some rows, float32
            [n, K].
    """

    card: Card
    factors: tuple[Factor, ...]
    counts: tuple[int, int, int]
    size: int
    path: Path
    blocks: Path
    draw: Callable[[int], Bytes]
    labels: Callable[[range], Integers]
    numbers: tuple[Number, ...] = ()
    values: Callable[[range], Floats] | None = None

    def load(self, few: int | None = None, progress: Progress | None = None) -> Dataset:
        """The set, of which what is not there yet is drawn.

        With `few`, at most so many training pictures of one that is not there, and nothing else;
        they are not kept.

        Raises DataError if the disk is too full.
        """
        images = open_kept(self.path)
        whole = images is not None and images.shape == self._shape and images.dtype == np.uint8
        if few is not None and not whole:
            return self._load_few(min(few, self.counts[2]), progress)
        if images is None or not whole:
            images = self._draw_all(progress)
        test, validation, train = np.split(
            np.arange(self._total, dtype=np.int64), np.cumsum(self.counts[:2])
        )
        splits = {"train": train, "validation": validation, "test": test}
        labels = self._kept("labels", len(self.factors), self.labels, np.int64)
        values = self._kept("numbers", len(self.numbers), self.values, np.float32)
        return self._dataset(images, labels, values, splits)

    def _load_few(self, count: int, progress: Progress | None) -> Dataset:
        first = sum(self.counts[:2])
        with shown_progress(progress) as tell, _threads() as pool:
            images = [self.draw(first)]  # what is loaded once is not timed
            begun = time.perf_counter()
            for image in pool.map(self.draw, range(first + 1, first + count)):
                images.append(image)
                tell(len(images), count, f"drawing a few {self.card.name}")
        seconds = (time.perf_counter() - begun) / max(1, count - 1)
        left = sum(number for start, number in self._blocks() if not self._has(start, number))
        return self._dataset(
            np.stack(images),
            self.labels(range(first, first + count)),
            None if self.values is None else self.values(range(first, first + count)),
            {"train": np.arange(count, dtype=np.int64)},
            Undrawn(self.counts[2], left, left * seconds),
        )

    def _dataset(
        self,
        images: Bytes,
        labels: Integers,
        values: Floats | None,
        splits: dict[str, Integers],
        undrawn: Undrawn | None = None,
    ) -> Dataset:
        return Dataset(
            name=self.card.name,
            images=images,
            labels=labels,
            factors=self.factors,
            splits=splits,
            card=self.card,
            flip=False,  # what is drawn has its own side, and its labels with it
            undrawn=undrawn,
            numbers=self.numbers,
            values=values,
        )

    def _kept(
        self, what: str, columns: int, tell: Callable[[range], Any] | None, kind: type[np.generic]
    ) -> Any:
        """What is told of all rows, [N, columns]; it is kept in a file beside the pictures."""
        if tell is None:
            return None
        stem = self.path.name.removesuffix(".npy").removesuffix(".images")
        path, shape = self.path.with_name(f"{stem}.{what}.npy"), (self._total, columns)
        rows = range(self._total)
        return np.array(kept_array(path, shape, lambda to: np.copyto(to, tell(rows)), kind))

    # -- blocks

    @property
    def _total(self) -> int:
        return sum(self.counts)

    @property
    def _shape(self) -> tuple[int, int, int, int]:
        return (self._total, self.size, self.size, 3)

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """(first row, number of rows) of each block."""
        for start in range(0, self._total, BLOCK):
            yield start, min(BLOCK, self._total - start)

    def _block(self, start: int, count: int) -> Path:
        return self.blocks / f"{start:07d}-{count}.npy"

    def _has(self, start: int, count: int) -> bool:
        return self._block(start, count).is_file()

    def _draw_all(self, progress: Progress | None) -> Bytes:
        make_room(self.path, math.prod(self._shape))
        with FileLock(self.blocks.with_name(f"{self.blocks.name}.lock")):  # who is second finds all
            images = kept_array(self.path, self._shape, lambda target: self._fill(target, progress))
            self._clear()
        return images

    def _fill(self, images: Bytes, progress: Progress | None) -> None:
        """Draw all pictures into uint8 [N, size, size, 3], several at a time."""
        words = f"drawing {self.card.name}"
        with shown_progress(progress) as tell, _threads() as pool:
            for start, count in self._blocks():

                def fill(target: Bytes, first: int = start, count: int = count) -> None:
                    for row, image in enumerate(pool.map(self.draw, range(first, first + count))):
                        target[row] = image
                        tell(first + row + 1, len(images), words)

                shape = (count, *self._shape[1:])
                block = kept_array(self._block(start, count), shape, fill)
                images[start : start + count] = block
                tell(start + count, len(images), words)

    def _clear(self) -> None:
        """Blocks that have become part of the whole set are no longer needed."""
        if self.blocks.is_dir():
            for path in self.blocks.glob("*.npy"):
                path.unlink(missing_ok=True)
            if not any(self.blocks.iterdir()):
                self.blocks.rmdir()


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """As many as there are cores: numpy and Pillow work outside the interpreter lock for the most
    part. Who is interrupted does not wait for pictures that have not been begun.
    """
    pool = ThreadPoolExecutor(usable_cores())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
