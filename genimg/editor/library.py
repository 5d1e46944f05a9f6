"""Which models are in a folder, and what does a header say of labels and directions?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from genimg.checkpoint import Header, read_header
from genimg.data import DATASETS
from genimg.errors import CheckpointError, GenimgError
from genimg.files import model_files
from genimg.latents import Direction, Labels, MapDirection, Scale
from genimg.models import MODELS, LatentModel

NOTICE_KEY = "Disclaimer"
"""Under which a saved picture carries its model's notice (a keyword of PNG, section 11.3.3.2)."""
LONGEST_NOTICE = 300
MAX_TITLE = 120
"""Characters of a title in the menu."""

Factors = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class CheckpointInfo:
    """A model file that can be offered: its path, its name and what its header says."""

    path: Path
    name: str
    title: str
    header: Header

    @property
    def takes_any(self) -> bool:
        """Whether it is of no kind of picture, but takes any photograph."""
        return takes_any(self.header)


def list_checkpoints(folder: str | Path) -> tuple[list[CheckpointInfo], dict[Path, str]]:
    """The models in a folder that an Editor opens, by name, and {file: what is wrong with it} for
    files that cannot be read. The usual folder has the shipped models, too: see `model_files`.

    A classifier is in neither. Only headers are read, so this is quick.
    """
    good: list[CheckpointInfo] = []
    bad: dict[Path, str] = {}
    for path in model_files(Path(folder)):
        try:
            header = read_header(path)
        except CheckpointError as error:
            bad[path] = str(error)
            continue
        if header.family not in MODELS:
            bad[path] = f"{path} is a model of an unknown family, {header.family!r}; update genimg"
        elif MODELS[header.family].opens:
            good.append(checkpoint_info(path, header))
    return good, bad


def notice(header: Header) -> dict[str, str]:
    """What is to be known of pictures that a model draws, by NOTICE_KEY; {} where nothing is."""
    stated = header.data.get("notice")
    words = " ".join(stated.split())[:LONGEST_NOTICE] if isinstance(stated, str) else ""
    return {NOTICE_KEY: words} if words else {}


def takes_any(header: Header) -> bool:
    """Whether a model is of no kind of picture, but takes any photograph."""
    return header.family in MODELS and MODELS[header.family].takes_any


def families() -> dict[str, bool]:
    """{family: whether its models draw}, of the families that learn from one's own pictures."""
    return {name: each.draws for name, each in MODELS.items() if not each.takes_any}


def data_sets() -> tuple[str, ...]:
    """The names of the data sets that a model can be trained on, besides folders of pictures."""
    return tuple(DATASETS)


def checkpoint_info(path: Path, header: Header) -> CheckpointInfo:
    """A model file as it is offered, by what its header says."""
    return CheckpointInfo(path, path.stem, _title(path, header), header)


def _title(path: Path, header: Header) -> str:
    stated = header.data.get("title")
    title = " ".join(stated.split()) if isinstance(stated, str) else ""
    return f"{title[:MAX_TITLE] or header.name} · {path.stem}"


def read_directions(
    path: Path, header: Header, tensors: Mapping[str, Tensor], latent_shape: tuple[int, ...]
) -> tuple[Direction, ...]:
    """The directions that ride along in a checkpoint.

    Raises:
        CheckpointError: they do not fit their vectors, or are none.
    """
    vectors = tensors.get("directions.vectors")
    if not header.directions:
        return ()
    if vectors is None or vectors.shape != (len(header.directions), *latent_shape):
        raise CheckpointError(f"{path} is damaged: its directions and their vectors do not fit")
    readings = tensors.get("directions.readings", ())
    # As many as there are numbers, or none at all: that was checked before the file was read.
    responses = tensors.get("directions.responses", [None] * len(readings))
    told = zip(readings, responses, strict=False)
    try:
        return tuple(
            _direction(row, vector, told, header.id)
            for row, vector in zip(header.directions, vectors, strict=True)
        )
    except (TypeError, GenimgError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None


def _direction(
    row: Mapping[str, Any],
    vector: Tensor,
    told: Iterator[tuple[Tensor, Tensor | None]],
    model_id: str,
) -> Direction:
    """The direction that a row of the header describes; where it is that of a number, what is
    `told` next are how the number is read from a latent, and its response.
    """
    plain = {key: value for key, value in row.items() if key != "number"}
    scale = None
    if "number" in row:
        reading, response = next(told, (None, None))
        if reading is None:
            raise CheckpointError("nothing reads one of its numbers")
        weights, bias = reading[:-1], float(reading[-1])
        scale = Scale(weights=weights, bias=bias, response=response, **row["number"])
    return Direction(vector=vector, model_id=model_id, scale=scale, **plain)


def read_maps(
    path: Path, header: Header, tensors: Mapping[str, Tensor]
) -> tuple[MapDirection, ...]:
    """The sliders that ride along in the file of a base.

    Raises:
        CheckpointError: they do not fit their maps, or are none.
    """
    maps = tensors.get("directions.maps")
    if not header.directions:
        return ()
    if maps is None or len(maps) != len(header.directions):
        raise CheckpointError(f"{path} is damaged: its directions and their maps do not fit")
    try:
        return tuple(
            MapDirection(row["name"], generator, row["reliability"], header.id)
            for row, generator in zip(header.directions, maps, strict=True)
        )
    except (TypeError, KeyError, GenimgError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None


def read_labels(path: Path, header: Header, model: LatentModel) -> tuple[Labels, Factors]:
    """What can be read from a model's latents, and what its draws can be asked for.

    The two are different things: the latents of a GAN need not follow its labels.

    Raises:
        CheckpointError: the names in the header fit neither.
    """
    try:
        rows = header.data.get("factors", [])
        names = [(str(row["name"]), [str(value) for value in row["values"]]) for row in rows]
        sizes = tuple(len(values) for _, values in names)
        asked, read = model.label_sizes, tuple(model.prior.sizes.tolist())
        if (
            sizes not in (asked, read)
            or (asked and sizes != asked)
            or len(dict(names)) != len(names)
        ):
            raise CheckpointError("the names of its labels do not fit it")
        choices = {name: tuple(values) for name, values in names} if asked else {}
        return Labels.from_prior(model.prior, names if read else ()), choices
    except (TypeError, KeyError, ValueError, RuntimeError, GenimgError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None
