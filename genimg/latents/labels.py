"""What a latent shows in plain words, and how one of those words is exchanged for another.

Where the prior is a sum of one offset for each label value (see `genimg.models.Prior`), a value is
exchanged by taking its offset away and adding that of another: a red hat becomes a blue bow, and
all else stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genimg.errors import LatentError
from genimg.models import Prior
from genimg.models.whitening import whitening_of

MAX_ROUNDS = 10


@dataclass(frozen=True, eq=False)
class Labels:
    """The labelled factors of one model.

    Attributes:
        factors: {factor: names of its values}, in the order of the offsets.
        offsets: for each factor, what each value adds, float32 `[V, d]`.
        mean: what is left on average, `[d]`.
        whitening: `[d, d]`; rests multiplied by it vary alike in all directions.
    """

    factors: Mapping[str, tuple[str, ...]]
    offsets: tuple[Tensor, ...]
    mean: Tensor
    whitening: Tensor

    @classmethod
    def from_prior(cls, prior: Prior, factors: Sequence[tuple[str, Sequence[str]]]) -> Labels:
        """Take the offsets of a fitted prior.

        Raises:
            LatentError: `factors` are not those that the prior has offsets for.
        """
        sizes = prior.sizes.tolist()
        if [len(values) for _, values in factors] != sizes:
            raise LatentError("the names of the labels do not fit the prior")
        means, weights = prior.means.cpu(), prior.weights.cpu()
        mean = weights @ means
        spread = prior.cholesky.cpu() @ prior.cholesky.cpu().transpose(1, 2)  # (K, d, d)
        between = (means - mean).unsqueeze(2) * (means - mean).unsqueeze(1)
        covariance = torch.einsum("k,kij->ij", weights, spread + between)
        return cls(
            {name: tuple(values) for name, values in factors},
            torch.split(prior.offsets.cpu(), sizes),
            mean,
            whitening_of(covariance, ridge=0.0),
        )

    def read(self, z: Tensor) -> dict[str, str]:
        """The value of each factor that a latent `[d]` shows: {factor: value}.

        The sum of offsets that leaves the likeliest rest (least Mahalanobis distance), found factor
        by factor in rounds until nothing changes. Of `[layers, d]` the mean over layers is read.
        """
        chosen = self._nearest(z if z.ndim == 1 else z.mean(dim=0))
        return {
            name: values[index]
            for (name, values), index in zip(self.factors.items(), chosen, strict=True)
        }

    def _nearest(self, z: Tensor) -> list[int]:
        offsets = [part @ self.whitening.T for part in self.offsets]
        rest = self.whitening @ (z - self.mean)
        chosen: list[int | None] = [None] * len(offsets)
        for _ in range(MAX_ROUNDS):
            before = list(chosen)
            for factor, values in enumerate(offsets):
                now = chosen[factor]
                without = rest if now is None else rest + values[now]
                best = int((without - values).square().sum(dim=1).argmin())
                rest, chosen[factor] = without - values[best], best
            if chosen == before:
                break
        return [index or 0 for index in chosen]

    def change(self, z: Tensor, changes: Mapping[str, str]) -> Tensor:
        """The latent `[d]` or `[layers, d]` with some values exchanged, {factor: new value}.

        Raises:
            LatentError: an unknown factor or value.
        """
        shown = self.read(z)
        for factor, value in changes.items():
            if factor not in self.factors:
                known = ", ".join(self.factors) or "no labels"
                raise LatentError(f"this model knows no {factor!r}; it knows {known}")
            values = self.factors[factor]
            if value not in values:
                raise LatentError(f"{factor} cannot be {value!r}; choose {', '.join(values)}")
            offsets = self.offsets[list(self.factors).index(factor)]
            if value != shown[factor]:
                z = z + offsets[values.index(value)] - offsets[values.index(shown[factor])]
        return z

    def toward(self, z: Tensor, other: Tensor, share: float, factors: Collection[str]) -> Tensor:
        """The latent `[d]` or `[layers, d]` with the values of `factors` as `other [d]` shows them.

        What no label explains goes `share` of the way to that of `other`. So a part of the way to
        another picture is some of its labels, each of them whole, and not half a hat.
        """
        shown, wanted = self._nearest(z if z.ndim == 1 else z.mean(dim=0)), self._nearest(other)
        result = torch.lerp(z, other.expand_as(z), share)
        for name, offsets, old, new in zip(self.factors, self.offsets, shown, wanted, strict=True):
            taken = offsets[new] if name in factors else offsets[old]
            result = result + taken - torch.lerp(offsets[old], offsets[new], share)
        return result
