"""Which pictures of a folder are learned from, and which are held out?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from genimg.data.dataset import Integers


def split_rows(
    pixels: Sequence[str],
    families: Sequence[int],
    given: Sequence[str | None],
    seed: int,
) -> dict[str, Integers]:
    """The rows of each split: as its maker has split the pictures, the rest by lot.

    A tenth goes to each of test and validation that was not given, copies of each other together,
    by a number drawn from the content: where a picture goes hangs on itself alone.

    Args:
        pixels: a digest of each picture.
        families: a number for each; copies of each other have the same.
        given: the split in which the person has put each, or None.
    """
    held = [name for name in ("test", "validation") if name not in given]
    hands: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for row, name in enumerate(given):
        if name in ("test", "validation"):
            hands[name].append(row)
    rest = [row for row, name in enumerate(given) if name not in ("test", "validation")]
    tenth = max(1, round(len(rest) / 10))

    def lot(members: Sequence[int]) -> str:
        least = min(pixels[row] for row in members)
        return hashlib.blake2b(f"{seed} {least}".encode(), digest_size=16).hexdigest()

    together: dict[int, list[int]] = {}
    for row in rest:
        together.setdefault(families[row], []).append(row)
    dealt = _dealt(sorted(together.values(), key=lot), held, tenth)
    if not all(dealt.values()):  # the frames of one film, say, were all kept on request
        dealt = _dealt(sorted(([row] for row in rest), key=lot), held, tenth)
    for name, rows in dealt.items():
        hands[name] += rows
    return {name: np.array(sorted(rows), np.int64) for name, rows in hands.items()}


def _dealt(
    families: Sequence[Sequence[int]], held: Sequence[str], tenth: int
) -> dict[str, list[int]]:
    """Families dealt one after another: a tenth or somewhat more to each that is held out."""
    hands: dict[str, list[int]] = {"train": [], **{name: [] for name in held}}
    for members in families:
        for name in held:
            if len(hands[name]) < tenth and len(hands[name]) + len(members) <= max(1, 2 * tenth):
                hands[name] += members
                break
        else:
            hands["train"] += members
    return hands
