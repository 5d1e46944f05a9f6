"""Which colours do the numbers of a picture mean, and how are they said in sRGB?

A file says it by an ICC profile, a PNG also by its chunks gAMA and cHRM. Everything else in genimg
takes numbers for sRGB, as browsers do where a file says nothing. What a file says is ignored where
it is damaged or does not fit the picture.
"""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

MAX_PROFILE = 8 * 10**6
"""Largest profile that is read, in bytes; those of printing presses have two or three million."""

Change = Callable[[Image.Image], Image.Image]
_Floats = npt.NDArray[np.float64]

_SPACES = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_SAME = 2  # levels: what differs by no more from sRGB is sRGB, rounded otherwise
_SRGB_GAMMA, _NEARLY = 0.45455, 0.005  # by which PNGs name the curve of sRGB
_SRGB_PLACES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # x, y of white, red, green, blue
_D50 = np.array([0.9642, 1.0, 0.8249])  # the white of ICC profiles (ICC.1:2010, 7.2.16)
_BRADFORD = np.array(  # from XYZ to the responses of cones (ICC.1:2010, annex E)
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def to_srgb(image: Image.Image, said: Mapping[str, Any]) -> Image.Image:
    """An "L", "RGB" or "CMYK" image with what its file has `said` (Pillow's `info`), in sRGB.

    "L" stays "L", the others become "RGB". A picture that is in sRGB already stays as it is.
    """
    for profile in (said.get("icc_profile"), _png_profile(said, image.mode)):
        if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE:
            change = _change(profile, image.mode)
            if change is not None:
                return change(image)
    return _plainly(image)


def _plainly(image: Image.Image) -> Image.Image:
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _change(profile: bytes, mode: str) -> Change | None:
    """What a profile does to images of a mode; None if it is damaged or meant for other ones."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != _SPACES[mode]:
            return None
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            _FLAGS | (ImageCms.Flags.NOOPTIMIZE if mode == "L" else 0),  # 256 greys: exactly
        )
        probe = _probe(mode)
        found = _applied(probe, transform)
    except Exception:  # Little CMS tells of damage in many ways
        return None
    if mode == "CMYK":
        return functools.partial(_applied, transform=transform)
    levels = np.abs(np.asarray(found, np.int16) - np.asarray(probe.convert("RGB"), np.int16))
    if levels.max() <= _SAME:
        return _plainly
    if mode == "RGB":
        return functools.partial(_applied, transform=transform)
    table = np.asarray(found)[0, :, 1].tolist()  # of a grey all channels are alike
    return lambda image: image.point(table)


def _probe(mode: str) -> Image.Image:
    """A picture of all greys, or of colours and inks from everywhere."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    ends = np.linspace(0, 255, 9).round().astype(np.uint8)
    mixed = np.stack(np.meshgrid(*[ends] * len(mode)), -1).reshape(1, -1, len(mode))
    return Image.frombytes(mode, (mixed.shape[1], 1), mixed.tobytes())


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    changed = ImageCms.applyTransform(image, transform)
    if changed is None:  # only when done in place
        raise TypeError("ImageCms gave no picture back")
    return changed


# ------------------------------------------------------------------------- what a PNG says


def _png_profile(said: Mapping[str, Any], mode: str) -> bytes | None:
    """A profile that says the same as gAMA and cHRM; None without them, or if the chunk sRGB says
    that they are there only for programs that do not know it.
    """
    gamma, places = said.get("gamma"), said.get("chromaticity")
    if "srgb" in said or mode == "CMYK" or (gamma is None and places is None):
        return None
    try:
        curve = _curve(gamma)
        return _profile(b"GRAY", {b"kTRC": curve}) if mode == "L" else _coloured(curve, places)
    except (ArithmeticError, TypeError, ValueError, struct.error, np.linalg.LinAlgError):
        return None


def _curve(gamma: float | None) -> bytes:
    """How light grows with the numbers, as a parametric curve of ICC profiles."""
    if gamma is None or abs(gamma - _SRGB_GAMMA) < _NEARLY:
        return _para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    if not 0.1 <= gamma <= 10:
        raise ValueError("no eye sees so")
    return _para(0, 1 / gamma)


def _para(kind: int, *numbers: float) -> bytes:
    return b"para" + struct.pack(">IHH", 0, kind, 0) + _fixed(*numbers)


def _coloured(curve: bytes, places: tuple[float, ...] | None) -> bytes:
    """The profile of three lights at `places`: x and y of white, red, green and blue."""
    wx, wy, *lights = places or _SRGB_PLACES
    matrix = np.array([_xyz(*pair) for pair in zip(lights[::2], lights[1::2], strict=True)]).T
    white = _xyz(wx, wy)
    scaled = matrix * np.linalg.solve(matrix, white)  # so that all three together are white
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / (_BRADFORD @ white)) @ _BRADFORD
    columns = (adapted @ scaled).T
    if columns.shape != (3, 3) or not np.isfinite(columns).all() or np.abs(columns).max() > 10:
        raise ValueError("no lights are there")
    tags = {b"rgb"[i : i + 1] + b"XYZ": _xyz_tag(*columns[i]) for i in range(3)}
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def _xyz(x: float, y: float) -> _Floats:
    """A place among the colours, as light of luminance 1."""
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz_tag(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _fixed(*values: float) -> bytes:
    """Numbers with 16 bits before and after the point."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _profile(space: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """An ICC profile of version 4.3 (ICC.1:2010): a header of 128 bytes, a table, and the tags."""
    tags = {b"wtpt": _xyz_tag(*_D50), **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    header = struct.pack(">I4sI4s4s4s12x4s", start + len(body), b"", 0x04300000, b"mntr", space,
                         b"XYZ ", b"acsp")  # fmt: skip
    return header.ljust(68, b"\0") + _fixed(*_D50) + bytes(128 - 80) + table + body
