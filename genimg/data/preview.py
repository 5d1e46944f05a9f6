"""What does a data set look like: some of its pictures with their labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from genimg.data.dataset import Dataset, Factor, Integers
from genimg.images import array_to_pixels, to_images
from genimg.images.sheets import contact_sheet

_CELL = 112  # pictures are enlarged to about this many pixels, so that labels can be read
_LINES = 6


def data_sheet(dataset: Dataset, count: int = 24, columns: int = 6, seed: int = 0) -> Image.Image:
    """A contact sheet of `count` training pictures, drawn by `seed`, with their labels below.

    Under each picture there is one line for each factor that is known, six at most. Of factors
    of two values ("no hat", "hat") only the second value is written.
    """
    train = dataset.splits["train"]
    rng = np.random.Generator(np.random.PCG64(seed))
    rows = np.sort(rng.permutation(train)[:count])
    images = to_images(array_to_pixels(dataset.images[rows]))
    labels = None
    if dataset.labels is not None:
        labels = [describe(dataset.factors, row) for row in dataset.labels[rows]]
    scale = max(1, round(_CELL / max(dataset.image_shape[1:])))
    return contact_sheet(images, columns, labels, scale, gap=8)


def describe(factors: Sequence[Factor], labels: Integers) -> str:
    """The labels int64 [F] of a picture in a few lines; of ("no hat", "hat") only the second."""
    binary = len(factors) > 1
    words = [
        factor.values[label]
        for factor, label in zip(factors, labels, strict=True)
        if label >= (1 if binary and len(factor.values) == 2 else 0)
    ]
    if len(words) > _LINES:
        words[_LINES - 1 :] = [f"and {len(words) - _LINES + 1} more"]
    return "\n".join(words)
