"""How does a picture follow a slider while it is being pulled?

The page keeps a WebSocket open: it says which recipe is being edited and which directions are
pulled (a scene), then where the sliders are, and gets pictures. The server keeps the newest value
of each socket alone, so a slow network or a busy machine means fewer pictures and never older ones.
Nothing of a person's stays here: a socket that is opened anew is told the scene anew.

What is drawn is what a commit of the same values draws, pixel by pixel. Of a photograph that takes
longer than a moment, a small copy is drawn while the slider moves, and the picture itself as soon
as it rests.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import torch
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from genimg.editor import Editor, Recipe
from genimg.errors import GenimgError, LatentError, RecipeError
from genimg.ui.edit.acts import pulled
from genimg.ui.edit.live_messages import Pull, Scene, frame, read_pull, read_scene, totals
from genimg.ui.edit.sliders import DETAILS
from genimg.ui.serving.client import client_address
from genimg.ui.serving.http import Refused, is_own
from genimg.ui.serving.quotas import Full, Share
from genimg.ui.shell.lanes import PHOTOGRAPH, SLOW_SECONDS, VERY_PATIENT, Pace, patient_pool
from genimg.ui.shell.store import Store
from genimg.ui.words import say

PATH = "/genimg/live"
MOST_SOCKETS = 300
MOST_OF_ONE = 40
"""Sockets of one address: a household, or a class behind one router."""
IDLE, HELD, PATIENCE = 600.0, 30.0, 20.0
"""Seconds: see `Live`."""
SCENES = (60, 20.0)
"""Scenes that a socket may set at once, and in each second thereafter."""
IN_A_ROW = 32
"""Values of one socket that are read before the others have their turn."""

FRAME_SECONDS = 0.014
"""Of a processor: about as long may a frame take of a photograph that moves."""
LEAST_SIDE = 64
"""Pixels: it is made no smaller than that."""
REST_SECONDS = 0.25
"""After so long without a new value, a slider rests."""

GOING_AWAY, POLICY, BROKEN = 1001, 1008, 1011  # RFC 6455, section 7.4.1

T = TypeVar("T")


class UnknownModel(RecipeError):
    """The model that a recipe belongs to is not in the folder."""


def editor_of(store: Store, recipe: Recipe) -> Editor:
    """The model that a recipe belongs to, loaded if need be.

    Raises:
        UnknownModel: it is not in the folder.
        CheckpointError: its file cannot be read.
    """
    name = store.name_of(recipe.latent.model_id)
    if name is None:
        raise UnknownModel(say("edit.model_missing", model=repr(recipe.model_name)))
    return store.get(name)


def check_names(editor: Editor, names: Iterable[str]) -> None:
    """Raise LatentError unless the model has all these directions."""
    known = {direction.name for direction in editor.directions}
    known |= {DETAILS} if editor.keeps_details else set()
    if unknown := [name for name in names if name not in known]:
        raise LatentError(say("edit.no_direction", direction=repr(unknown[0])))


class Live:
    """All sockets of one app, and the threads that draw for them.

    Args:
        most: sockets at a time.
        most_of_one: sockets of one address at a time.
        idle: seconds without a message after which a socket is closed.
        held: seconds without a message for which a socket keeps its model loaded.
        patience: seconds for which a page may leave no room for the next frame.
    """

    def __init__(
        self,
        store: Store,
        most: int = MOST_SOCKETS,
        most_of_one: int = MOST_OF_ONE,
        idle: float = IDLE,
        held: float = HELD,
        patience: float = PATIENCE,
    ) -> None:
        self.store = store
        self.idle, self.held, self.patience = idle, held, patience
        self._sockets = Share(most, most_of_one)
        # First come, first served, and a socket waits for one picture at a time: so nobody gets a
        # second turn while others wait for their first.
        workers = 1 if torch.cuda.is_available() else min(2, os.cpu_count() or 1)
        self.drawers = ThreadPoolExecutor(workers, "live")
        # Reading a model takes seconds; pictures of other models must not wait for it.
        self.openers = ThreadPoolExecutor(2, "live-open")
        # Nor for those of a model that takes long for each.
        self.slow_drawer = patient_pool(1, "live-slow", VERY_PATIENT)
        self.pace = Pace()

    @property
    def route(self) -> WebSocketRoute:
        """For the routes of an app, before Gradio's."""
        return WebSocketRoute(PATH, self._serve)

    @property
    def sockets(self) -> int:
        """How many are open."""
        return self._sockets.held()

    async def _serve(self, socket: WebSocket) -> None:
        if not is_own(socket):
            await socket.close(POLICY, "another origin")  # before it is accepted: a plain 403
            return
        await socket.accept()
        try:
            with self._sockets.holding(client_address(socket.scope)):
                await _Sitter(self, socket).stay()
        except Full:
            await _close(socket, POLICY, "too many connections")


@dataclass(frozen=True, eq=False)
class _Ready:
    """A scene with its model: `recipe` is drawn while sliders move, `whole` when they rest."""

    scene: Scene
    recipe: Recipe
    whole: Recipe
    editor: Editor
    lane: ThreadPoolExecutor

    @property
    def is_rough(self) -> bool:
        """Whether what is drawn while sliders move is smaller than the picture."""
        return self.recipe is not self.whole

    def draw(self, pull: Pull, at_rest: bool = False) -> bytes:
        """The frame that a pull of this scene asks for."""
        recipe = pulled(self.editor, self.whole if at_rest else self.recipe, totals(pull))
        return frame(pull, self.editor.decode(self.editor.edited(recipe))[0])


