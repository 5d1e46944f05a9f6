"""What is there to see when somebody opens a picture: from a file, a seed, or a saved edit?

No Gradio here: plain values in, an `Opened` out. What one person has open is a `Sitting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image

from genimg import Latent
from genimg.editor import Match, read_recipe
from genimg.errors import RecipeError
from genimg.images import read_text
from genimg.ui import sliders
from genimg.ui.store import Store

_RECIPE = "genimg"  # the text chunk that Editor.save_picture writes


@dataclass(frozen=True)
class Sitting:
    """What one person has open in the Edit tab: plain values, so that sessions stay small."""

    model: str = ""
    latent: Latent | None = None
    amounts: Mapping[str, float] = field(default_factory=dict)
    origin: str = ""
    picture: str = ""  # path of the picture that was encoded; "" if it was not a file


@dataclass(frozen=True)
class Opened:
    """A sitting at its start.

    Attributes:
        plain: what the model makes of it, without edits.
        original: what the model was shown, or None if it came from a seed or a saved edit.
        match: how close the two are, where there is an original.
        note: one sentence on where it came from; "" where the match says enough.
    """

    sitting: Sitting
    plain: Image.Image
    original: Image.Image | None = None
    match: Match | None = None
    note: str = ""


def from_file(
    store: Store,
    model: str,
    path: str,
    origin: str,
    focus: tuple[float, float] = (0.5, 0.5),
    zoom: float = 1.0,
    amounts: Mapping[str, float] | None = None,
) -> Opened:
    """Encode a part of a picture (see `Editor.fit`); `amounts` stay set.

    Raises ImageError for files that are no pictures.
    """
    editor = store.get(model)
    original = editor.fit(store.picture(path), focus, zoom)
    latent = editor.encode(original)
    plain = editor.decode(latent)[0]
    sitting = Sitting(model, latent, dict(amounts or {}), origin, path)
    return Opened(sitting, plain, original, editor.match(original, plain))


def from_seed(store: Store, model: str, seed: int) -> Opened:
    """The picture that the model draws from a seed."""
    latent = store.get(model).sample(1, seed=seed)[0]
    return from_latent(store, model, latent, f"seed {seed}", f"Drawn by the model, seed {seed}.")


def from_latent(store: Store, model: str, latent: Latent, origin: str, note: str) -> Opened:
    """A point that is known already."""
    return Opened(Sitting(model, latent, {}, origin), store.get(model).decode(latent)[0], note=note)


def from_saved(store: Store, model: str, path: str) -> Opened | None:
    """The saved edit in the picture at `path`, with its own model; None if it is a plain picture.

    Raises:
        RecipeError: there is a recipe, but it is damaged, or its model is not in the folder.
        ImageError: the file is not a picture that can be read.
    """
    if _RECIPE not in read_text(path):
        return None
    recipe = read_recipe(path)
    maker = store.name_of(recipe.latent.model_id)
    if maker is None:
        raise RecipeError(
            f"This picture was saved with the model {recipe.model_name!r}, which is not in the "
            "folder of models, so its latent and its edits cannot be restored."
        )
    editor = store.get(maker)
    editor.open_picture(path)  # checks that the recipe fits the model
    amounts = sliders.tidy(recipe.amounts, editor.directions)
    edits = "1 edit" if len(amounts) == 1 else f"{len(amounts)} edits"
    note = f"Restored from a saved picture, with {edits}."
    if maker != model:
        note += f" It was made with {store.info(maker).title}, which is now chosen."
    plain = editor.decode(recipe.latent)[0]
    return Opened(Sitting(maker, recipe.latent, amounts, recipe.origin), plain, note=note)
