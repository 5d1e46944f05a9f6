"""A run whose memory is too small says what to do, and goes on with another batch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from genimg.checkpoint import read_header
from genimg.errors import TrainingError
from genimg.training import Interrupted, TrainOptions, train
from genimg.training.loop.memory import enough_for
from genimg.training.loop.state import RunFolder
from tests.training.conftest import MakeOptions


def begun(options: TrainOptions) -> RunFolder:
    """A run that was stopped before its end."""
    assert options.out is not None
    folder = RunFolder(options.out)

    def stop(line: str) -> None:
        folder.request_stop()

    with pytest.raises(Interrupted):
        train(options, stop)
    return folder


def test_a_run_that_has_stopped_goes_on_with_another_batch(options: MakeOptions) -> None:
    wanted = options(images=600, batch_size=32)
    folder = begun(wanted)
    state = folder.load_state()
    assert state is not None and state["batch_size"] == 32
    seen = state["clock"]["images"]
    assert 0 < seen < 600
    said: list[str] = []
    smaller = replace(wanted, batch_size=8)
    path = train(smaller, said.append)
    [line] = [line for line in said if "from here on" in line]
    assert "8 pictures in a step, not 32" in line and "not be bit for bit" in line
    trained = read_header(path).trained
    assert trained["batch_size"] == 8 and trained["images"] >= 600
    assert trained["steps"] == pytest.approx(seen / 32 + (600 - seen) / 8, abs=2)
    with pytest.raises(TrainingError, match="finished run of 8 pictures in a step, not 32"):
        train(wanted, said.append)
    train(replace(wanted, batch_size=None), said.append)  # as it is


def raising(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def fill_the_memory() -> None:
    torch.empty(1 << 60, dtype=torch.uint8)


@pytest.mark.parametrize(
    "act",
    [
        fill_the_memory,
        raising(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")),
        raising(RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")),
        raising(MemoryError()),
    ],
)
def test_too_little_memory_is_told_with_what_to_do(act: Callable[[], Any], tmp_path: Path) -> None:
    with (
        pytest.raises(
            TrainingError, match=r"too small for 64 pictures .* --batch-size 32 .*--size"
        ),
        enough_for(64),
    ):
        act()
    folder = RunFolder(tmp_path)
    with (
        pytest.raises(TrainingError, match="Give the same command with --batch-size 32"),
        enough_for(64, folder),
    ):
        act()
    with folder.locked():
        folder.save_state({"a": 1})
    with pytest.raises(TrainingError, match="--batch-size 32 goes on from"), enough_for(64, folder):
        act()


def test_other_faults_surface() -> None:
    with pytest.raises(RuntimeError, match="shapes"), enough_for(4):
        raise RuntimeError("shapes do not fit")
