"""What does a saved picture say of how it was made?"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from genimg.edits import TEXT_KEY, Recipe
from genimg.errors import RecipeError
from genimg.images import read_text


def read_recipe(source: str | Path | bytes | BinaryIO) -> Recipe:
    """The recipe inside a saved picture, of whichever model.

    Raises:
        ImageError: not a readable picture.
        RecipeError: no recipe in it, or a damaged one.
    """
    text = read_text(source, TEXT_KEY).get(TEXT_KEY)
    if text is None:
        raise RecipeError("this picture holds no genimg recipe; upload it as a picture instead")
    return Recipe.from_text(text)
