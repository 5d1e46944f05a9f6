"""Portraits: the same from the same seed, exact numbers, and factors that move what they say."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from genimg.data import load_dataset
from genimg.data.dataset import Dataset
from genimg.data.drawn import keeping
from genimg.data.drawn.portraits import loading
from genimg.data.drawn.portraits.body import amounts, shape_body, turned
from genimg.data.drawn.portraits.hair import grow
from genimg.data.drawn.portraits.head import LEFT_EYE, SKIN, load_head
from genimg.data.drawn.portraits.person import (
    BEARDS,
    COLOURS,
    GLASSES,
    SHAPES,
    STYLES,
    Person,
    draw_person,
)
from genimg.data.drawn.portraits.properties import (
    FACTORS,
    NUMBERS,
    labels,
    numbers,
    portrait_labels,
    portrait_numbers,
)
from genimg.data.drawn.portraits.scene import draw_portrait
from genimg.errors import DataError

SIZE = 16
COUNT = 5


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """Sets of a dozen pictures instead of thousands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "TEST_COUNT", 4)
        patch.setattr(loading, "VALIDATION_COUNT", 3)
        patch.setattr(keeping, "BLOCK", 5)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def portraits(folder: Path) -> Dataset:
    return load_dataset("portraits", SIZE, cache=folder, count=COUNT)


def plain(**changes: object) -> Person:
    """One calm person who looks ahead, with changes."""
    calm: dict[str, object] = {
        "age": 35.0, "femininity": 0.5, "weight": 0.4, "melanin": 0.3, "grey": 0.0,
        "shape": (0.0,) * len(SHAPES), "smile": 0.0, "mouth_open": 0.0, "brows_raised": 0.0,
        "eyes_closed": 0.0, "gaze": (0.0, 0.0), "turn": (0.0, 0.0), "style": 2, "colour": 1,
        "beard": 0, "glasses": 0, "clothes": 0, "backdrop": 0, "light": (0.0, 30.0), "warmth": 0.0,
    }  # fmt: skip
    return dataclasses.replace(draw_person(0), **{**calm, **changes})  # type: ignore[arg-type]


def landmark(place: tuple[float, float, float], person: Person) -> np.ndarray:
    """Where the vertex nearest to a place of the average adult is in a person."""
    head = load_head()
    rows = np.unique(head.triangles[head.kinds == SKIN])
    row = rows[np.argmin(((head.average[rows] - place) ** 2).sum(1))]
    return turned(shape_body(person).points, person)[row]


CORNER, UNDER_LIP, BROW = (0.026, 0.826, 0.145), (0.0, 0.812, 0.165), (0.03, 0.918, 0.15)
NOSE, UPPER_LID, LOWER_LID = (0.0, 0.858, 0.183), (0.033, 0.905, 0.155), (0.033, 0.893, 0.153)


def test_the_shape_of_the_set(portraits: Dataset) -> None:
    assert portraits.image_shape == (3, SIZE, SIZE)
    assert {name: len(rows) for name, rows in portraits.splits.items()} == {
        "train": COUNT, "validation": 3, "test": 4,
    }  # fmt: skip
    assert isinstance(portraits.images, np.memmap) and not portraits.flip
    assert portraits.factors == FACTORS
    assert portraits.images.std() > 20


def test_a_cached_set_equals_a_fresh_one_and_a_longer_one(
    portraits: Dataset, folder: Path, tmp_path: Path
) -> None:
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*.npy")}
    assert len(files) == 3  # pictures, labels and numbers; the blocks are gone
    load_dataset("portraits", SIZE, cache=folder, count=COUNT)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.npy")} == files
    longer = load_dataset("portraits", SIZE, cache=tmp_path, count=COUNT + 2)
    np.testing.assert_array_equal(longer.images[: len(portraits)], portraits.images)
    assert longer.labels is not None and portraits.labels is not None
    np.testing.assert_array_equal(longer.labels[: len(portraits)], portraits.labels)


def test_what_was_drawn_before_an_interruption_is_not_drawn_again(
    portraits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(person: Person, size: int) -> object:
        if person.number >= 7:
            raise KeyboardInterrupt
        drawn.append(person.number)
        return draw_portrait(person, size)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "draw_portrait", draw)
        with pytest.raises(KeyboardInterrupt):
            load_dataset("portraits", SIZE, cache=tmp_path, count=COUNT)
    assert not list(tmp_path.glob("*.images.npy"))
    assert [path.name for path in tmp_path.glob("*-blocks/*.npy")] == ["0000000-5.npy"]
    drawn.clear()
    with monkeypatch.context() as patch:
        patch.setattr(loading, "draw_portrait", lambda p, s: drawn.append(p.number) or
                      draw_portrait(p, s))  # fmt: skip
        again = load_dataset("portraits", SIZE, cache=tmp_path, count=COUNT)
    assert sorted(drawn) == list(range(5, 12))
    np.testing.assert_array_equal(again.images, portraits.images)


