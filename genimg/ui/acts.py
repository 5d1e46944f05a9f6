"""What can be done to an open picture? Each act takes a recipe and gives the next one.

No Gradio here. What an act is told comes from a page, so it is checked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from genimg.editor import Editor, Recipe
from genimg.errors import GenimgError
from genimg.ui import sliders
from genimg.ui.opening import MAX_LABEL, recipe_of

Told = Mapping[str, Any]
Act = Callable[[Editor, Recipe, Told], tuple[Recipe, str]]


def act(editor: Editor, kind: object, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """Do something to a picture: the recipe after it, and what was done in a few words.

    Raises:
        GenimgError: there is no such act, or it was told nonsense.
    """
    doing = ACTS.get(kind) if isinstance(kind, str) else None
    if doing is None:
        raise GenimgError(f"This page and the program do not fit: {kind!r}. Load the page again.")
    after, label = doing(editor, recipe, told)
    return replace(after, model_name=editor.header.name), label[:MAX_LABEL]


def _pull(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """Sliders have been moved: `amounts` {direction: total}."""
    amounts = _numbers(told.get("amounts"))
    after = recipe.pulled(amounts)
    return after, _moved(recipe.amounts, after.amounts) or "no change"


def _exchange(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """Another `value` was chosen for a labelled `factor`: a red hat for a blue bow."""
    factor, value = _word(told, "factor"), _word(told, "value")
    changes = {**recipe.changes, factor: value}
    if editor.labels(recipe.latent).get(factor) == value:
        del changes[factor]
    editor.change(recipe.latent, {factor: value})  # refuses what the model does not know
    return replace(recipe, changes=changes), f"{factor}: {value}"


def _take(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """An edit is taken back: the exchange of a factor, or all that a direction was moved."""
    name = _word(told, "name")
    if told.get("kind") == "change":
        changes = {key: value for key, value in recipe.changes.items() if key != name}
        return replace(recipe, changes=changes), f"without {name}"
    return recipe.without(name), f"without {name}"


def _reset(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """Nothing moved, nothing exchanged; what is locked stays locked."""
    return replace(recipe, moves=(), changes={}), "all reset"


def _nudge(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """A few sliders are moved a little, at random."""
    free = [d for d in editor.directions if d.name not in recipe.locks]
    if not free:
        raise GenimgError("All sliders are kept as they are. Let go of some first.")
    amounts = sliders.nudge(recipe.amounts, free, random.Random())
    return recipe.pulled(amounts), "nudged"


def _lock(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """Directions, `names`, are kept from now on, or let go."""
    names = told.get("names")
    known = [direction.name for direction in editor.directions]
    if not isinstance(names, list) or not names or not all(name in known for name in names):
        raise GenimgError("This model has no such slider to lock. Load the page again.")
    locks = set(recipe.locks)
    locks = locks | set(names) if told.get("on") else locks - set(names)
    what = names[0] if len(names) == 1 else f"{len(names)} sliders"
    return (
        replace(recipe, locks=tuple(locks)),
        f"keep {what}" if told.get("on") else f"let go of {what}",
    )


def _cross(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """A child of this picture and an `other`: a mix where the model can mix, else half of each."""
    other = recipe_of(told.get("other"))
    if other.latent.model_id != editor.model_id:
        raise GenimgError(
            f"The other picture was made with the model {other.model_name!r}. Two pictures can be "
            "crossed if one model has made both."
        )
    a, b = editor.edited(recipe), editor.edited(other)
    child = editor.mix(a, b) if editor.mixable else editor.between(a, b, 0.5)
    label = str(told.get("label") or "another picture")
    return Recipe(child, origin="cross", locks=recipe.locks), f"cross with {label}"


def _soften(editor: Editor, recipe: Recipe, told: Told) -> tuple[Recipe, str]:
    """The start goes to `t` of the way from `editable` (0) to `faithful` (1); the edits stay."""
    t = told.get("t")
    if isinstance(t, bool) or not isinstance(t, (int, float)) or not 0 <= t <= 1:
        raise GenimgError("From easy to edit (0) to faithful (1), please.")
    faithful = recipe_of(told.get("faithful")).latent
    editable = recipe_of(told.get("editable")).latent
    latent = editor.soften(faithful, editable, float(t))
    return replace(recipe, latent=latent), f"{100 * t:.0f} % faithful"


ACTS: dict[str, Act] = {
    "pull": _pull,
    "exchange": _exchange,
    "take": _take,
    "reset": _reset,
    "nudge": _nudge,
    "lock": _lock,
    "cross": _cross,
    "soften": _soften,
}
"""What a page can ask for by name."""


def _moved(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    names = [name for name in {**before, **after} if before.get(name, 0.0) != after.get(name, 0.0)]
    if len(names) == 1:
        return f"{names[0]} {after.get(names[0], 0.0):+.1f}"
    return f"{len(names)} sliders" if names else ""


def _numbers(values: object) -> dict[str, float]:
    """{name: finite number}, within what a slider can be pulled to."""
    if not isinstance(values, Mapping):
        raise GenimgError("Amounts are numbers by names. Load the page again.")
    result = {}
    for name, value in values.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or value != value:
            raise GenimgError(f"{name!r} cannot move by {str(value)[:20]!r}. Use a number.")
        result[str(name)] = float(min(max(value, -sliders.FURTHEST), sliders.FURTHEST))
    return result


def _word(told: Told, key: str) -> str:
    value = told.get(key)
    if not isinstance(value, str):
        raise GenimgError(f"This page did not say which {key}. Load the page again.")
    return value
