"""Quantiles of a model's own measures: kept in its header, and asked where one picture stands."""

import json
from typing import Any

import numpy as np
import pytest

from genimg.errors import MetricError
from genimg.metrics import Calibration


def made(errors: Any = None) -> Calibration:
    """Of 1001 pictures with relative errors 0, 0.01, ... 10."""
    errors = np.linspace(0.0, 10.0, 1001) if errors is None else errors
    return Calibration.of("validation", 0, errors, 40.0 - errors, 5.0 + errors)


def test_it_survives_the_header_as_json() -> None:
    before = made()
    metrics = json.loads(json.dumps({"psnr": 30.0, "match": before.to_metrics()}))
    after = Calibration.from_metrics(metrics)
    assert after == before
    assert (before.pictures, before.split, before.search_steps) == (1001, "validation", 0)
    assert len(json.dumps(before.to_metrics())) < 4000, "a header stays small"


def test_where_one_picture_stands_among_many() -> None:
    found = made()
    assert found.worst(0.99) == pytest.approx(9.9)
    assert found.worst(0.5) == pytest.approx(5.0)
    assert found.share_above(2.0) == pytest.approx(0.8)
    assert found.share_above(-1.0) == 1.0
    assert found.share_above(50.0) == 0.0
    assert found.share_nearer(5.0 + 7.5) == pytest.approx(0.75)
    assert found.share_nearer(0.0) == 0.0


def test_many_equal_pictures_are_no_trouble() -> None:
    found = made(np.zeros(50))
    assert found.share_above(0.1) == 0.0
    assert found.worst(0.99) == 0.0


def broken(**changes: Any) -> dict[str, Any]:
    return {"match": {**made().to_metrics(), **changes}}


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"match": None},
        {"match": "good"},
        {"match": {}},
        broken(relative_error=[1.0, 2.0]),
        broken(relative_error=["a"] * 101),
        broken(relative_error=[float("nan")] * 101),
        broken(relative_error=list(range(101))[::-1]),
        broken(pictures="many"),
        broken(psnr={"mean": 30.0}),
    ],
)
def test_what_cannot_be_read_is_no_calibration(metrics: dict[str, Any]) -> None:
    """Headers may come from anywhere: a model stays usable, and says that it is not calibrated."""
    assert Calibration.from_metrics(metrics) is None


@pytest.mark.parametrize("errors", [np.zeros(0), np.array([1.0, np.nan]), np.array([np.inf])])
def test_nothing_is_made_of_nothing(errors: Any) -> None:
    with pytest.raises(MetricError, match="finite measures"):
        made(errors)
