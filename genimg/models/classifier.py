"""The network that tells what a picture shows: one answer for each labelled factor.

Its last features are also the space in which generated pictures are compared with real ones.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.errors import ConfigError
from genimg.models import checks
from genimg.models.base import Model
from genimg.models.vae import halvings, square_side

PRESETS = ("residual",)


@dataclass(frozen=True)
class ClassifierConfig:
    """Architecture of a classifier.

    Attributes:
        image_shape: (C, H, W), H = W.
        label_sizes: the number of values of each factor.
        widths: channels of each block, finest first; each block halves the side.
        stem: 2 where the picture itself is halved first, which makes large ones quicker; else 1.
        features: dimensions of the features that all heads share.

    Raises:
        ConfigError: numbers that no network can have.
    """

    image_shape: tuple[int, int, int]
    label_sizes: tuple[int, ...]
    widths: tuple[int, ...]
    stem: int = 1
    features: int = 128

    def __post_init__(self) -> None:
        checks.require_picture(self.image_shape)
        checks.require_label_sizes(self.label_sizes)
        checks.require_whole("features", self.features, 1, checks.MAX_LATENT_DIM)
        checks.require_wholes("widths", self.widths, checks.MAX_WIDTHS, checks.MAX_WIDTH)
        if self.stem not in (1, 2):
            raise ConfigError(f"the stem of a classifier is 1 or 2, not {self.stem}")
        if not self.widths or not self.image_shape[1] // self.stem // 2 ** len(self.widths):
            raise ConfigError("pictures of this side cannot be halved once for each width")


def preset_config(
    preset: str,
    image_shape: tuple[int, int, int],
    latent_dim: int | None = None,
    label_sizes: tuple[int, ...] = (),
) -> ClassifierConfig:
    """The config of a preset for pictures of one shape; `latent_dim` is the number of features.

    Raises:
        ConfigError: an unknown preset, no labels, or a shape that the network cannot have.
    """
    if preset not in PRESETS:
        raise ConfigError(f"unknown preset {preset!r} for a classifier; choose {PRESETS[0]}")
    if not label_sizes:
        raise ConfigError("these pictures have no labels, so there is nothing to learn to tell")
    count = halvings(square_side(image_shape))
    stem = 2 if count > 3 else 1  # from 64 pixels on
    widths = tuple(min(32 * 2**i, 128) for i in range(count + 1 - stem))
    return ClassifierConfig(image_shape, label_sizes, widths, stem, latent_dim or 128)


class _Block(nn.Module):
    """Two convolutions with BatchNorm and a way past them (He et al. 2016), then half the side."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.skip = nn.Conv2d(before, width, 1, bias=False)

    @override
    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.norm1(self.conv1(x)))
        hidden = self.norm2(self.conv2(hidden))
        return F.max_pool2d(F.relu(hidden + self.skip(x)), 2)


class Classifier(Model):
    """A small residual CNN with one linear head for each factor."""

    config: ClassifierConfig

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        channels, size, _ = config.image_shape
        stride = config.stem
        self.stem = nn.Conv2d(channels, config.widths[0], 2 + stride, stride, padding=1)
        pairs = itertools.pairwise((config.widths[0], *config.widths))
        self.blocks = nn.Sequential(*(_Block(before, width) for before, width in pairs))
        side = size // stride // 2 ** len(config.widths)
        self.project = nn.Linear(config.widths[-1] * side * side, config.features)
        self.norm = nn.BatchNorm1d(config.features)
        self.dropout = nn.Dropout(0.3)
        self.heads = nn.ModuleList(nn.Linear(config.features, n) for n in config.label_sizes)

    def features(self, pixels: Tensor) -> Tensor:
        """Pixels `[N, C, H, W]` to the features that the heads read, `[N, features]`."""
        x = self.blocks(self.stem(pixels)).flatten(1)  # (N, C h w)
        out: Tensor = F.relu(self.norm(self.project(x)))
        return out

    @override
    def forward(self, pixels: Tensor) -> list[Tensor]:
        """Pixels to the logits of each factor, `[N, values]` each."""
        return self.tell(self.features(pixels))

    @override
    def try_out(self) -> dict[str, Tensor]:
        return {"answers": torch.cat(self(torch.zeros(1, *self.image_shape)), dim=1)}

    def tell(self, features: Tensor) -> list[Tensor]:
        """Features `[N, features]` to the logits of each factor, `[N, values]` each."""
        hidden = self.dropout(features)
        return [head(hidden) for head in self.heads]
