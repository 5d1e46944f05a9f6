"""How is a portrait lit? A soft main light with shadows, a sky, a bounce, a fill and a rim.

Colours are linear. The light is white on the whole: warmth moves the main light and its
surroundings to opposite sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genimg.data.drawn.portraits.head import smooth, unit
from genimg.data.drawn.portraits.person import Person
from genimg.data.drawn.portraits.raster import Floats, Ints, nearest, rasterise

SHADOW_SIDE = 176
SHADOW_WIDTH = 0.44  # metres that the shadow map covers
CENTRE = np.array([0, 0.87, 0.05], np.float32)


@dataclass(frozen=True)
class Lamps:
    """Directions float32 [3] to the lights and their linear colours float32 [3]."""

    key: Floats
    key_colour: Floats
    fill: Floats
    fill_colour: Floats
    rim: Floats
    rim_colour: Floats
    sky: Floats
    ground: Floats

    def around(self, normals: Floats) -> Floats:
        """The light of the surroundings on surfaces with these normals: float32 [n, 3]."""
        up = (normals[:, 1:2] + 1) / 2
        ahead = np.clip(normals[:, 2:3] * np.float32(0.25) + np.float32(0.85), 0, 1.1)
        light = (self.ground + (self.sky - self.ground) * up) * ahead
        wrapped = np.clip((normals @ self.fill + np.float32(0.5)) / np.float32(1.5), 0, 1)
        light = light + self.fill_colour * wrapped[:, None]
        edge = np.clip(normals @ self.rim, 0, 1) ** 2
        total: Floats = light + self.rim_colour * edge[:, None]
        return total


def lamps(person: Person) -> Lamps:
    """The lights of a portrait."""
    rng = person.rng(3)
    warm = np.float32(person.warmth)
    golden = np.array([1 + 0.07 * warm, 1, 1 - 0.13 * warm], np.float32)
    bluish = np.array([1 - 0.035 * warm, 1, 1 + 0.06 * warm], np.float32)
    strength, contrast = rng.uniform(0.95, 1.25), rng.uniform(0.0, 1.0)
    across = person.light[0]
    return Lamps(
        key=_direction(*person.light),
        key_colour=golden * np.float32(strength * (0.95 + 0.45 * contrast)),
        fill=_direction(-np.sign(across) * rng.uniform(25, 60), rng.uniform(-5, 20)),
        fill_colour=bluish * np.float32(0.34 - 0.2 * contrast),
        rim=_direction(-np.sign(across) * rng.uniform(120, 155), rng.uniform(10, 45)),
        rim_colour=bluish * np.float32(rng.uniform(0.1, 0.8)),
        sky=bluish * np.float32(0.46 - 0.16 * contrast),
        ground=golden * np.float32(0.17 - 0.05 * contrast),
    )


def _direction(across: float, up: float) -> Floats:
    a, b = np.radians(across), np.radians(up)
    return np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)], np.float32)


@dataclass(frozen=True)
class Shadows:
    """What the main light reaches: a map of depths seen from it."""

    basis: Floats
    depth: Floats

    def place(self, points: Floats) -> Floats:
        """Points [n, 3] on the map: x, y in its pixels and the depth in metres (+ 1)."""
        return _on_map(points, self.basis)

    def lit(self, points: Floats, softness: float, bias: float) -> Floats:
        """How much of the main light reaches points [n, 3], 0 to 1.

        `softness`: metres behind the first surface over which light is lost (hair lets it in).
        """
        placed = self.place(points)
        total = np.zeros(len(points), np.float32)
        for right, down in _TAPS:
            x = np.clip(placed[:, 0] + right, 0, SHADOW_SIDE - 1).astype(np.int32)
            y = np.clip(placed[:, 1] + down, 0, SHADOW_SIDE - 1).astype(np.int32)
            behind = placed[:, 2] - self.depth[y * SHADOW_SIDE + x] - np.float32(bias)
            total += np.exp(-np.maximum(behind, 0) / np.float32(softness))
        return total / np.float32(len(_TAPS))


_TAPS = tuple(
    (np.float32(r * np.cos(a)), np.float32(r * np.sin(a)))
    for r, n in ((0.0, 1), (1.1, 4), (2.3, 6))
    for a in np.arange(n) * 2 * np.pi / max(n, 1) + r
)


def _on_map(points: Floats, basis: Floats) -> Floats:
    seen = (points - CENTRE) @ basis.T
    scale = np.float32(SHADOW_SIDE / SHADOW_WIDTH)
    seen[..., 0] = seen[..., 0] * scale + np.float32(SHADOW_SIDE / 2)
    seen[..., 1] = np.float32(SHADOW_SIDE / 2) - seen[..., 1] * scale
    seen[..., 2] = 1 - seen[..., 2]
    return seen.astype(np.float32)


def cast(key: Floats, points: Floats, triangles: Ints, strands: Floats) -> Shadows:
    """The shadows of a mesh and of strands float32 [S, K, 3] in the light from `key`."""
    right = unit(np.cross(np.array([0, 1, 0], np.float32), key))
    basis = np.stack([right, np.cross(key, right), key]).astype(np.float32)
    depth = rasterise(_on_map(points, basis), triangles, SHADOW_SIDE).depth
    if len(strands):
        between = (strands[:, 1:] + strands[:, :-1]) / 2
        dots = _on_map(np.concatenate([strands, between], 1).reshape(-1, 3), basis)
        x, y = dots[:, 0].astype(np.int32), dots[:, 1].astype(np.int32)
        inside = (x >= 0) & (x < SHADOW_SIDE) & (y >= 0) & (y < SHADOW_SIDE)
        pixels, won = nearest((y * np.int32(SHADOW_SIDE) + x)[inside], dots[inside, 2], SHADOW_SIDE)
        depth[pixels] = np.minimum(depth[pixels], dots[inside, 2][won])
    return Shadows(basis, depth)


def soften(cosine: Floats, scatter: Floats) -> Floats:
    """Light on skin by the cosine to the lamp, [n, 3]: red wraps furthest past the edge."""
    wrapped = np.clip((cosine[:, None] + scatter) / (1 + scatter), 0, 1)
    shaded: Floats = wrapped * smooth(-0.2, 0.6, wrapped)
    return shaded
