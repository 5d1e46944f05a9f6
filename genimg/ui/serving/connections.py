"""How many connections may there be, and how long may one be open and say nothing?

An application is not asked before a request has a complete head; so idle and half-sent ones are
ended here, in the server's protocol. There are always fewer connections than the process may have
files open: at that limit nothing works any more, and asyncio says so thousands of times a second.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import Any

from uvicorn.middleware.proxy_headers import _TrustedHosts
from uvicorn.protocols.http.h11_impl import H11Protocol

from genimg.ui.serving.client import client_address
from genimg.ui.serving.quotas import Full, Share

if sys.platform != "win32":
    import resource

MOST, MOST_OF_ONE = 4000, 400
"""Connections. One whose address is that of this machine may be a proxy, which speaks for many."""
HEAD_SECONDS = 15.0
"""How long a request may take to begin, and its head to be complete."""
SEND_SECONDS = 60.0
"""How long a client may take nothing of what it has asked for."""
BACKLOG = 128
"""Connections that wait to be accepted."""
_FILES = 65_536
_SPARE = 512
"""Files that may be open besides: sockets of the page, uploads, models, what waits."""
_SAY_SECONDS = 60.0
_LOG = logging.getLogger("genimg")


def raise_file_limit() -> int:
    """Let this process have as many files open as it may, and return how many connections fit."""
    if sys.platform == "win32":
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            pass
    if soft == resource.RLIM_INFINITY:
        return MOST
    return max(min(MOST, soft - _SPARE), min(64, soft // 2))


def quietly(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception handler for a loop: as the usual one, but what repeats is said once a minute."""
    if not str(context.get("message", "")).startswith("socket.accept()"):
        loop.default_exception_handler(context)
        return
    last = getattr(loop, "_genimg_said", None)
    if last is None or time.monotonic() - last > _SAY_SECONDS:
        loop._genimg_said = time.monotonic()  # type: ignore[attr-defined]
        _LOG.error("no more connections can be accepted just now: %s", context.get("exception"))


def protocol(
    connections: Share, head: float = HEAD_SECONDS, send: float = SEND_SECONDS
) -> type[H11Protocol]:
    """The protocol for a server whose connections are bounded.

    Args:
        connections: of which each open one holds one.
        head, send: see HEAD_SECONDS and SEND_SECONDS.
    """
    return type("BoundedProtocol", (_Bounded,), {"room": connections, "head": head, "slow": send})


class _Bounded(H11Protocol):
    room: Share
    head: float
    slow: float
    _address: str | None = None
    _beginning: asyncio.TimerHandle | None = None
    _sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        trusted = self.client is not None and self.client[0] in _TrustedHosts(
            self.config.forwarded_allow_ips or "127.0.0.1"
        )
        address = "" if trusted else client_address({"client": self.client})
        most = self.room.most if trusted else self.room.most_of_one
        try:
            self.room.take(address, most_of_one=most)
        except Full:
            transport.abort()
            return
        self._address = address
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering and self._beginning is not None:
            self._beginning.cancel()
            self._beginning = None

    def on_response_complete(self) -> None:
        self._await_head()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._leave()  # sockets are counted by those that they belong to
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._sending is None:
            self._sending = self.loop.call_later(self.slow, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        if self._beginning is not None:
            self._beginning.cancel()
        self._beginning = self.loop.call_later(self.head, self._end)

    def _end(self) -> None:
        self._beginning = None
        if not self._is_answering:
            self.transport.abort()

    def _leave(self) -> None:
        for timer in (self._beginning, self._sending):
            if timer is not None:
                timer.cancel()
        self._beginning = self._sending = None
        if self._address is not None:
            self.room.give(self._address)
            self._address = None
