"""Does any nest of pictures become a data set, whatever else lies in it?"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.data import load_dataset
from genimg.data.dataset import Dataset
from genimg.errors import DataError
from genimg.files import write_atomically


def put(path: Path, colour: tuple[int, int, int] | int, size: tuple[int, int] = (40, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L" if isinstance(colour, int) else "RGB", size, colour).save(path)


def load(folder: Path, size: int = 16, **options: int) -> Dataset:
    cache = folder.parent / "cache"
    return load_dataset(f"folder:{folder}", size, cache=cache, **options)  # type: ignore[arg-type]


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Ten cats (red says which), ten dogs one folder deeper (green), and two in no folder."""
    folder = tmp_path / "pets"
    for i in range(10):
        put(folder / "cats" / f"cat {i}.png", (10 + i, 0, 0))
        put(folder / "dogs" / "brown" / f"{i}.JPG", (0, 20 * i + 20, 0))
    put(folder / "stray one.png", (0, 0, 100))
    put(folder / "stray two.bmp", (0, 0, 110), (7, 90))
    return folder


def test_folders_on_the_first_level_are_labels(pets: Path) -> None:
    dataset = load(pets)
    assert dataset.image_shape == (3, 16, 16) and len(dataset) == 22 and dataset.flip
    assert [factor.values for factor in dataset.factors] == [("cats", "dogs")]
    assert dataset.labels is not None
    for picture, label in zip(dataset.images, dataset.labels[:, 0], strict=True):
        assert label == {0: 0, 1: 1, 2: -1}[int(picture[8, 8].argmax())]
    reds = dataset.images[dataset.labels[:, 0] == 0][:, 8, 8, 0]
    assert sorted(reds.tolist()) == list(range(10, 20))


def test_splits_are_disjoint_complete_and_follow_the_seed(pets: Path) -> None:
    splits = load(pets).splits
    assert {name: len(rows) for name, rows in splits.items()} == {
        "train": 18,
        "validation": 2,
        "test": 2,
    }
    assert sorted(np.concatenate(list(splits.values())).tolist()) == list(range(22))
    assert all((load(pets).splits[name] == rows).all() for name, rows in splits.items())
    assert any((load(pets, seed=5).splits["test"] != splits["test"]).tolist())
    assert len(load(pets, count=7).splits["train"]) == 7


def test_the_card_names_no_path_above_the_folder(pets: Path) -> None:
    dataset = load(pets)
    assert dataset.name == f"folder:{pets}"
    assert dataset.card.name == "folder:pets" and dataset.card.title == "pets"
    assert dataset.card.licence == "not known"
    assert str(pets.parent) not in repr(dataset.card)


def test_one_folder_or_none_gives_no_labels(tmp_path: Path) -> None:
    for i in range(8):
        put(tmp_path / "flat" / f"{i}.png", (i, 2, 3))
        put(tmp_path / "single" / "cats" / f"{i}.png", (i, 2, 3))
    for folder in ("flat", "single"):
        dataset = load(tmp_path / folder)
        assert dataset.labels is None and dataset.factors == ()
        assert {len(dataset.splits[name]) for name in ("test", "validation")} == {1}


def test_unreadable_files_are_left_out_and_reported(
    pets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (pets / "cats" / "cat 3.png").write_bytes(b"not a picture at all")
    (pets / "cats" / "cat 4.png").write_bytes((pets / "cats" / "cat 5.png").read_bytes()[:40])
    (pets / "broken" / "a.png").parent.mkdir()
    (pets / "broken" / "a.png").touch()  # a folder without a picture is no label
    for ignored in ("notes.txt", ".hidden.png", ".thumbs/a.png"):
        (pets / ignored).parent.mkdir(exist_ok=True)
        (pets / ignored).write_bytes(b"ignored without a word")
    with caplog.at_level(logging.WARNING, "genimg"):
        dataset = load(pets)
    assert len(dataset) == 20 and dataset.factors[0].values == ("cats", "dogs")
    (record,) = caplog.records
    assert record.getMessage().startswith("3 files cannot be read")
    assert "'cat 3.png' is not a picture" in record.getMessage()
    assert "'a.png' is empty" in record.getMessage() and "notes" not in record.getMessage()
    assert dataset.labels is not None
    reds = dataset.images[dataset.labels[:, 0] == 0][:, 8, 8, 0]
    assert sorted(reds.tolist()) == [10, 11, 12, 15, 16, 17, 18, 19]  # labels still aligned
    caplog.clear()
    with caplog.at_level(logging.WARNING, "genimg"):
        assert (load(pets).images == dataset.images).all()  # from the cache, and said again
    assert "3 files" in caplog.text


def test_grey_folders_stay_grey_and_one_colour_makes_all_rgb(tmp_path: Path) -> None:
    folder = tmp_path / "greys"
    for i in range(9):
        put(folder / f"{i}.png", 20 * i)
    grey = load(folder)
    assert grey.image_shape == (1, 16, 16)
    assert grey.images[:, 3, 3, 0].tolist() == [20 * i for i in range(9)]
    put(folder / "x.png", (9, 8, 7))
    colour = load(folder)
    assert colour.image_shape == (3, 16, 16) and colour.images[-1, 0, 0].tolist() == [9, 8, 7]
    assert colour.images[4, 0, 0].tolist() == [80, 80, 80]


def test_the_middle_square_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "wide"
    for i in range(8):
        array = np.zeros((20, 60, 3), np.uint8)
        array[:, 20:40] = 200
        folder.mkdir(exist_ok=True)
        Image.fromarray(array).save(folder / f"{i}.png")
    assert (load(folder, 20).images == 200).all()


def test_decoded_pictures_are_kept_until_a_file_changes(pets: Path) -> None:
    cache = pets.parent / "cache"
    first = load(pets)
    kept = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert len(kept) == 2
    load(pets, seed=3)
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == kept
    assert load(pets, 24).image_shape == (3, 24, 24) and len(list(cache.iterdir())) == 4
    changed = pets / "cats" / "cat 0.png"
    put(changed, (250, 0, 0))
    os.utime(changed, (1, 1))
    assert load(pets).images.max() == 250 and first.images.max() < 250
    for path in cache.iterdir():
        write_atomically(path, path.read_bytes()[:50])  # a damaged cache is made anew
    assert load(pets).images.max() == 250


def test_images_are_read_only(pets: Path) -> None:
    with pytest.raises(ValueError):
        load(pets).images[0, 0, 0, 0] = 1


def test_too_few_pictures_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "few"
    for i in range(7):
        put(folder / f"{i}.png", (i, i, i))
    with pytest.raises(DataError, match=r"needs 8 pictures or more, and .*few has 7\."):
        load(folder)
    (folder / "eighth.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="has 7 that can be read"):
        load(folder)
    for path in folder.iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(DataError, match="Not one of 8 files is a picture"):
        load(folder)
    assert list((tmp_path / "cache").glob("*")) != [] and not list(tmp_path.rglob(".*"))


def test_folders_that_are_not_there_and_sizes_that_cannot_be_are_refused(pets: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        load(pets / "mice")
    with pytest.raises(DataError, match="no folder"):
        load(pets / "stray one.png")
    with pytest.raises(DataError, match="8 to 512"):
        load(pets, 4)
    with pytest.raises(DataError, match="seed"):
        load(pets, seed=-2)


def test_a_cache_that_cannot_be_made_is_refused(pets: Path) -> None:
    with pytest.raises(DataError, match="GENIMG_CACHE"):
        load_dataset(f"folder:{pets}", 16, cache=pets / "stray one.png" / "cache")
