"""The variational autoencoder: a residual network, or one of two of the textbook.

No layer of the residual network looks at other pictures of the batch, so one picture decodes
exactly as it does in a grid. Shapes at line ends: N pictures, C channels, H x W pixels, d latent
dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.errors import ConfigError
from genimg.models import checks, textbook
from genimg.models.base import DiagonalGaussian, LatentModel
from genimg.models.prior import Prior

Architecture = Literal["residual", "plain", "dense"]
PRESETS = ("residual", "plain", "dense")

LOGVAR_RANGE = (-12.0, 6.0)
"""Posterior log-variances are kept in this range, so that exp() can neither overflow nor vanish."""


@dataclass(frozen=True)
class VAEConfig:
    """Architecture of a VAE.

    Attributes:
        image_shape: (C, H, W), H = W.
        latent_dim: d, the number of latent dimensions.
        architecture: the network family, `Residual*` below or one of `textbook`.
        widths: channels at each resolution, finest first (residual and plain), or hidden units
            (dense).
        blocks: residual blocks at each resolution of the decoder (residual only; the encoder has
            one).

    Raises:
        ConfigError: numbers that no network can have.
    """

    image_shape: tuple[int, int, int]
    latent_dim: int
    architecture: Architecture = "residual"
    widths: tuple[int, ...] = (48, 96, 192, 192)
    blocks: int = 1

    def __post_init__(self) -> None:
        checks.require_picture(self.image_shape)
        checks.require_whole("latent_dim", self.latent_dim, 1, checks.MAX_LATENT_DIM)
        checks.require_whole("blocks", self.blocks, 0, checks.MAX_BLOCKS)
        if self.architecture == "dense":
            checks.require_wholes("widths", self.widths, checks.MAX_WIDTHS, checks.MAX_WIDTH)
        else:
            checks.require_halvings(self.image_shape, self.widths)


MIN_SIZE = 12
"""Pixels; SSIM's window is 11 wide."""
MODEL_SIZES = (16, 28, 32, 48, 64, 96, 128, 192)
"""Sides of pictures in pixels that a person is offered; see `halvings` for which others fit. A
model on a base can have 256, too.
"""


def halvings(size: int) -> int:
    """How many times a picture of `size` pixels is halved to reach a side of 4 to 7.

    Raises:
        ConfigError: `size` cannot be halved that often without a remainder.
    """
    count = 0
    side = size
    while side > 7 and side % 2 == 0:
        side //= 2
        count += 1
    if size < MIN_SIZE or not 4 <= side <= 7 or not 1 <= count <= 5:
        sizes = ", ".join(map(str, MODEL_SIZES))
        raise ConfigError(f"a side of {size} pixels does not fit the network; use one of: {sizes}")
    return count


def square_side(image_shape: tuple[int, int, int]) -> int:
    """The side of square pictures (C, H, W).

    Raises:
        ConfigError: they are not square, or have other than 1 or 3 channels.
    """
    checks.require_square(image_shape)
    return image_shape[1]


def default_latent_dim(size: int) -> int:
    """Latent dimensions for a picture of `size` pixels: 16 up to 28 px, then as many as pixels a
    side.
    """
    return 16 if size <= 28 else min(size, 128)


