"""What is there to see when somebody opens a picture: from a file, a seed, or a recipe?

No Gradio here: plain values in, an `Opened` out.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace

from PIL import Image

from genimg import Latent
from genimg.editor import TEXT_KEY, Editor, Match, Recipe, Step, read_recipe
from genimg.errors import GenimgError, LatentError, RecipeError
from genimg.images import load_image, read_text
from genimg.ui.store import Store

MAX_LABEL = 80


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
    """The part of a file that the model sees, see `Editor.fit`; `path` is where the file is."""

    path: str
    focus: tuple[float, float] = (0.5, 0.5)
    zoom: float = 1.0


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
    original = editor.fit(store.picture(crop.path), crop.focus, crop.zoom)
    latent = editor.encode(original)
    recipe = Recipe(latent, origin=origin, model_name=model)
    match = editor.match(original, editor.decode(latent)[0])
    return Opened(model, recipe, origin, original=original, match=match, crop=crop)


def latent_of(store: Store, model: str, path: str) -> Latent:
    """The point of a model that a file means: of a picture that was saved with it, the one where
    its edits end; else the picture is encoded.

    Raises:
        ImageError: not a readable picture.
        RecipeError: a damaged recipe.
        LatentError: a plain picture, for a model that only draws.
    """
    editor = store.get(model)
    if TEXT_KEY in read_text(path) and read_recipe(path).latent.model_id == editor.model_id:
        return editor.edited(editor.open_picture(path))
    return editor.encode(editor.fit(store.picture(path)))


def from_seed(store: Store, model: str, seed: int) -> Opened:
    """The picture that the model draws from a seed."""
    latent = store.get(model).sample(1, seed=seed)[0]
    return from_latent(model, latent, f"seed {seed}", f"Drawn by the model, seed {seed}.")


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
    if TEXT_KEY not in read_text(path):
        return None
    opened = from_recipe(store, read_recipe(path))
    recipe = opened.recipe
    count = len(recipe.amounts) + len(recipe.changes)
    note = f"Restored from a saved picture, with {count} edit{'' if count == 1 else 's'}"
    if recipe.lineage:
        steps = len(recipe.lineage)
        note += f" and the {steps} step{'' if steps == 1 else 's'} before"
    note += "."
    if opened.model != model:
        note += f" It was made with {store.info(opened.model).title}, which is now chosen."
    return replace(opened, note=note)


def from_recipe(store: Store, recipe: Recipe) -> Opened:
    """The state that a recipe means, with its own model.

    Raises:
        RecipeError: its model is not in the folder, or it does not fit the model.
    """
    maker = store.name_of(recipe.latent.model_id)
    if maker is None:
        raise RecipeError(
            f"This picture was made with the model {recipe.model_name!r}, which is not in the "
            "folder of models, so its latent and its edits cannot be restored."
        )
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
        raise RecipeError(f"The recipe of this picture does not fit its model: {error}") from None


def recipe_of(text: object) -> Recipe:
    """A recipe that a page has sent. Raises GenimgError if it is none."""
    if not isinstance(text, str):
        raise GenimgError("There is no picture to work on. Choose one first.")
    return Recipe.from_text(text)


def picture_of(address: object) -> Image.Image:
    """The picture in a data: URI that a page has kept. Raises GenimgError if it is none."""
    start = "data:image/png;base64,"
    if not isinstance(address, str) or not address.startswith(start):
        raise GenimgError("The picture that was uploaded is not there any more. Upload it again.")
    try:
        data = base64.b64decode(address[len(start) :], validate=True)
    except binascii.Error:
        raise GenimgError("The picture that was uploaded is damaged. Upload it again.") from None
    return load_image(data)
