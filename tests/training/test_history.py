"""A model that is made in several runs says what each of them took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genimg.checkpoint import read_header
from genimg.training import Interrupted, TrainOptions, train
from genimg.training.loop.state import RunFolder
from genimg.training.snapshot import snapshot


def quiet(line: str) -> None:
    pass


@pytest.fixture
def run(tmp_path: Path, small_sets: Path) -> Any:
    """Trains for two or three steps in a folder of some name, and gives the file."""

    def make(name: str, **changes: Any) -> Path:
        settings: dict[str, Any] = {
            "data": "cats", "size": 16, "count": 40, "images": 32, "preset": "plain",
            "batch_size": 16, "precision": "fp32", "layout": "contiguous", "threads": 1,
            "device": "cpu", "out": tmp_path / name,
        }  # fmt: skip
        return train(TrainOptions(**{**settings, **changes}), quiet)

    return make


def test_what_came_before_is_told_in_its_order(run: Any, tmp_path: Path) -> None:
    first = run("first")
    header = read_header(first)
    assert "before" not in header.trained
    assert [row["name"] for row in header.trainings] == ["first"]
    second = run("second", images=48, init_from=first)
    told = read_header(second)
    assert told.trained["images"] == 48 and told.trained["init_from"] == "first"
    assert told.trained["before"] == [
        {"name": "first", "images": 32, "minutes": header.trained["minutes"]}
    ]
    third = read_header(run("third", init_from=second))
    assert [row["name"] for row in third.trainings] == ["first", "second", "third"]
    assert third.each_took("images") == [32, 48, 32]


def test_a_run_that_goes_on_keeps_what_came_before_though_the_file_is_gone(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("first")
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "stop_requested", property(lambda self: True))
        with pytest.raises(Interrupted):
            run("second", images=64, init_from=first)
    first.unlink()
    early = read_header(snapshot(tmp_path / "second", tmp_path / "early.safetensors", quiet))
    assert [row["name"] for row in early.trainings] == ["first", "early"]
    whole = read_header(run("second", images=64, init_from=first))
    assert [row["name"] for row in whole.trainings] == ["first", "second"]
