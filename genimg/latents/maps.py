"""How are the latents of a whole photograph moved: by maps that work alike at every place of it?

The base's latents are a grid `[c, h, w]`, so no single vector of theirs stands for "warmer". What
does is a linear map of the c numbers at a place: a *generator* G `[c, c + 1]` (its last column is
added) such that a small step is L + t G [L; 1]. A slider at t applies the whole flow exp(t G),
again one affine map: moving by t and by -t undoes itself, and moving by 0 is the identity. Several
sliders add up in the exponent, so their order does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from genimg.errors import LatentError
from genimg.latents.moves import check_amount


@dataclass(frozen=True, eq=False)
class MapDirection:
    """A slider of a base: a generator of affine maps of the latents at each place.

    Attributes:
        name: plain words for a person, such as "warmth"; unique within a model.
        generator: float32 `[c, c + 1]` on the CPU, for a slider at 1.
        reliability: how much of the change that the name promises is made, measured on held-out
            pictures, 0 to 1.
        model_id: digest of the weights that it belongs to.
        group, factor, scale: as those of a `Direction`; they are the same for all.

    Raises:
        LatentError: another shape, or numbers that are not finite.
    """

    name: str
    generator: Tensor
    reliability: float
    model_id: str
    group: ClassVar[str] = "measured"
    factor: ClassVar[str] = ""
    scale: ClassVar[None] = None

    def __post_init__(self) -> None:
        plain = torch.as_tensor(self.generator).detach().to("cpu", torch.float32)
        if plain.ndim != 2 or plain.shape[1] != plain.shape[0] + 1:
            raise LatentError(f"direction {self.name!r} is no map of latents")
        if not bool(torch.isfinite(plain).all()):
            raise LatentError(f"direction {self.name!r} holds numbers that are not finite")
        if not 0.0 <= self.reliability <= 1.0:
            raise LatentError(f"direction {self.name!r} has a reliability out of range")
        object.__setattr__(self, "generator", plain.clone())


def flow(generator: Tensor) -> Tensor:
    """The affine map `[c, c + 1]` that a generator leads to: its matrix exponential."""
    square = torch.cat([generator, torch.zeros_like(generator[:1])]).double()
    whole: Tensor = torch.linalg.matrix_exp(square)
    return whole[:-1].to(generator.dtype)


def apply_map(affine: Tensor, latents: Tensor) -> Tensor:
    """Latents `[..., c, h, w]` with the numbers at each place mapped by an affine `[c, c + 1]`."""
    linear, offset = affine[:, :-1], affine[:, -1]
    return torch.einsum("dc,...chw->...dhw", linear, latents) + offset[:, None, None]


def move_map(
    latents: Tensor, directions: Mapping[str, MapDirection], amounts: Mapping[str, float]
) -> Tensor:
    """Latents `[c, h, w]` of a base moved by `amounts` {direction name: where its slider stands}.

    Raises:
        LatentError: an unknown direction, or an amount that is not finite.
    """
    total = torch.zeros(len(latents), len(latents) + 1)
    for name, amount in amounts.items():
        if name not in directions:
            raise LatentError(f"this model has no direction {name!r}")
        check_amount(name, amount)
        total = total + amount * directions[name].generator
    if not bool(total.any()):
        return latents
    return apply_map(flow(total).to(latents.device), latents)


def maps_to_header(
    directions: Sequence[MapDirection],
) -> tuple[tuple[dict[str, object], ...], dict[str, Tensor]]:
    """What a checkpoint stores: one mapping a direction for the header, and the generators as a
    tensor `[n, c, c + 1]`.
    """
    rows = tuple(
        {
            "name": d.name,
            "group": "measured",
            "factor": "",
            "std": 1.0,
            "reliability": round(d.reliability, 4),
        }
        for d in directions
    )
    if not directions:
        return rows, {}
    return rows, {"directions.maps": torch.stack([d.generator for d in directions])}
