"""Histograms of labels against numbers that are known beforehand."""

import numpy as np
import pytest

from genimg.errors import MetricError
from genimg.metrics import factor_histograms, histogram_distance

# -- histograms


@pytest.mark.parametrize(
    ("real", "fake", "expected"),
    [
        ([1, 1], [5, 5], 0.0),
        ([1, 0], [0, 1], 1.0),
        ([1, 1], [1, 0], 0.5),
        ([1, 2, 1], [2, 1, 1], 0.25),
        ([30, 70], [50, 50], 0.2),
        ([7], [1], 0.0),
    ],
)
def test_distance_of_histograms_by_hand(real, fake, expected: float) -> None:
    assert histogram_distance(real, fake) == pytest.approx(expected)
    assert histogram_distance(fake, real) == pytest.approx(expected)
    assert histogram_distance(np.array(real) * 3, np.array(fake)) == pytest.approx(expected)


def test_it_is_the_largest_difference_that_any_event_can_have() -> None:
    """What total variation means: over all sets of values."""
    p, q = np.array([3, 1, 4, 2]), np.array([1, 5, 1, 3])
    events = [[bool(code >> i & 1) for i in range(4)] for code in range(16)]
    gaps = [abs(p[event].sum() / p.sum() - q[event].sum() / q.sum()) for event in events]
    assert histogram_distance(p, q) == pytest.approx(max(gaps))


@pytest.mark.parametrize(
    ("real", "fake", "word"),
    [
        ([1, 2], [1, 2, 3], "2 and 3 values"),
        ([1, -2], [1, 2], "real histogram"),
        ([1, 2], [0, 0], "fake histogram"),
        ([], [], "something counted"),
        ([1, np.nan], [1, 2], "counts from 0"),
        ([[1, 2]], [[1, 2]], "one row"),
    ],
)
def test_what_is_no_histogram_is_refused(real, fake, word: str) -> None:
    with pytest.raises(MetricError, match=word):
        histogram_distance(real, fake)


def test_labels_are_counted_and_missing_values_named() -> None:
    real = np.array([0, 0, 1, 2, -1, 2, 2])
    fake = np.array([0, 2, -1, -1, 0], dtype=np.int32)
    found = factor_histograms(real, fake, ["red", "green", "blue", "grey"])
    assert found.values == ("red", "green", "blue", "grey")
    assert found.real == (2, 1, 3, 0)
    assert found.fake == (2, 0, 1, 0)
    assert found.missing == ("green",), "grey is not among the data either"
    assert found.distance == pytest.approx(0.5 * (1 / 3 + 1 / 6 + 1 / 6))


def test_the_same_labels_have_distance_0_and_none_missing() -> None:
    labels = np.random.default_rng(0).integers(0, 5, 200)
    found = factor_histograms(labels, labels[::-1], list("abcde"))
    assert (found.distance, found.missing) == (0.0, ())


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        (np.array([0, 2]), "fake labels run from 0 to 2"),
        (np.array([0, -2]), "from -2"),
        (np.array([[0], [1]]), "of one factor"),
        (np.array([0.0, 1.0]), "whole numbers"),
        (np.array([-1, -1]), "something counted"),
        (np.array([], dtype=int), "something counted"),
    ],
)
def test_labels_that_are_none_are_refused(labels, word: str) -> None:
    with pytest.raises(MetricError, match=word):
        factor_histograms(np.array([0, 1]), labels, ["no", "yes"])
