"""Are folders of pictures understood as people lay them out: splits, counts, masks, captions?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genimg.data import folder_report
from genimg.data.folder.layout import Layout, masks, split_of

from .folders import examine, load, reasons
from .messy import encode, photo, photos, put, zipped


@pytest.mark.parametrize(
    ("word", "split"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("train2017", "train"),
        ("seg_train", "train"),
        ("train.zip", "train"),
        ("val", "validation"),
        ("valid", "validation"),
        ("Validation_Set", "validation"),
        ("test-images", "test"),
        ("trains", None),
        ("test tubes", None),
        ("images", None),
        ("", None),
    ],
)
def test_words_for_splits(word: str, split: str | None) -> None:
    assert split_of(word) == split


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ["a/train/cats/1", "a/train/dogs/2", "a/val/cats/3", "a/stray"],
            [("train", "cats"), ("train", "dogs"), ("validation", "cats"), (None, None)],
        ),
        (["images/train/1", "images/test/2"], [("train", None), ("test", None)]),
        (
            ["cats/train/1", "cats/valid/2", "dogs/train/3"],
            [("train", "cats"), ("validation", "cats"), ("train", "dogs")],
        ),
        (
            ["seg_train/seg_train/sea/1", "seg_test/seg_test/ice/2", "seg_pred/seg_pred/3"],
            [("train", "sea"), ("test", "ice"), (None, None)],
        ),
        (["train/1", "car/2", "bus/3"], [(None, "train"), (None, "car"), (None, "bus")]),
        (["train/cats/1", "train/dogs/2"], [(None, "cats"), (None, "dogs")]),
        (["test/1", "val/2"], [(None, "test"), (None, "val")]),
        (["10_cat/1", "5_a dog/2"], [(None, "cat"), (None, "a dog")]),
        (["10_cat/1", "dog/2"], [(None, "10_cat"), (None, "dog")]),
        (["10_2/1", "5_3/2"], [(None, "10_2"), (None, "5_3")]),
        (["train/10_cat/1", "val/5_cat/2"], [("train", "cat"), ("validation", "cat")]),
    ],
)
def test_what_folders_mean(names: list[str], expected: list[tuple[str | None, str | None]]) -> None:
    layout = Layout(names)
    assert [(layout.split(name), layout.label(name)) for name in names] == expected


def test_masks_are_known_by_their_place_and_by_their_name() -> None:
    pictures = [
        "s/images/1.jpg", "s/images/2.jpg", "train/img/7.png", "x/a.jpg", "labels/9.png", "y/b.png",
    ]  # fmt: skip
    others = [
        "s/masks/1.png",
        "s/masks/odd.png",
        "train/masks/7.png",
        "x/a_mask.png",
        "x/a_mask_2.png",
    ]
    alone = ["z/c_mask.png", "mask/1.png", "gt/4.png"]
    assert set(masks([*pictures, *others, *alone])) == set(others)
    assert set(masks(["images/1.jpg", "images/2.jpg", "gt/1.png", "gt/5.png"])) == {"gt/1.png"}


def split_set(folder: Path, **counts: dict[str, int]) -> Path:
    seed = 0
    for split, labels in counts.items():
        for label, count in labels.items():
            photos(folder / split / label, count, first=seed)
            seed += count
    return folder


def report(folder: Path, **options: Any) -> dict[str, Any]:
    return folder_report(examine(folder, **options))


def test_splits_above_the_labels_are_used_as_such(tmp_path: Path) -> None:
    folder = split_set(
        tmp_path / "set",
        train={"cats": 6, "dogs": 5},
        val={"cats": 3, "dogs": 2},
        test={"cats": 1, "dogs": 3},
    )
    dataset, examined = load(folder), examine(folder)
    assert [factor.values for factor in dataset.factors] == [("cats", "dogs")]
    assert {name: len(rows) for name, rows in dataset.splits.items()} == {
        "train": 11, "validation": 5, "test": 4,
    }  # fmt: skip
    for split, called in (("train", "train"), ("validation", "val"), ("test", "test")):
        names = {examined.found[examined.rows[row]].name for row in dataset.splits[split]}
        assert {name.split("/")[0] for name in names} == {called}
    for seed in (1, 2):
        assert all(
            (load(folder, seed=seed).splits[n] == dataset.splits[n]).all() for n in dataset.splits
        )
    told = folder_report(examined)
    assert told["splits"] == {"train": 11, "validation": 5, "test": 4}
    said = "The pictures are split already: 11 to learn from, 5 to watch the training by, "
    assert f"{said}4 to measure with." in told["notes"]


def test_a_split_that_is_missing_is_held_out_of_the_training_pictures(tmp_path: Path) -> None:
    folder = split_set(tmp_path / "set", train={"a": 20}, test={"a": 4})
    put(folder / "stray.png", photo(90))
    dataset, examined = load(folder), examine(folder)
    assert dataset.factors == ()
    assert {name: len(rows) for name, rows in dataset.splits.items()} == {
        "train": 19, "validation": 2, "test": 4,
    }  # fmt: skip
    tested = {examined.found[examined.rows[row]].name for row in dataset.splits["test"]}
    assert all(name.startswith("test/") for name in tested)
    notes = folder_report(examined)["notes"]
    assert "For validation, a tenth of what is learned from is held out." in notes
    assert "1 picture lies in no split: learned from, too." in notes


def test_zips_can_be_splits(tmp_path: Path) -> None:
    for first, name, count in ((0, "train.zip", 8), (20, "valid.zip", 3)):
        pictures = {f"{i % 2}/{i}.png": encode(photo(first + i), "PNG") for i in range(count)}
        zipped(put(tmp_path / "set" / name, b""), pictures)
    dataset = load(tmp_path / "set")
    assert len(dataset.splits["validation"]) == 3 and dataset.factors[0].values == ("0", "1")


def test_counted_folders_are_labels_by_their_names(tmp_path: Path) -> None:
    for first, name in ((0, "10_cat"), (10, "3_small dog"), (20, "5_cat")):
        photos(tmp_path / "set" / name, 5, first=first)
    examined = examine(tmp_path / "set")
    assert examined.factors[0].values == ("cat", "small dog")
    told = folder_report(examined)
    assert told["labels"] == [{"name": "cat", "count": 10}, {"name": "small dog", "count": 5}]
    assert any("'10_name'" in note and "cat, small dog" in note for note in told["notes"])


def test_captions_and_side_files_are_one_line_of_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    photos(folder / "a", 9)
    for i in range(9):
        put(folder / "a" / f"{i}.txt", b"a cat on a mat")
    for name in ("0.caption", "0.xmp", "1.AAE", "2.png.json", "2.npz", "dataset.json"):
        put(folder / "a" / name, b"x")
    put(folder / "labels" / "3.txt", b"0 0.5 0.5 1 1")
    put(folder / "notes.txt", b"Bring milk.")
    told = report(folder)
    assert told["reasons"] == {"not a picture": 1} and told["left_out"][0]["name"] == "notes.txt"
    assert (told["found"], told["used"]) == (10, 9)
    assert told["beside"][".txt"] == 10 and sum(told["beside"].values()) == 16
    [line] = [note for note in told["notes"] if "beside the pictures" in note]
    assert line.startswith("11 captions and 5 side files (.json, ") and ".aae" in line
    put(tmp_path / "one" / "a.xmp", b"x")
    photos(tmp_path / "one", 8)
    assert (
        "1 side file (.xmp) lies beside the pictures and is not learned from."
        in (report(tmp_path / "one")["notes"])
    )


def test_masks_are_left_out_and_can_be_kept(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    photos(folder / "images", 9)
    photos(folder / "masks", 9, first=30)
    examined = examine(folder)
    left = {f"masks/{i}.png": "mask of another" for i in range(9)}
    assert reasons(examined) == left and examined.factors == ()
    assert {why.detail for _, why in examined.left_out} == {
        "it lies in 'masks', beside the pictures in 'images'"
    }
    assert not [note for note in folder_report(examined)["notes"] if "label" in note]
    kept = examine(folder, keep=("mask of another",))
    assert reasons(kept) == {} and kept.factors[0].values == ("images", "masks")
    assert len(reasons(examine(folder, keep=("masks/3.png",)))) == 8
