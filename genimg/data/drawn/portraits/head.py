"""Which head is drawn? The mesh, its shapes, and what they are blended to for one person.

The mesh is MakeHuman's (CC0), cut and packed by `assets/make_head.py`. Metres; x is the picture's
right, y is up, z is where the face looks. Places on the skin are said in the coordinates of the
average adult, who has the eyes at y = 0.90, the mouth at 0.826 and the top of the head at 1.03.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from genimg.data.drawn.portraits.raster import Floats, Ints

FILE = Path(__file__).with_name("head.npz")

PARTS = {
    "skin": ("body",),
    "left eye": ("helper-l-eye",),
    "right eye": ("helper-r-eye",),
    "upper teeth": ("helper-upper-teeth",),
    "lower teeth": ("helper-lower-teeth",),
    "tongue": ("helper-tongue",),
    "upper lashes": ("helper-l-eyelashes-1", "helper-r-eyelashes-1"),
    "lower lashes": ("helper-l-eyelashes-2", "helper-r-eyelashes-2"),
}
LOCAL = {
    "head-scale-horiz": ("head", "decr", "incr"),
    "head-scale-vert": ("head", "decr", "incr"),
    "head-scale-depth": ("head", "decr", "incr"),
    "head-fat": ("head", "decr", "incr"),
    "forehead-scale-vert": ("forehead", "decr", "incr"),
    "forehead-nubian": ("forehead", "decr", "incr"),
    "forehead-temple": ("forehead", "decr", "incr"),
    "chin-height": ("chin", "decr", "incr"),
    "chin-width": ("chin", "decr", "incr"),
    "chin-prominent": ("chin", "decr", "incr"),
    "chin-bones": ("chin", "decr", "incr"),
    "chin-jaw-drop": ("chin", "decr", "incr"),
    "cheek-bones": ("cheek", "decr", "incr"),
    "cheek-volume": ("cheek", "decr", "incr"),
    "cheek-inner": ("cheek", "decr", "incr"),
    "nose-scale-horiz": ("nose", "decr", "incr"),
    "nose-scale-vert": ("nose", "decr", "incr"),
    "nose-scale-depth": ("nose", "decr", "incr"),
    "nose-hump": ("nose", "decr", "incr"),
    "nose-curve": ("nose", "concave", "convex"),
    "nose-point": ("nose", "down", "up"),
    "nose-point-width": ("nose", "decr", "incr"),
    "nose-nostrils-width": ("nose", "decr", "incr"),
    "nose-flaring": ("nose", "decr", "incr"),
    "nose-volume": ("nose", "decr", "incr"),
    "nose-width1": ("nose", "decr", "incr"),
    "nose-width2": ("nose", "decr", "incr"),
    "nose-greek": ("nose", "decr", "incr"),
    "mouth-scale-horiz": ("mouth", "decr", "incr"),
    "mouth-lowerlip-volume": ("mouth", "decr", "incr"),
    "mouth-upperlip-volume": ("mouth", "decr", "incr"),
    "mouth-lowerlip-height": ("mouth", "decr", "incr"),
    "mouth-upperlip-height": ("mouth", "decr", "incr"),
    "mouth-cupidsbow": ("mouth", "decr", "incr"),
    "mouth-trans": ("mouth", "down", "up"),
    "mouth-angles": ("mouth", "down", "up"),
    "mouth-laugh-lines": ("mouth", "in", "out"),
    "mouth-philtrum-volume": ("mouth", "decr", "incr"),
    "eye-scale": ("eyes", "decr", "incr"),
    "eye-trans": ("eyes", "in", "out"),
    "eye-corner1": ("eyes", "down", "up"),
    "eye-corner2": ("eyes", "down", "up"),
    "eye-height2": ("eyes", "decr", "incr"),
    "eye-bag": ("eyes", "decr", "incr"),
    "eye-epicanthus": ("eyes", "in", "out"),
    "eye-eyefold": ("eyes", "down", "up"),
    "eyebrows-trans": ("eyebrows", "down", "up"),
    "eyebrows-angle": ("eyebrows", "down", "up"),
    "ear-scale": ("ears", "decr", "incr"),
    "ear-wing": ("ears", "decr", "incr"),
    "ear-lobe": ("ears", "decr", "incr"),
    "neck-scale-horiz": ("neck", "decr", "incr"),
    "neck-double": ("neck", "decr", "incr"),
}
ONE_WAY = {
    "head-oval": "head",
    "head-round": "head",
    "head-square": "head",
    "head-rectangular": "head",
    "head-triangular": "head",
    "head-invertedtriangular": "head",
    "head-diamond": "head",
}
SKIN, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE, INSIDE, UPPER_LASHES, LOWER_LASHES = (
    range(9)
)
"""The kinds of faces, in the order of `KINDS`."""
KINDS = (
    *("skin", "left eye", "right eye", "upper teeth", "lower teeth", "tongue"),
    *("inside", "upper lashes", "lower lashes"),
)


@dataclass(frozen=True)
class Head:
    """The mesh: V vertices, T triangles, and its shapes.

    average    float32 [V, 3], the average adult.
    triangles  int32 [T, 3], anticlockwise seen from outside; kinds int32 [T] says of what part.
    lashes     for the upper and the lower lashes of both eyes the triangles' vertices, int32 [n].
    names      of the shapes; shapes float32 [S, V * 3] are added to `base` float32 [V * 3].
    lips, light  float32 [V]: how much each vertex is lip, and how much of the sky it sees.
    places     float32 [V, 2], coordinates for textures.
    """

    average: Floats
    triangles: Ints
    kinds: Ints
    lashes: tuple[Ints, Ints]
    names: Mapping[str, int]
    shapes: Floats
    base: Floats
    lips: Floats
    light: Floats
    places: Floats

    def blend(self, amounts: Mapping[str, float]) -> Floats:
        """The vertices float32 [V, 3] with these amounts of the named shapes."""
        rows = np.array([self.names[name] for name in amounts])
        weights = np.array(list(amounts.values()), np.float32)
        used = np.flatnonzero(weights)
        blended: Floats = self.base + weights[used] @ self.shapes[rows[used]]
        return blended.reshape(-1, 3)


@lru_cache(maxsize=1)
def load_head() -> Head:
    """The head, read once in a process."""
    with np.load(FILE, allow_pickle=False) as file:
        quads, kinds = file["quads"].astype(np.int32), file["kinds"].astype(np.int32)
        names = {str(name): row for row, name in enumerate(file["names"])}
        shapes = file["shapes"].astype(np.float32).reshape(len(names), -1)
        base = file["vertices"].ravel()
        lips, light = file["lips"].astype(np.float32), file["light"].astype(np.float32)
        places = file["uv"]
    average = base + sum(
        (shapes[names[f"body {sex} young averageweight"]] / 2 for sex in ("female", "male")),
        np.zeros(1, np.float32),
    )
    cloth = smooth(0.77, 0.75, average.reshape(-1, 3)[:, 1])  # nothing hides the open shoulders
    light = light * (1 - cloth) + 0.9 * cloth
    solid = kinds < UPPER_LASHES
    return Head(
        average=average.reshape(-1, 3),
        triangles=np.concatenate([quads[solid][:, [0, 1, 2]], quads[solid][:, [0, 2, 3]]]),
        kinds=np.tile(kinds[solid], 2),
        lashes=(np.unique(quads[kinds == UPPER_LASHES]), np.unique(quads[kinds == LOWER_LASHES])),
        names=names,
        shapes=shapes,
        base=base,
        lips=lips,
        light=light,
        places=places,
    )


def vertex_normals(points: Floats, triangles: Ints) -> Floats:
    """Unit normals float32 [V, 3], the mean of those of the triangles around."""
    corners = triangles.T
    a, b, c = (points[corner].T for corner in corners)
    (x1, y1, z1), (x2, y2, z2) = b - a, c - a
    normals = np.empty_like(points)
    for axis, across in enumerate((y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2)):
        normals[:, axis] = np.bincount(corners.ravel(), np.tile(across, 3), len(points))
    return unit(normals)


def unit(vectors: Floats) -> Floats:
    """Vectors [..., 3] of length 1."""
    squares = np.einsum("...i,...i->...", vectors, vectors)
    scaled: Floats = vectors / np.sqrt(squares + np.float32(1e-12))[..., None]
    return scaled


def smooth(low: float, high: float, value: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater one."""
    share = np.minimum(np.maximum((value - np.float32(low)) / np.float32(high - low), 0), 1)
    step: Floats = share * share * (3 - 2 * share)
    return step