def preset_config(
    preset: str,
    image_shape: tuple[int, int, int],
    latent_dim: int | None = None,
    label_sizes: tuple[int, ...] = (),
) -> VAEConfig:
    """The config of a named preset for pictures of one shape. A VAE does not look at labels.

    Raises:
        ConfigError: an unknown preset, or a shape that the networks cannot have.
    """
    height = square_side(image_shape)
    count = halvings(height)
    d = latent_dim or default_latent_dim(height)
    if preset == "residual":
        widths = tuple(min(48 * 2**i, 192) for i in range(count))
        return VAEConfig(image_shape, d, "residual", widths)
    if preset == "plain":
        widths = tuple(512 // 2 ** (count - 1 - i) for i in range(count))
        return VAEConfig(image_shape, d, "plain", widths)
    if preset == "dense":
        return VAEConfig(image_shape, d, "dense", (4096, 4096))
    raise ConfigError(f"unknown preset {preset!r} for a vae; choose residual, plain or dense")


class ResidualBlock(nn.Module):
    """x + conv(silu(conv(silu(x)))), without normalisation; the last conv starts at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    @override
    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.conv1(F.silu(x))
        hidden = self.conv2(F.silu(hidden))
        return x + hidden


class ResidualEncoder(nn.Module):
    """Picture to the mean and log-variance of its latent.

    The picture is folded 2 x 2 into channels first: the finest resolution costs most and tells
    least.
    """

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        channels, size, _ = config.image_shape
        self.stem = nn.Conv2d(4 * channels, config.widths[0], 3, padding=1)
        layers: list[nn.Module] = []
        for i, width in enumerate(config.widths):
            layers.append(ResidualBlock(width))
            if i + 1 < len(config.widths):
                layers.append(nn.Conv2d(width, config.widths[i + 1], 3, stride=2, padding=1))
        self.layers = nn.Sequential(*layers)
        side = size // 2 ** len(config.widths)
        self.head = nn.Linear(config.widths[-1] * side * side, 2 * config.latent_dim)

    @override
    def forward(self, pixels: Tensor) -> Tensor:
        x = self.stem(F.pixel_unshuffle(pixels, 2))  # (N, w0, H/2, W/2)
        x = F.silu(self.layers(x))  # (N, w, h, w), h = 4..7
        out: Tensor = self.head(x.flatten(1))  # (N, 2d)
        return out


class ResidualDecoder(nn.Module):
    """Latent to picture: the encoder in reverse, its last step unfolding channels into 2 x 2
    pixels.
    """

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        channels, size, _ = config.image_shape
        widths = config.widths[::-1]
        self.side = size // 2 ** len(widths)
        self.stem = nn.Linear(config.latent_dim, widths[0] * self.side**2)
        layers: list[nn.Module] = []
        for i, width in enumerate(widths):
            layers += [ResidualBlock(width) for _ in range(config.blocks)]
            if i + 1 < len(widths):
                layers += [
                    nn.Conv2d(width, 4 * widths[i + 1], 1),
                    nn.PixelShuffle(2),
                ]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Conv2d(widths[-1], 4 * channels, 3, padding=1)

    @override
    def forward(self, z: Tensor) -> Tensor:
        x = self.stem(z).unflatten(1, (-1, self.side, self.side))  # (N, w, h, w)
        x = F.silu(self.layers(x))  # (N, w0, H/2, W/2)
        return F.pixel_shuffle(self.head(x), 2)  # (N, C, H, W)


_TEXTBOOK = {
    "plain": (textbook.plain_encoder, textbook.plain_decoder),
    "dense": (textbook.dense_encoder, textbook.dense_decoder),
}


def posterior(encoder: nn.Module, pixels: Tensor) -> DiagonalGaussian:
    """What an encoder of this file says of pixels `[N, C, H, W]`."""
    mean, logvar = encoder(pixels).float().chunk(2, dim=1)  # (N, d) each
    return DiagonalGaussian(mean, logvar.clamp(*LOGVAR_RANGE))


class VAE(LatentModel):
    """Variational autoencoder (Kingma & Welling 2014) with one of three pairs of networks."""

    config: VAEConfig

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder: nn.Module
        self.decoder: nn.Module
        if config.architecture == "residual":
            self.encoder, self.decoder = ResidualEncoder(config), ResidualDecoder(config)
        else:
            self.encoder, self.decoder = (
                make(config.image_shape, config.latent_dim, config.widths)
                for make in _TEXTBOOK[config.architecture]
            )
        self.prior = Prior.standard(config.latent_dim)

    @property
    @override
    def has_encoder(self) -> bool:
        return True

    @override
    def encode(self, pixels: Tensor) -> DiagonalGaussian:
        """Pixels `[N, C, H, W]` in [-1, 1] to the posterior over latents (Kingma & Welling 2014,
        eq. 9).
        """
        return posterior(self.encoder, pixels)

    @override
    def decode(self, z: Tensor) -> Tensor:
        """Latents `[N, d]` to pixels `[N, C, H, W]`."""
        pixels: Tensor = self.decoder(z)
        return pixels
