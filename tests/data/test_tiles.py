"""Tiles for a base: squares of whole pictures at many scales, dealt to the splits by picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.data import Dataset, FolderOptions, examine_folder, load_dataset, load_tiles
from genimg.data.tiles import RATIO, Source, cut_tiles
from genimg.errors import DataError

SIDES = [(160, 100), (90, 130), (64, 64), (70, 66), (128, 128), (100, 80), (99, 99), (64, 200)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of one colour gradient each, so that a tile tells which one it was cut from."""
    place = tmp_path_factory.mktemp("pictures")
    for number, (height, width) in enumerate(SIDES * 4):
        rng = np.random.default_rng(number)
        coarse = rng.integers(0, 256, (4, 4, 3), np.uint8)
        image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        image.save(place / f"{number:02}.png")
    Image.new("RGB", (40, 40), "red").save(place / "small.png")
    return place


def tiles(folder: Path, cache: Path, **changes: object) -> Dataset:
    return load_tiles([f"folder:{folder}"], **{"size": 32, "cache": cache, **changes})  # type: ignore[arg-type]


def test_a_picture_gives_tiles_at_every_scale() -> None:
    source = Source(b"0" * 16, (160, 100), lambda: np.zeros((160, 100, 3), np.uint8))
    assert source.scales(32) == [(160, 100), (96, 60), (57, 36)]
    assert RATIO == 0.6
    assert Source(b"0", (31, 500), lambda: np.zeros((0, 0, 3), np.uint8)).scales(32) == []


def test_tiles_are_pieces_of_the_pictures(folder: Path, tmp_path: Path) -> None:
    found = tiles(folder, tmp_path)
    assert found.labels is None and found.flip
    assert found.images.shape[1:] == (32, 32, 3)
    assert len(found.images) > 3 * len(SIDES)
    used = [p for p in sorted(folder.glob("*.png")) if p.stem != "small"]
    wholes = [np.asarray(Image.open(path)) for path in used]
    exact = sum(any(_occurs(tile, whole) for whole in wholes) for tile in found.images[:20])
    assert exact >= 5  # those of the first scale; the others were scaled down


def _occurs(tile: np.ndarray, whole: np.ndarray) -> bool:
    windows = np.lib.stride_tricks.sliding_window_view(whole, (32, 32, 3)).reshape(-1, 32, 32, 3)
    return bool((windows == tile).all(axis=(1, 2, 3)).any())


def test_a_picture_is_in_one_split_and_stays_there(folder: Path, tmp_path: Path) -> None:
    found = tiles(folder, tmp_path)
    again = tiles(folder, tmp_path / "elsewhere")
    assert found.fingerprint == again.fingerprint
    assert np.array_equal(found.images, again.images)
    dealt = np.concatenate(list(found.splits.values()))
    assert len(dealt) == len(set(dealt.tolist())) >= 0.9 * len(found.images)
    assert tiles(folder, tmp_path, seed=5).fingerprint != found.fingerprint
    fewer = tiles(folder, tmp_path, count=7)
    assert len(fewer.splits["train"]) == 7


def test_several_sets_make_one_with_all_credits(folder: Path, tmp_path: Path) -> None:
    options = FolderOptions(credit="Photographs by nobody", licence="CC0")
    photographs = examine_folder(folder, 32, tmp_path, options)
    graphics = load_dataset("graphics", size=64, count=12, cache=tmp_path)
    mixed = cut_tiles([photographs, graphics], 64, tmp_path, None, 0)
    assert mixed.card.credit == "Photographs by nobody; Drawn by genimg"
    assert mixed.card.licence == "CC0; MIT"
    assert len(mixed.images) == len(cut_tiles([photographs], 64, tmp_path, None, 0)) + 12 * 4


def test_few_flat_tiles_are_learned(tmp_path: Path) -> None:
    place = tmp_path / "walls"
    place.mkdir()
    for number in range(8):
        wall = np.full((320, 320, 3), 40 + 20 * number, np.uint8)
        wall[:4, :4] = 255  # so that it is not left out as blank
        Image.fromarray(wall).save(place / f"{number}.png")
    kept = FolderOptions(keep=("nearly the same as another",))
    found = load_tiles([f"folder:{place}"], size=32, cache=tmp_path, folder=kept)
    assert len(found.splits["train"]) < 0.3 * len(found.images)


def test_pictures_that_are_too_small_for_any_tile_are_told(folder: Path, tmp_path: Path) -> None:
    kept = FolderOptions(keep=("too small",))
    with pytest.raises(DataError, match="smaller --size"):
        load_tiles([f"folder:{folder}"], size=256, cache=tmp_path, folder=kept)
