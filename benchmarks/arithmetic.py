"""One training step in each arithmetic: pictures a second, memory, and the part of the machine's
matrix rate that is reached.

On a GPU where there is one, else on one thread of the processor. The usual VAE for pictures of 64
pixels takes whole steps (forward, loss, backward, clipping, Adam) on a batch that lies ready. Its
arithmetic is counted by torch and set against the rate at which the same device multiplies large
matrices in bfloat16.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.common import Settings, say
from genimg.models import build_model
from genimg.models.device import choose_device
from genimg.training import TrainOptions
from genimg.training.loop.step import take_step
from genimg.training.objectives.vae import VAEObjective
from genimg.training.pictures.batches import Batch
from genimg.training.planning.compute import BATCHES, Compute
from genimg.training.planning.vae import WIDTHS

SHAPE = (3, 64, 64)
MORE_BATCHES = {"cpu": (8, 128), "cuda": (32, 512, 2048)}
SIDE = {"cpu": 2048, "cuda": 8192}
"""Of the matrices."""
SECONDS = 6.0

Row = dict[str, Any]


def run_arithmetic(settings: Settings) -> dict[str, Any]:
    """Every precision and layout at the usual batch, the fastest one at others and compiled."""
    torch.set_num_threads(1)
    device = choose_device("auto")
    kind = torch.device(device).type
    rate = {
        name: _matrix_rate(device, SIDE[kind], dtype)
        for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16))
    }
    say(f"  matrices: {rate['fp32']:.3g} TFLOP/s in fp32, {rate['bf16']:.3g} in bf16")
    ways = [
        Compute(device, precision, layout)
        for precision in ("fp32", "bf16")
        for layout in ("contiguous", "channels_last")
    ]
    rows = [_measured(way, BATCHES[kind], settings.seed) for way in ways]
    best = ways[max(range(len(ways)), key=lambda i: rows[i].get("speed", 0.0))]
    rows += [_measured(best, batch, settings.seed) for batch in MORE_BATCHES[kind]]
    rows.append(_measured(best, BATCHES[kind], settings.seed, compiled=True))
    return {
        "device": torch.cuda.get_device_name(device) if kind == "cuda" else "one thread of the CPU",
        "rate": rate,
        "rows": [row | {"part": _part(row, rate["bf16"])} for row in rows],
    }


def _part(row: Row, rate: float) -> float | None:
    return round(row["tflops"] / rate, 4) if "tflops" in row else None


def _measured(compute: Compute, batch: int, seed: int, compiled: bool = False) -> Row:
    row: Row = {
        "precision": compute.precision,
        "layout": compute.layout,
        "batch": batch,
        "compiled": compiled,
    }
    try:
        row |= _timed(compute, batch, seed, compiled)
    except (RuntimeError, torch._dynamo.exc.TorchDynamoException) as error:
        row["trouble"] = str(error).strip().splitlines()[0][:80]
    told = row.get("trouble") or f"{row['speed']:.1f} pictures/s"
    say(f"  {compute}, batch {batch}{', compiled' * compiled}: {told}")
    return row


def _timed(compute: Compute, batch: int, seed: int, compiled: bool) -> Row:
    kind = torch.device(compute.device).type
    cuda = kind == "cuda"
    model = build_model("vae", SHAPE, seed=seed, width=WIDTHS[kind]).to(compute.device)
    model = model.to(memory_format=compute.memory_format)
    objective = VAEObjective(model, TrainOptions(data="cats", minutes=1.0), compute)  # type: ignore[arg-type]
    objective.schedule(0.5, 10**6)
    rng = torch.Generator(compute.device).manual_seed(seed)
    pixels = torch.rand(batch, *SHAPE, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    taken = Batch(compute.place(pixels), torch.zeros(batch, 0, dtype=torch.int64))

    def step() -> None:
        take_step(objective, taken, rng)

    step()
    with FlopCounterMode(display=False) as counter:
        step()
    if compiled:
        objective.model.encode = torch.compile(objective.model.encode)  # type: ignore[method-assign]
        objective.model.decode = torch.compile(objective.model.decode)  # type: ignore[method-assign]
    start = time.perf_counter()
    step()
    first = time.perf_counter() - start
    if cuda:
        torch.cuda.reset_peak_memory_stats(compute.device)
    speed = batch / _seconds(step, cuda)
    row: Row = {
        "speed": round(speed, 1),
        "tflops": speed * counter.get_total_flops() / batch / 1e12,
    }
    if compiled:
        row["compile_seconds"] = round(first, 1)
    if cuda:
        row["memory_mb"] = round(torch.cuda.max_memory_allocated(compute.device) / 1e6)
    return row


def _seconds(work: Callable[[], Any], cuda: bool) -> float:
    """The mean time of one call, after two that do not count."""
    for _ in range(2):
        work()
    if cuda:
        torch.cuda.synchronize()
    start = time.perf_counter()
    for count in itertools.count(1):
        work()
        if cuda:
            torch.cuda.synchronize()
        passed = time.perf_counter() - start
        if passed >= SECONDS:
            return passed / count
    raise AssertionError


def _matrix_rate(device: str, side: int, dtype: torch.dtype) -> float:
    """TFLOP/s of a product of square matrices."""
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    return 2.0 * side**3 / _seconds(lambda: a @ b, torch.device(device).type == "cuda") / 1e12


def table(part: Row, make: Callable[[list[str], list[list[str]]], str]) -> str:
    """The table of the README."""
    head = ["precision", "layout", "batch", "pictures/s", "of the bf16 matrix rate"]
    memory = any("memory_mb" in row for row in part["rows"])
    rows = []
    for row in part["rows"]:
        said = row.get("trouble") or f"{row['speed']:g}"
        if row["compiled"]:
            after = f" after {row['compile_seconds']:g} s" if "compile_seconds" in row else ""
            said += f" (compiled{after})"
        rows.append(
            [row["precision"], row["layout"], f"{row['batch']:,}", said,
             "" if row["part"] is None else f"{row['part']:.1%}"]
            + ([f"{row['memory_mb']:,}" if "memory_mb" in row else ""] if memory else [])
        )  # fmt: skip
    rate = part["rate"]
    return (
        f"{make(head + (['peak memory, MB'] if memory else []), rows)}\n\n"
        f"On {part['device']}, which multiplies large matrices at {rate['fp32']:.3g} TFLOP/s in "
        f"fp32 and at {rate['bf16']:.3g} in bf16."
    )
