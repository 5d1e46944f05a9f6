"""How do brows, lashes and beards grow? Short strands, laid over the painted skin."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from genimg.data.drawn.portraits.body import Body
from genimg.data.drawn.portraits.head import load_head, smooth, unit
from genimg.data.drawn.portraits.person import BEARDS, Person
from genimg.data.drawn.portraits.raster import Floats, Ints
from genimg.data.drawn.portraits.roots import beard_of, brows_of, roots, tangent

STEPS = 5


def face_hair(person: Person, body: Body) -> tuple[Floats, Floats, Ints]:
    """Strands float32 [S, STEPS, 3], widths in metres [S], and of which kind each is [S]:
    0 brow, 1 lash, 2 beard."""
    parts = [_brows(person, body), _lashes(person, body)]
    if person.beard:
        parts.append(_beard(person, body))
    kinds = np.concatenate([np.full(len(part[0]), kind) for kind, part in enumerate(parts)])
    strands = np.concatenate([part[0] for part in parts]).astype(np.float32)
    return strands, np.concatenate([part[1] for part in parts]).astype(np.float32), kinds


def _bend(start: Floats, first: Floats, then: Floats, length: Floats) -> Floats:
    """Strands that leave along `first` and end along `then` (unit [n, 3])."""
    share = np.linspace(0, 1, STEPS, dtype=np.float32)[None, :, None]
    way = first[:, None] * share + (then - first)[:, None] * share * share / 2
    grown: Floats = start[:, None] + way * length[:, None, None]
    return grown


def _brows(person: Person, body: Body) -> tuple[Floats, Floats]:
    rng = person.rng(10)
    every, shape = roots("brows", 1500), brows_of(person)
    thick = 0.2 + 0.75 * (1 - person.femininity) * rng.uniform(0.6, 1) + 0.12 * rng.uniform(0, 1)
    x, y = np.abs(every.place[:, 0]), every.place[:, 1]
    narrow = np.abs(y - shape.line(x)) < 0.0052 * shape.thick * (0.6 + 0.4 * thick)
    root = every.some(np.flatnonzero(narrow & (rng.random(len(x)) < 0.45 + 0.5 * thick)))
    normals = unit(root.on(body.normals))
    x = np.abs(root.place[:, 0])
    side = np.sign(root.place[:, 0])
    share = np.clip((x - 0.010) / 0.042, 0, 1)
    above = (root.place[:, 1] - shape.line(x)) / 0.005
    rise = 1.5 * (1 - share) ** 2 - 0.55 * share - 0.5 * above * (1 - 0.5 * share)
    way = np.stack([side, rise + rng.normal(0, 0.18, len(x)), 0 * x], 1).astype(np.float32)
    along = tangent(way, normals)
    length = (0.0062 * (1 - 0.35 * share) * rng.uniform(0.7, 1.15, len(x))).astype(np.float32)
    start = root.on(body.points) + normals * 0.0003
    strands = _bend(start, unit(along + 0.25 * normals), unit(along - 0.1 * normals), length)
    return strands, np.full(len(x), 0.0005 + 0.00015 * thick)


def _lashes(person: Person, body: Body) -> tuple[Floats, Floats]:
    rng = person.rng(11)
    long = 0.75 + 0.5 * person.femininity
    strands, widths = [], []
    for upper in (True, False):
        for side in (0, 1):
            edge = _lid(upper, side)
            line = body.points[edge]
            count = 70 if upper else 40
            at = np.sort(rng.uniform(0, len(edge) - 1.001, count))
            low, share = at.astype(int), (at % 1)[:, None].astype(np.float32)
            start = line[low] * (1 - share) + line[low + 1] * share
            out = (start - body.eyes[side]).astype(np.float32)
            sideways = np.clip(out[:, :1] / 0.0145, -1, 1)
            way = np.concatenate(
                [0.75 * sideways, np.full_like(out[:, :1], -0.05 if upper else -0.55),
                 np.ones_like(out[:, :1])], 1)  # fmt: skip
            first = unit(way + 0.08 * rng.normal(0, 1, (count, 3)).astype(np.float32))
            curl = np.array([0, 1.5 if upper else -0.4, -0.1], np.float32)
            outer = 0.6 + 0.5 * np.clip(sideways[:, 0] * (1 if side == 0 else -1), 0, 1)
            length = (0.0078 if upper else 0.0036) * long * outer * rng.uniform(0.8, 1.1, count)
            strands.append(_bend(start, first, unit(first + curl), length.astype(np.float32)))
            widths.append(np.full(count, 0.0004 if upper else 0.00022) * (0.75 + 0.5 * long))
    return np.concatenate(strands), np.concatenate(widths)


@lru_cache(maxsize=4)
def _lid(upper: bool, side: int) -> Ints:
    """The vertices along the edge of a lid, from one corner to the other."""
    average, rows = load_head().average, load_head().lashes[1 if upper else 0]
    rows = rows[(average[rows, 0] > 0) == (side == 0)]
    order = np.argsort(average[rows, 0])
    bins = np.array_split(rows[order], 11)
    return np.array([each[np.argmin(average[each, 2])] for each in bins])


def _beard(person: Person, body: Body) -> tuple[Floats, Floats]:
    rng = person.rng(12)
    kind = BEARDS[person.beard]
    every = roots("lip" if kind == "moustache" else "beard", 1500 if kind == "moustache" else 4200)
    root = every.some(np.flatnonzero(beard_of(person, every.place) > 0.4))
    normals = unit(root.on(body.normals))
    x, y = np.abs(root.place[:, 0]), root.place[:, 1]
    count = len(x)
    if kind == "stubble":
        length = np.full(count, 0.0018)
    else:
        grown = float(rng.uniform(0.3, 1)) if kind != "moustache" else 0.5
        chin = smooth(0.82, 0.78, y)
        length = 0.006 + grown * (0.007 + 0.022 * chin * smooth(0.06, 0.03, x))
        length = np.where(y > 0.834, np.minimum(length, 0.0065), length)
    length = (length * rng.uniform(0.7, 1.15, count)).astype(np.float32)
    apart = np.sign(root.place[:, 0]) * np.where(y > 0.83, 1.5, 0.25 + 0 * x)
    way = np.stack([apart, -np.ones(count), 0.25 + 0 * x], 1)
    way = way + rng.normal(0, 0.3, (count, 3))
    along = tangent(way.astype(np.float32), normals)
    start = root.on(body.points)
    first = unit(along + (1.2 if kind == "stubble" else 0.55) * normals)
    strands = _bend(start, first, unit(along + np.array([0, -0.5, 0], np.float32)), length)
    return strands, np.full(count, 0.00035 if kind == "stubble" else 0.0012)
