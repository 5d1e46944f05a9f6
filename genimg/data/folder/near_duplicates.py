"""Which pictures are nearly the same: copies saved again, resized, brightened, slightly cropped?

A perceptual hash alone cannot tell: two drawings of one outline have nearly the same hash though
their faces differ, and a crop changes a dozen of its 64 bits. So it only proposes pairs. A pair is
confirmed when one thumbnail explains the other everywhere: up to brightness, contrast, saturation,
a shift and a stretch, no spot of it may be left over.

In a set of look-alikes (drawings of one outline) more is asked, so there slight crops pass as
different: a copy too many does less harm than a picture too few. Measured on 64-pixel drawings and
on photographs laid over each other; the share of 80 copies that is found among 600 pictures:

                        photographs  cats  robots  monsters  heads
    saved at quality 95        1.00  1.00    1.00      1.00   1.00
    saved at quality 75        1.00  1.00    1.00      1.00   1.00
    saved at quality 50        1.00  1.00    0.72      1.00   0.76
    half the size              1.00  1.00    1.00      1.00   1.00
    3/4 of the size            0.97  0.46    0.76      0.81   0.76
    10 % brighter              1.00  0.95    0.28      0.62   0.40
    10 % darker                1.00  1.00    1.00      1.00   1.00
    2 % cut off                0.96  0.79    0.21      0.36   0.00
    distinct, left out            0     2       0         3      0   of 600

(Brighter drawings on white lose their light parts.) Of the 10,000 files that the benchmark makes,
192 of 200 copies saved at quality 60 are found, and 43 of 9,200 others are taken for copies: the
same part of one photograph, each under another veil. Comparing all takes a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 32
"""Height and width of the thumbnails that are compared, in pixels."""

_BITS = 14  # of 64 that may differ in the perceptual hash
_ASPECT = np.log(1.15)  # a small crop changes the proportions by no more
_GAIN = (0.55, 1.8)  # of the contrast
_COARSE = 0.9  # least correlation of 8 x 8 mosaics
_LEFT_OVER = 0.3  # most that may stay unexplained in one spot, as a share of the contrast
_WORTH = 0.9  # up to here a better alignment may still explain the rest
# A picture to which many others come near belongs to a set of look-alikes, and there more is
# asked: what is left over must be tiny, or as evenly spread as the noise of saving. Another mouth
# is left over in one spot.
_MANY = 4
_STRICT_BITS = 10
_STRICT_COARSE = 0.97
_STRICT_LEFT_OVER = 0.1
_EVEN = 2.2  # times what is left over on the whole
_ROWS = 256  # pictures that are compared with all later ones at a time
_PAIRS = 64  # pairs that are aligned at a time

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


class Look(NamedTuple):
    """What is remembered of how a picture looks: hash, uint8 [SIDE, SIDE, 3], width / height."""

    hash: int
    thumbnail: Bytes
    aspect: float


def look_at(image: Image.Image) -> Look:
    """The look of an image, "L" or "RGB", whatever its size and proportions."""
    import imagehash  # brings scipy, which only folders of pictures need

    small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    bits = imagehash.phash(grey).hash.reshape(-1)
    number = int.from_bytes(np.packbits(bits).tobytes(), "big")
    return Look(number, np.asarray(small), image.width / image.height)


def near_pairs(looks: Sequence[Look]) -> list[tuple[int, int]]:
    """All pairs (i, j), i < j, of pictures that are nearly the same, in order."""
    if len(looks) < 2:
        return []
    hashes = np.array([look.hash for look in looks], np.uint64)
    thumbnails = np.stack([look.thumbnail for look in looks])
    found: list[tuple[int, int]] = []
    doubtful: list[tuple[int, int]] = []
    aspects = np.log([look.aspect for look in looks])
    for first, others, strict in _candidates(hashes, _mosaics(thumbnails), aspects):
        left_over, overall, moved = _explain(thumbnails[first], thumbnails[others])
        same = left_over <= _LEFT_OVER
        if strict:
            same &= (left_over <= _STRICT_LEFT_OVER) | (left_over <= _EVEN * overall)
        found += [(first, int(other)) for other in others[same]]
        # Only where something moved can a second look help.
        if not strict:
            again = ~same & (left_over <= _WORTH) & (moved > 0.35)
            doubtful += [(first, int(other)) for other in others[again]]
    for start in range(0, len(doubtful), _PAIRS):
        pairs = np.array(doubtful[start : start + _PAIRS])
        same = _explain_moved(thumbnails[pairs[:, 0]], thumbnails[pairs[:, 1]])
        found += [(int(first), int(other)) for first, other in pairs[same]]
    return sorted(found)


def groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """For each of `count` pictures the first one that it is joined with by pairs, maybe itself."""
    first = list(range(count))

    def root(item: int) -> int:
        while first[item] != item:
            first[item] = first[first[item]]
            item = first[item]
        return item

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        first[high] = low
    return [root(item) for item in range(count)]


def _candidates(
    hashes: npt.NDArray[np.uint64], mosaics: Floats, aspects: npt.NDArray[np.float64]
) -> Iterator[tuple[int, npt.NDArray[np.int64], bool]]:
    """Each picture with the later ones that may look like it, and whether to be strict."""
    parts = []
    for start in range(0, len(hashes), _ROWS):
        differing = np.bitwise_count(hashes[start : start + _ROWS, None] ^ hashes[None, start:])
        rows, columns = np.nonzero(np.triu(differing <= _BITS, 1))
        if not len(rows):
            continue
        if len(rows) < 10_000:
            alike = np.einsum("ij,ij->i", mosaics[start + rows], mosaics[start + columns])
        else:
            alike = (mosaics[start : start + _ROWS] @ mosaics[start:].T)[rows, columns]
        close = (differing[rows, columns] <= _STRICT_BITS) & (alike >= _STRICT_COARSE)
        apart = np.abs(aspects[start + rows] - aspects[start + columns])
        likely = (alike >= _COARSE) & (apart <= _ASPECT)
        parts.append(np.stack([start + rows, start + columns, close])[:, likely])
    if not parts:
        return
    ones, others, closest = np.concatenate(parts, axis=1)
    near = np.bincount(ones, minlength=len(hashes)) + np.bincount(others, minlength=len(hashes))
    strict = near >= _MANY
    kept = closest.astype(bool) | ~strict[ones]
    ones, others = ones[kept], others[kept]
    if not len(ones):
        return
    firsts, starts = np.unique(ones, return_index=True)
    for first, together in zip(firsts, np.split(others, starts[1:]), strict=True):
        yield int(first), together, bool(strict[first])


def _mosaics(thumbnails: Bytes) -> Floats:
    """Thumbnails reduced to 8 x 8 colours, without mean and of length one: float32 [n, 192]."""
    tile = SIDE // 8
    tiles = thumbnails.reshape(len(thumbnails), 8, tile, 8, tile, 3)
    flat = tiles.mean(axis=(2, 4), dtype=np.float32).reshape(len(thumbnails), -1)
    flat -= flat.mean(axis=1, keepdims=True)
    unit: Floats = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3)
    return unit


def _explain(one: Bytes, others: Bytes) -> tuple[Floats, Floats, Floats]:
    """How much of other thumbnails [k, SIDE, SIDE, 3] one does not explain, and the motion.

    Returns what is left over, in the worst spot and on the whole, as a share of the contrast, and
    how far the corners had to move, in pixels of a thumbnail; each float32 [k].
    """
    columns = _columns(_blur(one[None]))[0]
    target = _blur(others).reshape(len(others), -1)
    weights = np.linalg.solve(_steady(columns.T @ columns), columns.T @ target.T).T
    rest = target - weights.astype(np.float32) @ columns.T
    overall = rest.std(axis=1) / _contrast(target)
    moved = np.abs(_motion(weights)).max(axis=(1, 2)).astype(np.float32)
    return _worst_spot(rest, target, weights), overall, moved


def _explain_moved(ones: Bytes, others: Bytes) -> npt.NDArray[np.bool_]:
    """Whether each of the ones [k, SIDE, SIDE, 3], moved step by step, explains its other."""
    original = ones.astype(np.float32)
    target = _blur(others).reshape(len(others), -1)
    motion = np.zeros((len(ones), 2, 2))
    least = np.full(len(ones), np.inf, np.float32)
    for _ in range(4):
        columns = _columns(_blur(_move(original, motion)))
        turned = columns.transpose(0, 2, 1)
        weights = np.linalg.solve(_steady(turned @ columns), turned @ target[..., None])
        rest = target - (columns @ weights)[..., 0].astype(np.float32)
        least = np.minimum(least, _worst_spot(rest, target, weights[..., 0]))
        motion = np.clip(motion + _motion(weights[..., 0]), -4, 4)
    return least <= _LEFT_OVER


# What may differ: gain, shift and stretch along x and y, a level for each colour, saturation.
_AXIS = np.linspace(-1, 1, SIDE, dtype=np.float32)


def _columns(pictures: Floats) -> Floats:
    """The directions in which pictures [k, SIDE, SIDE, 3] may change: float32 [k, pixels, 9]."""
    down, right = np.gradient(pictures, axis=(1, 2))
    levels = np.broadcast_to(np.eye(3, dtype=np.float32), (*pictures.shape, 3))
    grey = np.broadcast_to(pictures.mean(axis=3, keepdims=True), pictures.shape)
    changes = [pictures, right, right * _AXIS[:, None], down, down * _AXIS[:, None, None], grey]
    stacked = np.concatenate([np.stack(changes, axis=-1), levels], axis=-1)
    return stacked.reshape(len(pictures), -1, stacked.shape[-1]).astype(np.float32)


def _steady(normal: Floats) -> npt.NDArray[np.float64]:
    """Normal equations [..., m, m] that can be solved though a grey picture has equal columns."""
    ridge = 1e-6 * np.trace(normal, axis1=-2, axis2=-1)[..., None, None] + 1e-3
    steady: npt.NDArray[np.float64] = normal + ridge * np.eye(normal.shape[-1])
    return steady


def _motion(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Shift and stretch (in pixels at the border) along x and y that weights mean: [k, 2, 2]."""
    gain = np.maximum(_gain(weights), 0.2)
    motion: npt.NDArray[np.float64] = weights[:, 1:5].reshape(-1, 2, 2) / gain[:, None, None]
    return motion


