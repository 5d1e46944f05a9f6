"""Does the app hold when many people use it at once, and is it as before when they have left?

    python benchmarks/people.py --people 50 --minutes 3

Each of them comes from an address of their own (127.0.0.2 and on, which Linux has), opens the page,
opens a picture of theirs or an example, pulls sliders 20 times with pauses between, lets 16
pictures be generated, and saves. They do what the page does (see person.py), without its browser:
fifty of those would need the whole machine. The last line is what was measured, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a checkout need not be installed

from benchmarks.common import ROOT, Settings, machine, say
from benchmarks.person import Person, Unanswered
from benchmarks.server import App

PEOPLE, MINUTES = 50, 3.0
DRAGS, DRAG_SECONDS, GENERATED = 20, 0.6, 16
BARS = {"live_p95_ms": 200.0, "strips_p95_s": 2.0, "growth_mb": 100.0}
"""Growth is of memory, from when people of a first round have left to when the measured have."""
FIRST_ROUND = 30.0
"""Seconds of that round, which is not measured."""
ARRIVING = 0.15
"""The share of the time within which all have come."""
REST_SECONDS = 20.0
"""After all have left, before it is looked at what stayed behind."""
PHOTO = 1024
"""Pixels of the side of a picture that is uploaded."""
_FAILURES = (Unanswered, httpx.HTTPError, websockets.WebSocketException, TimeoutError, OSError)


def run_people(
    settings: Settings, people: int = PEOPLE, minutes: float | None = None, one: bool = False
) -> dict[str, Any]:
    """What people met with, and what is left of them.

    Args:
        one: they all come from one address, as a class behind one router does.
    """
    seconds = 60.0 * (minutes or MINUTES)
    with (
        tempfile.TemporaryDirectory() as temporary,
        App(settings.checkpoints, TMPDIR=temporary) as app,
    ):
        app.wait_for_page()
        photos = _photos(app, settings, people)
        asyncio.run(_visit(app, photos[:1], 1, 20.0, one))  # what is loaded once for all
        fresh = app.memory()
        # Threads that were needed once stay, with what they hold.
        asyncio.run(_visit(app, photos, people, FIRST_ROUND, one))
        before = {"fresh_mb": round(fresh), **_left_behind(app, Path(temporary))}
        say(f"  before: {before}")
        watching = _Watch(app)
        took, errors, frozen = asyncio.run(_visit(app, photos, people, seconds, one, watching))
        during = {"mb": round(max(watching.memory)), **_files(Path(temporary))}
        time.sleep(REST_SECONDS)
        after = _left_behind(app, Path(temporary))
        said = len(app.log())
    acts = {act: spread(spans) for act, spans in sorted(took.items())}
    for act, row in acts.items():
        say(f"  {act}: {row}")
    say(f"  errors: {dict(errors) or 'none'}; after: {after}")
    return {
        "people": people,
        "minutes": seconds / 60,
        "addresses": 1 if one else people,
        "bars": BARS,
        "errors": dict(errors),
        "acts": acts,
        "before": before,
        "during": during,
        "after": after,
        "growth_mb": after["mb"] - before["mb"],
        "client_late_ms": round(1000 * frozen),
        "log_bytes": said,
    }


Took = dict[str, list[float]]


async def _visit(
    app: App,
    photos: Sequence[bytes],
    people: int,
    seconds: float,
    one: bool,
    watching: _Watch | None = None,
) -> tuple[Took, Counter[str], float]:
    """What the acts took, what went wrong, and how late this program was itself at its worst."""
    took: Took = defaultdict(list)
    errors: Counter[str] = Counter()
    late = [0.0]

    async def watch() -> None:
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(0.5)
            late.append(time.perf_counter() - begin - 0.5)
            if watching is not None:
                watching.look()

    async def person(number: int) -> None:
        address = "127.0.0.1" if one else f"127.0.{number // 250}.{2 + number % 250}"
        somebody = Person(app.address, address, took, number)
        await asyncio.sleep(seconds * ARRIVING * number / people)
        deadline = time.perf_counter() + seconds * (1 - ARRIVING)
        try:
            try:
                await _use(somebody, photos[number % len(photos)], number, deadline)
            finally:
                await somebody.close()
        except _FAILURES as error:
            errors[f"{type(error).__name__}: {str(error)[:150]}"] += 1

    watcher = asyncio.create_task(watch())
    await asyncio.gather(*(person(number) for number in range(people)))
    watcher.cancel()
    return took, errors, max(late)


async def _use(person: Person, photo: bytes, number: int, deadline: float) -> None:
    """All that one person does, spread over the time that they have."""
    await person.open()
    if number % 2:
        await person.example(f"example {number % 3}")
    else:
        await person.upload("photo.jpg", photo)
    for drag in range(DRAGS):
        left = max(0.0, deadline - time.perf_counter()) / (DRAGS - drag + 2)
        await asyncio.sleep(person.rng.uniform(0.5, 1.5) * max(0.0, left - DRAG_SECONDS))
        await person.drag(DRAG_SECONDS)
        if drag == DRAGS // 2:
            await person.generate(GENERATED)
    await person.save()


class _Watch:
    """The memory of the app while it is used."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.memory = [app.memory()]

    def look(self) -> None:
        self.memory.append(self._app.memory())


