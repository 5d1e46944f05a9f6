"""How the arithmetic of a run is done: device, precision, memory layout, threads; chosen by timing.

What is fastest differs between machines more than a rule could say: bf16 doubles the speed of a CPU
with matrix units and halves that of one without; a second thread helps an idle machine and ruins a
busy one. So a few real steps of each kind are timed, and the choice is kept with the run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from genimg.config import config_from_mapping
from genimg.machine import usable_cores
from genimg.models.device import choose_device
from genimg.training.distributed.processes import ALONE, World
from genimg.training.options import TrainOptions

TIMED_STEPS = 3
HOPELESS = 8.0
"""Times as long as the fastest way takes for a step: whose first one takes that, allocating and
compiling along, is not tried on. A CPU without bfloat16 takes twenty times as long with it.
"""
BATCHES = {"cpu": 32, "cuda": 128, "mps": 64}
"""Pictures in a batch of one process, by the kind of device."""


@dataclass(frozen=True)
class Compute:
    """One way to do the arithmetic.

    Attributes:
        device: a torch device, "cpu", "cuda" or "mps".
        precision: "fp32" or "bf16" (autocast; weights and losses stay float32).
        layout: "contiguous" or "channels_last" memory of convolutions.
        threads: torch threads on the CPU.
    """

    device: str = "cpu"
    precision: str = "fp32"
    layout: str = "channels_last"
    threads: int = 1

    def __str__(self) -> str:
        threads = f", {self.threads} thread{'s' * (self.threads > 1)}" * (self.device == "cpu")
        return f"{self.device}, {self.precision}, {self.layout}{threads}"

    @property
    def memory_format(self) -> torch.memory_format:
        """The torch name of the layout."""
        return torch.channels_last if self.layout == "channels_last" else torch.contiguous_format

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which networks run."""
        kind = torch.device(self.device).type
        return torch.autocast(kind, torch.bfloat16, enabled=self.precision == "bf16")

    def place(self, pixels: Tensor) -> Tensor:
        """Pixels `[N, C, H, W]` on the device and in the layout of this run."""
        if torch.device(self.device).type == "cuda" and pixels.device.type == "cpu":
            # From pinned memory the copy runs beside the steps before it; else it waits for them.
            pixels = pixels.contiguous(memory_format=self.memory_format).pin_memory()
            return pixels.to(self.device, non_blocking=True)
        return pixels.to(self.device, memory_format=self.memory_format)

    def apply(self) -> None:
        """Set the process to this way: the number of threads."""
        torch.set_num_threads(self.threads)

    def to_mapping(self) -> dict[str, Any]:
        """JSON-ready; the inverse of `from_mapping`."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: dict[str, Any]) -> Compute:
        """The choice that an earlier part of the run wrote down."""
        return config_from_mapping(cls, values)


def choose_compute(
    options: TrainOptions,
    make_step: Callable[[Compute], Callable[[], None]],
    report: Callable[[str], None],
    world: World = ALONE,
) -> Compute:
    """The fastest way for this model on this machine as busy as it is now.

    Where several processes train together, all time at once, as they will work at once, and take
    what process 0 finds.

    `make_step(compute)` gives a function that does one real training step on a copy. First
    precision and layout are chosen on one thread, then the number of threads. What the options fix
    is not timed.
    """
    device = world.device(choose_device(options.device))
    precisions = ["fp32", "bf16"] if options.precision == "auto" else [options.precision]
    layouts = ["contiguous", "channels_last"] if options.layout == "auto" else [options.layout]
    if device == "mps":  # where bfloat16 and channels_last are young, and not every system has them
        precisions = ["fp32"] if options.precision == "auto" else precisions
        layouts = ["contiguous"] if options.layout == "auto" else layouts
    first = Compute(device, threads=options.threads or 1)
    candidates = [
        replace(first, precision=p, layout=layout) for p in precisions for layout in layouts
    ]
    best = _fastest(candidates, make_step, report)
    cores = usable_cores() // world.local_size
    if device == "cpu" and options.threads is None and cores > 1:
        best = _fastest([best, replace(best, threads=cores)], make_step, report)
    best = replace(world.broadcast(best), device=device)
    best.apply()
    report(f"chosen: {best}")
    return best


def _fastest(
    candidates: list[Compute],
    make_step: Callable[[Compute], Callable[[], None]],
    report: Callable[[str], None],
) -> Compute:
    if len(candidates) == 1:
        return candidates[0]
    seconds: dict[Compute, float] = {}
    hopeless: set[str] = set()
    for compute in candidates:
        if compute.precision in hopeless:
            continue
        compute.apply()
        enough = HOPELESS * min(seconds.values(), default=math.inf)
        seconds[compute] = seconds_of(make_step(compute), compute, enough)
        report(f"  {compute}: {1000 * seconds[compute]:.0f} ms a step")
        if seconds[compute] > enough:
            hopeless.add(compute.precision)
    return min(seconds, key=seconds.__getitem__)


def seconds_of(step: Callable[[], None], compute: Compute, enough: float = math.inf) -> float:
    """The mean time of a step, in seconds; that of the first one if it takes longer than enough."""
    start = time.perf_counter()
    step()  # the first one allocates and compiles
    _synchronize(compute)
    first = time.perf_counter() - start
    if first > enough:
        return first
    start = time.perf_counter()
    for _ in range(TIMED_STEPS):
        step()
    _synchronize(compute)
    return (time.perf_counter() - start) / TIMED_STEPS


def _synchronize(compute: Compute) -> None:
    kind = torch.device(compute.device).type
    if kind == "cuda":
        torch.cuda.synchronize()
    elif kind == "mps":
        torch.mps.synchronize()
