"""How does the page do something to a picture? Plain JSON over HTTP.

    POST /genimg/edit/act      {"act": "pull", "chosen": MODEL, "recipe": "...", ...}
                               -> {"scene": ...}, {"offer": ...} or {"failed": "plain words"},
                                  with "warnings", and "parts" where another model is chosen now
    POST /genimg/edit/frame    {"recipe": "...", "totals": {"glasses": 1.5}} -> a PNG
    POST /genimg/edit/refine   {"recipe": "...", "original": "data:..."}
                               -> a line of JSON for each step, at last {"done": true}
    POST /genimg/edit/save     {"what": "picture", "recipe": "...", ...} or {"what": "all",
                               "steps": [...]} -> the file; Content-Disposition has its name

See requests.py for all questions, answers.py for all answers. The server keeps nothing of what a
person does: each question tells which recipe it is about. A file is sent by Gradio's upload, and
named by the path that it got there; any other path is refused. A refining ends when the page gives
it up. What goes wrong is {"error": "plain words"}, with a status of 400 (it cannot be what the page
asks), 403 (another origin), 413 or 503.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from genimg.errors import GenimgError
from genimg.images import encode_png
from genimg.ui.edit import answering, saving
from genimg.ui.edit.answers import ActAnswer, RefineEnd, RefineNews
from genimg.ui.edit.requests import (
    ACT,
    SAVE,
    Act,
    FrameRequest,
    RefineRequest,
    SaveAll,
    SavePicture,
)
from genimg.ui.edit.scene import refining
from genimg.ui.serving.answers import FRESH, sound
from genimg.ui.serving.client import client_address
from genimg.ui.serving.http import json_route
from genimg.ui.serving.limits import MAX_EVENT
from genimg.ui.serving.quotas import Share, Turns
from genimg.ui.shell import opening
from genimg.ui.shell.lanes import VERY_PATIENT, patient_pool
from genimg.ui.shell.opening import recipe_of
from genimg.ui.shell.store import Store
from genimg.ui.words import say

PATH = "/genimg/edit"
MOST_WAITING, MOST_WAITING_OF_ONE = 400, 40
"""Questions that wait or are being answered."""
ACTS, ACTS_OF_ONE = 4, 2
"""Acts that are done at the same time."""
FRAMES, FRAMES_OF_ONE = 12, 6
SAVES = REFININGS = 1

_LOG = logging.getLogger("genimg")


class EditRoutes:
    """The routes of one app."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places = Share(MOST_WAITING, MOST_WAITING_OF_ONE)
        self._refining = Turns(REFININGS, REFININGS)
        self._refiner = patient_pool(1, "refine-route", VERY_PATIENT)

    @property
    def routes(self) -> list[Route]:
        """For the routes of an app, before Gradio's."""
        limits: Any = {"most": MAX_EVENT, "places": self._places}
        acts, frames = Turns(ACTS, ACTS_OF_ONE), Turns(FRAMES, FRAMES_OF_ONE)
        return [
            json_route(f"{PATH}/act", ACT, self._act, turns=acts, **limits),
            json_route(f"{PATH}/frame", FrameRequest, self._frame, turns=frames, **limits),
            json_route(f"{PATH}/save", SAVE, self._save, turns=Turns(SAVES, SAVES), **limits),
            json_route(f"{PATH}/refine", RefineRequest, self._refine, most=MAX_EVENT),
        ]

    @property
    def waiting(self) -> int:
        """How many questions wait or are being answered."""
        return self._places.held()

    async def _act(self, request: Request, asked: Act) -> ActAnswer:
        return await run_in_threadpool(self._done, asked)

    def _done(self, asked: Act) -> ActAnswer:
        store, chosen = self._store, asked.chosen
        try:
            found = answering.outcome(store, chosen, asked.model_dump())
            answer: ActAnswer = {"warnings": list(found.warnings)}
            if found.offer is not None:
                answer["offer"] = found.offer
            if found.opened is not None:
                answer["scene"] = answering.shown(store, found.opened, found.extra)
                if found.opened.model != chosen:
                    answer["parts"] = answering.parts_of(store, found.opened.model)
            return answer
        except GenimgError as error:
            return {"failed": str(error), "warnings": []}

    async def _frame(self, request: Request, asked: FrameRequest) -> Response:
        def draw() -> bytes:
            recipe = recipe_of(asked.recipe)
            return encode_png(answering.frame(self._store, recipe, asked.totals))

        return Response(await run_in_threadpool(draw), media_type="image/png", headers=FRESH)

    async def _save(self, request: Request, asked: SavePicture | SaveAll) -> Response:
        make = saving.picture if isinstance(asked, SavePicture) else saving.archive
        made = await run_in_threadpool(make, self._store, asked.model_dump())
        named = f"attachment; filename*=UTF-8''{quote(made.name, safe='')}"
        headers = {**FRESH, "Content-Disposition": named}
        return Response(made.data, media_type=made.kind, headers=headers)

    async def _refine(self, request: Request, asked: RefineRequest) -> Response:
        def begin() -> Iterator[RefineNews]:
            opened = opening.from_recipe(self._store, recipe_of(asked.recipe))
            original = opening.picture_of(asked.original)
            return refining(self._store.get(opened.model), opened.recipe, original)

        address = client_address(request.scope)
        self._places.take(address)
        try:
            steps = await run_in_threadpool(begin)
        except BaseException:
            self._places.give(address)
            raise
        return _Lines(self._refined(steps, address), lambda: self._places.give(address))

    async def _refined(
        self, steps: Iterator[RefineNews], address: str
    ) -> AsyncIterator[RefineNews | RefineEnd]:
        loop = asyncio.get_running_loop()
        try:
            async with self._refining.turn(address):
                while news := await loop.run_in_executor(self._refiner, next, steps, None):
                    yield news
        except GenimgError as error:
            yield {"done": True, "error": str(error)}
        except Exception:  # the page waits for an end
            _LOG.exception("refining failed")
            yield {"done": True, "error": say("edit.fault")}
        else:
            yield {"done": True}


class _Lines(StreamingResponse):
    """Values, each as a line of JSON when it has come; `over` is called when that has ended."""

    def __init__(
        self, values: AsyncIterator[RefineNews | RefineEnd], over: Callable[[], None]
    ) -> None:
        lines = (json.dumps(sound(value)) + "\n" async for value in values)
        at_once = {"X-Accel-Buffering": "no"}  # or nginx would keep them until they are many
        super().__init__(lines, media_type="application/jsonl", headers={**FRESH, **at_once})
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            pass  # it was given up
        finally:
            self._over()
