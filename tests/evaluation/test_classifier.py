"""What a classifier says of pictures: chances, features, words; and how one is found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import checkpoint
from genimg.checkpoint import Header, read_header
from genimg.data import Dataset, Factor
from genimg.errors import CheckpointError, DataError
from genimg.evaluation.classifier import (
    Answer,
    classify_all,
    evaluate_classifier,
    find_classifiers,
    header_factors,
    in_words,
    look_all,
    score,
    scores_to_metrics,
    tell,
)
from genimg.images import array_to_pixels
from genimg.models import Classifier, build_model, load_classifier, save_model


@pytest.fixture(scope="module")
def judge(classifier_path: Path) -> tuple[Classifier, Header]:
    return load_classifier(classifier_path)


@pytest.fixture(scope="module")
def model(judge: tuple[Classifier, Header]) -> Classifier:
    return judge[0]


@torch.no_grad()
def test_chances_and_features_are_the_networks_for_any_number_of_pictures(
    model: Classifier, cats: Dataset
) -> None:
    images = cats.images[:50]
    pixels = array_to_pixels(images.copy())
    expected = [head.softmax(dim=1).numpy() for head in model(pixels)]
    for chunk in (128, 50, 7):
        features, chances = look_all(model, images, chunk)
        alone = classify_all(model, images, chunk)
        assert all(map(np.array_equal, alone, chances))
        assert len(chances) == len(cats.factors)
        for mine, theirs, factor in zip(chances, expected, cats.factors, strict=True):
            assert mine.shape == (50, len(factor.values))
            assert mine.dtype == np.float32
            np.testing.assert_allclose(mine, theirs, atol=1e-5)
            np.testing.assert_allclose(mine.sum(axis=1), 1, atol=1e-5)
        assert features.shape == (50, model.config.features)
        np.testing.assert_allclose(features, model.features(pixels).numpy(), atol=1e-4)


def test_no_pictures_are_refused(model: Classifier, cats: Dataset) -> None:
    for function in (classify_all, look_all):
        with pytest.raises(DataError, match="no pictures"):
            function(model, cats.images[:0])


def test_scores_are_json_ready_and_said_in_words(model: Classifier, cats: Dataset) -> None:
    labels = cats.visible_labels("test")
    assert labels is not None
    scores = score(model, cats.split("test").images, labels, cats.factors)
    metrics = scores_to_metrics(scores, 2000)
    assert metrics["accuracy"] == pytest.approx(
        np.mean([each.accuracy for each in scores.values()]), abs=1e-4
    )
    row = metrics["factors"]["mouth"]
    assert row["accuracy"] == round(scores["mouth"].accuracy, 4)
    assert row["values"]["small smile"]["support"] == scores["mouth"].values["small smile"].support
    words = in_words(scores)
    assert f"mouth {scores['mouth'].accuracy:.2%} (276 hidden or unknown left out)" in words
    assert f"eyes {scores['eyes'].accuracy:.2%}, mouth" in words


def test_a_factor_without_a_visible_label_is_left_out(model: Classifier, cats: Dataset) -> None:
    labels = cats.split("test").labels
    assert labels is not None
    unknown = labels[:20].copy()
    unknown[:, 2] = -1
    scores = score(model, cats.images[:20], unknown, cats.factors)
    assert "eyes" not in scores and len(scores) == 4
    unknown[:] = -1
    scores = score(model, cats.images[:20], unknown, cats.factors)
    assert scores_to_metrics(scores, 20) == {"pictures": 20, "factors": {}}
    assert in_words(scores) == "no test picture has a label to compare with"


# -- pictures of people


def test_what_a_picture_shows_is_told_with_its_chances(
    judge: tuple[Classifier, Header], cats: Dataset
) -> None:
    model, header = judge
    factors = header_factors(header)
    assert factors == cats.factors
    images = [Image.fromarray(image) for image in cats.images[:40]]
    large = [image.resize((50, 50), Image.Resampling.NEAREST) for image in images[:2]]
    answers = tell(model, factors, images + large)
    chances = classify_all(model, cats.images[:40])
    for row, of in enumerate(answers[:40]):
        assert [answer.factor for answer in of] == [factor.name for factor in factors]
        for f, answer in enumerate(of):
            assert list(answer.chances) == list(factors[f].values)
            np.testing.assert_allclose(list(answer.chances.values()), chances[f][row], atol=1e-5)
        accessory = of[4].value
        covered = accessory in ("red scarf", "blue scarf")
        assert of[3].hidden_by == (accessory if covered else None)
        assert (of[3].value is None) == covered
    assert any(of[3].hidden_by for of in answers), "there is a scarf among them"
    assert len(answers) == 42


def test_an_answer_is_the_likeliest_value_unless_it_is_hidden() -> None:
    answer = Answer("eyes", {"open": 0.2, "closed": 0.79999})
    assert answer.value == "closed"
    assert answer.to_mapping() == {
        "value": "closed",
        "hidden_by": None,
        "chances": {"open": 0.2, "closed": 0.8},
    }
    assert replace(answer, hidden_by="mask").value is None


def test_grey_pictures_have_one_channel() -> None:
    model = build_model("classifier", (1, 16, 16), seed=0, label_sizes=(2,))
    assert isinstance(model, Classifier)
    [[answer]] = tell(model, (Factor("kind", ("a", "b")),), [Image.new("RGB", (30, 20), "red")])
    assert sum(answer.chances.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "factors",
    [None, [], [{"name": "x"}], [{"name": "x", "values": ["a"]}], "nonsense", [["x", "a"]],
     [{"name": "x", "values": ["a", "a", "b"]}],
     [{"name": "x", "values": ["a", "b", "c"], "hidden_by": [["x"]]}]],
    ids=str,
)  # fmt: skip
def test_names_that_do_not_fit_the_network_are_refused(factors: object) -> None:
    header = Header("classifier", "judge", "0", {"label_sizes": [3]}, {"factors": factors})
    with pytest.raises(CheckpointError, match="judge is damaged"):
        header_factors(header)


# -- on a data set


def test_another_data_set_is_refused(judge: tuple[Classifier, Header], cats: Dataset) -> None:
    model, header = judge
    other = (Factor("fur colour", cats.factors[0].values[::-1]), *cats.factors[1:])
    with pytest.raises(DataError, match="or other values of it"):
        evaluate_classifier(model, header, replace(cats, factors=other))
    with pytest.raises(DataError, match="has no labels"):
        evaluate_classifier(model, header, replace(cats, labels=None, factors=()))


# -- finding one


def copy(source: Path, target: Path, **changes: object) -> Path:
    header, tensors = checkpoint.load(source)
    checkpoint.save(target, replace(header, **changes), tensors)  # type: ignore[arg-type]
    return target


def test_the_classifier_for_some_pictures_is_found_by_what_its_header_says(
    classifier_path: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    header = read_header(classifier_path)
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    copy(tiny_checkpoint, first / "a-vae.safetensors")
    (first / "broken.safetensors").write_bytes(b"nonsense")
    shape = (3, 16, 16)
    assert find_classifiers("cats", shape, [first, second]) == []
    worse = {**header.metrics, "accuracy": 0.01}
    copy(classifier_path, second / "worse.safetensors", metrics=worse)
    copy(classifier_path, second / ".writing.safetensors")
    assert find_classifiers("cats", shape, [first, second])[0] == second / "worse.safetensors"
    mine = copy(classifier_path, second / "x.safetensors")
    same = copy(classifier_path, second / "y.safetensors")
    assert find_classifiers("cats", shape, [first, second])[0] == mine
    assert same.exists()
    assert find_classifiers("robots", shape, [first, second]) == []
    assert find_classifiers("cats", (3, 32, 32), [first, second]) == []
    other = {**header.data, "name": "robots"}
    robots = copy(classifier_path, first / "robots.safetensors", data=other)
    assert find_classifiers("robots", shape, [first])[0] == robots


def test_a_classifier_without_scores_is_better_than_none(tmp_path: Path) -> None:
    model = build_model("classifier", (3, 16, 16), seed=0, label_sizes=(2,))
    path = tmp_path / "bare.safetensors"
    save_model(path, model, "classifier", name="bare", extra={"data": {"name": "dots"}})
    assert find_classifiers("dots", (3, 16, 16), [tmp_path])[0] == path
