"""Does any nest of pictures become a data set, whatever else lies in it?"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.data import FolderOptions, left_out_sheet
from genimg.errors import DataError
from genimg.images import load_image

from . import messy
from .folders import examine, load, picture_of, reasons
from .messy import encode, photo, photos, put

# ------------------------------------------------------------------- pictures, labels, splits


def test_folders_on_the_first_level_are_labels(pets: Path) -> None:
    dataset, examined = load(pets), examine(pets)
    assert dataset.image_shape == (3, 32, 32) and len(dataset) == 22 and dataset.flip
    assert [factor.values for factor in dataset.factors] == [("cats", "dogs")]
    assert dataset.labels is not None
    names = [examined.found[row].name for row in examined.rows]
    expected = [{"c": 0, "d": 1, "s": -1}[name[0]] for name in names]
    assert dataset.labels[:, 0].tolist() == expected
    assert (dataset.images == examined.images).all()


def test_each_prepared_picture_is_its_file_cropped(pets: Path) -> None:
    examined = examine(pets, 24, crop="centre")
    for name in ("cats/3.png", "stray two.bmp"):
        image = load_image(pets / name)
        short = min(image.size)
        left, top = (image.width - short) // 2, (image.height - short) // 2
        square = image.crop((left, top, left + short, top + short))
        expected = np.asarray(square.resize((24, 24), Image.Resampling.LANCZOS)).astype(int)
        apart = np.abs(picture_of(examined, name) - expected)
        assert apart.mean() < 1 and apart.max() < 24  # the border sees what was cut off


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


def test_one_more_picture_moves_hardly_any_other_to_another_split(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    photos(folder, 60)

    def tested() -> set[bytes]:
        return {each.tobytes() for each in load(folder, 16).split("test").images}

    before = tested()
    put(folder / "new.png", photo(99))
    assert len(before) == 6 and len(before & tested()) >= 5


def test_the_card_names_no_path_above_the_folder_and_says_what_the_person_stated(
    pets: Path,
) -> None:
    dataset = load(pets)
    assert dataset.name == f"folder:{pets}"
    assert dataset.card.name == "folder:pets" and dataset.card.title == "pets"
    assert dataset.card.licence == "not known"
    assert str(pets.parent) not in repr(dataset.card)
    stated = FolderOptions(title="My pets", credit="Photos by Ann", licence="CC0")
    card = load(pets, folder=stated).card
    assert (card.title, card.credit, card.licence) == ("My pets", "Photos by Ann", "CC0")


def test_grey_folders_stay_grey_and_one_colour_makes_all_rgb(tmp_path: Path) -> None:
    folder = tmp_path / "greys"
    for i in range(8):
        put(folder / f"{i}.png", photo(i).convert("L"))
    put(folder / "as rgb.png", photo(8).convert("L").convert("RGB"))
    grey = load(folder, 16)
    assert grey.image_shape == (1, 16, 16) and len(grey) == 9
    put(folder / "x.png", photo(9))
    colour = load(folder, 16)
    assert colour.image_shape == (3, 16, 16)
    flat = [each.tobytes() for each in colour.images if (each == each[..., :1]).all()]
    assert sorted(flat) == sorted(np.repeat(each, 3, 2).tobytes() for each in grey.images)


# -------------------------------------------------------------------------- what is left out


def test_every_kind_of_file_gets_its_verdict(tmp_path: Path) -> None:
    folder = tmp_path / "messy"
    photos(folder, 9)
    messy.truncated(folder / "half.jpg", photo(30))
    messy.web_page(folder / "page.jpg")
    messy.bomb(folder / "bomb.png")
    put(folder / "empty.png", b"")
    put(folder / "notes.txt", b"Bring milk.")
    put(folder / "BM.txt", b"BM is how this text begins, and it is no bitmap.")
    put(folder / "phone.heic", b"\0\0\0\x18ftypheic" + bytes(60))
    put(folder / "tiny.png", photo(31, (30, 12)))
    put(folder / "white.png", Image.new("RGB", (50, 50), "white"))
    put(folder / "again.png", (folder / "3.png").read_bytes())
    put(folder / "same pixels.png", photo(4), compress_level=9, optimize=True)
    put(folder / "copy.jpg", photo(5), quality=70)
    for ignored in ("Thumbs.db", ".hidden.png", ".thumbs/a.png", "__MACOSX/._a.png"):
        put(folder / ignored, b"ignored without a word")
    assert reasons(examine(folder)) == {
        "half.jpg": "damaged",
        "page.jpg": "not a picture",
        "bomb.png": "too large",
        "empty.png": "not a picture",
        "notes.txt": "not a picture",
        "BM.txt": "not a picture",
        "phone.heic": "damaged",
        "tiny.png": "too small",
        "white.png": "blank",
        "again.png": "same as another",
        "same pixels.png": "same as another",
        "copy.jpg": "nearly the same as another",
    }
    details = {found.name: why.detail for found, why in examine(folder).left_out}
    assert details["again.png"] == "the same as 3.png" and "HEIC" in details["phone.heic"]
    assert details["copy.jpg"] == "nearly the same as 5.png" and "30 x 12" in details["tiny.png"]
    assert "not a picture" in details["page.jpg"] and "empty" in details["empty.png"]


def test_good_pictures_of_odd_kinds_are_used_as_people_see_them(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    photos(folder, 8)
    square = {seed: photo(seed, (64, 64)) for seed in range(40, 46)}
    messy.turned(folder / "phone.png", square[40])
    messy.cmyk(folder / "print.jpg", square[41])
    messy.deep(folder / "deep.png", square[42])
    messy.see_through(folder / "half.png", square[43])
    messy.animation(folder / "moving.gif", square[44])
    put(folder / "no ending", encode(square[45], "PNG"))
    examined = examine(folder, 32)
    assert reasons(examined) == {}
    shrunk = {
        seed: np.asarray(each.resize((32, 32), Image.Resampling.LANCZOS)).astype(int)
        for seed, each in square.items()
    }
    assert (picture_of(examined, "phone.png") == shrunk[40]).all()
    assert np.abs(picture_of(examined, "print.jpg") - shrunk[41]).mean() < 12  # inks and JPEG
    grey = np.asarray(square[42].convert("L").resize((32, 32), Image.Resampling.LANCZOS))
    assert np.abs(picture_of(examined, "deep.png")[..., 0].astype(int) - grey).max() <= 1
    half = picture_of(examined, "half.png")
    assert (half[:, :13] >= 253).all() and np.abs(half[:, 20:] - shrunk[43][:, 20:]).max() < 3
    assert np.abs(picture_of(examined, "moving.gif") - shrunk[44]).mean() < 12  # 256 colours
    assert (picture_of(examined, "no ending") == shrunk[45]).all()


def test_of_copies_the_largest_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    photos(folder, 9)
    big = photo(50, (320, 240))
    put(folder / "a small one.png", big.resize((120, 90), Image.Resampling.LANCZOS))
    put(folder / "the big one.png", big)
    assert reasons(examine(folder)) == {"a small one.png": "nearly the same as another"}


def test_a_person_overrules_by_reason_by_name_and_by_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "ruled"
    photos(folder, 10)
    put(folder / "copy.png", (folder / "1.png").read_bytes())
    put(folder / "near.jpg", photo(2), quality=80)
    put(folder / "small[1].png", photo(60, (14, 14)))
    put(folder / "white.png", Image.new("RGB", (40, 40), "white"))
    put(folder / "party" / "3.png", photo(61))
    assert len(reasons(examine(folder))) == 4
    by_reason = examine(folder, keep=("nearly the same as another", "too small", "blank"))
    assert reasons(by_reason) == {"copy.png": "same as another"}
    by_name = examine(folder, keep=("small[1].png", "near.*", "copy.png", "white.png"))
    assert "small[1].png" not in reasons(by_name) and "near.jpg" not in reasons(by_name)
    assert "copy.png" not in reasons(by_name) and "white.png" not in reasons(by_name)
    assert reasons(by_name) == {}, "what they are copies of stays"
    left = reasons(examine(folder, leave_out=("party", "[45].png")))
    assert left["party/3.png"] == left["4.png"] == left["5.png"] == "left out by you"
    with pytest.raises(DataError, match="cannot be kept"):
        FolderOptions(keep=("damaged",))
    with pytest.raises(DataError, match="auto, centre, subject"):
        FolderOptions(crop="middle")  # type: ignore[arg-type]


def test_copies_that_are_kept_on_request_are_in_one_split(tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    for i in range(20):
        put(folder / f"{i}.png", photo(i))
        put(folder / f"{i}.jpg", photo(i), quality=85)
    kept = FolderOptions(keep=("nearly the same as another",), crop="centre")
    for seed in range(3):
        dataset = load(folder, 16, folder=kept, seed=seed)
        assert len(dataset) == 40
        for name in dataset.splits:
            images = dataset.split(name).images.astype(int)
            for each in images:
                distances = np.abs(images - each).mean(axis=(1, 2, 3))
                assert (distances < 6).sum() == 2, name


def test_left_out_files_are_told_of_in_the_log(
    pets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(pets / "cats" / "3.png", b"not a picture at all")
    for _ in range(2):  # the second time from the cache
        caplog.clear()
        with caplog.at_level(logging.WARNING, "genimg"):
            load(pets)
        assert "1 file is left out (1 not a picture)" in caplog.text
        assert "cats/3.png" in caplog.text


def test_subjects_at_the_side_are_found_and_framed_sets_keep_their_middle(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(12):
        ground = Image.new("RGB", (160, 80), tuple(rng.integers(90, 160, 3).tolist()))
        ground.paste(photo(i, (60, 60)), (4 if i % 2 else 96, 10))
        put(tmp_path / "aside" / f"{i}.png", ground)
        framed = Image.new("RGB", (160, 80), tuple(rng.integers(90, 160, 3).tolist()))
        framed.paste(photo(i, (60, 60)), (50, 10))
        put(tmp_path / "framed" / f"{i}.png", framed)
    assert examine(tmp_path / "framed").crop == "centre"
    aside = examine(tmp_path / "aside")
    assert aside.crop == "subject"
    for i in range(12):
        picture = Image.fromarray(picture_of(aside, f"{i}.png"))
        subject = np.asarray(photo(i, (60, 60)).resize((24, 24), Image.Resampling.LANCZOS))
        places = [
            np.abs(np.asarray(picture)[y : y + 24, x : x + 24].astype(int) - subject).mean()
            for x in range(9)
            for y in (4,)
        ]
        assert min(places) < 20  # all of it is there, wherever exactly
    assert examine(tmp_path / "aside", crop="centre").crop == "centre"


def test_the_frames_of_one_film_are_dealt_to_every_split(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    for i in range(20):
        put(folder / f"{i}.jpg", photo(0, (200, 150)), quality=50 + 2 * i)
    dataset = load(folder, folder=FolderOptions(keep=("nearly the same as another",)))
    assert {name: len(rows) for name, rows in dataset.splits.items()} == {
        "train": 16,
        "validation": 2,
        "test": 2,
    }


def test_the_sheet_of_what_was_left_out_shows_every_reason(tmp_path: Path) -> None:
    folder = tmp_path / "messy"
    photos(folder, 9)
    assert left_out_sheet(examine(folder)) is None
    for i in range(70):
        put(folder / f"page {i}.jpg", b"<html>")
    put(folder / "again.png", (folder / "3.png").read_bytes())
    put(folder / "white.png", Image.new("RGB", (50, 50), "white"))
    sheet = left_out_sheet(examine(folder))
    assert sheet is not None
    cells = [(x, y) for y in range(12, sheet.height - 130, 120) for x in range(12, 900, 188)]
    assert len(cells) >= 36 and sheet.width == 12 + 6 * 188
    assert (255, 255, 255) in {sheet.getpixel((12 + 188 * 5 + 88, y)) for y in range(sheet.height)}


# ---------------------------------------------------------------------------------- refusals


def test_too_few_pictures_are_refused_with_the_reasons(tmp_path: Path) -> None:
    folder = tmp_path / "few"
    photos(folder, 7)
    with pytest.raises(DataError, match=r"needs 8 pictures or more, and .*few has 7 "):
        load(folder)
    put(folder / "eighth.png", b"no picture")
    with pytest.raises(DataError, match=r"has 7 that can be used \(1 not a picture\)"):
        load(folder)
    assert not list(tmp_path.rglob(".*"))


def test_folders_that_are_not_there_and_sizes_that_cannot_be_are_refused(pets: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        load(pets / "mice")
    with pytest.raises(DataError, match="no zip file"):
        load(pets / "stray one.png")
    with pytest.raises(DataError, match="8 to 512"):
        load(pets, 4)
    with pytest.raises(DataError, match="seed"):
        load(pets, seed=-2)


def test_a_cache_that_cannot_be_made_is_refused(pets: Path) -> None:
    with pytest.raises(DataError, match="GENIMG_CACHE"):
        load(pets, cache=pets / "stray one.png" / "cache")
