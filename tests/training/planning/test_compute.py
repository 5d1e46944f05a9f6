"""The fastest way is found by timing steps, and what a person fixed is not timed.

The clock is one that only steps move: whatever else a machine does then changes no choice.
"""

import os
from collections.abc import Callable

import pytest
import torch

from genimg.errors import ConfigError
from genimg.training import TrainOptions
from genimg.training.planning.compute import Compute, choose_compute

WAYS = [(p, layout) for p in ("fp32", "bf16") for layout in ("contiguous", "channels_last")]


class Clock:
    """In place of the module `time`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def perf_counter(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("genimg.training.planning.compute.time", made)
    return made


class Steps:
    """Makes steps that take a time which depends on the way they are done."""

    def __init__(self, clock: Clock, seconds: Callable[[Compute], float]) -> None:
        self.clock = clock
        self.seconds = seconds
        self.made: list[Compute] = []
        self.lines: list[str] = []

    def __call__(self, compute: Compute) -> Callable[[], None]:
        assert torch.get_num_threads() == compute.threads, "a way is set before it is timed"
        self.made.append(compute)
        return lambda: self.take(compute)

    def take(self, compute: Compute) -> None:
        self.clock.seconds += self.seconds(compute)

    def choose(self, **options: object) -> Compute:
        wanted = TrainOptions(device="cpu", **options)  # type: ignore[arg-type]
        return choose_compute(wanted, self, self.lines.append)


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The choice of threads as on any machine with two cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)


@pytest.mark.parametrize(
    ("precision", "layout", "threads"), [(*way, 1 + i % 2) for i, way in enumerate(WAYS)]
)
@pytest.mark.usefixtures("two_cores")
def test_the_fastest_way_is_chosen_and_set(
    clock: Clock, precision: str, layout: str, threads: int
) -> None:
    def seconds(compute: Compute) -> float:
        wrong = (compute.precision != precision) + (compute.layout != layout)
        return 0.01 + 0.02 * wrong + 0.02 * (compute.threads != threads)

    steps = Steps(clock, seconds)
    chosen = steps.choose()
    assert chosen == Compute("cpu", precision, layout, threads)
    assert torch.get_num_threads() == threads
    assert {(c.precision, c.layout) for c in steps.made} == set(WAYS)
    assert {c.threads for c in steps.made} == {1, 2}
    assert len([line for line in steps.lines if "ms a step" in line]) == len(steps.made)
    assert steps.lines[-1] == f"chosen: {chosen}"


def test_a_precision_that_is_hopeless_here_costs_one_step(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    steps = Steps(clock, lambda compute: 50.0 if compute.precision == "bf16" else 2.0)
    assert steps.choose().precision == "fp32"
    assert [compute.precision for compute in steps.made] == ["fp32", "fp32", "bf16"]
    assert clock.seconds == 8 * 2.0 + 50.0
    assert "  cpu, bf16, contiguous, 1 thread: 50000 ms a step" in steps.lines


@pytest.mark.usefixtures("two_cores")
def test_what_is_fixed_is_not_timed(clock: Clock) -> None:
    steps = Steps(clock, lambda compute: 0.0)
    chosen = steps.choose(precision="bf16", layout="contiguous", threads=1)
    assert chosen == Compute("cpu", "bf16", "contiguous", 1)
    assert steps.made == []
    assert len(steps.lines) == 1


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize(
    ("name", "value"), [("precision", "fp32"), ("layout", "channels_last"), ("threads", 2)]
)
def test_one_fixed_option_is_kept_however_slow_it_is(
    clock: Clock, name: str, value: object
) -> None:
    steps = Steps(clock, lambda compute: 0.004 if getattr(compute, name) == value else 0.0)
    assert getattr(steps.choose(**{name: value}), name) == value
    assert {getattr(compute, name) for compute in steps.made} == {value}


def test_one_core_needs_no_choice_of_threads(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    steps = Steps(clock, lambda compute: 0.0)
    assert steps.choose().threads == 1
    assert len(steps.made) == len(WAYS)


def test_a_choice_is_written_down_and_read_again() -> None:
    chosen = Compute("cpu", "bf16", "contiguous", 3)
    assert Compute.from_mapping(chosen.to_mapping()) == chosen
    with pytest.raises(ConfigError):
        Compute.from_mapping({**chosen.to_mapping(), "speed": 9})


def test_a_way_is_what_it_says() -> None:
    pixels, weight = torch.randn(2, 3, 8, 8), torch.randn(4, 3, 3, 3)
    for precision, layout in WAYS:
        compute = Compute("cpu", precision, layout, 1)
        with compute.autocast():
            out = torch.nn.functional.conv2d(pixels, weight)
        assert out.dtype == (torch.bfloat16 if precision == "bf16" else torch.float32)
        placed = compute.place(pixels)
        assert placed.is_contiguous(memory_format=compute.memory_format)
        assert torch.equal(placed, pixels)
    assert str(Compute()) == "cpu, fp32, channels_last, 1 thread"
    assert str(Compute(threads=2)).endswith("2 threads")
    assert "thread" not in str(Compute("cuda"))
