"""How does a picture from anywhere become pixels for a model, and pixels a picture again?

This is the only file that converts between the two. An `image` is an 8-bit `PIL.Image` of mode
"RGB" or "L"; `pixels` is a float32 tensor [N, C, H, W] in [-1, 1] (C = 1 for "L", 3 for "RGB").

`load_image` opens files that nobody has looked at before: it bounds the bytes, looks at the
header before it decodes anything, and turns every kind of picture into an upright one without
transparency and without metadata.
"""

from __future__ import annotations

import base64
import functools
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from PIL import ExifTags, Image, ImageChops, ImageCms, PngImagePlugin, features
from torch import Tensor

from genimg.errors import ImageError

MAX_BYTES = 50 * 10**6
"""Largest picture file that is read, in bytes."""
MAX_SIDE = 20_000
"""Longest side that is decoded, in pixels."""
MAX_PIXELS = 64 * 10**6
"""Most pixels that are decoded: 64 megapixels take about 200 MB as RGB."""
MAX_TEXT = 10**6
"""Most characters of text that are taken from one PNG."""

ImageShape = tuple[int, int, int]
Source = str | os.PathLike[str] | bytes | BinaryIO
Bytes = npt.NDArray[np.uint8]

_SCALE = 127.5  # 256 levels onto [-1, 1]: pixels = level / 127.5 - 1

