"""How are glasses built? Frames are thick strands around the eyes, lenses are panes."""

from __future__ import annotations

import numpy as np

from genimg.data.drawn.portraits.body import Body
from genimg.data.drawn.portraits.head import smooth
from genimg.data.drawn.portraits.person import GLASSES, Person
from genimg.data.drawn.portraits.raster import Floats, Ints
from genimg.data.drawn.portraits.skin import linear

_FRAMES = np.array([(24, 22, 22), (60, 38, 26), (110, 90, 60), (120, 122, 126), (88, 28, 32)])
_ROUND = 48


def frames(person: Person, body: Body) -> tuple[Floats, Floats, Floats, Floats]:
    """Strands [S, 49, 3], their widths in metres, the frame's linear colour, and the rims [2, n, 3]
    that the lenses fill."""
    rng = person.rng(15)
    kind = GLASSES[person.glasses]
    wide, high = rng.uniform(0.0245, 0.0275), rng.uniform(0.0175, 0.0225)
    power = rng.uniform(2.0, 3.4)
    if kind == "sunglasses":
        wide, high = 0.0285, 0.0225
    width = {"thin glasses": 0.0013, "bold glasses": 0.0032, "sunglasses": 0.0026}[kind]
    turn = np.linspace(0, 2 * np.pi, _ROUND + 1)
    c, s = np.cos(turn), np.sin(turn)
    round_x = np.sign(c) * np.abs(c) ** (2 / power) * wide
    round_y = np.sign(s) * np.abs(s) ** (2 / power) * high * np.where(s < 0, 1.05, 0.92)
    face = body.points[
        (np.abs(body.points[:, 0]) < 0.03) & (np.abs(body.points[:, 1] - 0.9) < 0.03)
    ]
    front = max(float(face[:, 2].max()) - 0.002, 0.163)
    rims = []
    for eye in body.eyes:
        x = eye[0] * 1.04 + round_x
        rims.append(np.stack([x, eye[1] - 0.003 + round_y, _curve(x, front)], 1))
    bridge_x = np.linspace(rims[1][0, 0], rims[0][_ROUND // 2, 0], _ROUND + 1)
    arch = 0.004 + 0.004 * np.sin(np.linspace(0, np.pi, _ROUND + 1))
    bridge = np.stack([bridge_x, body.eyes.mean(0)[1] + arch, _curve(bridge_x, front) + 0.001], 1)
    beside = (np.abs(body.points[:, 1] - 0.907) < 0.012) & (
        np.abs(body.points[:, 2] - 0.085) < 0.025
    )
    temple = float(np.abs(body.points[beside, 0]).max()) + 0.003
    arms = []
    for side, rim in zip((1, -1), rims, strict=True):
        hinge = rim[0 if side > 0 else _ROUND // 2] + np.array([0, 0.004, 0])
        ear = np.array([side * max(temple - 0.002, 0.079), 0.903, 0.045])
        share = np.linspace(0, 1, _ROUND + 1)[:, None]
        arm = hinge * (1 - share) + ear * share
        wide = np.maximum(np.abs(arm[:, 0]), temple * smooth(0.0, 0.35, share[:, 0]))
        arm[:, 0] = side * wide
        arms.append(arm)
    strands = np.stack([*rims, bridge, *arms]).astype(np.float32)
    widths = np.full(5, width, np.float32)
    colour = linear(_FRAMES[rng.integers(len(_FRAMES))] / 255)
    return strands, widths, colour, np.stack(rims).astype(np.float32)


def lenses(rims: Floats) -> tuple[Floats, Ints]:
    """Points [n, 3] and triangles [m, 3] of both panes."""
    points, triangles = [], []
    for number, rim in enumerate(rims):
        base = number * (_ROUND + 2)
        points += [rim.mean(0, keepdims=True), rim]
        around = np.arange(1, _ROUND + 1)
        triangles.append(np.stack([0 * around, around, around + 1], 1) + base)
    return np.concatenate(points).astype(np.float32), np.concatenate(triangles).astype(np.int32)


def _curve(x: Floats, front: float) -> Floats:
    bent: Floats = front - 1.9 * np.maximum(np.abs(x) - 0.012, 0) ** 2
    return bent
