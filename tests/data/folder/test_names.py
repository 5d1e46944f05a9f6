"""Which names of folders become labels, and can names of any kind do harm?"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from genimg.checkpoint import MAX_STATEMENT
from genimg.data import FolderOptions, folder_report
from genimg.errors import DataError

from .folders import examine, load
from .messy import encode, photo, photos, put, zip_bytes, zipped


def test_folders_with_very_long_names_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "long"
    for i, ending in enumerate(("a" * 100, "a" * 100 + "b", "c")):
        photos(folder / ("the same beginning " * 5 + ending), 4, first=10 * i)
    dataset = load(folder)
    values = dataset.factors[0].values
    assert len(set(values)) == 3 and max(map(len, values)) == 80
    assert dataset.labels is not None and np.bincount(dataset.labels[:, 0]).tolist() == [4, 4, 4]


def test_what_a_person_states_fits_into_a_model_file() -> None:
    assert FolderOptions(title="t" * MAX_STATEMENT).title
    for what in ("title", "credit", "licence"):
        with pytest.raises(DataError, match=f"The {what} is too long"):
            FolderOptions(**{what: "t" * (MAX_STATEMENT + 1)})


def test_a_folder_whose_name_is_no_utf_8_can_be_used_and_reported(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    photos(folder, 9)
    put(folder / "page.jpg", b"<html>")
    examined = examine(folder)
    assert json.dumps(folder_report(examined), ensure_ascii=False).encode()
    assert examined.name == "caf�" and load(folder).card.title == "caf�"
    with pytest.raises(DataError) as caught:
        load(folder / "none")
    assert str(caught.value).encode()


def test_one_folder_or_none_gives_no_labels(tmp_path: Path) -> None:
    photos(tmp_path / "flat", 8)
    photos(tmp_path / "single" / "cats", 8)
    for folder in ("flat", "single"):
        dataset = load(tmp_path / folder)
        assert dataset.labels is None and dataset.factors == ()
        assert {len(dataset.splits[name]) for name in ("test", "validation")} == {1}


def test_a_folder_around_all_is_seen_through(pets: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    (outer / "inner").mkdir(parents=True)
    for name in ("cats", "dogs"):
        (pets / name).rename(outer / "inner" / name)
    assert load(outer).factors[0].values == ("cats", "dogs")


def test_folders_of_single_pictures_are_no_labels(tmp_path: Path) -> None:
    for i in range(9):
        put(tmp_path / "days" / f"day {i}" / "a.png", photo(i))
    assert load(tmp_path / "days").factors == ()


def test_a_zip_in_a_folder_is_a_label_like_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    photos(folder / "cats", 5)
    zipped(folder / "dogs.zip", {f"{i}.png": encode(photo(i), "PNG") for i in range(20, 26)})
    inner = zip_bytes({f"x{i}.png": encode(photo(i), "PNG") for i in range(40, 44)})
    zipped(folder / "birds.zip", {"inner.zip": inner})
    dataset = load(folder)
    assert len(dataset) == 15 and dataset.factors[0].values == ("birds", "cats", "dogs")


def notes(folder: Path) -> list[str]:
    return list(folder_report(examine(folder))["notes"])


def test_folders_that_are_no_labels_are_told(tmp_path: Path) -> None:
    for i in range(9):
        put(tmp_path / "days" / f"day {i}" / "a.png", photo(i))
    assert any("The 9 folders are not used as labels" in note for note in notes(tmp_path / "days"))
    for first, name in ((0, "cats"), (20, "dogs")):
        photos(tmp_path / "all" / "pets" / name, 8, first=first)
    assert not [note for note in notes(tmp_path / "all") if "label" in note]
    put(tmp_path / "all" / "pets" / "birds" / "torn.png", encode(photo(50), "PNG")[:300])
    put(tmp_path / "all" / "pets" / "read me" / "notes.txt", b"Bring milk.")
    assert [note for note in notes(tmp_path / "all") if "label" in note] == [
        "No label for the folder 'birds': no picture there can be used."
    ]
    photos(tmp_path / "two" / "cats", 8)
    for i in range(3):
        put(tmp_path / "two" / "dogs" / f"{i}.png", encode(photo(60 + i), "PNG")[:300])
    assert [note for note in notes(tmp_path / "two") if "label" in note] == [
        "No label for the folder 'dogs': no picture there can be used."
    ]
    left_out = folder_report(examine(tmp_path / "two", leave_out=("dogs",)))
    assert not [note for note in left_out["notes"] if "label" in note]
