"""The base: one autoencoder for any picture of any size, on whose latents other models stand.

It is fully convolutional, looks at no other picture of a batch, and has no attention, so a
picture of any side that is a multiple of 8 goes through as it is; other sides are padded and
cropped back. Shapes at line ends: N pictures, H x W pixels, c latent channels, h = H/8, w = W/8.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.errors import ConfigError, LatentError
from genimg.models import checks
from genimg.models.base import Model
from genimg.models.vae import ResidualBlock

PRESETS = ("photo",)
FACTOR = 8
"""Pixels of a picture's side to one of its latents' side."""
FOLD = 4
"""Pixels a side that are folded into channels first: the finest resolutions cost most and tell
least."""
CHANNELS = 32
"""Numbers in a latent for each 8 x 8 pixels, of 192. What an autoencoder can bring back hangs on it
most: of unseen photographs at 128 px the best linear one keeps 25.8 dB with 16 numbers for each
block, and 29.3 dB with 32 (benchmarks/README.md); networks are a little ahead of it.
"""
BOUND = 3.0
"""Latents lie in (-BOUND, BOUND)."""
CEILING, MILDER, TRIES = 20.0, 0.8, 8
"""Beyond the first the blocks of the decoder go for no picture: those of photographs stay below 12,
of drawings below 14. What a moved latent makes of a place, or pure noise does, may grow from block
to block, a thousand times, into a disc of blue sparks; latents of such places are multiplied with
the second, so often at most.
"""


@dataclass(frozen=True)
class AutoencoderConfig:
    """Architecture of a base.

    Attributes:
        image_shape: (C, H, W) of the pictures that it learned from; it takes any other size, too.
        latent_channels: c, the numbers in a latent for each 8 x 8 pixels.
        widths: channels at a quarter and at an eighth of the picture's side.
        encoder_blocks, decoder_blocks: residual blocks at each of the two.

    Raises:
        ConfigError: numbers that no network can have.
    """

    image_shape: tuple[int, int, int]
    latent_channels: int = CHANNELS
    widths: tuple[int, int] = (64, 192)
    encoder_blocks: tuple[int, int] = (2, 3)
    decoder_blocks: tuple[int, int] = (3, 4)

    def __post_init__(self) -> None:
        checks.require_picture(self.image_shape)
        if self.image_shape[0] != 3 or self.image_shape[1] % FACTOR:
            raise ConfigError(
                f"a base learns from colour pictures whose side is a multiple of {FACTOR}, "
                f"not from {self.image_shape}"
            )
        checks.require_whole("latent_channels", self.latent_channels, 1, checks.MAX_LATENT_DIM)
        for what in ("widths", "encoder_blocks", "decoder_blocks"):
            values = getattr(self, what)
            if len(values) != 2:
                raise ConfigError(f"{what} are two numbers, not {len(values)}")
            most = checks.MAX_WIDTH if what == "widths" else checks.MAX_BLOCKS
            checks.require_wholes(what, values, 2, most)


def preset_config(
    preset: str,
    image_shape: tuple[int, int, int],
    latent_dim: int | None = None,
    label_sizes: tuple[int, ...] = (),
) -> AutoencoderConfig:
    """The config of a named preset; `latent_dim` is the number of latent channels.

    Raises:
        ConfigError: an unknown preset, or a shape that the network cannot have.
    """
    if preset not in PRESETS:
        raise ConfigError(f"unknown preset {preset!r} for a base; choose {', '.join(PRESETS)}")
    return AutoencoderConfig(image_shape, latent_dim or CHANNELS)


def _blocks(width: int, count: int) -> list[nn.Module]:
    return [ResidualBlock(width) for _ in range(count)]


def _encoder(config: AutoencoderConfig) -> nn.Sequential:
    fine, coarse = config.widths
    first, second = config.encoder_blocks
    return nn.Sequential(
        nn.PixelUnshuffle(FOLD),  # (N, 48, H/4, W/4)
        nn.Conv2d(3 * FOLD**2, fine, 3, padding=1),
        *_blocks(fine, first),
        nn.PixelUnshuffle(2),  # (N, 4 fine, h, w)
        nn.Conv2d(4 * fine, coarse, 1),
        *_blocks(coarse, second),
        nn.SiLU(),
        nn.Conv2d(coarse, config.latent_channels, 1),  # (N, c, h, w)
    )


def _decoder(config: AutoencoderConfig) -> nn.Sequential:
    fine, coarse = config.widths
    first, second = config.decoder_blocks
    return nn.Sequential(
        nn.Conv2d(config.latent_channels, coarse, 3, padding=1),  # (N, coarse, h, w)
        *_blocks(coarse, second),
        nn.Conv2d(coarse, 4 * fine, 1),
        nn.PixelShuffle(2),  # (N, fine, H/4, W/4)
        *_blocks(fine, first),
        nn.SiLU(),
        nn.Conv2d(fine, 3 * FOLD**2, 3, padding=1),
        nn.PixelShuffle(FOLD),  # (N, 3, H, W)
    )


def latent_side(pixels: int) -> int:
    """The side of the latents of a picture whose side has so many pixels."""
    return -(-pixels // FACTOR)


class Autoencoder(Model):
    """A deterministic autoencoder with spatial latents, bounded so that noise has a scale.

    Latents are float32 `[N, c, h, w]` in (-3, 3), one for each 8 x 8 pixels.
    """

    config: AutoencoderConfig

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _encoder(config)
        self.decoder = _decoder(config)

    @override
    def try_out(self) -> dict[str, Tensor]:
        latents = self.encode(torch.zeros(1, 3, 2 * FACTOR, 2 * FACTOR))
        return {"latents": latents, "pictures": self.decode(latents)}

    def encode(self, pixels: Tensor) -> Tensor:
        """Pixels `[N, 3, H, W]` in [-1, 1], of any size from 8 x 8, to latents `[N, c, h, w]`.

        Raises:
            LatentError: pictures without colour, or smaller than 8 pixels a side.
        """
        if pixels.ndim != 4 or pixels.shape[1] != 3 or min(pixels.shape[2:]) < FACTOR:
            raise LatentError(
                f"a picture has 3 channels and at least {FACTOR} pixels a side here, "
                f"not {list(pixels.shape[1:])}"
            )
        height, width = pixels.shape[2:]
        below, right = -height % FACTOR, -width % FACTOR
        if below or right:
            pixels = F.pad(pixels, (0, right, 0, below), mode="replicate")
        latents: Tensor = self.encoder(pixels).float()
        return BOUND * torch.tanh(latents / BOUND)

    def decode(self, latents: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Latents `[N, c, h, w]` to pixels `[N, 3, H, W]`, not clamped.

        `size` is the (H, W) of the picture that they came from; by default (8h, 8w).

        Raises:
            LatentError: a size that is not that of such latents.
        """
        coarse = 1 + self.config.decoder_blocks[1]  # layers at the resolution of latents
        pixels: Tensor = self.decoder[coarse:](self._through(self.decoder[:coarse], latents))
        if size is None:
            return pixels
        if (latent_side(size[0]), latent_side(size[1])) != tuple(latents.shape[2:]):
            raise LatentError(f"latents of {list(latents.shape[2:])} are of no picture of {size}")
        return pixels[:, :, : size[0], : size[1]]

    @staticmethod
    def _through(layers: nn.Sequential, latents: Tensor) -> Tensor:
        """What the first layers make of latents; see `CEILING`."""
        x, at, tries = latents, 0, TRIES
        while at < len(layers):
            x, at = layers[at](x), at + 1
            if tries:
                wild = x.detach().abs().amax(dim=1, keepdim=True) > CEILING  # (N, 1, h, w)
                if bool(wild.any()):
                    latents = torch.where(wild, MILDER * latents, latents)
                    x, at, tries = latents, 0, tries - 1
        return x
