"""Which colour has skin, and how does it shine? Painted in the places of the average adult."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genimg.data.drawn.portraits.head import smooth
from genimg.data.drawn.portraits.noise import look_up, noise_texture
from genimg.data.drawn.portraits.person import Person
from genimg.data.drawn.portraits.raster import Floats

# sRGB, from the palest to the darkest skin.
_TONES = np.array(
    [(244, 205, 187), (232, 186, 162), (213, 167, 139), (186, 139, 111), (148, 104, 80),
     (110, 75, 57), (79, 53, 42), (57, 39, 32)]
)  # fmt: skip


@dataclass(frozen=True)
class Surface:
    """What pixels of skin are made of: linear `colour` [n, 3], `shine` [n] (about 0 to 1), and
    `rough` [n], the exponent of the highlight."""

    colour: Floats
    shine: Floats
    rough: Floats


def linear(colour: Floats) -> Floats:
    """sRGB 0 to 1 as linear light."""
    light: Floats = (np.maximum(colour, 0) ** 2.2).astype(np.float32)
    return light


def tone(person: Person) -> Floats:
    """The linear colour of a person's skin."""
    rng = person.rng(4)
    place = person.melanin * (len(_TONES) - 1)
    at = np.arange(len(_TONES))
    colour = np.array([np.interp(place, at, channel) for channel in _TONES.T]) / 255
    colour *= 1 + rng.normal(0, 0.018, 3)
    return linear(colour)


def _spot(x: Floats, y: Floats, at: tuple[float, float], size: tuple[float, float]) -> Floats:
    spot: Floats = np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2)
    return spot


