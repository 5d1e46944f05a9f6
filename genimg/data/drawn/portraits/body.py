"""Which shape has a person's head, and how is it turned? From properties to vertices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from genimg.data.drawn.portraits.head import (
    LEFT_EYE,
    LOCAL,
    ONE_WAY,
    RIGHT_EYE,
    Head,
    load_head,
    smooth,
    vertex_normals,
)
from genimg.data.drawn.portraits.person import Person
from genimg.data.drawn.portraits.raster import Floats, Ints

PIVOT = np.array([0, 0.80, 0.015], np.float32)
"""About which the head turns, metres."""
EYES = 0.9

# What each named shape of the face moves, as amounts of the targets.
_NAMED: tuple[dict[str, float], ...] = (
    {"head-scale-vert": 0.3, "chin-height": 0.28, "forehead-scale-vert": 0.2},
    {"chin-width": 0.45, "chin-bones": 0.5},
    {"cheek-bones": 0.7, "cheek-inner": -0.3},
    {"nose-scale-horiz": 0.5, "nose-nostrils-width": 0.4, "nose-point-width": 0.3},
    {"nose-scale-vert": 0.6, "nose-point": -0.2, "nose-scale-depth": 0.3},
    {"eye-scale": 0.5, "eye-height2": 0.35},
    {"mouth-lowerlip-volume": 0.6, "mouth-upperlip-volume": 0.6, "mouth-upperlip-height": 0.4,
     "mouth-lowerlip-height": 0.3},
)  # fmt: skip
_OWN = 0.22  # the deviation of what is a person's own and has no name


@dataclass(frozen=True)
class Body:
    """One person's shape before turning: `points` float32 [V, 3] with the eyes where the average's
    are, `normals`, and the centres of the left and the right eye float32 [2, 3].
    """

    points: Floats
    normals: Floats
    eyes: Floats


def amounts(person: Person) -> dict[str, float]:
    """How much of each shape of the head a person has."""
    total: dict[str, float] = {}
    old = float(np.clip((person.age - 22) / 58, 0, 1)) ** 1.15
    thin, heavy = max(0.0, 1 - 2 * person.weight), max(0.0, 2 * person.weight - 1)
    weights = {"minweight": thin, "averageweight": 1 - thin - heavy, "maxweight": heavy}
    sexes = {"female": person.femininity, "male": 1 - person.femininity}
    for (sex, f), (age, a) in product(sexes.items(), (("young", 1 - old), ("old", old))):
        for weight, w in weights.items():
            total[f"body {sex} {age} {weight}"] = f * a * w
        for race, r in zip(("african", "asian", "caucasian"), person.ancestry, strict=True):
            total[f"ancestry {race} {sex} {age}"] = f * a * r
    local = dict.fromkeys(LOCAL, 0.0)
    for name, value in zip(LOCAL, person.rng(1).normal(0, _OWN, len(LOCAL)), strict=True):
        local[name] = float(np.clip(value, -0.5, 0.5)) * (0.5 if name.startswith("eye") else 1)
    for parts, amount in zip(_NAMED, person.shape, strict=True):
        for name, share in parts.items():
            local[name] += share * amount
    local["eye-bag"] = 0.25 * local["eye-bag"] + 0.25 * old
    local["neck-double"] = 0.4 * local["neck-double"] + 0.4 * heavy
    local["ear-wing"] = 0.4 * local["ear-wing"] - 0.15
    for name, value in local.items():
        total[f"-{name}"], total[f"+{name}"] = max(0.0, -value), max(0.0, value)
    outline = person.rng(2).dirichlet(np.full(len(ONE_WAY), 0.6)) * 0.4
    total |= {f"+{name}": float(each) for name, each in zip(ONE_WAY, outline, strict=True)}
    return total | _expression(person)


def _expression(person: Person) -> dict[str, float]:
    smile, opened, raised = person.smile, person.mouth_open, person.brows_raised
    awake = 1 - person.eyes_closed
    return {
        "face smile": 0.12 + 1.25 * smile,
        "face cheeks up": 0.9 * smile,
        "face dimples": 0.35 * smile,
        "face upper lip up": 0.62 * smile * smile + 0.15 * opened,
        "face lower lip down": 0.34 * smile * smile + 0.25 * opened,
        "face jaw open": 0.45 * opened + 0.16 * smile * smile,
        "face eyes squint": 0.26 * smile * awake,
        "face brows up": 0.12 + 0.95 * raised,
        "face eyes wide": (0.12 + 0.25 * raised) * awake,
        "face eyes closed": person.eyes_closed,
        "face look down": float(np.clip(-person.gaze[1] / 30, 0, 1)) * awake,
    }


def shape_body(person: Person) -> Body:
    """The person's shape, with the expression and the gaze."""
    head = load_head()
    points = head.blend(amounts(person))
    centres = []
    for kind in (LEFT_EYE, RIGHT_EYE):
        rows = eye_rows(head, kind)
        centre = points[rows].mean(0) - np.array([0, 0, 0.0008], np.float32)
        points[rows] = (points[rows] - centre) @ _rotation(*person.gaze).T + centre
        centres.append(centre)
    eyes = np.stack(centres)
    middle = eyes.mean(0)
    move = np.array([0, EYES - middle[1], 0.137 - middle[2]], np.float32)
    points, eyes = points + move, eyes + move
    return Body(points, vertex_normals(points, head.triangles), eyes)


def eye_rows(head: Head, kind: int) -> Ints:
    """The vertices of an eye."""
    rows: Ints = np.unique(head.triangles[head.kinds == kind])
    return rows


def turned(points: Floats, person: Person, pivot: Floats = PIVOT) -> Floats:
    """Points [..., 3] turned with the head; the neck follows in part, the shoulders hardly."""
    share = np.float32(0.25) + np.float32(0.75) * smooth(0.70, 0.80, points[..., 1])
    across, up = np.radians(np.float32(person.turn[0])), np.radians(np.float32(person.turn[1]))
    moved = points - pivot
    x, y, z = moved[..., 0], moved[..., 1], moved[..., 2]
    sine, cosine = np.sin(up * share), np.cos(up * share)
    y, z = y * cosine + z * sine, z * cosine - y * sine
    sine, cosine = np.sin(across * share), np.cos(across * share)
    x, z = x * cosine + z * sine, z * cosine - x * sine
    placed: Floats = np.stack([x, y, z], -1) + pivot
    return placed


def _rotation(across: float, up: float) -> Floats:
    """Turns what looks along z by degrees to the right and up."""
    a, b = np.radians(across), np.radians(up)
    right = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    lift = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    turn: Floats = (right @ lift).astype(np.float32)
    return turn
