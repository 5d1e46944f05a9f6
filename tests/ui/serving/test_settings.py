from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genimg.errors import GenimgError
from genimg.ui.serving.settings import HERE, Access, read_accounts


def test_an_app_on_ones_own_machine_believes_no_proxy() -> None:
    access = Access()
    assert not access.is_behind_proxy
    assert access.trusted_proxies == ()
    assert access.prefix == ""


@pytest.mark.parametrize(
    ("said", "trusted"),
    [
        ({"hosts": ("example.org",)}, HERE),
        ({"root_path": "/apps/genimg"}, HERE),
        ({"root_path": "/apps/genimg", "proxies": ("172.18.0.0/16",)}, ("172.18.0.0/16",)),
        ({"proxies": HERE}, HERE),
        ({"proxies": ("*",)}, ("*",)),
        ({"name": "mybox.lan"}, ()),
    ],
)
def test_whose_word_for_others_is_believed(said: dict[str, Any], trusted: tuple[str, ...]) -> None:
    access = Access(**said)
    assert access.trusted_proxies == trusted
    assert access.is_behind_proxy == bool(trusted)


@pytest.mark.parametrize(
    ("said", "prefix"),
    [
        ("/apps/genimg", "/apps/genimg"),
        ("/apps/genimg/", "/apps/genimg"),
        ("/", ""),
        ("https://example.org/apps/genimg", "/apps/genimg"),
        ("https://example.org:8443", ""),
    ],
)
def test_where_the_app_lies(said: str, prefix: str) -> None:
    access = Access(root_path=said)
    assert access.prefix == prefix
    assert access.names.allow("example.org") == ("example.org" in said)


@pytest.mark.parametrize(
    "said",
    [
        {"hosts": ("http://example.org",)},
        {"embedding": ("example.org",)},
        {"embedding": ("https://example.org/",)},
        {"embedding": ("https://a.example; script-src *",)},
        {"embedding": ("https://a.example\r\nX: y",)},
        {"root_path": "apps"},
        {"root_path": "/apps/../x"},
        {"root_path": "/a b"},
        {"root_path": "//evil.example"},
        {"root_path": "https://example.org/?x"},
        {"proxies": ("example.org",)},
    ],
)
def test_what_cannot_be_meant_is_said(said: dict[str, Any]) -> None:
    with pytest.raises(GenimgError, match=r"is no|is not"):
        Access(**said)


def test_names_and_passwords_come_from_options_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_text("# friends\n\nben: with:colon and space \nünal:geheim\n", encoding="utf-8")
    assert read_accounts(["ann:secret"], file) == {
        "ann": "secret", "ben": " with:colon and space ", "ünal": "geheim",
    }  # fmt: skip
    assert read_accounts([]) == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["ann"], "NAME:PASSWORD"),
        (["ann:"], "NAME:PASSWORD"),
        ([":secret"], "NAME:PASSWORD"),
        (["ann:a", "ann:b"], "two passwords"),
    ],
)
def test_accounts_that_cannot_be_meant_are_said_without_the_password(
    said: list[str], why: str
) -> None:
    with pytest.raises(GenimgError, match=why) as raised:
        read_accounts(said)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"# none\n", b"ann:\xff\xfe\n", None])
def test_a_file_without_accounts_lets_nobody_in_by_mistake(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "accounts"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GenimgError, match="accounts"):
        read_accounts([], file)
