"""How is a loaded model used: pictures to latents and back, and all the ways to get and move them?

An Editor holds a model and nothing about a person: `encode` (heavy, once) and `decode` (light,
often) are apart, and what belongs to somebody is a `Latent` value that the caller keeps. So one
Editor serves many.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Literal

from genimg.editor.effects import Comparing
from genimg.editor.judging import Judging
from genimg.errors import ImageError, LatentError, RecipeError
from genimg.images import encode_png, encode_webp, enlarge, read_text
from genimg.latents import TEXT_KEY, Recipe

WRITERS = {"png": encode_png, "webp": encode_webp}
"""What a picture can be saved as."""


class Editor(Comparing, Judging):
    """One loaded model. Stateless after loading, so it may be shared between people and threads.

    See `Loaded` for what it is and the way between pictures and latents, `Moving` for getting and
    moving latents, `Comparing` for what differs between pictures, `Judging` for how well it knows a
    picture.
    """

    def save_picture(
        self,
        recipe: Recipe,
        *,
        kind: Literal["png", "webp"] = "png",
        scale: int = 1,
        smooth: bool = False,
    ) -> bytes:
        """The picture that a recipe makes (see `edited`) as the bytes of a file.

        It carries the recipe: the picture is the save file, and what is read from it draws the very
        same pixels again, whatever it was saved as.

        Args:
            kind: a PNG or a WebP, both lossless.
            scale: how many times larger to save it, 1 to 16.
            smooth: whether larger ones are smooth; else each pixel becomes a square.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
            RecipeError: a recipe too long to be read again.
            ImageError: another kind or scale.
        """
        if kind not in WRITERS:
            raise ImageError(f"a picture is saved as {' or '.join(WRITERS)}, not {kind!r}")
        latent = self.edited(recipe)
        text = recipe.named(self.header.name).to_text()
        [image] = self.decode(latent)
        return WRITERS[kind](enlarge(image, scale, smooth), {TEXT_KEY: text})

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
            for each in (recipe, *(step.recipe for step in recipe.lineage)):
                self.edited(each)
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
