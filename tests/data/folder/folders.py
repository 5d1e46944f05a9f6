"""How do the tests of folders look through one, quietly and with a cache of its own beside it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from genimg.data import Dataset, Examined, FolderOptions, examine_folder, load_dataset
from genimg.data.folder.found import Unreadable
from genimg.data.folder.gathering import gather


def quiet(done: int, of: int, words: str) -> None:
    """No bar."""


def load(place: Path, size: int = 32, **options: Any) -> Dataset:
    cache = options.pop("cache", place.parent / "cache")
    return load_dataset(f"folder:{place}", size, cache=cache, progress=quiet, **options)


def examine(folder: Path, size: int = 32, **options: Any) -> Examined:
    cache = options.pop("cache", folder.parent / "cache")
    return examine_folder(folder, size, cache, FolderOptions(**options), quiet)


def reasons(examined: Examined) -> dict[str, str]:
    return {found.name: why.reason for found, why in examined.left_out}


def picture_of(examined: Examined, name: str) -> np.ndarray:
    """The prepared picture of the file `name`."""
    names = [examined.found[row].name for row in examined.rows]
    return examined.images[names.index(name)]


def names(place: Path) -> list[str]:
    return [each.name for each in gather(place)]


def troubles(place: Path) -> dict[str, tuple[str, str]]:
    """{name: (reason, detail)} of all that cannot be read."""
    found = {}
    for each in gather(place):
        try:
            each.read()
        except Unreadable as trouble:
            found[each.name] = (trouble.reason, str(trouble))
    return found
