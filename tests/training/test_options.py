"""What a person asks of a run is checked before anything is done."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from genimg.errors import ConfigError
from genimg.training import TrainOptions


def test_no_option_is_needed() -> None:
    options = TrainOptions()
    assert (options.family, options.data) == ("vae", "cats")
    assert options.budget == (60.0, None)


def test_numbers_of_numpy_are_plain_ones() -> None:
    options = TrainOptions(
        size=np.int64(16),  # type: ignore[arg-type]
        images=np.uint16(300),  # type: ignore[arg-type]
        learning_rate=np.float32(0.5),  # type: ignore[arg-type]
        tensorboard=np.True_,  # type: ignore[arg-type]
    )
    assert options == TrainOptions(size=16, images=300, learning_rate=0.5, tensorboard=True)
    assert json.loads(json.dumps(options.to_mapping()))["size"] == 16


def test_a_budget_is_in_minutes_or_in_images() -> None:
    assert TrainOptions(minutes=0.5).budget == (0.5, None)
    assert TrainOptions(images=100).budget == (None, 100)
    with pytest.raises(ConfigError, match="in minutes or in images, not both"):
        TrainOptions(minutes=1, images=1)


@pytest.mark.parametrize(
    "name",
    [
        "minutes", "images", "latent_dim", "batch_size", "learning_rate", "threads",
        "early_stopping", "validate_every", "count", "size",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_number_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{name.replace('_', ' ')} must be above 0, not {value}"):
        TrainOptions(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a/b", "../up", "/root", "folder/"])
def test_a_name_that_is_a_path_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="one word without slashes"):
        TrainOptions(name=name)


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
def test_impossible_snapshot_seconds_are_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match="snapshot seconds"):
        TrainOptions(snapshot_seconds=seconds)


def test_the_identity_is_what_a_continued_run_must_share() -> None:
    options = TrainOptions(images=100, init_from=Path("a") / "b", out=Path("x"), name="n", seed=3)
    identity = options.identity()
    json.dumps(identity, allow_nan=False)
    fields = {field.name for field in dataclasses.fields(TrainOptions)}
    assert fields - identity.keys() == {
        "out", "name", "snapshot_seconds", "data_root", "minutes", "images", "title", "credit",
        "licence", "tensorboard", "batch_size", "mixed_with",
    }  # fmt: skip
    assert identity["init_from"] == str(Path("a") / "b")
    moved = dataclasses.replace(
        options, out=None, name=None, snapshot_seconds=0.5, data_root=Path("y")
    )
    assert moved.identity() == identity
    assert dataclasses.replace(options, seed=4).identity() != identity
    mixed = [TrainOptions(family="base", mixed_with=more).identity() for more in ((), ("cats",))]
    assert mixed[0] != mixed[1]
