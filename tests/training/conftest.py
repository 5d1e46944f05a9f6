"""Short real runs: 16-pixel cats, one thread, plain arithmetic, so that they repeat exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor

from genimg.data import Dataset, load_dataset
from genimg.data.drawn import drawing, keeping
from genimg.models.gan import GAN
from genimg.training import TrainOptions
from genimg.training.finishing.gan import Evidence, gather
from genimg.training.loop.trainer import Trainer

MakeOptions = Callable[..., TrainOptions]


@pytest.fixture(scope="session")
def cats(data_cache: Path) -> Dataset:
    """The data that all runs here train on: 400 training pictures of 16 pixels."""
    return load_dataset("cats", size=16, count=400)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """A run sets the number of threads of the process; put it back."""
    yield
    torch.set_num_threads(1)


@pytest.fixture
def small_sets(tmp_path: Path) -> Iterator[Path]:
    """Cats with seven held-out pictures, drawn one after the other in blocks of ten, and an empty
    cache for them, which this is.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENIMG_CACHE", str(tmp_path / "cache"))
        patch.setattr(drawing, "TEST_COUNT", 4)
        patch.setattr(drawing, "VALIDATION_COUNT", 3)
        patch.setattr(keeping, "BLOCK", 10)
        patch.setattr(keeping, "usable_cores", lambda: 1)
        yield tmp_path / "cache"


@pytest.fixture
def options(tmp_path: Path, data_cache: Path) -> MakeOptions:
    """Makes options of a short run in a folder of its own."""

    def make(**changes: object) -> TrainOptions:
        settings: dict[str, object] = {
            "data": "cats",
            "size": 16,
            "count": 400,
            "images": 96,
            "out": tmp_path / "run",
            "precision": "fp32",
            "layout": "channels_last",
            "threads": 1,
            "device": "cpu",
        }
        return TrainOptions(**{**settings, **changes})  # type: ignore[arg-type]

    return make


def gather_few(model: GAN, dataset: Dataset, *counts: int) -> Evidence:
    """In place of `genimg.training.finishing.gan.gather`: of 320 pictures instead of thousands."""
    return gather(model, dataset, 240, 80)


@contextmanager
def stopping_after(*images: int) -> Iterator[list[int]]:
    """Runs are asked to stop after so many pictures, once each; gives those that were reached."""
    step, stops = Trainer._step, []

    def stopping(self: Trainer) -> Mapping[str, Tensor]:
        told = step(self)
        if self.clock.images in images and self.clock.images not in stops:
            stops.append(self.clock.images)
            self.folder.request_stop()
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_step", stopping)
        patch.setattr("genimg.training.loop.stopping.LOOK_SECONDS", 0.0)
        yield stops


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Directions of a GAN are found on fewer pictures than usual, few samples are measured, and
    none are searched for: they need not be good.
    """
    monkeypatch.setattr("genimg.training.finishing.gan.gather", gather_few)
    monkeypatch.setattr("genimg.evaluation.evaluate.QUICK_COUNT", 24)
    monkeypatch.setattr("genimg.evaluation.calibration.SEARCHED", 1)
