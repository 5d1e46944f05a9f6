"""Is a person told how well a model knows their picture, and what do the words rest on?"""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageChops

from genimg import Editor
from genimg.checkpoint import load, read_header, save
from genimg.cli import main
from genimg.editor import Match
from genimg.images import load_image


def run(*words: object) -> int:
    return main([*map(str, words), "--device", "cpu"])


def same(a: Image.Image, b: Image.Image) -> bool:
    return ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getbbox() is None


def numbers(match: Match) -> str:
    return f"PSNR {match.psnr:.2f} dB, SSIM {match.ssim:.3f}, {match.words}"


@pytest.fixture
def plain(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """The tiny model as an older genimg wrote it, without a calibration."""
    path = tmp_path / "older.safetensors"
    header, tensors = load(tiny_checkpoint)
    metrics = {name: value for name, value in header.metrics.items() if name != "match"}
    save(path, replace(header, metrics=metrics), tensors)
    return path


def test_reconstruct(
    tiny_checkpoint: Path,
    editor: Editor,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = sorted(pictures.iterdir())[:3]
    out = tmp_path / "pairs.png"
    assert run("reconstruct", tiny_checkpoint, *files, "--scale", 1, "--out", out) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 4
    for line, file in zip(told, files, strict=False):
        original = editor.fit(load_image(file))
        (reconstruction,) = editor.decode(editor.encode(original))
        match = editor.match(original, reconstruction)
        share = f"({match.percentile:.0f} of 100 pictures of its own kind come out worse)"
        assert line == f"{file}: {numbers(match)} {share}"
    # Each original stands beside its reconstruction: six columns of 16 pixels with gaps of 4.
    with Image.open(out) as sheet:
        assert sheet.width == 4 + 6 * (16 + 4)
        first = [sheet.crop((left, 4, left + 16, 20)) for left in (4, 24)]
    original = editor.fit(load_image(files[0]))
    assert same(first[0], original)
    assert same(first[1], editor.decode(editor.encode(original))[0])


@pytest.mark.parametrize("how", [("--refine",), ("--refine", "--steps", "30"), ("--steps", "30")])
def test_refine(
    tiny_checkpoint: Path,
    editor: Editor,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    how: tuple[str, ...],
) -> None:
    file, out = pictures / "03.png", tmp_path / "pair.png"
    assert run("reconstruct", tiny_checkpoint, file, *how, "--scale", 1, "--out", out) == 0
    told = capsys.readouterr().out.splitlines()[0]
    original = editor.fit(load_image(file))
    steps = {"steps": 30} if "30" in how else {}
    first, *_, last = editor.refine(original, **steps)
    refined = editor.decode(last.latent)[0]
    match = editor.match(original, refined)
    assert told.startswith(f"{file}: {numbers(match)} (")
    assert told.endswith(f"; refined from {first.psnr:.2f} dB in {last.step} steps")
    assert match.psnr > first.psnr
    with Image.open(out) as sheet:
        assert same(sheet.crop((24, 4, 40, 20)), refined)


def test_a_model_without_an_encoder_searches(
    gan_path: Path, gan: Editor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "own.png", tmp_path / "pair.png"
    gan.decode(*gan.sample(seed=5))[0].save(file)
    assert run("reconstruct", gan_path, file, "--out", out) == 0
    told = capsys.readouterr().out
    assert "; refined from " in told
    assert f"note: {gan_path} is not calibrated" in told
    assert out.exists()


def test_an_older_model_says_how_to_calibrate_it(
    plain: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pair.png"
    assert run("reconstruct", plain, pictures / "01.png", "--out", out) == 0
    told = capsys.readouterr().out
    assert "of 100" not in told
    assert f"calibrate it with: python -m genimg calibrate {plain}" in told


def test_calibrate_writes_the_numbers_and_nothing_else(
    plain: Path,
    tiny_checkpoint: Path,
    tmp_path: Path,
    data_cache: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, tensors = load(plain)
    assert run("calibrate", plain) == 0
    told = capsys.readouterr().out
    assert told.startswith("1,000 validation pictures: PSNR ")
    assert told.endswith(f"wrote {plain}\n")
    after, same_tensors = load(plain)
    kept = {name: value for name, value in after.metrics.items() if name != "match"}
    assert replace(after, metrics=kept) == before
    trained = read_header(tiny_checkpoint).metrics["match"]  # in another layout of memory
    assert after.metrics["match"].keys() == trained.keys()
    for name in ("relative_error", "psnr", "distance"):
        assert after.metrics["match"][name] == pytest.approx(trained[name], rel=0.01)
    assert set(same_tensors) == set(tensors)
    assert all(torch.equal(same_tensors[name], tensor) for name, tensor in tensors.items())
    assert [path.name for path in tmp_path.iterdir()] == [plain.name], "no temporary file is left"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--data", "robot"), "There is no data set 'robot'"),
        (("--data", "folder:{tmp}"), "or more"),
    ],
)
def test_a_file_that_cannot_be_calibrated_stays_as_it_was(
    plain: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, str],
    problem: str,
) -> None:
    before = plain.read_bytes()
    assert run("calibrate", plain, *(word.format(tmp=tmp_path) for word in words)) == 2
    assert problem in capsys.readouterr().err
    assert plain.read_bytes() == before


def test_too_few_pictures_calibrate_nothing(
    plain: Path, tmp_path: Path, data_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), np.uint8)
    for i, array in enumerate(noise):
        Image.fromarray(array).save(folder / f"{i}.png")
    assert run("calibrate", plain, "--data", f"folder:{folder}") == 2
    assert "fewer than 30 pictures to calibrate with" in capsys.readouterr().err


def test_a_classifier_is_not_calibrated(
    classifier_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "judge.safetensors"
    shutil.copy(classifier_path, path)
    assert run("calibrate", path) == 2
    assert "is a classifier" in capsys.readouterr().err


@pytest.mark.parametrize("steps", ["0", "1001", "few"])
def test_impossible_steps(
    tiny_checkpoint: Path, pictures: Path, steps: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("reconstruct", tiny_checkpoint, pictures / "01.png", "--steps", steps) == 2
    assert "--steps" in capsys.readouterr().err


def test_own_details_are_kept_or_left_out(
    photo_path: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    editor = Editor.load(photo_path, "cpu")
    picture = min(pictures.iterdir())
    original = editor.fit(load_image(picture))
    for share in (1.0, 0.0):
        out = tmp_path / f"{share}.png"
        words = ("reconstruct", photo_path, picture, "--details", share, "--out", out)
        assert run(*words) == 0
        drawn = editor.decode(editor.encode(original, details=share))[0]
        match = editor.match(original, drawn)
        assert f"{numbers(match)}: {match.meaning}" in capsys.readouterr().out
    assert run("reconstruct", photo_path, picture, "--refine", "--out", out) == 2
    assert "comes as close as it can at once" in capsys.readouterr().err


def test_own_details_are_edited_from_the_command_line(
    photo_path: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "faded.png"
    picture = min(pictures.iterdir())
    done = ("--do", "details", "share=0.4", "--out", out)
    assert run("edit", photo_path, picture, "--move", "warmth=2", *done) == 0
    assert "edits: warmth +2, own details 40 %" in capsys.readouterr().out
    again = tmp_path / "again.png"
    assert run("edit", photo_path, out, "--do", "details", "share=1", "--out", again) == 0
    editor = Editor.load(photo_path, "cpu")
    recipe = editor.open_picture(again)
    assert recipe.amounts == {"warmth": 2.0} and recipe.details == 1.0
    [drawn] = editor.decode(editor.edited(recipe))
    assert same(drawn, Image.open(again))
    assert run("edit", photo_path, "seed:1", "--do", "details", "share=0.4", "--out", out) == 2
    assert "no details of its own" in capsys.readouterr().err


def test_numbers_of_a_folder_become_sliders(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two hundred pictures of a grey from black to white, which a file tells in percent."""
    rng = np.random.default_rng(1)
    rows = ["file,light (percent),luck"]
    for i in range(220):
        level = rng.uniform(20, 230)
        noise = rng.uniform(-20, 20, (16, 16, 3))
        Image.fromarray((level + noise).clip(0, 255).astype(np.uint8)).save(tmp_path / f"{i}.png")
        rows.append(f"{i}.png,{level / 2.55:.2f},{rng.uniform():.3f}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    model = tmp_path / "model.safetensors"
    model.write_bytes(tiny_checkpoint.read_bytes())
    words = ("--data", f"folder:{tmp_path}", "--labels", "labels.csv")
    assert run("numbers", model, *words) == 0
    told = capsys.readouterr().out
    assert re.search(r"\d%  light: [\d.]+ to [\d.]+ percent \(± 0\.\d+ percent\)", told)
    assert "1 of 2 numbers are told too badly for a slider" in told and f"wrote {model}" in told
    assert list(Editor.load(model, "cpu").scales) == ["light"]
    assert run("numbers", model, "--data", f"folder:{tmp_path}") == 2
    assert "bears no numbers" in capsys.readouterr().err
