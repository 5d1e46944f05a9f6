"""The networks that judge pictures while a generator learns. They are not part of a saved model;
`genimg.training.critics` says where they stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.errors import ConfigError
from genimg.models.gan import GANConfig
from genimg.models.textbook import SLOPE, TextbookCritic
from genimg.models.vae import ResidualBlock, halvings

STAGE_LENGTH = 3
"""Modules of a stage in `Critic.layers`: a block, halving, and a convolution to the next width."""


@dataclass(frozen=True)
class CriticConfig:
    """Architecture of the residual critic: see `GANConfig` for the names."""

    image_shape: tuple[int, int, int]
    widths: tuple[int, ...]
    label_sizes: tuple[int, ...] = ()


class _Block(ResidualBlock):
    """The same with leaky ReLUs: x + conv(lrelu(conv(lrelu(x))))."""

    @override
    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(F.leaky_relu(x, SLOPE))
        out: Tensor = x + self.conv2(F.leaky_relu(hidden, SLOPE))
        return out


class Critic(nn.Module):
    """A residual critic with a projection head for labels (Miyato & Koyama 2018, eq. 4)."""

    def __init__(self, config: CriticConfig) -> None:
        super().__init__()
        self.config = config
        channels, size, _ = config.image_shape
        widths = config.widths
        self.stem = nn.Conv2d(4 * channels, widths[0], 3, padding=1)
        layers: list[nn.Module] = []
        for i, width in enumerate(widths):
            layers.append(_Block(width))
            if i + 1 < len(widths):
                layers += [nn.AvgPool2d(2), nn.Conv2d(width, widths[i + 1], 1)]
        self.layers = nn.Sequential(*layers)
        self.stages = len(widths)
        side = size // 2 ** len(widths)
        self.gather = nn.Conv2d(widths[-1], widths[-1], side, groups=widths[-1])
        self.head = nn.Linear(widths[-1], 1)
        self.sizes = config.label_sizes
        self.embedding = nn.Parameter(torch.zeros(sum(config.label_sizes), widths[-1]))

    @override
    def forward(self, pixels: Tensor, labels: Tensor) -> Tensor:
        """Pixels `[N, C, H, W]` and labels int64 `[N, F]` (-1: not told) to logits `[N]`."""
        x = self.stem(F.pixel_unshuffle(pixels, 2))  # (N, w0, H/2, W/2)
        x = F.leaky_relu(self.layers(x), SLOPE)  # (N, w, h, w)
        with torch.autocast(x.device.type, enabled=False):  # bf16 has too few digits for a logit
            return self._judge(self.gather(x.float()).flatten(1), labels)

    def _judge(self, x: Tensor, labels: Tensor) -> Tensor:
        logits: Tensor = self.head(x).squeeze(1)  # (N,)
        for column, part in enumerate(torch.split(self.embedding, list(self.sizes))):
            told = labels[:, column]
            known = (told >= 0).to(x.dtype).unsqueeze(1)
            direction = part[told.clamp_min(0)] * known  # (N, w)
            logits = logits + (direction * x).sum(dim=1) * x.shape[1] ** -0.5
        return logits


def freeze_stages(critic: nn.Module, count: int) -> list[nn.Module]:
    """Keep the first `count` resolution stages of a critic, stem included, as they are from now on.

    A trained critic that is fine-tuned on few pictures learns less of them by heart so (FreezeD: Mo
    et al. 2020, "Freeze the discriminator: a simple baseline for fine-tuning GANs"); one that has
    not learned yet has nothing worth keeping. Returns the frozen modules.

    Raises:
        ConfigError: a critic of the textbook, which has no stages, or not so many of them.
    """
    if not isinstance(critic, Critic):
        raise ConfigError(
            "only the critic of the presets style and plain has stages that can be frozen; "
            "choose one of these"
        )
    if not 0 <= count <= critic.stages:
        raise ConfigError(f"of this critic 0 to {critic.stages} stages can be frozen, not {count}")
    if not count:
        return []
    frozen = [critic.stem, *critic.layers[: STAGE_LENGTH * count - 2]]
    for module in frozen:
        module.requires_grad_(False)
    return frozen


def build_critic(config: GANConfig) -> nn.Module:
    """The critic that goes with a generator: `critic(pixels, labels) -> logits [N]`."""
    if config.architecture == "residual":
        count = halvings(config.image_shape[1])
        widths = tuple(min(32 * 2**i, 192) for i in range(count))
        return Critic(CriticConfig(config.image_shape, widths, config.label_sizes))
    return TextbookCritic(config.architecture, config.image_shape, config.widths)
