"""How does a picture of any mode, lying on any side, become an upright one in "L" or "RGB"?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageCms

from genimg.errors import ImageError
from genimg.images.colours import to_srgb

_UPRIGHT = {  # EXIF orientation -> what sets the picture upright (Exif 2.32, tag 274)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image, name: str) -> Image.Image:
    """The picture as people see it, "L" or "RGB"; decodes what has not been decoded yet."""
    try:
        image.load()
        turn = _UPRIGHT.get(orientation(image))
        plain = _plain(image)
        return plain if turn is None else plain.transpose(turn)
    except Exception as error:  # Pillow raises two dozen kinds on damaged files
        raise damaged(name) from error


def damaged(name: str) -> ImageError:
    """What is said of a file that begins like a picture and cannot be read."""
    return ImageError(
        f"{name} is damaged or incomplete and cannot be read. "
        "Save or download it again, or choose another picture."
    )


def _plain(image: Image.Image) -> Image.Image:
    """Bring an image of any mode to "L" if it is grey and to "RGB" otherwise, in sRGB, on white."""
    said = {key: value for key, value in image.info.items() if isinstance(key, str)}
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return to_srgb(_deep_grey(image), said)
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    grey, wide = ("L", "LA") if image.mode in ("1", "L", "La", "LA") else ("RGB", "RGBA")
    if "transparency" not in image.info and image.mode not in ("La", "LA", "RGBa", "RGBA", "PA"):
        inks = image.mode == "CMYK"
        return to_srgb(image if image.mode == grey or inks else image.convert(grey), said)
    layered = image.convert(wide)
    ground = Image.new(grey, image.size, "white")
    ground.paste(to_srgb(layered.convert(grey), said), mask=layered.getchannel("A"))
    return ground


def _deep_grey(image: Image.Image) -> Image.Image:
    """Bring greys of more than 8 bits to "L". Pillow's own `convert` cuts them off at 255.

    16-bit files use their full scale (a 12-bit TIFF: 4095). 32-bit and floating-point files do
    not say theirs: it is the first of 1 (floats only), 255 and 65535 that holds every value,
    else the span from the smallest value to the largest.
    """
    values = np.asarray(image).astype(np.float32)
    tags: Mapping[int, object] = getattr(image, "tag_v2", {})
    low, high = 0.0, 65535.0
    if image.mode.startswith("I;16"):
        if tags.get(258) == (12,):  # BitsPerSample
            high = 4095.0
    elif image.format != "PPM" or image.mode == "F":  # Pillow has scaled a PGM to 16 bits
        finite = values[np.isfinite(values)]
        least, most = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        scales = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        fitting = [scale for scale in scales if least >= 0.0 and most <= scale]
        low, high = (0.0, fitting[0]) if fitting else (least, max(most, least + 1e-6))
        values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    levels = np.clip((values - low) * (255.0 / (high - low)), 0, 255).round().astype(np.uint8)
    grey = Image.fromarray(levels)
    if tags.get(262) == 0:  # PhotometricInterpretation: white is zero
        grey = ImageChops.invert(grey)
    clear = image.info.get("transparency")  # a PNG may name one grey as see-through
    if isinstance(clear, int):
        grey.paste(255, mask=Image.fromarray(values == clear))
    return grey


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    """CIE L*a*b* (D50, as in TIFF) to sRGB."""
    rgb = ImageCms.profileToProfile(
        image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    if rgb is None:  # only when done in place
        raise TypeError("ImageCms gave no picture back")
    return rgb


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or the EXIF block is damaged."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # broken metadata does not make the picture unreadable
        return 1
