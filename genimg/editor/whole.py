"""How does an edit that was made at a model's size reach the whole photograph, at its own size?

A model draws 128 pixels a side, and a photograph has thousands. So what is carried over is not what
the model draws, but what the edit changes in it: the difference between the two drawn pictures is
enlarged smoothly, laid where the crop lies, and added. Everything fine stays the photograph's own.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image
from torch import Tensor

from genimg.images import Box, Picture, as_image, change_in_levels, check_size, crop_box, in_colour

BLEND = 0.08
"""How wide the blend at an edge of the crop is, as a part of the crop's shorter side."""
_ROWS = 128  # of the photograph that are changed at a time

_Floats = npt.NDArray[np.float32]


def changed(
    photograph: Picture,
    before: Tensor,
    after: Tensor,
    focus: tuple[float, float] = (0.5, 0.5),
    zoom: float = 1.0,
) -> Image.Image:
    """The whole photograph with the difference of two pictures of its crop added: upright, "RGB".

    Where the crop's edge lies inside the photograph, the difference fades to nothing towards it.

    Args:
        photograph: of up to MAX_PIXELS.
        before, after: float32 [C, H, W] in [-1, 1], what was drawn of the crop.
        focus, zoom: where the crop lies, see `crop_box`.

    Raises:
        ImageError: no picture, one that is too large, or a crop that cannot be.
    """
    difference = change_in_levels(before, after)
    _, height, width = difference.shape
    given = as_image(photograph)
    check_size(given)
    whole = in_colour(given)
    box = crop_box(whole.size, (height, width), focus, zoom)
    if difference.any():
        for place, strip in _strips(whole.size, difference, box):
            levels = np.asarray(whole.crop(place), np.float32) + strip
            whole.paste(Image.fromarray(levels.round().clip(0, 255).astype(np.uint8)), place)
    return whole


def _strips(
    size: tuple[int, int], difference: _Floats, box: Box
) -> Iterator[tuple[tuple[int, int, int, int], _Floats]]:
    """What is added to the photograph, rows by rows: where, and levels [rows, columns, C]."""
    _, height, width = difference.shape
    scale = (box[2] - box[0]) / width  # photograph's pixels for one of the model's
    box = _snapped(box, size, scale)
    planes = [Image.fromarray(plane) for plane in difference]
    left, first, right, last = _inside(box)
    if left >= right or first >= last:  # the crop is smaller than a pixel
        return
    blend = BLEND * min(box[2] - box[0], box[3] - box[1])
    across = _fade(left, right, (box[0], box[2]), size[0], blend)
    down = _fade(first, last, (box[1], box[3]), size[1], blend)
    for top in range(first, last, _ROWS):
        bottom = min(top + _ROWS, last)
        part = (
            (left - box[0]) / (box[2] - box[0]) * width,
            (top - box[1]) / (box[3] - box[1]) * height,
            (right - box[0]) / (box[2] - box[0]) * width,
            (bottom - box[1]) / (box[3] - box[1]) * height,
        )
        shape = (right - left, bottom - top)
        large = [plane.resize(shape, Image.Resampling.BICUBIC, box=part) for plane in planes]
        mask = down[top - first : bottom - first, None] * across
        strip = np.stack([np.asarray(plane) * mask for plane in large], axis=-1)
        yield (left, top, right, bottom), strip


def _snapped(box: Box, size: tuple[int, int], slack: float) -> Box:
    """The box, with an edge that is less than `slack` pixels from that of the photograph moved onto
    it. A crop has whole pixels at the model's size, so that of a whole photograph may miss its
    edges by a part of a pixel.
    """
    ends = (0.0, 0.0, *map(float, size))
    left, top, right, bottom = (
        end if abs(edge - end) < slack else edge for edge, end in zip(box, ends, strict=True)
    )
    return left, top, right, bottom


def _inside(box: Box) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the pixels that lie completely inside a box."""
    left, top, right, bottom = box
    return int(np.ceil(left)), int(np.ceil(top)), int(right), int(bottom)


def _fade(first: int, last: int, edges: tuple[float, float], side: int, blend: float) -> _Floats:
    """The weight of the difference in each pixel from `first` to `last` along one side. It rises
    smoothly from 0 to 1 where an edge of the crop lies inside the photograph, and is 1 where that
    is the edge of the photograph itself.
    """
    at = np.arange(first, last) + 0.5
    share = np.ones(last - first)
    for edge, inside in ((edges[0], edges[0] > 0), (edges[1], edges[1] < side)):
        if inside:
            way = np.clip(np.abs(at - edge) / blend, 0, 1)
            share *= way * way * (3 - 2 * way)
    return share.astype(np.float32)
