"""What does the page need to show a picture, with all its sliders? A `scene`: plain JSON.

The page keeps the steps of a person's work, the server keeps none: a scene tells everything.
"""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from PIL import Image

from genimg.editor import Editor, Match, Recipe
from genimg.images import data_uri
from genimg.ui import sliders
from genimg.ui.opening import Opened
from genimg.ui.store import Store

THUMB = 64
"""Pixels; the longest side of a small picture in the history."""
_COUNTING = threading.Lock()
_last = 0

FOR_EDITABLE = 50
"""Steps of the progress that the search for an editable start counts for."""


def scene(store: Store, opened: Opened) -> dict[str, Any]:
    """A picture that has been opened, as the page shows it and keeps it as a step.

    `recipe` is without the steps before, which are `earlier`, each with a small picture.
    """
    editor, recipe = store.get(opened.model), opened.recipe
    bare = replace(recipe, lineage=(), label="", parents=())
    picture, plain = editor.decode(editor.edited(bare), recipe.latent)
    shown = {
        "model": sheet(opened.model, editor, store.info(opened.model).title),
        "recipe": bare.to_text(),
        "label": opened.label,
        "note": opened.note,
        "amounts": recipe.amounts,
        "locks": list(recipe.locks),
        "changes": dict(recipe.changes),
        "shows": editor.labels(recipe.latent),
        "picture": data_uri(picture),
        "plain": data_uri(plain),
        "thumb": thumb(picture),
        "earlier": _earlier(editor, recipe),
        "parents": list(recipe.parents),
    }
    if opened.match is not None:
        shown["match"] = match(opened.match)
    if opened.original is not None:
        shown["upload"] = upload(opened)
    return {**shown, "number": number()}  # late, so that what was slow to draw is not the newest


def number() -> int:
    """Scenes are numbered, upwards, so that the page tells a late one from the newest. By the
    clock, so that those of a program that was started anew are newer.
    """
    global _last
    with _COUNTING:
        _last = max(_last + 1, time.time_ns() // 1000)
        return _last


def sheet(name: str, editor: Editor, title: str) -> dict[str, Any]:
    """What the page has to know of a model: its sliders on their pages, and its labels."""
    _, height, width = editor.image_shape
    return {
        "name": name,
        "id": editor.model_id,
        "title": title,
        "shape": [height, width],
        "pages": [
            {"title": page.title, "factor": page.factor, "names": list(page.names)}
            for page in sliders.pages(editor.directions)
        ],
        "directions": {d.name: round(100 * d.reliability) for d in editor.directions},
        "factors": {factor: list(values) for factor, values in editor.factors.items()},
    }


def upload(opened: Opened) -> dict[str, Any]:
    """What is remembered of an upload: what the model was shown, where that was cropped, and, once
    they are known, the two ends between which its start can be moved: `faithful` and `editable`.
    """
    assert opened.original is not None
    width, height = opened.original.size
    crop = opened.crop
    found: dict[str, Any] = {"original": data_uri(opened.original)}
    if crop is not None:
        place = {"path": crop.path, "focus": list(crop.focus), "zoom": crop.zoom}
        found["crop"] = {**place, "ratio": width / height}
    if opened.editable is not None:
        for name, latent in (("faithful", opened.recipe.latent), ("editable", opened.editable)):
            found[name] = Recipe(latent, model_name=opened.model).to_text()
        found["t"] = 1.0
    return found


def match(found: Match) -> dict[str, Any]:
    """How close the model comes to an upload, for people."""
    _, _, more = found.sentence.partition(": ")
    if not found.calibrated:
        more = "this model is not calibrated, so the words rest on the numbers alone"
    return {
        "words": found.words.capitalize(),
        "level": found.words.split()[-1] if found.known else "outside" if found.calibrated else "",
        "numbers": f"{found.psnr:.1f} dB PSNR · {found.ssim:.2f} SSIM",
        "advice": more and f"{more[0].upper()}{more[1:]}.",
    }


def refining(editor: Editor, recipe: Recipe, original: Image.Image) -> Iterator[dict[str, Any]]:
    """The start of a recipe is made to draw `original` better: how far that has come, again and
    again, with the `better` recipe and what it draws. The last one has an `editable` one, too.
    """
    before: float | None = None
    better = recipe
    for state in editor.refine(original, recipe.latent):
        before = state.psnr if before is None else before
        better = Recipe(state.latent, model_name=recipe.model_name)
        news = {
            "step": state.step,
            "of": state.of + FOR_EDITABLE,
            "words": f"Refining: {state.psnr:.1f} dB, was {before:.1f}",
            "better": better.to_text() if state.psnr > before else None,
            "picture": data_uri(editor.decode(state.latent)[0]),
        }
        yield news
    yield {**news, "words": "Looking for what is easy to edit", "step": state.of}
    editable = editor.editable(better.latent, original)
    yield {
        **news,
        "step": state.of + FOR_EDITABLE,
        "better": better.to_text(),
        "editable": Recipe(editable, model_name=recipe.model_name).to_text(),
    }


def thumb(image: Image.Image) -> str:
    """A small picture for the history, as a data: URI."""
    small = image.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _earlier(editor: Editor, recipe: Recipe) -> list[Mapping[str, Any]]:
    steps = recipe.lineage
    images = editor.decode(*(editor.edited(step.recipe) for step in steps))
    return [
        {
            "recipe": step.recipe.to_text(),
            "label": step.label,
            "parents": list(step.parents),
            "thumb": thumb(image),
        }
        for step, image in zip(steps, images, strict=True)
    ]
