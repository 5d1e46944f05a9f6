"""Samples of any model are measured beside real pictures, and the numbers see what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.errors import CheckpointError, MetricError
from genimg.evaluation.classifier import Judge
from genimg.evaluation.evaluate import evaluate, evaluate_drawing
from genimg.evaluation.feature_distances import Reals, training_pictures
from genimg.evaluation.recognition import evaluate_recognised
from genimg.evaluation.samples import evaluate_samples, look_at_reals
from genimg.images import array_to_pixels
from genimg.models import LatentModel, load_classifier, load_model
from genimg.models.features import load_features

COUNT = 60
COMPARED = ("fd", "kid", "precision", "recall", "density", "coverage", "diversity")


@pytest.fixture(scope="module")
def reals(cats: Dataset) -> Reals:
    return look_at_reals(cats, load_features("lite2"), COUNT)


@pytest.fixture(scope="module")
def judge(classifier_path: Path) -> Judge:
    return Judge(*load_classifier(classifier_path))


@pytest.fixture
def vae(tiny_checkpoint: Path) -> LatentModel:
    return load_model(tiny_checkpoint)[0]


def test_every_number_has_its_floor(vae: LatentModel, cats: Dataset, reals: Reals) -> None:
    found = evaluate_samples(vae, cats, None, COUNT, (0, 1), reference=reals)
    for name in COMPARED:
        assert {name, f"{name}_floor"} <= found.keys()
    assert found["fd"] > found["fd_floor"] > 0
    assert found["fd_std"] > 0
    assert 0.9 < found["diversity_floor"] < 1.1
    assert all(0 <= found[name] <= 1 for name in ("precision", "recall", "coverage"))
    assert (found["count"], found["seeds"], found["temperature"]) == (COUNT, [0, 1], 1.0)
    assert found["features"]["name"] == "EfficientNet-Lite2", "never the network of the losses"
    assert "not comparable with published" in found["caveat"]
    assert found["memorisation"]["training_pictures"] == COUNT
    assert not found["memorisation"]["suspicious"]
    assert "classifier" not in found


def test_pictures_need_no_labels_and_may_be_grey(vae: LatentModel, cats: Dataset) -> None:
    grey = np.asarray(cats.images[..., :1])
    bare = replace(cats, images=grey, labels=None, factors=())
    decode = vae.decode
    vae.decode = lambda z: decode(z)[:, :1]  # type: ignore[method-assign]
    found = evaluate_drawing(vae, bare, None, lambda line: None, 24, quick=True)["samples"]
    assert found["fd"] > found["fd_floor"]
    assert found["seeds"] == [0]
    assert "classifier" not in found, "without labels there is nothing to tell"


def test_the_reference_saves_work_and_changes_nothing(vae: LatentModel, cats: Dataset) -> None:
    few = look_at_reals(cats, load_features("lite2"), 24)
    once = evaluate_samples(vae, cats, None, 24, (0,), reference=few)
    assert evaluate_samples(vae, cats, None, 24, (0,)) == once


def test_what_is_wrong_is_seen(
    vae: LatentModel, cats: Dataset, reals: Reals, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = vae.decode
    test = array_to_pixels(np.asarray(cats.split("validation").images[:COUNT]))
    rng = torch.Generator().manual_seed(0)

    def noisy(z: Tensor) -> Tensor:
        made = decode(z)
        return made + 0.5 * torch.randn(made.shape, generator=rng)

    def one(z: Tensor) -> Tensor:
        return decode(z[:1]).expand(len(z), -1, -1, -1)

    ways = {"good": decode, "noisy": noisy, "one": one, "new": lambda z: test}
    found = {}
    for way, draws in ways.items():
        monkeypatch.setattr(vae, "decode", draws)
        found[way] = evaluate_samples(vae, cats, None, COUNT, (0,), reference=reals)
    assert found["new"]["fd"] < 1.2 * found["new"]["fd_floor"] < found["good"]["fd"]
    assert found["good"]["fd"] < 0.7 * found["noisy"]["fd"]
    assert found["one"]["diversity"] < 0.1
    assert found["one"]["coverage"] < 0.4 * found["new"]["coverage"]
    assert found["new"]["diversity"] == pytest.approx(1.0, abs=0.1)
    suspicious = {way: of["memorisation"]["suspicious"] for way, of in found.items()}
    assert not suspicious["new"] and not suspicious["good"]


def test_training_pictures_as_samples_are_found_out(
    vae: LatentModel, cats: Dataset, reals: Reals, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = array_to_pixels(training_pictures(cats, COUNT))
    monkeypatch.setattr(vae, "decode", lambda z: copies)
    found = evaluate_samples(vae, cats, None, COUNT, (0,), reference=reals)
    assert found["memorisation"]["suspicious"]


def test_the_numbers_of_a_classifier_stand_beside(
    vae: LatentModel, cats: Dataset, judge: Judge
) -> None:
    said: list[str] = []
    found = evaluate_drawing(vae, cats, judge, said.append, 24)["samples"]
    alone = evaluate_recognised(vae, cats, judge, 24)
    assert found["classifier"] == {k: v for k, v in alone.items() if k in found["classifier"]}
    assert found["classifier"]["features"]["id"] == judge.header.id
    assert found["fd"] != found["classifier"]["fd"]
    assert {"recognised", "factors", "labels_followed"} <= found["classifier"].keys()
    assert said
    quick = evaluate_drawing(vae, cats, judge, said.append, 24, quick=True)["samples"]
    assert (quick["seeds"], quick["classifier"]["seeds"]) == ([0], [0, 1, 2])
    assert quick["classifier"] == alone


def test_without_a_classifier_or_enough_pictures_it_says_why(
    vae: LatentModel, cats: Dataset, judge: Judge
) -> None:
    found = evaluate_drawing(vae, cats, None, lambda line: None, 24, quick=True)["samples"]
    assert "train classifier --data cats --size 16" in found["classifier"]
    found = evaluate_drawing(vae, cats, judge, lambda line: None, count=3)
    assert found["samples"] == (
        "not measured: comparing needs 20 test pictures or more, and there are 3: give more"
    )
    with pytest.raises(MetricError, match="20 test pictures or more"):
        evaluate_samples(vae, cats, judge, 19)


def test_evaluate_measures_samples_of_any_model(
    tiny_checkpoint: Path, classifier_path: Path, data_cache: Path
) -> None:
    found = evaluate(tiny_checkpoint, count=20, samples=0)
    assert "samples" not in found
    found = evaluate(tiny_checkpoint, count=20, samples=20)
    for name in ("fd", "fd_floor", "coverage", "diversity"):
        assert isinstance(found["samples"][name], float)
    assert "there is none for these pictures" in found["samples"]["classifier"]
    with pytest.raises(CheckpointError, match="is a vae, not a classifier"):
        evaluate(tiny_checkpoint, count=20, samples=20, classifier=tiny_checkpoint)
