"""How a model is written to one file and read back: safetensors plus one JSON header, never a
pickle.

The header is the metadata entry "genimg" of the safetensors file. One file is one model: weights,
fitted prior, directions, how it was trained, what it measured, and whose data it learned from.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from torch import Tensor

from genimg.config import (
    config_from_mapping,
    config_to_mapping,
    short,
    strict_json,
    without_odd_characters,
)
from genimg.errors import CheckpointError, ConfigError
from genimg.files import write_atomically

FORMAT_VERSION = 1
MAX_HEADER_CHARACTERS = 4_000_000
MAX_FILE_BYTES = 4 * 1024**3
MAX_TABLE_BYTES = 10_000_000
"""Of the JSON at the beginning of a safetensors file: our header, and a line for each tensor."""
MAX_TENSORS = 4096
MAX_SIDE = 1024
"""Pixels; each family allows less."""
MAX_NAME = 300
"""Characters of the name of a model, a direction, a factor or a value."""
MAX_DIRECTIONS = MAX_VALUES = 20_000
MAX_FACTORS = 64
MAX_STATEMENT = 1000
"""Characters of a title, a credit or a licence."""
MAX_TEXT = 20_000
"""Characters of any other text but the sheet."""

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_ID = re.compile(r"[0-9a-f]{16}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself.

    Attributes:
        family: a key of `genimg.models.MODELS`.
        name: the model's name for people, such as "cats-64-vae".
        id: digest of the weights; latents and directions carry it.
        config: the architecture, see the family's config dataclass.
        data: title, licence, credit and description of the training pictures.
        trained: how: pictures seen, minutes, options, version, all of the last run; "before" are
            the runs that made what it started from, see `trainings`.
        metrics: what was measured on held-out pictures.
        directions: one mapping a direction (name, group, factor, std, reliability; of a number
            also "number": unit, low, high, error); their unit vectors are the rows of the tensor
            "directions.vectors", what reads the numbers off latents those of
            "directions.readings", and how these change in what is drawn, where it was measured,
            those of "directions.responses".
        sheet: the samples of seeds 0 to 63, eight a row: a WebP picture in base64.
        format_version: version of this file format.
    """

    family: str
    name: str
    id: str
    config: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)
    trained: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    directions: tuple[dict[str, Any], ...] = ()
    sheet: str = ""
    format_version: int = FORMAT_VERSION

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the model's pictures."""
        channels, height, width = self.config["image_shape"]
        return int(channels), int(height), int(width)

    @property
    def trainings(self) -> list[dict[str, Any]]:
        """What is known of the runs that made the model, the first one first: name, images and
        minutes of each, as far as the file says them.
        """
        before = self.trained.get("before")
        rows = [row for row in before if isinstance(row, dict)] if isinstance(before, list) else []
        own = {key: self.trained[key] for key in ("images", "minutes") if key in self.trained}
        return [*rows, {"name": self.name, **own}]

    def each_took(self, what: str) -> list[float]:
        """How many "images" or "minutes" each run took, the first one first; [] if that is not
        known of every run.
        """
        numbers = [row.get(what) for row in self.trainings]
        plain = [n for n in numbers if isinstance(n, int | float) and not isinstance(n, bool)]
        known = [number for number in plain if 0 <= number < math.inf]
        return known if len(known) == len(numbers) else []


class TensorInfo(NamedTuple):
    """What a file says of a tensor before it is read: "F32" or the like, and its shape."""

    dtype: str
    shape: tuple[int, ...]


Check = Callable[[Header, Mapping[str, TensorInfo]], None]


def save(path: Path, header: Header, tensors: Mapping[str, Tensor]) -> None:
    """Write a checkpoint atomically: the file is complete or was not touched.

    Characters that cannot be shown (in names of folders, say) are replaced: they would not be read.
    """
    fields = without_odd_characters(config_to_mapping(header))
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(Path(path), serialize(plain, metadata={"genimg": text}))


def restate(path: Path, **statement: str) -> Header:
    """Change what a file says of its pictures (title, credit, licence); the model stays the same.

    Raises:
        CheckpointError: the file cannot be read.
        ConfigError: a statement that is too long.
    """
    header, tensors = load(path)
    for what, words in statement.items():
        if len(words) > MAX_STATEMENT:
            raise ConfigError(f"a {what} has at most {MAX_STATEMENT} characters")
    changed = replace(header, data={**header.data, **statement})
    save(path, changed, tensors)
    return changed


def _parse_header(path: Path, metadata: Mapping[str, str] | None) -> Header:
    text = (metadata or {}).get("genimg")
    if text is None:
        raise CheckpointError(f"{path} is a safetensors file, but not a genimg model")
    if len(text) > MAX_HEADER_CHARACTERS:
        raise CheckpointError(
            f"{path} has a header of {len(text)} characters; that is no genimg model"
        )
    try:
        values = strict_json(text, MAX_HEADER_CHARACTERS)
        if not isinstance(values, dict):
            raise ConfigError("the header is not a JSON object")
        version = values.get("format_version")
        if type(version) is not int or version != FORMAT_VERSION:
            raise CheckpointError(
                f"{path} has format version {short(version)}, this genimg reads {FORMAT_VERSION}; "
                "update genimg"
            )
        header = config_from_mapping(Header, values)
        _check_header(header)
    except (ValueError, TypeError, ConfigError) as error:
        raise CheckpointError(f"the header of {path} is damaged: {error}") from error
    return header


