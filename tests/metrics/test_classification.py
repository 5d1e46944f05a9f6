"""Scores of told labels against cases worked out by hand, and how pictures are dealt into parts."""

import numpy as np
import pytest

from genimg.errors import MetricError
from genimg.metrics.classification import score_factor, stratified_parts

NAMES = ("cat", "dog", "fox")


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_scores_of_a_case_worked_out_by_hand() -> None:
    """Four cats, two dogs, one fox; a cat is called a dog, and the fox a cat."""
    scores = score_factor(ints(0, 0, 0, 0, 1, 1, 2), ints(0, 0, 0, 1, 1, 1, 0), NAMES)
    assert scores.accuracy == pytest.approx(5 / 7)
    cat, dog, fox = scores.values.values()
    assert (cat.precision, cat.recall, cat.f1, cat.support) == pytest.approx(
        (3 / 4, 3 / 4, 3 / 4, 4)
    )
    assert (dog.precision, dog.recall, dog.f1, dog.support) == pytest.approx((2 / 3, 1, 4 / 5, 2))
    assert (fox.precision, fox.recall, fox.f1, fox.support) == (0, 0, 0, 1)
    assert scores.precision == pytest.approx((3 / 4 + 2 / 3 + 0) / 3)
    assert scores.recall == pytest.approx((3 / 4 + 1 + 0) / 3)
    assert scores.f1 == pytest.approx((3 / 4 + 4 / 5 + 0) / 3)
    assert (scores.pictures, scores.left_out) == (7, 0)
    assert tuple(scores.values) == NAMES


def test_hidden_and_unknown_labels_count_for_nothing() -> None:
    true, told = ints(0, 1, 2, -1, -1), ints(0, 1, 1, 0, 2)
    scores = score_factor(true, told, NAMES)
    assert (scores.pictures, scores.left_out) == (3, 2)
    assert scores.accuracy == pytest.approx(2 / 3)
    alone = score_factor(true[:3], told[:3], NAMES)
    assert scores.values == alone.values
    assert scores.f1 == alone.f1


def test_a_value_that_nobody_has_and_nobody_tells_is_no_part_of_the_mean() -> None:
    scores = score_factor(ints(0, 0, 1), ints(0, 0, 1), NAMES)
    assert (scores.accuracy, scores.precision, scores.recall, scores.f1) == (1, 1, 1, 1)
    assert scores.values["fox"].support == 0


def test_a_value_that_is_told_of_others_lowers_the_mean() -> None:
    scores = score_factor(ints(0, 0, 1), ints(0, 2, 1), NAMES)
    assert scores.values["fox"].precision == 0
    assert scores.precision == pytest.approx(2 / 3)
    assert scores.recall == pytest.approx((1 / 2 + 1 + 0) / 3)


def test_chance_scores_like_chance() -> None:
    rng = np.random.default_rng(0)
    true, told = rng.integers(0, 3, (2, 30_000))
    scores = score_factor(true, told, NAMES)
    for share in (scores.accuracy, scores.precision, scores.recall, scores.f1):
        assert share == pytest.approx(1 / 3, abs=0.01)


def test_without_labels_there_is_nothing_to_score() -> None:
    with pytest.raises(MetricError, match="none of these pictures has a label"):
        score_factor(ints(-1, -1), ints(0, 1), NAMES)


# -- parts


def counts(parts: np.ndarray, column: np.ndarray, k: int) -> np.ndarray:  # type: ignore[type-arg]
    """How many pictures of each value each part has, `[k, values]`."""
    values = np.unique(column)
    return np.array([[int(((column == v) & (parts == i)).sum()) for v in values] for i in range(k)])


@pytest.mark.parametrize("k", [2, 3, 7])
def test_parts_of_one_factor_differ_by_one_picture_of_each_value(k: int) -> None:
    rng = np.random.default_rng(k)
    labels = rng.choice(4, size=(501, 1), p=(0.6, 0.3, 0.09, 0.01)).astype(np.int64)
    labels[:20] = -1
    parts = stratified_parts(labels, k, seed=0)
    each = counts(parts, labels[:, 0], k)
    assert (each.max(axis=0) - each.min(axis=0) <= 1).all()
    assert np.ptp(np.bincount(parts, minlength=k)) <= 4


def test_parts_of_several_factors_have_about_the_same_shares() -> None:
    rng = np.random.default_rng(1)
    labels = np.stack(
        [
            rng.choice(5, 3000, p=(0.5, 0.3, 0.1, 0.08, 0.02)),
            rng.choice(3, 3000),
            rng.choice(2, 3000, p=(0.99, 0.01)) - 1,
        ],
        axis=1,
    ).astype(np.int64)
    parts = stratified_parts(labels, 5, seed=0)
    assert set(parts.tolist()) == set(range(5))
    assert np.ptp(np.bincount(parts)) <= 60
    for column in labels.T:
        each = counts(parts, column, 5)
        spread = each.max(axis=0) - each.min(axis=0)
        assert (spread <= np.maximum(2, 0.06 * each.mean(axis=0))).all()
    rare = counts(parts, labels[:, 2], 5)[:, 1]
    assert np.ptp(rare) <= 1, "the rarest value is dealt first, and evenly"


def test_the_seed_decides_the_parts() -> None:
    labels = np.random.default_rng(0).integers(0, 3, (200, 2))
    first = stratified_parts(labels, 4, seed=1)
    assert np.array_equal(first, stratified_parts(labels, 4, seed=1))
    assert not np.array_equal(first, stratified_parts(labels, 4, seed=2))


def test_more_parts_than_pictures_are_refused() -> None:
    with pytest.raises(MetricError, match="3 pictures cannot be dealt into 4 parts"):
        stratified_parts(np.zeros((3, 1), dtype=np.int64), 4, seed=0)
