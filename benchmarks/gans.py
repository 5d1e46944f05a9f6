"""Generators in equal minutes: which one draws what, judged by the same classifier, and how fast?

Each learner is the real command `python -m genimg train gan ...` in a process of its own with one
thread. Its run stays in runs/bench, so that a benchmark that was stopped goes on where it was.
"""

from __future__ import annotations

import base64
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import ROOT, Settings, say, usable_cores
from genimg import Editor
from genimg.checkpoint import read_header
from genimg.data import Dataset, load_dataset
from genimg.errors import GenimgError
from genimg.evaluation.classifier import Judge
from genimg.evaluation.recognition import Reference, evaluate_recognised, look_at_reals
from genimg.files import write_atomically
from genimg.models import build_model, load_classifier, load_model
from genimg.training import OBJECTIVES, TrainOptions
from genimg.training.loop.step import take_step
from genimg.training.pictures.batches import Batch
from genimg.training.planning.compute import Compute

STANDARD_MINUTES = 10.0
FIXED = ("--threads", "1", "--precision", "bf16", "--layout", "channels_last", "--batch-size", "32")
"""Arithmetic is fixed, so that no learner is unlucky when it is chosen by timing."""


@dataclass(frozen=True)
class _Set:
    data: str
    size: int
    vae: str
    classifier: str
    gan: str
    learners: tuple[str, ...]


SETS = (
    _Set(
        "cats", 64, "cats-64-vae", "cats-64-classifier", "cats-64-gan",
        ("style-warm", "plain-warm", "style", "plain", "dcgan"),
    ),
    _Set(
        "fashion-mnist", 32, "fashion-32-vae", "fashion-32-classifier", "fashion-32-gan",
        ("style-warm", "style", "plain", "dcgan", "conv-gan"),
    ),
)  # fmt: skip
KEPT = (
    "fd", "fd_std", "fd_floor", "kid", "precision", "recall", "density", "coverage",
    "coverage_floor", "recognised", "recognised_floor",
)  # fmt: skip


def run_gans(settings: Settings) -> dict[str, Any]:
    """Style against plain, warm against scratch, DCGAN, and the VAE's prior, one table a set."""
    minutes = settings.minutes or STANDARD_MINUTES
    found: dict[str, Any] = {}
    jobs = [
        (chosen, learner)
        for chosen in SETS
        for learner in chosen.learners
        if not settings.learners or learner in settings.learners
    ]
    _train_all(jobs, minutes, settings)
    for chosen in SETS:
        dataset = load_dataset(chosen.data, size=chosen.size, root=settings.data_root)
        judge = Judge(*load_classifier(_checkpoint(settings, chosen.classifier)))
        reals = look_at_reals(dataset, judge)
        rows = []
        vae = _checkpoint(settings, chosen.vae)
        rows.append({"learner": "VAE's prior", **_judged(vae, dataset, judge, reals)})
        for other, learner in jobs:
            if other == chosen:
                model = _out(chosen, learner, minutes, settings.seed) / "model.safetensors"
                rows.append({"learner": learner, **_judged(model, dataset, judge, reals)})
        shipped = settings.checkpoints / f"{chosen.gan}.safetensors"
        if shipped.is_file():
            rows.append(
                {"learner": f"shipped {chosen.gan}", **_judged(shipped, dataset, judge, reals)}
            )
            sheet = base64.b64decode(read_header(shipped).sheet)
            write_atomically(ROOT / "benchmarks" / "sheets" / f"{chosen.gan}.webp", sheet)
        found[f"{chosen.data}-{chosen.size}"] = {"rows": rows}
    return {"minutes": minutes, "parallel": settings.parallel, "sets": found}


def _checkpoint(settings: Settings, name: str) -> Path:
    path = settings.checkpoints / f"{name}.safetensors"
    if not path.is_file():
        raise GenimgError(f"this needs {path}")
    return path


def _out(chosen: _Set, learner: str, minutes: float, seed: int) -> Path:
    return ROOT / "runs" / "bench" / f"{chosen.data}-{chosen.size}-{learner}-{minutes:g}m-{seed}"


def _train_all(jobs: list[tuple[_Set, str]], minutes: float, settings: Settings) -> None:
    """Run all jobs, `settings.parallel` at a time, each pinned to a core of its own."""
    cores = usable_cores()
    waiting, running = list(jobs), dict[int, subprocess.Popen[bytes]]()
    while waiting or running:
        for core in cores[: settings.parallel]:
            if core not in running and waiting:
                chosen, learner = waiting.pop(0)
                say(f"  {chosen.data}: {learner}, {minutes:g} minutes on core {core}")
                running[core] = _start(chosen, learner, minutes, settings, core)
        for core, process in list(running.items()):
            if process.poll() is not None:
                if process.returncode:
                    raise GenimgError(f"a training ended with code {process.returncode}")
                del running[core]
        time.sleep(1.0)


