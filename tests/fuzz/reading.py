"""Read bad files in a process of little memory, and say what each of them did: a third of them, or
all with GENIMG_LONG=1.

    python -m tests.fuzz.reading FOLDER  ->  a line of JSON for each kind of file

A file may be read well or be refused with a `GenimgError` that has a sentence. Everything else is a
finding: another exception, more memory than is there, more time than a file may take, a file that
is another one afterwards.
"""

from __future__ import annotations

import json
import math
import os
import random
import resource
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import torch

from genimg.errors import GenimgError

from . import subjects

MEMORY = 1_500_000_000
"""Bytes of address space beyond what Python and torch have taken before the first file."""
SEED = 20260
SHARE = 1.0 if os.environ.get("GENIMG_LONG") == "1" else 1 / 3

Read = Callable[[Path], object]


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # Pillow says of many of these that they are odd
    made = subjects.subjects(folder)
    limit_memory()
    for kind, count, suffix, mutate, read in made:
        print(
            json.dumps(_kind(folder, kind, math.ceil(SHARE * count), suffix, mutate, read)),
            flush=True,
        )


def limit_memory() -> None:
    """Let this process have no more than MEMORY from here on."""
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))


def _kind(
    folder: Path,
    kind: str,
    count: int,
    suffix: str,
    mutate: Callable[[random.Random], bytes],
    read: Read,
) -> dict[str, Any]:
    rng = random.Random(f"{SEED} {kind}")
    outcomes: Counter[str] = Counter()
    findings: list[str] = []
    slowest = 0.0
    began = time.monotonic()
    for number in range(count):
        path = folder / f"{kind}-{number}{suffix}"
        data = mutate(rng)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        start = time.process_time()
        outcome, problem = _outcome(read, path)
        slowest = max(slowest, time.process_time() - start)
        outcomes[outcome] += 1
        if path.read_bytes() != data:
            problem += "; the file was changed"
        if problem:
            findings.append(f"{path.name}: {problem}")
        else:
            path.unlink()
        if any(_left_behind(path)):
            findings.append(f"{path.name}: other files were left")
    return {
        "kind": kind, "count": count, "outcomes": dict(outcomes), "findings": findings[:10],
        "slowest": round(slowest, 2), "seconds": round(time.monotonic() - began, 2),
    }  # fmt: skip


def _left_behind(path: Path) -> Iterator[Path]:
    return (p for p in path.parent.iterdir() if p.name.startswith("."))


def _outcome(read: Read, path: Path) -> tuple[str, str]:
    """("read", ""), ("refused", ""), or what went wrong."""
    try:
        read(path)
    except GenimgError as error:
        words = str(error)
        if len(words) < 10 or len(words) > 2000 or "\x1b" in words:
            return "badly refused", f"it says {words[:200]!r}"
        return "refused", ""
    except Exception:
        return "broken", traceback.format_exc(limit=-4)
    return "read", ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
