"""How the drawn sets (cats, robots, monsters, heads) are made, on any machine, without a download.

Each picture is a combination of part drawings from the installed `robohash` package, laid on
white at twice the size and reduced. Which combinations are drawn follows from the seed alone, so
the labels are exact and the test pictures are the same on every machine and for every `count`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from string import Formatter

import numpy as np
from PIL import Image

from genimg.data.dataset import Bytes, Dataset, Factor, Integers
from genimg.data.drawn.artworks import ARTWORKS, Artwork
from genimg.data.drawn.keeping import DrawnSet
from genimg.data.progress import Progress
from genimg.errors import DataError
from genimg.files import cache_folder

TEST_COUNT = 2000
VALIDATION_COUNT = 1000
SIZES = range(8, 257)  # the parts of the robots are 300 pixels wide
OVERSAMPLING = 2  # parts are composed at this many times the size, so that edges stay smooth
FORMAT_VERSION = 1  # of the cache: raise it whenever a picture or its label would change


def draw_dataset(
    name: str,
    size: int = 64,
    count: int = 50_000,
    cache: Path | None = None,
    seed: int = 0,
    few: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """The drawn set `name` with `count` training pictures of `size` x `size` pixels.

    There are 1000 validation and 2000 test pictures besides. No combination of parts occurs
    twice; one cat in a thousand still looks like another whose mouth is behind the same scarf.
    The rows are test, validation, train, in that order, so row i does not depend on
    `count`. The pictures are drawn once and kept in the folder `cache` (by default GENIMG_CACHE
    or ~/.cache/genimg); `images` is a read-only memory map of that file. With `few`, see
    `DrawnSet.load`.

    Raises DataError for an unknown name, a size outside 8..256, a count outside what the set
    has, a negative seed, a disk too full, or if the `robohash` package is not installed.
    """
    artwork = _artwork(name)
    _check_size(size)
    if seed < 0:
        raise DataError(f"the seed is {seed}; give 0 or a whole number above it")
    held_out = TEST_COUNT + VALIDATION_COUNT
    most = combination_count(name) - held_out
    if not 1 <= count <= most:
        raise DataError(f"{count} training pictures of {name}: ask for 1 to {most:,}")

    own = f"seed{seed}-v{FORMAT_VERSION}-robohash{_package_version()}"
    folder, layers = cache or cache_folder(), _layers(name, size)
    chosen = choose(name, held_out + count, seed)

    def draw_row(row: int) -> Bytes:
        return np.asarray(_compose(layers, chosen[row].tolist(), size))

    return DrawnSet(
        card=artwork.card,
        factors=drawn_factors(name),
        counts=(TEST_COUNT, VALIDATION_COUNT, count),
        size=size,
        path=folder / f"{name}-{size}px-{count}-{own}.images.npy",
        blocks=folder / f"{name}-{size}px-{own}-blocks",
        draw=draw_row,
        labels=lambda rows: chosen[rows.start : rows.stop],
    ).load(few, progress)


def draw(name: str, values: Sequence[int], size: int) -> Image.Image:
    """One RGB picture, `size` x `size`, of the combination `values`: a label for each factor.

    Raises DataError for an unknown name, a size outside 8..256 or a label out of range.
    """
    counts = part_counts(name)
    _check_size(size)
    fits = len(values) == len(counts) and all(
        0 <= value < most for value, most in zip(values, counts.values(), strict=True)
    )
    if not fits:
        ranges = ", ".join(f"{factor} 0 to {most - 1}" for factor, most in counts.items())
        raise DataError(f"{list(values)} is no combination of {name}; give {ranges}")
    return _compose(_layers(name, size), values, size)


def part_counts(name: str) -> dict[str, int]:
    """How many values each factor of the set `name` has, in label order."""
    return {factor: len(parts) for factor, parts in _artwork(name).factors.items()}


def drawn_factors(name: str) -> tuple[Factor, ...]:
    """The factors of the set `name`, each with the values that hide it."""
    artwork = _artwork(name)
    return tuple(
        Factor(
            factor,
            tuple(parts.values()),
            tuple((o, artwork.factors[o][key]) for o, key in artwork.hidden.get(factor, ())),
        )
        for factor, parts in artwork.factors.items()
    )


def combination_count(name: str) -> int:
    """How many different combinations of parts the set `name` has."""
    return int(np.prod(list(part_counts(name).values()), dtype=np.int64))


def choose(name: str, count: int, seed: int) -> Integers:
    """Labels int64 [count, F] of `count` different combinations, drawn from `seed` (PCG64).

    A smaller count gives the first rows of a larger one.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    numbers = rng.permutation(combination_count(name))[:count]
    columns = np.unravel_index(numbers, tuple(part_counts(name).values()))
    return np.stack(columns, axis=1).astype(np.int64)


