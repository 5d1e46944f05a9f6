"""What can be asked of new pictures: a menu for each label, a field for each number, or words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from genimg.editor import Scale, Wish
from genimg.errors import GenimgError
from genimg.ui.generate.parts import ANY, FIELDS, MENUS
from genimg.ui.shell import views
from genimg.ui.shell.wiring import Update
from genimg.ui.words import say

Choices = Mapping[str, tuple[str, ...]]
"""{labelled factor: names of its values}"""
Scales = Mapping[str, Scale]
"""{number: what it is in units}, the best told first"""

_MOST_DOUBTS = 4


def show_menus(
    menus: Sequence[gr.Dropdown], choices: Choices, labels: Mapping[str, str]
) -> dict[Any, Update]:
    """The menus of a model, with these labels chosen."""
    named = list(choices.items())[:MENUS]
    updates: dict[Any, Update] = {}
    for menu, (factor, values) in zip(menus, named, strict=False):
        updates[menu] = gr.Dropdown(
            choices=[(say("generate.any"), ANY), *((value, value) for value in values)],
            value=labels.get(factor, ANY),
            label=factor.capitalize(),
            visible=True,
        )
    for menu in menus[len(named) :]:
        updates[menu] = gr.Dropdown(
            choices=[(say("generate.any"), ANY)], value=ANY, visible="hidden"
        )
    return updates


def show_fields(
    fields: Sequence[gr.Number], scales: Scales, numbers: Mapping[str, float]
) -> dict[Any, Update]:
    """The fields of a model's numbers, with these values filled in."""
    named = list(scales.items())[:FIELDS]
    updates: dict[Any, Update] = {}
    for field, (name, scale) in zip(fields, named, strict=False):
        updates[field] = gr.Number(
            value=numbers.get(name),
            label=f"{name.capitalize()} ({scale.unit})" if scale.unit else name.capitalize(),
            placeholder=scale.bounds,
            visible=True,
        )
    for field in fields[len(named) :]:
        updates[field] = gr.Number(value=None, visible="hidden")
    return updates


def chosen_labels(choices: Choices, menus: Sequence[Any], wish: Wish) -> dict[str, str]:
    """The labels that the menus say; those without a menu are as they were described."""
    labels = {}
    for i, (factor, values) in enumerate(choices.items()):
        said = menus[i] if i < MENUS else wish.labels.get(factor)
        if said in values:
            labels[factor] = str(said)
    return labels


def chosen_numbers(scales: Scales, fields: Sequence[Any], wish: Wish) -> dict[str, float]:
    """The numbers that the fields say; those without a field are as they were described.

    Raises:
        GenimgError: what is in a field is no number, or one that the model's pictures do not reach.
    """
    numbers = {}
    for i, (name, scale) in enumerate(scales.items()):
        said = fields[i] if i < FIELDS else wish.numbers.get(name)
        if said is None or said == "":
            continue
        value = as_number(said, name.capitalize())
        if not scale.low <= value <= scale.high:
            raise GenimgError(
                say("generate.give_in_range", name=name.capitalize(), range=scale.range)
            )
        numbers[name] = value
    return numbers


def as_number(value: Any, name: str) -> float:
    """What a field called `name` says.

    Raises:
        GenimgError: it is no number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise GenimgError(say("generate.give_number", name=name))
    return float(value)


def answer(wish: Wish) -> str:
    """What was not understood, or only in part."""
    more = len(wish.doubts) - _MOST_DOUBTS
    lines = [str(doubt) for doubt in wish.doubts[:_MOST_DOUBTS]]
    return views.doubts([*lines, say("generate.more_doubts", more=more)] if more > 0 else lines)


def such_as(choices: Choices, scales: Scales) -> str:
    """An example of a wish: the shortest values of two factors, or a number; "" without any."""
    values = [min(values, key=len) for values in list(choices.values())[:2]]
    if not values:
        values = [
            f"{name} {scale.words((scale.low + scale.high) / 2)}"
            for name, scale in list(scales.items())[:1]
        ]
    return say("generate.such_as", values=", ".join(values)) if values else ""


def words_only(choices: Choices, scales: Scales) -> str:
    """What has no menu and no field."""
    rest = [*list(choices)[MENUS:], *list(scales)[FIELDS:]]
    return views.hint(say("generate.in_words", labels=", ".join(rest))) if rest else ""
