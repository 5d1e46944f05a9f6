"""How do latents stand in a recipe? As rows of a table, where each stands once.

A latent is a row, or one for each layer: base64 of little-endian float32. That of a photograph is

    {"size": [H, W], "channels": c, "reach": 0, "levels": "base64 of deflated bytes [c, h, w]"}

and details of a latent are such a row after those of its point; where it has left the place that
they were taken at, that stands in a row after them.

What is read may have been written by anybody: it is checked, and nothing is inflated beyond what
its size tells.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genimg.latents.points import Latent
from genimg.latents.spatial import (
    MOST_CHANNELS,
    MOST_PLACES,
    REACHES,
    SpatialLatent,
    from_levels,
    places,
)
from genimg.models.autoencoder import FACTOR

_EFFORT = 6  # of zlib: 9 takes longer and gains nothing on such bytes


def rows_of(latent: Latent) -> list[Any]:
    """The rows that a settled latent takes: text, or pairs for a grid."""
    if isinstance(latent, SpatialLatent):
        return [tuple(_pack(latent).items())]
    details = [] if latent.details is None else rows_of(latent.details)
    home = [] if latent.home is None else _rows(latent.home)
    return [*_rows(latent.z), *details, *home]


def _rows(z: Tensor) -> list[str]:
    return [written(row) for row in np.atleast_2d(z.numpy())]


def written(row: np.ndarray[Any, Any]) -> str:
    """Numbers as the text that `numbers` reads."""
    return base64.b64encode(row.astype("<f4").tobytes()).decode("ascii")


def latents_in(
    rows: Sequence[Any], most_grids: int, model_id: str
) -> Callable[[list[int]], Latent]:
    """What gives the latent at some places of a table of rows.

    Raises:
        ValueError: a row that `rows_of` did not write; then, places where there is no latent.
        LatentError: a latent that cannot be.
    """
    if sum(isinstance(row, dict) for row in rows) > most_grids:
        raise ValueError("it has too many latents")
    parts = [_unpack(row, model_id) if isinstance(row, dict) else numbers(row) for row in rows]

    def latent_at(at: list[int]) -> Latent:
        if not at or max(at) >= len(parts):
            raise ValueError("it has no latent")
        chosen = [parts[place] for place in at]
        grids = [part for part in chosen if isinstance(part, SpatialLatent)]
        points = [part for part in chosen if isinstance(part, Tensor)]
        if not grids:
            return Latent(_stacked(points), model_id)
        cut = next(i for i, part in enumerate(chosen) if part is grids[0])
        if len(grids) > 1 or (points and not cut):
            raise ValueError("its latent has a grid where none belongs")
        if not points:
            return grids[0]
        home = _stacked(points[cut:]) if points[cut:] else None
        return Latent(_stacked(points[:cut]), model_id, details=grids[0], home=home)

    return latent_at


def _stacked(rows: list[Tensor]) -> Tensor:
    return rows[0] if len(rows) == 1 else torch.stack(rows)


def numbers(text: Any) -> Tensor:
    """Float32 `[d]` of a row; a ValueError if it is not exactly what `written` gives."""
    if not isinstance(text, str):
        raise ValueError("its latent is no text")
    raw = base64.b64decode(text, validate=True)  # binascii.Error is a ValueError
    if base64.b64encode(raw).decode("ascii") != text:
        raise ValueError("its latent is not written as genimg writes it")
    return torch.from_numpy(np.frombuffer(raw, dtype="<f4").astype(np.float32))


def _pack(latent: SpatialLatent) -> dict[str, Any]:
    levels, reach = latent.levels()
    deflated = zlib.compress(levels.numpy().tobytes(), _EFFORT)
    return {
        "size": latent.size,
        "channels": len(levels),
        "reach": reach,
        "levels": base64.b64encode(deflated).decode("ascii"),
    }


def _unpack(row: dict[str, Any], model_id: str) -> SpatialLatent:
    if set(row) != {"size", "channels", "reach", "levels"}:
        raise ValueError("its latent is no photograph's")
    size, channels, reach, text = row["size"], row["channels"], row["reach"], row["levels"]
    whole = isinstance(size, list) and len(size) == 2
    if not whole or not all(type(number) is int for number in (*size, channels, reach)):
        raise ValueError("its latent has no size")
    height, width = size
    if not (min(height, width) >= FACTOR and 0 < channels <= MOST_CHANNELS):
        raise ValueError("its latent has a size that cannot be")
    tall, wide = places((height, width))
    if tall * wide > MOST_PLACES or not 0 <= reach < len(REACHES) or not isinstance(text, str):
        raise ValueError("its latent is too large")
    expected = channels * tall * wide
    try:
        deflated = base64.b64decode(text, validate=True)
        inflating = zlib.decompressobj()
        raw = inflating.decompress(deflated, expected + 1)
    except zlib.error:
        raise ValueError("its latent cannot be unpacked") from None
    if len(raw) != expected or not inflating.eof or inflating.unused_data:
        raise ValueError("its latent is not as long as it says")
    levels = np.frombuffer(raw, dtype=np.uint8).reshape(channels, tall, wide)
    return from_levels(torch.from_numpy(levels.copy()), reach, (height, width), model_id)
