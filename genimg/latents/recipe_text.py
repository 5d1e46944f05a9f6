"""How is a recipe written down, and what is read of a text that anybody may have written?

Strict JSON. The text is data only: it is checked field by field, nothing in it is run or used as a
path, and what is checked is bounded before it is looked at. Steps of a lineage mostly start from
the same latent, so latents stand once, in a table of rows: base64 of little-endian float32.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from genimg.errors import LatentError, RecipeError
from genimg.latents.moves import MAX_AMOUNT
from genimg.latents.points import Latent
from genimg.latents.recipe import MAX_STEPS, Moves, Recipe, Step

T = TypeVar("T")

FORMAT_VERSION = 3
EARLIER_VERSIONS = (1, 2)
"""1: one set of moves, no locks, no lineage. 2: the same, with a row for each layer."""
MAX_CHARACTERS = 200_000
MAX_NAMES = 1000
"""Most different names of directions, factors and values in one text."""
MAX_MOVES = 64
MAX_NAME = 200
MAX_LAYERS = 100

_STATE = {"latent", "origin", "changes", "moves", "locks", "label", "parents"}
_WHOLE = _STATE | {"format_version", "model_id", "model_name", "rows", "lineage"}


def write(recipe: Recipe) -> str:
    """The text of a recipe; its earliest steps are left out where it would be too long to be read.

    Raises:
        RecipeError: it is too long even without its lineage, or an amount is out of range.
    """
    for each in (recipe, *(step.recipe for step in recipe.lineage)):
        for part in each.moves:
            if not all(abs(amount) <= MAX_AMOUNT for amount in part.amounts.values()):
                raise RecipeError("an amount of this recipe is out of range")
    text = _write(recipe)
    while (len(text) > MAX_CHARACTERS or _count(recipe) > MAX_NAMES) and recipe.lineage:
        recipe = recipe.without_first_step()
        text = _write(recipe)
    if len(text) > MAX_CHARACTERS or _count(recipe) > MAX_NAMES or len(recipe.moves) > MAX_MOVES:
        raise RecipeError("this recipe is too long to be written down: start from a saved picture")
    return text


def _write(recipe: Recipe) -> str:
    rows: dict[str, int] = {}

    def state(of: Recipe, label: str, parents: tuple[int, ...]) -> dict[str, object]:
        table = np.atleast_2d(of.latent.z.numpy().astype("<f4"))
        written = [base64.b64encode(row.tobytes()).decode("ascii") for row in table]
        return {
            "latent": [rows.setdefault(row, len(rows)) for row in written],
            "origin": _plain(of.origin),
            "changes": dict(of.changes),
            "moves": [
                {
                    "amounts": {k: float(v) for k, v in part.amounts.items() if v},
                    "keep": list(part.keep),
                }
                for part in of.moves
            ],
            "locks": list(of.locks),
            "label": _plain(label),
            "parents": list(parents),
        }

    values = {
        "format_version": FORMAT_VERSION,
        "model_id": recipe.latent.model_id,
        "model_name": _plain(recipe.model_name),
        **state(recipe, recipe.label, recipe.parents),
        "lineage": [state(step.recipe, step.label, step.parents) for step in recipe.lineage],
        "rows": list(rows),
    }
    return json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(text: str) -> str:
    """Text that can be read again: file names may be longer, or hold bytes that are no text."""
    return text.encode("utf-8", "replace").decode("utf-8")[:MAX_NAME]


def _count(recipe: Recipe) -> int:
    """How many different names a recipe holds."""
    names: set[str] = set()
    for each in (recipe, *(step.recipe for step in recipe.lineage)):
        names.update(each.changes, each.changes.values(), each.locks)
        for part in each.moves:
            names.update(part.amounts, part.keep)
    return len(names)


# ------------------------------------------------------------------------------------- reading


def read(text: str) -> Recipe:
    """Read what `write` wrote, now or in earlier versions.

    Raises:
        RecipeError: too long, not our JSON, of another version, or a field that cannot be.
    """
    if len(text) > MAX_CHARACTERS:
        raise RecipeError("the recipe in this picture is too long to be one of genimg's")
    try:
        values = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise RecipeError("the recipe in this picture is damaged: it is not JSON") from None
    version = values.get("format_version") if isinstance(values, dict) else None
    if type(version) is not int or version not in (*EARLIER_VERSIONS, FORMAT_VERSION):
        raise RecipeError(
            "the recipe in this picture is of another version of genimg; update genimg"
        )
    try:
        recipe = _read(values) if version == FORMAT_VERSION else _read_earlier(values, version)
    except (ValueError, RuntimeError, LatentError) as error:
        raise _damaged(str(error)) from None
    if _count(recipe) > MAX_NAMES:
        raise _damaged("it holds too many names")
    return recipe


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object none of whose names is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _damaged(reason: str) -> RecipeError:
    return RecipeError(f"the recipe in this picture is damaged: {reason}")


def _read(values: Mapping[str, Any]) -> Recipe:
    _exactly(values, _WHOLE)
    model_id, name = _text(values, "model_id"), _text(values, "model_name")
    rows = _list(values, "rows", MAX_LAYERS * (MAX_STEPS + 1), _row)

    def state(of: Mapping[str, Any]) -> Recipe:
        places = _list(of, "latent", MAX_LAYERS, _place)
        if not places or max(places) >= len(rows):
            raise _damaged("it has no latent")
        z = rows[places[0]] if len(places) == 1 else torch.stack([rows[i] for i in places])
        moves = _list(of, "moves", MAX_MOVES, _moves)
        return Recipe(
            Latent(z, model_id),
            origin=_text(of, "origin"),
            model_name=name,
            changes=_changes(of),
            moves=tuple(part for part in moves if part.amounts),
            locks=tuple(_list(of, "locks", MAX_NAMES, _name)),
        )

    def step(of: Any) -> Step:
        _exactly(of, _STATE)
        return Step(state(of), _text(of, "label"), _parents(of))

    return replace(
        state(values),
        lineage=tuple(_list(values, "lineage", MAX_STEPS, step)),
        label=_text(values, "label"),
        parents=_parents(values),
    )


def _read_earlier(values: Mapping[str, Any], version: int) -> Recipe:
    """Versions 1 and 2: one latent, and one set of moves with nothing kept."""
    z = _row(_text(values, "latent", MAX_CHARACTERS))
    if version == 2:
        layers = values.get("layers")
        if type(layers) is not int or not 2 <= layers <= MAX_LAYERS:
            raise _damaged("its layers cannot be counted")
        z = z.reshape(layers, -1)
    return Recipe.of(
        Latent(z, _text(values, "model_id")),
        _amounts(values),
        origin=_text(values, "origin"),
        model_name=_text(values, "model_name"),
        changes=_changes(values) if "changes" in values else {},
    )


def _exactly(values: Any, keys: set[str]) -> None:
    if not isinstance(values, dict) or set(values) != keys:
        raise _damaged("a part of it is missing, or does not belong there")


def _text(values: Mapping[str, Any], key: str, limit: int = MAX_NAME) -> str:
    value = values.get(key)
    if not isinstance(value, str) or len(value) > limit:
        raise _damaged(f"{key} is missing or too long")
    value.encode()  # half a character (JSON can say that) is a UnicodeError, so a ValueError
    return value


def _list(values: Mapping[str, Any], key: str, most: int, each: Callable[[Any], T]) -> list[T]:
    value = values.get(key)
    if not isinstance(value, list) or len(value) > most:
        raise _damaged(f"{key} is no list, or too long")
    return [each(item) for item in value]


def _row(value: Any) -> Tensor:
    if not isinstance(value, str):
        raise _damaged("its latent is no text")
    raw = base64.b64decode(value, validate=True)  # binascii.Error is a ValueError
    if base64.b64encode(raw).decode("ascii") != value:
        raise _damaged("its latent is not written as genimg writes it")
    return torch.from_numpy(np.frombuffer(raw, dtype="<f4").astype(np.float32))


def _place(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise _damaged("it points nowhere")
    return value


def _parents(values: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(_list(values, "parents", MAX_STEPS, _place))


def _moves(value: Any) -> Moves:
    _exactly(value, {"amounts", "keep"})
    return Moves(_amounts(value), tuple(_list(value, "keep", MAX_NAMES, _name)))


def _amounts(values: Mapping[str, Any]) -> dict[str, float]:
    amounts = values.get("amounts")
    if not isinstance(amounts, dict):
        raise _damaged("it has no amounts")
    checked = {_name(name): _amount(value) for name, value in amounts.items()}
    return {name: amount for name, amount in checked.items() if amount}


def _changes(values: Mapping[str, Any]) -> dict[str, str]:
    changes = values.get("changes")
    if not isinstance(changes, dict):
        raise _damaged("its changes are no list")
    return {_name(factor): _text(changes, factor) for factor in changes}


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        raise _damaged("a direction has no usable name")
    value.encode()
    return value


def _amount(value: Any) -> float:
    if type(value) not in (int, float):
        raise _damaged("an amount is not a number")
    if not abs(value) <= MAX_AMOUNT:  # whole numbers too large for a float come here, too
        raise _damaged("an amount is out of range")
    return float(value)
