"""Somebody who uses the app in a browser, without the browser: what their page asks, when they do
something, over the same routes and with the same waiting.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 60.0
"""Seconds after which something that has not happened is an error."""
IN_VIEW = 5
"""Sliders whose small pictures are in view in a window of usual height."""
RATE = 60.0
"""Values a second of a drag."""
API, EDIT = "/gradio_api", "/genimg/edit"


class Unanswered(Exception):
    """The app has refused something, or said that it went wrong."""


class Person:
    """One person, from an address of their own.

    Args:
        origin: of the app, "http://127.0.0.1:7860".
        address: theirs.
        took: where the seconds of each act are written to, {act: [seconds, ...]}.
    """

    def __init__(self, origin: str, address: str, took: dict[str, list[float]], seed: int) -> None:
        self.took = took
        self.rng = random.Random(seed)
        self._origin, self._address = origin, address
        self._http = httpx.AsyncClient(
            base_url=origin,
            transport=httpx.AsyncHTTPTransport(local_address=address),
            timeout=PATIENCE,
        )
        self._session = secrets.token_hex(6)
        self._config: dict[str, Any] = {}
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._ahead: dict[str, list[Mapping[str, Any]]] = {}  # messages that overtook their number
        self._listener: asyncio.Task[None] | None = None
        self._alive: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None
        self._refining: asyncio.Task[None] | None = None
        self._seq = self._number = 0
        self.scene: dict[str, Any] = {}

    # -- what they do

    async def open(self) -> None:
        """Get the page with its scripts, and wait for the first picture."""
        begin = time.perf_counter()
        page = await self._get("/")
        for path in re.findall(r'(?:src|href)="(\./assets/[^"]+)"', page.text):
            await self._get(path.removeprefix("."))
        self._config = (await self._get("/config")).json()
        self._alive = asyncio.create_task(self._stay())
        first = next(dep for dep in self._deps if any(on == "load" for _, on in dep["targets"]))
        await self._run(first, self._values(first))
        after = next(dep for dep in self._deps if dep["trigger_after"] == first["id"])
        opened = await self._run(after, [*self._values(after)[:-1], None])
        self.scene = _scene_of(opened["data"][after["outputs"].index(self._part("edit-session"))])
        url = self._origin.replace("http", "ws") + "/genimg/live"
        self._socket = await connect(
            url, compression=None, local_addr=(self._address, 0), origin=self._origin
        )
        self.took["open"].append(time.perf_counter() - begin)
        await self._tell()
        await self.strips()

    async def close(self) -> None:
        """Close the page. Raises Unanswered if what it did by itself went wrong."""
        for task in (self._alive, self._listener):
            if task is not None:
                task.cancel()
        refined = self._refining if self._refining and self._refining.done() else None
        if self._refining is not None:
            self._refining.cancel()  # whoever closes the page does not wait for that
        if self._socket is not None:
            await self._socket.close()
        await self._http.aclose()
        if refined is not None:
            refined.result()

    async def upload(self, name: str, data: bytes) -> None:
        """Send a picture and open it; the page then refines it."""
        begin = time.perf_counter()
        sent = await self._http.post(f"{API}/upload", files={"files": (name, data)})
        [path] = _good(sent).json()
        await self._act("open", path=path, refine=True)
        self.took["upload"].append(time.perf_counter() - begin)
        self._refining = asyncio.create_task(self._refine())

    async def _refine(self) -> None:
        """What the page begins by itself; people go on meanwhile."""
        begin = time.perf_counter()
        asked = {"recipe": self.scene["recipe"], "original": self.scene["upload"]["original"]}
        request = self._http.stream("POST", f"{EDIT}/refine", json=asked, timeout=None)
        async with request as answer:
            news = [json.loads(line) async for line in answer.aiter_lines()]
        if news[-1] != {"done": True} or not any("better" in each for each in news):
            raise Unanswered(f"refining has found nothing: {str(news[-1])[:200]}")
        self.took["refine"].append(time.perf_counter() - begin)

    async def example(self, pick: str) -> None:
        """Open one of the examples."""
        begin = time.perf_counter()
        await self._act("example", pick=pick)
        self.took["example"].append(time.perf_counter() - begin)

    async def drag(self, seconds: float) -> None:
        """Pull a slider, look at the frames, let it go, look at the small pictures."""
        name = self.rng.choice(self._names[:IN_VIEW])
        value = await self._pull(name, seconds)
        begin = time.perf_counter()
        await self._act("pull", amounts={name: value})
        self.took["release"].append(time.perf_counter() - begin)
        await self._tell()
        await self.strips()

    async def generate(self, count: int) -> None:
        """Draw pictures in the Generate tab."""
        begin = time.perf_counter()
        draw = self._on("draw-grid", "click")
        await self._run(draw, self._values(draw, {"count": count, "seed": self.rng.randrange(999)}))
        self.took["generate"].append(time.perf_counter() - begin)

    async def save(self) -> None:
        """Take the picture home."""
        begin = time.perf_counter()
        told = {"what": "picture", "recipe": self.scene["recipe"], "label": self.scene["label"]}
        saved = _good(await self._http.post(f"{EDIT}/save", json=told))
        if saved.headers["content-type"] != "image/png":
            raise Unanswered("what was saved is no picture")
        self.took["save"].append(time.perf_counter() - begin)

    async def strips(self) -> None:
        """Wait for the small pictures of the sliders in view."""
        begin = time.perf_counter()
        names = self._names[:IN_VIEW]
        ends = {"low": [-4] * len(names), "high": [4] * len(names)}
        asked = {"recipe": self.scene["recipe"], "names": names, **ends}
        _good(await self._http.post("/genimg/strips", json=asked))
        self.took["strips"].append(time.perf_counter() - begin)

    async def _act(self, kind: str, **details: Any) -> None:
        """Something is done to the open picture: the scene after it."""
        chosen = self.scene["model"]["name"]
        asked = {"act": kind, "chosen": chosen, "recipe": self.scene["recipe"], **details}
        answer = _good(await self._http.post(f"{EDIT}/act", json=asked)).json()
        if "failed" in answer:
            raise Unanswered(f"{kind}: {answer['failed']}")
        self.scene = _scene_of(answer)

    # -- the live socket

    @property
    def _names(self) -> list[str]:
        return list(self.scene["model"]["pages"][0]["names"])

    async def _tell(self) -> None:
        assert self._socket is not None
        self._number += 1
        told = {"scene": self._number, "recipe": self.scene["recipe"], "names": self._names}
        await self._socket.send(json.dumps({**told, "raw": True}))

    async def _pull(self, name: str, seconds: float) -> float:
        """Say values at the rate of a display, one question on its way, as the page does."""
        assert self._socket is not None
        names, at = self._names, self._names.index(name)
        asked: tuple[int, float] | None = None
        waiting: tuple[float, float] | None = None
        value, begin, count = 0.0, time.perf_counter(), round(seconds * RATE)
        receiving = asyncio.create_task(self._socket.recv())
        for step in range(count + 1):
            if step < count:
                value = round(-4 + 8 * self.rng.random(), 1)
                waiting = value, time.perf_counter()
            while True:
                if asked is None and waiting is not None:
                    self._seq += 1
                    values = [0.0] * len(names)
                    values[at], said = waiting
                    head = struct.pack("<II", self._seq, self._number)
                    await self._socket.send(head + struct.pack(f"<{len(names)}f", *values))
                    asked, waiting = (self._seq, said), None
                left = begin + (step + 1) / RATE - time.perf_counter()
                if step == count:
                    if asked is None:
                        break
                    left = PATIENCE
                elif left <= 0:
                    break
                done, _ = await asyncio.wait([receiving], timeout=left)
                if not done:
                    if step == count:
                        raise Unanswered("the last value of a drag had no frame")
                    break
                data = receiving.result()
                receiving = asyncio.create_task(self._socket.recv())
                if not isinstance(data, bytes):
                    raise Unanswered(str(data))
                if asked is not None and struct.unpack_from("<I", data)[0] == asked[0]:
                    self.took["live"].append(time.perf_counter() - asked[1])
                    asked = None
        receiving.cancel()
        with suppress(asyncio.CancelledError):
            await receiving
        return value

    # -- Gradio's protocol

    @property
    def _deps(self) -> list[dict[str, Any]]:
        return list(self._config["dependencies"])

    def _component(self, number: int) -> dict[str, Any]:
        return next(one for one in self._config["components"] if one["id"] == number)

    def _part(self, name: str) -> int:
        """The number of the part with an ID."""
        parts = self._config["components"]
        [number] = [one["id"] for one in parts if one["props"].get("elem_id") == name]
        return int(number)

    def _on(self, part: str, event: str) -> dict[str, Any]:
        """What happens on an event of the part with an ID."""
        target = [self._part(part), event]
        return next(dep for dep in self._deps if target in dep["targets"])

    def _values(self, dep: Mapping[str, Any], others: Mapping[str, Any] | None = None) -> list[Any]:
        """The values of its inputs as the page has them, but for those told by their IDs."""
        props = [self._component(number)["props"] for number in dep["inputs"]]
        return [(others or {}).get(one.get("elem_id"), one.get("value")) for one in props]

    async def _run(
        self,
        dep: Mapping[str, Any],
        values: list[Any],
    ) -> dict[str, Any]:
        """An event through the queue: its output, once it is complete."""
        body = {"data": values, "fn_index": dep["id"], "session_hash": self._session,
                "trigger_id": dep["targets"][0][0] if dep["targets"] else None}  # fmt: skip
        joined = _good(await self._http.post(f"{API}/queue/join", json=body))
        number = joined.json()["event_id"]
        future = self._answers[number] = asyncio.get_running_loop().create_future()
        for message in self._ahead.pop(number, []):
            self._hear(message)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        try:
            async with asyncio.timeout(PATIENCE):
                output: dict[str, Any] = await future
        except TimeoutError:
            event = dep["targets"][0][1] if dep["targets"] else "a following event"
            raise Unanswered(f"{event} had no answer in {PATIENCE} s") from None
        return output

    async def _listen(self) -> None:
        """Hear of events until all of them are complete, and the app closes the stream."""
        query = {"session_hash": self._session}
        try:
            async with self._http.stream("GET", f"{API}/queue/data", params=query) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data:"):
                        self._hear(json.loads(line[5:]))
        except httpx.HTTPError as error:
            for future in self._answers.values():
                if not future.done():
                    future.set_exception(Unanswered(repr(error)))
        if any(not future.done() for future in self._answers.values()):
            self._listener = asyncio.create_task(self._listen())

    def _hear(self, message: Mapping[str, Any]) -> None:
        number = message.get("event_id")
        if number is None:
            return
        future = self._answers.get(number)
        if future is None:
            self._ahead.setdefault(number, []).append(message)
            return
        output = message.get("output") or {}
        if future.done() or message["msg"] != "process_completed":
            return
        del self._answers[number]
        if message.get("success"):
            future.set_result(output)
        else:
            future.set_exception(Unanswered(str(output.get("error"))))

    async def _stay(self) -> None:
        """The stream by which the app knows that the page is open."""
        async with self._http.stream(
            "GET", f"{API}/heartbeat/{self._session}", timeout=None
        ) as stream:
            async for _ in stream.aiter_lines():
                pass

    async def _get(self, path: str) -> httpx.Response:
        return _good(await self._http.get(path))


def _scene_of(value: Any) -> dict[str, Any]:
    """The scene in what the page's own modules are told."""
    if isinstance(value, dict) and value.get("__type__") == "update":
        value = value.get("value")
    if not isinstance(value, dict) or "scene" not in value:
        raise Unanswered(f"no scene, but {str(value)[:100]}")
    scene: dict[str, Any] = value["scene"]
    return scene


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.status_code != 200:
        raise Unanswered(f"{answer.url.path}: {answer.status_code} {answer.text[:200]}")
    return answer
