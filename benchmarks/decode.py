"""How much does the Editor add to the bare network, for one picture?

Both calls run in turn, again and again, in one process with one thread, so that whatever else the
machine does falls on both alike. Medians are compared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import Settings, say
from genimg import Editor
from genimg.editor import list_checkpoints
from genimg.errors import GenimgError
from genimg.images import to_pixels
from genimg.models import load_model

BAR = 1.3
"""`Editor.decode` may take at most this many times the bare call."""
WARM_UP = 20
REPEATS = 400


def run_decode(settings: Settings) -> dict[str, Any]:
    """Latency of `Editor.decode` and `.encode` over the bare network, for every checkpoint."""
    found = list_checkpoints(settings.checkpoints)[0]
    files = [info.path for info in found if info.header.family != "base"]  # see photographs.py
    if not files:
        raise GenimgError(f"there is no model in {settings.checkpoints}; train one or name another")
    torch.set_num_threads(1)
    rows = [_measure(file) for file in files]
    return {
        "bar": BAR,
        "repeats": REPEATS,
        "rows": rows,
        "worst": max(row["decode"]["ratio"] for row in rows),
    }


def _measure(file: Path) -> dict[str, Any]:
    editor = Editor.load(file, device="cpu")
    network, _, _ = load_model(file, "cpu")
    latent = editor.sample(1, seed=0)[0]
    image = editor.decode(latent)[0]
    z = latent.z[None]
    pixels = to_pixels([image])
    with torch.inference_mode():
        decoding = _compare(lambda: editor.decode(latent), lambda: network.decode(z))
        encoding = _compare(lambda: editor.encode(image), lambda: network.encode(pixels))
    row = {
        "model": file.stem,
        "size": editor.image_shape[1],
        "parameters": sum(p.numel() for p in network.parameters()),
        "decode": decoding,
        "encode": encoding,
    }
    say(
        f"  {file.stem}: decode {decoding['editor_ms']:.2f} ms, bare {decoding['bare_ms']:.2f} ms, "
        f"ratio {decoding['ratio']:.2f}; encode {encoding['editor_ms']:.2f} ms"
    )
    return row


def _compare(first: Callable[[], Any], second: Callable[[], Any]) -> dict[str, float]:
    """Median milliseconds of two calls that take turns, and their ratio."""
    for _ in range(WARM_UP):
        first()
        second()
    times: tuple[list[float], list[float]] = ([], [])
    for i in range(REPEATS):
        for which in (0, 1) if i % 2 else (1, 0):  # neither always goes first
            call = (first, second)[which]
            start = time.perf_counter()
            call()
            times[which].append(1000.0 * (time.perf_counter() - start))
    editor, bare = (statistics.median(values) for values in times)
    return {
        "editor_ms": round(editor, 3),
        "bare_ms": round(bare, 3),
        "ratio": round(editor / bare, 3),
    }
