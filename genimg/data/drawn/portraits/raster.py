"""How do triangles and strands become pixels? A z-buffer over all fragments at once, in numpy.

Pixel (x, y) of a picture of `side` pixels is number y * side + x; its centre lies at (x, y) + 0.5.
Depth grows away from the eye.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]

NOTHING = np.uint64(0xFFFFFFFFFFFFFFFF)
FAR = np.float32(1e9)


@dataclass(frozen=True)
class Cover:
    """What lies in front in the pixels that are covered.

    pixels   int32 [n], ascending numbers of pixels.
    faces    int32 [n], which triangle.
    weights  float32 [n, 3], the shares of its corners.
    depth    float32 [side * side], FAR where nothing lies.
    """

    pixels: Ints
    faces: Ints
    weights: Floats
    depth: Floats

    def mix(self, triangles: Ints, values: Floats) -> Floats:
        """Values of corners [V, ...] in the covered pixels: float32 [n, ...]."""
        corners = triangles[self.faces]
        weights = self.weights.reshape(self.weights.shape + (1,) * (values.ndim - 1))
        mixed: Floats = values[corners[:, 0]] * weights[:, 0]
        mixed += values[corners[:, 1]] * weights[:, 1]
        mixed += values[corners[:, 2]] * weights[:, 2]
        return mixed


def rasterise(
    points: Floats, triangles: Ints, side: int, both: NDArray[np.bool] | None = None
) -> Cover:
    """Triangles int32 [T, 3] of points float32 [V, 3] (x and y in pixels, depth).

    Triangles that turn their back (clockwise on the screen, y down) are left out, but for those
    with `both` true (bool [T]).
    """
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    low = np.minimum(np.minimum(a, b), c)[:, :2]
    high = np.maximum(np.maximum(a, b), c)[:, :2]
    first = np.clip(np.ceil(low - 0.5), 0, side).astype(np.int32)
    last = np.clip(np.floor(high - 0.5), -1, side - 1).astype(np.int32)
    wide, tall = (last - first + 1).T
    seen = (area < -1e-6) if both is None else (area < -1e-6) | (both & (area > 1e-6))
    rows = np.flatnonzero(seen & (wide > 0) & (tall > 0)).astype(np.int32)
    a, b, c, area = a[rows], b[rows], c[rows], area[rows]
    first, wide, tall = first[rows], wide[rows], tall[rows]
    counts = wide * tall
    # Shares of the second and third corner and the depth are planes over the screen.
    x2 = (c[:, 1] - a[:, 1]) / area
    y2 = -(c[:, 0] - a[:, 0]) / area
    x3 = -(b[:, 1] - a[:, 1]) / area
    y3 = (b[:, 0] - a[:, 0]) / area
    corner = first.astype(np.float32) + np.float32(0.5) - a[:, :2]
    at2 = corner[:, 0] * x2 + corner[:, 1] * y2
    at3 = corner[:, 0] * x3 + corner[:, 1] * y3
    triangle = np.repeat(np.arange(len(rows), dtype=np.int32), counts)
    starts = np.cumsum(counts, dtype=np.int64) - counts
    step = np.arange(len(triangle), dtype=np.int32) - starts.astype(np.int32)[triangle]
    down, right = np.divmod(step, wide[triangle])
    x, y = right.astype(np.float32), down.astype(np.float32)
    second = at2[triangle] + x * x2[triangle] + y * y2[triangle]
    third = at3[triangle] + x * x3[triangle] + y * y3[triangle]
    edge = np.float32(-1e-5)
    inside = np.flatnonzero((second >= edge) & (third >= edge) & (second + third <= 1 - edge))
    triangle, second, third = triangle[inside], second[inside], third[inside]
    pixel = (
        (first[triangle, 1] + down[inside]) * np.int32(side) + first[triangle, 0] + right[inside]
    )
    deep = a[triangle, 2] * (1 - second - third) + b[triangle, 2] * second + c[triangle, 2] * third
    pixels, won = nearest(pixel, deep, side)
    depth = np.full(side * side, FAR, np.float32)
    depth[pixels] = deep[won]
    weights = np.stack([1 - second[won] - third[won], second[won], third[won]], 1)
    return Cover(pixels, rows[triangle[won]], weights, depth)


def nearest(pixel: Ints, depth: Floats, side: int) -> tuple[Ints, Ints]:
    """Of fragments with positive depth: the covered pixels, ascending, and the nearest in each."""
    keys = (depth.view(np.uint32).astype(np.uint64) << np.uint64(32)) | np.arange(
        len(pixel), dtype=np.uint64
    )
    best = np.full(side * side, NOTHING, np.uint64)
    np.minimum.at(best, pixel, keys)
    pixels = np.flatnonzero(best != NOTHING).astype(np.int32)
    return pixels, (best[pixels] & np.uint64(0xFFFFFFFF)).astype(np.int32)


@dataclass(frozen=True)
class Dots:
    """The nearest dots of strands: in which pixels, of which strand, and where along it.

    pixels int32 [n], strands int32 [n], along float32 [n] (0 root to K - 1 tip), depth float32 [n].
    """

    pixels: Ints
    strands: Ints
    along: Floats
    depth: Floats


def splat(strands: Floats, widths: Floats, depth: Floats, side: int) -> Dots:
    """Strands float32 [S, K, 3] on the screen (x, y, depth), drawn where they lie before `depth`.

    widths  float32 [S], in pixels at the root; strands thin out to a third at their tips.
    """
    count, points, _ = strands.shape
    ahead = strands[:, 1:] - strands[:, :-1]
    length = np.maximum(np.abs(ahead[..., 0]), np.abs(ahead[..., 1])).ravel()
    start = strands[:, :-1].reshape(-1, 3)
    ahead = ahead.reshape(-1, 3)
    end = start + ahead
    out = (
        (np.maximum(start[:, 0], end[:, 0]) < 0)
        | (np.minimum(start[:, 0], end[:, 0]) >= side)
        | (np.maximum(start[:, 1], end[:, 1]) < 0)
        | (np.minimum(start[:, 1], end[:, 1]) >= side)
    )
    # What lies behind something at both ends is taken as hidden along the whole piece.
    flat = np.clip(strands[..., :2], 0, side - 1).astype(np.int32)
    hidden = strands[..., 2] > depth[flat[..., 1] * side + flat[..., 0]]
    out |= (hidden[:, :-1] & hidden[:, 1:]).ravel()
    lines = np.broadcast_to(
        np.maximum(np.rint(widths), 1).astype(np.int32)[:, None], (count, points - 1)
    ).ravel()
    steps = np.where(out, 0, np.ceil(length).astype(np.int32))
    total = steps * lines
    segment = np.repeat(np.arange(len(total), dtype=np.int32), total)
    starts = (np.cumsum(total, dtype=np.int64) - total).astype(np.int32)
    number = np.arange(len(segment), dtype=np.int32) - starts[segment]
    single = len(lines) == 0 or lines.max() == 1
    step, across = (number, 0 * number) if single else np.divmod(number, lines[segment])
    share = (step.astype(np.float32) + np.float32(0.5)) / steps.astype(np.float32)[segment]
    strand, part = np.divmod(segment, np.int32(points - 1))
    along = part.astype(np.float32) + share
    wide = widths[strand] * (1 - np.float32(0.67) * along / (points - 1))
    shift = across.astype(np.float32) - (lines[segment] - 1).astype(np.float32) * np.float32(0.5)
    norm = np.hypot(ahead[:, 0], ahead[:, 1]) + np.float32(1e-6)
    x = start[segment, 0] + share * ahead[segment, 0] - shift * (ahead[:, 1] / norm)[segment]
    y = start[segment, 1] + share * ahead[segment, 1] + shift * (ahead[:, 0] / norm)[segment]
    deep = start[segment, 2] + share * ahead[segment, 2]
    column, row = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    inside &= np.abs(shift) <= np.maximum(wide, 1) * np.float32(0.5)
    kept = np.flatnonzero(inside)
    pixel, deep = row[kept] * np.int32(side) + column[kept], deep[kept]
    front = np.flatnonzero(deep < depth[pixel])
    kept, pixel, deep = kept[front], pixel[front], deep[front]
    pixels, won = nearest(pixel, deep, side)
    return Dots(pixels, strand[kept[won]], along[kept[won]], deep[won])
