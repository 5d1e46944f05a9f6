"""What is behind a person? Blurred places that are none."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from genimg.data.drawn.portraits.person import BACKDROPS, Person
from genimg.data.drawn.portraits.raster import Floats
from genimg.data.drawn.portraits.skin import linear

_SIDE = 96

_PALETTES = {
    "greenery": ((52, 76, 40), (96, 122, 62), (140, 160, 92), (188, 200, 150), (40, 52, 36)),
    "indoors": ((196, 180, 160), (158, 140, 120), (226, 218, 206), (110, 96, 86), (170, 176, 180)),
    "sky": ((150, 182, 214), (190, 208, 226), (222, 228, 232), (128, 160, 196), (206, 198, 188)),
    "evening lights": ((34, 36, 52), (54, 50, 66), (44, 40, 48), (26, 30, 44), (66, 56, 60)),
}
_STUDIO = ((124, 132, 142), (168, 162, 154), (206, 206, 204), (92, 98, 108), (150, 136, 128),
           (118, 134, 128), (64, 68, 76), (182, 172, 186))  # fmt: skip


def backdrop(person: Person, side: int) -> Floats:
    """A linear picture float32 [side, side, 3]."""
    rng = person.rng(14)
    kind = BACKDROPS[person.backdrop]
    picture = _studio(rng) if kind == "studio" else _scene(kind, rng)
    large = picture.resize((side, side), Image.Resampling.BICUBIC)
    return linear(np.asarray(large, np.float32) / 255)


def _studio(rng: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    at = rng.uniform(0.2, 0.8, 2)
    glow = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 0.28)
    colour = np.array(_STUDIO[rng.integers(len(_STUDIO))]) * rng.uniform(0.8, 1.05)
    lit = colour * (0.62 + 0.45 * glow - 0.1 * y)[..., None]
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _scene(kind: str, rng: np.random.Generator) -> Image.Image:
    colours = np.array(_PALETTES[kind])
    top, bottom = colours[rng.integers(len(colours), size=2)]
    fade = np.linspace(0, 1, _SIDE)[:, None, None]
    ground = np.broadcast_to(top * (1 - fade) + bottom * fade, (_SIDE, _SIDE, 3))
    picture = Image.fromarray(ground.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(26 if kind == "greenery" else 12):
        x, y = rng.uniform(-10, _SIDE, 2)
        wide, high = rng.uniform(8, 36, 2)
        shade = colours[rng.integers(len(colours))] * rng.uniform(0.85, 1.12)
        colour = tuple(int(each) for each in np.clip(shade, 0, 255))
        if kind == "indoors":
            draw.rectangle((x, y, x + 0.7 * wide, y + 2.2 * high), colour)
        elif kind == "sky":
            draw.ellipse((x, y, x + 2.5 * wide, y + 0.8 * high), colour)
        else:
            draw.ellipse((x, y, x + wide, y + wide), colour)
    picture = picture.filter(ImageFilter.GaussianBlur(6))
    if kind in ("evening lights", "greenery"):
        lights = Image.new("RGB", picture.size)
        draw = ImageDraw.Draw(lights)
        for _ in range(int(rng.integers(6, 16))):
            x, y = rng.uniform(0, _SIDE, 2)
            r = rng.uniform(2.5, 5.5)
            glow = ((255, 196, 120), (255, 226, 180), (180, 200, 255), (255, 150, 110))
            colour = (210, 224, 150) if kind == "greenery" else glow[rng.integers(4)]
            draw.ellipse((x - r, y - r, x + r, y + r), colour)
        lights = lights.filter(ImageFilter.GaussianBlur(1.0))
        strong = 0.55 if kind == "evening lights" else 0.25
        mixed = np.asarray(picture, np.float32) + strong * np.asarray(lights, np.float32)
        picture = Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))
    return picture
