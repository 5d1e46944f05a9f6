"""How closely does a photograph follow a slider, and which arithmetic is quickest here?

    python benchmarks/photographs.py --json

One run: the decoder of the base in float32 and in bfloat16, turn by turn on one thread, at three
sizes; then a drag in a real Chromium at each of them, as live.py measures it. Without a base in the
folder of models there is nothing to measure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a checkout need not be installed

from benchmarks.common import ROOT, Settings, say
from benchmarks.live import OURS, SECONDS, WATCH_OURS, alone_in, drag, open_editor, told
from benchmarks.server import PATIENCE, App, browser
from genimg.errors import GenimgError

if TYPE_CHECKING:
    from playwright.sync_api import Page

BASE = "photo-base"
SIDES = (128, 256, 1024)
"""Pixels."""
BARS_MS = {128: 33.0, 256: 60.0}
"""95 % of the latencies, at each size."""
ROUNDS, WARM_UP = 40, 5


def run_photographs(settings: Settings, seconds: float = SECONDS) -> dict[str, Any]:
    """{side in pixels: decoding in ms, and a drag}. Raises GenimgError where there is no base."""
    path = settings.checkpoints / f"{BASE}.safetensors"
    if not path.is_file():
        raise GenimgError(f"there is no {path}")
    measured: dict[str, Any] = {"decoding": {str(side): decoding(path, side) for side in SIDES}}
    for side, found in measured["decoding"].items():
        say(f"  decoding {side} px: {found}")
    with (
        browser() as chromium,
        alone_in(settings.checkpoints, BASE) as folder,
        App(folder) as app,
        tempfile.TemporaryDirectory() as files,
    ):
        app.wait_for_page()
        page, _ = open_editor(chromium, app)
        for side in SIDES:
            _open(page, _photograph(Path(files), side), side)
            found = drag(page, OURS, WATCH_OURS, app.process_id, seconds)
            measured[str(side)] = {**found, "bar_ms": BARS_MS.get(side)}
            say(f"  a photograph of {side} px: {told(found)}")
        page.close()
    return measured


def table(
    part: Mapping[str, Any], draw: Callable[[Sequence[str], Sequence[Sequence[str]]], str]
) -> str:
    """The results in Markdown: see tables.py."""
    rows = []
    for side, decoder in part["decoding"].items():
        drag = part[side]
        bar = drag["bar_ms"]
        met = "met" if bar and drag["p95_ms"] <= bar else "**missed**"
        rows.append([
            side,
            f"{decoder['float32_median_ms']:.1f}",
            f"{decoder['bfloat16_median_ms']:.1f}",
            f"{drag['median_ms']:.1f}",
            f"{drag['p95_ms']:.1f}" + (f" (bar {bar:g}: {met})" if bar else ""),
            f"{drag['fps']:.1f}",
        ])  # fmt: skip
    head = ["px", "decoding, float32, ms", "bfloat16, ms", "a drag: median, ms", "95 %, ms",
            "frames/s"]  # fmt: skip
    return draw(head, rows)


def decoding(path: Path, side: int) -> dict[str, float]:
    """Milliseconds for one picture in each arithmetic: the median, and what 95 % stay within."""
    import torch

    from genimg.models import load_base

    torch.set_num_threads(1)
    types = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    bases = {name: load_base(path)[0] for name in types}
    channels = bases["float32"].config.latent_channels
    latents = torch.randn(1, channels, side // 8, side // 8)
    took: dict[str, list[float]] = {}
    with torch.inference_mode():
        decoders = {
            name: bases[name].decoder.to(dtype=dtype, memory_format=torch.channels_last)
            for name, dtype in types.items()
        }
        for number in range(WARM_UP + ROUNDS):
            for name, decoder in decoders.items():
                ready = latents.to(types[name]).to(memory_format=torch.channels_last)
                begin = time.perf_counter()
                decoder(ready)
                if number >= WARM_UP:
                    took.setdefault(name, []).append(1000 * (time.perf_counter() - begin))
    found: dict[str, float] = {}
    for name, times in took.items():
        found[f"{name}_median_ms"] = round(statistics.median(times), 2)
        found[f"{name}_p95_ms"] = round(sorted(times)[int(0.95 * len(times))], 2)
    found["ratio"] = round(found["float32_median_ms"] / found["bfloat16_median_ms"], 2)
    return found


def _photograph(folder: Path, side: int) -> Path:
    """A square photograph, from one that a package brings."""
    from genimg.images import encode_png, fit_image, load_image
    from genimg.ui.edit.photographs import photographs

    path = folder / f"{side}.png"
    path.write_bytes(encode_png(fit_image(load_image(photographs()[0]), (3, side, side))))
    return path


def _open(page: Page, path: Path, side: int) -> None:
    """Upload it, and wait until it and the small pictures under the sliders are there."""
    page.set_input_files("#upload input[type=file]", str(path))
    from genimg.ui.shell.static import address

    there = f"""async (side) => {{
      const {{ session }} = await import(new URL('{address("edit/tab.js")}', document.baseURI));
      return session.settled && session.scene.model.shape[0] === side;
    }}"""
    page.wait_for_function(there, arg=side, timeout=1000 * PATIENCE)
    page.wait_for_timeout(3000)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure how closely photographs follow sliders.")
    parser.add_argument("--json", action="store_true", help="the numbers, as the last line")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each drag")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    options = parser.parse_args(arguments)
    measured = run_photographs(Settings(checkpoints=options.checkpoints), options.seconds)
    if options.json:
        print(json.dumps(measured))


if __name__ == "__main__":
    main()
