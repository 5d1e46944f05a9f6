"""A Dataset holds parts that fit each other, and its splits give the right rows."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from genimg.data.dataset import Card, Dataset, Factor, Number, visible_labels
from genimg.errors import DataError

CARD = Card("dots", "Dots", "CC0", "nobody", "Made for a test.")
COLOUR = Factor("colour", ("red", "blue"))
SIZE = Factor("size", ("small", "middle", "large"))


@pytest.fixture
def dots() -> Dataset:
    """Ten 4 x 6 RGB pictures; every byte of picture i is i."""
    rows = np.arange(10, dtype=np.uint8)
    images = np.broadcast_to(rows[:, None, None, None], (10, 4, 6, 3)).copy()
    labels = np.stack([np.arange(10) % 2, np.arange(10) % 3], axis=1)
    labels[0, 1] = -1
    return Dataset(
        name="dots",
        images=images,
        labels=labels,
        factors=(COLOUR, SIZE),
        splits={
            "train": np.array([2, 3, 4, 5, 6, 7]),
            "validation": np.array([9, 0]),
            "test": np.array([1, 8]),
        },
        card=CARD,
        flip=True,
    )


def test_image_shape_is_channels_height_width(dots: Dataset) -> None:
    assert dots.image_shape == (3, 4, 6)
    assert len(dots) == 10


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_a_split_gives_the_rows_of_its_indices(dots: Dataset, name: str) -> None:
    split = dots.split(name)
    assert split.images[:, 0, 0, 0].tolist() == dots.splits[name].tolist()
    assert dots.labels is not None
    assert split.labels is not None
    np.testing.assert_array_equal(split.labels, dots.labels[dots.splits[name]])
    assert len(split) == len(dots.splits[name])


def test_neighbouring_rows_are_a_view_and_others_a_copy(dots: Dataset) -> None:
    assert np.shares_memory(dots.split("train").images, dots.images)
    assert not np.shares_memory(dots.split("validation").images, dots.images)


# -- what hides what

HIDDEN = Factor("size", SIZE.values, hidden_by=(("colour", "blue"),))


def test_a_hidden_value_is_no_visible_label(dots: Dataset) -> None:
    hiding = dataclasses.replace(dots, factors=(COLOUR, HIDDEN))
    assert hiding.labels is not None
    for split, rows in hiding.splits.items():
        visible = hiding.visible_labels(split)
        assert visible is not None
        assert visible.tolist() == [
            [row % 2, -1 if row % 2 or row == 0 else row % 3] for row in rows.tolist()
        ]
    assert hiding.labels is dots.labels, "the labels themselves stay as they are"
    assert hiding.labels[1].tolist() == [1, 1]


def test_visible_labels_are_labels_where_nothing_hides_anything(dots: Dataset) -> None:
    visible, labels = dots.visible_labels("test"), dots.split("test").labels
    assert visible is not None and labels is not None
    np.testing.assert_array_equal(visible, labels)
    assert not np.shares_memory(visible, labels)
    plain = dataclasses.replace(dots, labels=None, factors=())
    assert plain.visible_labels("test") is None


def test_making_labels_visible_twice_changes_nothing_more() -> None:
    labels = np.array([[0, 2], [1, 0], [-1, 1]])
    once = visible_labels(labels, (COLOUR, HIDDEN))
    assert once.tolist() == [[0, 2], [1, -1], [-1, 1]]
    np.testing.assert_array_equal(visible_labels(once, (COLOUR, HIDDEN)), once)


@pytest.mark.parametrize("pair", [("shape", "blue"), ("colour", "green")])
def test_what_hides_must_be_there(dots: Dataset, pair: tuple[str, str]) -> None:
    factors = (COLOUR, dataclasses.replace(SIZE, hidden_by=(pair,)))
    with pytest.raises(ValueError, match="hidden by what is not there"):
        dataclasses.replace(dots, factors=factors)


def test_what_hides_a_factor_in_a_picture_is_told() -> None:
    assert HIDDEN.cover_in({"colour": "blue", "size": "small"}) == "blue"
    assert HIDDEN.cover_in({"colour": "red"}) is None
    assert HIDDEN.cover_in({}) is None and SIZE.cover_in({"colour": "blue"}) is None


def test_nothing_hides_itself() -> None:
    with pytest.raises(ValueError, match="hidden by itself"):
        Factor("size", SIZE.values, hidden_by=(("size", "small"),))


def test_a_missing_split_is_refused_with_the_names_of_those_there(dots: Dataset) -> None:
    with pytest.raises(DataError, match="train, validation, test"):
        dots.split("exam")


def test_an_empty_split_has_no_pictures(dots: Dataset) -> None:
    splits = {**dots.splits, "test": np.array([], dtype=np.int64)}
    split = dataclasses.replace(dots, splits=splits).split("test")
    assert split.images.shape == (0, 4, 6, 3)
    assert split.labels is not None
    assert split.labels.shape == (0, 2)


def test_pictures_without_labels(dots: Dataset) -> None:
    bare = dataclasses.replace(dots, labels=None, factors=())
    assert bare.split("train").labels is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"images": np.zeros((10, 4, 6, 3), np.float32)}, "uint8"),
        ({"images": np.zeros((10, 4, 6), np.uint8)}, "uint8"),
        ({"images": np.zeros((10, 4, 6, 2), np.uint8)}, "channels"),
        ({"images": np.zeros((10, 0, 6, 3), np.uint8)}, "channels"),
        ({"labels": np.zeros((9, 2), np.int64)}, "labels"),
        ({"labels": np.zeros((10, 2), np.int32)}, "labels"),
        ({"labels": np.full((10, 2), 2)}, "'colour'"),
        ({"labels": np.full((10, 2), -2)}, "'colour'"),
        ({"labels": None}, "no labels"),
        ({"factors": ()}, "labels"),
        ({"factors": (COLOUR, COLOUR)}, "repeated"),
        ({"splits": {"test": np.array([0])}}, "train"),
        ({"splits": {"train": np.array([0]), "exam": np.array([1])}}, "splits"),
        ({"splits": {"train": np.array([0, 1]), "test": np.array([1])}}, "overlap"),
        ({"splits": {"train": np.array([0, 0])}}, "overlap"),
        ({"splits": {"train": np.array([10])}}, "outside"),
        ({"splits": {"train": np.array([-1])}}, "outside"),
        ({"splits": {"train": np.array([0.0])}}, "int64"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    dots: Dataset, change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        dataclasses.replace(dots, **change)


@pytest.mark.parametrize(
    ("name", "values"), [("", ("a",)), ("f", ()), ("f", ("a", "a")), ("f", ("",))]
)
def test_a_factor_needs_a_name_and_different_values(name: str, values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="factor"):
        Factor(name, values)


def test_the_fingerprint_follows_pictures_splits_and_labels() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 8, 8, 3)).astype(np.uint8)
    labels = rng.integers(0, 2, (40, 1))
    rows = np.arange(40)
    factor = Factor("kind", ("a", "b"))
    plain = Dataset(
        "x", images, labels, (factor,), {"train": rows[4:], "test": rows[:4]},
        Card("x", "X", "none", "nobody", ""), flip=True,
    )  # fmt: skip
    changed = images.copy()
    changed[17, 3, 3, 1] ^= 1
    others = [
        dataclasses.replace(plain, images=changed),
        dataclasses.replace(plain, images=images[:, ::-1]),
        dataclasses.replace(plain, labels=1 - labels),
        dataclasses.replace(plain, factors=(Factor("kind", ("a", "c")),)),
        dataclasses.replace(plain, splits={"train": rows[4:], "validation": rows[:4]}),
        dataclasses.replace(plain, splits={"train": rows[5:], "test": rows[:5]}),
        dataclasses.replace(plain, content="told by the loader"),
    ]
    prints = [each.fingerprint for each in (plain, *others)]
    assert len(set(prints)) == len(prints) and all(len(each) == 32 for each in prints)
    assert dataclasses.replace(plain, name="y", images=images.copy()).fingerprint == prints[0]


def test_fingerprints_of_huge_sets_look_at_some_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genimg.data.dataset._HASHED", 10 * 8 * 8)
    images = np.arange(40, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 8, 8, 1), np.uint8)
    card = Card("x", "X", "none", "nobody", "")

    def of(pictures: np.ndarray) -> str:
        splits = {"train": np.arange(len(pictures))}
        return Dataset("x", pictures, None, (), splits, card, flip=True).fingerprint

    assert of(images) == of(images.copy()) != of(images[:-1])
    seen = images.copy()
    seen[4] += 1
    assert of(seen) != of(images)


# -- numbers


def numbered(dots: Dataset, **changes: Any) -> Dataset:
    """The dots with an age of 0, 1, 2, ... and a tilt that red dots hide."""
    values = np.stack([np.arange(10), np.arange(10) / 2], axis=1).astype(np.float32)
    values[4, 0] = np.nan
    numbers = (
        Number("age", "years", 0, 9),
        Number("tilt", "", 0, 4.5, (("colour", "red"),)),
    )
    return dataclasses.replace(dots, **{"numbers": numbers, "values": values, **changes})


def test_a_split_has_the_values_of_its_rows(dots: Dataset) -> None:
    known = numbered(dots)
    assert dots.split("train").values is None and dots.visible_values("train") is None
    np.testing.assert_array_equal(
        known.split("train").values, [[2, 1], [3, 1.5], [np.nan, 2], [5, 2.5], [6, 3], [7, 3.5]]
    )


def test_a_value_that_something_hides_is_not_visible(dots: Dataset) -> None:
    known = numbered(dots)
    np.testing.assert_array_equal(
        known.visible_values("train"),
        [[2, np.nan], [3, 1.5], [np.nan, np.nan], [5, 2.5], [6, np.nan], [7, 3.5]],
    )
    assert known.values is not None and not np.isnan(known.values[:, 1]).any()


def test_numbers_leave_the_fingerprint_as_it_is(dots: Dataset) -> None:
    assert numbered(dots).fingerprint == dots.fingerprint


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"values": None}, "no values"),
        ({"numbers": ()}, "must be float32"),
        ({"values": np.zeros((10, 2))}, "must be float32"),
        ({"values": np.zeros((9, 2), np.float32)}, "must be float32"),
        ({"values": np.full((10, 2), np.inf, np.float32)}, "finite"),
        ({"numbers": (Number("age", "", 0, 1),) * 2}, "repeated"),
        ({"numbers": (Number("a", "", 0, 1, (("colour", "green"),)), Number("b", "", 0, 1))},
         "hidden by what is not there"),
    ],
)  # fmt: skip
def test_numbers_that_do_not_fit_are_refused(
    dots: Dataset, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        numbered(dots, **changes)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (float("nan"), 1.0)])
def test_a_number_has_a_range(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="cannot go from"):
        Number("age", "years", low, high)
    assert Number("age", "years", 20, 75).range == "20 to 75 years"
    assert Number("smile", "", 0, 1).range == "0 to 1"
