"""People who pull sliders without a browser: sockets that keep to the protocol of ui/edit/live.py.

    python -m benchmarks.drags --url ws://127.0.0.1:7860/genimg/live --seconds 6 < recipes.json

Its input is {"recipes": [text, ...], "name": direction}: one person for each recipe. Each of them
says a new value 60 times a second, as a drag does at the rate of a display, and keeps one question
on its way, as the page does. What they got is the last line, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import struct
import sys
import time

from websockets.asyncio.client import connect

RATE = 60.0
WARM_UP = 1.0
"""Seconds that do not count."""


async def person(url: str, recipe: str, name: str, seconds: float, delay: float) -> list[float]:
    """Seconds from each value to its frame, for those that were answered."""
    asked: dict[int, float] = {}
    took: list[float] = []
    begin = time.perf_counter() + WARM_UP
    async with connect(url, compression=None) as socket:
        await socket.send(json.dumps({"scene": 1, "recipe": recipe, "names": [name], "raw": True}))
        waiting: list[tuple[int, float]] = []

        async def ask() -> None:
            if waiting and not asked:
                seq, said = waiting.pop()
                asked[seq] = said
                value = (seq % 81) / 10 - 4
                await socket.send(struct.pack("<IIf", seq, 1, value))

        async def listen() -> None:
            async for data in socket:
                assert isinstance(data, bytes), data
                [seq] = struct.unpack_from("<I", data)
                now = time.perf_counter()
                if asked[seq] >= begin:
                    took.append(now - asked[seq])
                asked.clear()
                await ask()

        listener = asyncio.create_task(listen())
        await asyncio.sleep(delay)
        start = time.perf_counter()
        for seq in range(1, round((seconds + WARM_UP) * RATE)):
            waiting[:] = [(seq, time.perf_counter())]
            await ask()
            await asyncio.sleep(max(0.0, start + seq / RATE - time.perf_counter()))
        if listener.done():
            listener.result()
        listener.cancel()
    return took


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    told = json.load(sys.stdin)
    recipes = told["recipes"]
    print("begin", flush=True)
    took = await asyncio.gather(
        *(
            person(options.url, recipe, told["name"], options.seconds, i / RATE / len(recipes))
            for i, recipe in enumerate(recipes)
        )
    )
    spans = sorted(span for each in took for span in each)
    answer = {
        "frames": len(spans),
        "fewest": min(len(each) for each in took),
        "median_ms": round(1000 * statistics.median(spans), 2),
        "p95_ms": round(1000 * spans[int(0.95 * len(spans))], 2),
    }
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
