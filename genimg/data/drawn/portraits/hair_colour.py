"""Which colour has hair, and how does it shine along its strands?"""

from __future__ import annotations

import numpy as np

from genimg.data.drawn.portraits.head import unit
from genimg.data.drawn.portraits.light import Lamps
from genimg.data.drawn.portraits.person import Person
from genimg.data.drawn.portraits.raster import Floats
from genimg.data.drawn.portraits.skin import linear

# sRGB at the root and at the tip, in the order of COLOURS without grey.
_COLOURS = np.array(
    [((24, 19, 18), (38, 30, 27)), ((44, 30, 23), (66, 46, 34)), ((82, 56, 38), (116, 82, 56)),
     ((112, 52, 28), (158, 82, 44)), ((140, 106, 64), (196, 160, 106))]
)  # fmt: skip
_GREY = np.array([(128, 126, 124), (176, 174, 170)])


def hair_colours(person: Person, greyed: float = 1.0) -> tuple[Floats, Floats]:
    """The linear colours at the root and at the tip; `greyed`: how much of the grey is in it."""
    rng = person.rng(16)
    own = 0 if person.colour == 5 else person.colour
    root, tip = linear(_COLOURS[own] / 255 * rng.uniform(0.9, 1.12))
    white = linear(_GREY / 255 * rng.uniform(0.85, 1.15))
    grey = np.float32(person.grey * greyed)
    return root * (1 - grey) + white[0] * grey, tip * (1 - grey) + white[1] * grey


def shade_strands(
    person: Person, lamps: Lamps, way: Floats, outward: Floats, toward: Floats, share: Floats,
    shade: Floats, lit: Floats,
) -> Floats:  # fmt: skip
    """The linear colour [n, 3] of points on strands (Kajiya and Kay 1989; Marschner's two lobes).

    way     [n, 3], along the strand to its tip; outward [n, 3], away from the head.
    share   [n], 0 at the root, 1 at the tip; shade [n], each strand's own brightness.
    """
    root, tip = hair_colours(person)
    colour = (root + (tip - root) * share[:, None]) * shade[:, None]
    along = (way * lamps.key).sum(1)
    sine = np.sqrt(np.clip(1 - along * along, 0, 1))
    facing = np.clip((outward @ lamps.key + 0.3) / 1.3, 0, 1)
    direct = (0.25 + 0.75 * sine) * facing * lit
    light = lamps.around(outward) * 0.75 + lamps.key_colour * direct[:, None]
    half = unit(lamps.key + toward)
    # The first highlight lies toward the root and is white, the second toward the tip and tinted.
    first = _lobe(unit(way + 0.16 * outward), half, 70)
    second = _lobe(unit(way - 0.18 * outward), half, 16)
    bright = (np.clip(outward @ lamps.key * 2 + 0.4, 0, 1) * lit)[:, None] * lamps.key_colour
    vary = np.clip(shade, 0.5, 1.4)[:, None]
    shine = 0.06 * first[:, None] * vary + (0.013 + 0.75 * colour) * second[:, None] * vary
    behind = lamps.rim_colour * np.clip(outward @ lamps.rim, 0, 1)[:, None] ** 2
    occluded = (0.45 + 0.55 * np.minimum(1, share * 2.5))[:, None]
    shaded: Floats = colour * light * occluded + shine * bright + colour * behind * 0.8
    return shaded.astype(np.float32)


def _lobe(way: Floats, half: Floats, power: float) -> Floats:
    cosine = (way * half).sum(1)
    lobe: Floats = np.clip(1 - cosine * cosine, 0, 1) ** np.float32(power / 2)
    return lobe
