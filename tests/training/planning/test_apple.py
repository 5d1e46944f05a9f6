"""Nothing that is chosen for a run lacks an answer for an Apple GPU, which no test has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from genimg.training import TrainOptions
from genimg.training.objectives import OBJECTIVES, objective_of
from genimg.training.planning import compute, planner, vae
from genimg.training.planning.compute import Compute, choose_compute


@pytest.mark.parametrize("family", list(OBJECTIVES))
def test_a_batch_is_known(family: str) -> None:
    assert objective_of(family, None).usual_batch("mps") > 0
    assert objective_of("vae", "photo").usual_batch("mps") > 0


def test_sizes_and_widths_are_known() -> None:
    for table in (planner.LARGEST, vae.LARGEST_ON_BASE, vae.WIDTHS, compute.BATCHES):
        assert set(table) == {"cpu", "cuda", "mps"}


def test_its_arithmetic_is_plain_unless_something_else_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compute, "choose_device", lambda device: device)

    def never(way: Compute) -> Callable[[], None]:
        raise AssertionError(f"{way} is timed, though it is the only one")

    options = TrainOptions(device="mps")
    chosen = choose_compute(options, never, lambda line: None)
    assert (chosen.precision, chosen.layout) == ("fp32", "contiguous")
