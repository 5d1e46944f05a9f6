"""What is linear in a set of pictures, found in seconds: a network then learns only the rest.

Probabilistic principal components (Tipping & Bishop 1999) are the linear VAE that needs no
training: its posterior and its decoder are known in closed form (Lucas et al. 2019, "Don't blame
the ELBO!", section 3). Shapes at line ends: N pictures, D numbers of a picture, d latent
dimensions.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

LEAST_NOISE = 0.05
"""Of the variance of a number: few pictures leave no rest, but new ones do."""
_OVERSAMPLED, _ITERATIONS = 8, 2  # of the randomised decomposition


class ProbabilisticPCA(nn.Module):
    """A latent `[N, d]` to numbers `[N, *shape]` and back, linearly; nothing until it is fitted.

    Args:
        shape: of a picture's numbers, D in all.
        latent_dim: d.

    Attributes:
        centre: the mean picture, `[D]`.
        components: orthonormal directions, `[d, D]`, those that explain most first.
        spread: how far one standard deviation of each latent number leads, `[d]`; 0 where there
            were too few pictures to tell.
        noise: the variance of a number that the components do not explain, `[]`.
    """

    centre: Tensor
    components: Tensor
    spread: Tensor
    noise: Tensor

    def __init__(self, shape: tuple[int, ...], latent_dim: int) -> None:
        super().__init__()
        self.shape = shape
        size = math.prod(shape)
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("components", torch.zeros(latent_dim, size))
        self.register_buffer("spread", torch.zeros(latent_dim))
        self.register_buffer("noise", torch.ones(()))

    @torch.no_grad()
    def fit(self, pictures: Tensor, seed: int = 0) -> None:
        """Find the components of pictures float32 `[N, *shape]`; at most half as many as those."""
        rows = pictures.flatten(1)
        centre = rows.mean(dim=0)
        rows = rows - centre
        count = min(len(self.spread), len(rows) // 2)
        if not count:
            return
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            *_, found = torch.svd_lowrank(
                rows, min(count + _OVERSAMPLED, len(rows)), niter=_ITERATIONS
            )
        found = found[:, :count].T.contiguous()
        codes = rows @ found.T
        explained = codes.square().mean(dim=0)
        left = rows.square().sum() / len(rows) - explained.sum()
        noise = (left / max(rows.shape[1] - count, 1)).clamp_min(LEAST_NOISE)
        self.centre.copy_(_half(centre))
        self.components.zero_()[:count].copy_(_half(found))
        self.spread.zero_()[:count].copy_(_half((explained - noise).clamp_min(0).sqrt()))
        self.noise.copy_(_half(noise))

    def posterior(self, pictures: Tensor) -> Tensor:
        """Means and log-variances of the latents of `[N, *shape]`, side by side: `[N, 2d]`."""
        variance = self.spread.square() + self.noise
        codes = (pictures.flatten(1).float() - self.centre) @ self.components.T
        mean = codes * (self.spread / variance)
        return torch.cat([mean, (self.noise / variance).log().expand_as(mean)], dim=1)

    @override
    def forward(self, z: Tensor) -> Tensor:
        """Latents `[N, d]` to the pictures that they are linearly, float32 `[N, *shape]`."""
        rows = self.centre + (z.float() * self.spread) @ self.components
        return rows.reshape(-1, *self.shape)


def _half(values: Tensor) -> Tensor:
    """As a file in half precision holds them, so that what is read again is the same."""
    return values.half().float()
