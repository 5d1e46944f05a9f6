"""Which columns of a file are numbers, and what of them can be read?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genimg.data import FolderOptions, Number, folder_report
from genimg.data.folder.numbering import MOST_VALUES, read_number, title_and_unit

from .folders import examine, load
from .messy import photos, put


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("age (years)", ("age", "years")),
        ("turned to the right [degrees]", ("turned to the right", "degrees")),
        (" height(cm) ", ("height", "cm")),
        ("age", ("age", "")),
        ("(years)", ("(years)", "")),
        ("age ()", ("age ()", "")),
        ("age (of the sitter) in years", ("age (of the sitter) in years", "")),
    ],
)
def test_a_title_may_name_a_unit(title: str, told: tuple[str, str]) -> None:
    assert title_and_unit(title) == told


def test_a_fraction_makes_a_number() -> None:
    found = read_number("score", "", ["0.5", "1", "2", "", None, "N/A"])
    assert found is not None
    assert found.number == Number("score", "", 0.5, 2.0)
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, [0.5, 1, 2, np.nan, np.nan, np.nan])
    assert found.unread == ()


def test_whole_numbers_are_a_number_from_more_values_on_than_a_label_has() -> None:
    kinds = [str(i) for i in range(MOST_VALUES)] * 3
    assert read_number("floor", "", kinds) is None
    assert read_number("floor", "", [*kinds, str(MOST_VALUES)]) is not None


@pytest.mark.parametrize("name", ["class", "fine label", "Person ID", "target"])
def test_whole_numbers_that_name_something_stay_labels(name: str) -> None:
    cells = [str(i) for i in range(100)]
    assert read_number(name, "", cells) is None
    assert read_number("age", "", cells) is not None


def test_a_unit_makes_a_number_of_few_whole_values() -> None:
    cells = ["1", "2", "3"] * 2
    assert read_number("age", "", cells) is None
    found = read_number("age", "years", cells)
    assert found is not None and found.number.range == "1 to 3 years"


def test_two_values_are_a_label_whatever_their_unit() -> None:
    assert read_number("open", "yes or no", ["0", "1"] * 5) is None


def test_words_are_no_numbers_and_a_few_are_told() -> None:
    cells = [str(i / 2) for i in range(20)]
    found = read_number("age", "", [*cells, "about 30", "about 30"])
    assert found is not None and found.unread == ("about 30",)
    assert np.isnan(found.values[-2:]).all()
    assert read_number("age", "", [*cells, *("x" * i for i in range(1, 9))]) is None
    assert read_number("age", "years", [*cells, *("x" * i for i in range(1, 9))]) is not None
    assert read_number("age", "years", [*cells[:5], *("x" * i for i in range(1, 9))]) is None
    assert read_number("age", "years", ["inf", "1e31", "1", "2", "3"]) is not None


@pytest.fixture
def thirty(tmp_path: Path) -> Path:
    photos(tmp_path / "set", 30)
    return tmp_path / "set"


def test_a_folder_bears_the_numbers_of_its_file(thirty: Path) -> None:
    rows = ["file,kind,age (years),person_id,tilt"]
    rows += [f"{i}.png,{i % 2},{20 + i},{i},{'left' if i == 3 else i / 4}" for i in range(29)]
    file = put(thirty.parent / "labels.csv", "\n".join(rows).encode())
    examined = examine(thirty, labels=str(file))
    dataset = load(thirty, folder=FolderOptions(labels=str(file)))
    assert dataset.numbers == (Number("age", "years", 20, 48), Number("tilt", "", 0, 7))
    assert [factor.name for factor in dataset.factors] == ["kind"]
    assert dataset.values is not None
    names = [examined.found[row].name for row in examined.rows]
    age, tilt = dataset.values.T
    for name, years, how_far in zip(names, age, tilt, strict=True):
        i = int(name.removesuffix(".png"))
        np.testing.assert_equal(years, np.nan if i == 29 else 20 + i)
        np.testing.assert_equal(how_far, np.nan if i in (3, 29) else i / 4)
    notes = folder_report(examined)["notes"]
    assert "Numbers from labels.csv: age (20 to 48 years), tilt (0 to 7)." in notes
    assert any(note.startswith("Not used as labels of labels.csv: the column 'person id'")
               for note in notes)  # fmt: skip
    assert (
        "Not read as numbers in the column 'tilt' of labels.csv: 'left'. Those pictures go "
        "without; a number is written as 30 or 30.5."
    ) in notes


def test_a_file_of_numbers_alone_is_offered_and_used(thirty: Path) -> None:
    rows = "file,age (years)\n" + "".join(f"{i}.png,{20 + i}\n" for i in range(30))
    put(thirty / "ages.csv", rows.encode())
    notes = folder_report(examine(thirty))["notes"]
    assert any("ages.csv says of 30 pictures what they are (age): use it" in x for x in notes)
    dataset = load(thirty, folder=FolderOptions(labels="ages.csv"))
    assert dataset.labels is None and dataset.factors == ()
    assert [number.name for number in dataset.numbers] == ["age"]
