"""What number does a latent show, and how far does a slider have to go for another one?

Two vectors, as these are two questions. What a picture shows is read off the latent that it is
encoded to. A latent that a slider has moved is no encoding of a picture: what is drawn of it goes
only part of the way, and how far is measured (see `genimg.evaluation.responses`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from genimg.errors import LatentError

_PARTS = 100
"""Into about so many steps a range is divided by the digits with which a number is told."""


@dataclass(frozen=True, eq=False)
class Scale:
    """A number that latents show, in its unit: `z @ weights + bias`; in what is drawn along a
    vector it changes by `vector @ response`.

    Attributes:
        unit: "years", or "" where the number's name says it.
        low, high: between which values it lay in the training pictures.
        error: how far it is off on held-out pictures, the root of the mean square, in its unit.
        weights: float32 on the CPU, `[d]`.
        bias: what the latent 0 shows.
        response: float32 on the CPU, `[d]`; None stands for the weights, where nothing was
            measured.

    Raises:
        LatentError: numbers that are not finite, or no range.
    """

    unit: str
    low: float
    high: float
    error: float
    weights: Tensor
    bias: float
    response: Tensor | None = None

    def __post_init__(self) -> None:
        for name in ("weights", "response"):
            row = getattr(self, name)
            if row is not None:
                row = torch.as_tensor(row).detach().to("cpu", torch.float32).clone()
                object.__setattr__(self, name, row)
        rows = [self.weights, *([] if self.response is None else [self.response])]
        known = (self.low, self.high, self.error, self.bias)
        if not all(map(math.isfinite, known)) or not all(bool(r.isfinite().all()) for r in rows):
            raise LatentError("a scale holds numbers that are not finite")
        if any(row.ndim != 1 or len(row) != len(rows[0]) for row in rows):
            raise LatentError("a scale has no row of weights")
        if not self.low < self.high or self.error < 0.0:
            raise LatentError("a scale has no range")

    def read(self, z: Tensor) -> float:
        """The number that a latent `[d]` shows; of `[layers, d]` the mean over layers is read."""
        row = z if z.ndim == 1 else z.mean(dim=0)
        return float(row.double() @ self.weights.double()) + self.bias

    def change(self, vector: Tensor) -> float:
        """By how much the number changes in what is drawn along a vector `[d]`."""
        row = self.weights if self.response is None else self.response
        return float(vector.double() @ row.double())

    @property
    def digits(self) -> int:
        """Decimal places with which the number is told."""
        return max(0, round(-math.log10((self.high - self.low) / _PARTS)))

    def words(self, value: float) -> str:
        """A value for people, such as "62 years"."""
        return f"{round(value, self.digits) + 0.0:.{self.digits}f} {self.unit}".rstrip()

    @property
    def off(self) -> str:
        """The error for people, such as "± 4.2 years"."""
        return f"± {self.error:.2g} {self.unit}".rstrip()

    @property
    def range(self) -> str:
        """Between which values it lies, such as "20 to 75 years"."""
        return f"{self.bounds} {self.unit}".rstrip()

    @property
    def bounds(self) -> str:
        """The same without its unit."""
        return f"{self.low:.4g} to {self.high:.4g}"
