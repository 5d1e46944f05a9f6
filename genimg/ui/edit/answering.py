"""What comes of what somebody does in the Edit tab? No Gradio, no routes: plain values."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from PIL import Image

from genimg.editor import TEXT_KEY, Recipe
from genimg.errors import GenimgError, RecipeError
from genimg.images import read_text
from genimg.ui.edit import examples, foreign
from genimg.ui.edit.acts import act
from genimg.ui.edit.answers import ModelParts, OfferAnswer, SceneAnswer
from genimg.ui.edit.scene import scene
from genimg.ui.serving.uploads import uploaded
from genimg.ui.shell import opening, views
from genimg.ui.shell.opening import Crop, JsonObject, Opened, recipe_of
from genimg.ui.shell.store import Store
from genimg.ui.words import say


@dataclass(frozen=True)
class Outcome:
    """What is open now, or what is offered instead.

    Attributes:
        extra: fields of the scene besides its own.
        warnings: what a person should know all the same.
    """

    opened: Opened | None = None
    offer: OfferAnswer | None = None
    extra: JsonObject = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def outcome(store: Store, chosen: str, payload: JsonObject) -> Outcome:
    """Do what the page has asked for, an `act` with its details, while a model is chosen.

    Raises:
        GenimgError: it cannot be done.
    """
    kind = payload.get("act")
    if kind == "open":
        wanted = payload.get("model")
        model = wanted if isinstance(wanted, str) else chosen
        extra = {"refine": bool(payload.get("refine"))}
        return from_upload(store, model, uploaded(dict(payload)), extra, anyway=model == wanted)
    if kind == "example":
        return Outcome(examples.chosen(store, chosen, str(payload.get("pick"))))
    if kind == "draw":  # from a seed that nobody chose
        return Outcome(opening.from_seed(store, chosen, random.randrange(1_000_000)))
    recipe = recipe_of(payload.get("recipe"))
    opened = opening.from_recipe(store, recipe)
    same = {"opened": False}
    if kind == "go":
        return Outcome(opened, extra={**same, "node": payload.get("node")})
    if kind == "crop":
        return Outcome(_cropped(store, opened, payload), extra={**same, "refine": True})
    if kind == "base":
        return Outcome(_based(store, opened, payload), extra=same)
    after, label = act(store.get(opened.model), kind, recipe, payload)
    if kind == "soften":
        softer = replace(_compared(store, opened.model, after, label, payload), original=None)
        return Outcome(softer, extra={**same, "upload": {"t": payload.get("t")}})
    return Outcome(Opened(opened.model, after, label), extra=same)


def from_upload(
    store: Store, model: str, path: str, extra: JsonObject, anyway: bool = False
) -> Outcome:
    """A picture file: its edits are restored, or it is encoded; an offer instead where the model
    does not know such pictures, unless it is to be opened `anyway`.
    """
    plain = not anyway and TEXT_KEY not in read_text(path, TEXT_KEY)
    offer = foreign.only_draws(store, model, path) if plain else None
    if offer is not None:
        return Outcome(offer=offer, extra=extra)
    warnings: tuple[str, ...] = ()
    try:
        opened = opening.from_saved(store, model, path)
    except RecipeError as error:
        words = str(error).rstrip(".")
        warnings = (say("edit.as_plain", problem=f"{words[:1].upper()}{words[1:]}"),)
        opened = None
    opened = opened or opening.from_file(store, model, Crop(path), say("edit.upload"))
    offer = foreign.unknown(store, opened) if plain else None
    return Outcome(None if offer else opened, offer, extra, warnings)


def shown(store: Store, opened: Opened, extra: JsonObject) -> SceneAnswer:
    """The scene of a picture that is open now."""
    fields = {**scene(store, opened), "opened": True, **extra}
    if not store.get(opened.model).refines:
        fields["refine"] = False  # it comes as close as it can at once
    return cast(SceneAnswer, fields)


def parts_of(store: Store, model: str) -> ModelParts:
    """What there is to begin with, and whether uploads are."""
    takes = store.get(model).can_encode
    return {
        "model": model,
        "examples": examples.thumbs(store, model),
        "takes_pictures": takes,
        "hint": "" if takes else views.hint(say("edit.takes_none")),
    }


def frame(store: Store, recipe: Recipe, totals: object) -> Image.Image:
    """The picture where sliders stand, `totals` {direction: standard deviations}.

    Raises:
        GenimgError: it cannot be drawn, or these are no numbers.
    """
    editor = store.get(opening.from_recipe(store, recipe).model)
    pulled, _ = act(editor, "pull", recipe, {"amounts": totals})
    return editor.decode(editor.edited(pulled))[0]


def _cropped(store: Store, opened: Opened, payload: JsonObject) -> Opened:
    """Another part of the upload is encoded; the edits stay."""
    path = uploaded(dict(payload))
    if not Path(path).is_file():
        raise GenimgError(say("edit.upload_deleted"))
    focus, zoom = payload.get("focus"), payload.get("zoom")
    try:
        x, y = (float(value) for value in focus)  # type: ignore[union-attr]
        crop = Crop(path, (x, y), float(zoom))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise GenimgError(say("edit.crop_unfit")) from None
    anew = opening.from_file(store, opened.model, crop, say("edit.upload"))
    recipe = replace(opened.recipe, latent=anew.recipe.latent)
    return replace(anew, recipe=recipe, label=say("edit.cropped"))


def _based(store: Store, opened: Opened, payload: JsonObject) -> Opened:
    """A better latent for the upload was found; the edits stay."""
    recipe = replace(opened.recipe, latent=recipe_of(payload.get("better")).latent)
    refined = _compared(store, opened.model, recipe, say("edit.refined"), payload)
    if payload.get("editable") is None:  # it was stopped before
        return refined
    return replace(refined, editable=recipe_of(payload.get("editable")).latent)


def _compared(store: Store, model: str, recipe: Recipe, label: str, payload: JsonObject) -> Opened:
    """A start that was moved, and how close it is to the `original` upload now."""
    editor = store.get(model)
    original = opening.picture_of(payload.get("original"))
    found = editor.match(original, editor.decode(recipe.latent)[0])
    return Opened(model, recipe, label, original=original, match=found)
