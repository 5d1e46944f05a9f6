"""Curves for TensorBoard, read back as TensorBoard reads them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from genimg.errors import ConfigError
from genimg.training import train
from genimg.training.loop.tensorboard import FOLDER, Curves, require
from tests.training.conftest import MakeOptions


def read(run: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(run / FOLDER))
    events.Reload()
    return {
        tag: [(event.step, round(event.value, 3)) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_each_number_is_a_curve_over_the_pictures(tmp_path: Path) -> None:
    curves = Curves(tmp_path, 0)
    curves.write({"images": 1000, "step": 31, "loss": -0.5, "held_out_psnr": 20.0, "who": "x"})
    curves.write({"images": 2000, "step": 62, "loss": -1.0, "held_out_psnr": 22.5, "ok": True})
    curves.close()
    assert read(tmp_path) == {
        "training/loss": [(1000, -0.5), (2000, -1.0)],
        "held out/psnr": [(1000, 20.0), (2000, 22.5)],
    }


def test_a_run_that_goes_on_replaces_what_came_after_its_state(tmp_path: Path) -> None:
    first = Curves(tmp_path, 0)
    first.write({"images": 1000, "loss": 1.0})
    first.write({"images": 2000, "loss": 9.0})
    first.close()
    second = Curves(tmp_path, 1000)
    second.write({"images": 2000, "loss": 2.0})
    second.close()
    assert read(tmp_path)["training/loss"] == [(1000, 1.0), (2000, 2.0)]


def test_without_the_package_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)  # as Python marks what cannot be imported
    with pytest.raises(ConfigError, match="pip install tensorboard"):
        require()


def test_a_run_writes_its_curves_where_they_are_asked_for(options: MakeOptions) -> None:
    asked = options(tensorboard=True, validate_every=32)
    train(asked, lambda line: None)
    assert asked.out is not None
    curves = read(asked.out)
    assert [step for step, _ in curves["held out/psnr"]] == [32, 64, 96]
