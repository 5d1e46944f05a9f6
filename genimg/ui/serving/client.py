"""Whose limits does a request count towards?

By the address that it comes from. Behind a proxy that would be the proxy's own for everybody: there
the app is told which addresses are proxies (see `Access`), and Doors puts in what such a one says
in X-Forwarded-For. From everybody else that header is what anybody may write, and is not looked at.
"""

from __future__ import annotations

import ipaddress
from collections.abc import MutableMapping
from typing import Any

_HOUSEHOLD = 64
"""Bits of an IPv6 address that a household has in common: the others anybody changes at will."""


def client_address(scope: MutableMapping[str, Any]) -> str:
    """Who asks, as a text to count by: an IPv4 address, or the network of an IPv6 address.

    Args:
        scope: of an HTTP or WebSocket connection (`request.scope`, `socket.scope`).

    Returns:
        "192.0.2.7", or "2001:db8:1:2::/64"; "" where a server does not tell, as on a Unix socket.
    """
    client = scope.get("client")
    said = str(client[0]) if client else ""
    try:
        address = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address.is_loopback:
        return str(address)
    return str(ipaddress.ip_network((int(address), _HOUSEHOLD), strict=False))
