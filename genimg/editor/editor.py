"""How is a loaded model used: pictures to latents and back, and all the ways to get and move them?

An Editor holds a model and nothing about a person: `encode` (heavy, once) and `decode` (light,
often) are apart, and what belongs to somebody is a `Latent` value that the caller keeps. So one
Editor serves many.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from genimg.editor.judging import Judging
from genimg.editor.moving import Moving
from genimg.errors import LatentError, RecipeError
from genimg.images import encode_png, read_text
from genimg.latents import TEXT_KEY, Latent, Recipe


class Editor(Moving, Judging):
    """One loaded model. Stateless after loading, so it may be shared between people and threads.

    See `Loaded` for what it is and the way between pictures and latents, `Moving` for getting and
    moving latents, `Judging` for how well it knows a picture.
    """

    def save_picture(
        self,
        latent: Latent,
        amounts: Mapping[str, float] | None = None,
        *,
        changes: Mapping[str, str] | None = None,
        origin: str = "",
        scale: int = 1,
    ) -> bytes:
        """A PNG of the latent with `changes` made (see `change`) and moved by `amounts`.

        It carries its own recipe: the picture is the save file. `scale` makes each pixel that
        many pixels wide.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
        """
        recipe = Recipe(latent, dict(amounts or {}), origin, self.header.name, dict(changes or {}))
        [image] = self.decode(self.edited(recipe))
        size = (image.width * scale, image.height * scale)
        image = image.resize(size, Image.Resampling.NEAREST)
        return encode_png(image, {TEXT_KEY: recipe.to_text()})

    def edited(self, recipe: Recipe) -> Latent:
        """Where a recipe ends: its latent with its changes made, moved by its amounts.

        Raises:
            LatentError: a word, direction or latent that does not belong to this model.
        """
        return self.move(self.change(recipe.latent, recipe.changes), recipe.amounts)

    def open_picture(self, source: str | Path | bytes | BinaryIO) -> Recipe:
        """The recipe inside a picture that `save_picture` made with this model.

        Raises:
            ImageError: not a readable picture.
            RecipeError: no recipe, a damaged one, or one for another model.
        """
        recipe = read_recipe(source)
        if recipe.latent.model_id != self.model_id:
            raise RecipeError(
                f"this picture was made with the model {recipe.model_name!r} "
                f"({recipe.latent.model_id}), not with {self.header.name!r} ({self.model_id}); "
                "choose that model first"
            )
        try:
            self.edited(recipe)
        except LatentError as error:
            raise RecipeError(
                f"the recipe in this picture does not fit the model: {error}"
            ) from None
        return recipe


def read_recipe(source: str | Path | bytes | BinaryIO) -> Recipe:
    """The recipe inside a saved picture, of whichever model.

    Raises:
        ImageError: not a readable picture.
        RecipeError: no recipe in it, or a damaged one.
    """
    text = read_text(source).get(TEXT_KEY)
    if text is None:
        raise RecipeError("this picture holds no genimg recipe; upload it as a picture instead")
    return Recipe.from_text(text)
