"""What the parts share: what was asked for, on which machine, and a path to the repository."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from genimg.errors import GenimgError

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("torch", "gradio", "pythae")


@dataclass(frozen=True)
class Settings:
    """What a person asked the benchmarks for.

    Attributes:
        minutes: training time of each learner; None leaves it to the part.
        learners: which learners train; empty leaves it to the part.
        parallel: learners that train at the same time, each on a core of its own.
        data_root: where Fashion-MNIST lies, as `load_dataset` takes it.
        checkpoints: folder of models for the parts that use a trained one.
        repeats: starts of the app.
        edits: edits of the memory part.
        photos: folder of a base's photographs, the held-out ones among them.
        data: data sets that learners of photographs train on, such as "folder:PATH".
        sizes: sides of their pictures, in pixels; empty leaves them to the part.
        sheets: where sheets of what they draw go; None leaves it to the part.
        files: files in the folder of the folders part.
        count: training pictures of a drawn set; None leaves it to the part.
        checkpoint: a finished model that is measured.
        seed: of the training runs.
    """

    minutes: float | None = None
    learners: tuple[str, ...] = ()
    parallel: int = 1
    data_root: Path | None = None
    checkpoints: Path = ROOT / "checkpoints"
    repeats: int = 3
    edits: int = 500
    files: int = 1000
    photos: Path | None = None
    data: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    sheets: Path | None = None
    count: int | None = None
    checkpoint: Path | None = None
    seed: int = 0


def usable_cores() -> list[int]:
    """The CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def machine() -> dict[str, Any]:
    """Where and when something was measured, and how busy the machine was before it."""
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {
        "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "processor": _processor(),
        "cores": len(usable_cores()),
        "load": load,
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    """The name that the processor gives itself, and the matrix units that matter here."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    flags = set(facts.get("flags", "").split())
    units = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    return (
        f"{facts.get('model name', platform.machine())} ({', '.join(units) or 'no vector units'})"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def run_alone(command: Sequence[str]) -> None:
    """A program to its end, with one thread.

    Raises GenimgError where it fails, with the end of what it said.
    """
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | threads, capture_output=True, text=True
    )
    if done.returncode:
        raise GenimgError(f"a training ended with code {done.returncode}: {done.stderr[-500:]}")


def result_alone(module: str, job: str, out: Path) -> dict[str, Any]:
    """What a module, run as a program, tells in a folder's `result.json` of the job (JSON) that is
    left for it there; one that has been done before is not done again.
    """
    result = out / "result.json"
    if not result.is_file():
        out.mkdir(parents=True, exist_ok=True)
        (out / "job.json").write_text(job, encoding="utf-8")
        run_alone([sys.executable, "-m", module, str(out)])
    facts: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return facts


def say(line: str) -> None:
    """Tell the person who waits."""
    print(line, file=sys.stderr, flush=True)
