from __future__ import annotations

import socket

import pytest

from genimg.errors import GenimgError
from genimg.ui.serving.hosts import Hosts, is_at

ALLOWED = ("example.org", "*.below.example", "app.example:8443", "bücher.example", "192.0.2.9:81")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.1:7860", "192.168.1.5:80", "[::1]:7860", "[2001:db8::1]", "localhost",
        "LocalHost:7860", "localhost.", "tab.localhost:7860", "example.org", "Example.ORG.:443",
        "a.b.below.example", "app.example", "app.example:1", "xn--bcher-kva.example",
        socket.gethostname(), f"{socket.gethostname().partition('.')[0]}.local",
    ],
)  # fmt: skip
def test_names_that_nobody_can_bend_and_those_that_were_allowed(host: str) -> None:
    assert Hosts(ALLOWED).allow(host)


@pytest.mark.parametrize(
    "host",
    [
        "", " ", ":", "evil.example", "localhost.evil.example", "evil-localhost", "below.example",
        "evilbelow.example", "example.org.evil.example", "127.0.0.1.evil.example",
        "sub.example.org", "example.org@evil.example", "evil.example#example.org",
        "example.org evil.example", "[",
        "[::1].evil.example", "[::1]evil", "example.org:port", "example.org/evil", "a" * 400,
        "example.org\\evil", "127.0.0.1:7860:1", "user:word@127.0.0.1", "0x7f.1", ".localhost.evil",
    ],
)  # fmt: skip
def test_all_other_names_get_nothing(host: str) -> None:
    assert not Hosts(ALLOWED).allow(host)


@pytest.mark.parametrize(
    ("origin", "declared"),
    [
        ("https://example.org", True), ("http://EXAMPLE.org:80", True),
        ("https://example.org:444", False), ("https://app.example:8443", True),
        ("https://app.example", False), ("https://a.below.example", True),
        ("https://below.example", False), ("http://192.0.2.9:81", True), ("null", False),
        ("ftp://example.org", False), ("http://[", False), ("https://evil.example", False),
        ("http://127.0.0.1", False),
    ],
)  # fmt: skip
def test_pages_of_names_that_were_allowed(origin: str, declared: bool) -> None:
    assert Hosts(ALLOWED).declare(origin, "127.0.0.1:7860") == declared, "a proxy asks by it"


@pytest.mark.parametrize(
    ("host", "declared"),
    [
        ("a.below.example", True), ("A.below.example:8443", True), ("b.below.example", False),
        ("example.org", False), ("localhost:7860", True), ("", True),
    ],
)  # fmt: skip
def test_a_page_of_one_name_has_no_say_at_another(host: str, declared: bool) -> None:
    assert Hosts(ALLOWED).declare("https://a.below.example", host) == declared


@pytest.mark.parametrize("name", ["", "http://example.org", "a b", "example.org/x", "*", "a.*.org"])
def test_what_cannot_be_a_name_is_said(name: str) -> None:
    with pytest.raises(GenimgError, match=r"--allow-host example\.org"):
        Hosts([name])


def test_a_page_is_at_the_server_that_it_asks() -> None:
    assert is_at("http://127.0.0.1:7860/", "127.0.0.1:7860")
    assert is_at("https://example.org/apps/genimg/?x#y", "example.org:443")
    assert not is_at("https://example.org/", "127.0.0.1:7860")
    assert not is_at("nonsense", "nonsense")
