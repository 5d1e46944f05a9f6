"""How closely does a picture follow a slider where a model stands on the base, by its size?

The drag of live.py in genimg's Edit tab alone, with fruit-128 and with a model of 256 pixels whose
weights on the base are as they come: how long a picture takes does not hang on what was learned.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import Settings, machine, say
from benchmarks.live import OURS, SECONDS, WATCH_OURS, alone_in, drag, open_editor, told
from benchmarks.server import App, browser
from genimg.errors import GenimgError
from genimg.latents import Direction, directions_to_header
from genimg.models import build_model, find_base, load_base, model_digest, round_weights, save_model

TRAINED, UNTRAINED = "fruit-128", "untrained-256"
BARS_MS = {128: 33.0, 256: 60.0}
"""95 % of the latencies, by the side in pixels."""


def run_live_sizes(settings: Settings, seconds: float = SECONDS) -> dict[str, Any]:
    """A row for each size: latency in ms, frames a second, processor time of the server."""
    if not (settings.checkpoints / f"{TRAINED}.safetensors").is_file():
        raise GenimgError(f"this part needs {settings.checkpoints / TRAINED}.safetensors")
    rows = []
    with tempfile.TemporaryDirectory() as made, browser() as chromium:
        save_untrained(Path(made))
        for side, folder, name in (
            (128, settings.checkpoints, TRAINED),
            (256, Path(made), UNTRAINED),
        ):
            with alone_in(folder, name) as alone, App(alone) as app:
                app.wait_for_page()
                page, direction = open_editor(chromium, app)
                load = machine()["load"]
                measured = drag(page, OURS, WATCH_OURS, app.process_id, seconds)
                page.close()
            say(f"  {side} px: {told(measured)}")
            about = {"size": side, "model": name, "direction": direction, "load": load}
            rows.append({**about, "bar_ms": BARS_MS[side], **measured})
    return {"rows": rows, "seconds": seconds}


def save_untrained(folder: Path) -> None:
    """Write UNTRAINED, a model of 256 pixels on the base with one slider."""
    model = build_model("vae", (3, 256, 256), "photo", None, 0)
    model.base.load_state_dict(load_base(find_base())[0].state_dict())
    round_weights(model, "vae")  # to what the file holds
    first = torch.eye(model.config.latent_dim)[0]
    slider = Direction("first number", first, 1.0, "measured", 0.0, model_digest(model))
    rows, tensors = directions_to_header([slider])
    path = folder / f"{UNTRAINED}.safetensors"
    save_model(path, model, "vae", name=UNTRAINED, extra={"directions": rows}, tensors=tensors)


def table(
    part: Mapping[str, Any],
    lay_out: Callable[..., str],
    judged: Callable[[float, float, str], str],
) -> str:
    """The table of the README."""
    head = ["size", "model", "latency, median ms", "95 %, ms", "frames/s", "frames an input event",
            "server, ms a frame", "load before"]  # fmt: skip
    rows = [
        [
            f"{row['size']} px",
            row["model"],
            f"{row['median_ms']:.1f}",
            f"{row['p95_ms']:.1f}",
            f"{row['fps']:.1f}",
            f"{row['frames_per_event']:.2f}",
            f"{row['server_ms']:.1f}",
            str(row["load"]),
        ]
        for row in part["rows"]
    ]
    verdicts = [
        f"95 % at {row['size']} px: {judged(row['p95_ms'], row['bar_ms'], 'ms')}"
        for row in part["rows"]
    ]
    return f"{lay_out(head, rows)}\n\n{part['seconds']:g} s of each drag. {' '.join(verdicts)}"