def _gain(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How many times the contrast, float64 [k]: that of the colours and of their grey part."""
    gain: npt.NDArray[np.float64] = weights[:, 0] + weights[:, 5]
    return gain


def _move(pictures: Floats, motion: npt.NDArray[np.float64]) -> Floats:
    """Pictures [k, SIDE, SIDE, 3] seen where `motion` says, between pixels by straight lines."""
    grid = np.arange(SIDE)
    across = grid + motion[:, 0, :1] + motion[:, 0, 1:] * _AXIS  # [k, SIDE]
    along = grid + motion[:, 1, :1] + motion[:, 1, 1:] * _AXIS
    return _sample(_sample(pictures, along, 1), across, 2)


def _sample(pictures: Floats, places: npt.NDArray[np.float64], axis: int) -> Floats:
    places = np.clip(places, 0, SIDE - 1)
    low = np.minimum(places.astype(np.int64), SIDE - 2)
    shape = (len(pictures), SIDE, 1, 1) if axis == 1 else (len(pictures), 1, SIDE, 1)
    part = (places - low).astype(np.float32).reshape(shape)
    before = np.take_along_axis(pictures, low.reshape(shape), axis)
    after = np.take_along_axis(pictures, low.reshape(shape) + 1, axis)
    return before + part * (after - before)


def _blur(pictures: Floats | Bytes) -> Floats:
    """Pictures [k, SIDE, SIDE, 3] blurred a little, so that small motions act as gradients."""
    blurred: Floats = pictures.astype(np.float32)
    for axis in (1, 2):
        padded = np.pad(blurred, [(2, 2) if each == axis else (0, 0) for each in range(4)], "edge")
        parts: list[Floats] = [padded.take(range(start, start + SIDE), axis) for start in range(5)]
        blurred = (parts[0] + parts[4]) / 16 + (parts[1] + parts[3]) / 4 + parts[2] * 0.375
    return blurred


def _worst_spot(rest: Floats, target: Floats, weights: npt.NDArray[np.float64]) -> Floats:
    """The root mean square of what is left over in the worst 5 x 5 spot, over the contrast.

    `rest` and `target` are float32 [k, pixels * 3]; the outermost pixels are not looked at.
    Infinite where the contrast would have to change too much.
    """
    error = np.square(rest).reshape(len(rest), SIDE, SIDE, 3).mean(axis=3)[:, 1:-1, 1:-1]
    sums = np.pad(error, ((0, 0), (1, 0), (1, 0))).cumsum(axis=1).cumsum(axis=2)
    spots = sums[:, 5:, 5:] - sums[:, :-5, 5:] - sums[:, 5:, :-5] + sums[:, :-5, :-5]
    worst = np.sqrt(np.maximum(spots.max(axis=(1, 2)) / 25, 0))
    gain = _gain(weights)
    fair = (gain >= _GAIN[0]) & (gain <= _GAIN[1])
    share: Floats = np.where(fair, worst / _contrast(target), np.inf).astype(np.float32)
    return share


def _contrast(target: Floats) -> Floats:
    """The spread of the levels of pictures [k, pixels * 3]; at least what noise has."""
    contrast: Floats = np.maximum(target.std(axis=1), 4.0)
    return contrast
