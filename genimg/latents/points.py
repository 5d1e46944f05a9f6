"""The two values that everything is made of: a point of a latent space, and a way to move it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, Self

import torch
from torch import Tensor

from genimg.errors import LatentError
from genimg.latents.scale import Scale

if TYPE_CHECKING:
    from genimg.latents.spatial import SpatialLatent

GROUPS = ("number", "named", "measured", "component", "raw")


def _checked(vector: Tensor, what: str, layered: bool = False) -> Tensor:
    plain = torch.as_tensor(vector).detach().to("cpu", torch.float32)
    rows = plain.ndim == 1 or (layered and plain.ndim == 2 and len(plain) > 1)
    if not rows or plain.numel() == 0:
        raise LatentError(
            f"{what} must be one row of numbers{', or one for each layer' if layered else ''}, "
            f"not of shape {tuple(plain.shape)}"
        )
    if not bool(torch.isfinite(plain).all()):
        raise LatentError(f"{what} holds numbers that are not finite")
    return plain.clone()


@dataclass(frozen=True, eq=False)
class Latent:
    """A point of one model's latent space.

    Attributes:
        z: float32 on the CPU, `[d]`; or `[layers, d]` with a row for each layer of a network that
            takes several, the coarsest first (Abdal et al. 2019 call that space W+).
        model_id: digest of the weights that `z` belongs to.
        details: what a photograph has beyond what `z` says of it, of the same model: it is drawn
            along, wherever `z` moves. None where nothing is known but `z`.
        home: where `z` was when the details were taken: what is no longer there loses its details.
            None where `z` is still there, or there are no details.

    Raises:
        LatentError: `z` is not one row of finite numbers, or two rows and more; or the details are
            none, or of another model.
    """

    z: Tensor
    model_id: str
    details: SpatialLatent | None = field(default=None, kw_only=True)
    home: Tensor | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "z", _checked(self.z, "a latent", layered=True))
        home = (
            None if self.home is None or self.details is None else _checked(self.home, "a latent")
        )
        still = home is None or torch.equal(home, self.z)
        object.__setattr__(self, "home", None if still else home)
        details: object = self.details
        if details is not None:
            if not isinstance(details, Latent) or details.z.ndim != 3:
                raise LatentError("the details of a picture are a grid, as a photograph's latent")
            details.require_model(self.model_id)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Latent)
            and self.model_id == other.model_id
            and torch.equal(self.z, other.z)
            and self.details == other.details
            and torch.equal(self.origin, other.origin)
        )

    def __hash__(self) -> int:
        return hash((self.model_id, self.z.numpy().tobytes(), self.details))

    @property
    def origin(self) -> Tensor:
        """Where its details were taken: its home, or `z` itself."""
        return self.z if self.home is None else self.home

    @property
    def layers(self) -> int:
        """How many rows `z` has: 1 where all layers share one."""
        return len(self.z) if self.z.ndim == 2 else 1

    def rows(self, layers: int) -> Tensor:
        """`z` with a row for each of `layers`, `[layers, d]`; a single row is repeated.

        Raises:
            LatentError: it has another number of rows already.
        """
        if self.z.ndim == 1:
            return self.z.expand(layers, -1)
        if len(self.z) != layers:
            raise LatentError(f"a latent of {len(self.z)} layers does not go with {layers} layers")
        return self.z

    def at(self, z: Tensor) -> Self:
        """The latent moved to `z`; all else that is known of its picture stays."""
        return replace(self, z=z, home=None if self.details is None else self.origin)

    def showing(self, share: float) -> Self:
        """The latent with this share of its details, 0 (only what `z` says) to 1 (all of them)."""
        if self.details is None or share == 1.0:
            return self
        faded = self.details.at(share * self.details.z) if share else None
        return replace(self, details=faded)

    def settled(self) -> Latent:
        """The latent as a recipe holds it: exactly what can be written down and read again."""
        if self.details is None or (details := self.details.settled()) is self.details:
            return self
        return replace(self, details=details)

    def require_model(self, model_id: str) -> None:
        """Raise LatentError unless this latent belongs to the model with this id."""
        if self.model_id != model_id:
            raise LatentError(
                f"this latent belongs to model {self.model_id}, not to {model_id}; "
                "encode the picture again with the present model"
            )


class Slider(Protocol):
    """What is known of any way to move a latent: see `Direction`."""

    @property
    def name(self) -> str:
        """Plain words for a person."""

    @property
    def group(self) -> str:
        """One of GROUPS."""

    @property
    def reliability(self) -> float:
        """How far the name can be trusted, 0 to 1."""

    @property
    def factor(self) -> str:
        """For a named value, what it is a value of; else ""."""

    @property
    def scale(self) -> Scale | None:
        """What it is in units, where it is a number."""


@dataclass(frozen=True, eq=False)
class Direction:
    """A way to move a latent: adding `amount * std * vector` changes one thing of the picture.

    Attributes:
        name: plain words for a person, such as "glasses"; unique within a model.
        vector: float32 on the CPU, `[d]`, of unit length.
        std: standard deviation of the training pictures' latents along `vector`, over 0.
        group: "number" (from numbers), "named" (from labels), "measured" (from the pictures),
            "component" (along which latents vary most) or "raw" (one dimension).
        reliability: how far the name can be trusted, measured on held-out pictures, 0 to 1; see
            `genimg.latents.directions` for what it is in each group.
        model_id: digest of the weights that `vector` belongs to.
        factor: for a named value, what it is a value of ("coat").
        scale: for a number, how it is read off a latent, and in which unit; else None.
    """

    name: str
    vector: Tensor
    std: float
    group: str
    reliability: float
    model_id: str
    factor: str = ""
    scale: Scale | None = None

    def __post_init__(self) -> None:
        vector = _checked(self.vector, f"direction {self.name!r}")
        object.__setattr__(self, "vector", vector)
        if self.group not in GROUPS:
            raise LatentError(
                f"direction {self.name!r} is of group {self.group!r}, not of {GROUPS}"
            )
        if abs(float(vector.norm()) - 1.0) > 1e-3:
            raise LatentError(f"direction {self.name!r} is not of unit length")
        if not 0.0 < self.std < float("inf") or not 0.0 <= self.reliability <= 1.0:
            raise LatentError(f"direction {self.name!r} has a std or reliability out of range")
        if (self.group == "number") != (self.scale is not None):
            raise LatentError(f"direction {self.name!r} is a number without a scale, or none with")
        if self.scale is not None and self.scale.weights.shape != vector.shape:
            raise LatentError(f"direction {self.name!r} has a scale of another size")
