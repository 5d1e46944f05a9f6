"""Does `classify` say what pictures show, and do the tables say how well?"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.checkpoint import read_header
from genimg.cli import main
from genimg.cli.classify import _words, score_lines
from genimg.data import Dataset, load_dataset
from genimg.evaluation.classifier import Answer, header_factors, tell
from genimg.models import load_classifier


@pytest.fixture(scope="module")
def cats(data_cache: Path) -> Dataset:
    return load_dataset("cats", size=16, count=400)


@pytest.fixture
def photos(cats: Dataset, tmp_path: Path) -> list[str]:
    """Three cats as files, one of them enlarged, one in a wide picture."""
    first, second, third = (Image.fromarray(image) for image in cats.images[:3])
    second = second.resize((48, 48))
    wide = Image.new("RGB", (64, 16), "white")
    wide.paste(third, (24, 0))
    names = [str(tmp_path / f"{name}.png") for name in ("first", "second", "third")]
    for image, name in zip((first, second, wide), names, strict=True):
        image.save(name)
    return names


def test_classify_for_people(
    classifier_path: Path, photos: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(classifier_path), *photos, "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    model, header = load_classifier(classifier_path)
    factors = header_factors(header)
    answers = tell(model, factors, [Image.open(name) for name in photos])
    assert len(lines) == 3 * (1 + len(factors)) + 1
    assert lines[-1].endswith("whatever the pictures show.")
    for name, of in zip(photos, answers, strict=True):
        block = lines[lines.index(name) + 1 :][: len(factors)]
        for line, answer in zip(block, of, strict=True):
            assert line.strip().startswith(answer.factor)
            if answer.hidden_by:
                assert f"cannot be seen (hidden by: {answer.hidden_by})" in line
            else:
                assert f"{answer.value} " in line
                assert f"{max(answer.chances.values()):.1%}" in line


def test_classify_as_json(
    classifier_path: Path, photos: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(classifier_path), photos[0], "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert row["picture"] == photos[0]
    factors = header_factors(read_header(classifier_path))
    assert list(row["shows"]) == [factor.name for factor in factors]
    for factor in factors:
        chances = row["shows"][factor.name]["chances"]
        assert tuple(chances) == factor.values
        assert sum(chances.values()) == pytest.approx(1, abs=0.01)


def test_other_likely_values_are_named_and_unlikely_ones_are_not() -> None:
    close = Answer("kind", {"shirt": 0.5, "coat": 0.3, "dress": 0.15, "bag": 0.05})
    assert " ".join(_words(close).split()) == "shirt 50.0% (or coat 30%, dress 15%)"
    sure = Answer("kind", {"shirt": 0.99, "coat": 0.01})
    assert " ".join(_words(sure).split()) == "shirt 99.0%"
    covered = Answer("mouth", {"grin": 1.0}, hidden_by="red scarf")
    assert _words(covered) == "cannot be seen (hidden by: red scarf)"


def test_what_is_no_classifier_or_no_picture_is_refused(
    classifier_path: Path,
    tiny_checkpoint: Path,
    photos: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["classify", str(tiny_checkpoint), photos[0]]) == 2
    assert "is a vae, not a classifier" in capsys.readouterr().err
    assert main(["classify", str(classifier_path), "gone.png"]) == 2
    assert "gone.png" in capsys.readouterr().err
    assert main(["classify", str(classifier_path)]) == 2


@pytest.mark.parametrize("words", [["sample"], ["edit", "seed:1"], ["reconstruct", "x.png"]])
def test_a_classifier_draws_no_pictures_and_says_so(
    classifier_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    command, *rest = words
    assert main([command, str(classifier_path), *rest]) == 2
    told = capsys.readouterr().err
    assert "is a classifier: it tells what a picture shows and draws none" in told


# -- how well it tells


def test_evaluate_prints_a_table_of_factors_and_of_their_values(
    classifier_path: Path, cats: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(classifier_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    metrics = read_header(classifier_path).metrics
    told = {" ".join(line.split()) for line in lines}
    assert "told right on 2,000 test pictures" in told
    for name, row in metrics["factors"].items():
        shares = " ".join(f"{row[c]:.2%}" for c in ("accuracy", "precision", "recall", "f1"))
        assert f"{name} {shares} {row['pictures']:,} {row['left_out']:,}" in told
        for value, of in row["values"].items():
            shares = " ".join(f"{of[c]:.2%}" for c in ("precision", "recall", "f1"))
            assert f"{value} {shares} {of['support']:,}" in told
    assert any("left out: the value is hidden" in line for line in lines)


def test_evaluate_as_json_of_some_pictures(
    classifier_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(classifier_path), "--count", "30", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["pictures"] == 30
    assert result["data"] == "cats"
    assert result["id"] == read_header(classifier_path).id


def test_describe_tells_scores_and_what_it_can_tell(
    classifier_path: Path, cats: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", str(classifier_path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    header = read_header(classifier_path)
    for factor in cats.factors:
        assert f"{header.metrics['factors'][factor.name]['accuracy']:.2%}" in told
        assert f"{factor.name} {', '.join(factor.values)}" in told
    assert "cross-validation" not in told


def test_cross_validation_is_told_where_it_was_done() -> None:
    row = {each: {"mean": 0.5, "std": 0.125} for each in ("accuracy", "precision", "recall", "f1")}
    value = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 7}
    scores = {"accuracy": 1.0, "pictures": 7, "left_out": 0, "values": {"a": value}, **value}
    metrics = {
        "pictures": 7,
        "factors": {"kind": scores},
        "cross_validation": {"folds": 4, "pictures": 40, "factors": {"kind": row}},
    }
    told = "\n".join(score_lines(metrics))
    assert "4-fold cross-validation on the training pictures, mean ± std" in told
    assert "accuracy 50.00% ± 12.50%" in told
    assert "left out: the value" not in told


def test_training_by_command_says_how_well_it_tells(
    data_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "train classifier --data cats --size 16 --count 100 --images 64 --precision fp32"
    out = ["--layout", "contiguous", "--threads", "1", "--device", "cpu", "--out", str(tmp_path)]
    assert main([*words.split(), *out]) == 0
    told = capsys.readouterr().out
    assert "told right on test pictures: fur colour" in told
    assert "hidden or unknown left out" in told
    accuracy = read_header(tmp_path / "model.safetensors").metrics["accuracy"]
    assert np.isfinite(accuracy)
