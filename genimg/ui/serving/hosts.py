"""By which names may this app be asked for?

A page of somebody else can bend a name of its own to an address that only this machine, or this
network, reaches (DNS rebinding): its browser then takes genimg for a part of that page. It still
says that name as the Host. So a Host is an address, a name that only this machine has, or one that
whoever started the app has allowed; all others get no answer.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from genimg.errors import GenimgError

DEFAULT_PORTS = {"http": ":80", "https": ":443"}

SCOPE_KEY = "genimg.hosts"
"""Where a connection's scope has the names of its app (see `live_messages.is_own`)."""

_HOST = re.compile(r"(\[[0-9a-f:.%]+\]|[^\s/@?#:\[\]\\]+)(?::(\d{1,5}))?", re.IGNORECASE)
_NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_LONGEST = 300


class Hosts:
    """The names of one app.

    Args:
        allowed: further ones, such as "example.org", "*.example.org" for all below it, or
            "example.org:8443", whose pages may then ask at that port, too.

    Raises:
        GenimgError: one of them cannot be a name.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        own = socket.gethostname().lower()
        self._names = {own, own.partition(".")[0]} - {""}
        self._names |= {f"{name}.local" for name in self._names if "." not in name}
        self._endings: list[str] = []
        self._pages: set[str] = set()
        for said in allowed:
            name, port = _read(said)
            if name.startswith("*."):
                self._endings.append(name[1:])
            else:
                self._names.add(name)
            self._pages.add(name + (f":{port}" if port else ""))

    def allow(self, host: str) -> bool:
        """Whether the value of a Host header is one of these names, at any port."""
        name = host_name(host)
        return name is not None and (
            is_address(name)
            or name in self._names
            or name == "localhost"
            or name.endswith((".localhost", *self._endings))
        )

    def declare(self, origin: str, host: str) -> bool:
        """Whether an Origin is of a name that was allowed, at its usual port or at that one.

        The value of the Host header is that name, too, or one of those that a proxy puts in its
        place: pages of "a.example.org" have no say at "b.example.org", though both were allowed.
        """
        place, asked = _place(origin), host_name(host)
        if place not in self._pages and f"*.{place.partition('.')[2]}" not in self._pages:
            return False
        return asked == host_name(place) or not self._is_declared(asked or "")

    def _is_declared(self, name: str) -> bool:
        pages = {page.partition(":")[0] for page in self._pages}
        return name in pages or name.endswith(tuple(self._endings))


def is_at(page: str, host: str) -> bool:
    """Whether an address, or an Origin, is of the server that a Host header names."""
    place = _place(page)
    usual = DEFAULT_PORTS.get(page.partition(":")[0].lower(), "")
    return place == host.lower().removesuffix(usual) != ""


def host_name(host: str) -> str | None:
    """The name or address in a Host header, small, without its port; None if there is none."""
    found = _HOST.fullmatch(host) if len(host) <= _LONGEST else None
    if found is None:
        return None
    return found[1].lower().strip("[]").removesuffix(".") or None


def is_address(name: str) -> bool:
    """Whether it is an IP address, which nobody can bend."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(name: str) -> bool:
    """Whether only this machine is reached by this name or address."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return is_address(name) and ipaddress.ip_address(name).is_loopback


def _place(page: str) -> str:
    """Name and port of an address, without the usual port; "" if it is none."""
    try:
        asking = urlsplit(page.lower())
    except ValueError:
        return ""
    usual = DEFAULT_PORTS.get(asking.scheme)
    return asking.netloc.removesuffix(usual) if usual is not None else ""


def _read(said: str) -> tuple[str, str]:
    """Name and port ("" for none) of a name that is to be allowed. Raises GenimgError."""
    found = _HOST.fullmatch(said.strip())
    try:
        name = found[1].encode("idna").decode("ascii").lower() if found else ""
    except UnicodeError:
        name = ""
    bare = name.strip("[]")
    if found is None or not (_NAME.fullmatch(name) or is_address(bare)):
        raise GenimgError(
            f"{said!r} is not a name that the app can be asked for by. Give it as --allow-host "
            "example.org, without http:// and path; *.example.org allows all names below it."
        )
    return (name if is_address(bare) else name.removesuffix(".")), found[2] or ""
