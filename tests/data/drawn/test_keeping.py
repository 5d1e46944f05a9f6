"""Sets that are drawn: in blocks that stay, or only a few pictures of them to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genimg.data import load_dataset
from genimg.data.dataset import Dataset
from genimg.data.drawn import drawing, graphics, keeping
from genimg.data.drawn.portraits import loading

SETS = ("cats", "graphics", "portraits")
SIZE = 16
COUNT = 12
HELD_OUT = 7


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    """Sets with a few held-out pictures, in blocks of five."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (drawing, graphics, loading):
            patch.setattr(module, "TEST_COUNT", 4)
            patch.setattr(module, "VALIDATION_COUNT", 3)
        patch.setattr(keeping, "BLOCK", 5)
        yield


class Counted:
    """Composes cats, and counts them; ends after so many."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int = 10**9) -> None:
        self.count, self.most, self.compose = 0, most, drawing._compose
        monkeypatch.setattr(drawing, "_compose", self.draw)
        monkeypatch.setattr(keeping, "usable_cores", lambda: 1)

    def draw(self, *arguments: Any) -> Image.Image:
        if self.count == self.most:
            raise KeyboardInterrupt
        self.count += 1
        return self.compose(*arguments)


def cats(cache: Path, **more: Any) -> Dataset:
    return load_dataset("cats", SIZE, cache=cache, count=COUNT, **more)


@pytest.mark.parametrize("name", SETS)
def test_a_look_draws_a_few_and_tells_of_the_others(name: str, tmp_path: Path) -> None:
    few = load_dataset(name, SIZE, cache=tmp_path, count=COUNT, few=6)
    assert list(tmp_path.rglob("*.images.npy")) == list(tmp_path.rglob("*-blocks")) == []
    assert few.image_shape == (3, SIZE, SIZE)
    assert {split: len(rows) for split, rows in few.splits.items()} == {"train": 6}
    assert few.train_count == COUNT and few.undrawn is not None
    assert (few.undrawn.train, few.undrawn.left) == (COUNT, HELD_OUT + COUNT)
    assert few.undrawn.seconds > 0
    whole = load_dataset(name, SIZE, cache=tmp_path, count=COUNT)
    assert whole.undrawn is None and whole.train_count == COUNT
    some, train = few.split("train"), whole.split("train")
    np.testing.assert_array_equal(some.images, train.images[:6])
    assert some.labels is not None and train.labels is not None
    np.testing.assert_array_equal(some.labels, train.labels[:6])


def test_a_look_draws_no_more_than_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    cats(tmp_path, few=3)
    assert counted.count == 3
    assert len(cats(tmp_path, few=10**6).splits["train"]) == COUNT


def test_a_look_at_what_is_drawn_draws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = cats(tmp_path)
    counted = Counted(monkeypatch)
    seen = cats(tmp_path, few=3)
    assert counted.count == 0 and seen.undrawn is None
    assert seen.fingerprint == whole.fingerprint


def test_who_is_interrupted_goes_on_with_the_blocks_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        Counted(patch, most=13)
        with pytest.raises(KeyboardInterrupt):
            cats(tmp_path)
    few = cats(tmp_path, few=2)
    assert few.undrawn is not None and few.undrawn.left == HELD_OUT + COUNT - 10
    told: list[tuple[int, int, str]] = []
    with monkeypatch.context() as patch:
        counted = Counted(patch)
        again = cats(tmp_path, progress=lambda *how_far: told.append(how_far))
    assert counted.count == HELD_OUT + COUNT - 10
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert told[0] == (5, HELD_OUT + COUNT, "drawing cats")
    assert told[-1] == (HELD_OUT + COUNT, HELD_OUT + COUNT, "drawing cats")
    assert not list(tmp_path.glob("*-blocks"))
    np.testing.assert_array_equal(again.images, cats(tmp_path / "fresh").images)
