"""A VAE on the latents of a base: a model of one kind of photograph, sharp as the base is.

The base turns a picture into a grid of latents and back, and never changes (Rombach et al. 2022,
"High-resolution image synthesis with latent diffusion models", section 3.1). What is learned is
small: the posterior of a global latent given that grid, and the grid given the latent. A picture's
own grid, less what the model makes of it, are its *details*: added to the model's grids they keep
the photograph as it is while its latent moves. Shapes at line ends: N pictures, H x W pixels, c
channels of the grid, h = H/8, w = W/8, d latent dimensions.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.errors import ConfigError
from genimg.models import checks
from genimg.models.autoencoder import BOUND, FACTOR, Autoencoder, AutoencoderConfig, latent_side
from genimg.models.base import DiagonalGaussian, LatentModel
from genimg.models.prior import Prior
from genimg.models.vae import ResidualBlock, posterior

PRESET: Literal["photo"] = "photo"
LEAST_SIDE = 48
"""Pixels: grids of fewer than 6 x 6 places hold too little to learn from."""
MOST_OBLONG = 3
"""Times its shorter side that the longer one may be."""
NOISE_MAPS = 4
REACH = 4.0
"""Standard deviations of a channel; what lies beyond is no photograph's, and the base makes sparks
of it.
"""
WIDTH = 96
FLAT, UNLIKE = 0.1, 0.6
"""A variance in a window that is taken for none, in variances of the whole; and the part of what
varies that is another when details have faded to e^-1. Chosen by eye on portraits that were turned,
aged, darkened and made to laugh.
"""


@dataclass(frozen=True)
class PhotoVAEConfig:
    """Architecture of a VAE on a base.

    Attributes:
        image_shape: (3, H, W), multiples of 8 whose shorter side halves to a grid of 4 to 7 places.
        latent_dim: d, the number of latent dimensions.
        base: that of the base.
        widths: channels at each resolution of the grid, finest first; each after the first has half
            the side.
        blocks: residual blocks at each resolution of the decoder (the encoder has one).
        architecture: says in a file which network of the family this is.

    Raises:
        ConfigError: numbers that no network can have.
    """

    image_shape: tuple[int, int, int]
    latent_dim: int
    base: AutoencoderConfig = field(default_factory=lambda: AutoencoderConfig((3, 128, 128)))
    widths: tuple[int, ...] = (WIDTH, 2 * WIDTH, 2 * WIDTH)
    blocks: int = 2
    architecture: Literal["photo"] = PRESET

    def __post_init__(self) -> None:
        checks.require_picture(self.image_shape, square=False)
        checks.require_whole("latent_dim", self.latent_dim, 1, checks.MAX_LATENT_DIM)
        checks.require_whole("blocks", self.blocks, 0, checks.MAX_BLOCKS)
        checks.require_wholes("widths", self.widths, checks.MAX_WIDTHS, checks.MAX_WIDTH)
        halvings = len(self.widths) - 1
        sides = self.image_shape[1:]
        fitting = halvings >= 0 and not any(side % (FACTOR << halvings) for side in sides)
        if self.image_shape[0] != 3 or not fitting:
            raise ConfigError(
                f"a model on a base has colour pictures whose sides can be divided by {FACTOR} and "
                f"halved {max(halvings, 0)} times, not {self.image_shape}"
            )

    @property
    def coarsest(self) -> tuple[int, int]:
        """Places (h, w) at the coarsest resolution."""
        _, height, width = self.image_shape
        times = len(self.widths) - 1
        return latent_side(height) >> times, latent_side(width) >> times


def _halvings(height: int, width: int) -> int | None:
    """How often the grid of a picture is halved to a shorter side of 4 to 7 places; None if it
    cannot be.
    """
    if height % FACTOR or width % FACTOR or min(height, width) < LEAST_SIDE:
        return None
    short, long = sorted((height // FACTOR, width // FACTOR))
    count = 0
    while short > 7 and short % 2 == 0 and long % 2 == 0:
        short, long, count = short // 2, long // 2, count + 1
    return count if 4 <= short <= 7 and long <= MOST_OBLONG * short else None


def halvings(height: int, width: int) -> int:
    """How often the grid of a picture of so many pixels is halved to a shorter side of 4 to 7.

    Raises:
        ConfigError: it cannot be.
    """
    count = _halvings(height, width)
    if count is not None:
        return count
    if height == width:
        raise ConfigError(
            f"photographs of {height} pixels do not fit the network; use 48, 64, 96, 128, 192 or "
            "256"
        )
    sides = range(LEAST_SIDE, checks.MAX_SIDE + 1, FACTOR)
    fitting = [(h, w) for h in sides for w in sides if h != w and fits_base(h, w)]
    near = max(fitting, key=lambda at: (-abs(at[0] - height) - abs(at[1] - width), at))
    raise ConfigError(
        f"photographs of --size {height}x{width} do not fit the network; the nearest that does "
        f"is --size {near[0]}x{near[1]}"
    )


def fits_base(height: int, width: int) -> bool:
    """Whether there is a network for pictures of so many pixels."""
    return _halvings(height, width) is not None


def default_latent_dim(size: int) -> int:
    """As many as pixels of the shorter side, from 64 to 192."""
    return min(max(size, 64), 192)


def photo_config(
    image_shape: tuple[int, int, int], latent_dim: int | None = None, width: int = WIDTH
) -> PhotoVAEConfig:
    """The config for pictures of one shape.

    Raises:
        ConfigError: a shape that the network cannot have.
    """
    channels, *sides = image_shape
    if channels != 3:
        raise ConfigError(f"the preset photo is for colour pictures, not {image_shape}")
    widths = (width, *[2 * width] * halvings(*sides))
    return PhotoVAEConfig(image_shape, latent_dim or default_latent_dim(min(sides)), widths=widths)


class GridEncoder(nn.Module):
    """A whitened grid `[N, c, h, w]` to the mean and log-variance of its latent, `[N, 2d]`."""

    def __init__(self, config: PhotoVAEConfig, channels: int) -> None:
        super().__init__()
        widths = config.widths
        layers: list[nn.Module] = [
            nn.Conv2d(channels, widths[0], 3, padding=1),
            ResidualBlock(widths[0]),
        ]
        for fine, coarse in pairwise(widths):
            layers += [nn.Conv2d(fine, coarse, 4, stride=2, padding=1), ResidualBlock(coarse)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1] * math.prod(config.coarsest), 2 * config.latent_dim)

    @override
    def forward(self, grid: Tensor) -> Tensor:
        out: Tensor = self.head(F.silu(self.layers(grid)).flatten(1))
        return out


class GridDecoder(nn.Module):
    """A latent `[N, d]` to a whitened grid `[N, c, h, w]`.

    At each resolution but the coarsest, maps of noise are added through a small convolution: a
    texture has no place in a global latent, and a critic teaches the network to make it of noise
    (Karras et al. 2019, section 3.2). A model that is used has one noise for all pictures, so that
    what moves is the latent alone; one that is trained draws it anew for each.
    """

    noise: Tensor

    def __init__(self, config: PhotoVAEConfig, channels: int) -> None:
        super().__init__()
        widths = config.widths[::-1]
        self.coarsest = config.coarsest
        self.stem = nn.Linear(config.latent_dim, widths[0] * math.prod(self.coarsest))
        self.scales = nn.ModuleList()
        self.from_noise = nn.ModuleList()
        for i, width in enumerate(widths):
            layers: list[nn.Module] = [ResidualBlock(width) for _ in range(config.blocks)]
            if i + 1 < len(widths):
                layers += [nn.Conv2d(width, 4 * widths[i + 1], 1), nn.PixelShuffle(2)]
                self.from_noise.append(_small_convolution(widths[i + 1]))
            self.scales.append(nn.Sequential(*layers))
        self.head = nn.Conv2d(widths[-1], channels, 3, padding=1)
        _, height, width = config.image_shape
        self.register_buffer("noise", _fixed_noise(latent_side(height), latent_side(width)))

    @override
    def forward(self, z: Tensor, noise: Tensor | None = None) -> Tensor:
        x = self.stem(z).unflatten(1, (-1, *self.coarsest))
        maps = self.noise.expand(len(z), -1, -1, -1) if noise is None else noise
        for i, scale in enumerate(self.scales):
            if i:
                shrink = maps.shape[-1] // x.shape[-1]
                coarse = F.avg_pool2d(maps, shrink) * shrink  # of the same spread
                x = x + self.from_noise[i - 1](coarse.to(x.dtype))
            x = scale(x)
        out: Tensor = self.head(F.silu(x))  # (N, c, h, w)
        return out


def _small_convolution(width: int) -> nn.Conv2d:
    """From maps of noise; small, but not zero: where all places were alike, a critic would have a
    lattice made of them before it found the noise.
    """
    layer = nn.Conv2d(NOISE_MAPS, width, 1, bias=False)
    nn.init.normal_(layer.weight, std=0.1)
    return layer


def _fixed_noise(height: int, width: int) -> Tensor:
    """`[NOISE_MAPS, h, w]`, numbers that half precision can hold."""
    rng = torch.Generator().manual_seed(0)
    return torch.randn(NOISE_MAPS, height, width, generator=rng).half().float()


class PhotoVAE(LatentModel):
    """A VAE (Kingma & Welling 2014) whose pixels are the latents of a frozen `Autoencoder`.

    Args:
        config: its architecture.

    Attributes:
        base: the autoencoder; its weights are part of the model's file.
        mean, std: of each channel of the grids of the pictures that it learned from, `[c, 1, 1]`.
    """

    config: PhotoVAEConfig
    mean: Tensor
    std: Tensor

    def __init__(self, config: PhotoVAEConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.base.latent_channels
        self.base = Autoencoder(config.base).requires_grad_(False)
        self.encoder = GridEncoder(config, channels)
        self.decoder = GridDecoder(config, channels)
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("std", torch.ones(channels, 1, 1))
        self.prior = Prior.standard(config.latent_dim)

    @override
    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.base.eval()
        return self

    @property
    @override
    def has_encoder(self) -> bool:
        return True

    @property
    @override
    def details_shape(self) -> tuple[int, ...]:
        _, height, width = self.image_shape
        return self.config.base.latent_channels, latent_side(height), latent_side(width)

    # -- in grids

    def whitened(self, grid: Tensor) -> Tensor:
        """Latents of the base `[N, c, h, w]` with mean 0 and spread 1 in each channel."""
        return (grid - self.mean) / self.std

    def encode_grid(self, whitened: Tensor) -> DiagonalGaussian:
        """The posterior over latents of whitened grids `[N, c, h, w]`."""
        return posterior(self.encoder, whitened)

    def decode_grid(self, z: Tensor, noise: Tensor | None = None) -> Tensor:
        """Latents `[N, d]` to whitened grids `[N, c, h, w]`; `noise` is `[N, NOISE_MAPS, h, w]`."""
        grid: Tensor = self.decoder(z, noise)
        return grid

    @override
    def grid(self, z: Tensor, noise: Tensor | None = None) -> Tensor:
        """Latents `[N, d]` to latents of the base, `[N, c, h, w]`."""
        whitened = self.decode_grid(z, noise).clamp(-REACH, REACH)
        return whitened * self.std + self.mean

    # -- in pixels

    @override
    def encode(self, pixels: Tensor) -> DiagonalGaussian:
        return self.encode_grid(self.whitened(self.base.encode(pixels)))

    @override
    def decode(self, z: Tensor) -> Tensor:
        return self._picture(self.grid(z))

    @override
    def reencode(self, z: Tensor) -> DiagonalGaussian:
        """In latents of the base, which it brings back nearly as they are: a fifth of the time."""
        return self.encode_grid(self.whitened(self.grid(z)))

    def _picture(self, grid: Tensor) -> Tensor:
        """What the base makes of a grid; beyond what it has ever seen it would draw sparks."""
        kind = next(self.base.decoder.parameters()).dtype
        return self.base.decode(grid.clamp(-BOUND, BOUND).to(kind)).float()

    @override
    def for_drawing(self, kind: torch.dtype) -> PhotoVAE:
        if kind is torch.float32:
            return self
        quick = copy.deepcopy(self)
        del quick.encoder, quick.base.encoder  # which are used as they are
        # mypy knows no form of `to` with a memory format that gives the module back.
        quick.base.to(dtype=kind, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return quick

    @override
    def details(self, pixels: Tensor, z: Tensor) -> Tensor:
        return self.base.encode(pixels) - self.grid(z)

    @override
    def decode_with(self, z: Tensor, details: Tensor, before: Tensor | None = None) -> Tensor:
        grid = self.grid(z)
        if before is not None:
            details = agreement(self.whitened(before), self.whitened(grid)) * details
        return self._picture(grid + details)


def agreement(before: Tensor, now: Tensor) -> Tensor:
    """How far what is at a place is still what was there, `[N, 1, h, w]` from 1 (the very same) to
    0, of whitened grids `[N, c, h, w]`.

    Shapes are compared, as in SSIM (Wang et al. 2004): what varies in a small window, without its
    mean, so that a face that gets darker keeps its details, and the place that a head has turned
    away from loses them.
    """
    before, now = (each - _around(each) for each in (before, now))
    apart = (now - before).square().mean(dim=1, keepdim=True)
    both = (now.square() + before.square()).mean(dim=1, keepdim=True)
    unlike = _around(apart) / (_around(both) + FLAT)
    return torch.exp(-(unlike / UNLIKE).square())


def _around(grid: Tensor) -> Tensor:
    """The mean of each place and its neighbours."""
    return F.avg_pool2d(F.pad(grid, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