def _start(
    chosen: _Set, learner: str, minutes: float, settings: Settings, core: int
) -> subprocess.Popen[bytes]:
    preset, _, start = learner.partition("-")
    preset = "conv-gan" if learner == "conv-gan" else preset
    command = [
        sys.executable, "-m", "genimg", "train", "gan", "--data", chosen.data,
        "--size", str(chosen.size), "--preset", preset, "--minutes", f"{minutes:g}",
        "--seed", str(settings.seed), *FIXED,
        "--out", str(_out(chosen, learner, minutes, settings.seed)),
    ]  # fmt: skip
    if start == "warm":
        command += ["--init-from", str(_checkpoint(settings, chosen.vae))]
    if settings.data_root is not None:
        command += ["--data-root", str(settings.data_root)]
    pinned = (lambda: os.sched_setaffinity(0, {core})) if settings.parallel > 1 else None
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=pinned,
    )


def _judged(path: Path, dataset: Dataset, judge: Judge, reals: Reference) -> dict[str, Any]:
    model, header, _ = load_model(path)
    say(f"  judging {path.parent.name}/{path.name}")
    found = evaluate_recognised(model, dataset, judge, reference=reals)
    missing = {name: seen["missing"] for name, seen in found["factors"].items() if seen["missing"]}
    return {
        "images": header.trained["images"],
        "minutes": header.trained["minutes"],
        "parameters": sum(p.numel() for p in model.parameters()),
        "count": found["count"],
        "seeds": found["seeds"],
        "judge": found["features"],
        **{name: found[name] for name in KEPT},
        "missing": missing,
        "memorisation": found["memorisation"],
    }


# -- speed


def run_gan_speed(settings: Settings) -> dict[str, Any]:
    """Training pictures/s and samples/s at 64 px, genimg's style generator against dcgan."""
    torch.set_num_threads(1)
    dataset = load_dataset("cats", size=64, root=settings.data_root)
    steps = {preset: _step(preset, dataset) for preset in ("style", "dcgan")}
    drawing = {preset: _drawing(preset) for preset in ("style", "dcgan")}
    training = {k: 32 / v for k, v in _medians(steps, 12).items()}
    sampling = {k: 64 / v for k, v in _medians(drawing, 12).items()}
    found: dict[str, Any] = {
        "training": {k: round(v, 1) for k, v in training.items()},
        "training_ratio": round(training["style"] / training["dcgan"], 2),
        "sampling": {k: round(v, 1) for k, v in sampling.items()},
        "sampling_ratio": round(sampling["style"] / sampling["dcgan"], 2),
    }
    shipped = settings.checkpoints / "cats-64-gan.safetensors"
    if shipped.is_file():
        threads = len(usable_cores())
        torch.set_num_threads(threads)
        editor = Editor.load(shipped, device="cpu")
        times = _medians({"grid": lambda: editor.decode(*editor.sample(64, seed=0))}, 12)
        found["grid"] = {"seconds": round(times["grid"], 3), "bar": 0.3, "threads": threads}
    return found


def _step(preset: str, dataset: Dataset) -> Callable[[], object]:
    options = TrainOptions(family="gan", data="cats", size=64, preset=preset)
    compute = Compute(precision="bf16", layout="channels_last")
    objective_of = OBJECTIVES["gan"]
    model = objective_of.start(options, dataset, None).to(memory_format=torch.channels_last)
    objective = objective_of(model, options, compute)
    objective.schedule(0.5, 10**9)
    labels = dataset.labels
    assert labels is not None
    pixels = torch.rand(32, 3, 64, 64).to(memory_format=torch.channels_last) * 2 - 1
    batch = Batch(pixels, torch.from_numpy(labels[:32].copy()))
    rng = torch.Generator().manual_seed(0)
    return lambda: take_step(objective, batch, rng)


def _drawing(preset: str) -> Callable[[], object]:
    model: Any = build_model("gan", (3, 64, 64), preset, seed=0)
    model = model.to(memory_format=torch.channels_last)

    def draw() -> None:
        with torch.inference_mode():
            model.decode(model.sample_prior(64, torch.Generator().manual_seed(0)))

    return draw


def _medians(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of calls that take turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for i in range(repeats + 2):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if i >= 2:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}
