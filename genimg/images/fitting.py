"""How large does a picture become: cropped and scaled to what a model takes, or enlarged?"""

from __future__ import annotations

from PIL import Image

from genimg.config import as_whole
from genimg.errors import ImageError
from genimg.images.modes import upright

ImageShape = tuple[int, int, int]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels of a picture."""
MAX_SCALE = 16


def fit_image(
    image: Image.Image,
    image_shape: ImageShape,
    focus: tuple[float, float] = (0.5, 0.5),
    zoom: float = 1.0,
) -> Image.Image:
    """Crop and scale an image to what a model takes: `image_shape` = (C, H, W).

    The crop is that of `crop_box`. Scaled with Lanczos; mode "L" for C = 1, "RGB" for C = 3. An
    image that already fits comes back with the same pixels. Pictures that Pillow has opened are
    first set upright and laid on white, as `load_image` does.

    Raises ImageError if focus or zoom is out of its range, or if the picture cannot be decoded.
    """
    channels, height, width = image_shape
    plain = upright(image, "The picture")
    box = crop_box(plain.size, (height, width), focus, zoom)
    resized = plain.resize((width, height), Image.Resampling.LANCZOS, box=box)
    fitted = resized.convert(_mode(channels))
    fitted.info = {}
    return fitted


def crop_box(
    size: tuple[int, int],
    shape: tuple[int, int],
    focus: tuple[float, float] = (0.5, 0.5),
    zoom: float = 1.0,
) -> Box:
    """Where the crop lies in an upright picture of `size` = (width, height), for a model that draws
    pictures of `shape` = (H, W).

    It is the largest one of the model's aspect ratio, divided by `zoom` (1 or more). Its centre is
    laid on `focus` = (x, y), each from 0 (left, top) to 1 (right, bottom), and moved as little as
    it takes to keep the crop inside the picture.

    Raises ImageError if focus or zoom is out of its range.
    """
    if not all(0.0 <= value <= 1.0 for value in focus):
        raise ImageError(
            f"The focus {tuple(focus)} lies outside the picture. "
            "Give two numbers from 0 (left, top) to 1 (right, bottom)."
        )
    if not 1.0 <= zoom < float("inf"):
        raise ImageError(f"The zoom {zoom} is not possible. Give 1 (whole picture) or more.")
    (wide, tall), (height, width) = size, shape
    scale = min(wide / width, tall / height) / zoom  # crop pixels per model pixel
    left, right = _place(wide, width * scale, focus[0])
    top, bottom = _place(tall, height * scale, focus[1])
    return left, top, right, bottom


def _place(side: int, crop: float, centre: float) -> tuple[float, float]:
    """Start and end of a crop along one side, centred on `centre` (0..1) as far as it can be."""
    crop = min(crop, float(side))  # rounding may put it a hair above
    start = min(max(centre * side - crop / 2, 0.0), side - crop)
    return start, min(start + crop, float(side))


def enlarge(image: Image.Image, scale: int, smooth: bool = False) -> Image.Image:
    """An image `scale` times as wide and high.

    Each pixel becomes a square of pixels, or with `smooth` they run into each other (Lanczos).

    Raises ImageError if `scale` is not a whole number from 1 to MAX_SCALE.
    """
    times = as_whole(scale)
    if times is None or not 1 <= times <= MAX_SCALE:
        raise ImageError(f"Pictures are enlarged 1 to {MAX_SCALE} times, not {scale!r} times.")
    size = (image.width * times, image.height * times)
    kind = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    return image.copy() if times == 1 else image.resize(size, kind)


def in_colour(image: Image.Image) -> Image.Image:
    """The picture upright and "RGB", at its own size; without metadata.

    Raises ImageError if it cannot be decoded.
    """
    plain = upright(image, "The picture").convert("RGB")
    plain.info = {}
    return plain


def _mode(channels: int) -> str:
    if channels not in (1, 3):
        raise ValueError(f"a model's pictures have 1 or 3 channels, not {channels}")
    return "L" if channels == 1 else "RGB"