def paint(place: Floats, uv: Floats, lips: Floats, person: Person) -> tuple[Surface, Floats]:
    """Skin at places [n, 3] of the average adult with texture coordinates [n, 2]; and its height
    [n, 3], a vector that tilts the normals."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    rng = person.rng(5)
    shift = rng.uniform(0, 1, 2).astype(np.float32)
    u, v = uv[:, 0] + shift[0], uv[:, 1] + shift[1]
    base = tone(person)
    pale = np.float32(1 - person.melanin)
    old = float(np.clip((person.age - 35) / 40, 0, 1))
    front = smooth(0.06, 0.11, z)

    mottle = look_up(noise_texture(1, 1.2, 4, 60), u * 6, v * 6)
    pores = look_up(noise_texture(2, 0.2, 40, 220), u * 14, v * 14)
    colour = base * (1 + (0.028 + 0.03 * old) * mottle + 0.03 * pores)[:, None]

    red = (
        0.9 * _spot(x, y, (0.047, 0.865), (0.022, 0.02)) * front
        + 0.55 * _spot(x, y, (0.0, 0.858), (0.017, 0.012)) * smooth(0.15, 0.17, z)
        + 0.35 * _spot(x, y, (0.0, 0.795), (0.022, 0.014)) * front
        + 0.7 * smooth(0.079, 0.087, x) * smooth(0.85, 0.86, y)
        + 0.25 * _spot(x, y, (0.022, 0.898), (0.012, 0.012)) * front
    ) * np.float32(rng.uniform(0.3, 0.85))
    red = np.clip(red * (1 + 0.25 * mottle), 0, 1.3)[:, None]
    colour = colour * (1 - red * np.array([0.02, 0.20, 0.19], np.float32) * (0.45 + 0.55 * pale))
    sallow = _spot(x, y, (0.0, 0.955), (0.05, 0.025))[:, None] * front[:, None]
    colour = colour * (1 + sallow * np.array([0.03, 0.02, -0.04], np.float32))
    # Thin skin around the eyes lets dark through.
    tired = float(rng.uniform(0.08, 0.24)) + 0.1 * old
    under = _spot(x, y, (0.031, 0.886), (0.018, 0.0065)) * front
    lid = _spot(x, y, (0.034, 0.906), (0.021, 0.007)) * front
    dark = (tired * under + 0.16 * lid)[:, None]
    colour = colour * (1 - dark * np.array([0.8, 1.05, 0.85], np.float32))

    nostril = _spot(x, y, (0.0082, 0.8515), (0.0042, 0.0026)) * smooth(0.155, 0.162, z)
    colour = colour * (1 - 0.75 * np.clip(1.5 * nostril, 0, 1))[:, None]
    if rng.uniform() < 0.45 * float(pale) ** 2:
        freckled = look_up(noise_texture(3, 0.6, 14, 110), u * 7, v * 7)
        where = _spot(x, y, (0.025, 0.872), (0.05, 0.028)) * front + 0.15 * front
        spots = smooth(1.15, 2.0, freckled + 0.4 * where) * where * np.float32(rng.uniform(0.3, 1))
        colour = colour * (1 - spots[:, None] * np.array([0.25, 0.42, 0.5], np.float32))
    stains = look_up(noise_texture(4, 1.4, 6, 60), u * 5, v * 5)
    aged = (0.13 * old * smooth(1.2, 2.2, stains))[:, None]
    colour = colour * (1 - aged * np.array([0.6, 0.9, 1.0], np.float32))
    for side, height in zip(rng.uniform(-0.06, 0.06, 3), rng.uniform(0.79, 0.96, 3), strict=True):
        near = (place[:, 0] - side) ** 2 + (y - height) ** 2
        mole = smooth(2.4e-6, 0.8e-6, near) * front * np.float32(rng.uniform(-0.6, 0.7) > 0)
        colour = colour * (1 - 0.6 * mole[:, None])

    # Shaved cheeks of those who could have a beard.
    shaved = beard_area(place) * np.float32((1 - person.femininity) ** 2 * 0.16)
    colour = colour * (1 - shaved[:, None] * np.array([1.0, 0.8, 0.55], np.float32))
    made_up = person.femininity * float(rng.uniform(0, 0.9))
    colour = _paint_lips(colour, lips, place, base, made_up, rng)

    oily = 0.55 + 0.45 * (
        _spot(x, y, (0.0, 0.95), (0.045, 0.03)) + _spot(x, y, (0.0, 0.87), (0.014, 0.035))
        + _spot(x, y, (0.045, 0.88), (0.018, 0.012))
    )  # fmt: skip
    shine = (0.6 + 0.22 * pores) * oily * np.float32(rng.uniform(0.7, 1.15))
    shine = shine * (1 - lips) + lips * (0.75 + 0.5 * made_up)
    rough = 16 + 12 * oily + 40 * lips
    bump = wrinkles(place, old, person.brows_raised, person.smile, mottle)
    across = 0.05 * look_up(noise_texture(9, 0.2, 40, 220), u * 14, v * 14)
    slope = np.stack([0.035 * pores + 0.02 * mottle, bump + across, 0 * bump], 1)
    return Surface(colour, shine, rough.astype(np.float32)), slope


def _paint_lips(
    colour: Floats, lips: Floats, place: Floats, base: Floats, made_up: float,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    natural = base * np.array([0.86, 0.56, 0.58], np.float32)
    painted = linear(np.array(((0.62, 0.16, 0.2), (0.72, 0.32, 0.33), (0.5, 0.14, 0.22),
                               (0.74, 0.38, 0.36)))[rng.integers(4)])  # fmt: skip
    strong = (0.75 if rng.uniform() < 0.45 else 0.15) * made_up
    tint = natural * (1 - strong) + painted * (0.3 + 0.7 * base.mean() / 0.4) * strong
    lines = 1 - 0.12 * np.clip(np.sin(place[:, 0] * 2600 + 20 * place[:, 1]), 0, 1)
    share = (smooth(0.25, 0.85, lips) * (0.8 + 0.2 * strong))[:, None]
    mixed: Floats = colour * (1 - share) + tint * lines[:, None] * share
    return mixed


def wrinkles(place: Floats, old: float, raised: float, smile: float, mottle: Floats) -> Floats:
    """The upward slope [n] of lines across the forehead and beside the eyes."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    front = smooth(0.08, 0.12, z)
    brow = smooth(0.93, 0.94, y) * smooth(0.978, 0.965, y) * smooth(0.055, 0.035, x) * front
    lines = np.sin(y * 700 + 4 * np.cos(place[:, 0] * 45) + 0.6 * mottle)
    bump = 0.20 * brow * lines * (0.75 * old + 0.35 * np.float32(raised) * (0.3 + old))
    feet = _spot(x, y, (0.06, 0.9), (0.011, 0.014)) * smooth(0.05, 0.055, x)
    rays = np.sin((y - 0.9) / (x - 0.035 + 1e-3) * 26 + 0.8 * mottle)
    bump = bump + 0.30 * feet * rays * (0.6 * old + 0.3 * np.float32(smile) * (0.3 + old))
    below = _spot(x, y, (0.032, 0.882), (0.016, 0.006)) * front
    total: Floats = bump + 0.2 * below * old * np.sin(y * 1500 + x * 200 + mottle)
    return total


def beard_area(place: Floats) -> Floats:
    """Where beards grow: 0 to 1 for places [n, 3] of the average adult."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    top = np.interp(x, (0, 0.012, 0.03, 0.045, 0.06, 0.075, 0.09),
                    (0.846, 0.845, 0.838, 0.838, 0.852, 0.885, 0.9)).astype(np.float32)  # fmt: skip
    area: Floats = smooth(0.010, -0.008, y - top)
    area = area * smooth(-0.007, 0.007, y - 0.772 - 0.4 * (0.11 - z))
    area = area * smooth(0.03, 0.06, z + 0.35 * smooth(0.83, 0.86, y) * 0.05)
    lip = smooth(0.028, 0.023, x) * smooth(0.8395, 0.8375, y) * smooth(0.808, 0.812, y)
    ear = smooth(0.076, 0.081, x) * smooth(0.835, 0.845, y)
    area = area * (1 - lip) * (1 - ear)
    return area
