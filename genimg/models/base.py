"""What every model family offers to the rest of the program: points of a space, and pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from genimg.errors import LatentError


@dataclass(frozen=True)
class DiagonalGaussian:
    """A Gaussian over latents with a diagonal covariance: what an encoder says of a picture.

    `mean` and `logvar` are float32 `[N, d]`. The caller says whether it wants the mean or a draw.
    """

    mean: Tensor
    logvar: Tensor

    def mode(self) -> Tensor:
        """The most probable latent, `[N, d]`."""
        return self.mean

    def sample(self, rng: torch.Generator | None = None) -> Tensor:
        """One draw for each row, `[N, d]`, differentiable in mean and logvar (Kingma & Welling
        2014).
        """
        noise = torch.randn(
            self.mean.shape, generator=rng, device=rng.device if rng else self.mean.device
        ).to(self.mean.device)
        return self.mean + torch.exp(0.5 * self.logvar) * noise

    def kl_per_dimension(self) -> Tensor:
        """KL(q || N(0, 1)) in nats for each row and dimension, `[N, d]`."""
        return 0.5 * (self.mean.square() + self.logvar.exp() - 1.0 - self.logvar)

    def kl(self) -> Tensor:
        """KL(q || N(0, I)) in nats for each row, `[N]` (Kingma & Welling 2014, appendix B)."""
        return self.kl_per_dimension().sum(dim=1)


class Prior(nn.Module):
    """Where a model's pictures lie in its latent space: one value of each label, plus a mixture.

    A latent is the sum of one offset for each labelled factor, drawn independently, and one draw
    from K Gaussians with full covariances. Without labels there are no offsets, and it is a plain
    mixture.

    Args:
        weights: `[K]`, not negative, summing to 1.
        means: `[K, d]`.
        factors: `[K, d, d]`, lower triangular L with covariance L L^T.
        offsets: `[V, d]`, what each label value adds; the values of one factor after those of
            another.
        frequencies: `[V]`, how often each value occurs; they sum to 1 within a factor.
        sizes: int64 `[F]`, the number of values of each factor, summing to V.

    Raises:
        LatentError: shapes that do not fit each other, or shares that do not sum to 1.
    """

    weights: Tensor
    means: Tensor
    factors: Tensor
    offsets: Tensor
    frequencies: Tensor
    sizes: Tensor

    def __init__(
        self,
        weights: Tensor,
        means: Tensor,
        factors: Tensor,
        offsets: Tensor | None = None,
        frequencies: Tensor | None = None,
        sizes: Tensor | None = None,
    ) -> None:
        super().__init__()
        count, dimensions = means.shape
        offsets = torch.zeros(0, dimensions) if offsets is None else offsets
        frequencies = torch.zeros(0) if frequencies is None else frequencies
        sizes = torch.zeros(0, dtype=torch.int64) if sizes is None else sizes
        real = sizes.device.type != "meta"  # shapes alone are asked for before weights are read
        values = int(sizes.sum()) if real else len(offsets)
        if (
            weights.shape != (count,)
            or factors.shape != (count, dimensions, dimensions)
            or offsets.shape != (values, dimensions)
            or frequencies.shape != (values,)
            or (real and bool((sizes < 1).any()))
        ):
            raise LatentError("the parts of the prior do not fit each other")
        if real and not all(map(_are_shares, (weights, *torch.split(frequencies, sizes.tolist())))):
            raise LatentError("the parts of the prior do not occur in shares that sum to 1")
        self.register_buffer("weights", weights.float())
        self.register_buffer("means", means.float())
        self.register_buffer("factors", factors.float())
        self.register_buffer("offsets", offsets.float())
        self.register_buffer("frequencies", frequencies.float())
        self.register_buffer("sizes", sizes.to(torch.int64))

    @classmethod
    def standard(cls, dimensions: int) -> Prior:
        """N(0, I) of `dimensions` dimensions: the prior of a model nobody fitted one for."""
        return cls(torch.ones(1), torch.zeros(1, dimensions), torch.eye(dimensions).unsqueeze(0))

    def sample(self, n: int, rng: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Draw `[n, d]` on the generator's device.

        `temperature` scales the spread inside the chosen component: 0 gives component means.
        """
        device = rng.device
        choice = torch.multinomial(self.weights.to(device), n, replacement=True, generator=rng)
        noise = torch.randn(n, self.means.shape[1], generator=rng, device=device)
        spread = torch.einsum("nij,nj->ni", self.factors.to(device)[choice], noise)
        z = self.means.to(device)[choice] + temperature * spread
        parts = self.sizes.tolist()
        for offsets, frequencies in zip(
            torch.split(self.offsets.to(device), parts),
            torch.split(self.frequencies.to(device), parts),
            strict=True,
        ):
            value = torch.multinomial(frequencies, n, replacement=True, generator=rng)
            z = z + offsets[value]
        return z


def _are_shares(values: Tensor) -> bool:
    return bool((values >= 0).all()) and abs(float(values.sum()) - 1.0) < 1e-3


class LatentModel(nn.Module, ABC):
    """A network that turns latents into pictures, and pictures into latents where it has an
    encoder.

    Pixels are float32 `[N, C, H, W]` in [-1, 1]; latents are float32 `[N, d]`.
    """

    prior: Prior
    config: Any

    @property
    @abstractmethod
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the pictures."""

    @property
    @abstractmethod
    def latent_shape(self) -> tuple[int, ...]:
        """The shape of one latent, `(d,)`."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Latents `[N, d]` to pixels `[N, C, H, W]`, not clamped."""

    def encode(self, pixels: Tensor) -> DiagonalGaussian:
        """Pixels `[N, C, H, W]` to a Gaussian over latents.

        Raises:
            LatentError: this family has no encoder.
        """
        raise LatentError("this model has no encoder, so it cannot start from a picture")

    def sample_prior(self, n: int, rng: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Draw `n` latents `[n, d]` from the model's prior, on the device of `rng`."""
        return self.prior.sample(n, rng, temperature)
