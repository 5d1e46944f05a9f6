"""Drawn graphics: every kind, from the seed alone, at any size."""

from pathlib import Path

import numpy as np
import pytest

from genimg.data import load_dataset
from genimg.data.drawn.graphics import KINDS, draw_graphic
from genimg.errors import DataError


def test_the_set_is_labelled_and_repeats(tmp_path: Path) -> None:
    one = load_dataset("graphics", size=32, count=12, cache=tmp_path / "a")
    other = load_dataset("graphics", size=32, count=6, cache=tmp_path / "b")
    assert one.images.shape == (412, 32, 32, 3)
    assert np.array_equal(one.images[:406], other.images)
    assert one.factors[0].values == tuple(KINDS)
    assert not one.flip and one.card.licence == "MIT"
    assert {name: len(rows) for name, rows in one.splits.items()} == {
        "train": 12, "validation": 200, "test": 200,
    }  # fmt: skip


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_each_kind_draws_something_of_its_own(kind: int) -> None:
    pictures = [np.asarray(draw_graphic(kind + len(KINDS) * i, 96)) for i in range(4)]
    assert all(picture.shape == (96, 96, 3) for picture in pictures)
    assert all(len(np.unique(picture.reshape(-1, 3), axis=0)) > 2 for picture in pictures)
    assert not np.array_equal(pictures[0], pictures[1])


def test_another_seed_draws_others() -> None:
    assert draw_graphic(3, 64, 0).tobytes() == draw_graphic(3, 64, 0).tobytes()
    assert draw_graphic(3, 64, 0).tobytes() != draw_graphic(3, 64, 1).tobytes()


@pytest.mark.parametrize(("size", "count"), [(4, 5), (32, 0), (32, 10**9)])
def test_impossible_sets_are_refused(size: int, count: int, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        load_dataset("graphics", size=size, count=count, cache=tmp_path)
