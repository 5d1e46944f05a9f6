"""Does a program that asks for very much at once take the frames from somebody who pulls a slider?

    python benchmarks/run.py flood

One person pulls for some seconds, first alone, then while thirty calls of `sample` for 64 pictures
each, from one other address, are being answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from benchmarks.common import Settings, say
from benchmarks.people import spread
from benchmarks.person import API, PATIENCE, Person
from benchmarks.server import App

CALLS, PICTURES = 30, 64
SECONDS = 6.0
PULLING, ASKING = "127.0.0.2", "127.0.0.3"


def run_flood(settings: Settings) -> dict[str, Any]:
    """What the frames take alone and meanwhile, and how the calls ended."""
    with App(settings.checkpoints) as app:
        app.wait_for_page()
        measured = asyncio.run(_measure(app.address))
    for name, row in measured.items():
        say(f"  {name}: {row}")
    return {"calls": CALLS, "pictures": PICTURES, **measured}


async def _measure(address: str) -> dict[str, Any]:
    took: dict[str, list[float]] = defaultdict(list)
    person = Person(address, PULLING, took, 0)
    await person.open()
    await person.example("example 0")
    await person.drag(1.0)  # what is drawn for the first time takes longer
    took.clear()
    await person.drag(SECONDS)
    alone = spread(took.pop("live"))
    begin = time.perf_counter()
    calls = [asyncio.create_task(_call(address, seed)) for seed in range(CALLS)]
    await asyncio.sleep(0.5)
    while not all(call.done() for call in calls):
        await person.drag(1.0)
    seconds = time.perf_counter() - begin
    await person.close()
    return {
        "alone": alone,
        "meanwhile": spread(took["live"]),
        "answers": dict(Counter([await call for call in calls])),
        "seconds": round(seconds, 1),
    }


async def _call(address: str, seed: int) -> str:
    """How one call ended: "complete", or what went wrong."""
    transport = httpx.AsyncHTTPTransport(local_address=ASKING)
    url = f"{address}{API}/call/sample"
    async with httpx.AsyncClient(transport=transport, timeout=10 * PATIENCE) as client:
        joined = await client.post(url, json={"data": [PICTURES, seed]})
        if joined.status_code != 200:
            return str(joined.status_code)
        async with client.stream("GET", f"{url}/{joined.json()['event_id']}") as stream:
            async for line in stream.aiter_lines():
                if line in ("event: complete", "event: error"):
                    return line.removeprefix("event: ")
    return "no end"


def table(
    part: Mapping[str, Any], draw: Callable[[Sequence[str], Sequence[Sequence[str]]], str]
) -> str:
    """The results in Markdown: see tables.py."""
    rows = [
        [name, str(row["count"]), f"{row['p50_ms']:.1f}", f"{row['p95_ms']:.1f}"]
        for name, row in ((name, part[name]) for name in ("alone", "meanwhile"))
    ]
    ended = ", ".join(f"{count} {how}" for how, count in part["answers"].items())
    return (
        f"{draw(['frames', 'count', 'median, ms', '95 %, ms'], rows)}\n\n{part['calls']} calls for "
        f"{part['pictures']} pictures: {ended}, in {part['seconds']:g} s."
    )
