"""Does `load_dataset` find every kind of set, and its folders, and does the sheet show labels?"""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

from genimg import data
from genimg.data import DATASETS, DRAWN, Card, Dataset, Factor, data_sheet, load_dataset
from genimg.data.preview import describe
from genimg.errors import DataError
from genimg.files import data_folder

from .folder.messy import photos

PARAMETERS = ["size", "root", "cache", "count", "seed"]


def test_loaders_have_one_signature() -> None:
    for name, loader in DATASETS.items():
        assert list(inspect.signature(loader).parameters) == PARAMETERS, name
    for name, drawn in DRAWN.items():
        assert list(inspect.signature(drawn).parameters)[-1:] == ["request"], name


def test_every_exported_name_is_there() -> None:
    assert sorted(data.__all__, key=str.lower) == sorted(set(data.__all__), key=str.lower)
    assert all(hasattr(data, name) for name in data.__all__)


@pytest.mark.parametrize("name", ["dogs", "", "folder", "folder:", "MNIST", "file:/tmp"])
def test_unknown_names_are_answered_with_the_choices(name: str) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset(name)
    for choice in (*DATASETS, "folder:PATH"):
        assert choice in str(caught.value)


def test_drawn_sets_are_loaded_with_their_arguments(tmp_path: Path) -> None:
    for name in ("cats", "robots", "monsters", "heads"):
        parts: dict[str, object] = {}
        kept = tmp_path / name

        def draw(*args: object, parts: dict[str, object] = parts, **more: object) -> Dataset:
            parts["args"] = args
            assert more == {"few": None, "progress": None}
            return tiny()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(data, "draw_dataset", draw)
            load_dataset(name, 24, cache=kept, count=30, seed=4)
            assert parts["args"] == (name, 24, 30, kept, 4)
            load_dataset(name, cache=kept)
            assert parts["args"] == (name, 64, 50_000, kept, 0)


def test_a_drawn_set_is_drawn(tmp_path: Path) -> None:
    cats = load_dataset("cats", 8, cache=tmp_path, count=5)
    assert cats.image_shape == (3, 8, 8) and len(cats.splits["train"]) == 5
    assert "David Revoy" in cats.card.credit


def test_folders_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENIMG_DATA", str(tmp_path / "data"))
    assert data_folder() == tmp_path / "data"
    monkeypatch.setenv("GENIMG_DATA", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder() == tmp_path / ".cache" / "genimg" / "data"
    monkeypatch.setenv("GENIMG_CACHE", str(tmp_path / "kept"))
    photos(tmp_path / "here", 8)
    load_dataset(f"folder:{tmp_path / 'here'}", 8)
    kept = len(list((tmp_path / "kept").iterdir()))
    assert kept > 0
    load_dataset("folder:~/here", 9)  # the home folder is tmp_path here
    assert len(list((tmp_path / "kept").iterdir())) > kept


def tiny(factors: int = 1, count: int = 10) -> Dataset:
    """Pictures whose brightness is their row, labelled even or odd."""
    images = (
        np.zeros((count, 16, 16, 3), np.uint8)
        + np.arange(count, dtype=np.uint8)[:, None, None, None]
    )
    names = tuple(Factor(f"factor {i}", ("even", "odd")) for i in range(factors))
    labels = np.repeat(np.arange(count)[:, None] % 2, factors, 1).astype(np.int64)
    return Dataset(
        name="tiny",
        images=images,
        labels=labels if factors else None,
        factors=names,
        splits={"train": np.arange(2, count), "test": np.arange(2)},
        card=Card("tiny", "Tiny", "none", "nobody", "made for a test"),
        flip=False,
    )


def test_numbers_of_numpy_are_numbers_and_others_are_named(data_cache: Path) -> None:
    dataset = load_dataset("cats", np.int64(16), count=np.uint16(20), seed=np.int32(3))  # type: ignore[arg-type]
    assert dataset.images.shape[1:] == (16, 16, 3) and len(dataset.splits["train"]) == 20
    for wrong in ({"size": 16.0}, {"count": "20"}, {"seed": True}):
        with pytest.raises(DataError, match="whole number"):
            load_dataset("cats", **{"size": 16, "count": 20, **wrong})  # type: ignore[arg-type]


def test_the_sheet_shows_training_pictures_above_their_labels() -> None:
    sheet = data_sheet(tiny(), count=6, columns=3)
    assert sheet.mode == "RGB" and sheet.width == 3 * 112 + 4 * 8
    shown = [
        sheet.getpixel((8 + 120 * i + 50, top))[0]  # type: ignore[index]
        for top in (50, sheet.height // 2 + 50)
        for i in range(3)
    ]
    assert len(set(shown)) == 6 and min(shown) >= 2 and max(shown) < 10
    assert (np.asarray(sheet)[121:135, 8:120] < 200).any()  # the first label
    again = data_sheet(tiny(), count=6, columns=3)
    assert sheet.tobytes() == again.tobytes()
    assert sheet.tobytes() != data_sheet(tiny(), count=6, columns=3, seed=1).tobytes()


def test_sheets_without_labels_and_of_small_sets_are_made() -> None:
    assert data_sheet(tiny(0), count=6, columns=3).size == (3 * 120 + 8, 2 * 120 + 8)
    assert data_sheet(tiny(0), count=100, columns=4).size == (4 * 120 + 8, 2 * 120 + 8)


def test_labels_are_written_in_words() -> None:
    assert describe(tiny(1).factors, np.array([0])) == "even"
    assert describe(tiny(1).factors, np.array([-1])) == ""
    assert describe(tiny(3).factors, np.array([0, 1, -1])) == "odd"  # of yes or no, only yes
    assert describe(tiny(9).factors, np.ones(9, np.int64)).split("\n") == ["odd"] * 5 + [
        "and 4 more"
    ]
