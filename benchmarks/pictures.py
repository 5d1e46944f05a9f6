"""Folders of 300 picture files, as a person has them: drawn at 160 pixels, in no order.

They are artwork in the folder's sense of the word only: what matters is how few there are.
"""

from __future__ import annotations

import os
from pathlib import Path

from genimg.data import load_dataset
from genimg.files import write_atomically
from genimg.images import array_to_pixels, encode_png, to_images

COUNT = 300
SIDE = 160
NAME = f"robots-{COUNT}"


def folder_of_pictures(kind: str = "robots") -> Path:
    """The folder of a drawn set, made at the first call and kept in genimg's cache."""
    cache = Path(os.environ.get("GENIMG_CACHE") or "~/.cache/genimg").expanduser()
    folder = cache / "benchmarks" / f"{kind}-{COUNT}"
    if len(list(folder.glob("*.png"))) == COUNT:
        return folder
    dataset = load_dataset(kind, size=SIDE, count=COUNT)
    images = to_images(array_to_pixels(dataset.images[dataset.splits["train"][:COUNT]]))
    for number, image in enumerate(images):
        write_atomically(folder / f"IMG_{number:04d}.png", encode_png(image))
    return folder
