"""What hides what in the drawn sets, proved from the pixels.

A factor is hidden where no choice of its value makes a difference that anybody could see.
"""

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest

from genimg.data.drawn.artworks import ARTWORKS
from genimg.data.drawn.drawing import choose, draw, drawn_factors

SIZE = 64
UNSEEN = 3
"""No subpixel differs by more than so many of 255 levels: the soft edge of a scarf lets that
through.
"""
SEEN = 16
SUBPIXELS = 8
"""Any two values differ by more than SEEN levels in at least so many subpixels."""


def spread(
    name: str, factor: int, other: int, value: int, context: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """How far two values of `factor` are apart where `other` has `value`, all else as in `context`.

    The largest difference of any subpixel between any two values, and the smallest number of
    subpixels that differ by more than SEEN, over the pairs of values.
    """
    pictures = []
    for each in range(len(drawn_factors(name)[factor].values)):
        values = context.copy()
        values[other], values[factor] = value, each
        pictures.append(np.asarray(draw(name, values.tolist(), SIZE)).astype(np.int16).ravel())
    stack = np.stack(pictures)
    widest, fewest = 0, stack.shape[1]
    for i in range(len(stack) - 1):
        apart = np.abs(stack[i + 1 :] - stack[i])
        widest = max(widest, int(apart.max()))
        fewest = min(fewest, int((apart > SEEN).sum(axis=1).min()))
    return widest, fewest


def pairs(name: str) -> list[tuple[int, int]]:
    return list(permutations(range(len(drawn_factors(name))), 2))


@pytest.mark.parametrize("name", ARTWORKS)
def test_a_factor_is_hidden_where_its_pixels_are(name: str) -> None:
    """Every factor under every value of every other one."""
    factors = drawn_factors(name)
    contexts = choose(name, 3, seed=5)
    found, told = set(), set()
    for factor, other in pairs(name):
        for value, word in enumerate(factors[other].values):
            case = (factors[factor].name, factors[other].name, word)
            if (case[1], word) in factors[factor].hidden_by:
                told.add(case)
            if spread(name, factor, other, value, contexts[0])[0] <= UNSEEN and all(
                spread(name, factor, other, value, context)[0] <= UNSEEN for context in contexts[1:]
            ):
                found.add(case)
    assert found == told


def test_the_scarfs_hide_the_mouth_and_nothing_else_hides_anything() -> None:
    hidden = {
        (name, factor.name, pair)
        for name in ARTWORKS
        for factor in drawn_factors(name)
        for pair in factor.hidden_by
    }
    assert hidden == {
        ("cats", "mouth", ("accessory", "red scarf")),
        ("cats", "mouth", ("accessory", "blue scarf")),
    }


def test_any_two_values_that_are_not_hidden_look_different() -> None:
    """So that the cats' labels can be told from pictures, all of them."""
    factors = drawn_factors("cats")
    (context,) = choose("cats", 1, seed=6)
    for factor, other in pairs("cats"):
        for value, word in enumerate(factors[other].values):
            if (factors[other].name, word) not in factors[factor].hidden_by:
                _, fewest = spread("cats", factor, other, value, context)
                assert fewest >= SUBPIXELS, (factors[factor].name, word)
