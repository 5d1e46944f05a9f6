"""The VAE of Burgess et al. 2018 ("Understanding disentangling in beta-VAE", appendix A), as the
textbook of disentanglement trains it: four (at 32 pixels three) convolutions of 32 channels, two
dense layers of 256, a Bernoulli likelihood, Adam at 5e-4. beta is 1 unless told, so that it
reconstructs.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BURGESS = "burgess"
LEARNING_RATE = 5e-4
CHANNELS, UNITS = 32, 256


class BurgessVAE(nn.Module):
    """For pictures (C, H, W) of 32 or 64 pixels with values from 0 to 1."""

    def __init__(self, image_shape: tuple[int, int, int], latent_dim: int) -> None:
        super().__init__()
        channels, size, _ = image_shape
        count = 4 if size == 64 else 3
        down: list[nn.Module] = []
        up: list[nn.Module] = []
        for i in range(count):
            before = channels if i == 0 else CHANNELS
            down += [nn.Conv2d(before, CHANNELS, 4, 2, 1), nn.ReLU()]
            after = channels if i == count - 1 else CHANNELS
            up += [nn.ConvTranspose2d(CHANNELS, after, 4, 2, 1)] + [nn.ReLU()] * (i < count - 1)
        self.encoder = nn.Sequential(
            *down, nn.Flatten(),
            nn.Linear(CHANNELS * 16, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS), nn.ReLU(),
            nn.Linear(UNITS, 2 * latent_dim),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS), nn.ReLU(),
            nn.Linear(UNITS, CHANNELS * 16), nn.ReLU(), nn.Unflatten(1, (CHANNELS, 4, 4)),
            *up, nn.Sigmoid(),
        )  # fmt: skip

    def loss(self, pixels: Tensor, beta: float = 1.0, correlation: float = 0.0) -> Tensor:
        """The negative evidence bound of pixels `[N, C, H, W]`, a mean over the pictures, with its
        KL divergence taken `beta` times (Higgins et al. 2017), and the total correlation of the
        latents added `correlation` times: with 1 less than the beta of a beta-TCVAE, it is that
        (Chen et al. 2018), as the KL divergence holds the total correlation once.
        """
        mean, logvar = self.encoder(pixels).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        kl = 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).sum()
        rec = F.binary_cross_entropy(self.decoder(z), pixels, reduction="sum")
        loss = (rec + beta * kl) / len(pixels)
        return loss + correlation * total_correlation(z, mean, logvar) if correlation else loss

    def reconstruct(self, pixels: Tensor) -> Tensor:
        """Pixels through the mean of the posterior."""
        made: Tensor = self.decoder(self.encoder(pixels).chunk(2, dim=1)[0])
        return made


def total_correlation(z: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    """How far the dimensions of latents z `[N, d]` depend on each other, in nats and up to a
    constant: Chen et al. 2018 from the N posteriors of a batch (minibatch weighted sampling).
    """
    gaps = (z[:, None] - mean[None]).square() * torch.exp(-logvar)[None]  # (N, N, d)
    density = -0.5 * (gaps + logvar[None] + math.log(2.0 * math.pi))
    together = torch.logsumexp(density.sum(dim=2), dim=1)
    singly = torch.logsumexp(density, dim=1).sum(dim=1)
    return (together - singly).mean()