def _check_header(header: Header) -> None:
    """What every family has in common; what is stricter is checked where the model is built."""
    _require(_ID.fullmatch(header.id), f"the id cannot be {short(header.id)}")
    for text in (header.family, header.name):
        _require_name(text)
    shape = header.config.get("image_shape")
    _require(
        isinstance(shape, (list, tuple))
        and len(shape) == 3
        and all(type(size) is int and 1 <= size <= MAX_SIDE for size in shape),
        f"image_shape cannot be {short(shape)}",
    )
    _require(_BASE64.fullmatch(header.sheet), "the sheet of samples is no base64")
    for part in (header.config, header.data, header.trained, header.metrics, *header.directions):
        _require_short_texts(part)
    _check_directions(header.directions)
    if "factors" in header.data:
        _check_factors(header.data["factors"])
    rows = header.data.get("started_from", [])
    whole = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    _require(whole and len(rows) <= MAX_FACTORS, "what it was started from is no list of models")


def _check_directions(rows: tuple[dict[str, Any], ...]) -> None:
    _require(len(rows) <= MAX_DIRECTIONS, "it has too many directions")
    names = [row.get("name") for row in rows]
    for row, name in zip(rows, names, strict=True):
        _require_name(name)
        for key in ("group", "factor"):
            _require(isinstance(row.get(key, ""), str), f"the {key} of a direction is no text")
        for key, most in (("std", 1e6), ("reliability", 1.0)):
            number = row.get(key, 1)
            _require(
                type(number) in (int, float) and 0 <= number <= most,
                f"the {key} of the direction {short(name)} cannot be {short(number)}",
            )
        if "number" in row:
            _check_number(name, row["number"])
    _require(len(set(names)) == len(names), "two directions have the same name")


def _check_number(name: object, number: Any) -> None:
    """What a direction says of its unit: {"unit": "years", "low": 20, "high": 75, "error": 4}."""
    keys = ("low", "high", "error")
    whole = isinstance(number, dict) and all(type(number.get(k)) in (int, float) for k in keys)
    _require(
        whole and set(number) == {"unit", *keys} and number["low"] < number["high"],
        f"the number of the direction {short(name)} has no range or error",
    )
    unit = number["unit"]
    _require(
        isinstance(unit, str) and len(unit) <= MAX_NAME and len(unit.splitlines()) <= 1,
        f"the unit of the direction {short(name)} cannot be {short(unit)}",
    )


def _check_factors(factors: Any) -> None:
    """The names of label values: [{"name": "hat", "values": ["none", "red"]}, ...]."""
    _require(isinstance(factors, list) and len(factors) <= MAX_FACTORS, "it has too many labels")
    for row in factors:
        whole = isinstance(row, dict) and "name" in row and isinstance(row.get("values"), list)
        _require(whole, "a label has no name or no values")
        _require(len(row["values"]) <= MAX_VALUES, "a label has too many values")
        for name in (row["name"], *row["values"]):
            _require_name(name)
        distinct = len(set(row["values"]))
        _require(distinct == len(row["values"]), "two values of a label have the same name")
    distinct = len({row["name"] for row in factors})
    _require(distinct == len(factors), "two labels have the same name")


def _require(condition: object, problem: str) -> None:
    if not condition:
        raise ConfigError(problem)


def _require_name(name: object) -> None:
    _require(
        isinstance(name, str) and 0 < len(name) <= MAX_NAME and len(name.splitlines()) == 1,
        f"{short(name)} cannot be a name",
    )


def _require_short_texts(value: Any) -> None:
    if isinstance(value, str):
        _require(len(value) <= MAX_TEXT, f"a text is too long: {short(value)}")
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_short_texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _require(len(key) <= MAX_NAME, f"a key is too long: {short(key)}")
            _require_short_texts(item)


def read_header(path: Path) -> Header:
    """Read the header alone, without the weights: quick enough for a menu of many models.

    Raises:
        CheckpointError: the file is missing, damaged or of another format.
    """
    return _read(Path(path), None, with_tensors=False)[0]


def load(path: Path, check: Check | None = None) -> tuple[Header, dict[str, Tensor]]:
    """Read a checkpoint: its header and all its tensors, on the CPU, all numbers finite.

    `check` is called with the header and with what the tensors will be, before any of them is read:
    what it raises goes through.

    Raises:
        CheckpointError: the file is missing, damaged or of another format.
    """
    header, tensors = _read(Path(path), check, with_tensors=True)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{path} holds numbers that are not finite ({short(name)[1:-1]})")
    return header, tensors


def _read(path: Path, check: Check | None, with_tensors: bool) -> tuple[Header, dict[str, Tensor]]:
    if not path.is_file():
        raise CheckpointError(f"there is no model file {path}")
    try:
        _check_size(path)
        with safe_open(path, framework="pt", device="cpu") as file:
            header = _parse_header(path, file.metadata())
            if not with_tensors:
                return header, {}
            names = list(file.keys())
            if len(names) > MAX_TENSORS:
                raise CheckpointError(f"{path} holds more tensors than any genimg model")
            if check is not None:
                parts = {name: file.get_slice(name) for name in names}
                check(
                    header,
                    {k: TensorInfo(v.get_dtype(), tuple(v.get_shape())) for k, v in parts.items()},
                )
            return header, {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} cannot be read as a model: {error}") from error


def _check_size(path: Path) -> None:
    """Refuse what would take long to read, or much memory, before it is read."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise CheckpointError(f"{path} is larger than any genimg model")
    with path.open("rb") as file:
        start = file.read(len(_LFS_POINTER))
    if start == _LFS_POINTER:
        raise CheckpointError(
            f"{path} is not the model but a pointer to it, as Git LFS leaves it: fetch the model "
            "with `git lfs pull`, or download the file itself"
        )
    table = int.from_bytes(start[:8], "little")
    if not 2 <= table <= min(size - 8, MAX_TABLE_BYTES):
        raise CheckpointError(f"{path} cannot be read as a model: it is cut off, or none")
