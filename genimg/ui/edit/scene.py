"""What does the page need to show a picture, with all its sliders? A `scene`: plain JSON.

The page keeps the steps of a person's work, the server keeps none: a scene tells everything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from PIL import Image

from genimg.editor import Editor, Match, Recipe
from genimg.images import data_uri, small_uri
from genimg.ui.edit import sliders
from genimg.ui.edit.answers import (
    EarlierStep,
    MatchAnswer,
    ModelSheet,
    NumberAnswer,
    RefineNews,
    SceneAnswer,
    UploadAnswer,
)
from genimg.ui.shell.opening import Opened
from genimg.ui.shell.store import Store
from genimg.ui.words import say

THUMB = 64
"""Pixels; the longest side of a small picture in the history."""
_COUNTING = threading.Lock()
_last = 0

FOR_EDITABLE = 50
"""Steps of the progress that the search for an editable start counts for."""


def scene(store: Store, opened: Opened) -> SceneAnswer:
    """A picture that has been opened, as the page shows it and keeps it as a step.

    `recipe` is without the steps before, which are `earlier`, each with a small picture.
    """
    editor, recipe = store.get(opened.model), opened.recipe
    bare = replace(recipe, lineage=(), label="", parents=())
    end = editor.edited(bare)
    [picture] = editor.decode(end)
    address = data_uri(picture)
    plain = address if end == recipe.latent else data_uri(editor.decode(recipe.latent)[0])
    shown: SceneAnswer = {
        "model": sheet(opened.model, editor, store.info(opened.model).title, picture),
        "recipe": bare.to_text(),
        "label": opened.label,
        "note": opened.note,
        "amounts": recipe.amounts,
        "locks": list(recipe.locks),
        "changes": dict(recipe.changes),
        "shows": editor.labels(recipe.latent) if editor.has_kind else {},
        "numbers": _numbers(editor, bare),
        "picture": address,
        "plain": plain,
        "thumb": thumb(picture),
        "earlier": _earlier(editor, recipe),
        "parents": list(recipe.parents),
        "number": 0,
    }
    if recipe.latent.details is not None:
        shown["details"] = recipe.details
    if opened.match is not None:
        shown["match"] = match(opened.match, opened.note, editor)
    if opened.original is not None:
        shown["upload"] = upload(opened)
    shown["number"] = number()  # late, so that what was slow to draw is not the newest
    return shown


def number() -> int:
    """Scenes are numbered, upwards, so that the page tells a late one from the newest. By the
    clock, so that those of a program that was started anew are newer.
    """
    global _last
    with _COUNTING:
        _last = max(_last + 1, time.time_ns() // 1000)
        return _last


def sheet(name: str, editor: Editor, title: str, picture: Image.Image) -> ModelSheet:
    """What the page has to know of a model, with a picture of it open: its sliders on their pages,
    its labels, and what it cannot do.
    """
    return {
        "name": name,
        "id": editor.model_id,
        "title": title,
        "shape": (picture.height, picture.width),
        "kind": editor.has_kind,
        "refines": editor.refines,
        "pages": [
            {
                "title": page.title,
                "factor": page.factor,
                "names": list(page.names),
                "series": page.series,
            }
            for page in sliders.pages(editor.directions)
        ],
        "directions": {d.name: round(100 * d.reliability) for d in editor.directions},
        "numbers": {
            name: {
                "unit": scale.unit,
                "low": scale.low,
                "high": scale.high,
                "off": scale.off,
                "digits": scale.digits,
            }
            for name, scale in editor.scales.items()
        },
        "factors": {factor: list(values) for factor, values in editor.factors.items()},
    }


def _numbers(editor: Editor, recipe: Recipe) -> dict[str, NumberAnswer]:
    """Which number each slider shows that speaks in units where a recipe ends."""
    found = editor.in_units(recipe) if editor.scales else {}
    return {name: {"base": each.base, "step": each.step} for name, each in found.items()}


def upload(opened: Opened) -> UploadAnswer:
    """What is remembered of an upload: what the model was shown, where that was cropped, and, once
    they are known, the two ends between which its start can be moved: `faithful` and `editable`.
    """
    assert opened.original is not None
    width, height = opened.original.size
    crop = opened.crop
    found: UploadAnswer = {"original": data_uri(opened.original)}
    if crop is not None:
        found["crop"] = {
            "path": crop.path,
            "focus": crop.focus,
            "zoom": crop.zoom,
            "ratio": width / height,
        }
        if crop.preview:
            found["crop"]["preview"] = crop.preview
    if opened.editable is not None:
        found["faithful"] = Recipe(opened.recipe.latent, model_name=opened.model).to_text()
        found["editable"] = Recipe(opened.editable, model_name=opened.model).to_text()
        found["t"] = 1.0
    return found


def match(found: Match, note: str = "", editor: Editor | None = None) -> MatchAnswer:
    """How close the model comes to an upload, for people; a `note` on it comes after that. The
    labels are those of `editor`.
    """
    _, _, more = found.sentence.partition(": ")
    if not found.calibrated and not found.meaning:
        more = say("edit.not_calibrated")
    psnr, level = f"{found.psnr:.1f}", "outside" if found.calibrated else ""
    numbers = say("edit.numbers", psnr=psnr, ssim=f"{found.ssim:.2f}")
    if found.understood is not None:
        numbers = say("edit.numbers_kept", psnr=psnr, understood=f"{found.understood:.1f}")
    if found.known or found.understood is not None:
        level = found.words.split()[-1]
    return {
        "words": found.words.capitalize(),
        "level": level,
        "numbers": numbers,
        "advice": " ".join(filter(None, (more and f"{more[0].upper()}{more[1:]}.", note))),
        "captions": {} if editor is None else _captions(found, editor),
    }


def _captions(found: Match, editor: Editor) -> dict[str, str]:
    """{factor: what is said of the name that the model has for an upload}. A model has one for any
    picture, of a cup too where it knows nothing but fruit.
    """
    if found.known is False:
        return dict.fromkeys(editor.factors, say("edit.exchange_unknown"))
    measured = editor.header.metrics.get("labels_recognised")
    shares = measured if isinstance(measured, Mapping) else {}
    return {factor: _worth(shares.get(factor)) for factor in editor.factors}


def _worth(share: object) -> str:
    """What is said of a name that is right for this `share` of the pictures of the model's kind."""
    if not isinstance(share, (int, float)):
        return say("edit.exchange_upload")
    return say("edit.exchange_measured", n=round(100 * share))


