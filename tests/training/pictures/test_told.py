"""What a model is told of its pictures: numbers, and labels that numbers do not tell."""

from dataclasses import replace

import numpy as np
import pytest

from genimg.data import Dataset, Number
from genimg.data.dataset import Factor
from genimg.training.pictures.numbers import NumberPlaces, told

NAN = float("nan")


@pytest.fixture(scope="module")
def people(cats: Dataset) -> Dataset:
    """Pictures that bear an age, with labels: old or young, and glasses of three kinds, which a hat
    hides.
    """
    rng = np.random.default_rng(0)
    age = rng.uniform(20, 80, len(cats)).astype(np.float32)
    labels = np.stack(
        [age > 50, rng.integers(0, 3, len(cats)), rng.random(len(cats)) < 0.2], axis=1
    ).astype(np.int64)
    factors = (
        Factor("age", ("young", "old")),
        Factor("glasses", ("none", "thin", "bold"), hidden_by=(("hat", "on"),)),
        Factor("hat", ("off", "on")),
    )
    numbers = (Number("age", "years", 20, 80),)
    return replace(cats, factors=factors, labels=labels, numbers=numbers, values=age[:, None])


def test_labels_are_told_that_numbers_do_not_tell(people: Dataset) -> None:
    assert people.labels is not None
    for split, rows in people.splits.items():
        found = told(people, split)
        assert found is not None and found.dtype == np.float32
        assert found.shape == (len(rows), 1 + 3 + 2), "the age, glasses and hat; old is an age"
        assert people.values is not None and np.array_equal(found[:, :1], people.values[rows])
        glasses, hat = people.labels[rows, 1], people.labels[rows, 2]
        assert np.array_equal(found[:, 4:], np.eye(2)[hat])
        shown = np.where(hat[:, None] == 1, NAN, np.eye(3)[glasses])
        assert np.array_equal(found[:, 1:4], shown, equal_nan=True), "hidden ones are not known"


def test_without_numbers_nothing_is_told(people: Dataset) -> None:
    assert told(replace(people, numbers=(), values=None), "train") is None


def test_half_of_the_dimensions_at_most_are_told_and_numbers_come_first(people: Dataset) -> None:
    assert NumberPlaces(people, 6, "cpu").count == 3
    assert NumberPlaces(people, 64, "cpu").count == 6
