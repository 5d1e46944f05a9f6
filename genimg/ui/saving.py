"""What does somebody take home: a picture that is its own save file, or all their steps at once?

No Gradio here. What is to be saved comes from a page, so it is checked.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from genimg.editor import MAX_STEPS, Recipe, Step
from genimg.errors import GenimgError, RecipeError
from genimg.ui.opening import MAX_LABEL, from_recipe, recipe_of
from genimg.ui.store import Store

SCALES = (1, 2, 4, 8, 16)
KINDS = {"png": "image/png", "webp": "image/webp"}
MOST_STEPS = 1000
MAX_TIME = 10**15
MOST_BYTES = 50 * 10**6
"""Of all pictures in an archive."""

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Download:
    """A file for the browser: its name, its MIME type, its bytes."""

    name: str
    kind: str
    data: bytes


def picture(store: Store, told: Told) -> Download:
    """One picture, with the steps that led to it inside.

    Args:
        told: the `recipe` text, its `label`, the earlier `steps` (recipe, label, parents, the
            earliest first), its `parents` among them; `kind` ("png" or "webp"), `scale` (SCALES)
            and whether larger ones are `smooth`.

    Raises:
        GenimgError: something that cannot be saved.
    """
    kind, scale = told.get("kind", "png"), told.get("scale", 1)
    if kind not in ("png", "webp") or scale not in SCALES:
        raise GenimgError(
            f"Pictures are saved as {' or '.join(KINDS)}, {SCALES[0]} to {SCALES[-1]} times as "
            "large as the model draws them."
        )
    bare = recipe_of(told.get("recipe"))
    label = _label(told.get("label"))
    try:
        recipe = replace(
            bare,
            lineage=tuple(_step(row) for row in _rows(told.get("steps"), MAX_STEPS)),
            parents=_parents(told.get("parents")),
            label=label,
        )
    except GenimgError:  # steps of several models, say: the picture is saved without them
        recipe = replace(bare, label=label)
    opened = from_recipe(store, recipe)
    editor = store.get(opened.model)
    data = editor.save_picture(recipe, kind=kind, scale=scale, smooth=bool(told.get("smooth")))
    return Download(f"{opened.model}-{_slug(label) or 'edit'}.{kind}", KINDS[kind], data)


def archive(store: Store, told: Told) -> Download:
    """All `steps` as a zip: each as a PNG with its recipe, and `history.json` with the whole tree.

    A step whose model is not there any more is in `history.json` alone.

    Raises:
        GenimgError: steps that are none, or too many.
    """
    rows = _rows(told.get("steps"), MOST_STEPS)
    size = 0
    buffer = io.BytesIO()
    listed = []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as files:
        for place, row in enumerate(rows, start=1):
            label = _label(row.get("label"))
            recipe = replace(recipe_of(row.get("recipe")), lineage=(), parents=(), label=label)
            name = f"{place:03d}-{_slug(label) or 'step'}.png"
            try:
                editor = store.get(from_recipe(store, recipe).model)
                picture = editor.save_picture(recipe)
                size += len(picture)
                files.writestr(name, picture)
            except RecipeError:
                name = ""
            if size > MOST_BYTES:
                raise GenimgError(
                    f"These pictures are larger than {MOST_BYTES // 10**6} MB together. Search or "
                    "star some of the steps, and download those."
                )
            listed.append(
                {
                    "id": str(row.get("id")),
                    "parents": [str(parent) for parent in _list(row.get("parents"))],
                    "file": name,
                    "label": label,
                    "starred": row.get("star") is True,
                    "time": _time(row.get("time")),
                    "recipe": json.loads(recipe.to_text()),
                }
            )
        text = json.dumps({"format_version": 1, "steps": listed}, ensure_ascii=False, indent=1)
        files.writestr("history.json", text, zipfile.ZIP_DEFLATED)
    return Download("genimg-history.zip", "application/zip", buffer.getvalue())


def _step(row: Told) -> Step:
    recipe: Recipe = recipe_of(row.get("recipe"))
    return Step(recipe, _label(row.get("label")), _parents(row.get("parents")))


def _rows(value: object, most: int) -> Sequence[Told]:
    rows = _list(value)
    if len(rows) > most or not all(isinstance(row, Mapping) for row in rows):
        raise GenimgError(f"At most {most} steps can be saved at once.")
    return rows


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _parents(value: object) -> tuple[int, ...]:
    return tuple(place for place in _list(value) if isinstance(place, int))


def _label(value: object) -> str:
    return value[:MAX_LABEL] if isinstance(value, str) else ""


def _time(value: object) -> float:
    """Milliseconds since 1970, 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return value if abs(value) < MAX_TIME else 0


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40]