def _photos(app: App, settings: Settings, people: int) -> list[bytes]:
    """Pictures as the first model draws them, as large as a photo, each another file."""
    from PIL import Image

    from genimg.editor import Editor, list_checkpoints

    [first, *_] = list_checkpoints(settings.checkpoints)[0]
    editor = Editor.load(first.path)
    made = []
    for image in editor.decode(*editor.sample(people, seed=100)):
        large = image.resize((PHOTO, PHOTO), Image.Resampling.BICUBIC)
        noise = Image.frombytes("L", (PHOTO, PHOTO), random.Random(len(made)).randbytes(PHOTO**2))
        file = io.BytesIO()
        Image.blend(large.convert("RGB"), noise.convert("RGB"), 0.03).save(file, "JPEG", quality=90)
        made.append(file.getvalue())
    return made


def _left_behind(app: App, folder: Path) -> dict[str, int]:
    return {"mb": round(app.memory()), **_files(folder)}


def _files(folder: Path) -> dict[str, int]:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return {"files": len(sizes), "files_kb": round(sum(sizes) / 1000)}


def spread(spans: Sequence[float]) -> dict[str, float]:
    """How many there are, and their median, 95 % and longest, from seconds to milliseconds."""
    ordered = sorted(spans)
    return {
        "count": len(ordered),
        "p50_ms": round(1000 * statistics.median(ordered), 1),
        "p95_ms": round(1000 * ordered[math.ceil(0.95 * len(ordered)) - 1], 1),
        "max_ms": round(1000 * ordered[-1], 1),
    }


def table(
    part: Mapping[str, Any],
    draw: Callable[[Sequence[str], Sequence[Sequence[str]]], str],
    judged: Callable[[float, float, str], str],
) -> str:
    """The results in Markdown: see tables.py."""
    rows = [
        [act, str(row["count"]), f"{row['p50_ms']:.0f}", f"{row['p95_ms']:.0f}"]
        for act, row in part["acts"].items()
    ]
    acts, bars = part["acts"], part["bars"]
    before, after = part["before"], part["after"]
    live = judged(acts["live"]["p95_ms"], bars["live_p95_ms"], "ms")
    strips = judged(acts["strips"]["p95_ms"] / 1000, bars["strips_p95_s"], "s")
    return (
        f"{draw(['act', 'times', 'median, ms', '95 %, ms'], rows)}\n\n"
        f"{part['people']} people in {part['minutes']:g} minutes, errors: "
        f"{sum(part['errors'].values())}. 95 % of the live frames: {live} Of the small pictures: "
        f"{strips} Memory of the fresh app: {before['fresh_mb']} MB; after a first round, "
        f"which is not measured: {before['mb']} MB; at most, and after all have left: "
        f"{part['during']['mb']} and {after['mb']} MB; temporary files before and after: "
        f"{before['files']} and {after['files']} ({after['files_kb']} kB; uploads stay an hour)."
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Let many people use the app at once.")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--one-address", action="store_true", help="all come from 127.0.0.1")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    options = parser.parse_args(arguments)
    where = machine()
    settings = Settings(checkpoints=options.checkpoints)
    measured = run_people(settings, options.people, options.minutes, options.one_address)
    print(json.dumps({"machine": where, **measured}))


if __name__ == "__main__":
    main()
