"""How does a model file that somebody drops on the page come into the folder of models?

    GET  /genimg/models              -> {"allowed": true}
    POST /genimg/models?name=FILE    the bytes of the file
    -> {"name": "my-cats", "title": "...", "known": false, "draws": true}

`known` is set if the same model was there before; one that does not draw is not in the menu. What
goes wrong is {"error": "plain words"}, with a status of 400 (not a model that can be used), 403
(another origin, or nobody may add models here), 413, 503 (another one is being added) or 507 (the
folder cannot take it).

The file is written under a hidden name, read completely, and only then gets its own.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from genimg.editor import Installed, install_checkpoint
from genimg.errors import GenimgError
from genimg.ui.serving.answers import Refusal, json_answer
from genimg.ui.serving.http import content_length, guarded, parts_of
from genimg.ui.shell.store import Store
from genimg.ui.words import say

PATH = "/genimg/models"
MAX_FILE = 2**30
"""Bytes; the largest preset for pictures of 64 pixels has half of that."""
MAX_NAME = 255
SPARE = 50 * 10**6
"""Bytes that stay free on the disk."""
PART_SECONDS = 60.0
"""How long the next part of a file may take to arrive: all others wait meanwhile."""
KEPT_SECONDS = 3600.0
"""After that, half a file is what a program that was killed has left."""

_PREFIX = ".dropped-"
_LOG = logging.getLogger(__name__)
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


class MayAdd(TypedDict):
    """Whether somebody may add models."""

    allowed: bool


class ModelAdded(TypedDict):
    """A model is in the folder. `known` is set if it was there before; one that does not draw is
    not in the menu.
    """

    name: str
    title: str
    known: bool
    draws: bool


class Dropping:
    """Takes model files for a store's folder, one after the other.

    Args:
        may: whether somebody may add models here.
    """

    def __init__(self, store: Store, may: Callable[[Request], bool]) -> None:
        self._store = store
        self._may = may
        self._busy = False
        self.sweep()

    def sweep(self) -> None:
        """Delete what programs that were killed have left of files that were being added."""
        for path in self._store.folder.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                    path.unlink()

    @property
    def route(self) -> Route:
        """For the routes of an app, before Gradio's."""
        return Route(PATH, guarded(self._serve), methods=["GET", "POST"])

    async def _serve(self, request: Request) -> Response:
        if request.method == "GET":
            may: MayAdd = {"allowed": self._may(request)}
            return json_answer(may)
        if not self._may(request):
            raise Refusal(
                403,
                say("shell.nobody_adds"),
            )
        name = request.query_params.get("name", "")
        if not 0 < len(name) <= MAX_NAME:
            raise Refusal(400, say("shell.model_no_name"))
        length = content_length(request.scope)
        if length > MAX_FILE:
            raise Refusal(413, _too_large())
        if self._busy:
            raise Refusal(503, say("shell.model_busy"), 2)
        self._busy = True
        try:
            return await self._take(request, name, length)
        finally:
            self._busy = False

    async def _take(self, request: Request, name: str, length: int) -> Response:
        folder = self._store.folder
        temporary = folder / f"{_PREFIX}{secrets.token_hex(8)}.safetensors"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(folder).free < length + SPARE:
                raise Refusal(507, say("shell.models_full"))
            with temporary.open("xb") as file:
                parts = parts_of(request, MAX_FILE, _too_large(), PART_SECONDS, _stalled())
                async for part in parts:
                    file.write(part)
            found = await asyncio.to_thread(install_checkpoint, temporary, folder, name)
            await asyncio.to_thread(self._store.refresh)
        except GenimgError as error:
            raise Refusal(400, _without_folder(str(error), folder)) from None
        except OSError as error:
            _LOG.warning("a model could not be added: %s", error)
            full = error.errno in _NO_ROOM
            why = say("shell.models_folder_full" if full else "shell.models_read_only")
            raise Refusal(507, why) from None
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return json_answer(_added(found))


def _added(found: Installed) -> ModelAdded:
    info = found.info
    return {"name": info.name, "title": info.title, "known": found.known, "draws": found.draws}


def _without_folder(words: str, folder: Path) -> str:
    """A message for somebody who need not know where the folder is."""
    return words.replace(f"{folder}/", "")


def _too_large() -> str:
    return say("shell.model_too_large", size=f"{MAX_FILE // 10**6:,}")


def _stalled() -> str:
    return say("shell.model_stalled", seconds=f"{PART_SECONDS:.0f}")
