"""May this request come in at all? Asked once, before the page, the API and the sockets alike.

It has to name the app by one of its names (hosts), to come from its own page if from any (Origin),
to ask for something that is there (gradio_routes), and to know a password where there is one
(login). Every answer tells browsers which pages may show it in a frame, to take no file for another
kind than it is, and to tell other sites nothing of where somebody comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from genimg.ui.serving import gradio_routes
from genimg.ui.serving.answers import Refusal
from genimg.ui.serving.hosts import SCOPE_KEY
from genimg.ui.serving.http import is_own
from genimg.ui.serving.login import LOGIN, LOGOUT, Login
from genimg.ui.serving.settings import Access
from genimg.ui.words import say

OWN = "/genimg/"
"""How the paths of genimg's own routes begin."""
_POLICY = 1008  # RFC 6455, section 7.4.1; before a socket is accepted it becomes a plain 403
_LONGEST = 100


class Doors:
    """The outermost layer of an app, for HTTP and for WebSockets."""

    def __init__(self, app: ASGIApp, access: Access | None = None) -> None:
        access = access or Access()
        self._app = app
        self._prefix = access.prefix
        self._hosts = access.names
        self._login = (
            Login(access.accounts, access.prefix, bool(access.embedding))
            if access.accounts
            else None
        )
        self._headers = _headers(access)
        self._entrance: ASGIApp = self._enter
        if access.trusted_proxies:
            self._entrance = cast(
                ASGIApp, ProxyHeadersMiddleware(cast(Any, self._enter), [*access.trusted_proxies])
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        within = scope["type"] in ("http", "websocket")
        await (self._entrance if within else self._app)(scope, receive, send)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = self._read(scope)
        refusal = await self._refusal(scope, receive)
        if refusal is None:
            await self._app(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY, "reason": "not allowed"})
        else:
            await refusal(scope, receive, self._with_headers(send))

    def _read(self, scope: Scope) -> Scope:
        """What is asked, as if the app lay at "/", without what nobody may tell Gradio."""
        path, raw = scope["path"], scope.get("raw_path") or b""
        prefix = self._prefix
        if prefix and path.startswith(f"{prefix}/"):  # a proxy that passes it on as it is
            path = path.removeprefix(prefix)
            raw = raw.removeprefix(prefix.encode("ascii"))
        headers = [
            (name, value) for name, value in scope["headers"] if self._passes(name, value, path)
        ]
        return {**scope, "path": path, "raw_path": raw, "headers": headers, SCOPE_KEY: self._hosts}

    def _passes(self, name: bytes, value: bytes, path: str) -> bool:
        """Whether a header reaches Gradio.

        It believes two about its own address, and answers a Range with all headers of the question.
        """
        if name == b"x-forwarded-host":
            return self._hosts.allow(value.decode("latin-1").partition(",")[0].strip())
        if name == b"range":
            return not gradio_routes.is_file(path)
        return name != b"x-gradio-server"

    async def _refusal(self, scope: Scope, receive: Receive) -> Response | None:
        """The answer to what is not let in, or is answered right here; None for all else."""
        connection = HTTPConnection(scope)
        named = connection.headers.getlist("host")
        if len(named) != 1 or not self._hosts.allow(named[0]):
            return _no(scope, 403, _unknown(named[0] if named else ""))
        if not is_own(connection):
            return _no(scope, 403, say("serving.foreign_page"))
        path = scope["path"]
        if path == self._prefix != "":
            return RedirectResponse(f"{path}/", 308)
        if self._login is not None and scope["type"] == "http":
            request = Request(scope, receive)
            if path in (LOGIN, LOGOUT):
                return await self._login.serve(request)
            if not self._login.knows(request):
                return self._login.refuse(request)
        elif self._login is not None and not self._login.knows(connection):
            return _no(scope, 403, "")
        if path.startswith(OWN) or gradio_routes.is_open(path, scope.get("query_string", b"")):
            return None
        return _no(scope, 404, say("serving.nothing_here"))

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        return sending


def _headers(access: Access) -> Mapping[str, str]:
    """What every answer says."""
    headers = {
        "Content-Security-Policy": " ".join(("frame-ancestors 'self'", *access.embedding)),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if not access.embedding:  # it cannot name anybody else
        headers["X-Frame-Options"] = "SAMEORIGIN"
    return headers


def _unknown(host: str) -> str:
    return say("serving.unknown_host", host=repr(host[:_LONGEST]))


def _no(scope: Scope, status: int, why: str) -> Response:
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return PlainTextResponse(why, status)
    return Refusal(status, why).response()
