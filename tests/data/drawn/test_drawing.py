"""The drawn sets: the same pictures from the same seed, exact labels, disjoint splits."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genimg.data.dataset import Dataset
from genimg.data.drawn import drawing as drawn
from genimg.data.drawn.artworks import ARTWORKS
from genimg.data.drawn.drawing import choose, combination_count, draw, draw_dataset, part_counts
from genimg.errors import DataError

NAMES = tuple(ARTWORKS)
SIZE = 16
COUNT = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def cats(folder: Path) -> Dataset:
    return draw_dataset("cats", SIZE, COUNT, folder)


def test_the_shape_of_the_set(cats: Dataset) -> None:
    assert cats.name == "cats"
    assert cats.image_shape == (3, SIZE, SIZE)
    assert {name: len(rows) for name, rows in cats.splits.items()} == {
        "train": COUNT,
        "validation": 1000,
        "test": 2000,
    }
    assert isinstance(cats.images, np.memmap)
    assert not cats.images.flags.writeable
    assert not cats.flip


def test_no_combination_occurs_twice(cats: Dataset) -> None:
    assert cats.labels is not None
    assert len(np.unique(cats.labels, axis=0)) == len(cats)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_occurs_about_equally_often(name: str) -> None:
    labels = choose(name, 20_000, seed=1)
    for column, most in zip(labels.T, part_counts(name).values(), strict=True):
        seen = np.bincount(column, minlength=most) / len(labels) * most
        np.testing.assert_allclose(seen, 1, atol=0.2)


def test_a_cached_set_equals_a_fresh_one(cats: Dataset, folder: Path, tmp_path: Path) -> None:
    files = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = draw_dataset("cats", SIZE, COUNT, folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == files
    fresh = draw_dataset("cats", SIZE, COUNT, tmp_path)
    for other in (again, fresh):
        np.testing.assert_array_equal(other.images, cats.images)
        np.testing.assert_array_equal(other.labels, cats.labels)


def test_the_count_changes_nothing_but_the_end(cats: Dataset, tmp_path: Path) -> None:
    more = draw_dataset("cats", SIZE, COUNT + 25, tmp_path)
    np.testing.assert_array_equal(more.images[: len(cats)], cats.images)
    for name in ("test", "validation"):
        np.testing.assert_array_equal(more.split(name).labels, cats.split(name).labels)
    assert len(more.split("train")) == COUNT + 25


def test_the_seed_chooses_other_combinations() -> None:
    assert not np.array_equal(choose("cats", 100, seed=0), choose("cats", 100, seed=1))


def test_the_first_test_cats_never_change() -> None:
    """Scores of models on the test set are comparable only while these rows stay."""
    assert choose("cats", 4, seed=0).tolist() == [
        [2, 0, 6, 7, 3],
        [13, 5, 4, 4, 3],
        [12, 3, 0, 4, 13],
        [10, 5, 4, 7, 0],
    ]


def test_all_combinations_can_be_chosen_each_once() -> None:
    everything = choose("cats", combination_count("cats"), seed=3)
    assert len(np.unique(everything, axis=0)) == 15 * 9 * 15 * 10 * 16


def test_a_row_is_the_picture_of_its_labels(cats: Dataset) -> None:
    assert cats.labels is not None
    for row in range(0, len(cats), 307):
        picture = draw("cats", cats.labels[row].tolist(), SIZE)
        np.testing.assert_array_equal(cats.images[row], np.asarray(picture))


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY no array"])
def test_a_damaged_cache_is_drawn_again(
    cats: Dataset, folder: Path, tmp_path: Path, damage: bytes
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (images,) = copy.glob(f"cats-{SIZE}px-{COUNT}-*.images.npy")
    images.write_bytes(damage)
    np.testing.assert_array_equal(draw_dataset("cats", SIZE, COUNT, copy).images, cats.images)


def test_nothing_half_drawn_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn._compose
    calls = 0

    def fail_at_100(*arguments: Any) -> Image.Image:
        nonlocal calls
        calls += 1
        if calls > 100:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(drawn, "_compose", fail_at_100)
    with pytest.raises(KeyboardInterrupt):
        draw_dataset("cats", SIZE, COUNT, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if "images" in path.name] == []


def test_the_cache_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENIMG_CACHE", str(tmp_path / "kept"))
    draw_dataset("robots", 8, 1)
    assert len(list((tmp_path / "kept").glob("robots-8px-1-*.npy"))) == 2


# One combination of each set: its labels, and the files it consists of, the rearmost first.
BY_HAND = {
    "cats": (
        (6, 5, 12, 8, 4),
        "set4",
        [
            "000#00body/006#body6",
            "001#01fur/005#fur5",
            "002#02eyes/012#eyes12",
            "003#03mouth/008#mouth8",
            "004#04accessories/004#accessory4",
        ],
    ),
    "robots": (
        (9, 0, 4, 7, 2, 3),  # yellow, body 01, face 05, accessory 08, eyes 03, mouth 04
        "set1/yellow",
        [
            "003#01Body/*#yellow_body-01",
            "004#02Face/*#yellow_face-05",
            "002#Accessory/*#yellow__accessory-08",
            "001#Eyes/*#yellow_eyes-03",
            "000#Mouth/*#yellow_mouth-04",
        ],
    ),
    "monsters": (
        (0, 6, 11, 4, 2, 9, 1),
        "set2",
        [
            "004#01FaceColors/*#final1",
            "003#02BodyColors/*#final7",
            "006#03Faces/*#final12",
            "000#04Body/*#final5",
            "002#Eyes/*#final3",
            "001#Mouth/*#final10",
            "005#Nose/*#final2",
        ],
    ),
    "heads": (
        (6, 4, 5, 7, 0, 9, 1),  # the yellow round head is design 45
        "set3",
        [
            "005#01BaseFace/*#Robot-Design45",
            "001#02Wave/*#wave1",
            "006#03Antenna/*#Robot-Design6",
            "003#04Eyes/*#Robot-Design8",
            "002#05Eyebrows/*#Robot-Design1",
            "004#06Nose/*#Robot-Design10",
            "000#07Mouth/*#Robot-Design2",
        ],
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_its_parts_laid_on_white(name: str) -> None:
    """Composed again in floating point with weighted colours (Porter and Duff 1984, "over")."""
    values, folder, patterns = BY_HAND[name]
    size = 32
    canvas = np.full((2 * size, 2 * size, 3), 255.0)
    for pattern in patterns:
        (path,) = (drawn._package_folder() / "sets" / folder).glob(f"{pattern}.png")
        with Image.open(path) as image:
            rgba = np.asarray(image.convert("RGBA"), dtype=np.float64)
        alpha = rgba[..., 3:] / 255
        small = _resize(np.concatenate([rgba[..., :3] * alpha, alpha], axis=2), 2 * size)
        cover = np.clip(small[..., 3:], 0, 1)
        canvas = np.clip(small[..., :3], 0, 255 * cover) + canvas * (1 - cover)
    expected = np.clip(_resize(canvas, size), 0, 255)
    actual = np.asarray(draw(name, values, size), dtype=np.float64)
    error = np.abs(actual - expected)
    assert error.mean() < 0.6
    assert error.max() < 12  # Pillow rounds after each step; a wrong part differs by 38 and more


def _resize(channels: np.ndarray, size: int) -> np.ndarray:
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in np.moveaxis(channels, 2, 0)]
    resized = [plane.resize((size, size), Image.Resampling.LANCZOS) for plane in planes]
    return np.stack([np.asarray(plane, dtype=np.float64) for plane in resized], axis=2)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_changes_the_picture(name: str) -> None:
    last = [most - 1 for most in part_counts(name).values()]  # a cat without a scarf on its mouth
    for column, most in enumerate(part_counts(name).values()):
        seen = {
            draw(name, [*last[:column], value, *last[column + 1 :]], 64).tobytes()
            for value in range(most)
        }
        assert len(seen) == most


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_cover_exactly_the_drawings_there_are(name: str) -> None:
    artwork = ARTWORKS[name]
    used = [key for layer in artwork.layers for key in drawn._layer_keys(layer, artwork).values()]
    assert len(used) == len(set(used))
    assert not set(used) & set(artwork.unused)
    assert {*used, *artwork.unused} == set(drawn.part_files(name))


def test_the_drawing_left_out_is_as_empty_as_the_one_kept() -> None:
    files = drawn.part_files("cats")
    for key in ("001#01fur/fur2", "001#01fur/fur6"):
        with Image.open(files[key]) as image:
            assert image.convert("RGBA").getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_plain_and_occur_once(name: str) -> None:
    factors = ARTWORKS[name].factors
    names = [value for values in factors.values() for value in values.values()]
    assert len({value.lower() for value in names}) == len(names)
    for word in (*names, *factors):
        assert word == word.strip()
        assert 2 < len(word) <= 26
        assert not any(character.isdigit() or character == "_" for character in word)


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("cats", "Cat artwork by David Revoy, CC BY 4.0"),
        ("robots", "Zikri Kader"),
        ("monsters", "Hrvoje Novakovic"),
        ("heads", "Julian Peter Arias"),
    ],
)
def test_the_card_names_the_author_and_says_it_is_artwork(name: str, author: str) -> None:
    card = ARTWORKS[name].card
    assert card.name == name
    assert author in card.credit
    assert card.licence in card.credit
    assert "not photographs" in card.description


@pytest.mark.parametrize("name", NAMES)
def test_each_set_is_drawn_with_its_names(name: str, tmp_path: Path) -> None:
    dataset = draw_dataset(name, 8, 5, tmp_path, seed=2)
    assert [factor.name for factor in dataset.factors] == list(ARTWORKS[name].factors)
    assert [len(factor.values) for factor in dataset.factors] == list(part_counts(name).values())
    assert dataset.card is ARTWORKS[name].card
    assert dataset.split("train").images.std() > 20  # pictures, not blank paper


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"name": "dogs"}, "cats, robots, monsters, heads"),
        ({"name": "cats", "size": 7}, "8 to 256"),
        ({"name": "cats", "size": 257}, "8 to 256"),
        ({"name": "cats", "count": 0}, "1 to 321,000"),
        ({"name": "cats", "count": 321_001}, "1 to 321,000"),
        ({"name": "cats", "seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    arguments: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=complaint):
        draw_dataset(**{"size": 8, "count": 1, "cache": tmp_path, **arguments})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("values", [[], [0] * 4, [0] * 6, [15, 0, 0, 0, 0], [0, 0, -1, 0, 0]])
def test_a_combination_that_is_none_is_refused(values: list[int]) -> None:
    with pytest.raises(DataError, match="fur colour 0 to 14"):
        draw("cats", values, 16)


def test_a_full_disk_is_noticed_before_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(DataError, match="GB free"):
        draw_dataset("cats", SIZE, COUNT, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DataError, match="pip install robohash"):
        draw_dataset("cats", SIZE, COUNT, tmp_path)


def test_a_cache_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be made.*GENIMG_CACHE"):
        draw_dataset("cats", 16, count=10, cache=tmp_path / "file" / "cache")
