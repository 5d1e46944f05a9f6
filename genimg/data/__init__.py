"""Where do pictures come from? `load_dataset(name)` gives any of the sets in DATASETS.

To add a set, write a function with the signature of `Loader` and add one line to DATASETS.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Protocol

from genimg.data.choosing import DEFAULT, FINAL, REASONS, Crop, FolderOptions
from genimg.data.dataset import Card, Dataset, Factor, Split, visible_labels
from genimg.data.drawn import default_cache, draw_dataset
from genimg.data.folder import Examined, examine_folder, load_folder, native_side
from genimg.data.folder_report import folder_report, left_out_sheet, used_sheet
from genimg.data.found import plain_name
from genimg.data.preview import data_sheet
from genimg.data.reading import Progress
from genimg.data.standard import celeba, cifar10, fashion_mnist, mnist
from genimg.errors import DataError

__all__ = [
    "DATASETS",
    "FINAL",
    "REASONS",
    "Card",
    "Crop",
    "Dataset",
    "Examined",
    "Factor",
    "FolderOptions",
    "Loader",
    "Progress",
    "Split",
    "data_sheet",
    "default_cache",
    "default_root",
    "examine_folder",
    "folder_report",
    "left_out_sheet",
    "load_dataset",
    "native_side",
    "plain_name",
    "used_sheet",
    "visible_labels",
]


class Loader(Protocol):
    """Loads one data set: `load_dataset` says what the arguments mean."""

    def __call__(
        self, size: int | None, root: Path, cache: Path, count: int | None, seed: int
    ) -> Dataset:
        """The data set; DataError if it cannot be had."""


def _drawn(
    name: str, size: int | None, root: Path, cache: Path, count: int | None, seed: int
) -> Dataset:
    """Drawn sets need no downloaded files (`root`); 64 pixels and 50,000 pictures by default."""
    return draw_dataset(
        name, 64 if size is None else size, 50_000 if count is None else count, cache, seed
    )


DATASETS: dict[str, Loader] = {
    "cats": partial(_drawn, "cats"),
    "robots": partial(_drawn, "robots"),
    "monsters": partial(_drawn, "monsters"),
    "heads": partial(_drawn, "heads"),
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
    "celeba": celeba,
}


def load_dataset(
    name: str,
    size: int | None = None,
    root: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    count: int | None = None,
    seed: int = 0,
    folder: FolderOptions = DEFAULT,
    progress: Progress | None = None,
) -> Dataset:
    """Load the data set `name`: a key of DATASETS, or "folder:PATH" for pictures of one's own,
    where PATH is a folder or a zip file.

    size    height and width in pixels, 8 to 512; None: what suits the set (28, 32 or 64).
    root    where downloaded sets lie, laid out as torchvision does, and are downloaded to;
            None: GENIMG_DATA, else ~/.cache/genimg/data.
    cache   folder for prepared arrays; None: GENIMG_CACHE, else ~/.cache/genimg.
    count   how many training pictures to draw, or to choose from those that there are;
            None: 50,000 of a drawn set, all of the others.
    seed    what is drawn, and which pictures belong to which split.
    folder  what is wanted of pictures of one's own; nothing to other sets.
    progress  is told how a folder's files are got through: done, of how many, what; None: a bar.

    Raises DataError if there is no such set, if it cannot be had, or on an impossible argument.
    """
    place = default_cache() if cache is None else Path(cache).expanduser()
    kind, colon, path = name.partition(":")
    if colon and kind == "folder" and path:
        return load_folder(path, size, place, count, seed, folder, progress)
    if name not in DATASETS:
        raise DataError(
            f"There is no data set {name!r}. Choose one of: {', '.join(DATASETS)}, or "
            "folder:PATH for a folder of your own pictures."
        )
    files = default_root() if root is None else Path(root).expanduser()
    return DATASETS[name](size=size, root=files, cache=place, count=count, seed=seed)


def default_root() -> Path:
    """The folder of downloaded data sets: GENIMG_DATA if set, else ~/.cache/genimg/data."""
    return Path(os.environ.get("GENIMG_DATA") or "~/.cache/genimg/data").expanduser()
