"""What do eyes look like? White, iris with fibres and a dark rim, pupil, and wet highlights."""

from __future__ import annotations

import numpy as np

from genimg.data.drawn.portraits.head import smooth
from genimg.data.drawn.portraits.light import Lamps
from genimg.data.drawn.portraits.noise import look_up, noise_texture
from genimg.data.drawn.portraits.person import Person
from genimg.data.drawn.portraits.raster import Floats
from genimg.data.drawn.portraits.skin import linear

RADIUS = 0.0149
IRIS = 0.425  # of the eyeball's radius
_IRISES = np.array(
    [(58, 34, 20), (84, 52, 28), (112, 80, 44), (104, 112, 70), (98, 128, 150), (120, 134, 140)]
)


def iris_colour(person: Person) -> Floats:
    """The linear colour of a person's irises: mostly brown, lighter ones with lighter skin."""
    rng = person.rng(6)
    light = float(np.clip(0.75 - person.melanin * 1.9, 0, 1)) * person.ancestry[2] * 2
    chances = np.array([0.5, 0.3, 0.12, 0.1 * light, 0.5 * light, 0.25 * light])
    return linear(_IRISES[rng.choice(6, p=chances / chances.sum())] / 255)


def shade_eyes(
    local: Floats, outward: Floats, toward: Floats, lit: Floats, open_to: Floats, person: Person,
    lamps: Lamps,
) -> Floats:  # fmt: skip
    """The linear colour [n, 3] of points of eyeballs.

    local     [n, 3], where on an eyeball that looks along z, from its centre, in radii.
    outward   [n, 3], the normals as the eye is turned; toward [n, 3] directions to the camera.
    lit       [n], how much of the main light reaches it; open_to [n], of the surroundings.
    """
    iris = iris_colour(person)
    radius = np.hypot(local[:, 0], local[:, 1]) + np.float32(1e-4)
    angle = np.arctan2(local[:, 1], local[:, 0]) / np.float32(2 * np.pi)
    front = local[:, 2] > 0
    r = np.where(front, radius / np.float32(IRIS), 9)

    white = linear(np.array([0.82, 0.79, 0.77]))
    veins = look_up(noise_texture(5, 1.0, 6, 80), local[:, 0] * 0.5, local[:, 1] * 0.5)
    pink = np.clip(smooth(0.5, 1.0, radius) * (0.55 + 0.3 * veins), 0, 1)[:, None]
    colour = white * (1 - pink * np.array([0.12, 0.36, 0.34], np.float32))

    fibres = look_up(noise_texture(6, 0.5, 8, 160), angle * 1.0, r * 0.04)
    bright = 0.75 + 0.28 * fibres + 0.75 * smooth(0.45, 0.95, r) - 0.25 * smooth(0.7, 1.0, r)
    inner = smooth(0.7, 0.35, r)[:, None] * np.array([0.5, 0.25, 0.0], np.float32)
    ring = iris * bright[:, None] * (1 + inner)
    ring = ring * (1 - 0.75 * smooth(0.76, 1.0, r))[:, None]
    within = smooth(1.05, 0.93, r)[:, None]
    colour = colour * (1 - within) + ring * within
    pupil = smooth(0.40, 0.33, r)[:, None]
    colour = colour * (1 - pupil) + np.float32(0.004) * pupil

    facing = outward @ lamps.key
    direct = np.clip((facing + 0.35) / 1.35, 0, 1)[:, None] * lit[:, None]
    light = lamps.around(outward) * open_to[:, None] + lamps.key_colour * direct * 0.75
    shaded = colour * light
    # The far side of the iris catches the light that came in: depth.
    caustic = np.clip(-(local[:, :2] @ lamps.key[:2]) / np.float32(IRIS), 0, 1) * within[:, 0]
    shaded = shaded * (1 + 1.1 * caustic * (1 - pupil[:, 0]))[:, None]

    mirrored = 2 * (outward * toward).sum(1, keepdims=True) * outward - toward
    for lamp, tint, size, strength in (
        (lamps.key, lamps.key_colour, 0.955, 1.0),
        (lamps.fill, lamps.fill_colour, 0.93, 0.7),
    ):
        spot = smooth(size - 0.02, size + 0.015, mirrored @ lamp)
        share = spot * np.float32(strength) * (0.3 + 0.7 * lit) * smooth(0.25, 0.5, open_to)
        shaded = shaded + share[:, None] * tint
    rim = np.clip(1 - (outward * toward).sum(1), 0, 1) ** 3
    wet: Floats = shaded + (rim * open_to * 0.2)[:, None] * lamps.sky
    return wet
