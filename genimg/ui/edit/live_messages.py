"""What do the page and the live socket say to each other, and what is refused at once?

    page -> server  text     {"scene": 3, "recipe": "...", "names": ["glasses"], "raw": true}
    page -> server  binary   uint32 seq, uint32 scene, float32 for each name: where its slider is
    server -> page  binary   the 16 bytes of HEADER, then the picture
    server -> page  text     {"error": "plain words", "scene": 3}

All numbers are little endian. A scene is a recipe and the directions that are pulled, among which
the share of own details is called ""; after it, each binary message asks for one picture. Plain
values here: no socket, no model.
"""

from __future__ import annotations

import io
import math
import struct
from dataclasses import dataclass
from typing import Annotated

from PIL import Image
from pydantic import AfterValidator, Field

from genimg.ui.edit.sliders import FURTHEST, POOL
from genimg.ui.serving.http import Question, Refused, read

MAX_NAME = 200
MOST_PULLED = POOL + 1
LARGEST = 2**32 - 1

HEADER = struct.Struct("<IIHHBB2x")
"""Of a frame: seq, scene, width, height, channels, kind."""
RAW, ENCODED = 0, 1
"""Kinds of frame: bytes [H, W, C], or a JPEG file."""

# At 64 px, for frames that go through a network: WebP at its fastest takes 0.36 ms for 31 dB, as
# it always halves the colours; this takes 0.03 ms for 38 dB in 5 kB. Raw bytes are 12 kB.
_JPEG = {"quality": 95, "subsampling": 0}
_PLACES = struct.Struct("<II")


def _differ(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError("has a name twice")
    return names


Name = Annotated[str, Field(max_length=MAX_NAME)]
Names = Annotated[
    list[Annotated[Name, Field(min_length=1)]], Field(max_length=POOL), AfterValidator(_differ)
]
"""Directions, each once."""
Pulled = Annotated[list[Name], Field(max_length=MOST_PULLED), AfterValidator(_differ)]
"""Directions, and perhaps DETAILS, each once."""


class SceneMessage(Question, extra="ignore"):
    """The text message of the page; see Scene. Newer pages may say more."""

    scene: Annotated[int, Field(ge=0, le=LARGEST)]
    recipe: str
    names: Pulled
    raw: bool = False


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
    message = read(SceneMessage, text)
    return Scene(message.scene, message.recipe, tuple(message.names), message.raw)


def read_pull(data: bytes, scene: Scene | None) -> Pull | None:
    """What a binary message asks for; None if it is meant for another scene than the present one.

    Raises:
        Refused: a wrong length, a number that is not finite, or no scene yet.
    """
    if scene is None:
        raise Refused("a value came before its scene")
    if len(data) % 4 or not _PLACES.size <= len(data) <= _PLACES.size + 4 * MOST_PULLED:
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
