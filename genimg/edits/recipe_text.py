"""How is a recipe written down, and what is read of a text that anybody may have written?

Strict JSON. The text is data only: it is checked field by field, nothing in it is run or used as a
path, and what is checked is bounded before it is looked at. Steps of a lineage mostly start from
the same latent, so latents stand once, in a table of rows, see `genimg.edits.latent_rows`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from genimg.edits.checks import MAX_NAME, MAX_NAMES, items, keys, name, text, whole
from genimg.edits.latent_rows import latents_in, numbers, rows_of, written
from genimg.edits.operations import Operation, read_operation, write_operation
from genimg.edits.recipe import MAX_STEPS, Recipe, Step
from genimg.errors import LatentError, RecipeError
from genimg.latents.points import Latent
from genimg.latents.spatial import SpatialLatent

FORMAT_VERSION = 6
PLAIN_VERSION = 5
"""Of recipes none of whose latents has details: what an earlier genimg can read is written so."""
EARLIER_VERSIONS = (1, 2, 3, 4, PLAIN_VERSION)
"""1: one latent, and one set of moves. 2: the same, with a row for each layer. 3: `changes` and
`moves` instead of operations. 4: the same of a photograph. 5: no details.
"""
MAX_CHARACTERS = 200_000
MAX_GRID_CHARACTERS = 900_000
"""Of a recipe with grids: that of a photograph of 1,024 x 1,024 pixels takes 700,000."""
MAX_MOVES = 64
MAX_OPERATIONS = MAX_MOVES + 1  # what the earlier versions can hold
MAX_LAYERS = 100

_MAY_BE_LONG = tuple(f'{{"format_version":{version},' for version in (4, 5, FORMAT_VERSION))
_STATE = {"latent", "origin", "operations", "locks", "label", "parents"}
_WHOLE = _STATE | {"format_version", "model_id", "model_name", "rows", "lineage"}


def write(recipe: Recipe) -> str:
    """The text of a recipe; its earliest steps are left out where it would be too long to be read.

    Raises:
        RecipeError: it is too long even without its lineage, or an amount is out of range.
    """
    rows: dict[Latent, list[Any]] = {}  # the same latents are not packed twice
    made = _write(recipe, rows)
    while (len(made) > _most(recipe) or _count(recipe) > MAX_NAMES) and recipe.lineage:
        recipe = recipe.without_first_step()
        made = _write(recipe, rows)
    many = _count(recipe) > MAX_NAMES or len(recipe.operations) > MAX_OPERATIONS
    if len(made) > _most(recipe) or many:
        raise RecipeError("this recipe is too long to be written down: start from a saved picture")
    return made


def _write(recipe: Recipe, packed: dict[Latent, list[Any]]) -> str:
    rows: dict[Any, int] = {}

    def state(of: Recipe, label: str, parents: tuple[int, ...]) -> dict[str, object]:
        if of.latent not in packed:
            packed[of.latent] = rows_of(of.latent)
        return {
            "latent": [rows.setdefault(row, len(rows)) for row in packed[of.latent]],
            "origin": _plain(of.origin),
            "operations": [write_operation(operation) for operation in of.operations],
            "locks": list(of.locks),
            "label": _plain(label),
            "parents": list(parents),
        }

    values = {
        "format_version": FORMAT_VERSION if _has_details(recipe) else PLAIN_VERSION,
        "model_id": recipe.latent.model_id,
        "model_name": _plain(recipe.model_name),
        **state(recipe, recipe.label, recipe.parents),
        "lineage": [state(step.recipe, step.label, step.parents) for step in recipe.lineage],
        "rows": [row if isinstance(row, str) else dict(row) for row in rows],
    }
    return json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _latents(recipe: Recipe) -> Iterator[Latent]:
    yield recipe.latent
    yield from (step.recipe.latent for step in recipe.lineage)


def _has_details(recipe: Recipe) -> bool:
    return any(latent.details is not None for latent in _latents(recipe))


def _most(recipe: Recipe) -> int:
    """How many characters its text may have."""
    grids = isinstance(recipe.latent, SpatialLatent) or _has_details(recipe)
    return MAX_GRID_CHARACTERS if grids else MAX_CHARACTERS


def _plain(words: str) -> str:
    """Text that can be read again: file names may be longer, or hold bytes that are no text."""
    return words.encode("utf-8", "replace").decode("utf-8")[:MAX_NAME]


def _count(recipe: Recipe) -> int:
    """How many different names a recipe holds."""
    names: set[str] = set()
    for each in (recipe, *(step.recipe for step in recipe.lineage)):
        names.update(each.locks)
        for operation in each.operations:
            names.update(_strings(list(operation.write().values())))
    return len(names)


def _strings(value: Any) -> Iterator[str]:
    """All names and texts in plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for each in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _strings(each)


