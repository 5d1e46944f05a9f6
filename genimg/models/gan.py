"""The generator of a GAN: from a draw, over the space w in which pictures are edited, to pixels.

    source (and labels) --mapping--> w --synthesis--> pixels

A latent of this family is a point of w (Karras et al. 2019). There are no noise inputs, so a
picture is a function of w alone, and no layer looks at other pictures of the batch. The synthesis
network is the VAE's residual decoder with one more thing: each block's hidden channels are scaled
by w. Without those scales it *is* that decoder, so a GAN can start from a trained VAE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.errors import ConfigError
from genimg.models import checks, textbook
from genimg.models.base import DiagonalGaussian, LatentModel
from genimg.models.prior import Prior, draw_labels
from genimg.models.vae import (
    ResidualBlock,
    ResidualEncoder,
    VAEConfig,
    default_latent_dim,
    halvings,
    posterior,
    square_side,
)

Architecture = Literal["residual", "dcgan", "conv-gan"]
Mapping = Literal["none", "mlp", "residual"]
PRESETS = ("style", "plain", "dcgan", "conv-gan")
MEAN_DRAWS = 256
"""Draws over which the mean w of some labels is taken."""


@dataclass(frozen=True)
class GANConfig:
    """Architecture of a generator.

    Attributes:
        image_shape: (C, H, W), H = W.
        latent_dim: d, the dimensions of a draw and of w.
        architecture: "residual", or one of the two textbook networks.
        widths: channels at each resolution, finest first (residual and dcgan).
        blocks: residual blocks at each resolution.
        style: whether w scales the hidden channels of each block.
        mapping: from a draw to w: "none" (w is the draw), "mlp" (of the normalised draw), or
            "residual" (the draw plus an MLP of it, which starts as the identity).
        mapping_layers: linear layers of the mapping.
        label_sizes: the number of values of each factor that a draw can be asked for.
        source_components: Gaussians in the mixture that draws come from.
        source_by_value: whether the value of the first factor decides how likely each of them is.
        encoder_widths: those of the encoder that rides along, () if there is none.

    Raises:
        ConfigError: numbers that no network can have, or that do not go with each other.
    """

    image_shape: tuple[int, int, int]
    latent_dim: int
    architecture: Architecture = "residual"
    widths: tuple[int, ...] = (48, 96, 192, 192)
    blocks: int = 1
    style: bool = True
    mapping: Mapping = "mlp"
    mapping_layers: int = 2
    label_sizes: tuple[int, ...] = ()
    source_components: int = 1
    source_by_value: bool = False
    encoder_widths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        checks.require_picture(self.image_shape)
        checks.require_whole("latent_dim", self.latent_dim, 1, checks.MAX_LATENT_DIM)
        checks.require_whole("blocks", self.blocks, 0, checks.MAX_BLOCKS)
        checks.require_whole("mapping_layers", self.mapping_layers, 0, checks.MAX_BLOCKS)
        checks.require_whole("source_components", self.source_components, 1, checks.MAX_COMPONENTS)
        checks.require_label_sizes(self.label_sizes)
        checks.require_halvings(self.image_shape, self.encoder_widths, 0)
        if self.architecture == "conv-gan":
            checks.require_halvings(self.image_shape, self.widths, 0)
            if self.image_shape[1] % 4 or self.image_shape[1] > 64:
                raise ConfigError("the conv-gan preset is for pictures of 16 to 64 pixels")
        else:
            checks.require_halvings(self.image_shape, self.widths)
        if self.mapping == "residual" and not self.mapping_layers:
            raise ConfigError("a residual mapping needs a layer")
        if self.source_by_value and not self.label_sizes:
            raise ConfigError("source_by_value needs label_sizes")


def preset_config(
    preset: str,
    image_shape: tuple[int, int, int],
    latent_dim: int | None = None,
    label_sizes: tuple[int, ...] = (),
) -> GANConfig:
    """The config of a named preset for pictures of one shape.

    "style" is the full generator; "plain" has no mapping and no scales: the draw enters at the
    coarsest layer alone. "dcgan" (Radford et al. 2016) and "conv-gan" (the dense-then-conv
    generator of many an MNIST tutorial) are the textbook's, without labels.

    Raises:
        ConfigError: an unknown preset, or a shape that the networks cannot have.
    """
    size = square_side(image_shape)
    count = halvings(size)
    if preset in ("style", "plain"):
        style = preset == "style"
        return GANConfig(
            image_shape,
            latent_dim or default_latent_dim(size),
            widths=tuple(min(48 * 2**i, 192) for i in range(count)),
            style=style,
            mapping="mlp" if style else "none",
            label_sizes=label_sizes,
        )
    d = latent_dim or textbook.GAN_LATENT_DIM
    if preset == "dcgan":
        widths = tuple(512 // 2 ** (count - 1 - i) for i in range(count))
        return GANConfig(image_shape, d, "dcgan", widths, style=False, mapping="none")
    if preset == "conv-gan":
        if size % 4 or size > 64:
            raise ConfigError("the conv-gan preset is for pictures of 16 to 64 pixels")
        return GANConfig(image_shape, d, "conv-gan", (), style=False, mapping="none")
    raise ConfigError(f"unknown preset {preset!r} for a gan; choose {', '.join(PRESETS)}")


def normalise(z: Tensor) -> Tensor:
    """Rows of `[N, d]` at a root mean square of 1 (Karras et al. 2018)."""
    return z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)


class StyledBlock(ResidualBlock):
    """x + conv(silu(s * conv(silu(x)))) with s = 1 + A w, at a root mean square of 1; A starts at
    zero.
    """

    def __init__(self, channels: int, latent_dim: int) -> None:
        super().__init__(channels)
        self.scale = nn.Linear(latent_dim, channels)
        nn.init.zeros_(self.scale.weight)
        nn.init.zeros_(self.scale.bias)

    def styled(self, x: Tensor, w: Tensor) -> Tensor:
        """Features `[N, channels, h, w]` and latents `[N, d]` to features of the same shape."""
        hidden = self.conv1(F.silu(x)) * normalise(1.0 + self.scale(w))[:, :, None, None]
        out: Tensor = x + self.conv2(F.silu(hidden))
        return out


class Synthesis(nn.Module):
    """w to pixels. Weights have the names and shapes of `ResidualDecoder`, plus the scales."""

    def __init__(self, config: GANConfig) -> None:
        super().__init__()
        channels, size, _ = config.image_shape
        widths = config.widths[::-1]
        self.side = size // 2 ** len(widths)
        self.stem = nn.Linear(config.latent_dim, widths[0] * self.side**2)
        self.layers = nn.ModuleList()
        for i, width in enumerate(widths):
            for _ in range(config.blocks):
                self.layers.append(
                    StyledBlock(width, config.latent_dim) if config.style else ResidualBlock(width)
                )
            if i + 1 < len(widths):
                self.layers.append(nn.Conv2d(width, 4 * widths[i + 1], 1))
                self.layers.append(nn.PixelShuffle(2))
        self.head = nn.Conv2d(widths[-1], 4 * channels, 3, padding=1)

    @override
    def forward(self, w: Tensor) -> Tensor:
        """Latents `[N, layers, d]`, the stem's first, to pixels `[N, C, H, W]`."""
        x = self.stem(w[:, 0]).unflatten(1, (-1, self.side, self.side))  # (N, w, h, w)
        layer = 0
        for module in self.layers:
            if isinstance(module, StyledBlock):
                layer += 1
                x = module.styled(x, w[:, layer])
            else:
                x = module(x)
        return F.pixel_shuffle(self.head(F.silu(x)), 2)  # (N, C, H, W)