class _Sitter:
    """One open socket. One task reads from it and keeps the newest values of the sliders alone;
    another has their picture drawn, and sends it.
    """

    def __init__(self, live: Live, socket: WebSocket) -> None:
        self._live = live
        self._socket = socket
        self._scene: Scene | None = None
        self._newest: Pull | None = None
        self._answered: Pull | None = None
        self._ready: _Ready | None = None
        self._news = asyncio.Event()
        self._resting: asyncio.Task[None] | None = None

    async def stay(self) -> None:
        """Answer until the page goes, or has to be sent away."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._answer())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks += [self._resting] if self._resting else []
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        try:
            for task in done:
                task.result()
        except WebSocketDisconnect:
            pass
        except Refused as reason:
            await _close(self._socket, POLICY, str(reason))
        except TimeoutError:
            await _close(self._socket, GOING_AWAY, "nothing was asked for a long time")
        except Exception:
            await _close(self._socket, BROKEN, "something went wrong in the app")
            raise

    # -- what the page says

    async def _read(self) -> None:
        scenes = _Allowance(*SCENES)
        for read in itertools.count(1):
            async with asyncio.timeout(self._live.idle):
                message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect
            text, data = message.get("text"), message.get("bytes")
            if text is not None:
                if not scenes.take():
                    raise Refused("too many scenes")
                self._scene, self._newest = read_scene(text), None
                self._news.set()
            elif data is not None and (pull := read_pull(data, self._scene)):
                self._newest = pull
                self._news.set()
            if read % IN_A_ROW == 0:  # messages that have come already are got without waiting
                await asyncio.sleep(0)

    # -- what the page gets

    async def _answer(self) -> None:
        failed: Scene | None = None
        complaint = ""
        while True:
            if not await self._are_news():
                self._ready = None
                continue
            scene, message = self._scene, None
            if scene is not None and scene is not failed:
                try:
                    message = await self._draw(scene)
                except GenimgError as error:
                    failed = scene
                    complaint = json.dumps({"error": str(error), "scene": scene.number})
            if scene is not None and scene is failed:
                await self._say(self._socket.send_text(complaint))
            elif message is not None:
                await self._say(self._socket.send_bytes(message))
                if self._resting:
                    self._resting.cancel()
                if self._ready and self._answered and self._ready.is_rough:
                    self._resting = asyncio.create_task(self._rest(self._ready, self._answered))

    async def _rest(self, ready: _Ready, pull: Pull) -> None:
        """The picture itself, where a slider rests; nothing once it moves again."""
        await asyncio.sleep(REST_SECONDS)
        # What is wrong with it was said of the frame before; or the page is gone.
        with suppress(GenimgError, WebSocketDisconnect, RuntimeError):
            message = await _in(self._live.slow_drawer, ready.draw, pull, True)
            if self._newest is self._answered is pull and self._scene is ready.scene:
                await self._say(self._socket.send_bytes(message))

    async def _say(self, sending: Awaitable[None]) -> None:
        """Send a message, and wait until the page has room for it. Nothing is drawn meanwhile, so
        nothing piles up. A page that has no room for `patience` seconds is taken for gone.
        """
        try:
            async with asyncio.timeout(self._live.patience):
                await sending
        except TimeoutError:
            raise WebSocketDisconnect from None

    async def _are_news(self) -> bool:
        """Wait for what the page says; False if it has said nothing for a while."""
        try:
            async with asyncio.timeout(self._live.held):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def _draw(self, scene: Scene) -> bytes | None:
        """The frame of the newest value; None if there is none that has not been answered."""
        if self._ready is None or self._ready.scene is not scene:
            self._ready = await _in(self._live.openers, self._open, scene)
        if self._newest in (None, self._answered):
            return None
        drawn = await _in(self._ready.lane, self._draw_newest)
        if drawn is None:
            return None
        self._answered, message = drawn
        return message

    def _open(self, scene: Scene) -> _Ready:
        recipe = Recipe.from_text(scene.recipe)
        if self._ready and self._ready.editor.model_id == recipe.latent.model_id:
            editor = self._ready.editor
        else:
            editor = editor_of(self._live.store, recipe)
        check_names(editor, scene.names)
        live = self._live
        seconds = live.pace.of(editor)
        moving = editor.reduced(recipe, _side(seconds))
        slow = moving is recipe and seconds > SLOW_SECONDS
        lane = live.slow_drawer if slow else live.drawers
        return _Ready(scene, moving, recipe, editor, lane)

    def _draw_newest(self) -> tuple[Pull, bytes] | None:
        """In a thread, when its turn has come: the value to draw is the newest of that moment."""
        pull, ready = self._newest, self._ready
        if pull is None or ready is None or pull.scene is not ready.scene:
            return None  # a new scene has been set; it comes next
        return pull, ready.draw(pull)


def _side(seconds: float) -> int:
    """The side in pixels of a photograph that is drawn in FRAME_SECONDS, by a machine that needs
    `seconds` for one of PHOTOGRAPH pixels a side.
    """
    return max(LEAST_SIDE, round(PHOTOGRAPH * math.sqrt(FRAME_SECONDS / max(seconds, 1e-6))))


class _Allowance:
    """How often something may be done: `burst` times at once, and `rate` times a second."""

    def __init__(self, burst: float, rate: float) -> None:
        self._burst, self._rate = burst, rate
        self._left, self._at = burst, time.monotonic()

    def take(self) -> bool:
        """Whether it may be done once more now."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + self._rate * (now - self._at)) - 1.0
        self._at = now
        return self._left >= 0.0


async def _in(pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: object) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    # The page may have closed it first, be gone, or not read any more.
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await socket.close(code, reason)