def test_two_that_draw_the_same_people_do_not_take_each_others_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sets of several lengths are made of the same blocks, which the first to be done clears."""

    def draw(person: Person, size: int) -> np.ndarray:
        return np.full((size, size, 3), person.number, np.uint8)

    monkeypatch.setattr(loading, "draw_portrait", draw)
    counts = (2, 5, 5)
    with ThreadPoolExecutor(len(counts)) as pool:
        sets = list(
            pool.map(lambda n: load_dataset("portraits", SIZE, cache=tmp_path, count=n), counts)
        )
    assert [len(each.splits["train"]) for each in sets] == list(counts)
    np.testing.assert_array_equal(sets[1].images, sets[2].images)
    assert not list(tmp_path.glob("*-blocks"))


def test_another_process_draws_the_same_pictures() -> None:
    code = (
        "import hashlib\n"
        "from genimg.data.drawn.portraits.person import draw_person\n"
        "from genimg.data.drawn.portraits.scene import draw_portrait\n"
        "for n in (17, 3):\n"
        "    print(hashlib.sha256(draw_portrait(draw_person(n, 1), 40).tobytes()).hexdigest())\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = [draw_portrait(draw_person(number, 1), 40).tobytes() for number in (3, 17)]
    assert told.stdout.split()[::-1] == [hashlib.sha256(each).hexdigest() for each in here]


def test_the_seed_and_the_number_choose_others() -> None:
    assert draw_person(3, 0) != draw_person(3, 1)
    assert draw_person(3, 0) != draw_person(4, 0)
    assert draw_person(3, 1) == draw_person(3, 1)


@pytest.mark.parametrize("size", [8, 33, 150])
def test_any_size_shows_the_same_person(size: int) -> None:
    person = draw_person(5)
    picture = draw_portrait(person, size)
    assert picture.size == (size, size) and picture.mode == "RGB"
    small = [
        np.asarray(each.resize((8, 8)), float) for each in (picture, draw_portrait(person, 64))
    ]
    assert np.abs(small[0] - small[1]).mean() < 12


def test_the_numbers_are_those_of_the_labels(portraits: Dataset) -> None:
    told = portrait_numbers(range(len(portraits)))
    assert told.shape == (len(portraits), len(NUMBERS)) and told.dtype == np.float32
    assert portraits.numbers == NUMBERS and portraits.values is not None
    np.testing.assert_array_equal(portraits.values, told)
    names = [number.name for number in NUMBERS]
    assert not set(names) & {value for factor in FACTORS for value in factor.values}
    assert portraits.labels is not None
    factors = [factor.name for factor in FACTORS]
    ages, turns = told[:, names.index("age")], told[:, names.index("turned to the right")]
    for age, turn, row in zip(ages, turns, portraits.labels, strict=True):
        assert row[factors.index("age")] == int(age >= 36) + int(age >= 56)
        assert row[factors.index("turn")] == int(turn >= -13) + int(turn >= 13)
    with pytest.raises(DataError, match="from 0"):
        portrait_numbers([-1])


def test_nobody_is_rare_and_numbers_keep_their_range() -> None:
    people = [draw_person(number, 9) for number in range(1500)]
    told = np.array([numbers(person) for person in people])
    for number, column in zip(NUMBERS, told.T, strict=True):
        assert number.low <= column.min() and column.max() <= number.high, number.name
    names = [number.name for number in NUMBERS]
    three = told[:, names.index("amount of African features") :][:, :3]
    np.testing.assert_allclose(three.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(three.mean(0), 1 / 3, atol=0.04)
    shares = portrait_labels(1500, 9)
    for factor, column in zip(FACTORS, shares.T, strict=True):
        seen = np.bincount(column, minlength=len(factor.values)) / len(column)
        assert seen.min() > 0.02, factor.name
    # Expression and pose do not depend on who is shown.
    free = [names.index(name) for name in ("smile", "turned to the right", "lit from above")]
    who = [names.index(name) for name in ("age", "femininity", "weight", "skin darkness")]
    related = np.corrcoef(told.T)[np.ix_(free, who)]
    assert np.abs(related).max() < 0.09


def test_names_are_plain_and_occur_once() -> None:
    names = [value for factor in FACTORS for value in factor.values]
    assert len(set(names)) == len(names)
    for word in (*names, *(factor.name for factor in FACTORS)):
        assert word == word.strip() and 2 < len(word) <= 26
    assert len({number.name for number in NUMBERS}) == len(NUMBERS)
    assert len(labels(draw_person(0))) == len(FACTORS)


def test_a_smile_moves_the_corners_of_the_mouth() -> None:
    calm, smiling = landmark(CORNER, plain()), landmark(CORNER, plain(smile=1.0))
    assert smiling[0] > calm[0] + 0.002  # outward
    assert smiling[1] > calm[1] + 0.001  # upward
    half = landmark(CORNER, plain(smile=0.5))
    assert calm[1] < half[1] < smiling[1]


def test_the_other_expressions_move_what_they_say() -> None:
    assert landmark(UNDER_LIP, plain(mouth_open=1.0))[1] < landmark(UNDER_LIP, plain())[1] - 0.004
    assert landmark(BROW, plain(brows_raised=1.0))[1] > landmark(BROW, plain())[1] + 0.002

    def opening(person: Person) -> float:
        return float(landmark(UPPER_LID, person)[1] - landmark(LOWER_LID, person)[1])

    assert opening(plain(eyes_closed=1.0)) < opening(plain()) - 0.004


@pytest.mark.parametrize("angle", [-30.0, 12.0, 30.0])
def test_the_head_turns_to_the_side_that_is_said(angle: float) -> None:
    nose, ahead = landmark(NOSE, plain(turn=(angle, 0.0))), landmark(NOSE, plain())
    assert np.sign(nose[0]) == np.sign(angle)
    reach = ahead[2] - 0.015  # from the neck's axis
    assert nose[0] == pytest.approx(reach * np.sin(np.radians(angle)), abs=0.002)
    assert landmark(NOSE, plain(turn=(0.0, 12.0)))[1] > ahead[1] + 0.02


def test_the_eyes_look_where_they_are_said_to() -> None:
    head = load_head()
    rows = np.unique(head.triangles[head.kinds == LEFT_EYE])
    pupil = rows[np.argmax(head.average[rows, 2])]

    def direction(person: Person) -> np.ndarray:
        body = shape_body(person)
        return body.points[pupil] - body.eyes[0]

    assert direction(plain(gaze=(20.0, 0.0)))[0] > direction(plain())[0] + 0.003
    assert direction(plain(gaze=(0.0, -12.0)))[1] < direction(plain())[1] - 0.002


def test_shares_of_shapes_make_whole_people() -> None:
    for number in range(20):
        parts = amounts(draw_person(number))
        for kind in ("body ", "ancestry "):
            assert sum(v for n, v in parts.items() if n.startswith(kind)) == pytest.approx(1)


@pytest.mark.parametrize("name", STYLES)
def test_hair_stays_off_the_face_and_outside_the_head(name: str) -> None:
    person = plain(style=STYLES.index(name), hair_length=0.8)
    strands = grow(person, shape_body(person)).strands
    if name == "bald head":
        assert len(strands) == 0
        return
    assert np.isfinite(strands).all() and len(strands) > 2000
    points = strands.reshape(-1, 3)
    on_face = (np.abs(points[:, 0]) < 0.03) & (points[:, 1] < 0.89) & (points[:, 2] > 0.1)
    assert on_face.mean() < 0.005
    middle = points - (0, 0.93, 0.05)
    assert (np.linalg.norm(middle, axis=1) < 0.06).mean() < 0.005


def test_longer_hair_is_longer() -> None:
    def lowest(length: float) -> float:
        person = plain(style=STYLES.index("long straight hair"), hair_length=length)
        return float(np.percentile(grow(person, shape_body(person)).strands[:, -1, 1], 10))

    assert lowest(1.0) < lowest(0.0) - 0.03


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ({"beard": BEARDS.index("full beard")}, {"beard": 0}),
        ({"glasses": GLASSES.index("sunglasses")}, {"glasses": 0}),
        ({"colour": COLOURS.index("blond hair")}, {"colour": COLOURS.index("black hair")}),
        ({"melanin": 0.9}, {"melanin": 0.1}),
        ({"light": (60.0, 30.0)}, {"light": (-60.0, 30.0)}),
        ({"clothes": 2}, {"clothes": 0}),
        ({"age": 75.0}, {"age": 20.0}),
        ({"femininity": 1.0}, {"femininity": 0.0}),
    ],
)
def test_what_is_changed_is_seen(change: dict[str, object], other: dict[str, object]) -> None:
    one, two = (np.asarray(draw_portrait(plain(**each), 64), float) for each in (change, other))
    assert np.abs(one - two).mean() > 0.8


def test_light_falls_from_the_side_that_is_said() -> None:
    right = np.asarray(draw_portrait(plain(style=0, light=(60.0, 25.0)), 64).convert("L"), float)
    left = np.asarray(draw_portrait(plain(style=0, light=(-60.0, 25.0)), 64).convert("L"), float)
    cheek_right, cheek_left = (slice(30, 40), slice(38, 42)), (slice(30, 40), slice(22, 26))
    assert right[cheek_right].mean() > right[cheek_left].mean() + 15
    assert left[cheek_left].mean() > left[cheek_right].mean() + 15


@pytest.mark.parametrize(("size", "count", "seed"), [(7, 5, 0), (513, 5, 0), (32, 0, 0),
                                                     (32, 10**9, 0), (32, 5, -1)])  # fmt: skip
def test_impossible_sets_are_refused(size: int, count: int, seed: int, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        load_dataset("portraits", size=size, count=count, seed=seed, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_card_says_that_nobody_is_shown_and_who_there_is(portraits: Dataset) -> None:
    card = portraits.card
    assert "do not exist" in card.title and "CC0" in card.credit and "MakeHuman" in card.credit
    assert "equally frequent" in card.description and "no photograph" in card.description
