"""What do the page and the live socket say to each other, and what is refused at once?

    page -> server  text     {"scene": 3, "recipe": "...", "names": ["glasses"], "raw": true}
    page -> server  binary   uint32 seq, uint32 scene, float32 for each name: where its slider is
    server -> page  binary   the 16 bytes of HEADER, then the picture
    server -> page  text     {"error": "plain words", "scene": 3}

All numbers are little endian. A scene is a recipe and the directions that are pulled; after it,
each binary message asks for one picture. Plain values here: no socket, no model.
"""

from __future__ import annotations

import io
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from PIL import Image
from starlette.requests import HTTPConnection

from genimg.ui.sliders import FURTHEST, POOL

MAX_CHARACTERS = 500_000
"""Of one text; a recipe is a JSON text within it, so each of its quotes takes two."""
MAX_NAME = 200
LARGEST = 2**32 - 1

HEADER = struct.Struct("<IIHHBB2x")
"""Of a frame: seq, scene, width, height, channels, kind."""
RAW, ENCODED = 0, 1
"""Kinds of frame: bytes [H, W, C], or a JPEG file."""

# At 64 px, for frames that go through a network: WebP at its fastest takes 0.36 ms for 31 dB, as
# it always halves the colours; this takes 0.03 ms for 38 dB in 5 kB. Raw bytes are 12 kB.
_JPEG = {"quality": 95, "subsampling": 0}
_PLACES = struct.Struct("<II")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Refused(Exception):
    """Not something that genimg's own page sends; the text is a short reason."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is pulled from now on: a recipe's text, and the directions, in the sliders' order.

    `number` is the page's own; `raw` asks for frames of plain bytes.
    """

    number: int
    recipe: str
    names: tuple[str, ...]
    raw: bool = False


@dataclass(frozen=True, eq=False)
class Pull:
    """Where the sliders of a scene stand: float32 numbers, one for each name."""

    seq: int
    scene: Scene
    values: tuple[float, ...]


def read_scene(text: str) -> Scene:
    """What a text message says. The recipe in it is not looked at.

    Raises:
        Refused: too long, not JSON, or a field that is missing or cannot be.
    """
    values = read_json(text)
    number, recipe, raw = values.get("scene"), values.get("recipe"), values.get("raw", False)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= LARGEST:
        raise Refused("scene is not a whole number")
    if not isinstance(recipe, str):
        raise Refused("recipe is not a text")
    if not isinstance(raw, bool):
        raise Refused("raw is neither true nor false")
    return Scene(number, recipe, read_names(values), raw)


def read_json(text: str | bytes) -> dict[str, object]:
    """The object that a JSON text is. Raises Refused."""
    if len(text) > MAX_CHARACTERS:
        raise Refused("the message is too long")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("the message is not JSON") from None
    if not isinstance(values, dict):
        raise Refused("the message is no JSON object")
    return values


def read_names(values: Mapping[str, object]) -> tuple[str, ...]:
    """The directions in `names`, each once. Raises Refused."""
    names = values.get("names")
    if not isinstance(names, list) or len(names) > POOL:
        raise Refused(f"names is not a list of at most {POOL}")
    texts = tuple(name for name in names if isinstance(name, str) and 0 < len(name) <= MAX_NAME)
    if len(texts) != len(names) or len(set(texts)) != len(names):
        raise Refused("names are not texts that differ")
    return texts


def read_pull(data: bytes, scene: Scene | None) -> Pull | None:
    """What a binary message asks for; None if it is meant for another scene than the present one.

    Raises:
        Refused: a wrong length, a number that is not finite, or no scene yet.
    """
    if scene is None:
        raise Refused("a value came before its scene")
    if len(data) % 4 or not _PLACES.size <= len(data) <= _PLACES.size + 4 * POOL:
        raise Refused("a value has a wrong length")
    seq, number = _PLACES.unpack_from(data)
    if number != scene.number:
        return None
    if len(data) != _PLACES.size + 4 * len(scene.names):
        raise Refused("a value has a wrong length")
    values = struct.unpack_from(f"<{len(scene.names)}f", data, _PLACES.size)
    if not all(map(math.isfinite, values)):
        raise Refused("a value is not finite")
    return Pull(seq, scene, values)


def totals(pull: Pull) -> dict[str, float]:
    """{direction: standard deviations} that a pull asks for, within FURTHEST.

    That a float32 is not quite 0.1 does not matter: `Recipe.pulled` rounds what sliders say.
    """
    pairs = zip(pull.scene.names, pull.values, strict=True)
    return {name: min(max(value, -FURTHEST), FURTHEST) for name, value in pairs}


def frame(pull: Pull, image: Image.Image) -> bytes:
    """The message that carries a picture, of mode "L" or "RGB", as the answer to a pull."""
    channels = len(image.getbands())
    if pull.scene.raw:
        kind, body = RAW, image.tobytes()
    else:
        file = io.BytesIO()
        image.save(file, "JPEG", **_JPEG)
        kind, body = ENCODED, file.getvalue()
    head = HEADER.pack(pull.seq, pull.scene.number, image.width, image.height, channels, kind)
    return head + body


def is_own(connection: HTTPConnection) -> bool:
    """Whether it was our own page that asked: its Origin is the Host that it asks.

    The check is there for the browsers of other people, which a foreign page might use to reach a
    server that only they can reach; they always say the Origin of a WebSocket and of a POST. What
    says none is no browser: it could as well say the right one, so it is not refused. A proxy in
    front of the app has to pass Host on as it is.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    try:
        asking = urlsplit(origin.lower())
    except ValueError:
        return False
    port = _DEFAULT_PORTS.get(asking.scheme)
    host = connection.headers.get("host", "").lower()
    return port is not None and asking.netloc.removesuffix(port) == host.removesuffix(port) != ""
