"""Does `prepare` say, in words and in files, what becomes of a folder?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.cli import main
from genimg.data.folder import reading
from genimg.training import TrainOptions
from genimg.training.objectives import planner_of
from tests.data.folder.messy import photos


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of 24 different pictures."""
    photos(tmp_path / "mine", 24)
    return tmp_path / "mine"


@pytest.fixture
def messy(pictures: Path) -> Path:
    """The 24 pictures, of which one is there twice, and what is none."""
    (pictures / "again.png").write_bytes((pictures / "3.png").read_bytes())
    (pictures / "page.jpg").write_text("<html>not found</html>")
    Image.new("RGB", (40, 40), "white").save(pictures / "white.png")
    return pictures


def test_a_folder_is_told_of_in_plain_words(
    messy: Path, data_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(messy.iterdir())
    assert main(["prepare", str(messy), "--size", "16"]) == 0
    told = capsys.readouterr().out
    assert "24 of 27 files are used, in colour" in told
    assert "left out: 1 same as another" in told and "left out: 1 blank" in told
    assert "again.png: the same as 3.png" in told
    assert "page.jpg: it is not a picture that can be read" in told
    assert "Only 24 pictures: 100 or more learn well." in told
    assert sorted(messy.iterdir()) == before


def test_sheets_are_written_where_asked(
    messy: Path, data_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, used = tmp_path / "out.png", tmp_path / "used.png"
    words = ["prepare", f"folder:{messy}", "--size", "16", "--out", str(out), "--used", str(used)]
    assert main(words) == 0
    with Image.open(out) as left, Image.open(used) as right:
        assert (np.asarray(left.convert("L")) < 200).any()
        assert right.width > 10 * 100 and right.height > 2 * 100
    out.unlink()
    assert (
        main([*words, "--leave-out", "p*", "--keep", "blank", "same as another", "page.jpg"]) == 0
    )
    assert out.exists() and "26 of 27 files are used" in capsys.readouterr().out
    for name in ("again.png", "page.jpg", "white.png"):
        (messy / name).unlink()
    out.unlink()
    assert main(words) == 0
    assert "nothing was left out" in capsys.readouterr().out and not out.exists()


def test_a_report_for_programs(messy: Path, data_cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    labelled = tmp_path / "labelled"
    for row, path in enumerate(sorted(messy.iterdir())):
        place = labelled / ("ones" if row % 2 else "twos") / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    assert main(["prepare", str(labelled), "--size", "16", "--report", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {
        "progress.json", "report.json", "used.png", "left-out.png",
    }  # fmt: skip
    report = json.loads((folder / "report.json").read_text())
    assert set(report) == {
        "source", "found", "used", "reasons", "left_out", "labels", "colour", "sides", "shape",
        "crop", "notes", "splits", "beside", "settled",
    }  # fmt: skip
    assert (report["source"], report["found"], report["used"]) == ("labelled", 27, 24)
    assert report["splits"] == report["beside"] == {}
    assert report["reasons"] == {"not a picture": 1, "blank": 1, "same as another": 1}
    assert {each["reason"] for each in report["left_out"]} == set(report["reasons"])
    assert sum(each["count"] for each in report["labels"]) == 24
    assert [each["name"] for each in report["labels"]] == ["ones", "twos"]
    assert report["colour"] is True and report["shape"] == [16, 16] and report["crop"] == "centre"
    assert report["sides"]["least"] <= report["sides"]["median"] <= report["sides"]["most"]
    progress = json.loads((folder / "progress.json").read_text())
    assert progress["done"] == progress["of"] == 27 and progress["words"]


def test_a_file_of_labels_is_offered_and_used(
    pictures: Path, data_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i}.png,{'cat' if i % 3 else 'dog'}\n" for i in range(24))
    (pictures / "labels.csv").write_text(f"file_name,kind\n{rows}x.png,cat\n")
    assert main(["prepare", str(pictures), "--size", "16"]) == 0
    assert "use it as labels with --labels labels.csv" in capsys.readouterr().out
    for labels in ("labels.csv", str(pictures / "labels.csv")):
        assert main(["prepare", str(pictures), "--size", "16", "--labels", labels]) == 0
        told = capsys.readouterr().out
        assert "cat: 16, dog: 8" in told and "Labels from labels.csv: kind (2 values)." in told
        assert "No picture for 1 row of labels.csv: x.png." in told
    assert main(["prepare", str(pictures), "--labels", "none.csv"]) == 2
    assert "one file of labels none.csv, and there is none" in capsys.readouterr().err
    wanted = TrainOptions(data=f"folder:{pictures}", size=16, labels="labels.csv")
    assert planner_of(wanted).read_pictures(wanted).factors[0].values == ("cat", "dog")


def test_errors_go_to_the_report_and_earlier_ones_do_not_stay(
    messy: Path, data_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "report"
    assert main(["prepare", str(tmp_path / "nowhere"), "--report", str(folder)]) == 2
    assert "There is no folder" in capsys.readouterr().err
    assert "There is no folder" in json.loads((folder / "error.json").read_text())["error"]
    assert main(["prepare", str(messy), "--size", "16", "--report", str(folder)]) == 0
    assert not (folder / "error.json").exists()
    assert main(["prepare", str(messy), "--keep", "damaged", "--report", str(folder)]) == 2
    assert {path.name for path in folder.iterdir()} <= {"error.json", "progress.json"}


def test_without_a_size_it_prepares_what_training_will_ask_for(
    pictures: Path,
    data_cache: Path,
    tiny_checkpoint: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["prepare", str(pictures)]) == 0
    told = capsys.readouterr().out
    assert "size: 64 pixels (your pictures have about 72" in told
    assert "prepared at 64 x 64" in told

    def unwanted(*_: object) -> None:
        raise AssertionError("a picture is decoded a second time")

    monkeypatch.setattr(reading, "judge", unwanted)
    monkeypatch.setattr(reading, "decode_for", unwanted)
    asked = TrainOptions(data=f"folder:{pictures}")
    options, _ = planner_of(asked).choose_size(asked, "cpu")
    assert planner_of(asked).read_pictures(options).image_shape == (3, 64, 64)
    monkeypatch.undo()
    monkeypatch.setenv("GENIMG_CACHE", str(data_cache))
    assert main(["prepare", str(pictures), "--init-from", str(tiny_checkpoint)]) == 0
    assert "prepared at 16 x 16" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--init-from", "nothing.safetensors"], "nothing.safetensors"),
        (["--size", "4"], "8 to 512"),
        (["--size", "0"], "--size"),
        (["--crop", "left"], "--crop"),
        (["--out", "sheet.jpg"], "must end in .png"),
        (["--leave-out", "*"], "24 left out by you"),
    ],
)
def test_what_cannot_be_prepared(
    words: list[str],
    reason: str,
    pictures: Path,
    data_cache: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["prepare", str(pictures), *words]) == 2
    assert reason in capsys.readouterr().err
