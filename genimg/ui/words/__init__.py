"""What does the page say, and in which language?

Each language is one file beside this one, `xx.json`: rooms of the interface, and in each the names
of its sentences. Values stand in it as named {places}; where a number decides between forms, there
is {"one": ..., "other": ...}, and the number is called `n`. What a language lacks is said in
English. Sentences are plain text that may stand in HTML as it is: no "<", ">" or "&".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from genimg.errors import ConfigError

FOLDER = Path(__file__).parent
ENGLISH = "en"

Sentence = str | Mapping[str, str]
"""A sentence, or its forms for one and for other numbers."""
Table = Mapping[str, Mapping[str, Sentence]]
"""The sentences of each room by their names."""

_PLACE = re.compile(r"\{\{(\w+\.\w+)\}\}")
_chosen = ENGLISH


def languages() -> list[str]:
    """The languages that there is a file of."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def choose(language: str) -> None:
    """What is said from now on is said in this language: one for the whole app.

    Raises ConfigError for a language that there is no file of.
    """
    global _chosen
    if language not in languages():
        known = ", ".join(languages())
        raise ConfigError(f"there is no language {language!r}; choose one of: {known}")
    _chosen = language


def language() -> str:
    """The language that is spoken."""
    return _chosen


def say(key: str, /, **values: object) -> str:
    """The sentence `key`, a room and a name: `say("train.runs_full", n=3)`.

    Raises KeyError for a sentence that there is not, and for a value that it lacks.
    """
    room, _, name = key.partition(".")
    sentence = table(_chosen)[room][name]
    if not isinstance(sentence, str):
        sentence = sentence["one" if values["n"] == 1 else "other"]
    return sentence.format_map(values)


def knows(text: str) -> bool:
    """Whether a text is the key of a sentence."""
    room, _, name = text.partition(".")
    return name in table(_chosen).get(room, {})


def fill(markup: str) -> str:
    """HTML of a file, with sentences in its places: `<h2>{{train.form_title}}</h2>`."""
    return _PLACE.sub(lambda place: say(place[1]), markup)


@cache
def table(language: str) -> Table:
    """All sentences of a language."""
    english, own = _read(ENGLISH), _read(language)
    return {room: {**sentences, **own.get(room, {})} for room, sentences in english.items()}


def _read(language: str) -> Table:
    text = (FOLDER / f"{language}.json").read_text(encoding="utf-8")
    sentences: Table = json.loads(text)
    return sentences
