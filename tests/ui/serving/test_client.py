from __future__ import annotations

import pytest

from genimg.ui.serving.client import client_address


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        (("192.0.2.7", 4000), "192.0.2.7"),
        (("::ffff:192.0.2.7", 4000), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 4000), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::1", 4000), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 4000), "fe80::/64"),
        (("::1", 4000), "::1"),
        (("testclient", 50000), ""),
        (("", 0), ""),
        (None, ""),
    ],
)
def test_whose_limits_a_request_counts_towards(
    client: tuple[str, int] | None, counted: str
) -> None:
    assert client_address({"type": "http", "client": client}) == counted


def test_what_anybody_may_write_is_not_looked_at() -> None:
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"forwarded", b"for=203.0.113.9")]
    scope = {"type": "http", "client": ("192.0.2.7", 4000), "headers": headers}
    assert client_address(scope) == "192.0.2.7"
