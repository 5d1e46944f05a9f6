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
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from genimg.editor import Installed, install_checkpoint
from genimg.errors import GenimgError
from genimg.ui.live_messages import is_own
from genimg.ui.store import Store

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


class _Stalled(Exception):
    """The next part of a file did not come in time."""


class Dropping:
    """Takes model files for a store's folder, one after the other.

    Args:
        may: whether somebody may add models here.
    """

    def __init__(self, store: Store, may: Callable[[Request], bool]) -> None:
        self._store = store
        self._may = may
        self._busy = False
        self._sweep()

    def _sweep(self) -> None:
        for path in self._store.folder.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                    path.unlink()

    @property
    def route(self) -> Route:
        """For the routes of an app, before Gradio's."""
        return Route(PATH, self._serve, methods=["GET", "POST"])

    async def _serve(self, request: Request) -> Response:
        if not is_own(request):
            return _no(403, "This page is not genimg's own.")
        if request.method == "GET":
            return JSONResponse({"allowed": self._may(request)})
        if not self._may(request):
            return _no(
                403,
                "Nobody can add models here: put the file into the folder of models on the machine "
                "that runs genimg.",
            )
        name = request.query_params.get("name", "")
        if not 0 < len(name) <= MAX_NAME:
            return _no(400, "The file has no name, or a very long one.")
        said = request.headers.get("content-length", "0")
        length = int(said) if said.isdecimal() and len(said) < 20 else 0
        if length > MAX_FILE:
            return _too_large()
        if self._busy:
            return _no(503, "Another model is being added. Try again in a moment.")
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
                return _no(507, "The disk of the folder of models is full.")
            with temporary.open("xb") as file:
                size = 0
                async for part in _parts(request):
                    size += len(part)
                    if size > MAX_FILE:
                        return _too_large()
                    file.write(part)
            found = await asyncio.to_thread(install_checkpoint, temporary, folder, name)
            await asyncio.to_thread(self._store.refresh)
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody gets
        except _Stalled:
            return _no(  # not 408, after which a browser may send it again by itself
                400,
                f"Nothing more of the file has come for {PART_SECONDS:.0f} seconds, so it was "
                "given up. Drop it once more.",
            )
        except GenimgError as error:
            return _no(400, _without_folder(str(error), folder))
        except OSError as error:
            _LOG.warning("a model could not be added: %s", error)
            full = error.errno in _NO_ROOM
            why = "is full" if full else "cannot be written by genimg"
            return _no(507, f"The folder of models {why}.")
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return JSONResponse(_said(found))


async def _parts(request: Request) -> AsyncIterator[bytes]:
    """What is sent, as it comes. Raises _Stalled, ClientDisconnect."""
    parts = request.stream()
    while True:
        try:
            async with asyncio.timeout(PART_SECONDS):
                part = await anext(parts, None)
        except TimeoutError:
            raise _Stalled from None
        if part is None:
            return
        yield part


def _said(found: Installed) -> dict[str, object]:
    info = found.info
    return {"name": info.name, "title": info.title, "known": found.known, "draws": found.draws}


def _without_folder(words: str, folder: Path) -> str:
    """A message for somebody who need not know where the folder is."""
    return words.replace(f"{folder}/", "")


def _too_large() -> JSONResponse:
    return _no(413, f"The file is larger than {MAX_FILE // 10**6:,} MB.")


def _no(status: int, error: str) -> JSONResponse:
    again = {"Retry-After": "2"} if status == 503 else None
    return JSONResponse({"error": error}, status, headers=again)
