"""What do people wear at the neck? Cloth that stands off the skin, coloured and patterned."""

from __future__ import annotations

import numpy as np

from genimg.data.drawn.portraits.body import Body
from genimg.data.drawn.portraits.head import load_head, smooth
from genimg.data.drawn.portraits.noise import look_up, noise_texture
from genimg.data.drawn.portraits.person import CLOTHES, Person
from genimg.data.drawn.portraits.raster import Floats
from genimg.data.drawn.portraits.skin import linear

_COLOURS = np.array(
    [(38, 44, 58), (28, 28, 30), (226, 222, 214), (122, 46, 50), (60, 86, 74), (70, 92, 132),
     (176, 160, 138), (196, 150, 70), (112, 104, 120), (150, 168, 186), (92, 62, 50),
     (188, 120, 112), (200, 202, 206)]
)  # fmt: skip


def above_neckline(place: Floats, person: Person) -> Floats:
    """How far above the edge of the cloth places [n, 3] of the average adult lie, metres."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    base = 0.772 - 0.050 * smooth(-0.045, 0.09, z)
    kind = CLOTHES[person.clothes]
    ahead = smooth(0.03, 0.08, z)
    if kind == "roll neck":
        base = 0.795 - 0.022 * smooth(-0.02, 0.07, z)
    elif kind == "v neck":
        base = base - ahead * np.maximum(0.085 - 1.25 * x, 0)
    elif kind == "scoop neck":
        base = base - 0.008 - ahead * np.maximum(0.05 - 7 * x * x, 0)
    elif kind == "shirt":
        base = base + 0.006 - ahead * np.maximum(0.06 - 1.8 * x, 0)
    elif kind == "jacket":
        base = base - 0.002
    edge: Floats = y - base - 0.8 * np.maximum(x - 0.08, 0)
    return edge


def dress(points: Floats, body: Body, person: Person) -> Floats:
    """Vertices [V, 3] with the cloth's thickness."""
    place = load_head().average
    under = -above_neckline(place, person)
    thick = 0.010 if CLOTHES[person.clothes] in ("roll neck", "jacket") else 0.006
    off = smooth(-0.004, 0.012, under) * np.float32(thick)
    worn: Floats = points + body.normals * off[:, None]
    return worn


def cloth(place: Floats, person: Person) -> tuple[Floats, Floats, Floats]:
    """For places [n, 3]: how much is cloth [n], its linear colour [n, 3] and slope [n]."""
    rng = person.rng(13)
    first, second = linear(_COLOURS[rng.choice(len(_COLOURS), 2, replace=False)] / 255)
    under = -above_neckline(place, person)
    x, y = place[:, 0], place[:, 1]
    kind = CLOTHES[person.clothes]
    weave = look_up(noise_texture(7, 0.4, 60, 250), x * 4, y * 4)
    folds = look_up(noise_texture(8, 1.6, 2, 20), x * 1.2, y * 0.8)
    slope = 0.10 * weave + 0.5 * folds
    colour = first * (1 + 0.06 * weave + 0.05 * folds)[:, None]
    pattern = rng.uniform()
    if pattern < 0.22 and kind != "jacket":
        stripes = smooth(-0.1, 0.1, np.sin(y * float(rng.uniform(250, 420)) + 0.1 * folds))[:, None]
        colour = colour * (1 - stripes) + second * stripes
    elif pattern < 0.32 and kind in ("shirt", "scoop neck"):
        lines = smooth(0.75, 0.9, np.sin(y * 300)) + smooth(0.75, 0.9, np.sin(x * 300))
        lines = np.clip(lines, 0, 1)[:, None] * 0.7
        colour = colour * (1 - lines) + second * lines
    if kind in ("crew neck", "v neck", "scoop neck"):
        band = smooth(0.015, 0.013, under)
        slope = slope * (1 - band) + band * 0.35 * np.sin(np.arctan2(x, place[:, 2]) * 260)
        seam = np.exp(-(((under - 0.0145) / 0.0012) ** 2))
        colour = colour * (1 - 0.35 * seam - 0.05 * band)[:, None]
    elif kind == "roll neck":
        ribs = np.sin(np.arctan2(x, place[:, 2] - 0.02) * 110) * smooth(0.06, 0.05, under)
        slope = slope + 0.5 * ribs
        fold = np.exp(-(((under - 0.028) / 0.004) ** 2))
        colour = colour * (1 + 0.08 * ribs - 0.4 * fold)[:, None]
    elif kind in ("shirt", "jacket"):
        colour, slope = _collar(place, under, colour, slope, first, second, kind == "jacket")
    worn = smooth(-0.0012, 0.0012, under)
    edge = 1 - 0.45 * smooth(0.003, 0.0, under)
    return worn, colour * edge[:, None], slope


def _collar(
    place: Floats, under: Floats, colour: Floats, slope: Floats, first: Floats, second: Floats,
    jacket: bool,
) -> tuple[Floats, Floats]:  # fmt: skip
    """A collar's flaps, or lapels over a shirt."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    ahead = smooth(0.0, 0.05, z)
    if jacket:
        open_front = smooth(0.0015, -0.0015, x - np.maximum(0.075 - 0.62 * (0.76 - y), 0.0))
        shirt = (open_front * smooth(-0.02, 0.03, z))[:, None]
        pale = first * 0.2 + linear(np.array([0.9, 0.9, 0.88])) * 0.8
        colour = second * 0.6 * (1 - shirt) + pale * shirt
        edge = np.exp(-(((x - np.maximum(0.075 - 0.62 * (0.76 - y), 0.0)) / 0.0025) ** 2)) * ahead
        return colour * (1 - 0.5 * edge)[:, None], slope
    flap = smooth(0.032, 0.030, under) * ahead + smooth(0.03, 0.028, under) * (1 - ahead)
    edge = np.exp(-(((under - 0.032) / 0.0025) ** 2))
    placket = np.exp(-(((x - 0.012) / 0.0012) ** 2)) * smooth(0.06, 0.09, z)
    buttons = smooth(9e-6, 5e-6, x**2 + (np.mod(y, 0.05) - 0.025) ** 2) * smooth(0.06, 0.09, z)
    shade = 1 - 0.5 * edge - 0.25 * placket + 0.06 * flap - 0.5 * buttons
    return colour * shade[:, None], slope * (1 - 0.6 * flap)