def part_files(name: str) -> dict[str, Path]:
    """Every part drawing of the set `name`: "FOLDER/STEM", as in `Artwork.layers` -> its file.

    Raises DataError if the `robohash` package is not installed.
    """
    root = _package_folder() / "sets" / _artwork(name).folder
    return {
        f"{path.parent.relative_to(root).as_posix()}/{path.stem.split('#', 1)[1]}": path
        for path in sorted(root.rglob("*.png"))
    }


def _artwork(name: str) -> Artwork:
    if name not in ARTWORKS:
        raise DataError(f"there is no drawn set {name!r}; there are {', '.join(ARTWORKS)}")
    return ARTWORKS[name]


def _check_size(size: int) -> None:
    if size not in SIZES:
        raise DataError(f"pictures of {size} pixels: ask for {SIZES[0]} to {SIZES[-1]}")


def _package_folder() -> Path:
    spec = importlib.util.find_spec("robohash")  # finds the folder and runs none of its code
    if spec is None or not spec.submodule_search_locations:
        raise DataError("drawn sets need the part drawings of a package: pip install robohash")
    return Path(spec.submodule_search_locations[0])


def _package_version() -> str:
    _package_folder()
    return importlib.metadata.version("robohash")


def _layer_keys(layer: str, artwork: Artwork) -> dict[tuple[int, ...], str]:
    """The "FOLDER/STEM" of each drawing of one layer, by the labels that choose it."""
    chosen_by = _factors_of(layer)
    keys = {}
    for labelled in product(*(enumerate(artwork.factors[factor]) for factor in chosen_by)):
        spelled = layer.format(**{f: key for f, (_, key) in zip(chosen_by, labelled, strict=True)})
        keys[tuple(label for label, _ in labelled)] = artwork.renamed.get(spelled, spelled)
    return keys


def _factors_of(layer: str) -> tuple[str, ...]:
    fields = (field for _, field, _, _ in Formatter().parse(layer) if field)
    return tuple(dict.fromkeys(fields))  # each once: robots spell the colour twice


# For each layer: the columns of the labels that choose its drawing, and the drawings (RGBA).
_Layers = tuple[tuple[tuple[int, ...], dict[tuple[int, ...], Image.Image]], ...]


@lru_cache(maxsize=2)
def _layers(name: str, size: int) -> _Layers:
    """The parts of the set at the size of composition, in drawing order.

    Pillow's `resize` weights the colours of an RGBA image by their alpha, so that the (black)
    colour of clear pixels does not bleed into the edges. Raises DataError if a part is missing.
    """
    artwork, files, side = _artwork(name), part_files(name), OVERSAMPLING * size
    columns = {factor: column for column, factor in enumerate(artwork.factors)}
    layers = []
    for layer in artwork.layers:
        drawings = {}
        for labels, key in _layer_keys(layer, artwork).items():
            if key not in files:
                raise DataError(
                    f"the installed robohash {_package_version()} lacks the drawing {key!r} of"
                    f" {name}; install the version that requirements.txt names"
                )
            with Image.open(files[key]) as image:
                rgba = image.convert("RGBA")
            drawings[labels] = rgba.resize((side, side), Image.Resampling.LANCZOS)
        layers.append((tuple(columns[factor] for factor in _factors_of(layer)), drawings))
    return tuple(layers)


def _compose(layers: _Layers, values: Sequence[int], size: int) -> Image.Image:
    canvas = Image.new("RGBA", (OVERSAMPLING * size, OVERSAMPLING * size), "white")
    for columns, drawings in layers:
        canvas.alpha_composite(drawings[tuple(values[column] for column in columns)])
    return canvas.convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
