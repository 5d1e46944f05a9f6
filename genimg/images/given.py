"""What does a program have in hand when it says "this picture"?"""

from __future__ import annotations

import os
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from genimg.errors import ImageError
from genimg.images.opening import load_image

Picture = Image.Image | str | os.PathLike[str] | bytes | BinaryIO | npt.NDArray[np.uint8]
"""A PIL image, a file (its path, its bytes, or opened), or uint8 [H, W], [H, W, 1], [H, W, 3]
(RGB) or [H, W, 4] (RGBA)."""


def as_image(picture: Picture) -> Image.Image:
    """The PIL image of what a program gives as a picture.

    Raises:
        ImageError: a file that is no readable picture, or anything else, whose type is named.
    """
    if isinstance(picture, Image.Image):
        return picture
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    if isinstance(picture, str) and picture.lower().startswith(("http://", "https://", "data:")):
        raise ImageError("This is an address, and nothing is fetched: give the picture itself.")
    if isinstance(picture, (str, os.PathLike, bytes)) or hasattr(picture, "read"):
        return load_image(picture)
    raise _not_a_picture(f"{type(picture).__module__}.{type(picture).__qualname__}")


def _from_array(array: npt.NDArray[np.uint8]) -> Image.Image:
    flat = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    fits = flat.ndim == 2 or (flat.ndim == 3 and flat.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not fits or 0 in array.shape:
        raise _not_a_picture(f"an array of {array.dtype} {list(array.shape)}")
    return Image.fromarray(np.ascontiguousarray(flat))


def _not_a_picture(got: str) -> ImageError:
    return ImageError(
        f"A picture is a PIL image, the path of a file, or a uint8 array [H, W], [H, W, 3] or "
        f"[H, W, 4], not {got.removeprefix('builtins.')}."
    )
