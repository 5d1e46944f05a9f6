"""What does the training loop cost: its pictures a second against those of the bare network.

"Bare" is one real step (forward, loss, backward, clipping, Adam) again and again on one batch that
lies ready. The loop around the same network does all the rest as well: batches from the data set,
the moving average, checks, validations, sample sheets, the state on the disk, what it tells. Both
run in turns in one process, the bare one before and after each loop, so that they share the
machine's moods.
"""

from __future__ import annotations

import copy
import itertools
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import Settings, say
from genimg.data import Dataset, load_dataset
from genimg.models import build_model
from genimg.training import TrainOptions
from genimg.training.loop.state import RunFolder
from genimg.training.loop.step import take_step
from genimg.training.loop.trainer import Trainer
from genimg.training.objectives.vae import VAEObjective
from genimg.training.pictures.batches import Batches
from genimg.training.planning.compute import Compute

TURNS, BARE_SECONDS, LOOP_SECONDS = 2, 30.0, 120.0
"""The loop's turn is a whole short run with the usual options: its first minute, with many sheets
and validations close to each other, is the costliest.
"""
SETS = {"cats": 64, "fashion-mnist": 32}
BATCH = 32
COMPUTE = Compute("cpu", "bf16", "channels_last", 1)


def run_overhead(settings: Settings) -> dict[str, Any]:
    """The loop's speed as a part of the bare network's, cats at 64 px, Fashion-MNIST at 32 px."""
    torch.set_num_threads(1)
    rows = []
    for data, size in SETS.items():
        row = _measure(data, size, settings)
        rows.append(row)
        say(f"  {data}: bare {row['bare']:.1f}, in the loop {row['loop']:.1f} ({row['ratio']:.3f})")
    return {
        "turns": TURNS,
        "bare_seconds": BARE_SECONDS,
        "loop_seconds": LOOP_SECONDS,
        "batch_size": BATCH,
        "rows": rows,
    }


def _measure(data: str, size: int, settings: Settings) -> dict[str, Any]:
    dataset = load_dataset(data, size=size, root=settings.data_root)
    model = build_model("vae", dataset.image_shape, seed=settings.seed)
    options = TrainOptions(
        data=data, size=size, minutes=LOOP_SECONDS / 60, batch_size=BATCH, device="cpu"
    )
    bare, loop = [_bare(copy.deepcopy(model), options, Batches(dataset, BATCH, 0))], []
    for _ in range(TURNS):
        loop.append(_loop(copy.deepcopy(model), options, dataset))
        bare.append(_bare(copy.deepcopy(model), options, Batches(dataset, BATCH, 0)))
    around = [(before + after) / 2 for before, after in itertools.pairwise(bare)]
    ratios = [there / alone for alone, there in zip(around, loop, strict=True)]
    return {
        "data": data,
        "size": size,
        "bare": round(statistics.median(bare), 1),
        "loop": round(statistics.median(loop), 1),
        "ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
    }


def _bare(model: Any, options: TrainOptions, batches: Batches) -> float:
    objective = VAEObjective(_placed(model), options, COMPUTE)
    rng = torch.Generator().manual_seed(0)
    batch = batches.next(rng)
    batch = batch._replace(pixels=COMPUTE.place(batch.pixels))
    objective.schedule(0.5, 10**6)
    take_step(objective, batch, rng)
    start = time.perf_counter()
    for count in itertools.count(1):
        take_step(objective, batch, rng)
        seconds = time.perf_counter() - start
        if seconds >= BARE_SECONDS:
            return count * BATCH / seconds
    raise AssertionError


def _loop(model: Any, options: TrainOptions, dataset: Dataset) -> float:
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "run")
        objective = VAEObjective(_placed(model), options, COMPUTE)
        trainer = Trainer(objective, dataset, options, folder, BATCH)
        with folder.locked():
            trainer.run(lambda: folder.save_state(trainer.state_dict()), lambda line: None)
        return trainer.clock.images / trainer.clock.seconds


def _placed(model: Any) -> Any:
    return model.to(memory_format=COMPUTE.memory_format)
