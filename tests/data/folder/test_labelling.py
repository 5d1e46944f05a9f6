"""Do files of labels say what pictures are, however people write and call them?"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genimg.data import FolderOptions, folder_report
from genimg.data.folder.tables import SEVERAL, Names, read_table
from genimg.errors import DataError

from .folders import examine, load
from .messy import encode, photo, photos, put, zipped


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    """Ten pictures, 0.png to 9.png, in two folders that are not meant as labels."""
    photos(tmp_path / "set" / "part a", 5)
    for i in range(5, 10):
        put(tmp_path / "set" / "part b" / f"{i}.png", photo(i))
    return tmp_path / "set"


def labels(folder: Path, file: str | Path) -> dict[str, dict[str, str | None]]:
    """{file name: {factor: value, None where it is not known}} of the used pictures."""
    examined = examine(folder, labels=str(file))
    assert examined.labels is not None
    return {
        examined.found[row].name.rpartition("/")[2]: {
            factor.name: None if label < 0 else factor.values[label]
            for factor, label in zip(examined.factors, each, strict=True)
        }
        for row, each in zip(examined.rows, examined.labels, strict=True)
    }


KINDS = ["cat", "dog"] * 5
EXPECTED = {f"{i}.png": {"kind": kind} for i, kind in enumerate(KINDS)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "file_name,kind\n" + "".join(f"{i}.png,{k}\n" for i, k in enumerate(KINDS))),
        ("b.csv", "\ufeffkind;id\r\n" + "".join(f"{k};{i}\r\n" for i, k in enumerate(KINDS))),
        ("c.tsv", "x\tkind\n" + "".join(f"/data/x/{i}.PNG\t{k}\n" for i, k in enumerate(KINDS))),
        ("d.csv", "n,kind\n" + "".join(f'".\\{i}.png","{k}"\n' for i, k in enumerate(KINDS))),
        ("e.json", json.dumps([{"file": f"{i}.png", "kind": k} for i, k in enumerate(KINDS)])),
        ("f.json", json.dumps({f"{i}.png": {"kind": k} for i, k in enumerate(KINDS)})),
        ("g.jsonl", "".join(f'{{"id": {i}, "kind": ["{k}"]}}\n' for i, k in enumerate(KINDS))),
    ],
)
def test_every_way_of_writing_labels_is_read(ten: Path, name: str, text: str) -> None:
    assert labels(ten, put(ten.parent / name, text.encode())) == EXPECTED


def test_files_without_titles_are_read(ten: Path) -> None:
    rows = "".join(f"{i}.png,{k}\n" for i, k in enumerate(KINDS))
    expected = {name: {"label": each["kind"]} for name, each in EXPECTED.items()}
    assert labels(ten, put(ten.parent / "a.csv", rows.encode())) == expected
    pairs = {"labels": [[f"part/{i}.png", k] for i, k in enumerate(KINDS)]}
    assert labels(ten, put(ten.parent / "dataset.json", json.dumps(pairs).encode())) == expected
    plain = {f"{i}": k for i, k in enumerate(KINDS)}
    assert labels(ten, put(ten.parent / "b.json", json.dumps(plain).encode())) == expected


def test_numbers_are_not_taken_for_names_where_there_are_names(ten: Path) -> None:
    for title, ending in (("file", ".png"), ("image_id", "")):
        rows = f"age,kind,{title}\n" + "".join(
            f"{9 - i},{k},{i}{ending}\n" for i, k in enumerate(KINDS)
        )
        assert labels(ten, put(ten.parent / "a.csv", rows.encode())) == EXPECTED


def test_several_columns_are_several_labels(ten: Path) -> None:
    rows = ["image,wearing_hat,age,colour,caption,score,label"]
    for i in range(10):
        colour = "" if i == 3 else ["red", "green", "blue"][i % 3]
        rows.append(f"{i}.png,{i % 2},{i % 3 + 9},{colour},caption {i},{i / 4},{i % 2}")
    file = put(ten.parent / "labels.csv", "\n".join(rows).encode())
    examined = examine(ten, labels=str(file))
    assert {factor.name: factor.values for factor in examined.factors} == {
        "wearing hat": ("no wearing hat", "wearing hat"),
        "age": ("9", "10", "11"),
        "colour": ("blue", "green", "red"),
        "label": ("0", "1"),
    }
    found = labels(ten, file)
    assert found["3.png"] == {
        "wearing hat": "wearing hat", "age": "9", "colour": None, "label": "1",
    }  # fmt: skip
    told = folder_report(examined)
    assert {"name": "wearing hat", "count": 5} in told["labels"]
    assert {"name": "colour: red", "count": 3} in told["labels"]
    assert told["notes"][1] == (
        "Labels from labels.csv: wearing hat (2 values), age (3 values), colour (3 values), "
        "label (2 values)."
    )
    assert told["notes"][2] == "Numbers from labels.csv: score (0 to 2.25)."
    assert any("the column 'caption' (10 values)" in x for x in told["notes"])
    dataset = load(ten, folder=FolderOptions(labels=str(file)))
    assert dataset.labels is not None and dataset.labels.shape == (10, 4)


def test_a_column_of_splits_is_used_as_such(ten: Path) -> None:
    rows = "name,split,kind\n" + "".join(
        f"{i}.png,{'train' if i < 6 else 'val' if i < 8 else 'test'},{k}\n"
        for i, k in enumerate(KINDS)
    )
    file = put(ten.parent / "labels.csv", rows.encode())
    dataset = load(ten, folder=FolderOptions(labels=str(file)))
    assert {name: len(rows) for name, rows in dataset.splits.items()} == {
        "train": 6, "validation": 2, "test": 2,
    }  # fmt: skip
    assert [factor.name for factor in dataset.factors] == ["kind"]
    said = "The pictures are split already: 6 to learn from, 2 to watch the training by, "
    assert f"{said}2 to measure with." in report(ten, labels=str(file))["notes"]


def test_splits_of_folders_stay_where_the_file_says_none(tmp_path: Path) -> None:
    photos(tmp_path / "set" / "train", 8)
    photos(tmp_path / "set" / "val", 4, first=8)
    rows = "file,kind\n" + "".join(f"train/{i}.png,{k}\n" for i, k in enumerate(KINDS[:8]))
    put(tmp_path / "set" / "labels.csv", rows.encode())
    dataset = load(tmp_path / "set", folder=FolderOptions(labels="labels.csv"))
    assert len(dataset.splits["validation"]) == 4 and dataset.factors[0].name == "kind"
    assert not report(tmp_path / "set", labels="labels.csv")["beside"]


def report(folder: Path, **options: Any) -> dict[str, Any]:
    return folder_report(examine(folder, **options))


def test_what_does_not_go_together_is_told(ten: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(ten / "part b" / "0.png", photo(50))
    rows = ["file,kind", "0.png,cat", "part b/0.png,dog"]
    rows += [f"{i}.png,{k}" for i, k in enumerate(KINDS[:7]) if i]
    rows += ["x.png,cat", "y.png,dog", "1.png,bird"]
    file = put(ten.parent / "labels.csv", "\n".join(rows).encode())
    notes = report(ten, labels=str(file))["notes"]
    assert "No picture for 2 rows of labels.csv: x.png, y.png." in notes
    assert (
        "1 name of labels.csv could be of several pictures: 0.png. Give them with their folders."
    ) in notes
    assert "1 picture has more than one row in labels.csv: the last one counts." in notes
    assert "4 pictures have no row in labels.csv: without a label." in notes
    with caplog.at_level(logging.WARNING, "genimg"):
        load(ten, folder=FolderOptions(labels=str(file)))
    assert "x.png, y.png" in caplog.text


def test_labels_that_lie_with_the_pictures_are_offered_and_found(tmp_path: Path) -> None:
    table = "file_name,kind\n" + "".join(f"{i}.png,{k}\n" for i, k in enumerate(KINDS))
    pictures = {f"{i}.png": encode(photo(i), "PNG") for i in range(10)}
    path = zipped(tmp_path / "set.zip", {**pictures, "my labels.csv": table.encode()})
    put(tmp_path / "set.zip", path.read_bytes())
    told = report(path)
    assert told["labels"] == [] and told["left_out"] == []
    assert (
        "my labels.csv says of 10 pictures what they are (kind): use it as labels with --labels "
        "'my labels.csv'."
    ) in told["notes"]
    assert labels(path, "my labels.csv") == EXPECTED
    assert not [x for x in report(path, labels="my labels.csv")["notes"] if "--labels" in x]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "holds no labels"),
        ("a.csv", b"name\n0.png\n", "holds no labels"),
        ("a.csv", b"name,kind\nzero,cat\n", "names one of these pictures; its first is 'zero'"),
        ("a.json", b"{", "cannot be read as labels"),
        ("a.json", b"7", "neither a list nor an object"),
        ("a.json", b'["0.png", "1.png"]', "neither an object nor a list"),
        ("a.json", b"[" * 100_000, "cannot be read as labels"),
        ("a.json", b"[" + b"9" * 5000 + b"]", "cannot be read as labels"),
        ("a.jsonl", b'{"file": "0.png"}\n{', "cannot be read as labels"),
        ("a.csv", b"\xff\xfe" + bytes(99), "holds no labels|names one"),
        ("a.csv", b"a,b\n" + b'"' + b"x" * 200_000, "cannot be read as labels"),
        ("a.txt", b"0.png cat\n", "cannot be read as labels"),
    ],
)
def test_what_is_no_file_of_labels_is_refused(ten: Path, name: str, data: bytes, said: str) -> None:
    file = put(ten.parent / name, data)
    with pytest.raises(DataError, match=said):
        examine(ten, labels=str(file))


def test_a_file_of_labels_that_is_not_there_is_refused(ten: Path) -> None:
    with pytest.raises(DataError, match=r"one file of labels nowhere.csv, and there is none"):
        examine(ten, labels="nowhere.csv")
    for part in ("a", "b"):
        put(ten / f"part {part}" / "labels.csv", b"a,b\n0,1\n")
    with pytest.raises(DataError, match="2 files with the pictures are called so"):
        examine(ten, labels="labels.csv")


def test_tables_in_other_letters_are_read() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gbk", "cp932"):
        data = "name,kind\n1.png,猫\n2.png,犬の写真\n".encode(encoding, "ignore")
        assert read_table(data, "a.csv").rows[1] == ["1.png", "猫"], encoding


def test_mutated_tables_are_read_or_refused() -> None:
    rng = np.random.default_rng(0)
    wholes = {
        "a.csv": b'file,kind\n"0.png",cat\n1.png;x,"do\ng"\n',
        "a.json": b'{"labels": [["0.png", 3], ["1.png", 4.5]], "x": null}',
        "a.jsonl": b'{"file": "0.png", "kind": ["cat"]}\n{"file": "1.png", "kind": true}\n',
    }
    for name, whole in wholes.items():
        for _ in range(300):
            data = bytearray(whole)
            for at in rng.integers(0, len(data), rng.integers(1, 6)):
                data[at] = rng.integers(0, 256)
            try:
                table = read_table(bytes(data), name)
            except DataError as error:
                assert str(error).startswith(name)
            else:
                assert {len(row) for row in table.rows} == {len(table.titles)}


def test_pictures_are_found_by_what_people_call_them() -> None:
    names = Names(["a/1.jpg", "b/1.jpg", "1.jpg", "b/2.JPG", "c/é.png", "c/3.tar.gz.png"])
    assert names.find("1.jpg") == 2 and names.find("/root/x/a/1.jpg") == 0
    assert names.find("./b\\1.jpg") == 1 and names.find("B/1") == 1
    assert names.find("2.jpg") == 3 == names.find("2") and names.find("e\u0301.png") == 4
    assert names.find("3.tar.gz") == 5
    assert names.find("nobody.png") is None and names.find("") is None and names.find("/") is None
    assert Names(["a/1.jpg", "b/1.jpg"]).find("1.jpg") == SEVERAL
    assert Names(["1.jpg", "1.png"]).find("1") == SEVERAL