def refining(editor: Editor, recipe: Recipe, original: Image.Image) -> Iterator[RefineNews]:
    """The start of a recipe is made to draw `original` better: how far that has come, again and
    again, with the `better` recipe and what it draws. The last one has an `editable` one, too.
    """
    before: float | None = None
    better = recipe
    for state in editor.refine(original, recipe.latent):
        before = state.psnr if before is None else before
        better = Recipe(state.latent, model_name=recipe.model_name)
        news: RefineNews = {
            "step": state.step,
            "of": state.of + FOR_EDITABLE,
            "words": say("edit.refining", psnr=f"{state.psnr:.1f}", before=f"{before:.1f}"),
            "better": better.to_text() if state.psnr > before else None,
            "picture": data_uri(editor.decode(state.latent)[0]),
        }
        yield news
    yield {**news, "words": say("edit.refining_editable"), "step": state.of}
    editable = editor.editable(better.latent, original)
    yield {
        **news,
        "step": state.of + FOR_EDITABLE,
        "better": better.to_text(),
        "editable": Recipe(editable, model_name=recipe.model_name).to_text(),
    }


def thumb(image: Image.Image) -> str:
    """A small picture for the history, as a data: URI."""
    return small_uri(image, THUMB)


def _earlier(editor: Editor, recipe: Recipe) -> list[EarlierStep]:
    steps = recipe.lineage
    images = editor.previews([step.recipe for step in steps])
    return [
        {
            "recipe": step.recipe.to_text(),
            "label": step.label,
            "parents": list(step.parents),
            "thumb": thumb(image),
        }
        for step, image in zip(steps, images, strict=True)
    ]
