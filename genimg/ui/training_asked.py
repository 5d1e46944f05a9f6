"""What may the page ask of training, and which words of a command line does that become?

Whatever comes from the page is checked against a list or a range, or becomes the second half of one
"--option=value": nothing that a person types can turn into an option.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genimg.ui.live_messages import Refused

DATA = (
    {"name": "cats", "title": "Drawn cats", "words": "50,000 cats with 5 labels, drawn here"},
    {"name": "robots", "title": "Drawn robots", "words": "50,000 robots, drawn here"},
    {"name": "monsters", "title": "Drawn monsters", "words": "50,000 monsters, drawn here"},
    {"name": "heads", "title": "Drawn robot heads", "words": "50,000 heads of robots, drawn here"},
    {"name": "mnist", "title": "MNIST", "words": "60,000 handwritten digits, 28 pixels"},
    {"name": "fashion-mnist", "title": "Fashion-MNIST", "words": "60,000 clothes, 28 pixels"},
    {"name": "cifar10", "title": "CIFAR-10", "words": "50,000 small photos of ten things"},
    {"name": "celeba", "title": "CelebA", "words": "200,000 faces; has to be downloaded first"},
)
"""Data sets by name. Those that are not drawn must be on this machine, or are downloaded."""
FAMILIES = (
    {"name": "vae", "title": "VAE", "words": "takes your pictures and edits them"},
    {"name": "gan", "title": "GAN", "words": "draws new pictures, the sharpest"},
    {"name": "classifier", "title": "Classifier", "words": "tells the classes of pictures apart"},
)
CROPS = ("auto", "centre", "subject")
SMALLEST, LARGEST = 8, 512
"""Pixels."""
LEAST_MINUTES, MOST_MINUTES = 0.05, 7 * 24 * 60.0
NOTHING = ":nothing"
"""In place of a model to start from: none, also where one would be chosen."""
MAX_WORDS = 200
"""Letters of a title, a credit or a licence."""
MAX_PATTERNS, MAX_PATTERN = 2000, 500
_NO_BYTES = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
"""What can be in no word of a command line; \\udc80 to \\udcff stand for odd bytes of a name."""


@dataclass(frozen=True)
class Data:
    """Which pictures: a set by `name`, an upload, or a folder of this machine; one of the three."""

    name: str = ""
    upload: str = ""
    folder: str = ""


def read_data(values: Mapping[str, object]) -> Data:
    """The field "data": "cats", "upload:ID" or "folder:PATH". Raises Refused."""
    text = values.get("data")
    if not isinstance(text, str) or not text:
        raise Refused("data is missing: choose pictures")
    kind, colon, rest = text.partition(":")
    if colon and kind == "upload":
        return Data(upload=rest)
    if colon and kind == "folder":
        if not rest.strip():
            raise Refused("the path of the folder is missing")
        if _NO_BYTES.search(rest) or len(rest) > 4000:
            raise Refused("that cannot be the path of a folder")
        return Data(folder=rest.strip())
    if text not in [row["name"] for row in DATA]:
        raise Refused(f"there is no data set {text[:40]!r}")
    return Data(name=text)


def preparing_options(values: Mapping[str, object]) -> list[str]:
    """The options that `prepare` and `train` share: size, crop, keep, leave-out. Raises Refused."""
    words = []
    size = read_number(values, "size", SMALLEST, LARGEST)
    if size is not None:
        if size != int(size):
            raise Refused("size is not a whole number")
        words.append(f"--size={int(size)}")
    crop = read_choice(values, "crop", CROPS)
    if crop:
        words.append(f"--crop={crop}")
    for key in ("keep", "leave_out"):
        words += [f"--{key.replace('_', '-')}={text}" for text in _patterns(values, key)]
    return words


def training_options(
    values: Mapping[str, object], models: Mapping[str, Path]
) -> tuple[str, list[str]]:
    """(family, the options that only `train` has).

    Args:
        models: the files of the models that a run may start from, by name.

    Raises:
        Refused.
    """
    family = read_choice(values, "family", [row["name"] for row in FAMILIES]) or "vae"
    words = []
    minutes = read_minutes(values)
    if minutes is not None:
        words.append(f"--minutes={minutes:g}")
    start = read_choice(values, "init_from", [*models, NOTHING])
    if start == NOTHING:
        words.append("--from-nothing")
    elif start:
        words.append(f"--init-from={models[start].resolve()}")
    return family, words


def statements(values: Mapping[str, object]) -> list[str]:
    """What the person says of the pictures: title, credit, licence. Raises Refused."""
    found = {key: read_words(values, key) for key in ("title", "credit", "licence")}
    return [f"--{key}={text}" for key, text in found.items() if text]


def read_minutes(values: Mapping[str, object]) -> float | None:
    """The field "minutes", if it is there. Raises Refused."""
    return read_number(values, "minutes", LEAST_MINUTES, MOST_MINUTES)


def read_number(values: Mapping[str, object], key: str, low: float, high: float) -> float | None:
    """A number, or None if there is none. Raises Refused."""
    value = values.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(f"{key} is not a number")
    if not low <= value <= high:
        raise Refused(f"{key} must be from {low:g} to {high:g}, not {value:g}")
    return value


def read_choice(values: Mapping[str, object], key: str, choices: Sequence[str]) -> str | None:
    """One of the choices, or None if there is none. Raises Refused."""
    value = values.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value not in choices:
        said = f"choose one of: {', '.join(choices)}" if choices else "there is none to choose"
        raise Refused(f"{key} cannot be {str(value)[:40]!r}; {said}")
    return value


def read_words(values: Mapping[str, object], key: str) -> str:
    """A line of words, "" if there is none. Raises Refused."""
    value = values.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{key} is not a text")
    words = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if len(words) > MAX_WORDS:
        raise Refused(f"{key} is longer than {MAX_WORDS} letters")
    return words


def _patterns(values: Mapping[str, object], key: str) -> list[str]:
    """Reasons, or names of files with wildcards. Raises Refused."""
    texts = values.get(key)
    if texts is None:
        return []
    if not isinstance(texts, list) or len(texts) > MAX_PATTERNS:
        raise Refused(f"{key} is not a list of at most {MAX_PATTERNS} names")
    for text in texts:
        if not isinstance(text, str) or not 0 < len(text) <= MAX_PATTERN or _NO_BYTES.search(text):
            raise Refused(f"{key} holds something that is no name")
    return [str(text) for text in texts]
