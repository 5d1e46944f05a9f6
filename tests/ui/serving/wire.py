"""What goes over the wire, byte by byte: a client that says exactly what a test wants it to, and a
proxy as docs/serving.md describes one.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

PATIENCE = 60.0
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
"""Headers of somebody who wants a socket."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it, in a thread of its own: in that of the tests, a browser's loop may run."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Answer(NamedTuple):
    """Its status, headers by their small names, and as much of the body as had a known length."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(url: str, said: str | bytes) -> Answer:
    """Say something to the server of an address, and read its answer."""
    host, _, port = url.split("/")[2].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as asking:
        asking.sendall(said.encode("latin-1") if isinstance(said, str) else said)
        head, body = _head(asking)
        first, *rows = head.decode("latin-1").split("\r\n")
        pairs = (row.partition(":") for row in rows)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        while len(body) < int(headers.get("content-length", 0)):
            if not (part := asking.recv(65536)):
                break
            body += part
        return Answer(int(first.split()[1]), headers, body)


def _head(stream: socket.socket) -> tuple[bytes, bytes]:
    """What comes before the empty line, and what has come after it already."""
    come = b""
    while b"\r\n\r\n" not in come:
        if not (part := stream.recv(65536)):
            raise ConnectionError("it ended before its headers had")
        come += part
    head, _, rest = come.partition(b"\r\n\r\n")
    return head, rest


class Proxy:
    """Has an app below a path, as nginx does with the settings in docs/serving.md.

    Args:
        port: the app's.
        prefix: where the app lies: "/apps/genimg".
        name: the fixed name that the app is told, with the proxy's own port.
        strips: whether it takes the prefix off.
    """

    def __init__(self, port: int, prefix: str, name: str, strips: bool = False) -> None:
        self._app, self._prefix, self._strips = port, prefix, strips
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"{name}:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.host}{prefix}/"
        self.missed: list[str] = []
        """Paths that were asked for outside of the prefix."""
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                visitor, address = self._listener.accept()
                threading.Thread(target=self._pass, args=(visitor, address[0]), daemon=True).start()

    def _pass(self, visitor: socket.socket, address: str) -> None:
        with suppress(OSError), visitor:
            head, rest = _head(visitor)
            first, *rows = head.decode("latin-1").split("\r\n")
            method, path, _ = first.split(" ")
            if not path.startswith(f"{self._prefix}/"):
                self.missed.append(path)
                sent = f"{self._prefix}/"
                moved = f"301 Moved Permanently\r\nLocation: {sent}" if path + "/" == sent else ""
                status = moved or "404 Not Found"
                visitor.sendall(
                    f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                )
                return
            if self._strips:
                path = path.removeprefix(self._prefix)
            upgrade = next((row for row in rows if row.lower().startswith("upgrade:")), None)
            own = [
                f"Host: {self.host}", f"X-Forwarded-For: {address}", "X-Forwarded-Proto: http",
                *([upgrade, "Connection: upgrade"] if upgrade else ["Connection: close"]),
            ]  # fmt: skip
            told = re.compile(r"(host|x-forwarded-\w+|connection|upgrade):", re.IGNORECASE)
            kept = [row for row in rows if not told.match(row)]
            with socket.create_connection(("127.0.0.1", self._app)) as app:
                asked = "\r\n".join([f"{method} {path} HTTP/1.1", *own, *kept, "", ""])
                app.sendall(asked.encode("latin-1") + rest)
                threading.Thread(target=_pump, args=(visitor, app), daemon=True).start()
                _pump(app, visitor)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
