"""How does the page start, watch and stop training? Plain JSON over HTTP.

    GET    /genimg/training                     {"allowed", "why", "here", "models", "runs",
                                                "disk_free"} and what there is to choose: `OFFERS`
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
a page of another site cannot do, and not through a proxy, behind which anybody may be. Proxies are
told by what they add; one that adds nothing and calls the app by a loopback address cannot be told
from a browser, so an app that is started for a proxy (see `Access.is_behind_proxy`) takes nobody
for one who sits at it. An app that others reach, by its address or a proxy, trains only with
--allow-training, which counts nowhere else.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from genimg.errors import GenimgError
from genimg.ui.serving.answers import FRESH, Refusal, json_answer
from genimg.ui.serving.hosts import host_name, is_at, is_loopback
from genimg.ui.serving.http import (
    Handler,
    Question,
    body_of,
    content_length,
    guarded,
    json_route,
    read,
)
from genimg.ui.train.answers import LookStarted, Overview, RunStarted
from genimg.ui.train.previews import SHEETS, Busy, UnknownLook
from genimg.ui.train.requests import (
    DeleteRequest,
    ExtendRequest,
    LookRequest,
    RunRequest,
    offers,
)
from genimg.ui.train.service import NotFound, Training
from genimg.ui.train.uploads import NoRoom, TooMuch, UnknownSet
from genimg.ui.train.views import PATH
from genimg.ui.words import say

__all__ = ["PICTURES_PATH", "TrainingRoutes", "is_loopback"]

PICTURES_PATH = f"{PATH}/pictures"
PIECE = 2**20
"""Bytes of an upload that are written at once."""
NOT_ALLOWED = "train.not_allowed"
NOT_HERE = "train.not_here"
OFF = "train.off"
PROXIED = (
    "forwarded", "via", "x-forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
    "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-server", "x-forwarded-scheme",
    "x-forwarded-ssl", "x-original-forwarded-for", "x-original-host", "x-client-ip", "x-real-ip",
    "x-cluster-client-ip", "x-scheme", "true-client-ip", "cf-connecting-ip", "cf-ray", "cdn-loop",
)  # fmt: skip
"""Headers by which proxies tell that they ask for somebody else."""
_FRAME = re.compile(r"[0-9]{9,12}\.png")
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_STATUSES: tuple[tuple[type[GenimgError], int], ...] = (
    (NotFound, 404),
    (UnknownLook, 404),
    (UnknownSet, 404),
    (Busy, 409),
    (TooMuch, 413),
    (NoRoom, 507),
)
_ACTS: dict[str, type[Question]] = {
    "stop": Question,
    "resume": Question,
    "delete": DeleteRequest,
    "extend": ExtendRequest,
    "open": Question,
}
"""What a run can be asked to, by the names of the methods of Training, and how."""


class TrainingRoutes:
    """The routes of one app.

    Args:
        host: the address that the app listens on.
        allow: whether it may train though that is reached from other machines; where it is not,
            this changes nothing.
        off: nobody may train at all. Models may be added all the same.
        behind_proxy: a proxy of this machine may ask for others.
    """

    def __init__(
        self,
        training: Training,
        host: str,
        allow: bool,
        off: bool = False,
        behind_proxy: bool = False,
    ) -> None:
        self.training = training
        self._local = is_loopback(host) and not behind_proxy
        self._allow = allow and not self._local
        self._off = off

    @property
    def routes(self) -> list[Route]:
        """For the routes of an app, before Gradio's."""
        run, look = f"{PATH}/runs/{{name}}", f"{PATH}/look/{{id}}"
        plain: list[tuple[str, str, Handler]] = [
            ("GET", f"{run}", self._run),
            ("GET", f"{run}/frames/{{frame}}", self._frame),
            ("POST", PICTURES_PATH, self._pictures),
            ("DELETE", f"{PICTURES_PATH}/{{id}}", self._delete_pictures),
            ("GET", f"{look}", self._look),
            ("GET", f"{look}/{{sheet}}", self._sheet),
            ("POST", f"{look}/cancel", self._cancel_look),
            ("POST", f"{run}/{{act}}", self._act),
        ]
        limits: Any = {"why_not": self._why_not, "statuses": _STATUSES}
        return [
            Route(PATH, guarded(self._all), methods=["GET"]),
            json_route(f"{PATH}/look", LookRequest, self._start_look, **limits),
            json_route(f"{PATH}/runs", RunRequest, self._start_run, **limits),
            *(Route(path, guarded(f, **limits), methods=[method]) for method, path, f in plain),
        ]

    # -- who may

    def _is_here(self, request: Request) -> bool:
        """Whether it was asked from this machine, by a name that only this machine has."""
        if not self._local or any(name in request.headers for name in PROXIED):
            return False
        # What browsers never say, and nginx does unless it is told otherwise.
        if request.scope.get("http_version") == "1.0":
            return False
        if request.headers.get("connection", "").lower() == "close":
            return False
        host = request.headers.get("host", "")
        page = request.headers.get("referer", "")
        if page and not is_at(page, host):  # a proxy has not passed on how the page was called
            return False
        return is_loopback(host_name(host) or "")

    def may_add(self, request: Request) -> bool:
        """Whether it comes from somebody who may add models here."""
        return self._allow or self._is_here(request)

    def _why_not(self, request: Request) -> str:
        """Why somebody may not train here, "" if they may."""
        if self._off:
            return say(OFF)
        if self.may_add(request):
            return ""
        return say(NOT_HERE if self._local else NOT_ALLOWED)

    # -- what there is

    async def _all(self, request: Request) -> Response:
        if why := self._why_not(request):
            nothing: Overview = {
                "allowed": False, "why": why, "here": False, **offers(),
                "models": [], "runs": [], "disk_free": 0,
            }  # fmt: skip
            return json_answer(nothing)
        return json_answer(await run_in_threadpool(self.training.state, self._is_here(request)))

    async def _run(self, request: Request) -> Response:
        return json_answer(await run_in_threadpool(self.training.tell, request.path_params["name"]))

    async def _frame(self, request: Request) -> Response:
        name, frame = request.path_params["name"], request.path_params["frame"]
        files = await run_in_threadpool(self.training.files, name)
        path = files.samples / frame
        if not _FRAME.fullmatch(frame) or not path.is_file() or path.is_symlink():
            raise Refusal(404, say("train.no_picture"))
        return FileResponse(path, media_type="image/png", headers=_FOREVER)

    # -- pictures

    async def _pictures(self, request: Request) -> Response:
        uploads = self.training.uploads
        name = request.query_params.get("name", "")
        number = request.query_params.get("set", "")
        if number:
            return json_answer({"set": number, "name": await self._take(request, number, name)})
        number = await run_in_threadpool(uploads.new, content_length(request.scope))
        try:
            return json_answer({"set": number, "name": await self._take(request, number, name)})
        except BaseException:  # nobody has been told of the set
            with suppress(GenimgError):
                uploads.delete(number)
            raise

    async def _take(self, request: Request, number: str, name: str) -> str | None:
        """Write a file that is sent to a set; gives its name, None for what no picture can be."""
        opened = self.training.uploads.open
        incoming = await run_in_threadpool(opened, number, name, content_length(request.scope))
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
        return json_answer({})

    # -- looks

    async def _start_look(self, request: Request, asked: LookRequest) -> LookStarted:
        host, here = request.client.host if request.client else "", self._is_here(request)
        return {"id": await run_in_threadpool(self.training.start_look, asked, host, here)}

    async def _look(self, request: Request) -> Response:
        number = request.path_params["id"]
        look = self.training.looks.get(number)
        return json_answer(await run_in_threadpool(look.tell, f"{PATH}/look/{number}"))

    async def _sheet(self, request: Request) -> Response:
        look = self.training.looks.get(request.path_params["id"])
        keys = {name: key for key, name in SHEETS.items()}
        path = look.sheets().get(keys.get(request.path_params["sheet"], ""))
        if path is None:
            raise Refusal(404, say("train.no_picture"))
        return FileResponse(path, media_type="image/png", headers=FRESH)

    async def _cancel_look(self, request: Request) -> Response:
        await run_in_threadpool(self.training.looks.cancel, request.path_params["id"])
        return json_answer({})

    # -- runs

    async def _start_run(self, request: Request, asked: RunRequest) -> RunStarted:
        here = self._is_here(request)
        return {"name": await run_in_threadpool(self.training.start_run, asked, here)}

    async def _act(self, request: Request) -> Response:
        act = request.path_params["act"]
        if act not in _ACTS:
            raise Refusal(404, say("train.acts", acts=", ".join(_ACTS)))
        body = await body_of(request)
        files = await run_in_threadpool(self.training.files, request.path_params["name"])
        asked = read(_ACTS[act], body)
        return json_answer(await run_in_threadpool(getattr(self.training, act), files, asked))
