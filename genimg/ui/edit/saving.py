"""What does somebody take home: a picture that is its own save file, or all their steps at once?

No Gradio here. What is to be saved comes from a page, so it is checked.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genimg.editor import MAX_STEPS, Editor, Recipe, Step
from genimg.errors import GenimgError, RecipeError
from genimg.images import encode_jpeg
from genimg.runs import name_from
from genimg.ui.serving.uploads import uploaded
from genimg.ui.shell.opening import MAX_LABEL, JsonObject, from_recipe, recipe_of
from genimg.ui.shell.store import Store
from genimg.ui.words import say

SCALES = (1, 2, 4, 8, 16)
KINDS = {"png": "image/png", "webp": "image/webp"}
MOST_STEPS = 1000
MAX_TIME = 10**15
MOST_BYTES = 50 * 10**6
"""Of all pictures in an archive."""


@dataclass(frozen=True)
class Download:
    """A file for the browser: its name, its MIME type, its bytes."""

    name: str
    kind: str
    data: bytes


def picture(store: Store, payload: JsonObject) -> Download:
    """One picture, with the steps that led to it inside.

    Args:
        payload: the `recipe` text, its `label`, the earlier `steps` (recipe, label, parents, the
            earliest first), its `parents` among them; `kind` ("png" or "webp"), `scale` (SCALES),
            whether larger ones are `smooth`, and whether it is `bare`, without the recipe inside;
            or the `whole` photograph that is saved instead, see `_whole`.

    Raises:
        GenimgError: something that cannot be saved.
    """
    kind, scale = payload.get("kind", "png"), payload.get("scale", 1)
    if kind not in ("png", "webp") or scale not in SCALES:
        raise GenimgError(
            say(
                "edit.kinds",
                kinds=f" {say('edit.or')} ".join(KINDS),
                least=SCALES[0],
                most=SCALES[-1],
            )
        )
    bare = recipe_of(payload.get("recipe"))
    label = _label(payload.get("label"))
    try:
        recipe = replace(
            bare,
            lineage=tuple(_step(row) for row in _rows(payload.get("steps"), MAX_STEPS)),
            parents=_parents(payload.get("parents")),
            label=label,
        )
    except GenimgError:  # steps of several models, say: the picture is saved without them
        recipe = replace(bare, label=label)
    opened = from_recipe(store, recipe)
    editor, whole = store.get(opened.model), payload.get("whole")
    name = f"{opened.model}-{name_from(label, otherwise='edit')}"
    if whole is not None:
        return Download(f"{name}.jpg", "image/jpeg", _whole(editor, recipe, whole))
    data = editor.save_picture(
        recipe,
        kind=kind,
        scale=scale,
        smooth=bool(payload.get("smooth")),
        bare=payload.get("bare") is True,
    )
    return Download(f"{name}.{kind}", KINDS[kind], data)


def _whole(editor: Editor, recipe: Recipe, payload: JsonObject) -> bytes:
    """An upload at its own size with the edits of a recipe, as the bytes of a JPEG.

    Args:
        payload: the `path` of the upload, and the `focus` and `zoom` of what the model saw of it.

    Raises:
        GenimgError: no upload, one that is gone, or a crop that cannot be.
    """
    path = uploaded(dict(payload))
    if not Path(path).is_file():
        raise GenimgError(say("edit.whole_deleted"))
    x, y = payload["focus"]
    return encode_jpeg(editor.apply_to(path, recipe, (x, y), payload["zoom"]))


def archive(store: Store, payload: JsonObject) -> Download:
    """All `steps` as a zip: each as a PNG with its recipe, and `history.json` with the whole tree.

    A step whose model is not there any more is in `history.json` alone.

    Raises:
        GenimgError: steps that are none, or too many.
    """
    rows = _rows(payload.get("steps"), MOST_STEPS)
    size = 0
    buffer = io.BytesIO()
    listed = []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as files:
        for place, row in enumerate(rows, start=1):
            label = _label(row.get("label"))
            recipe = replace(recipe_of(row.get("recipe")), lineage=(), parents=(), label=label)
            name = f"{place:03d}-{name_from(label, otherwise='step')}.png"
            try:
                editor = store.get(from_recipe(store, recipe).model)
                picture = editor.save_picture(recipe)
                size += len(picture)
                files.writestr(name, picture)
            except RecipeError:
                name = ""
            if size > MOST_BYTES:
                raise GenimgError(say("edit.pictures_large", size=MOST_BYTES // 10**6))
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
        written = text.encode("utf-8", "replace")  # a label may hold half of a character
        files.writestr("history.json", written, zipfile.ZIP_DEFLATED)
    return Download("genimg-history.zip", "application/zip", buffer.getvalue())


def _step(row: JsonObject) -> Step:
    recipe: Recipe = recipe_of(row.get("recipe"))
    return Step(recipe, _label(row.get("label")), _parents(row.get("parents")))


def _rows(value: object, most: int) -> Sequence[JsonObject]:
    rows = _list(value)
    if len(rows) > most or not all(isinstance(row, Mapping) for row in rows):
        raise GenimgError(say("edit.steps_many", most=most))
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
