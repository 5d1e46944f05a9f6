"""What may the page ask of training, and which words of a command line does that become?

Whatever comes from the page is checked against a list or a range, or becomes the second half of one
"--option=value": nothing that a person types can turn into an option.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from genimg.editor import MODEL_SIZES, data_sets, families
from genimg.ui.serving.http import LONGEST_VALUE, Question, Refused
from genimg.ui.train.answers import FamilyOption, Offers, Option
from genimg.ui.train.examples import examples
from genimg.ui.words import say

TITLED = {
    "cats": ("train.cats", "train.cats_about"),
    "robots": ("train.robots", "train.robots_about"),
    "monsters": ("train.monsters", "train.monsters_about"),
    "heads": ("train.heads", "train.heads_about"),
    "mnist": ("train.mnist", "train.mnist_about"),
    "fashion-mnist": ("train.fashion", "train.fashion_about"),
    "cifar10": ("train.cifar", "train.cifar_about"),
    "celeba": ("train.celeba", "train.celeba_about"),
    "portraits": ("train.portraits", "train.portraits_about"),
    "graphics": ("train.graphics", "train.graphics_about"),
}
"""Title and words of data sets. Those that are not drawn must be here, or are downloaded."""
FAMILIES = {
    "vae": ("train.vae", "train.vae_about"),
    "gan": ("train.gan", "train.gan_about"),
    "classifier": ("train.classifier", "train.classifier_about"),
}
"""Title and words of families; others are listed by their name."""
CROPPINGS = {
    "auto": "train.crop_auto",
    "centre": "train.crop_centre",
    "subject": "train.crop_subject",
}
SMALLEST, LARGEST = 8, 512
"""Pixels."""
LEAST_MINUTES, MOST_MINUTES = 0.05, 7 * 24 * 60.0
NOTHING = ":nothing"
"""In place of a model to start from: none, also where one would be chosen."""
MAX_WORDS = 200
"""Letters of a title, a credit or a licence."""
MAX_PATTERNS, MAX_PATTERN = 2000, 500
MAX_PATH = 4000
_NO_BYTES = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
"""What can be in no word of a command line; \\udc80 to \\udcff stand for odd bytes of a name."""


# ------------------------------------------------------------------------------------ fields


@dataclass(frozen=True)
class Data:
    """Which pictures: a set by `name`, an upload, or a folder of this machine; one of the three."""

    name: str = ""
    upload: str = ""
    folder: str = ""


def offered() -> list[Option]:
    """The data sets of the menu: those of which something is said, and then any others."""
    names = data_sets()
    return [
        *(
            Option(name=name, title=say(title), words=say(about))
            for name, (title, about) in TITLED.items()
            if name in names
        ),
        *(Option(name=name, title=name, words="") for name in names if name not in TITLED),
    ]


def offers() -> Offers:
    """What the page lets a person choose: nothing that is refused here."""
    return {
        "data": offered(),
        "families": [_family(name, draws) for name, draws in families().items()],
        "crops": [{"name": name, "title": say(title)} for name, title in CROPPINGS.items()],
        "sizes": list(MODEL_SIZES),
        "minutes": {"least": LEAST_MINUTES, "most": MOST_MINUTES},
        "letters": MAX_WORDS,
        "nothing": NOTHING,
        "examples": list(examples()),
    }


def _family(name: str, draws: bool) -> FamilyOption:
    title, words = map(say, FAMILIES[name]) if name in FAMILIES else (name, "")
    return {"name": name, "title": title, "words": words, "draws": draws}


def _known_family(value: str) -> str:
    if value not in families():
        raise ValueError(_not_among(value, list(families())))
    return value


def _data(text: object) -> Data:
    if not isinstance(text, str):
        raise ValueError(say("serving.field_no_text"))
    kind, colon, rest = text.partition(":")
    if colon and kind == "upload":
        return Data(upload=rest)
    if colon and kind == "folder":
        if not rest.strip():
            raise ValueError(say("train.field_folder"))
        if _NO_BYTES.search(rest) or len(rest) > MAX_PATH:
            raise ValueError(say("train.field_path"))
        return Data(folder=rest.strip())
    if text not in data_sets():
        raise ValueError(say("train.field_no_set", value=repr(text[:LONGEST_VALUE])))
    return Data(name=text)


def _within(low: float, high: float) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(
                say("train.field_range", low=f"{low:g}", high=f"{high:g}", value=f"{value:g}")
            )
        return value

    return AfterValidator(check)


def _whole(value: float) -> int:
    if value != int(value):
        raise ValueError(say("serving.field_no_whole"))
    return int(value)


def _one_of(choices: Sequence[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(_not_among(value, choices))
        return value

    return AfterValidator(check)


def _not_among(value: str, choices: Sequence[str]) -> str:
    said = (
        say("train.choose", choices=", ".join(choices)) if choices else say("train.none_to_choose")
    )
    return say("train.field_choice", value=repr(value[:LONGEST_VALUE]), choices=said)


def _line(value: str) -> str:
    """A line of words, as a person types it."""
    words = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if len(words) > MAX_WORDS:
        raise ValueError(say("train.field_letters", n=MAX_WORDS))
    return words


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_PATTERN or _NO_BYTES.search(value):
        raise ValueError(say("train.field_name"))
    return value


Line = Annotated[str, AfterValidator(_line)]
Minutes = Annotated[float, _within(LEAST_MINUTES, MOST_MINUTES)]
Names = Annotated[
    list[Annotated[str, PlainValidator(_name, json_schema_input_type=str)]],
    Field(max_length=MAX_PATTERNS),
]
"""Reasons for which a picture is left out, or names of files with wildcards."""


# --------------------------------------------------------------------------------- questions


class RunRequest(Question):
    """What a run is to be; what is left out, null or "" is chosen by the program."""

    data: Annotated[Data, PlainValidator(_data, json_schema_input_type=str)]
    size: Annotated[float, _within(SMALLEST, LARGEST), AfterValidator(_whole)] | None = None
    crop: Annotated[str, _one_of(list(CROPPINGS))] | None = None
    keep: Names = []
    leave_out: Names = []
    family: Annotated[str, AfterValidator(_known_family)] = "vae"
    minutes: Minutes | None = None
    init_from: str | None = None
    title: Line = ""
    credit: Line = ""
    licence: Line = ""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value not in (None, "")}


class LookRequest(RunRequest):
    """The same before it is started, to look at the pictures and the plan."""

    person: Line = ""


class DeleteRequest(Question):
    """A run is to be deleted; its `model`, too?"""

    model: bool = False


class ExtendRequest(Question):
    """A run is to have so many minutes more."""

    minutes: Minutes | None = None


# ----------------------------------------------------------------------------- command lines


def preparing_options(asked: RunRequest) -> list[str]:
    """The options that `prepare` and `train` share: size, crop, keep, leave-out."""
    words = [] if asked.size is None else [f"--size={asked.size}"]
    words += [f"--crop={asked.crop}"] if asked.crop else []
    words += [f"--keep={name}" for name in asked.keep]
    return words + [f"--leave-out={name}" for name in asked.leave_out]


def training_options(asked: RunRequest, models: Mapping[str, Path]) -> list[str]:
    """The options that only `train` has.

    Args:
        models: the files of the models that a run may start from, by name.

    Raises:
        Refused: there is no such model.
    """
    words = [] if asked.minutes is None else [f"--minutes={asked.minutes:g}"]
    start = asked.init_from
    if start == NOTHING:
        words.append("--from-nothing")
    elif start:
        if start not in models:
            raise Refused(say("train.field_init", problem=_not_among(start, [*models, NOTHING])))
        words.append(f"--init-from={models[start].resolve()}")
    return words


def statements(asked: RunRequest) -> list[str]:
    """What the person says of the pictures: title, credit, licence."""
    said = {"title": asked.title, "credit": asked.credit, "licence": asked.licence}
    return [f"--{key}={text}" for key, text in said.items() if text]