_UPRIGHT = {  # EXIF orientation -> what sets the picture upright (Exif 2.32, tag 274)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


# ---------------------------------------------------------------------------- files to images


def load_image(source: Source) -> Image.Image:
    """Read any picture file as an upright 8-bit image of mode "RGB", or "L" if it is grey.

    `source` is a path, the bytes of a file, or a binary file opened for reading. The first frame
    is taken of an animation. Transparency is laid on white; 16-bit, 32-bit and floating-point
    greys are brought to 8 bits; the EXIF orientation is applied; all metadata is left behind.

    Raises ImageError if the file is missing, is larger than MAX_BYTES, MAX_SIDE or MAX_PIXELS
    (seen from the header, before decoding), is damaged, or is not a picture of a known kind.
    """
    data, name = _read(source)
    image = _open(data, name)
    try:
        image.seek(0)
    except Exception as error:
        raise _damaged(name) from error
    upright = _upright(image, name).copy()
    upright.info = {}
    return upright


def _upright(image: Image.Image, name: str) -> Image.Image:
    """The picture as people see it, "L" or "RGB"; decodes what has not been decoded yet."""
    try:
        image.load()
        turn = _UPRIGHT.get(_orientation(image))
        plain = _plain(image)
        return plain if turn is None else plain.transpose(turn)
    except Exception as error:  # Pillow raises two dozen kinds on damaged files
        raise _damaged(name) from error


def _damaged(name: str) -> ImageError:
    return ImageError(
        f"{name} is damaged or incomplete and cannot be read. "
        "Save or download it again, or choose another picture."
    )


def read_text(source: Source) -> dict[str, str]:
    """Read the text chunks of a PNG file as {keyword: text}; other pictures give {}.

    Raises ImageError as `load_image` does, and if the texts are longer than MAX_TEXT in all.
    """
    data, name = _read(source)
    image = _open(data, name)
    if not isinstance(image, PngImagePlugin.PngImageFile):
        return {}
    try:
        text = {str(key): str(value) for key, value in image.text.items()}
    except Exception as error:
        raise ImageError(
            f"{name} is damaged or incomplete and cannot be read. "
            "Save or download it again, or choose another picture."
        ) from error
    if sum(len(key) + len(value) for key, value in text.items()) > MAX_TEXT:
        raise ImageError(
            f"{name} holds more text than the {MAX_TEXT:,} characters that are read. "
            "Choose another picture."
        )
    return text


def encode_png(image: Image.Image, text: Mapping[str, str] | None = None) -> bytes:
    """Encode an image as the bytes of a PNG file, with nothing of its metadata.

    `text` becomes text chunks (keywords: 1 to 79 Latin-1 characters; texts: any Unicode).
    """
    chunks = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        chunks.add_itxt(key, value)
    bare = image.copy()
    bare.info = {}
    buffer = io.BytesIO()
    bare.save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def data_uri(image: Image.Image) -> str:
    """Encode an image as a `data:image/png;base64,...` address for a web page."""
    return "data:image/png;base64," + base64.b64encode(encode_png(image)).decode("ascii")


# ------------------------------------------------------------------------- fitting to a model


def fit_image(
    image: Image.Image,
    image_shape: ImageShape,
    focus: tuple[float, float] = (0.5, 0.5),
    zoom: float = 1.0,
) -> Image.Image:
    """Crop and scale an image to what a model takes: `image_shape` = (C, H, W).

    The crop is the largest one of the model's aspect ratio, divided by `zoom` (1 or more). Its
    centre is laid on `focus` = (x, y), each from 0 (left, top) to 1 (right, bottom), and moved
    as little as it takes to keep the crop inside the picture. Scaled with Lanczos; mode "L" for
    C = 1, "RGB" for C = 3. An image that already fits comes back with the same pixels. Pictures
    that Pillow has opened are first set upright and laid on white, as `load_image` does.

    Raises ImageError if focus or zoom is out of its range, or if the picture cannot be decoded.
    """
    channels, height, width = image_shape
    if not all(0.0 <= value <= 1.0 for value in focus):
        raise ImageError(
            f"The focus {tuple(focus)} lies outside the picture. "
            "Give two numbers from 0 (left, top) to 1 (right, bottom)."
        )
    if not 1.0 <= zoom < float("inf"):
        raise ImageError(f"The zoom {zoom} is not possible. Give 1 (whole picture) or more.")
    plain = _upright(image, "The picture")
    scale = min(plain.width / width, plain.height / height) / zoom  # crop pixels per model pixel
    box = (
        *_place(plain.width, width * scale, focus[0]),
        *_place(plain.height, height * scale, focus[1]),
    )
    left, right, top, bottom = box
    resized = plain.resize(
        (width, height), Image.Resampling.LANCZOS, box=(left, top, right, bottom)
    )
    fitted = resized.convert(_mode(channels))
    fitted.info = {}
    return fitted


def _place(side: int, crop: float, centre: float) -> tuple[float, float]:
    """Start and end of a crop along one side, centred on `centre` (0..1) as far as it can be."""
    crop = min(crop, float(side))  # rounding may put it a hair above
    start = min(max(centre * side - crop / 2, 0.0), side - crop)
    return start, min(start + crop, float(side))


# ------------------------------------------------------------------------- images and pixels


def to_pixels(images: Sequence[Image.Image]) -> Tensor:
    """Turn n images of one size and one mode ("L" or "RGB") into pixels.

    Returns float32 [N, C, H, W] in [-1, 1] on the CPU. Raises ValueError on mixed or other images.
    """
    kinds = {(image.mode, image.size) for image in images}
    if len(kinds) != 1 or next(iter(kinds))[0] not in ("L", "RGB"):
        raise ValueError(f"images must all be 'L' or all 'RGB' and of one size, got {kinds}")
    array = np.stack([np.asarray(image) for image in images])
    return array_to_pixels(array[..., None] if array.ndim == 3 else array)


def to_images(pixels: Tensor) -> list[Image.Image]:
    """Turn pixels [N, C, H, W] into n images; values outside [-1, 1] are clamped.

    The exact inverse of `to_pixels`: all 256 byte values survive the way there and back.
    """
    return [
        Image.fromarray(item[..., 0] if item.shape[-1] == 1 else item)
        for item in pixels_to_array(pixels)
    ]


def array_to_pixels(array: npt.NDArray[np.uint8]) -> Tensor:
    """Turn a uint8 array [N, H, W, C] into pixels: float32 [N, C, H, W] in [-1, 1] on the CPU."""
    if array.dtype != np.uint8 or array.ndim != 4:
        raise ValueError(f"expected uint8 [N, H, W, C], got {array.dtype} {array.shape}")
    levels = torch.tensor(array).permute(0, 3, 1, 2).contiguous()  # a copy: memmaps are read-only
    return levels.to(torch.float32).div_(_SCALE).sub_(1.0)


def pixels_to_array(pixels: Tensor) -> Bytes:
    """Turn pixels [N, C, H, W] into a uint8 array [N, H, W, C], clamped and rounded."""
    if pixels.ndim != 4:
        raise ValueError(f"expected pixels [N, C, H, W], got {tuple(pixels.shape)}")
    levels = pixels.detach().to("cpu", torch.float32).add(1.0).mul_(_SCALE)
    array: Bytes = levels.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return np.ascontiguousarray(array)


def _mode(channels: int) -> str:
    if channels not in (1, 3):
        raise ValueError(f"a model's pictures have 1 or 3 channels, not {channels}")
    return "L" if channels == 1 else "RGB"


# ----------------------------------------------------------------------------- opening safely


@functools.cache
def _formats() -> tuple[str, ...]:
    """The kinds of file that are opened: common ones, whose readers in Pillow are well tested."""
    formats = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"]
    return tuple([*formats, "AVIF"] if features.check("avif") else formats)


def _read(source: Source) -> tuple[bytes, str]:
    """The bytes of a file, at most MAX_BYTES of them, and what to call it in a message."""
    if isinstance(source, bytes):
        name, data = "The picture", source[: MAX_BYTES + 1]
    elif isinstance(source, (str, os.PathLike)):
        name = _quote(source)
        try:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
            reason = getattr(error, "strerror", None) or "it has no valid name"
            raise ImageError(
                f"{name} cannot be opened ({reason.lower()}). Check its name and place."
            ) from error
    else:
        given = getattr(source, "name", None)
        name = _quote(given) if isinstance(given, str) else "The picture"
        data = source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImageError(
            f"{name} is larger than {MAX_BYTES // 10**6} MB. Save a smaller copy and use that."
        )
    if not data:
        raise ImageError(f"{name} is empty (0 bytes). Save or download it again.")
    return data, name


def _quote(path: str | os.PathLike[str]) -> str:
    """The last part of a path, fit for a message: no folders, no control characters, not long."""
    name = "".join(c for c in Path(path).name if c.isprintable())
    return f"'{name if len(name) <= 80 else name[:79] + '…'}'"


def _open(data: bytes, name: str) -> Image.Image:
    """Read the header of a picture and refuse what is unknown or too large; decode nothing."""
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=_formats())
        width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(
            f"{name} has more than {MAX_PIXELS // 10**6} million pixels. "
            "Save a smaller copy and use that."
        ) from error
    except Exception as error:  # Pillow raises two dozen kinds on damaged files
        kind = _unread_kind(data)
        said = f"is {kind}, which cannot be read" if kind else "is not a picture that can be read"
        raise ImageError(
            f"{name} {said}, or it is damaged. Save it as PNG or JPEG and use that "
            f"(readable: {', '.join(_formats())})."
        ) from error
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ImageError(
            f"{name} is {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million pixels "
            f"and {MAX_SIDE:,} a side are read. Save a smaller copy and use that."
        )
    if min(width, height) < 1:
        raise ImageError(f"{name} has no pixels ({width} x {height}). Choose another picture.")
    return image


def _unread_kind(data: bytes) -> str | None:
    """Name the kinds that people try most, so that the message can say more than "unknown"."""
    if data[4:8] == b"ftyp" and data[8:11] in (b"hei", b"hev", b"mif"):
        return "a HEIC photo"
    if data[:4] == b"%PDF":
        return "a PDF document"
    if b"<svg" in data[:1000].lower():
        return "an SVG drawing"
    return None


# ----------------------------------------------------------------- every mode to "L" and "RGB"


def _plain(image: Image.Image) -> Image.Image:
    """Bring an image of any mode to "L" if it is grey and to "RGB" otherwise, on white."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _deep_grey(image)
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    if image.mode in ("1", "L", "La", "LA"):
        grey, wide = "L", "LA"
    else:
        grey, wide = "RGB", "RGBA"
    if "transparency" not in image.info and image.mode not in ("La", "LA", "RGBa", "RGBA", "PA"):
        return image.convert(grey)
    layered = image.convert(wide)
    ground = Image.new(grey, image.size, "white")
    ground.paste(layered.convert(grey), mask=layered.getchannel("A"))
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


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or the EXIF block is damaged."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # broken metadata does not make the picture unreadable
        return 1
