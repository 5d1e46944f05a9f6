"""Equal minutes: which learner reaches what on the same pictures, and how fast is it?

Each learner is a process of its own with one thread. One after another by default; with
`parallel=2` two at a time, each pinned to a core of its own, so that all carry the same load.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, Settings, say, usable_cores
from benchmarks.pictures import NAME as FOLDER
from benchmarks.pictures import folder_of_pictures
from genimg.data import load_dataset
from genimg.errors import GenimgError

LATENTS = {("cats", 64): 64, ("fashion-mnist", 32): 32, (FOLDER, 64): 64}
"""The data sets and their sizes -> latent dimensions, on both sides."""

STANDARD = (
    "residual", "residual-24", "plain", "dense",
    "pythae-resnet", "pythae-conv", "pythae-resnet-bce", "burgess",
)  # fmt: skip
PAIR = ("residual", "pythae-resnet")
STANDARD_MINUTES = 3.0
PAIR_MINUTES = 15.0

Rows = list[dict[str, Any]]


def run_training(settings: Settings) -> dict[str, Any]:
    """genimg's presets, pythae's VAE and Burgess's: cats at 64 px, Fashion-MNIST at 32 px, and a
    folder of 300 pictures at 64 px.
    """
    return _compare(settings, list(LATENTS), STANDARD, STANDARD_MINUTES)


def run_fashion_pair(settings: Settings) -> dict[str, Any]:
    """genimg's standard model and pythae's VAE on Fashion-MNIST, for longer."""
    return _compare(settings, [("fashion-mnist", 32)], PAIR, PAIR_MINUTES)


def _compare(
    settings: Settings, sets: list[tuple[str, int]], learners: tuple[str, ...], minutes: float
) -> dict[str, Any]:
    from benchmarks.learners import LEARNERS, Job

    learners = settings.learners or learners
    if unknown := sorted(set(learners) - set(LEARNERS)):
        raise GenimgError(f"unknown learners {', '.join(unknown)}; choose {', '.join(LEARNERS)}")
    paths = {FOLDER: f"folder:{folder_of_pictures()}"}
    root = None if settings.data_root is None else str(settings.data_root)
    for data, size in sets:
        load_dataset(paths.get(data, data), size=size, root=root)  # prepared before any clock runs
    jobs = [
        Job(
            learner=learner,
            data=paths.get(data, data),
            size=size,
            latent_dim=LATENTS[data, size],
            minutes=settings.minutes or minutes,
            seed=settings.seed,
            data_root=root,
        )
        for data, size in sets
        for learner in learners
    ]
    results = _run_all(jobs, settings.parallel)
    each = len(learners)
    return {
        "minutes": jobs[0].minutes,
        "parallel": settings.parallel,
        "batch_size": jobs[0].batch_size,
        "pictures": jobs[0].pictures,
        "sets": {
            f"{data}-{size}": {
                "latent_dim": LATENTS[data, size],
                **_with_ratios(results[each * i : each * (i + 1)]),
            }
            for i, (data, size) in enumerate(sets)
        },
    }


def _with_ratios(rows: Rows) -> dict[str, Any]:
    """The rows, and each beside the row of pythae's that reached the highest PSNR."""
    others = [row for row in rows if row["learner"].startswith("pythae")]
    if not others:
        return {"rows": rows}
    best = max(others, key=lambda row: row["psnr"])
    for row in rows:
        row["speed_ratio"] = round(row["speed"] / best["speed"], 2)
        row["psnr_gain"] = round(row["psnr"] - best["psnr"], 2)
    return {"reference": best["learner"], "rows": rows}


def _run_all(jobs: list[Any], parallel: int) -> Rows:
    """The results of all jobs, in order.

    With two at a time, an odd last one runs beside a copy of itself, whose result is not used.
    """
    cores = usable_cores()
    if not 1 <= parallel <= len(cores):
        raise GenimgError(f"--parallel {parallel} needs as many cores; there are {len(cores)}")
    results: Rows = []
    for start in range(0, len(jobs), parallel):
        group = jobs[start : start + parallel]
        count = len(group)
        group += [group[-1]] * (parallel - count)
        if parallel > 1:
            group = [replace(job, core=core) for job, core in zip(group, cores, strict=False)]
        for job in group[:count]:
            say(f"  {job.data}-{job.size}, {job.learner}: training for {job.minutes:g} minutes")
        results += _run_together(group)[:count]
        for row in results[-count:]:
            say(
                f"    {row['learner']}: {row['speed']:.1f} pictures/s, {row['images']:,} pictures, "
                f"PSNR {row['psnr']:.2f} dB, SSIM {row['ssim']:.3f}"
            )
    return results


def _run_together(group: list[Any]) -> Rows:
    """Start one process a job, wait for all, read their results."""
    from benchmarks.learners import job_to_json

    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for i, job in enumerate(group):
            place = Path(folder) / str(i)
            place.mkdir()
            (place / "job.json").write_text(job_to_json(job), encoding="utf-8")
            with (place / "log").open("w", encoding="utf-8") as log:
                running.append(
                    subprocess.Popen(
                        [
                            sys.executable,
                            "-m",
                            "benchmarks.learners",
                            str(place / "job.json"),
                            str(place / "result.json"),
                        ],
                        cwd=ROOT,
                        env=os.environ | threads,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                    )
                )
        try:
            for process in running:
                process.wait()
        finally:
            for process in running:
                process.kill()
                process.wait()
        return [_result(Path(folder) / str(i), job) for i, job in enumerate(group)]


def _result(place: Path, job: Any) -> dict[str, Any]:
    file = place / "result.json"
    if not file.is_file():
        tail = (place / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise GenimgError(f"{job.learner} on {job.data} failed:\n{tail}")
    row: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return row
