"""Does the app stay small, however long it is used?

Two runs of the app, each with its own process: edits through the named function /edit as a program
calls it (a picture is uploaded and a PNG made each time), and edits by pulling a slider in a real
browser. The resident memory of the process is read on the way.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import Settings, say
from benchmarks.server import App, browser, pull_slider, wait_for_editor

BAR = 1500.0
"""MB after all edits, at most."""
FLAT = 5.0
"""Per cent that the memory may grow between the first fifth of the edits and the last."""


def run_memory(settings: Settings) -> dict[str, Any]:
    """Memory of the app after its start and after 20, 60 and 100 % of the edits, in MB."""
    routes = {"api": _through_api, "browser": _through_browser}
    rows = []
    for route, run in routes.items():
        with App(settings.checkpoints) as app:
            app.wait_for_page()
            rows.append({"route": route, **run(app, settings.edits)})
        marks = rows[-1]["marks"]
        say(f"  {route}: " + ", ".join(f"{mark['mb']:.0f} MB ({mark['edits']})" for mark in marks))
    return {"bar": BAR, "flat": FLAT, "rows": rows}


def _through_api(app: App, edits: int) -> dict[str, Any]:
    from gradio_client import Client, handle_file

    with tempfile.TemporaryDirectory() as folder:
        client = Client(app.address, verbose=False, download_files=folder)
        model = client.predict(api_name="/list_models")[0]
        names = [direction["name"] for direction in model["directions"]]
        drawn = client.predict(count=1, seed=0, model=model["name"], api_name="/sample")
        picture = Path(folder) / "picture.png"
        picture.write_bytes(Path(_path(drawn[0])).read_bytes())
        rng = random.Random(0)

        def edit(number: int) -> None:
            amounts = {name: round(rng.uniform(-3, 3), 1) for name in rng.sample(names, 3)}
            made = client.predict(
                handle_file(str(picture)), amounts, model=model["name"], api_name="/edit"
            )
            Path(_path(made)).unlink()

        return _watch(app, edits, edit)


def _path(file: Any) -> str:
    """Where the client has put a file: a path, or the path of a mapping."""
    return str(file["path"] if isinstance(file, dict) else file)


def _through_browser(app: App, edits: int) -> dict[str, Any]:
    with browser() as chromium:
        page = chromium.new_page()
        page.goto(app.address)
        wait_for_editor(page)
        return _watch(
            app, edits, lambda number: pull_slider(page, 0.1 * (1 + number % 39), number % 20 == 0)
        )


def _watch(app: App, edits: int, edit: Callable[[int], None]) -> dict[str, Any]:
    """Do the edits; memory in MB before the first, at the marks, and how much it grew between."""
    marks = [{"edits": 0, "mb": round(app.memory(), 1)}]
    stops = {max(1, round(edits * part)) for part in (0.2, 0.6, 1.0)}
    for number in range(edits):
        edit(number)
        if number + 1 in stops:
            marks.append({"edits": number + 1, "mb": round(app.memory(), 1)})
    early, last = marks[1]["mb"], marks[-1]["mb"]
    return {"marks": marks, "last_mb": last, "growth": round(100.0 * (last / early - 1.0), 2)}


def table(
    part: dict[str, Any],
    draw: Callable[[Sequence[str], Sequence[Sequence[str]]], str],
    judged: Callable[[float, float, str], str],
) -> str:
    """The table of the README."""
    marks = [mark["edits"] for mark in part["rows"][0]["marks"]]
    head = ["edits through", *(f"after {edits}, MB" for edits in marks), "growth"]
    rows = [
        [row["route"], *(f"{mark['mb']:.0f}" for mark in row["marks"]), f"{row['growth']:+.1f} %"]
        for row in part["rows"]
    ]
    most = round(max(row["last_mb"] for row in part["rows"]))
    growth = max(row["growth"] for row in part["rows"])
    return (
        f"{draw(head, rows)}\n\nGrowth is from {marks[1]} edits to {marks[-1]}. "
        f"At the end: {judged(most, part['bar'], 'MB')} "
        f"Growth: {judged(growth, part['flat'], '%')}"
    )
