"""Where do pictures come from? `load_dataset(name)` gives any of the sets in DATASETS.

To add a set, write a function with the signature of `Loader` and add one line to DATASETS.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from genimg.config import Size, as_size, as_whole, size_text
from genimg.data.dataset import (
    Card,
    Dataset,
    Factor,
    Number,
    Split,
    Undrawn,
    visible_labels,
)
from genimg.data.drawn.drawing import draw_dataset
from genimg.data.drawn.graphics import load_graphics
from genimg.data.drawn.keeping import DrawnRequest
from genimg.data.drawn.portraits.loading import load_portraits
from genimg.data.folder.choosing import DEFAULT, FINAL, REASONS, Crop, FolderOptions
from genimg.data.folder.found import plain_name
from genimg.data.folder.loading import Examined, examine_folder, load_folder, native_side
from genimg.data.folder.report import folder_report, left_out_sheet, used_sheet
from genimg.data.preview import data_sheet
from genimg.data.progress import Progress
from genimg.data.standard import celeba, cifar10, fashion_mnist, mnist
from genimg.data.tiles import MOST_DRAWN, cut_tiles
from genimg.errors import DataError
from genimg.files import cache_folder, data_folder

__all__ = [
    "DATASETS",
    "DRAWN",
    "FINAL",
    "REASONS",
    "Card",
    "Crop",
    "Dataset",
    "DrawnRequest",
    "Examined",
    "Factor",
    "FolderOptions",
    "Loader",
    "Number",
    "Progress",
    "Split",
    "Undrawn",
    "data_sheet",
    "examine_folder",
    "folder_report",
    "left_out_sheet",
    "load_dataset",
    "load_tiles",
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


DrawnLoader = Callable[[DrawnRequest], Dataset]
"""Loads a data set that is drawn here, or a few pictures of it; DataError if it cannot be had."""


def _composed(name: str, request: DrawnRequest) -> Dataset:
    """Pictures put together from drawn parts: 64 pixels and 50,000 of them by default."""
    size, count = request.size_and_count(64, 50_000)
    return draw_dataset(
        name, size, count, request.cache, request.seed, few=request.few, progress=request.progress
    )


DRAWN: dict[str, DrawnLoader] = {
    "cats": partial(_composed, "cats"),
    "robots": partial(_composed, "robots"),
    "monsters": partial(_composed, "monsters"),
    "heads": partial(_composed, "heads"),
    "portraits": load_portraits,
    "graphics": load_graphics,
}


def _as_loader(drawn: DrawnLoader) -> Loader:
    """A drawn set as every other: it needs no downloaded files (`root`)."""

    def load(size: int | None, root: Path, cache: Path, count: int | None, seed: int) -> Dataset:
        return drawn(DrawnRequest(size, cache, count, seed))

    return load


DATASETS: dict[str, Loader] = {
    **{name: _as_loader(drawn) for name, drawn in DRAWN.items()},
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
    "celeba": celeba,
}


TILED_SIZES = dict.fromkeys(("cats", "robots", "monsters", "heads", "portraits"), 256)
"""At which size drawn sets are drawn for tiles; other sets have one of their own."""


def load_dataset(
    name: str,
    size: Size | None = None,
    root: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    count: int | None = None,
    seed: int = 0,
    folder: FolderOptions = DEFAULT,
    progress: Progress | None = None,
    few: int | None = None,
) -> Dataset:
    """Load the data set `name`: a key of DATASETS, or "folder:PATH" for pictures of one's own,
    where PATH is a folder or a zip file.

    size    the side in pixels, 8 to 512, of a folder (height, width) as well; None: what suits the
            set (28, 32 or 64).
    root    where downloaded sets lie, laid out as torchvision does, and are downloaded to;
            None: GENIMG_DATA, else ~/.cache/genimg/data.
    cache   folder for prepared arrays; None: GENIMG_CACHE, else ~/.cache/genimg.
    count   how many training pictures to draw, or to choose from those that there are;
            None: 50,000 of a drawn set, all of the others.
    seed    what is drawn, and which pictures belong to which split.
    folder  what is wanted of pictures of one's own; nothing to other sets.
    progress  is told how a folder's files are got through, or pictures drawn: done, of how many,
            what; None: a bar.
    few     of a set that is still to be drawn, draw at most so many training pictures and nothing
            else, to look at it; they are not kept, and `Dataset.undrawn` tells of the others.

    Raises DataError if there is no such set, if it cannot be had, or on an impossible argument.
    """
    size = None if size is None else _size(size)
    count = None if count is None else _whole(count)
    seed = _whole(seed)
    place = cache_folder() if cache is None else Path(cache).expanduser()
    kind, colon, path = name.partition(":")
    if colon and kind == "folder" and path:
        return load_folder(path, size, place, count, seed, folder, progress)
    if name not in DATASETS:
        raise DataError(
            f"There is no data set {name!r}. Choose one of: {', '.join(DATASETS)}, or "
            "folder:PATH for a folder of your own pictures."
        )
    if isinstance(size, tuple):
        raise DataError(
            f"The pictures of {name} are squares: ask for one side, not {size_text(size)}."
        )
    if name in DRAWN:
        return DRAWN[name](DrawnRequest(size, place, count, seed, few, progress))
    files = data_folder() if root is None else Path(root).expanduser()
    return DATASETS[name](size=size, root=files, cache=place, count=count, seed=seed)


def _size(size: object) -> Size:
    plain = as_size(size)
    if plain is None:
        raise DataError(f"A size is a whole number, or height and width, not {size!r}.")
    return plain


def _whole(number: object) -> int:
    plain = as_whole(number)
    if plain is None:
        raise DataError(f"Sizes, counts and seeds are whole numbers, not {number!r}.")
    return plain


def load_tiles(
    names: Sequence[str],
    size: int | None = None,
    root: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    count: int | None = None,
    seed: int = 0,
    folder: FolderOptions = DEFAULT,
    progress: Progress | None = None,
) -> Dataset:
    """Squares of `size` pixels (64) cut at many scales from several data sets, for a base.

    names   as `load_dataset` takes them; drawn sets are drawn larger than usual.

    The other arguments are those of `load_dataset`, `count` that of the squares, and so are the
    errors. `genimg.data.tiles` says how it is done.
    """
    place = cache_folder() if cache is None else Path(cache).expanduser()
    parts: list[Examined | Dataset] = []
    for name in names:
        kind, _, path = name.partition(":")
        if kind == "folder" and path:
            parts.append(
                examine_folder(path, 64 if size is None else size, place, folder, progress)
            )
        else:
            large, drawn = TILED_SIZES.get(name), MOST_DRAWN if name in TILED_SIZES else None
            parts.append(load_dataset(name, large, root, place, drawn, seed, progress=progress))
    return cut_tiles(parts, size, place, count, seed, progress)
