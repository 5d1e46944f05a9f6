"""A model is calibrated with pictures that it never saw, with an encoder and without."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import DataError
from genimg.evaluation.calibration import calibrate, search, write_calibration
from genimg.evaluation.coding import decode_all, encode_all
from genimg.images import array_to_pixels
from genimg.latents import covariance_of
from genimg.metrics import Calibration, psnr, relative_error
from genimg.models import LatentModel, build_model, load_model
from genimg.models.inversion import Inversion
from genimg.training import TrainOptions, train
from tests.training.conftest import MakeOptions


def part(dataset: Dataset, validation: int, test: int) -> Dataset:
    """Only some pictures of two splits."""
    splits = {
        "train": dataset.splits["train"],
        "validation": dataset.splits["validation"][:validation],
        "test": dataset.splits["test"][:test],
    }
    return replace(dataset, splits=splits)


@pytest.fixture(scope="module")
def gan(cats: Dataset) -> LatentModel:
    """An untrained generator without an encoder."""
    model = build_model("gan", cats.image_shape, "plain", seed=3)
    assert isinstance(model, LatentModel)
    return model


@torch.no_grad()
def test_the_numbers_are_those_of_the_validation_split(
    tiny_checkpoint: Path, cats: Dataset
) -> None:
    model, header, _ = load_model(tiny_checkpoint)
    images = np.asarray(cats.split("validation").images[:1000])
    codes = encode_all(model, images).mode()
    pairs = list(zip(images, decode_all(model, codes), strict=True))
    found = Calibration.from_metrics(header.metrics)
    assert found is not None
    assert (found.pictures, found.split, found.search_steps) == (1000, "validation", 0)
    expected = np.quantile([relative_error(a, b) for a, b in pairs], [0.01, 0.5, 0.99])
    assert [found.worst(q) for q in (0.01, 0.5, 0.99)] == pytest.approx(expected, rel=0.01)
    decibels = np.quantile([psnr(a, b) for a, b in pairs], [0.0, 0.5, 1.0])
    assert [found.psnr[i] for i in (0, 50, 100)] == pytest.approx(decibels, rel=0.01)
    far = Inversion(model, covariance_of(model.prior)).distance(codes)
    assert found.distance[50] == pytest.approx(float(far.median()), rel=0.01)


def test_few_false_alarms_on_other_pictures(tiny_checkpoint: Path, cats: Dataset) -> None:
    model, header, _ = load_model(tiny_checkpoint)
    found = Calibration.from_metrics(header.metrics)
    assert found is not None
    images = np.asarray(cats.split("test").images[:500])
    with torch.no_grad():
        made = decode_all(model, encode_all(model, images).mode())
    beyond = [relative_error(a, b) > found.worst(0.99) for a, b in zip(images, made, strict=True)]
    assert 0.0 < np.mean(beyond) < 0.04, "99 % of calibrating pictures are 97 to 100 % of others"


def test_without_an_encoder_each_picture_is_searched_for(
    gan: LatentModel, cats: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genimg.evaluation.calibration.SEARCHED", 30)
    found = calibrate(gan, cats)
    assert found is not None
    assert (found.pictures, found.split, found.search_steps) == (30, "validation", 60)
    assert all(weights.grad is None for weights in gan.parameters())
    inversion = Inversion(gan, covariance_of(gan.prior))
    image = np.asarray(cats.split("validation").images[0])
    drawn = inversion.draw(array_to_pixels(image[None]))
    with torch.no_grad():
        before, after = decode_all(gan, torch.stack([drawn, search(inversion, image)]))
    assert psnr(image, after) > psnr(image, before)


def test_few_validation_pictures_are_joined_by_test_pictures(
    tiny_checkpoint: Path, cats: Dataset
) -> None:
    model, _, _ = load_model(tiny_checkpoint)
    found = calibrate(model, part(cats, validation=20, test=40))
    assert found is not None
    assert (found.pictures, found.split) == (60, "validation and test")
    alone = calibrate(model, part(cats, validation=150, test=40))
    assert alone is not None
    assert (alone.pictures, alone.split) == (150, "validation")


def test_too_few_pictures_calibrate_nothing(tiny_checkpoint: Path, cats: Dataset) -> None:
    model, _, _ = load_model(tiny_checkpoint)
    assert calibrate(model, part(cats, validation=5, test=5)) is None
    assert calibrate(model, replace(cats, splits={"train": cats.splits["train"]})) is None


@pytest.mark.usefixtures("few_draws")
def test_training_calibrates_a_gan(
    options: MakeOptions, cats: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genimg.evaluation.calibration.SEARCHED", 30)
    wanted: TrainOptions = options(family="gan", images=32, batch_size=16)
    said: list[str] = []
    header = read_header(train(wanted, said.append))
    found = Calibration.from_metrics(header.metrics)
    assert found is not None
    assert (found.pictures, found.search_steps) == (30, 60)
    assert any("calibrating" in line for line in said)


def test_a_data_set_of_another_shape_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(tiny_checkpoint.read_bytes())
    with pytest.raises(DataError):
        write_calibration(path, "no such set")
    assert path.read_bytes() == tiny_checkpoint.read_bytes()
