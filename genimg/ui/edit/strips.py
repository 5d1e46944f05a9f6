"""Where would each slider lead? Small pictures along it, and what else changes on the way.

    POST /genimg/strips
    {"recipe": "...", "names": ["glasses"], "low": [-4], "high": [4]}
    -> {"columns": 7, "side": 64, "sprite": "data:image/webp;base64,...", "drags": [[...]]}

Row i of the sprite has the pictures of direction i; `drags[i]` is what else changes from one end to
the other, the strongest first (see `genimg.editor.effects`). What goes wrong is
{"error": "plain words"}, with a status of 400 (it cannot be what the page asks), 403 (another
origin), 404 (a model that is not in the folder), 413 or 503.

It is dozens of pictures at a time, and nobody waits for them with a slider in the hand: so one
thread draws them, a few rows at a time, and steps back for those who pull. With ten people pulling
on two cores it costs them 6 % of their pictures, where a thread like any other took 34 %. With
fifty, that thread alone left them waiting for seconds: who has waited for a moment is helped by
threads that step back for nobody. Those who ask have their turns one after the other, and the
newest question of each comes first: the others are about pictures that have most likely changed
since. Slow models have a thread of their own.
"""

from __future__ import annotations

import asyncio
import base64
import io
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, cast

from PIL import Image, ImageOps
from pydantic import Field, ValidationInfo, field_validator
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from typing_extensions import TypedDict

from genimg.editor import Editor, Recipe
from genimg.errors import LatentError
from genimg.ui.edit.live import UnknownModel, check_names, editor_of
from genimg.ui.edit.live_messages import Names
from genimg.ui.edit.sliders import FURTHEST
from genimg.ui.serving.client import client_address
from genimg.ui.serving.http import Question, json_route, while_there
from genimg.ui.serving.quotas import Share
from genimg.ui.shell.lanes import SLOW_SECONDS, VERY_PATIENT, Newest, Pace, patient_pool
from genimg.ui.shell.store import Store
from genimg.ui.words import say

PATH = "/genimg/strips"
COLUMNS = 7
MOST_WAITING = 256
MOST_OF_ONE = 64
"""Questions of one address that wait or are being answered."""
HELPING = 2
"""Threads that help with what has waited."""
MOST_SECONDS = 20.0
"""A question that takes longer, since the model is slow, is refused."""
TOGETHER = 4
"""Rows that are drawn at once, which is quicker."""
SIDE = 64
"""Pixels; pictures of larger models are made smaller."""
_WEBP: dict[str, Any] = {"quality": 75, "method": 2}  # method 4, the usual, takes twice as long


Ends = list[Annotated[float, Field(ge=-FURTHEST, le=FURTHEST)]]


class StripsRequest(Question):
    """What the page asks: `low[i]` to `high[i]` standard deviations of direction `names[i]`."""

    recipe: str
    names: Annotated[Names, Field(min_length=1)]
    low: Ends
    high: Ends

    @field_validator("low", "high")
    @classmethod
    def _one_a_name(cls, ends: list[float], info: ValidationInfo) -> list[float]:
        if len(ends) != len(info.data.get("names", ends)):
            raise ValueError("is not a list of a number for each name")
        return ends


class Moves(TypedDict):
    """A direction moves by so much along a slider of another one."""

    what: str
    by: float


Changes = TypedDict("Changes", {"what": str, "from": str, "to": str})
"""A label changes from this to that along a slider."""
Drag = Moves | Changes
"""What else changes along a slider."""


class StripsAnswer(TypedDict):
    """All small pictures in one, and what else changes along each slider."""

    columns: int
    side: int
    sprite: str
    drags: list[list[Drag]]


class Strips:
    """Draws what lies along the sliders, for all who ask, one after the other.

    A page that wants something newer gives up the question before: it is then not drawn to its end.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asking = Share(MOST_WAITING, MOST_OF_ONE)
        self._pace = Pace()
        self.drawer = patient_pool(1, "strips")
        self.helpers = ThreadPoolExecutor(HELPING, "strips-help")
        self._quick = Newest(self.drawer, self.helpers)
        self._slow = Newest(patient_pool(1, "strips-slow", VERY_PATIENT))
        self._openers = patient_pool(2, "strips-open")

    @property
    def route(self) -> Route:
        """For the routes of an app, before Gradio's."""
        return json_route(
            PATH, StripsRequest, self._answer, statuses=[(UnknownModel, 404)], places=self._asking
        )

    @property
    def waiting(self) -> int:
        """How many questions wait or are being answered."""
        return self._asking.held()

    async def _answer(self, request: Request, asked: StripsRequest) -> StripsAnswer:
        unwanted = threading.Event()
        try:
            address = client_address(request.scope)
            return await while_there(request, self._drawn(asked, address, unwanted))
        finally:
            unwanted.set()

    async def _drawn(
        self, asked: StripsRequest, address: str, unwanted: threading.Event
    ) -> StripsAnswer:
        loop = asyncio.get_running_loop()
        opened = await loop.run_in_executor(self._openers, self._open, asked)
        lane = self._quick if opened.seconds <= SLOW_SECONDS else self._slow
        drawing = lane.submit(address, lambda: opened.draw(asked, unwanted))
        return await asyncio.wrap_future(drawing)

    def _open(self, asked: StripsRequest) -> _Opened:
        recipe = Recipe.from_text(asked.recipe)
        editor = editor_of(self._store, recipe)
        check_names(editor, asked.names)
        seconds = self._pace.of(editor)
        if seconds * COLUMNS * len(asked.names) > MOST_SECONDS:
            raise LatentError(say("edit.too_slow"))
        return _Opened(recipe, editor, seconds)


@dataclass(frozen=True, eq=False)
class _Opened:
    """A question that can be answered; `seconds` is what its model takes for a picture."""

    recipe: Recipe
    editor: Editor
    seconds: float

    def draw(self, asked: StripsRequest, unwanted: threading.Event) -> StripsAnswer:
        """The answer, in a thread; not all of it once it is unwanted."""
        rows: list[list[Image.Image]] = []
        drags: list[list[Drag]] = []
        for begin in range(0, len(asked.names), TOGETHER):
            if unwanted.is_set():
                raise ClientDisconnect
            some = slice(begin, begin + TOGETHER)
            strip = self.editor.strip(
                self.recipe, asked.names[some], asked.low[some], asked.high[some], COLUMNS
            )
            rows += strip.rows
            drags += [[cast(Drag, each.to_mapping()) for each in row] for row in strip.effects]
        sprite = _sprite(rows)
        side = sprite.width // COLUMNS
        return {"columns": COLUMNS, "side": side, "sprite": _uri(sprite), "drags": drags}


def _sprite(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """All pictures as one, row under row, each a square at most SIDE wide."""
    first = rows[0][0]
    small = min(*first.size, SIDE)
    sheet = Image.new(first.mode, (small * COLUMNS, small * len(rows)))
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            if image.size != (small, small):
                image = ImageOps.fit(image, (small, small), Image.Resampling.LANCZOS)
            sheet.paste(image, (x * small, y * small))
    return sheet


def _uri(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "WEBP", **_WEBP)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")
