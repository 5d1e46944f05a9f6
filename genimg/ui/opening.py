"""What is there to see when somebody opens a picture: from a file, a seed, or a saved edit?

No Gradio here: plain values in, an `Opened` out. What one person has open is their `Work`; the
`Sitting` holds it while they are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from genimg import Latent
from genimg.editor import TEXT_KEY, Editor, Match, Recipe, read_recipe
from genimg.errors import RecipeError
from genimg.images import read_text
from genimg.ui.store import Store
from genimg.ui.turns import Turns


@dataclass(frozen=True)
class Work:
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


class Sitting(Turns):
    """One person at the Edit tab: their work, which one action at a time may change.

    What an action was told by the page may be older than the work: with the sliders, the page is
    given a note of where they were set (`note`), sends it back with every action, and
    `is_same_picture` and `is_as_set` say whether the note still holds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.work = Work()
        self._pictures = 0
        self._settings = 0

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.work.model

    @property
    def latent(self) -> Latent | None:
        """The point before all edits."""
        return self.work.latent

    def recipe(self) -> Recipe:
        """What the editor needs for the edited picture. Raises ValueError if nothing is open."""
        return self.work.recipe()

    def begin(self) -> None:
        """Another picture is opened: what is still on its way was meant for the one before."""
        self._pictures += 1

    def note(self, names: Sequence[str]) -> dict[str, Any]:
        """The program sets the sliders, and they show these directions: the note for the page."""
        self._settings += 1
        return {"picture": self._pictures, "setting": self._settings, "names": list(names)}

    def is_same_picture(self, note: Mapping[str, Any]) -> bool:
        """Whether the page that sent this note showed the picture that is open now."""
        return note.get("picture") == self._pictures

    def is_as_set(self, note: Mapping[str, Any]) -> bool:
        """Whether nobody but the person has moved the sliders since the page got this note."""
        return note.get("setting") == self._settings


@dataclass(frozen=True)
class Opened:
    """The work on a picture at its start.

    Attributes:
        plain: what the model makes of it, without edits.
        original: what the model was shown, or None if it came from a seed or a saved edit.
        match: how close the two are, where there is an original.
        note: one sentence on where it came from; "" where the match says enough.
    """

    work: Work
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
    work = Work(model, latent, origin=origin, picture=path)
    return Opened(work, plain, original, editor.match(original, plain))


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
    return from_latent(store, model, latent, f"seed {seed}", f"Drawn by the model, seed {seed}.")


def from_latent(store: Store, model: str, latent: Latent, origin: str, note: str) -> Opened:
    """A point that is known already."""
    work = Work(model, latent, origin=origin)
    return Opened(work, store.get(model).decode(latent)[0], note=note)


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
    work = Work(maker, recipe.latent, amounts, recipe.changes, recipe.origin)
    count = len(amounts) + len(recipe.changes)
    note = f"Restored from a saved picture, with {count} edit{'' if count == 1 else 's'}."
    if maker != model:
        note += f" It was made with {store.info(maker).title}, which is now chosen."
    plain = editor.decode(recipe.latent)[0]
    return Opened(work, plain, note=note)
