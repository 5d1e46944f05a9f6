"""Samples are judged beside real pictures, and their classifier sees what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genimg.checkpoint import read_header
from genimg.data import Dataset, load_dataset
from genimg.evaluation.classifier import Judge
from genimg.evaluation.evaluate import find_judge
from genimg.evaluation.feature_distances import draw
from genimg.evaluation.recognition import Reference, evaluate_recognised, look_at_reals
from genimg.models import LatentModel, load_classifier, load_model

COUNT = 300
SHARES = ("precision", "recall", "coverage", "recognised")


@pytest.fixture(scope="module")
def cats(data_cache: Path) -> Dataset:
    return load_dataset("cats", size=16, count=400)


@pytest.fixture(scope="module")
def judge(classifier_path: Path) -> Judge:
    return Judge(*load_classifier(classifier_path))


@pytest.fixture(scope="module")
def reals(cats: Dataset, judge: Judge) -> Reference:
    return look_at_reals(cats, judge, COUNT)


@pytest.fixture
def vae(tiny_checkpoint: Path) -> LatentModel:
    return load_model(tiny_checkpoint)[0]


def test_every_number_has_its_floor(
    vae: LatentModel, cats: Dataset, judge: Judge, reals: Reference
) -> None:
    found = evaluate_recognised(vae, cats, judge, COUNT, seeds=(0, 1), reference=reals)
    for name in ("fd", "kid", "precision", "recall", "density", "coverage", "recognised"):
        assert {name, f"{name}_floor"} <= found.keys()
    assert all(0 <= found[name] <= 1 for name in SHARES)
    assert found["fd"] > found["fd_floor"] > 0
    assert (found["count"], found["seeds"], found["temperature"]) == (COUNT, [0, 1], 1.0)
    assert found["features"]["id"] == judge.header.id
    assert "not comparable with published" in found["caveat"]
    assert set(found["factors"]) == {factor.name for factor in cats.factors}
    assert set(found["labels_followed"]) == {factor.name for factor in cats.factors}
    [fur] = [factor for factor in cats.factors if factor.name == "fur colour"]
    assert found["labels_followed"]["fur colour"] > 3 / len(fur.values), "far above chance"
    assert not found["memorisation"]["suspicious"]


def test_the_reference_saves_work_and_changes_nothing(
    vae: LatentModel, cats: Dataset, judge: Judge, reals: Reference
) -> None:
    once = evaluate_recognised(vae, cats, judge, COUNT, seeds=(0,), reference=reals)
    assert evaluate_recognised(vae, cats, judge, COUNT, seeds=(0,)) == once


def test_noise_is_worse_and_a_constant_reaches_nothing(
    vae: LatentModel, cats: Dataset, judge: Judge, reals: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = evaluate_recognised(vae, cats, judge, COUNT, seeds=(0,), reference=reals)
    decode = vae.decode

    def noisy(z: torch.Tensor) -> torch.Tensor:
        rng = torch.Generator().manual_seed(0)
        made = decode(z)
        return made + 1.5 * torch.randn(made.shape, generator=rng)

    monkeypatch.setattr(vae, "decode", noisy)
    bad = evaluate_recognised(vae, cats, judge, COUNT, seeds=(0,), reference=reals)
    assert bad["fd"] > 1.2 * good["fd"]
    assert bad["coverage"] < good["coverage"]
    monkeypatch.setattr(vae, "decode", lambda z: decode(z[:1]).expand(len(z), -1, -1, -1))
    one = evaluate_recognised(vae, cats, judge, COUNT, seeds=(0,), reference=reals)
    assert one["coverage"] < 0.3 * good["coverage"]
    assert sum(len(seen["missing"]) for seen in one["factors"].values()) > 25


def test_training_pictures_as_samples_are_found_out(
    vae: LatentModel, cats: Dataset, judge: Judge, reals: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genimg.images import array_to_pixels

    copies = array_to_pixels(cats.split("train").images[:COUNT].copy())
    monkeypatch.setattr(vae, "decode", lambda z: copies[: len(z)])
    found = evaluate_recognised(vae, cats, judge, COUNT, seeds=(0,), reference=reals)
    assert found["memorisation"]["suspicious"]
    assert found["memorisation"]["share_nearer"] > 0.9


def test_draws_repeat_and_say_what_was_asked(vae: LatentModel) -> None:
    images, labels = draw(vae, 20, 5)
    again, same = draw(vae, 20, 5)
    assert (images == again).all()
    assert (labels == same).all()
    assert labels.shape == (20, len(vae.label_sizes))
    assert images.shape == (20, 16, 16, 3)


def test_a_judge_is_found_by_data_and_size(
    cats: Dataset, classifier_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_judge(cats, tmp_path) is None
    (tmp_path / "judge.safetensors").write_bytes(classifier_path.read_bytes())
    found = find_judge(cats, tmp_path)
    assert found is not None
    assert found.header.id == read_header(classifier_path).id
    other = replace(cats, card=replace(cats.card, name="dogs"))
    assert find_judge(other, tmp_path) is None
