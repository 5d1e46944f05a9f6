"""Where do hairs grow? Roots spread evenly over parts of the skin, once in a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from genimg.data.drawn.portraits.head import SKIN, load_head, smooth, unit
from genimg.data.drawn.portraits.person import BEARDS, Person
from genimg.data.drawn.portraits.raster import Floats, Ints
from genimg.data.drawn.portraits.skin import beard_area


@dataclass(frozen=True)
class Roots:
    """Points on the mesh: triangles' corners int32 [n, 3], their shares [n, 3], and the place of
    each on the average adult [n, 3]."""

    corners: Ints
    shares: Floats
    place: Floats

    def on(self, values: Floats) -> Floats:
        """Values of vertices [V, d] at the roots: [n, d]."""
        mixed: Floats = np.einsum("nkd,nk->nd", values[self.corners], self.shares)
        return mixed

    def some(self, chosen: Ints) -> Roots:
        """These of them."""
        return Roots(self.corners[chosen], self.shares[chosen], self.place[chosen])


@lru_cache(maxsize=8)
def roots(region: str, count: int) -> Roots:
    """About `count` roots in a region: "scalp", "beard" or "brows"."""
    head = load_head()
    rng = np.random.Generator(np.random.PCG64([11, count]))
    triangles = head.triangles[head.kinds == SKIN]
    corners = head.average[triangles]
    middle = corners.mean(1)
    weight = _REGIONS[region](middle)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(across, axis=1) * (weight > 0.0)
    chosen = np.searchsorted(np.cumsum(size), (np.arange(3 * count) + rng.random(3 * count))
                             / (3 * count) * size.sum())  # fmt: skip
    chosen = np.minimum(chosen, len(triangles) - 1)
    shares = rng.dirichlet((1, 1, 1), len(chosen)).astype(np.float32)
    found = Roots(triangles[chosen], shares, np.einsum("nkd,nk->nd", corners[chosen], shares))
    keep = np.flatnonzero(rng.random(len(chosen)) < _REGIONS[region](found.place))
    return found.some(rng.permutation(keep)[:count].astype(np.int32))


def hairline(place: Floats, recede: float = 0.0) -> Floats:
    """How far above the line where hair begins places [n, 3] lie, metres."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    line = np.interp(
        z,
        (-0.2, -0.01, 0.02, 0.034, 0.05, 0.062, 0.072, 0.080, 0.092, 0.11, 0.13, 0.148, 0.2),
        (0.822, 0.828, 0.85, 0.898, 0.911, 0.905, 0.888, 0.90, 0.935, 0.957, 0.969, 0.979, 0.984),
    ).astype(np.float32)
    temples = np.exp(-(((x - 0.045) / 0.02) ** 2)) * smooth(0.09, 0.12, z)
    crown = smooth(0.06, 0.13, z) * smooth(0.07, 0.05, x)
    above: Floats = y - line - np.float32(recede) * (0.03 * temples + 0.018 * crown)
    ear = (x > 0.079) & (y < 0.912) & (z > 0.018) & (z < 0.078)
    return np.where(ear, np.float32(-0.02), above)


def _scalp(place: Floats) -> Floats:
    return smooth(-0.004, 0.004, hairline(place))


def _lip(place: Floats) -> Floats:
    area: Floats = beard_area(place) * (np.abs(place[:, 0]) < 0.034) * (place[:, 1] > 0.812)
    return area


def _brows(place: Floats) -> Floats:
    return np.maximum(Brows(height=-0.0015).area(place), Brows(height=0.004).area(place))


@dataclass(frozen=True)
class Brows:
    """How brows run: `height` in metres above the usual, `arch` (1 the usual), `tail`: how far
    their outer ends lie higher, in metres, and `thick` (1 the usual)."""

    height: float = 0.0
    arch: float = 1.0
    tail: float = -0.0015
    thick: float = 1.0

    def line(self, x: Floats) -> Floats:
        """The height of a brow's middle at distances `x` from the nose, metres."""
        share = (x - 0.010) / 0.042
        bow = 0.0075 * self.arch * np.sin(np.clip(share, 0, 1.15) * 2.15)
        line: Floats = 0.9155 + self.height + bow + self.tail * share
        return line

    def area(self, place: Floats) -> Floats:
        """Where they grow, 0 to 1 for places [n, 3]."""
        x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
        share = (x - 0.010) / 0.042
        half = 0.0050 * self.thick * (1 - 0.72 * np.clip(share, 0, 1) ** 1.4)
        area: Floats = smooth(1.15, 0.6, np.abs(y - self.line(x)) / half)
        return area * smooth(-0.06, 0.1, share) * smooth(1.12, 0.95, share) * (z > 0.1)


def brows_of(person: Person) -> Brows:
    """The brows of a person: masculine ones are thicker, lower and straighter."""
    rng = person.rng(17)
    soft = person.femininity
    return Brows(
        height=float(rng.normal(0.0014 + 0.0010 * soft, 0.0009)),
        arch=float(rng.uniform(0.3, 1.0) + 0.3 * soft),
        tail=float(rng.uniform(-0.004, 0.0015)),
        thick=float(rng.uniform(0.75, 1.25) - 0.35 * soft),
    )


def beard_of(person: Person, place: Floats) -> Floats:
    """Where a person's beard grows, 0 to 1 for places [n, 3]."""
    kind = BEARDS[person.beard]
    x, y = np.abs(place[:, 0]), place[:, 1]
    area = beard_area(place)
    if kind == "moustache":
        lip = smooth(0.834, 0.836, y + 0.45 * np.maximum(x - 0.018, 0)) * smooth(0.033, 0.029, x)
        area = area * lip * (y > 0.815)
    elif kind == "goatee":
        area = area * smooth(0.032, 0.027, x) * smooth(0.114, 0.120, place[:, 2])
    return area if person.beard else 0 * area


_REGIONS = {"scalp": _scalp, "beard": beard_area, "brows": _brows, "lip": _lip}


def tangent(direction: Floats, normals: Floats) -> Floats:
    """Directions laid flat on the skin: unit [n, 3]."""
    flat = direction - (direction * normals).sum(-1, keepdims=True) * normals
    return unit(flat)
