"""How fast are portraits drawn? Seconds of one core for a picture, at several sizes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.common import Settings, say
from genimg.data.drawn.portraits.person import draw_person
from genimg.data.drawn.portraits.scene import draw_portrait

BAR = 0.1
"""Seconds of a core for a picture of 128 pixels, at most."""
SIZES = (64, 128, 256)
PICTURES = 40


def run_portraits(settings: Settings) -> dict[str, Any]:
    """Mean seconds of a core for a picture, by size; the first of each size is not counted."""
    rows = []
    for size in SIZES:
        spent = []
        for number in range(PICTURES + 1):
            started = time.process_time()
            draw_portrait(draw_person(number, settings.seed), size)
            spent.append(time.process_time() - started)
        seconds = statistics.fmean(spent[1:])
        rows.append({"size": size, "seconds": round(seconds, 4)})
        say(f"  {size} pixels: {seconds:.3f} s, {1 / seconds:.1f} pictures a second")
    return {"bar": BAR, "pictures": PICTURES, "rows": rows}


def table(
    part: dict[str, Any], lay_out: Callable[..., str], judged: Callable[[float, float, str], str]
) -> str:
    """The table of the README."""
    rows = [
        [f"{row['size']} px", f"{row['seconds']:.3f}", f"{1 / row['seconds']:.1f}"]
        for row in part["rows"]
    ]
    [middle] = [row["seconds"] for row in part["rows"] if row["size"] == 128]
    drawn = lay_out(["size", "seconds of a core", "pictures a second"], rows)
    return f"{drawn}\n\nMeans of {part['pictures']} pictures. {judged(middle, part['bar'], 's')}"
