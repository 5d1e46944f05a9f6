"""Is this somebody who may come in? By a name and a password, where the app was started with them.

    GET  /login     the form, which stands in the place of any page as long as nobody has logged in
    POST /login     username, password -> a cookie, for the browser and gradio_client
    GET  /logout    gives the cookie up

Programs may send name and password with each request instead (HTTP's Basic way: `curl -u`). Where
nobody knows the cookie, there is nothing: no page, no API, no socket, no picture.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import html
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from string import Template

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Message

from genimg.ui.serving.answers import Refusal
from genimg.ui.serving.client import client_address
from genimg.ui.serving.http import body_of
from genimg.ui.words import fill, say

LOGIN, LOGOUT = "/login", "/logout"
MOST_FAILURES, PAUSE = 10, 60.0
"""After so many wrong passwords from one address it waits so many seconds after each."""
LIFETIME = 30 * 24 * 3600.0
"""Seconds for which a cookie is known, if the browser keeps it."""
MOST_SESSIONS = MOST_ADDRESSES = 10_000
MAX_FORM = 10_000
"""Bytes of the form."""
PATIENCE = 60.0
"""Seconds in which it arrives."""

_FRESH = {"Cache-Control": "no-store"}


class Login:
    """The accounts of one app, and who has logged in.

    Args:
        accounts: {name: password}.
        prefix: where the app lies: "" or "/apps/genimg".
        is_framed: pages of other sites show it in a frame, where browsers keep cookies apart.
    """

    def __init__(
        self, accounts: Mapping[str, str], prefix: str = "", is_framed: bool = False
    ) -> None:
        self._key = secrets.token_bytes(32)
        self._accounts = {name: self._digest(word) for name, word in accounts.items()}
        self._nobody = self._digest(secrets.token_hex(16))
        self._prefix, self._is_framed = prefix, is_framed
        # Cookies of all ports of a machine are one: a name of its own for each app.
        self._cookie = f"genimg-{secrets.token_hex(4)}"
        self._sessions: OrderedDict[bytes, float] = OrderedDict()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        page = Path(__file__).with_name("login.html").read_text(encoding="utf-8")
        self._page = Template(fill(page))

    # -- who is known

    def knows(self, connection: HTTPConnection) -> bool:
        """Whether it comes from somebody who has logged in, or brings name and password."""
        token = connection.cookies.get(self._cookie, "")
        if token and time.time() < self._sessions.get(self._digest(token), 0.0):
            return True
        kind, _, said = connection.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return False
        try:
            name, _, word = base64.b64decode(said, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self._try(connection, name, word) == ""

    def _try(self, connection: HTTPConnection, name: str, word: str) -> str:
        """Why somebody does not come in with these words; "" if they do."""
        address, now = client_address(connection.scope), time.monotonic()
        count, last = self._failures.get(address, (0, now))
        if count >= MOST_FAILURES and now - last < PAUSE:
            return self._often
        # As long for a name that nobody has as for one that somebody has.
        fits = hmac.compare_digest(self._digest(word), self._accounts.get(name, self._nobody))
        if fits and name in self._accounts:
            self._failures.pop(address, None)
            return ""
        self._failures[address] = (count + 1, now)
        self._failures.move_to_end(address)
        if len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)
        return say("serving.wrong_password")

    @property
    def _often(self) -> str:
        return say("serving.wrong_often", seconds=f"{PAUSE:.0f}")

    def _digest(self, word: str) -> bytes:
        data = word.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=32).digest()

    # -- what is answered

    async def serve(self, request: Request) -> Response:
        """The answer to what is asked of LOGIN or LOGOUT."""
        if request.scope["path"] == LOGOUT:
            self._sessions.pop(self._digest(request.cookies.get(self._cookie, "")), None)
            answer: Response = RedirectResponse(f"{self._prefix}/", 303, headers=_FRESH)
            answer.delete_cookie(self._cookie, self._prefix or "/")
            return answer
        if request.method != "POST":
            return self._form("", 200)
        form = await _form(request)
        first = say("serving.asks_password")
        name, word = form.get("username"), form.get("password")
        if not isinstance(name, str) or not isinstance(word, str):
            return JSONResponse({"error": first, "detail": first}, 400, headers=_FRESH)
        if why := self._try(request, name.strip(), word):
            status = 429 if why == self._often else 401
            if _wants_page(request):
                return self._form(why, status)
            return JSONResponse({"error": why, "detail": why}, status, headers=_FRESH)
        return self._let_in(request)

    def refuse(self, request: Request) -> Response:
        """The answer to anything else that is asked by somebody who has not logged in."""
        if _wants_page(request):
            return self._form("", 401)
        headers = _FRESH | {"WWW-Authenticate": 'Form realm="genimg"'}
        first = say("serving.asks_password")
        return JSONResponse({"error": first, "detail": first}, 401, headers=headers)

    def _let_in(self, request: Request) -> Response:
        token = secrets.token_urlsafe(32)
        self._sessions[self._digest(token)] = time.time() + LIFETIME
        if len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        answer: Response = JSONResponse({"success": True}, headers=_FRESH)
        if _wants_page(request):
            answer = RedirectResponse(f"{self._prefix}/", 303, headers=_FRESH)
        is_safe = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
        framed = self._is_framed and is_safe  # browsers take such a cookie over https alone
        answer.set_cookie(
            self._cookie,
            token,
            path=self._prefix or "/",
            secure=is_safe,
            httponly=True,
            samesite="none" if framed else "lax",
        )
        return answer

    def _form(self, why: str, status: int) -> Response:
        words = {"action": html.escape(f"{self._prefix}{LOGIN}"), "why": html.escape(why)}
        return HTMLResponse(self._page.substitute(words), status, headers=_FRESH)


async def _form(request: Request) -> FormData:
    """The fields that were sent; none of what is no form, or too long for this one."""
    try:
        async with asyncio.timeout(PATIENCE):
            body = await body_of(request, MAX_FORM)
    except (ClientDisconnect, Refusal, TimeoutError):
        return FormData()

    async def once() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return await Request(request.scope, once).form(max_files=0, max_fields=10)
    except (HTTPException, ValueError):
        return FormData()


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
