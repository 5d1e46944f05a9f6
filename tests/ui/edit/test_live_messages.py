"""What the page may say to the live socket, and who may say it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from genimg.ui.edit.live_messages import Scene, read_pull, read_scene, totals
from genimg.ui.serving.http import MAX_CHARACTERS, Refused, is_own

SCENE: dict[str, Any] = {"scene": 1, "recipe": "{}", "names": ["glasses"], "raw": True}


def test_a_scene() -> None:
    scene = read_scene(json.dumps({**SCENE, "more": "than is known"}))
    assert (scene.number, scene.recipe, scene.names, scene.raw) == (1, "{}", ("glasses",), True)
    del SCENE["raw"]
    assert not read_scene(json.dumps(SCENE)).raw


@pytest.mark.parametrize(
    "message",
    [
        "",
        "glasses",
        "[]",
        "[" * 100_000,
        json.dumps({**SCENE, "scene": -1}),
        json.dumps({**SCENE, "scene": 2**32}),
        json.dumps({**SCENE, "scene": True}),
        json.dumps({**SCENE, "scene": 1.0}),
        json.dumps({**SCENE, "scene": float("nan")}),
        json.dumps({**SCENE, "recipe": {"latent": "AAAA"}}),
        json.dumps({**SCENE, "names": "glasses"}),
        json.dumps({**SCENE, "names": [f"name {i}" for i in range(18)]}),
        json.dumps({**SCENE, "names": ["glasses", "glasses"]}),
        json.dumps({**SCENE, "names": ["glasses", 3]}),
        json.dumps({**SCENE, "names": ["", ""]}),
        json.dumps({**SCENE, "names": ["x" * 201]}),
        json.dumps({**SCENE, "raw": "yes"}),
        json.dumps({**SCENE, "recipe": "x" * MAX_CHARACTERS}),
    ],
    ids=lambda message: message[:60],
)
def test_a_text_that_is_no_scene(message: str) -> None:
    with pytest.raises(Refused) as refused:
        read_scene(message)
    assert 0 < len(str(refused.value).encode()) <= 123, "the longest reason of a WebSocket"


def test_a_value() -> None:
    scene = Scene(7, "{}", ("glasses", "hat"))
    pull = read_pull(struct.pack("<II2f", 3, 7, 0.5, -1e30), scene)
    assert pull is not None
    assert (pull.seq, pull.scene) == (3, scene)
    assert totals(pull) == {"glasses": 0.5, "hat": -100.0}


def test_a_value_of_another_scene_is_none() -> None:
    assert read_pull(struct.pack("<II3f", 1, 6, 0.0, 0.0, 0.0), Scene(7, "{}", ("hat",))) is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00" * 7,
        struct.pack("<II", 1, 1),
        struct.pack("<II2f", 1, 1, 0.0, 0.0),
        struct.pack("<IIf", 1, 1, 0.0) + b"\x00",
        struct.pack("<IIf", 1, 1, 0.0)[:-1],
        struct.pack("<II18f", 1, 9, *[0.0] * 18),
        struct.pack("<IIf", 1, 1, float("nan")),
        struct.pack("<IIf", 1, 1, float("-inf")),
        b"\x00" * 500_000,
    ],
    ids=lambda message: f"{len(message)} bytes, {message[-4:].hex()}",
)
def test_a_value_that_is_none(message: bytes) -> None:
    with pytest.raises(Refused):
        read_pull(message, Scene(1, "{}", ("hat",)))


def test_a_value_before_a_scene() -> None:
    with pytest.raises(Refused):
        read_pull(struct.pack("<IIf", 1, 1, 0.0), None)


def asked(origin: str | None, host: str) -> HTTPConnection:
    named = {"host": host} if origin is None else {"host": host, "origin": origin}
    headers = [(key.encode(), value.encode()) for key, value in named.items()]
    return HTTPConnection({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:7860", "127.0.0.1:7860"),
        ("http://LocalHost:7860", "localhost:7860"),
        ("http://[::1]:7860", "[::1]:7860"),
        ("https://pictures.example", "pictures.example"),
        ("https://pictures.example", "pictures.example:443"),
        ("http://pictures.example", "pictures.example:80"),
        (None, "127.0.0.1:7860"),
    ],
)
def test_our_own_page(origin: str | None, host: str) -> None:
    assert is_own(asked(origin, host))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://elsewhere.example", "127.0.0.1:7860"),
        ("http://127.0.0.1:7861", "127.0.0.1:7860"),
        ("http://127.0.0.1", "127.0.0.1:7860"),
        ("https://pictures.example:80", "pictures.example"),
        ("http://127.0.0.1:7860.elsewhere.example", "127.0.0.1:7860"),
        ("http://127.0.0.1:7860@elsewhere.example", "127.0.0.1:7860"),
        ("null", "127.0.0.1:7860"),
        ("file://", ""),
        ("http://", ""),
        ("http://[", "["),
        ("", "127.0.0.1:7860"),
    ],
)
def test_a_page_of_somebody_else(origin: str, host: str) -> None:
    assert not is_own(asked(origin, host))
