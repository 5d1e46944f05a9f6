"""Is this file a usable picture, and what must be known of it to choose among many?

What is found depends on the bytes alone, not on the file's name or the wanted size, so it is
remembered by content (`genimg.data.folder.index`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

import numpy as np
from PIL import Image, ImageChops

from genimg.config import Size, sides_of
from genimg.data.folder.near_duplicates import SIDE, Bytes, Look, look_at
from genimg.data.folder.subject import MIDDLE, Subject, find_subject
from genimg.errors import ImageError
from genimg.images import NotAPicture, TooLarge, fit_image
from genimg.images.opening import decode, open_header, reduce_decoding, room_for

VERSION = 4
"""Raise it whenever the same bytes would be judged otherwise."""

CANONICAL = 128  # a JPEG is decoded no smaller than this to be judged, whatever the wanted size

_NO_LOOK = Look(0, np.zeros((SIDE, SIDE, 3), np.uint8), 1.0)


@dataclass(frozen=True)
class Facts:
    """What is known of one picture, or why it is none.

    reason   "damaged", "not a picture", "too large", "blank", or None for a usable picture.
    detail   the reason in words, with a small initial; "" for a usable picture.
    width    and `height`, in pixels, upright.
    grey     whether every pixel is grey.
    pixels   digest of the decoded pixels: equal where only the metadata differ.
    subject  where to crop.
    look     how it looks, to find near duplicates.
    """

    reason: str | None
    detail: str = ""
    width: int = 0
    height: int = 0
    grey: bool = False
    pixels: str = ""
    subject: Subject = MIDDLE
    look: Look = _NO_LOOK

    def to_text(self) -> str:
        """All but the thumbnail, as JSON."""
        plain = {key: value for key, value in asdict(replace(self)).items() if key != "look"}
        return json.dumps({**plain, "hash": self.look.hash, "aspect": self.look.aspect})

    @staticmethod
    def from_text(text: str, thumbnail: bytes) -> Facts:
        """The inverse of `to_text`; raises ValueError, KeyError or TypeError on anything else."""
        plain = json.loads(text)
        image: Bytes = np.frombuffer(thumbnail, np.uint8).reshape(SIDE, SIDE, 3)
        look = Look(int(plain.pop("hash")), image, float(plain.pop("aspect")))
        subject = Subject(*plain.pop("subject"))
        return Facts(**plain, subject=subject, look=look)


def digest_of(data: bytes) -> bytes:
    """16 bytes by which a file's content is known."""
    return hashlib.blake2b(data, digest_size=16).digest()


def judge(data: bytes, size: Size | None = None) -> tuple[Facts, Image.Image | None]:
    """What is known of a file with these bytes, and its picture if it is usable.

    The picture is the whole one, upright, "L" or "RGB", with sides of at least twice the longer one
    of `size` where the file has so many; None where `size` is.
    """
    try:
        header = open_header(data, "it") if data else _empty()
        with room_for(header):
            return _judge(data, size, header.size)
    except ImageError as error:
        return Facts(_reason(error), _detail(error)), None


def _judge(
    data: bytes, size: Size | None, stored: tuple[int, int]
) -> tuple[Facts, Image.Image | None]:
    plain = _decode(data, CANONICAL)
    width, height = _upright_size(stored, plain.size)
    reduced = plain.reduce(max(1, min(plain.size) // CANONICAL))
    blank = _is_blank(reduced) and _is_blank(plain)  # means are blank and grey if all pixels are
    grey = _is_grey(reduced) and _is_grey(plain)
    if grey:
        plain, reduced = plain.convert("L"), reduced.convert("L")
    digest = hashlib.blake2b(f"{plain.mode}{width}x{height}".encode(), digest_size=16)
    digest.update(plain.tobytes())
    facts = Facts(
        "blank" if blank else None,
        "it has one colour only" if blank else "",
        width,
        height,
        grey,
        digest.hexdigest(),
        find_subject(reduced),
        look_at(reduced),
    )
    if size is None:
        return facts, None
    if 2 * max(sides_of(size)) > CANONICAL and min(plain.size) < min(width, height):
        return facts, decode_for(data, size, grey)
    return facts, plain


def decode_for(data: bytes, size: Size, grey: bool) -> Image.Image:
    """The whole picture, decoded large enough for `size`; raises ImageError."""
    plain = _decode(data, max(2 * max(sides_of(size)), CANONICAL))
    return plain.convert("L") if grey else plain


def is_too_small(facts: Facts, size: Size) -> bool:
    """Whether a picture would have to be enlarged more than twice."""
    height, width = sides_of(size)
    return facts.height < least_side(height) or facts.width < least_side(width)


def least_side(side: int) -> int:
    """Pixels that a picture must have for a prepared one of this side."""
    return max(8, (side + 1) // 2)


def fit(image: Image.Image, size: Size, focus: tuple[float, float]) -> Bytes:
    """The part of an image around `focus`: uint8 [H, W, 3]."""
    fitted = fit_image(image, (len(image.getbands()), *sides_of(size)), focus)
    return np.asarray(fitted.convert("RGB"))


def _decode(data: bytes, least: int) -> Image.Image:
    image = open_header(data, "it")
    reduce_decoding(image, least)
    return decode(image, "it")


def _empty() -> Image.Image:
    raise NotAPicture("it is empty (0 bytes)")


def _reason(error: ImageError) -> str:
    if isinstance(error, TooLarge):
        return "too large"
    return "not a picture" if isinstance(error, NotAPicture) else "damaged"


def _detail(error: ImageError) -> str:
    """The first sentence of an error about "it"."""
    first = str(error).partition(". ")[0].partition(" (readable")[0]
    return first.rstrip(".")


def _upright_size(stored: tuple[int, int], decoded: tuple[int, int]) -> tuple[int, int]:
    """The stored size, turned as the decoded picture was."""
    turned = (stored[0] > stored[1]) != (decoded[0] > decoded[1]) and stored[0] != stored[1]
    return (stored[1], stored[0]) if turned else stored


def _is_blank(image: Image.Image) -> bool:
    return all(high - low <= 3 for low, high in np.atleast_2d(image.getextrema()))


def _is_grey(image: Image.Image) -> bool:
    if image.mode == "L":
        return True
    red, green, blue = image.split()
    return not (
        ImageChops.difference(red, green).getbbox() or ImageChops.difference(red, blue).getbbox()
    )
