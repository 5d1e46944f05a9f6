"""What does a base learn from? Squares cut from pictures of all kinds, at many scales.

Each picture is scaled down again and again, and at every scale as many squares are cut, at random
places, as its area has room for. A base is to take any picture at any size, so it sees a leaf from
near and the whole wood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from genimg.data.dataset import Bytes, Card, Dataset, Integers
from genimg.data.folder.found import Found, Unreadable
from genimg.data.folder.loading import Examined
from genimg.data.prepare import check_seed, check_size, kept_array, limit_train
from genimg.data.progress import Progress, shown_progress
from genimg.errors import DataError, ImageError
from genimg.images import load_image

RATIO = 0.6
"""Of the side at one scale to the side at the scale before."""
LONGEST = 1920
"""Pixels: larger pictures are scaled down to that first."""
HELD_OUT = 25
"""Of so many pictures one is for validation, and one for the test."""
ENLARGED = 112
"""Pixels: smaller pictures of a data set (digits, garments) are enlarged to that."""
AT_ONCE = 4_096
"""Tiles whose detail is measured together."""
MOST_DRAWN = 1_500
"""Pictures taken of each data set that is no folder; photographs are to be the most."""
FLAT, KEPT_FLAT = 2, 4
"""Training tiles whose neighbouring pixels differ by less than so many levels on average teach
little: one of so many is kept.
"""
VERSION = 1
"""Raise it whenever the same pictures would give other tiles."""


@dataclass(frozen=True)
class Source:
    """One picture to cut from.

    key     what it is known by: a digest of its content.
    size    (height, width) in pixels, as `read` gives it.
    read    gives it as uint8 `[height, width, 3]`; raises DataError if it is there no more.
    """

    key: bytes
    size: tuple[int, int]
    read: Callable[[], Bytes]

    def scales(self, tile: int) -> list[tuple[int, int]]:
        """The (height, width) of each scale, the largest first; [] if no tile fits."""
        height, width = self.size
        found = []
        while min(height, width) >= tile:
            found.append((height, width))
            height, width = int(height * RATIO), int(width * RATIO)
        return found

    def split(self, seed: int) -> str:
        """Which split its tiles belong to: that hangs on its content alone."""
        lot = hashlib.blake2b(f"{seed}".encode() + self.key, digest_size=8).digest()
        names = {0: "validation", 1: "test"}
        return names.get(int.from_bytes(lot) % HELD_OUT, "train")


def cut_tiles(
    parts: Sequence[Examined | Dataset],
    size: int | None,
    cache: Path,
    count: int | None,
    seed: int,
    progress: Progress | None = None,
) -> Dataset:
    """Tiles of `size` x `size` pixels (64) from all pictures of several data sets, without labels.

    Of a folder all pictures are taken, at their own size, and of other sets MOST_DRAWN training
    pictures. Whole pictures are dealt to the splits, so no tile of a held-out picture is learned
    from. The tiles are kept in the folder `cache`.

    Raises DataError if no picture is as large as a tile, a picture changes meanwhile, or the disk
    is too full.
    """
    size = 64 if size is None else size
    check_size(size)
    check_seed(seed)
    sources = [source for part in parts for source in _sources(part)]
    numbers = [_count(source, size) for source in sources]
    digest = hashlib.blake2b(f"{VERSION} {size} {seed}".encode(), digest_size=16)
    for source in sources:
        digest.update(source.key)
    total = sum(numbers)
    if not total:
        raise DataError(f"No picture has {size} pixels a side. Ask for a smaller --size.")

    def fill(target: Bytes) -> None:
        row = 0
        with shown_progress(progress) as tell:
            for done, source in enumerate(sources, 1):
                for tile in _cut(source, size, seed):
                    target[row] = tile
                    row += 1
                tell(done, len(sources), "cutting the pictures")

    cards = [_folder_card(part) if isinstance(part, Examined) else part.card for part in parts]

    def fill_detail(target: Bytes) -> None:
        for start in range(0, total, AT_ONCE):
            target[start : start + AT_ONCE] = _detail(images[start : start + AT_ONCE])

    stem = f"tiles-{size}px-{digest.hexdigest()}"
    images = kept_array(cache / f"{stem}.npy", (total, size, size, 3), fill)
    detail = kept_array(cache / f"{stem}.detail.npy", (total,), fill_detail)
    dataset = Dataset(
        name=" ".join(card.name for card in cards),
        images=images,
        labels=None,
        factors=(),
        splits=_splits(sources, numbers, detail, seed),
        card=_joint_card(cards),
        flip=True,
        content=digest.hexdigest(),
    )
    return limit_train(dataset, count, seed)


def _sources(part: Examined | Dataset) -> list[Source]:
    return _photographs(part) if isinstance(part, Examined) else _pictures(part)


def _count(source: Source, tile: int) -> int:
    return sum(_room(size, tile) for size in source.scales(tile))


def _room(size: tuple[int, int], tile: int) -> int:
    return max(1, size[0] * size[1] // tile**2)


def _cut(source: Source, tile: int, seed: int) -> Iterator[Bytes]:
    """All tiles of a picture, scale by scale, at places that its content and the seed give."""
    rng = np.random.default_rng([seed, int.from_bytes(source.key[:8])])
    array = source.read()
    if array.shape != (*source.size, 3):
        raise DataError("A picture changed while it was being read. Try again.")
    image = Image.fromarray(array)
    for height, width in source.scales(tile):
        image = image.resize((width, height), Image.Resampling.LANCZOS)
        array = np.asarray(image)
        for _ in range(_room((height, width), tile)):
            top, left = rng.integers(height - tile + 1), rng.integers(width - tile + 1)
            yield array[top : top + tile, left : left + tile]


def _photographs(examined: Examined) -> list[Source]:
    """The used pictures of a folder, at their own size."""
    sources = []
    for row in examined.rows.tolist():
        facts, found = examined.facts[row], examined.found[row]
        shrink = min(1.0, LONGEST / max(facts.height, facts.width))
        size = (round(facts.height * shrink), round(facts.width * shrink))

        def read(found: Found = found, size: tuple[int, int] = size) -> Bytes:
            try:
                image = load_image(found.read())
            except (Unreadable, ImageError) as error:
                raise DataError(f"A picture changed while it was read ({error}).") from error
            image = image.convert("RGB")
            if (image.height, image.width) != size:
                image = image.resize((size[1], size[0]), Image.Resampling.LANCZOS)
            return np.asarray(image)

        sources.append(Source(bytes.fromhex(facts.pixels)[:16], size, read))
    return sources


def _pictures(dataset: Dataset) -> list[Source]:
    """Some training pictures of a set, evenly spread over it."""
    rows = dataset.splits["train"]
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_DRAWN)).astype(np.int64)]
    side = max(dataset.images.shape[1], ENLARGED)
    sources = []
    for row in chosen.tolist():

        def read(row: int = row) -> Bytes:
            image = Image.fromarray(np.ascontiguousarray(dataset.images[row]).squeeze())
            return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))

        key = hashlib.blake2b(np.ascontiguousarray(dataset.images[row]).data, digest_size=16)
        sources.append(Source(key.digest(), (side, side), read))
    return sources


def _detail(tiles: Bytes) -> Bytes:
    """How much neighbouring pixels of tiles `[N, H, W, 3]` differ, in levels, rounded, `[N]`."""
    levels = tiles.astype(np.int16)
    down, right = np.abs(np.diff(levels, axis=1)), np.abs(np.diff(levels, axis=2))
    means = (down.mean(axis=(1, 2, 3)) + right.mean(axis=(1, 2, 3))) / 2
    detail: Bytes = means.round().astype(np.uint8)
    return detail


def _splits(
    sources: Sequence[Source], numbers: Sequence[int], detail: Bytes, seed: int
) -> dict[str, Integers]:
    """Rows of each split: all tiles of a picture are in one; of flat ones only some are learned."""
    hands: dict[str, list[Integers]] = {"train": [], "validation": [], "test": []}
    first = 0
    for source, number in zip(sources, numbers, strict=True):
        hands[source.split(seed)].append(np.arange(first, first + number, dtype=np.int64))
        first += number
    none = [np.zeros(0, np.int64)]
    splits = {name: np.concatenate(rows or none) for name, rows in hands.items()}
    train = splits["train"]
    kept = (detail[train] >= FLAT) | (train % KEPT_FLAT == 0)
    return {**splits, "train": train[kept]}


def _folder_card(examined: Examined) -> Card:
    name, options = examined.name, examined.options
    return Card(
        name=f"folder:{name}",
        title=options.title or name,
        licence=options.licence or "not known",
        credit=options.credit or f"Pictures from the folder {name}",
        description=f"{len(examined.rows):,} pictures from the folder {name}.",
    )


def _joint_card(cards: Sequence[Card]) -> Card:
    """One card for all: each statement once, in order."""

    def joint(what: str, between: str) -> str:
        return between.join(dict.fromkeys(getattr(card, what) for card in cards))

    return Card(
        name=" ".join(card.name for card in cards),
        title=joint("title", ", "),
        licence=joint("licence", "; "),
        credit=joint("credit", "; "),
        description=joint("description", " "),
        notice=joint("notice", " ").strip(),
    )
