"""How a picture remembers how it was made: the recipe in a PNG's text chunk, as strict JSON.

The text is data only: it is checked field by field, and nothing in it is run or used as a path.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from genimg.errors import LatentError, RecipeError
from genimg.latents.moves import MAX_AMOUNT
from genimg.latents.points import Latent

FORMAT_VERSION, LAYERED_VERSION = 1, 2
"""Recipes whose latent has a row for each layer say 2, as what reads version 1 cannot draw them."""
TEXT_KEY = "genimg"
MAX_CHARACTERS = 200_000
MAX_NAME = 200
MAX_LAYERS = 100


@dataclass(frozen=True)
class Recipe:
    """How a picture was made: `latent`, with `changes` made, moved by `amounts` and decoded.

    Attributes:
        latent: the point before the edits.
        amounts: {direction name: standard deviations}.
        origin: where the latent came from, in words for people ("upload", "sample, seed 7").
        model_name: the model's name, for messages; what counts is `latent.model_id`.
        changes: {labelled factor: value it was exchanged for}.
    """

    latent: Latent
    amounts: Mapping[str, float] = field(default_factory=dict)
    origin: str = ""
    model_name: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """JSON; the latent is base64 of little-endian float32, so that no bit is lost."""
        z = self.latent.z.numpy().astype("<f4").tobytes()
        layers = self.latent.layers
        return json.dumps(
            {
                "format_version": FORMAT_VERSION if layers == 1 else LAYERED_VERSION,
                "model_id": self.latent.model_id,
                "model_name": _plain(self.model_name),
                "latent": base64.b64encode(z).decode("ascii"),
                **({} if layers == 1 else {"layers": layers}),
                "amounts": {k: float(v) for k, v in self.amounts.items() if v},
                "changes": dict(self.changes),
                "origin": _plain(self.origin),
            },
            ensure_ascii=False,
            allow_nan=False,
        )

    @classmethod
    def from_text(cls, text: str) -> Recipe:
        """Read what `to_text` wrote.

        Raises:
            RecipeError: too long, not our JSON, of another version, or a field that cannot be.
        """
        if len(text) > MAX_CHARACTERS:
            raise RecipeError("the recipe in this picture is too long to be one of genimg's")
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise RecipeError("the recipe in this picture is damaged: it is not JSON") from None
        version = values.get("format_version") if isinstance(values, dict) else None
        if version not in (FORMAT_VERSION, LAYERED_VERSION):
            raise RecipeError(
                "the recipe in this picture is of another version of genimg; update genimg"
            )
        try:
            raw = base64.b64decode(_text(values, "latent", MAX_CHARACTERS), validate=True)
            z = torch.from_numpy(np.frombuffer(raw, dtype="<f4").astype(np.float32))
            if version == LAYERED_VERSION:
                z = z.reshape(_layers(values), -1)
            latent = Latent(z, _text(values, "model_id", MAX_NAME))
        except (binascii.Error, ValueError, RuntimeError, LatentError) as error:
            raise RecipeError(f"the recipe in this picture is damaged: {error}") from None
        amounts = values.get("amounts")
        if not isinstance(amounts, dict):
            raise RecipeError("the recipe in this picture is damaged: it has no amounts")
        changes = values.get("changes", {})
        if not isinstance(changes, dict):
            raise RecipeError("the recipe in this picture is damaged: its changes are no list")
        return cls(
            latent,
            {_name(k): _amount(v) for k, v in amounts.items()},
            _text(values, "origin", MAX_NAME),
            _text(values, "model_name", MAX_NAME),
            {_name(k): _text(changes, k, MAX_NAME) for k in changes},
        )


def _plain(text: str) -> str:
    """Text that `from_text` takes: file names may be longer, or hold bytes that are no text."""
    return text.encode("utf-8", "replace").decode("utf-8")[:MAX_NAME]


def _text(values: Mapping[str, object], key: str, limit: int) -> str:
    value = values.get(key)
    if not isinstance(value, str) or len(value) > limit:
        raise RecipeError(f"the recipe in this picture is damaged: {key} is missing or too long")
    return value


def _layers(values: Mapping[str, object]) -> int:
    layers = values.get("layers")
    if isinstance(layers, bool) or not isinstance(layers, int) or not 2 <= layers <= MAX_LAYERS:
        raise RecipeError("the recipe in this picture is damaged: its layers cannot be counted")
    return layers


def _name(value: str) -> str:
    if not value or len(value) > MAX_NAME:
        raise RecipeError("the recipe in this picture is damaged: a direction has no usable name")
    return value


def _amount(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RecipeError("the recipe in this picture is damaged: an amount is not a number")
    if not abs(value) <= MAX_AMOUNT:  # whole numbers too large for a float come here, too
        raise RecipeError("the recipe in this picture is damaged: an amount is out of range")
    return float(value)
