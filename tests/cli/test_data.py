"""Does `data` show what a data set holds?"""

from pathlib import Path

import pytest
from PIL import Image

from genimg.cli import main


def test_a_drawn_set(data_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.png"
    assert main(["data", "cats", "--size", "8", "--count", "12", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "David Revoy, CC BY 4.0" in told
    assert "8 x 8, colour: 50,000 train, 1,000 validation, 2,000 test" in told
    assert "eyes: " in told
    assert f"wrote {out}" in told
    with Image.open(out) as sheet:
        assert len(sheet.getcolors(2**24) or []) > 100


def test_a_folder_of_pictures(
    data_cache: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sheet.png"
    words = ["data", f"folder:{pictures}", "--size", "16", "--count", "4", "--out", str(out)]
    assert main(words) == 0
    assert "16 x 16, colour: " in capsys.readouterr().out
    first = out.read_bytes()
    assert main([*words, "--seed", "1"]) == 0
    assert out.read_bytes() != first


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["dogs"], "cats"),
        (["cats", "--size", "0"], "--size"),
        (["cats", "--size", "7"], "8 to 256"),
        (["cats", "--count", "0"], "--count"),
        (["folder:/no/such/folder"], "/no/such/folder"),
        (["mnist", "--data-root", "/dev/null/x"], "mnist"),
    ],
)
def test_what_cannot_be_shown(
    words: list[str],
    reason: str,
    data_cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["data", *words, "--out", str(tmp_path / "x.png")]) == 2
    told = capsys.readouterr().err
    assert told.startswith("genimg: error: ")
    assert reason.lower() in told.lower()
    assert list(tmp_path.iterdir()) == []
