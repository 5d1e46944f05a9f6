"""What point is a whole photograph, how is it moved, and how does a recipe hold it small and exact?

A base's latents are a grid of numbers `[c, h, w]`, one column for each 8 x 8 pixels. While a
picture is worked on they are plain float32. What a recipe begins with is rounded to a byte a number
first: of 256 levels over (-3, 3) the error has a standard deviation of 0.007, and the base was
trained under noise of 0.05. Levels are exact in float32: the same bits on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from typing_extensions import override

from genimg.errors import LatentError
from genimg.latents.maps import MapDirection, move_map
from genimg.latents.moves import check_way
from genimg.latents.points import Latent
from genimg.models.autoencoder import BOUND, FACTOR, latent_side

LEVELS = 256
FURTHEST = 4 * BOUND
"""Moved latents are kept within (-FURTHEST, FURTHEST): no decoder has seen such, and nothing may
become infinite.
"""
REACHES = (BOUND, 2 * BOUND, FURTHEST)
"""Levels are spread over the least of these that a latent lies within."""
MOST_PLACES = 128 * 128
"""Columns of the largest latent: those of a picture of 1,024 x 1,024 pixels."""
MOST_CHANNELS = 64


@dataclass(frozen=True, eq=False)
class SpatialLatent(Latent):
    """The point of a base that a picture of any size is.

    Attributes:
        z: float32 on the CPU, `[c, h, w]`.
        size: (H, W) of the picture in pixels; no side need be a multiple of 8.

    Raises:
        LatentError: `z` is no grid of finite numbers, is too large, or does not fit the size.
    """

    size: tuple[int, int]
    _is_settled: ClassVar[bool] = False  # `from_levels` sets it on what it makes

    def __post_init__(self) -> None:
        plain = torch.as_tensor(self.z).detach().to("cpu", torch.float32)
        if plain.ndim != 3 or not 0 < len(plain) <= MOST_CHANNELS:
            raise LatentError(f"a photograph's latent is a grid, not of shape {tuple(plain.shape)}")
        if min(self.size) < FACTOR or tuple(plain.shape[1:]) != places(self.size):
            raise LatentError(
                f"a latent of {list(plain.shape[1:])} is of no picture of {self.size}"
            )
        if plain[0].numel() > MOST_PLACES:
            raise LatentError(f"a picture of {self.size} pixels is too large for a latent")
        if self.details is not None:
            raise LatentError("the latent of a photograph holds its details itself")
        if not bool(torch.isfinite(plain).all()):
            raise LatentError("a latent holds numbers that are not finite")
        object.__setattr__(self, "z", plain.clone(memory_format=torch.contiguous_format))
        object.__setattr__(self, "size", tuple(self.size))

    @override
    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SpatialLatent) and self.size == other.size and super().__eq__(other)
        )

    @override
    def __hash__(self) -> int:
        return hash((self.size, super().__hash__()))

    @override
    def rows(self, layers: int) -> Tensor:
        """Never: LatentError."""
        raise LatentError("the latent of a photograph has no layers")

    @override
    def settled(self) -> SpatialLatent:
        """The same rounded to levels, as a recipe holds it; what is rounded already stays."""
        if self._is_settled:
            return self
        levels, reach = self.levels()
        return from_levels(levels, reach, self.size, self.model_id)

    def levels(self) -> tuple[Tensor, int]:
        """Uint8 `[c, h, w]`, and which of REACHES they are spread over."""
        furthest = float(self.z.abs().max())
        reach = next((i for i, most in enumerate(REACHES) if furthest < most), len(REACHES) - 1)
        step = 2 * REACHES[reach] / LEVELS
        levels = ((self.z + REACHES[reach]) / step).floor_().clamp_(0, LEVELS - 1)
        return levels.to(torch.uint8), reach


def from_levels(levels: Tensor, reach: int, size: tuple[int, int], model_id: str) -> SpatialLatent:
    """The latent that `SpatialLatent.levels` wrote: each number is the middle of its level."""
    step = 2 * REACHES[reach] / LEVELS
    latent = SpatialLatent((levels.float() + 0.5) * step - REACHES[reach], model_id, size)
    object.__setattr__(latent, "_is_settled", True)
    return latent


def places(size: tuple[int, int]) -> tuple[int, int]:
    """(h, w) of the latents of a picture of (H, W) pixels."""
    return latent_side(size[0]), latent_side(size[1])


def move_spatial(
    latent: SpatialLatent, directions: Mapping[str, MapDirection], amounts: Mapping[str, float]
) -> SpatialLatent:
    """The latent moved by `amounts` {direction name: where its slider stands}; 0 changes nothing.

    Raises:
        LatentError: an unknown direction, one of another model, or an amount out of range.
    """
    for name in amounts:
        if name in directions:
            latent.require_model(directions[name].model_id)
    moved = move_map(latent.z, directions, amounts)
    if moved is latent.z:
        return latent
    return latent.at(torch.nan_to_num(moved).clamp_(-FURTHEST, FURTHEST))


def between_spatial(a: SpatialLatent, b: SpatialLatent, t: float, method: str) -> SpatialLatent:
    """The point at `t` (0 = a, 1 = b, both exact) of the straight way from `a` to `b`.

    Grids have no common length to turn, so every known `method` is the straight way.

    Raises:
        LatentError: latents of different models or sizes, or an unknown method.
    """
    check_way(a, b, t, method)
    if a.size != b.size:
        (tall_a, wide_a), (tall_b, wide_b) = a.size, b.size
        raise LatentError(
            f"one picture is {wide_a} x {tall_a} pixels, the other {wide_b} x {tall_b}: there is a "
            "way between two of the same size; bring one to the size of the other first"
        )
    if t in (0.0, 1.0):
        return b if t else a
    return a.at(torch.lerp(a.z, b.z, t))
