"""Where would each slider lead? Small pictures along it, and what else changes on the way.

    POST /genimg/strips
    {"recipe": "...", "names": ["glasses"], "low": [-4], "high": [4]}
    -> {"columns": 7, "side": 64, "sprite": "data:image/webp;base64,...", "drags": [[...]]}

Row i of the sprite has the pictures of direction i; `drags[i]` is what else changes from one end to
the other, the strongest first (see `genimg.editor.effects`). What goes wrong is
{"error": "plain words"}, with a status of 400 (it cannot be what the page asks), 403 (another
origin), 404 (a model that is not in the folder), 413 or 503.

It is a hundred pictures at a time, and nobody waits for them with a slider in the hand: so one
thread draws them, row by row, and steps back for those who pull. With ten people pulling on two
cores it costs them 6 % of their pictures, where a thread like any other took 34 %.
"""

from __future__ import annotations

import asyncio
import base64
import io
import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PIL import Image
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from genimg.editor import Recipe
from genimg.errors import GenimgError
from genimg.ui.live import UnknownModel, check_names, editor_of
from genimg.ui.live_messages import MAX_CHARACTERS, Refused, is_own, read_json, read_names
from genimg.ui.sliders import FURTHEST
from genimg.ui.store import Store

PATH = "/genimg/strips"
COLUMNS = 7
MOST_WAITING = 32
MOST_OF_ONE = 16
"""Questions of one address that wait or are being answered."""
SIDE = 64
"""Pixels; pictures of larger models are made smaller."""
_NICE = 10
_WEBP: dict[str, Any] = {"quality": 75, "method": 2}  # method 4, the usual, takes twice as long


@dataclass(frozen=True)
class Asked:
    """What the page asks: `low[i]` to `high[i]` standard deviations of direction `names[i]`."""

    recipe: str
    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def read_asked(body: bytes) -> Asked:
    """What a body says; the recipe in it is not looked at. Raises Refused."""
    values = read_json(body)
    recipe, names = values.get("recipe"), read_names(values)
    if not isinstance(recipe, str):
        raise Refused("recipe is not a text")
    if not names:
        raise Refused("names is empty")
    low, high = (_ends(values, key, len(names)) for key in ("low", "high"))
    return Asked(recipe, names, low, high)


def _ends(values: Mapping[str, object], key: str, count: int) -> tuple[float, ...]:
    numbers = values.get(key)
    if not isinstance(numbers, list) or len(numbers) != count:
        raise Refused(f"{key} is not a list of a number for each name")
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise Refused(f"{key} holds something that is no number")
        if not abs(number) <= FURTHEST:
            raise Refused(f"{key} holds a number out of reach")
    return tuple(map(float, numbers))


class Strips:
    """Draws what lies along the sliders, for all who ask, one after the other.

    A page that wants something newer gives up the question before: it is then not drawn to its end.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asking: Counter[str] = Counter()
        self.drawer = ThreadPoolExecutor(1, "strips", initializer=_step_down)

    @property
    def route(self) -> Route:
        """For the routes of an app, before Gradio's."""
        return Route(PATH, self._serve, methods=["POST"])

    @property
    def waiting(self) -> int:
        """How many questions wait or are being answered."""
        return self._asking.total()

    async def _serve(self, request: Request) -> Response:
        if not is_own(request):
            return _no(403, "This page is not genimg's own.")
        try:
            asked = read_asked(await _body(request))
        except _TooLong:
            return _no(413, "The question is too long.")
        except Refused as reason:
            return _no(400, f"{reason}.".capitalize())
        except ClientDisconnect:
            return Response(status_code=400)
        address = request.client.host if request.client else ""
        if self.waiting >= MOST_WAITING or self._asking[address] >= MOST_OF_ONE:
            return _no(503, "Too much is asked at once. Try again in a moment.")
        self._asking[address] += 1
        try:
            return await self._answer(request, asked)
        finally:
            self._asking[address] -= 1
            if not self._asking[address]:
                del self._asking[address]

    async def _answer(self, request: Request, asked: Asked) -> Response:
        unwanted = threading.Event()
        loop = asyncio.get_running_loop()
        drawing = loop.run_in_executor(self.drawer, self._draw, asked, unwanted)
        gone = asyncio.create_task(_gone(request))
        both: list[asyncio.Future[Any]] = [drawing, gone]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not drawing.done():
                return Response(status_code=400)  # which nobody gets
            return JSONResponse(drawing.result())
        except UnknownModel as error:
            return _no(404, str(error))
        except GenimgError as error:
            return _no(400, str(error))
        finally:
            unwanted.set()
            for future in both:
                future.cancel()

    def _draw(self, asked: Asked, unwanted: threading.Event) -> dict[str, object]:
        """The answer, drawn in the thread; nothing of worth once it is unwanted."""
        if unwanted.is_set():
            return {}
        recipe = Recipe.from_text(asked.recipe)
        editor = editor_of(self._store, recipe)
        check_names(editor, asked.names)
        rows: list[list[Image.Image]] = []
        drags: list[list[dict[str, Any]]] = []
        for name, low, high in zip(asked.names, asked.low, asked.high, strict=True):
            if unwanted.is_set():
                return {}
            strip = editor.strip(recipe, [name], [low], [high], COLUMNS)
            rows += strip.rows
            drags += [[effect.to_mapping() for effect in effects] for effects in strip.effects]
        sprite = _sprite(rows)
        side = sprite.width // COLUMNS
        return {"columns": COLUMNS, "side": side, "sprite": _uri(sprite), "drags": drags}


def _sprite(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """All pictures as one, row under row, each at most SIDE wide."""
    first = rows[0][0]
    small = min(first.width, SIDE)
    sheet = Image.new(first.mode, (small * COLUMNS, small * len(rows)))
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            if image.width > small:
                image = image.resize((small, small), Image.Resampling.LANCZOS)
            sheet.paste(image, (x * small, y * small))
    return sheet


def _uri(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "WEBP", **_WEBP)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")


class _TooLong(Exception):
    """A body beyond MAX_CHARACTERS."""


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_CHARACTERS:
            raise _TooLong
    return bytes(body)


async def _gone(request: Request) -> None:
    """Until the page has given up the question, or was closed."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _no(status: int, error: str) -> JSONResponse:
    again = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse({"error": error}, status, headers=again)


def _step_down() -> None:
    # Linux alone has a niceness of each thread.
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
