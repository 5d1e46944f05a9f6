"""Who is let in, and by which ways, as whoever starts the app has said?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from genimg.errors import GenimgError
from genimg.ui.serving.hosts import DEFAULT_PORTS, Hosts

HERE = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class Access:
    """Settings of the doors; the default ones are those of an app on somebody's own machine.

    Args:
        hosts: names that the app is asked for by, besides addresses and those of the machine.
        name: that which it listens by, if it is not an address; nobody needs a proxy for it.
        embedding: origins, such as "https://example.org", whose pages may show it in a frame.
        root_path: where it lies behind a proxy, such as "/apps/genimg"; or the whole address.
        accounts: {name: password} of those who may come in; all may where there are none.
        proxies: addresses and networks of proxies, whose X-Forwarded-For is believed. Those of this
            machine are, where `hosts` or `root_path` say that there is one.

    Raises:
        GenimgError: one of them cannot be what it should be.
    """

    hosts: tuple[str, ...] = ()
    name: str = ""
    embedding: tuple[str, ...] = ()
    root_path: str = ""
    accounts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    proxies: tuple[str, ...] = ()
    names: Hosts = field(init=False)

    def __post_init__(self) -> None:
        for origin in self.embedding:
            _check_origin(origin)
        for proxy in self.proxies:
            _check_proxy(proxy)
        set_ = object.__setattr__
        set_(self, "root_path", _root_path(self.root_path))
        if place := urlsplit(self.root_path).netloc:
            set_(self, "hosts", (*self.hosts, place))
        set_(self, "names", Hosts((*self.hosts, *filter(None, (self.name,)))))

    @property
    def is_behind_proxy(self) -> bool:
        """Whether those who ask may come through a proxy, so that its address says nothing."""
        return bool(self.hosts or self.root_path or self.proxies)

    @property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Addresses whose X-Forwarded-For is believed."""
        return self.proxies or (HERE if self.is_behind_proxy else ())

    @property
    def prefix(self) -> str:
        """What the path of each address begins with: "" or "/apps/genimg"."""
        return urlsplit(self.root_path).path


def read_accounts(said: Iterable[str], file: Path | None = None) -> dict[str, str]:
    """{name: password} of texts NAME:PASSWORD and of a file with one in each line.

    Empty lines of the file and those that begin with # say nothing.

    Raises:
        GenimgError: one has no name or no password, two have one name, or the file cannot be read.
    """
    rows = list(said)
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise GenimgError(f"The names and passwords in {file} cannot be read: {why}.") from None
        rows += [line for line in lines if line.strip() and not line.startswith("#")]
        if not rows:
            raise GenimgError(
                f"There is no name in {file}. Write NAME:PASSWORD into it, each in a line."
            )
    accounts: dict[str, str] = {}
    for row in rows:
        name, _, password = row.partition(":")
        name = name.strip()
        if not name or not password:
            raise GenimgError("A name and a password are given as NAME:PASSWORD, both not empty.")
        if name in accounts:
            raise GenimgError(f"The name {name!r} has two passwords. Give each name once.")
        accounts[name] = password
    return accounts


def _root_path(said: str) -> str:
    said = said.strip().rstrip("/")
    address = urlsplit(said)
    is_whole = address.scheme in DEFAULT_PORTS and address.netloc
    path = address.path if is_whole else said
    parts = path.split("/")[1:]
    if not said or (is_whole and not path):
        return said
    if not path.startswith("/") or not all(_is_plain(part) for part in parts):
        raise GenimgError(
            f"{said!r} is not where the app can lie. Give it as --root-path /apps/genimg, of "
            "letters, digits, '.', '_' and '-'; or as a whole address: https://example.org/genimg."
        )
    return said


def _is_plain(part: str) -> bool:
    bare = part.replace("-", "").replace("_", "").replace(".", "")
    return bare.isalnum() and bare.isascii()


def _check_origin(said: str) -> None:
    address = urlsplit(said)
    if address.scheme not in DEFAULT_PORTS or said != f"{address.scheme}://{address.netloc}":
        raise GenimgError(
            f"{said!r} is no origin. Give the scheme and the name of the site whose pages may show "
            "genimg in a frame, and no path: --allow-embedding https://example.org"
        )
    if not all(_is_plain(part) for part in address.netloc.replace(":", ".").split(".")):
        raise GenimgError(f"{said!r} is no origin: that is no name of a site.")


def _check_proxy(said: str) -> None:
    if said == "*":  # everybody is one, as where only a proxy reaches the app
        return
    try:
        ipaddress.ip_network(said)
    except ValueError:
        raise GenimgError(
            f"{said!r} is no address of a proxy. Give an address or a network: "
            "--behind-proxy 127.0.0.1, or --behind-proxy 172.18.0.0/16"
        ) from None