class MappingNetwork(nn.Module):
    """From a draw with its labels to w."""

    def __init__(self, config: GANConfig) -> None:
        super().__init__()
        self.kind = config.mapping
        d = config.latent_dim
        count = 0 if self.kind == "none" else config.mapping_layers
        self.layers = nn.ModuleList(nn.Linear(d, d) for _ in range(count))
        if self.kind == "residual":
            for parameter in self.layers[-1].parameters():
                nn.init.zeros_(parameter)

    @override
    def forward(self, z: Tensor, embedded: Tensor) -> Tensor:
        """Draws and the sums of their labels' embeddings, both `[N, d]`, to w `[N, d]`."""
        x = (normalise(z) if self.kind == "mlp" else z) + embedded
        hidden = x
        for i, layer in enumerate(self.layers):
            hidden = layer(F.leaky_relu(hidden, 0.2) if i else hidden)
        return x + hidden if self.kind == "residual" else hidden


class GAN(LatentModel):
    """A generator, its mapping and source, and the VAE's encoder where it was started from one.

    `prior` describes where pictures lie in w, for reading and exchanging labels; draws come from
    the source, through the mapping.
    """

    config: GANConfig
    frequencies: Tensor
    shares: Tensor

    def __init__(self, config: GANConfig) -> None:
        super().__init__()
        self.config = config
        d, values = config.latent_dim, sum(config.label_sizes)
        k = config.source_components
        self.source = Prior(
            torch.full((k,), 1.0 / k), torch.zeros(k, d), torch.eye(d).repeat(k, 1, 1)
        )
        spread = max(1, len(config.label_sizes)) ** -0.5  # the sum over all factors has unit size
        self.embedding = nn.Parameter(torch.randn(values, d) * spread)
        self.register_buffer(
            "frequencies",
            torch.cat([torch.full((n,), 1.0 / n) for n in config.label_sizes] or [torch.zeros(0)]),
        )
        if config.source_by_value:  # how likely each component is, given the first factor's value
            self.register_buffer("shares", torch.full((config.label_sizes[0], k), 1.0 / k))
        self.mapping = MappingNetwork(config)
        self.synthesis: nn.Module
        if config.architecture == "residual":
            self.synthesis = Synthesis(config)
        else:
            self.synthesis = textbook.generator(
                config.architecture, config.image_shape, d, config.widths
            )
        self.encoder: nn.Module | None = None
        if config.encoder_widths:
            self.encoder = ResidualEncoder(
                VAEConfig(config.image_shape, d, "residual", config.encoder_widths)
            )
        self.prior = Prior.standard(d)

    @property
    @override
    def layers(self) -> int:
        config = self.config
        return 1 + config.blocks * len(config.widths) if config.style else 1

    @property
    @override
    def label_sizes(self) -> tuple[int, ...]:
        return self.config.label_sizes

    @property
    @override
    def has_encoder(self) -> bool:
        return self.encoder is not None

    @override
    def encode(self, pixels: Tensor) -> DiagonalGaussian:
        """Pixels `[N, C, H, W]` to w, through the VAE's encoder.

        Raises:
            LatentError: this generator was not started from a VAE.
        """
        if self.encoder is None:
            return super().encode(pixels)
        return posterior(self.encoder, pixels)

    @override
    def decode(self, z: Tensor) -> Tensor:
        """Latents `[N, d]`, or one for each layer `[N, layers, d]`, to pixels `[N, C, H, W]`."""
        if self.config.architecture != "residual":
            pixels: Tensor = self.synthesis(z if z.ndim == 2 else z[:, 0])
            return pixels
        rows = z.unsqueeze(1).expand(-1, self.layers, -1) if z.ndim == 2 else z
        pixels = self.synthesis(rows)
        return pixels

    def embed(self, labels: Tensor) -> Tensor:
        """The sum of the embeddings of labels `[N, F]`, none below 0, `[N, d]`."""
        total = self.embedding.new_zeros(len(labels), self.config.latent_dim)
        parts = torch.split(self.embedding, list(self.label_sizes))
        for column, part in enumerate(parts):
            total = total + part[labels[:, column]]
        return total

    def draw(self, labels: Tensor, rng: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Draws from the source for labels int64 `[N, F]`, none below 0, `[N, d]`.

        `temperature` scales the spread inside the mixture's components.
        """
        components = None
        if self.config.source_by_value:
            shares = self.shares.to(rng.device)[labels[:, 0].to(rng.device)]  # (N, K)
            components = torch.multinomial(shares, 1, generator=rng).squeeze(1)
        return self.source.mixed(len(labels), rng, temperature, components=components)[0]

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        """Draws from the source `[N, d]` and labels int64 `[N, F]`, none below 0, to w `[N, d]`."""
        w: Tensor = self.mapping(z, self.embed(labels))
        return w

    @override
    def sample_prior(
        self,
        n: int,
        rng: torch.Generator,
        temperature: float = 1.0,
        labels: Tensor | None = None,
    ) -> Tensor:
        """Draw `n` points of w, `[n, d]`, on the device of `rng`.

        `temperature` is the truncation psi of Karras et al. 2019: behind an MLP,
        w is moved towards the mean w *of its labels* (the mean over all labels would be a blend of
        everything); else the spread of the draw is scaled. Labels are drawn as often as they occur,
        and independently of each other; see `Prior.mixed` for those that are wanted.
        """
        behind = self.config.mapping == "mlp"
        chosen = draw_labels(self.frequencies, self.label_sizes, n, rng, labels)
        z = self.draw(chosen, rng, 1.0 if behind else temperature)
        device = self.embedding.device
        chosen = chosen.to(device)
        w = self.map(z.to(device), chosen)
        if behind and temperature != 1.0:
            if self.label_sizes:
                kinds, which = torch.unique(chosen, dim=0, return_inverse=True)
                mean = torch.cat([self._mean(row) for row in kinds.unsqueeze(1)])[which]
            else:
                mean = self._mean(chosen[:1])
            w = mean + temperature * (w - mean)
        return w.to(rng.device)

    def _mean(self, labels: Tensor) -> Tensor:
        """The mean w of labels `[1, F]` over a fixed set of draws, `[1, d]`."""
        rng = torch.Generator().manual_seed(0)
        rows = labels.expand(MEAN_DRAWS, -1)
        z = self.draw(rows, rng).to(self.embedding.device)
        return self.map(z, rows).mean(dim=0, keepdim=True)