# ------------------------------------------------------------------------------------- reading


def read(written: str) -> Recipe:
    """Read what `write` wrote, now or in earlier versions.

    Raises:
        RecipeError: too long, not our JSON, of another version, or a field that cannot be.
    """
    may_be_long = written.startswith(_MAY_BE_LONG)
    if len(written) > (MAX_GRID_CHARACTERS if may_be_long else MAX_CHARACTERS):
        raise _too_long()
    try:
        values = json.loads(written, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise RecipeError("the recipe in this picture is damaged: it is not JSON") from None
    version = values.get("format_version") if isinstance(values, dict) else None
    if type(version) is not int or version not in (*EARLIER_VERSIONS, FORMAT_VERSION):
        raise RecipeError(
            "the recipe in this picture is of another version of genimg; update genimg"
        )
    try:
        recipe = _read(_UPGRADES[version](values) if version in _UPGRADES else values)
        if version in (3, 4) and isinstance(recipe.latent, SpatialLatent) != (version == 4):
            raise ValueError("its latent is not of its version")
        if _has_details(recipe) != (version == FORMAT_VERSION):
            raise ValueError("its details are not of its version")
        if _count(recipe) > MAX_NAMES:
            raise ValueError("it holds too many names")
    except (ValueError, RuntimeError, LatentError, RecipeError) as error:
        raise RecipeError(f"the recipe in this picture is damaged: {error}") from None
    if len(written) > _most(recipe):
        raise _too_long()
    return recipe


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object none of whose names is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _too_long() -> RecipeError:
    return RecipeError("the recipe in this picture is too long to be one of genimg's")


def _read(values: Mapping[str, Any]) -> Recipe:
    keys(values, _WHOLE)
    model_id, model_name = text(values["model_id"]), text(values["model_name"])
    rows = items(values["rows"], MAX_LAYERS * (MAX_STEPS + 1), lambda row: row)
    latent_at = latents_in(rows, MAX_STEPS + 1, model_id)

    def state(of: Mapping[str, Any]) -> Recipe:
        return Recipe(
            latent_at(items(of["latent"], MAX_LAYERS, _place)),
            origin=text(of["origin"]),
            model_name=model_name,
            operations=items(of["operations"], MAX_OPERATIONS, _operation),
            locks=items(of["locks"], MAX_NAMES, name),
            label=text(of["label"]),
        )

    def step(of: Any) -> Step:
        keys(of, _STATE)
        return Step(state(of), of["label"], tuple(items(of["parents"], MAX_STEPS, _place)))

    lineage = items(values["lineage"], MAX_STEPS, step)
    parents = items(values["parents"], MAX_STEPS, _place)
    return replace(state(values), lineage=tuple(lineage), parents=tuple(parents))


def _operation(value: Any) -> Operation:
    operation = read_operation(value)
    if not operation.stays:
        raise ValueError(f"what comes of {value['operation']!r} stands in a recipe, and not itself")
    return operation


def _place(value: Any) -> int:
    return whole(value, low=0)


# ---------------------------------------------------------------------------- earlier versions


def _with_operations(state: Any) -> dict[str, Any]:
    """A state of versions 3 and 4 as one of version 5."""
    if not isinstance(state, dict) or not {"changes", "moves"} <= state.keys():
        raise ValueError("a part of it is missing")

    def move(part: Any) -> dict[str, Any]:
        keys(part, {"amounts", "keep"})
        return {"operation": "move", **part}

    exchange = {"operation": "exchange", "changes": state["changes"]}
    rest = {key: value for key, value in state.items() if key not in ("changes", "moves")}
    return {**rest, "operations": [exchange, *items(state["moves"], MAX_MOVES, move)]}


def _from_3(values: Mapping[str, Any]) -> dict[str, Any]:
    steps = items(values.get("lineage"), MAX_STEPS, _with_operations)
    return {**_with_operations(values), "lineage": steps}


def _from_1(values: Mapping[str, Any]) -> dict[str, Any]:
    """Versions 1 and 2: what else they hold is passed over."""
    rows = [values.get("latent")]
    if values["format_version"] == 2:
        layers = whole(values.get("layers"), 2, MAX_LAYERS)
        rows = [written(row) for row in numbers(rows[0]).reshape(layers, -1).numpy()]
    part: dict[str, Any] = {"amounts": values.get("amounts"), "keep": []}
    kept = {key: values.get(key) for key in ("format_version", "model_id", "model_name", "origin")}
    state = {"changes": values.get("changes", {}), "moves": [part], "locks": [], "parents": []}
    more = {"latent": list(range(len(rows))), "label": "", "lineage": [], "rows": rows}
    return _from_3({**kept, **state, **more})


_UPGRADES = {1: _from_1, 2: _from_1, 3: _from_3, 4: _from_3}
