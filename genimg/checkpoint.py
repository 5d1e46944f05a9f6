"""How a model is written to one file and read back: safetensors plus one JSON header, never a
pickle.

The header is the metadata entry "genimg" of the safetensors file. One file is one model: weights,
fitted prior, directions, how it was trained, what it measured, and whose data it learned from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from torch import Tensor

from genimg.config import config_from_mapping, config_to_mapping
from genimg.errors import CheckpointError, ConfigError
from genimg.files import write_atomically

FORMAT_VERSION = 1
MAX_HEADER_CHARACTERS = 4_000_000
MAX_FILE_BYTES = 4 * 1024**3


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself.

    Attributes:
        family: a key of `genimg.models.MODELS`.
        name: the model's name for people, such as "cats-64-vae".
        id: digest of the weights; latents and directions carry it.
        config: the architecture, see the family's config dataclass.
        data: title, licence, credit and description of the training pictures.
        trained: how: pictures seen, minutes, options, version.
        metrics: what was measured on held-out pictures.
        directions: one mapping a direction (name, group, factor, std, reliability); their unit
            vectors are the rows of the tensor "directions.vectors".
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


def save(path: Path, header: Header, tensors: Mapping[str, Tensor]) -> None:
    """Write a checkpoint atomically: the file is complete or was not touched."""
    text = json.dumps(config_to_mapping(header), ensure_ascii=False, allow_nan=False)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(Path(path), serialize(plain, metadata={"genimg": text}))


def _parse_header(path: Path, metadata: Mapping[str, str] | None) -> Header:
    text = (metadata or {}).get("genimg")
    if text is None:
        raise CheckpointError(f"{path} is a safetensors file, but not a genimg model")
    if len(text) > MAX_HEADER_CHARACTERS:
        raise CheckpointError(
            f"{path} has a header of {len(text)} characters; that is no genimg model"
        )
    try:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ConfigError("the header is not a JSON object")
        version = values.get("format_version")
        if version != FORMAT_VERSION:
            raise CheckpointError(
                f"{path} has format version {version}, this genimg reads {FORMAT_VERSION}; "
                "update genimg"
            )
        header = config_from_mapping(Header, values)
        if len(header.image_shape) != 3:
            raise ConfigError("image_shape needs three numbers")
    except (ValueError, KeyError, TypeError, RecursionError, ConfigError) as error:
        raise CheckpointError(f"the header of {path} is damaged: {error}") from error
    return header


def read_header(path: Path) -> Header:
    """Read the header alone, without the weights: quick enough for a menu of many models.

    Raises:
        CheckpointError: the file is missing, damaged or of another format.
    """
    return _read(Path(path), with_tensors=False)[0]


def load(path: Path) -> tuple[Header, dict[str, Tensor]]:
    """Read a checkpoint: its header and all its tensors, on the CPU, all numbers finite.

    Raises:
        CheckpointError: the file is missing, damaged or of another format.
    """
    header, tensors = _read(Path(path), with_tensors=True)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{path} holds numbers that are not finite ({name})")
    return header, tensors


def _read(path: Path, with_tensors: bool) -> tuple[Header, dict[str, Tensor]]:
    if not path.is_file():
        raise CheckpointError(f"there is no model file {path}")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise CheckpointError(f"{path} is larger than any genimg model")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            header = _parse_header(path, file.metadata())
            names = list(file.keys()) if with_tensors else []
            return header, {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} cannot be read as a model: {error}") from error
