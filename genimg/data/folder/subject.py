"""Where in a wide or tall picture is what it shows?

The square crop slides along the longer side to where most edges are. Texture that is everywhere
(grass, a wall) does not count, only what rises above it, and the middle is preferred a little.

Measured with drawn cats, robots and monsters, about two thirds as high as the picture, on drawn
hills / on photographs of grass, gravel and bricks: where they stand anywhere, the middle square
holds 31 / 37 % of them whole, this one 59 / 66 %, and of each 92 / 95 % on average; where they
stand in the middle, 98 / 99 %. As it can only lose on pictures that were framed alike, "auto"
decides for all pictures together: it moves the crop if it would do so for a quarter of them (it
would for 35 to 46 % where subjects stand anywhere, and for at most 7 % where they stand in the
middle).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

_SHORT = 48  # pixels of the short side on which edges are looked for
_BLUR = 5
_WEIGHTS = np.array([1, 2, 2], np.float32)  # of luma and chroma: sand and bricks have one colour
_USUAL = 0.7  # share of a picture whose edges are ground
_CENTRED = 0.3  # how much less an edge counts at the far end than in the middle
_CLEAR = 1.1  # a crop elsewhere must hold this many times the edges of the middle one


class Subject(NamedTuple):
    """The focus (x, y) of the best square crop, 0 to 1, and its edges over those of the middle."""

    x: float
    y: float
    gain: float

    @property
    def clear(self) -> bool:
        """Whether the middle square would miss the subject, so that cropping elsewhere pays."""
        return self.gain >= _CLEAR

    @property
    def focus(self) -> tuple[float, float]:
        """Where to crop: on the subject where it is clear, else in the middle."""
        return (self.x, self.y) if self.clear else (0.5, 0.5)


MIDDLE = Subject(0.5, 0.5, 1.0)


def find_subject(image: Image.Image) -> Subject:
    """Where the square with most edges lies in an image, "L" or "RGB"."""
    width, height = image.size
    short = min(width, height)
    if max(width, height) < 1.1 * short:
        return MIDDLE
    size = (max(1, round(width * _SHORT / short)), max(1, round(height * _SHORT / short)))
    size = (min(size[0], 32 * _SHORT), min(size[1], 32 * _SHORT))
    small = image.convert("RGB").resize(size, Image.Resampling.BOX).convert("YCbCr")
    edges = _edges(np.asarray(small, np.float32) * _WEIGHTS)
    along = edges.sum(axis=0 if width > height else 1)
    sums = np.concatenate([[0.0], np.cumsum(along)])
    inside = sums[_SHORT:] - sums[:-_SHORT]
    if len(inside) < 2 or inside.max() <= 0:
        return MIDDLE
    offset = np.abs(np.linspace(-1, 1, len(inside)))
    best = int(np.argmax(inside * (1 - _CENTRED * offset**2)))
    # Of equally good places in a row, the middle one: a small subject is not pushed to a border.
    level = np.flatnonzero(inside >= 0.98 * inside[best])
    run = level[np.abs(level - best) <= _SHORT // 2]
    best = int(run[np.argsort(np.abs(run - run.mean()))[0]])
    focus = round((best + _SHORT / 2) / len(along), 4)
    gain = round(float(inside[best] / max(inside[(len(inside) - 1) // 2], 1e-3 * inside[best])), 3)
    return Subject(focus, 0.5, gain) if width > height else Subject(0.5, focus, gain)


def _edges(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Blurred strength of the edges of pixels [H, W, 3], less what is usual in this picture."""
    down, right = np.gradient(pixels, axis=(0, 1))
    strength = (np.square(down) + np.square(right)).sum(axis=2) ** 0.25
    for axis in (0, 1):
        around = [(_BLUR // 2,) * 2 if each == axis else (0, 0) for each in (0, 1)]
        sums = np.cumsum(np.pad(strength, around, "edge"), axis=axis)
        sums = np.insert(sums, 0, 0, axis=axis)
        count = strength.shape[axis]
        ends, starts = np.arange(_BLUR, _BLUR + count), np.arange(count)
        strength = (sums.take(ends, axis) - sums.take(starts, axis)) / _BLUR
    above: npt.NDArray[np.float32] = np.maximum(strength - np.quantile(strength, _USUAL), 0)
    return above.astype(np.float32)
