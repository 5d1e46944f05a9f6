"""How does any folder of pictures become a `Dataset`?

Every picture in the folder and below is taken, cropped to its middle square. The names of the
first-level folders are the labels, if at least two of them hold pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from genimg.data.dataset import Card, Dataset, Factor, Integers
from genimg.data.prepare import check_seed, check_size, deal, decode_files, limit_train
from genimg.errors import DataError

SUFFIXES = frozenset(
    (
        ".apng", ".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg",
        ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp",
    )
)  # fmt: skip
LEAST = 8
"""Fewest pictures that make a data set."""


def load_folder(
    path: str | os.PathLike[str], size: int | None, cache: Path, count: int | None, seed: int
) -> Dataset:
    """The pictures in the folder `path` and below at `size` x `size` (64 if None) pixels.

    RGB, or grey if every picture is. By `seed`, a tenth of them is the test split and another
    tenth validation, one each at least. Files that cannot be read are left out and logged; hidden
    files and folders are not looked at. Decoded pictures are kept in the folder `cache`.

    Raises DataError if there is no such folder, and if fewer than LEAST pictures can be read.
    """
    size = 64 if size is None else size
    check_size(size)
    check_seed(seed)
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}. Check its name and place.")
    found = find_pictures(folder)
    few = (
        f"A data set needs {LEAST} pictures or more, and {folder} has {{}}. "
        f"Add some; what counts as a picture ends in {', '.join(sorted(SUFFIXES))}."
    )
    if len(found) < LEAST:
        raise DataError(few.format(len(found)))
    images, rows = decode_files([folder / each for each in found], size, cache, "folder")
    if len(images) < LEAST:
        raise DataError(few.format(f"{len(images)} that can be read"))
    factors, labels = _labels([found[row] for row in rows])
    tenth = max(1, round(len(images) / 10))
    test, validation, train = deal(len(images), [tenth, tenth], seed)
    name = folder.resolve().name or "pictures"
    card = Card(
        name=f"folder:{name}",
        title=name,
        licence="not known",
        credit=f"Pictures from the folder {name}",
        description=f"{len(images):,} pictures from a folder of one's own. Whether a model of "
        "them may be published is for whoever made the pictures to say.",
    )
    splits = {"train": train, "validation": validation, "test": test}
    dataset = Dataset(f"folder:{path}", images, labels, factors, splits, card, flip=True)
    return limit_train(dataset, count, seed)


def find_pictures(folder: Path) -> list[Path]:
    """All files below a folder that end as pictures do, relative to it, in the order of names."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(place, name).relative_to(folder)
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    return sorted(found, key=lambda path: path.parts)


def _labels(pictures: list[Path]) -> tuple[tuple[Factor, ...], Integers | None]:
    """One factor from the first-level folders, if there are two; -1 for pictures in none."""
    tops = [path.parts[0] if len(path.parts) > 1 else None for path in pictures]
    names = sorted({top for top in tops if top is not None})
    if len(names) < 2:
        return (), None
    labels = [-1 if top is None else names.index(top) for top in tops]
    return (Factor("folder", tuple(names)),), np.array(labels, np.int64)[:, None]
