"""What is there to see when somebody opens a picture: from a file, a seed, or a recipe?

No Gradio here: plain values in, an `Opened` out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from genimg import Latent
from genimg.editor import TEXT_KEY, Editor, Match, Recipe, Step, read_recipe
from genimg.errors import GenimgError, LatentError, RecipeError
from genimg.images import load_image, read_text
from genimg.ui.shell.store import WHOLE, Store
from genimg.ui.words import say

MAX_LABEL = 80

JsonObject = Mapping[str, Any]
"""What a page sends, as JSON has it."""


@dataclass(frozen=True)
class Work:
    """What somebody has open in the Edit tab, for the other tabs: a plain value.

    Attributes:
        model: name of the model, "" before anything is open.
        recipe: how the picture is made.
    """

    model: str = ""
    recipe: Recipe | None = None


@dataclass(frozen=True)
class Crop:
    """The part of a file that the model sees, see `Editor.fit`.

    `path` is where the file is, and `preview` a data: URI of the whole picture where browsers
    cannot show the file itself, else "".
    """

    path: str
    focus: tuple[float, float] = (0.5, 0.5)
    zoom: float = 1.0
    preview: str = ""


@dataclass(frozen=True)
class Opened:
    """A picture that has just been opened.

    Attributes:
        model: name of the model that it is opened with.
        recipe: how it is made; a lineage is the steps that led there.
        label: what was done to get it, in words.
        note: one sentence on where it came from; "" where the match says enough.
        original: what the model was shown, or None if it came from a seed or a recipe.
        match: how close the model comes to `original`, where there is one.
        crop: which part of an upload that is; None for what cannot be cropped anew.
        editable: another start for an upload, on which edits work better; None if not searched for.
    """

    model: str
    recipe: Recipe
    label: str
    note: str = ""
    original: Image.Image | None = None
    match: Match | None = None
    crop: Crop | None = None
    editable: Latent | None = None


def from_file(store: Store, model: str, crop: Crop, origin: str) -> Opened:
    """Encode a part of a picture.

    Raises:
        ImageError: the file is no picture that can be read.
        LatentError: the model only draws.
    """
    editor = store.get(model)
    whole = store.picture(crop.path)
    original = editor.fit(whole, crop.focus, crop.zoom)
    latent = editor.encode(original)
    recipe = Recipe(latent, origin=origin, model_name=model)
    match = editor.match(original, editor.decode(latent)[0])
    crop = replace(crop, preview=store.preview(crop.path))
    note = "" if editor.has_kind else _reduced(whole)
    return Opened(model, recipe, origin, note, original=original, match=match, crop=crop)


def _reduced(whole: Image.Image) -> str:
    """What is said of a photograph that was made smaller; "" of others."""
    if WHOLE not in whole.info:
        return ""
    (width, height), most = whole.info[WHOLE], max(whole.size)
    return say(
        "shell.reduced",
        width=f"{width:,}",
        height=f"{height:,}",
        new_width=f"{whole.width:,}",
        new_height=f"{whole.height:,}",
        most=f"{most:,}",
    )


def latent_of(store: Store, model: str, path: str, beside: Latent | None = None) -> Latent:
    """The point of a model that a file means: of a picture that was saved with it, the one where
    its edits end; else the picture is encoded, by a model of any photograph at the size of
    `beside` where one is given.

    Raises:
        ImageError: not a readable picture.
        RecipeError: a damaged recipe.
        LatentError: a plain picture, for a model that only draws.
    """
    editor = store.get(model)
    saved = TEXT_KEY in read_text(path, TEXT_KEY)
    if saved and read_recipe(path).latent.model_id == editor.model_id:
        return editor.edited(editor.open_picture(path))
    picture = store.picture(path)
    return editor.encode(editor.fit(picture) if beside is None else editor.fit_to(picture, beside))


def from_seed(store: Store, model: str, seed: int) -> Opened:
    """The picture that the model draws from a seed."""
    latent = store.get(model).sample(1, seed=seed)[0]
    return from_latent(model, latent, say("shell.seed", seed=seed), say("shell.drawn", seed=seed))


def from_latent(
    model: str,
    latent: Latent,
    origin: str,
    note: str,
    made_from: tuple[tuple[Latent, str], ...] = (),
) -> Opened:
    """A point that is known already; `made_from` are the points that it was mixed from, each with
    where it came from.
    """
    earlier = tuple(
        Step(Recipe(z, origin=words, model_name=model), words[:MAX_LABEL]) for z, words in made_from
    )
    recipe = Recipe(
        latent,
        origin=origin,
        model_name=model,
        lineage=earlier,
        parents=tuple(range(len(earlier))),
    )
    return Opened(model, recipe, origin, note)


def from_saved(store: Store, model: str, path: str) -> Opened | None:
    """The saved edit in the picture at `path`, with its own model; None if it is a plain picture.

    Raises:
        RecipeError: there is a recipe, but it is damaged, or its model is not in the folder.
        ImageError: the file is not a picture that can be read.
    """
    if TEXT_KEY not in read_text(path, TEXT_KEY):
        return None
    opened = from_recipe(store, read_recipe(path))
    recipe = opened.recipe
    note = say("shell.restored", n=len(recipe.edits))
    if recipe.lineage:
        edits = say("shell.edits", n=len(recipe.edits))
        note = say("shell.restored_after", edits=edits, n=len(recipe.lineage))
    if opened.model != model:
        title = store.info(opened.model).title
        note = say("shell.restored_other", restored=note, model=title)
    return replace(opened, note=note)


def from_recipe(store: Store, recipe: Recipe) -> Opened:
    """The state that a recipe means, with its own model.

    Raises:
        RecipeError: its model is not in the folder, or it does not fit the model.
    """
    maker = store.name_of(recipe.latent.model_id)
    if maker is None:
        raise RecipeError(say("shell.model_missing", model=repr(recipe.model_name)))
    check(store.get(maker), recipe)
    return Opened(maker, recipe, recipe.label or recipe.origin)


def check(editor: Editor, recipe: Recipe) -> None:
    """Refuse a recipe that does not fit its model, or whose earlier steps do not.

    Raises:
        RecipeError: saying what does not fit.
    """
    try:
        for each in (recipe, *(step.recipe for step in recipe.lineage)):
            editor.edited(each)
    except LatentError as error:
        raise RecipeError(say("shell.recipe_unfit", problem=error)) from None


def recipe_of(text: object) -> Recipe:
    """A recipe that a page has sent. Raises GenimgError if it is none."""
    if not isinstance(text, str):
        raise GenimgError(say("shell.no_recipe"))
    return Recipe.from_text(text)


def work_of(payload: object) -> Work:
    """What a page says is open in the Edit tab. Raises GenimgError if its recipe is none."""
    if not isinstance(payload, dict) or not isinstance(payload.get("model"), str):
        return Work()
    return Work(payload["model"], recipe_of(payload.get("recipe")))


def picture_of(address: object) -> Image.Image:
    """The picture in a data: URI that a page has kept. Raises GenimgError if it is none."""
    start = "data:image/png;base64,"
    if not isinstance(address, str) or not address.startswith(start):
        raise GenimgError(say("shell.upload_gone"))
    try:
        data = base64.b64decode(address[len(start) :], validate=True)
    except ValueError:
        raise GenimgError(say("shell.upload_damaged")) from None
    return load_image(data)
