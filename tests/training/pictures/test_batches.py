"""Each epoch shows every picture once, in an order that the seed gives and a resume continues."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch
from torch import Tensor

from genimg.data import Card, Dataset, Factor
from genimg.training.pictures.batches import Batches

COUNT = 50


def numbered(flip: bool = False, count: int = COUNT) -> Dataset:
    """Training picture i has the byte i in its left half and i + 100 in its right; of its two
    labels one is i, and the other is not known.
    """
    rows = np.arange(count + 4, dtype=np.uint8)
    images = np.broadcast_to(rows[:, None, None, None], (count + 4, 2, 4, 1)).copy()
    images[:, :, 2:] += 100
    return Dataset(
        name="numbers",
        images=images,
        labels=np.stack([np.arange(count + 4), np.full(count + 4, -1)], axis=1),
        factors=(
            Factor("number", tuple(map(str, range(count + 4)))),
            Factor("unknown", ("this", "that")),
        ),
        splits={"train": np.arange(count), "test": np.arange(count, count + 4)},
        card=Card("numbers", "Numbers", "CC0", "nobody", "Made for a test."),
        flip=flip,
    )


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rows(pixels: Tensor) -> list[int]:
    """Which pictures a batch holds, whichever way round they are."""
    left, right = ((pixels[:, 0, 0, x] * 127.5 + 127.5).round() for x in (0, 3))
    return [int(number) for number in torch.minimum(left, right)]


def epoch(batches: Batches, rng: torch.Generator) -> list[list[int]]:
    return [rows(batches.next(rng).pixels) for _ in range(COUNT // 8)]


def test_an_epoch_shows_no_picture_twice_and_training_pictures_only() -> None:
    batches, rng = Batches(numbered(), 8, seed=0), seeded()
    for number in range(4):
        seen = list(chain.from_iterable(epoch(batches, rng)))
        assert batches.epoch == number
        assert len(seen) == len(set(seen)) == 48
        assert set(seen) <= set(range(COUNT))


def test_every_epoch_has_an_order_of_its_own() -> None:
    batches, rng = Batches(numbered(), 8, seed=0), seeded()
    first, second = (list(chain.from_iterable(epoch(batches, rng))) for _ in range(2))
    assert first != second
    assert set(first) != set(second), "another rest is left out"


def test_the_seed_gives_the_order() -> None:
    def first(seed: int) -> list[list[int]]:
        return epoch(Batches(numbered(), 8, seed), seeded())

    assert first(1) == first(1)
    assert first(1) != first(2)


def test_pixels_are_what_networks_take() -> None:
    pixels = Batches(numbered(), 8, seed=0).next(seeded()).pixels
    assert pixels.shape == (8, 1, 2, 4)
    assert pixels.dtype == torch.float32
    assert float(pixels.min()) >= -1.0
    assert float(pixels.max()) <= 1.0


@pytest.mark.parametrize("done", [0, 1, 5, 6, 7, 13])
def test_a_resumed_order_goes_on_as_if_nothing_had_been(done: int) -> None:
    whole, rng = Batches(numbered(flip=True), 8, seed=3), seeded(3)
    for _ in range(done):
        whole.next(rng)
    state, random_state = whole.state_dict(), rng.get_state()
    expected = [whole.next(rng) for _ in range(10)]

    resumed, later = Batches(numbered(flip=True), 8, seed=3), seeded(99)
    resumed.load_state_dict(state)
    later.set_state(random_state)
    for batch in expected:
        again = resumed.next(later)
        assert torch.equal(again.pixels, batch.pixels)
        assert torch.equal(again.labels, batch.labels)


def test_pictures_are_mirrored_half_of_the_time_where_the_data_allow() -> None:
    batches, rng = Batches(numbered(flip=True), 10, seed=0), seeded()
    pixels = torch.cat([batches.next(rng).pixels for _ in range(100)])
    mirrored = pixels[:, 0, 0, 0] > pixels[:, 0, 0, 3]
    assert 0.45 < float(mirrored.float().mean()) < 0.55
    whole = pixels[mirrored][:, :, :, [3, 2, 1, 0]]
    assert bool((whole[:, 0, 0, 0] < whole[:, 0, 0, 3]).all())
    kept = Batches(numbered(flip=False), 10, seed=0)
    plain = torch.cat([kept.next(rng).pixels for _ in range(10)])
    assert bool((plain[:, 0, 0, 0] < plain[:, 0, 0, 3]).all())


def test_a_batch_larger_than_the_set_is_the_set() -> None:
    batches = Batches(numbered(count=5), 32, seed=0)
    for _ in range(3):
        assert sorted(rows(batches.next(seeded()).pixels)) == [0, 1, 2, 3, 4]


def test_the_data_are_never_written_to() -> None:
    dataset = numbered(flip=True)
    dataset.images.setflags(write=False)
    before = dataset.images.copy()
    batches, rng = Batches(dataset, 8, seed=0), seeded()
    for _ in range(10):
        batch = batches.next(rng)
        batch.pixels.zero_()
        batch.labels.zero_()
    assert np.array_equal(dataset.images, before)
    assert dataset.labels is not None
    assert dataset.labels[:, 0].tolist() == list(range(COUNT + 4))


def test_each_picture_comes_with_its_own_labels() -> None:
    batches, rng = Batches(numbered(flip=True), 8, seed=0), seeded()
    for _ in range(10):
        batch = batches.next(rng)
        assert batch.labels.dtype == torch.int64
        assert batch.labels.tolist() == [[row, -1] for row in rows(batch.pixels)]


def test_pictures_without_labels_come_with_no_columns() -> None:
    plain = replace(numbered(), labels=None, factors=())
    assert Batches(plain, 8, seed=0).next(seeded()).labels.shape == (8, 0)
