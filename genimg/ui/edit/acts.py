"""What can be done to an open picture? Each act takes a recipe and gives the next one.

An act is an operation (see `genimg.edits.operations`), or a change to the list of them: where
sliders stand, what is taken back, what is kept from now on. No Gradio here. What an act is given
comes from a page, so it is checked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from genimg.editor import Editor, Recipe
from genimg.edits import OPERATIONS, SLIDER_DIGITS
from genimg.edits.operations import Details
from genimg.errors import GenimgError
from genimg.ui.edit import sliders
from genimg.ui.edit.sliders import DETAILS
from genimg.ui.shell.opening import MAX_LABEL, JsonObject
from genimg.ui.words import say

Act = Callable[[Editor, Recipe, JsonObject], tuple[Recipe, str]]


def act(editor: Editor, kind: object, recipe: Recipe, payload: JsonObject) -> tuple[Recipe, str]:
    """Do something to a picture: the recipe after it, and what was done in a few words.

    Raises:
        GenimgError: there is no such act, or it was given nonsense.
    """
    if not isinstance(kind, str) or kind not in {*ACTS, *OPERATIONS}:
        raise GenimgError(say("edit.misfit", kind=repr(kind)))
    if kind in ACTS:
        after, label = ACTS[kind](editor, recipe, payload)
    else:
        operation = OPERATIONS[kind].asked(payload)
        after, label = operation.onto(recipe, editor), operation.words
    return replace(after, model_name=editor.header.name), label[:MAX_LABEL]


def pulled(editor: Editor, recipe: Recipe, totals: Mapping[str, float]) -> Recipe:
    """The recipe with sliders at these totals {direction: standard deviations}; that of DETAILS is
    the share of own details, 0 to 1.
    """
    amounts = {name: total for name, total in totals.items() if name != DETAILS}
    after = recipe.pulled(amounts)
    if DETAILS not in totals:
        return after
    share = round(min(max(totals[DETAILS], 0.0), 1.0), SLIDER_DIGITS)
    return after if share == after.details else Details(share).onto(after, editor)


def _pull(editor: Editor, recipe: Recipe, payload: JsonObject) -> tuple[Recipe, str]:
    """Sliders have been moved: `amounts` as `pulled` takes them."""
    after = pulled(editor, recipe, _numbers(payload.get("amounts")))
    return after, _moved(editor, recipe, after) or say("edit.no_change")


def _take(editor: Editor, recipe: Recipe, payload: JsonObject) -> tuple[Recipe, str]:
    """An edit is taken back: the exchange of a factor, all that a direction was moved, or that
    less of the own details is shown.
    """
    name = payload.get("name")
    if not isinstance(name, str):
        raise GenimgError(say("edit.no_name"))
    if payload.get("kind") == "details":
        shown = Details(recipe.details)
        return Details(1.0).onto(recipe, editor), say("edit.without", name=shown.words)
    if payload.get("kind") == "change":
        changes = {key: value for key, value in recipe.changes.items() if key != name}
        return recipe.exchanged(changes), say("edit.without", name=name)
    return recipe.without(name), say("edit.without", name=name)


def _reset(editor: Editor, recipe: Recipe, payload: JsonObject) -> tuple[Recipe, str]:
    """Nothing is done to the start; what is locked stays locked."""
    return replace(recipe, operations=()), say("edit.all_reset")


def _nudge(editor: Editor, recipe: Recipe, payload: JsonObject) -> tuple[Recipe, str]:
    """A few sliders are moved a little, at random."""
    free = [d for d in editor.directions if d.name not in recipe.locks]
    if not free:
        raise GenimgError(say("edit.all_locked"))
    amounts = sliders.nudge(recipe.amounts, free, random.Random())
    return recipe.pulled(amounts), say("edit.nudged")


def _lock(editor: Editor, recipe: Recipe, payload: JsonObject) -> tuple[Recipe, str]:
    """Directions, `names`, are kept from now on, or let go."""
    names = payload.get("names")
    known = [direction.name for direction in editor.directions]
    if not isinstance(names, list) or not names or not all(name in known for name in names):
        raise GenimgError(say("edit.no_slider"))
    locks = set(recipe.locks)
    locks = locks | set(names) if payload.get("on") else locks - set(names)
    what = names[0] if len(names) == 1 else say("edit.sliders", n=len(names))
    return (
        replace(recipe, locks=tuple(locks)),
        say("edit.keep" if payload.get("on") else "edit.let_go", what=what),
    )


ACTS: dict[str, Act] = {
    "pull": _pull,
    "take": _take,
    "reset": _reset,
    "nudge": _nudge,
    "lock": _lock,
}
"""What a page can ask for by name, beside the OPERATIONS."""


def _moved(editor: Editor, before: Recipe, after: Recipe) -> str:
    """What was moved in a few words: where the slider stands, or the number that it shows."""
    stood, stand = before.amounts, after.amounts
    names = [name for name in {**stood, **stand} if stood.get(name, 0.0) != stand.get(name, 0.0)]
    words = [f"{name} {stand.get(name, 0.0):+.1f}" for name in names]
    if len(names) == 1 and names[0] in editor.scales:
        [name] = names
        shown = editor.shown(after)[name]
        words = [f"{name} {editor.scales[name].words(shown)}"]
    if before.details != after.details:
        words.append(Details(after.details).words)
    return words[0] if len(words) == 1 else say("edit.sliders", n=len(words)) if words else ""


def _numbers(values: object) -> dict[str, float]:
    """{name: finite number}, within what a slider can be pulled to."""
    if not isinstance(values, Mapping):
        raise GenimgError(say("edit.amounts"))
    result = {}
    for name, value in values.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or value != value:
            raise GenimgError(say("edit.no_amount", name=repr(name), value=repr(str(value)[:20])))
        result[str(name)] = float(min(max(value, -sliders.FURTHEST), sliders.FURTHEST))
    return result
