"""A base on the command line: what works with it, and why the rest does not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from genimg.cli import main
from genimg.editor import read_recipe

Output = pytest.CaptureFixture[str]


def test_it_is_described(base_path: Path, capsys: Output) -> None:
    assert main(["describe", str(base_path)]) == 0
    said = capsys.readouterr().out
    assert "any photograph; it learned from crops of 16 x 16" in said
    assert "takes any photograph and draws none by itself" in said
    assert "90%  warmth" in said


def test_pictures_are_edited_at_their_own_size(
    base_path: Path, pictures: Path, tmp_path: Path, capsys: Output
) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.webp"
    command = ["edit", str(base_path)]
    assert (
        main([*command, str(pictures / "00.png"), "--move", "warmth=1.5", "--out", str(first)]) == 0
    )
    assert main([*command, str(first), "--move", "brightness=-1", "--out", str(second)]) == 0
    assert Image.open(second).size == Image.open(pictures / "00.png").size == (50, 30)
    recipe = read_recipe(second)
    assert recipe.amounts == {"warmth": 1.5, "brightness": -1.0}
    assert len(recipe.lineage) == 2


def test_reconstructions_and_ways(
    base_path: Path, pictures: Path, tmp_path: Path, capsys: Output
) -> None:
    sheet, film = tmp_path / "sheet.png", tmp_path / "film.gif"
    a, b = str(pictures / "00.png"), str(pictures / "01.png")
    assert main(["reconstruct", str(base_path), a, b, "--out", str(sheet)]) == 0
    said = capsys.readouterr().out
    assert said.count("SSIM") == 2
    assert "calibrated" not in said
    command = ["interpolate", str(base_path), a, a, "--frames", "3", "--out", str(film)]
    assert main(command) == 0
    assert Image.open(io.BytesIO(film.read_bytes())).size == (100, 60)
    assert main(["interpolate", str(base_path), a, b]) == 2
    assert "of the same size" in capsys.readouterr().err


def test_a_large_photograph_is_made_smaller_and_that_is_said(
    base_path: Path, tmp_path: Path, capsys: Output
) -> None:
    large, out = tmp_path / "large.png", tmp_path / "out.png"
    Image.new("RGB", (2048, 16), "red").save(large)
    assert main(["edit", str(base_path), str(large), "--out", str(out)]) == 0
    assert "from 2,048 x 16 to 1,024 x 8 pixels" in capsys.readouterr().err
    assert Image.open(out).size == (1024, 8)


def test_it_is_measured_on_any_set(
    base_path: Path, data_cache: Path, pictures: Path, capsys: Output
) -> None:
    command = ["evaluate", str(base_path), "--data", f"folder:{pictures}"]
    assert main([*command, "--json"]) == 0
    assert '"psnr"' in capsys.readouterr().out
    assert main(["evaluate", str(base_path)]) == 2
    assert "say which pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["sample"], ["vary", "A"], ["mix", "A", "A"], ["edit", "A", "--set", "hat=red"],
        ["edit", "A", "--keep", "warmth"], ["edit", "seed:3"], ["reconstruct", "A", "--refine"],
        ["calibrate"],
    ],
)  # fmt: skip
def test_what_needs_a_kind_says_why_not(
    words: list[str], base_path: Path, pictures: Path, capsys: Output
) -> None:
    command, *rest = (str(pictures / "00.png") if word == "A" else word for word in words)
    assert main([command, str(base_path), *rest]) == 2
    said = capsys.readouterr().err
    assert "takes any photograph" in said
    assert said.count("\n") == 1
