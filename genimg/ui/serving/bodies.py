"""How much may a request bring, and how long may that take?

Bodies are counted as they come: what a header says of them need not be true, and chunked ones say
nothing. A body that is too long, or does not come on, ends the request: the app behind sees its
sender gone, and the sender is told why.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from genimg.ui.serving.answers import Refusal, too_much_at_once
from genimg.ui.serving.client import client_address
from genimg.ui.serving.http import content_length
from genimg.ui.serving.quotas import Full, Ration, Share
from genimg.ui.words import say

PART_SECONDS = 60.0
"""How long the next part of a body may take to arrive."""
SLOWEST = 500.0
"""Bytes a second that a body has to bring once it has taken PART_SECONDS."""
LEAST_FREE = 10**9
"""Bytes that stay free on the disk."""
BODY = "genimg.body"
"""Where a scope says how many bytes of the body have come."""


def _too_long() -> Refusal:
    return Refusal(413, say("serving.too_long"))


def _stalled() -> Refusal:
    # Not 408, after which a browser may send it again by itself.
    return Refusal(400, say("serving.stalled"))


def _uploaded_much() -> Refusal:
    return Refusal(429, say("serving.uploaded_much"), 600)


def _uploads_full() -> Refusal:
    return Refusal(507, say("serving.uploads_full"), 600)


class Uploads:
    """What may be uploaded to a folder: so much in an hour, and never the whole disk.

    Args:
        ration: bytes, in the time after which uploads are deleted.
    """

    def __init__(self, folder: Path, ration: Ration) -> None:
        self._folder = folder
        self._ration = ration

    def refuse(self, address: str, more: int, coming: int = 0) -> Refusal | None:
        """Why so many bytes more, and those still `coming`, cannot be taken; None if they are."""
        try:
            if shutil.disk_usage(self._folder).free - more - coming < LEAST_FREE:
                return _uploads_full()
            self._ration.use(address, more)
        except Full as full:
            return _uploaded_much() if full.own else _uploads_full()
        except OSError:
            return _uploads_full()
        return None


class Bodies:
    """Middleware that counts bodies.

    Args:
        most: the bytes that a path may be sent; None for a path whose route counts by itself.
        memory: of all other bodies, which are held in memory while they are answered.
        upload: the path to which files are uploaded, which go to the disk instead.
    """

    def __init__(
        self,
        app: ASGIApp,
        most: Callable[[str], int | None],
        memory: Share,
        upload: tuple[str, Uploads],
        patience: float = PART_SECONDS,
    ) -> None:
        self.app = app
        self._most = most
        self._memory = memory
        self._upload, self._uploads = upload
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as far as what it brings may come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
        body = _Body(scope, receive, send, self._most(path), self._patience)
        address = client_address(scope)
        uploaded = path == self._upload
        if uploaded:
            body.spend = lambda more: self._uploads.refuse(address, more)
            body.refusal = body.refusal or self._uploads.refuse(address, 0, body.said)
        elif body.most is not None:
            body.spend = lambda more: _hold(self._memory, address, more)
        try:
            if body.refusal is None:
                await self.app(scope, body.receive, body.send)
        except Exception:
            if body.refusal is None:
                raise
        finally:
            if not uploaded and body.held:
                self._memory.give(address, body.held)
        if body.refusal is not None and not body.answered:
            await body.refusal.send(scope, receive, send)


class _Body:
    """One body while it comes, and the answer to it."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, most: int | None, patience: float
    ) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._patience = patience
        self.most = most
        self.said = content_length(scope)
        self.refusal = _too_long() if most is not None and self.said > most else None
        self.answered = False
        self.spend: Callable[[int], Refusal | None] = lambda more: None
        self.held = 0
        self._waited = 0.0
        self._there = False

    async def receive(self) -> Message:
        """What comes next; that the sender is gone, once nothing more is taken."""
        if self._there:
            return await self._receive()
        if self.refusal is None:
            message = await self._next()
            if message is not None:
                return message
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """What the app answers, unless it has been refused meanwhile."""
        if self.answered or self.refusal is None:
            self.answered = True
            await self._send(message)

    async def _next(self) -> Message | None:
        begin = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                message = await self._receive()
        except TimeoutError:
            self.refusal = _stalled()
            return None
        if message["type"] != "http.request":
            self._there = True
            return message
        self._waited += time.monotonic() - begin
        more = len(message.get("body", b""))
        self._there = not message.get("more_body", False)
        self.refusal = self.spend(more)
        if self.refusal is None:
            self.held += more
            self._scope[BODY] = self.held
            slow = self._waited > self._patience and self.held < SLOWEST * self._waited
            if self.most is not None and self.held > self.most:
                self.refusal = _too_long()
            elif slow and not self._there:
                self.refusal = _stalled()
        return message if self.refusal is None else None


def _hold(memory: Share, address: str, more: int) -> Refusal | None:
    try:
        memory.take(address, more)
    except Full as full:
        return too_much_at_once(full.own)
    return None
