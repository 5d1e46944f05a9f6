"""How does the page start, watch and stop training? Plain JSON over HTTP.

    GET    /genimg/training                     {"allowed", "why", "data", "families", "models",
                                                "runs", "disk_free"}
    GET    /genimg/training/runs/NAME           one run: plan, curves, frames, health, log
    GET    /genimg/training/runs/NAME/frames/000001000.png
    POST   /genimg/training/pictures?set=ID&name=cats/1.jpg   the body is a file -> {"set", "name"}
    DELETE /genimg/training/pictures/ID
    POST   /genimg/training/look                {"data": ..., "person": KEY} -> {"id"}
    GET    /genimg/training/look/ID             {"done", "stage", "progress", "report", "plan",
                                                "error", "sheets"}
    GET    /genimg/training/look/ID/used.png    also left-out.png, changes.png
    POST   /genimg/training/look/ID/cancel
    POST   /genimg/training/runs                {"title", "data", ...} -> {"name"}
    POST   /genimg/training/runs/NAME/stop      also resume; -> {}
    POST   /genimg/training/runs/NAME/delete    {"model": true}: its model, too -> {}
    POST   /genimg/training/runs/NAME/extend    {"minutes": 20}: so many more than now -> {}
    POST   /genimg/training/runs/NAME/open      the model as it is now -> {"model"}

"data" is the name of a set, "upload:ID", or "folder:PATH" where the app listens on this machine
alone. "person" tells those apart who come from one address; a new look takes the place of the one
before of the same person. What goes wrong is {"error": "plain words"}, with a status of 400, 403
(not allowed, or another origin), 404, 409 (others look just now), 413 (too much) or 507 (no room on
the disk).

Training is heavy work for the machine and writes to its disk: it is for those who sit at it. So it
is allowed where the app listens on a loopback address and the page was asked for by such a name, as
a page of another site cannot do, and not through a proxy, behind which anybody may be. An app that
listens beyond the machine trains only with --allow-training, which counts nowhere else: on a
loopback address it would let in pages of other sites, by names of theirs that lead here.
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from genimg.errors import GenimgError
from genimg.runs import RunFiles
from genimg.ui.live_messages import MAX_CHARACTERS, Refused, is_own, read_json
from genimg.ui.training_asked import DATA, FAMILIES, read_words
from genimg.ui.training_looks import SHEETS, Busy, UnknownLook
from genimg.ui.training_uploads import NoRoom, TooMuch, UnknownSet
from genimg.ui.training_views import PATH
from genimg.ui.training_work import NotFound, Training

__all__ = ["PICTURES_PATH", "TrainingRoutes", "is_loopback"]

PICTURES_PATH = f"{PATH}/pictures"
PIECE = 2**20
"""Bytes of an upload that are written at once."""
NOT_ALLOWED = (
    "Training is switched off here, since this app is open to other machines. Whoever started it "
    "can allow it: python app.py --allow-training"
)
NOT_HERE = (
    "This app trains only for those who open it at its own machine, by an address such as "
    "http://localhost:7860 and through no other server. Others may train where it was started "
    "with: python app.py --host 0.0.0.0 --allow-training"
)
OFF = "Whoever started this app has switched training off: python app.py --no-training"
PROXIED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
           "x-real-ip")  # fmt: skip
"""Headers by which proxies tell that they ask for somebody else."""
_FRAME = re.compile(r"\d{9}\.png")
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_FRESH = {"Cache-Control": "no-store"}
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (UnknownLook, 404),
    (UnknownSet, 404),
    (Busy, 409),
    (TooMuch, 413),
    (NoRoom, 507),
)
_LOG = logging.getLogger("genimg")

Handler = Callable[[Request], Awaitable[Response]]


class TrainingRoutes:
    """The routes of one app.

    Args:
        host: the address that the app listens on.
        allow: whether it may train though that is reached from other machines; where it is not,
            this changes nothing.
        off: nobody may train at all. Models may be added all the same.
    """

    def __init__(self, training: Training, host: str, allow: bool, off: bool = False) -> None:
        self.training = training
        self._local = is_loopback(host)
        self._allow = allow and not self._local
        self._off = off

    @property
    def routes(self) -> list[Route]:
        """For the routes of an app, before Gradio's."""
        run, look = f"{PATH}/runs/{{name}}", f"{PATH}/look/{{id}}"
        told: list[tuple[str, str, Handler]] = [
            ("GET", f"{run}", self._run),
            ("GET", f"{run}/frames/{{frame}}", self._frame),
            ("POST", PICTURES_PATH, self._pictures),
            ("DELETE", f"{PICTURES_PATH}/{{id}}", self._delete_pictures),
            ("POST", f"{PATH}/look", self._start_look),
            ("GET", f"{look}", self._look),
            ("GET", f"{look}/{{sheet}}", self._sheet),
            ("POST", f"{look}/cancel", self._cancel_look),
            ("POST", f"{PATH}/runs", self._start_run),
            ("POST", f"{run}/{{act}}", self._act),
        ]
        return [
            Route(PATH, self._guarded(self._all, for_all=True), methods=["GET"]),
            *(Route(path, self._guarded(f), methods=[method]) for method, path, f in told),
        ]

    # -- who may

    def _is_here(self, request: Request) -> bool:
        """Whether it was asked from this machine, by a name that only this machine has."""
        if not self._local or any(name in request.headers for name in PROXIED):
            return False
        try:
            name = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        except ValueError:
            return False
        return is_loopback(name)

    def may_add(self, request: Request) -> bool:
        """Whether it comes from somebody who may add models here."""
        return self._allow or self._is_here(request)

    def _why_not(self, request: Request) -> str:
        """Why somebody may not train here, "" if they may."""
        if self._off:
            return OFF
        if self.may_add(request):
            return ""
        return NOT_HERE if self._local else NOT_ALLOWED

    def _guarded(self, handler: Handler, for_all: bool = False) -> Handler:
        async def answer(request: Request) -> Response:
            if request.method not in ("GET", "HEAD") and not is_own(request):
                return _no(403, "This page is not genimg's own.")
            if not for_all and (why := self._why_not(request)):
                return _no(403, why)
            try:
                return await handler(request)
            except ClientDisconnect:
                return Response(status_code=400)  # which nobody gets
            except Refused as reason:
                said = str(reason)
                return _no(400, f"{said[:1].upper()}{said[1:]}.")
            except (GenimgError, NotFound) as error:
                fitting = (status for kind, status in _STATUS if isinstance(error, kind))
                return _no(next(fitting, 400), str(error))
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    return _no(507, "The disk of the machine that trains is full.")
                return self._fault(error)
            except Exception as error:
                return self._fault(error)

        return answer

    @staticmethod
    def _fault(error: Exception) -> Response:
        _LOG.error("a fault of the program", exc_info=error)
        return _no(500, "That is a fault of the program; where it was started it says more.")

    # -- what there is

    async def _all(self, request: Request) -> Response:
        if why := self._why_not(request):
            return _json({
                "allowed": False, "why": why, "here": False, "data": [], "families": [],
                "models": [], "runs": [], "disk_free": 0,
            })  # fmt: skip
        state = await run_in_threadpool(self.training.state)
        return _json({
            "allowed": True, "why": "", "here": self._is_here(request), "data": DATA,
            "families": FAMILIES, **state,
        })  # fmt: skip

    async def _run(self, request: Request) -> Response:
        return _json(await run_in_threadpool(self.training.tell, request.path_params["name"]))

    async def _frame(self, request: Request) -> Response:
        name, frame = request.path_params["name"], request.path_params["frame"]
        files = await run_in_threadpool(self.training.files, name)
        path = files.samples / frame
        if not _FRAME.fullmatch(frame) or not path.is_file() or path.is_symlink():
            return _no(404, "There is no such picture.")
        return FileResponse(path, media_type="image/png", headers=_FOREVER)

    # -- pictures

    async def _pictures(self, request: Request) -> Response:
        uploads = self.training.uploads
        name = request.query_params.get("name", "")
        number = request.query_params.get("set", "")
        if number:
            return _json({"set": number, "name": await self._take(request, number, name)})
        number = await run_in_threadpool(uploads.new, _length(request))
        try:
            return _json({"set": number, "name": await self._take(request, number, name)})
        except BaseException:  # nobody has been told of the set
            with suppress(GenimgError):
                uploads.delete(number)
            raise

    async def _take(self, request: Request, number: str, name: str) -> str | None:
        """Write a file that is sent to a set; gives its name, None for what no picture can be."""
        opened = self.training.uploads.open
        incoming = await run_in_threadpool(opened, number, name, _length(request))
        if incoming is None:
            return None
        try:
            waiting = bytearray()
            async for part in request.stream():
                waiting += part
                if len(waiting) >= PIECE:
                    await run_in_threadpool(incoming.write, bytes(waiting))
                    waiting.clear()
            await run_in_threadpool(incoming.write, bytes(waiting))
            return await run_in_threadpool(incoming.keep)
        except BaseException:
            incoming.drop()
            raise

    async def _delete_pictures(self, request: Request) -> Response:
        await run_in_threadpool(self.training.uploads.delete, request.path_params["id"])
        return _json({})

    # -- looks

    async def _start_look(self, request: Request) -> Response:
        values, here = await _body(request), self._is_here(request)
        host = request.client.host if request.client else ""
        person = f"{host}/{read_words(values, 'person')}"
        number = await run_in_threadpool(self.training.start_look, values, person, here)
        return _json({"id": number})

    async def _look(self, request: Request) -> Response:
        number = request.path_params["id"]
        look = self.training.looks.get(number)
        told = await run_in_threadpool(look.tell)
        sheets = {key: f"{PATH}/look/{number}/{SHEETS[key]}" for key in look.sheets()}
        return _json(told | {"sheets": sheets})

    async def _sheet(self, request: Request) -> Response:
        look = self.training.looks.get(request.path_params["id"])
        keys = {name: key for key, name in SHEETS.items()}
        path = look.sheets().get(keys.get(request.path_params["sheet"], ""))
        if path is None:
            return _no(404, "There is no such picture.")
        return FileResponse(path, media_type="image/png", headers=_FRESH)

    async def _cancel_look(self, request: Request) -> Response:
        await run_in_threadpool(self.training.looks.cancel, request.path_params["id"])
        return _json({})

    # -- runs

    async def _start_run(self, request: Request) -> Response:
        values, here = await _body(request), self._is_here(request)
        return _json({"name": await run_in_threadpool(self.training.start_run, values, here)})

    async def _act(self, request: Request) -> Response:
        acts: dict[str, Callable[[RunFiles, Mapping[str, object]], dict[str, Any]]] = {
            "stop": self.training.stop,
            "resume": self.training.resume,
            "delete": self.training.delete,
            "extend": self.training.extend,
            "open": self.training.open,
        }
        act = acts.get(request.path_params["act"])
        if act is None:
            return _no(404, f"A run can be asked to: {', '.join(acts)}.")
        values = await _body(request)
        files = await run_in_threadpool(self.training.files, request.path_params["name"])
        return _json(await run_in_threadpool(act, files, values))


def is_loopback(host: str) -> bool:
    """Whether only this machine is reached by this name or address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _body(request: Request) -> dict[str, object]:
    """The JSON object of a body; {} of an empty one. Raises Refused."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_CHARACTERS:
            raise TooMuch("The question is too long.")
    return read_json(bytes(body)) if body else {}


def _length(request: Request) -> int:
    said = request.headers.get("content-length", "0")
    return int(said) if said.isdecimal() and len(said) < 20 else 0


def _json(values: object) -> JSONResponse:
    return JSONResponse(values, headers=_FRESH)


def _no(status: int, error: str) -> JSONResponse:
    return JSONResponse({"error": error}, status, headers=_FRESH)
