"""What is there to see when somebody opens a picture: from a file, a seed, or a saved edit?

No Gradio here: plain values in, an `Opened` out. What one person has open is a `Sitting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image

from genimg import Latent
from genimg.editor import TEXT_KEY, Editor, Match, Recipe, read_recipe
from genimg.errors import RecipeError
from genimg.images import read_text
from genimg.ui.store import Store


@dataclass(frozen=True)
class Sitting:
    """What one person has open in the Edit tab: plain values, so that sessions stay small.

    Attributes:
        model: name of the model.
        latent: the point before all edits.
        amounts: {direction: standard deviations}, what the sliders add.
        changes: {labelled factor: value it was exchanged for}.
        origin: where the latent came from, in words.
        picture: path of the picture that was encoded; "" if it was not a file.
    """

    model: str = ""
    latent: Latent | None = None
    amounts: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    picture: str = ""

    @property
    def is_edited(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self.amounts or self.changes)

    def recipe(self) -> Recipe:
        """What the editor needs for the edited picture. Raises ValueError if nothing is open."""
        if self.latent is None:
            raise ValueError("nothing is open")
        return Recipe(self.latent, self.amounts, self.origin, self.model, self.changes)

    def shown(self, editor: Editor) -> dict[str, str]:
        """What the edited picture shows, {factor: value}, as far as exchanges decide it."""
        return {} if self.latent is None else {**editor.labels(self.latent), **self.changes}


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
) -> Opened:
    """Encode a part of a picture, see `Editor.fit`.

    Raises ImageError for files that are no pictures.
    """
    editor = store.get(model)
    original = editor.fit(store.picture(path), focus, zoom)
    latent = editor.encode(original)
    plain = editor.decode(latent)[0]
    sitting = Sitting(model, latent, origin=origin, picture=path)
    return Opened(sitting, plain, original, editor.match(original, plain))


def from_seed(store: Store, model: str, seed: int) -> Opened:
    """The picture that the model draws from a seed."""
    latent = store.get(model).sample(1, seed=seed)[0]
    return from_latent(store, model, latent, f"seed {seed}", f"Drawn by the model, seed {seed}.")


def from_latent(store: Store, model: str, latent: Latent, origin: str, note: str) -> Opened:
    """A point that is known already."""
    return Opened(
        Sitting(model, latent, origin=origin), store.get(model).decode(latent)[0], note=note
    )


def from_saved(store: Store, model: str, path: str) -> Opened | None:
    """The saved edit in the picture at `path`, with its own model; None if it is a plain picture.

    Raises:
        RecipeError: there is a recipe, but it is damaged, or its model is not in the folder.
        ImageError: the file is not a picture that can be read.
    """
    if TEXT_KEY not in read_text(path):
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
    amounts = {name: amount for name, amount in recipe.amounts.items() if amount}
    sitting = Sitting(maker, recipe.latent, amounts, recipe.changes, recipe.origin)
    count = len(amounts) + len(recipe.changes)
    note = f"Restored from a saved picture, with {count} edit{'' if count == 1 else 's'}."
    if maker != model:
        note += f" It was made with {store.info(maker).title}, which is now chosen."
    plain = editor.decode(recipe.latent)[0]
    return Opened(sitting, plain, note=note)
