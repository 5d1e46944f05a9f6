"""Pictures that people may upload and that a model has not learned from, each set by its name.

All are drawn anew from a seed, or ship with a package that genimg needs anyway, so that everyone
gets the same ones.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import skimage.data
from PIL import Image, ImageDraw, ImageOps

from benchmarks.common import say
from genimg.data import load_dataset
from genimg.errors import DataError
from genimg.images import fit_image

Bytes = npt.NDArray[np.uint8]
Shape = tuple[int, int, int]

DRAWN = ("cats", "robots", "heads", "monsters")
PHOTOGRAPHS = (
    "astronaut", "coffee", "chelsea", "rocket", "hubble_deep_field", "immunohistochemistry",
    "camera", "coins", "moon", "brick", "grass", "gravel", "retina", "cell", "page", "text",
)  # fmt: skip
"""Of scikit-image: a woman, a cup, a cat, a rocket, stars, tissue, a cameraman, coins, ..."""


def foreign(data: str, shape: Shape, count: int, root: Path | None) -> dict[str, Bytes]:
    """Sets of `count` pictures `[N, H, W, C]` that are no pictures of the data set `data`."""
    sets: dict[str, Bytes] = {}
    for name in (*DRAWN, "fashion-mnist", "mnist"):
        if name != data:
            try:
                side = 28 if "mnist" in name else 64
                images = load_dataset(name, size=side, root=root, count=1).split("test").images
            except DataError as error:
                say(f"  without {name}: {error}")
                continue
            sets[name] = fitted(map(Image.fromarray, map(np.squeeze, images[:count])), shape)
    makers: dict[str, Callable[[np.random.Generator, int], Image.Image]] = {
        "photographs": _photograph,
        "noise": _noise,
        "flat colours": _flat,
        "screenshots": _screenshot,
    }
    for name, make in makers.items():
        rng = np.random.default_rng(0)
        sets[name] = fitted((make(rng, i) for i in range(count)), shape)
    return sets


def changed(images: Bytes) -> dict[str, Bytes]:
    """A model's own kind of pictures, `[N, H, W, C]`, as uploads may differ from them."""
    pictures = [Image.fromarray(image.squeeze()) for image in images]
    shape = (images.shape[3], *images.shape[1:3])
    sets = {
        "JPEG, quality 75": fitted((_jpeg(picture, 75) for picture in pictures), shape),
        "darker by a fifth": (images * 0.8).astype(np.uint8),
        "one pixel aside": np.roll(images, 1, axis=2),
        "upside down": images[:, ::-1].copy(),
        "negative": 255 - images,
    }
    if shape[0] == 3:
        sets["in grey"] = fitted((picture.convert("L") for picture in pictures), shape)
    return sets


def fitted(pictures: Iterable[Image.Image], shape: Shape) -> Bytes:
    """Pictures as a model is shown them, uint8 `[N, H, W, C]`."""
    channels, height, width = shape
    fit = (fit_image(picture.convert("RGB"), shape) for picture in pictures)
    return np.stack([np.asarray(image).reshape(height, width, channels) for image in fit])


def _photograph(rng: np.random.Generator, i: int) -> Image.Image:
    """The whole of each photograph first, then parts of them."""
    image = Image.fromarray(getattr(skimage.data, PHOTOGRAPHS[i % len(PHOTOGRAPHS)])())
    zoom = 1.0 if i < len(PHOTOGRAPHS) else float(rng.uniform(1.0, 3.0))
    side = int(min(image.size) / zoom)
    return ImageOps.fit(image.convert("RGB"), (side, side), centering=tuple(rng.random(2)))


def _noise(rng: np.random.Generator, i: int) -> Image.Image:
    """From fine to coarse, by turns in squares and smooth."""
    cells = 64 // (1, 2, 4, 8)[i % 4]
    grid = Image.fromarray(rng.integers(0, 256, (cells, cells, 3)).astype(np.uint8))
    way = Image.Resampling.NEAREST if i % 8 < 4 else Image.Resampling.BICUBIC
    return grid.resize((64, 64), way)


def _flat(rng: np.random.Generator, i: int) -> Image.Image:
    greys = (0, 255, 128, 64)
    grey = (greys[i // 3 % 4],) * 3
    return Image.new("RGB", (64, 64), grey if i % 3 == 0 else tuple(rng.integers(0, 256, 3)))


def _screenshot(rng: np.random.Generator, i: int) -> Image.Image:
    """A window with a coloured bar, text in lines, and a box here and there."""
    side = 320
    image = Image.new("RGB", (side, side), tuple(rng.integers(225, 256, 3)))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, side, 30), fill=tuple(rng.integers(0, 256, 3)))
    y = 45
    while y < side - 10:
        x = int(rng.integers(10, 130))
        pen.text((x, y), "Lorem ipsum dolor sit amet"[: int(rng.integers(6, 27))], fill="black")
        if rng.random() < 0.15:
            box = (x, y + 16, x + int(rng.integers(40, 180)), y + 60)
            pen.rectangle(box, fill=tuple(rng.integers(0, 256, 3)))
            y += 50
        y += int(rng.integers(14, 22))
    return image


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)
