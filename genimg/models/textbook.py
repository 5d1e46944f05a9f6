"""The networks of the textbook, which ours are compared with.

"dense" is the fully connected VAE (after Kingma & Welling 2014, wider), "plain" the strided one,
"dcgan" the GAN with the same decoder (Radford et al. 2016), and "conv-gan" the dense-then-conv
generator of many an MNIST tutorial, with its critic. Widths are finest first.
"""

from __future__ import annotations

import itertools

from torch import Tensor, nn
from typing_extensions import override

GANS = ("dcgan", "conv-gan")
"""Generators without labels and w, with the loss and the critic that go with them."""
GAN_LATENT_DIM = 100
SLOPE = 0.2

Shape = tuple[int, int, int]


# -- autoencoders: pictures of a shape (C, H, W) to 2 d numbers, and d numbers to pictures


def plain_encoder(image_shape: Shape, latent_dim: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Strided convolutions with BatchNorm and LeakyReLU (Radford et al. 2016)."""
    channels, size, _ = image_shape
    layers: list[nn.Module] = []
    for width in widths:
        layers += [
            nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(SLOPE),
        ]
        channels = width
    side = size // 2 ** len(widths)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * side * side, 2 * latent_dim))


def plain_decoder(image_shape: Shape, latent_dim: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Transposed convolutions from 4x4x512, with BatchNorm, LeakyReLU and tanh."""
    channels, size, _ = image_shape
    widths = widths[::-1]
    side = size // 2 ** len(widths)
    layers: list[nn.Module] = [
        nn.Linear(latent_dim, widths[0] * side * side),
        nn.Unflatten(1, (widths[0], side, side)),
        nn.BatchNorm2d(widths[0]),
        nn.LeakyReLU(SLOPE),
    ]
    for width, following in itertools.pairwise(widths):
        layers += [
            nn.ConvTranspose2d(width, following, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(following),
            nn.LeakyReLU(SLOPE),
        ]
    layers += [nn.ConvTranspose2d(widths[-1], channels, 4, stride=2, padding=1), nn.Tanh()]
    return nn.Sequential(*layers)


def dense_encoder(image_shape: Shape, latent_dim: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Fully connected layers with ReLU."""
    channels, height, width = image_shape
    units = channels * height * width
    layers: list[nn.Module] = [nn.Flatten()]
    for hidden in widths:
        layers += [nn.Linear(units, hidden), nn.ReLU()]
        units = hidden
    return nn.Sequential(*layers, nn.Linear(units, 2 * latent_dim))


def dense_decoder(image_shape: Shape, latent_dim: int, widths: tuple[int, ...]) -> nn.Sequential:
    """The same in reverse, with tanh at the end."""
    channels, height, width = image_shape
    units = latent_dim
    layers: list[nn.Module] = []
    for hidden in widths[::-1]:
        layers += [nn.Linear(units, hidden), nn.ReLU()]
        units = hidden
    layers += [
        nn.Linear(units, channels * height * width),
        nn.Tanh(),
        nn.Unflatten(1, image_shape),
    ]
    return nn.Sequential(*layers)


# -- generators


def generator(
    architecture: str, image_shape: Shape, latent_dim: int, widths: tuple[int, ...]
) -> nn.Sequential:
    """The generator of one of `GANS`, from draws `[N, d]` to pixels `[N, C, H, W]`."""
    if architecture == "conv-gan":
        network = _conv_generator(image_shape, latent_dim)
    else:
        network = plain_decoder(image_shape, latent_dim, widths)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(module.weight, 0.0, 0.02)  # Radford et al. 2016, section 4
        elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(module.weight, 1.0, 0.02)
    return network


def _conv_generator(image_shape: Shape, latent_dim: int) -> nn.Sequential:
    """Dense to a quarter of the side, then transposed convolutions, BatchNorm, LeakyReLU, tanh."""
    channels, size, _ = image_shape
    side = size // 4
    return nn.Sequential(
        nn.Linear(latent_dim, 256 * side * side, bias=False),
        nn.BatchNorm1d(256 * side * side),
        nn.LeakyReLU(SLOPE),
        nn.Unflatten(1, (256, side, side)),
        nn.Conv2d(256, 128, 5, padding=2, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(SLOPE),
        nn.ConvTranspose2d(64, channels, 4, stride=2, padding=1, bias=False),
        nn.Tanh(),
    )


# -- critics


class TextbookCritic(nn.Module):
    """The critic of one of `GANS`: it looks at pixels alone; labels are ignored."""

    def __init__(self, architecture: str, image_shape: Shape, widths: tuple[int, ...]) -> None:
        super().__init__()
        dcgan = architecture == "dcgan"
        self.network = _dcgan_critic(image_shape, widths) if dcgan else _conv_critic(image_shape)
        for module in self.network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)

    @override
    def forward(self, pixels: Tensor, labels: Tensor) -> Tensor:
        """Pixels `[N, C, H, W]` to logits `[N]`."""
        logits: Tensor = self.network(pixels).flatten()
        return logits


def _dcgan_critic(image_shape: Shape, widths: tuple[int, ...]) -> nn.Sequential:
    """The strided critic of Radford et al. 2016, no BatchNorm in its first layer."""
    channels, size, _ = image_shape
    layers: list[nn.Module] = []
    for i, width in enumerate(widths):
        layers.append(nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False))
        if i:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.LeakyReLU(SLOPE))
        channels = width
    side = size // 2 ** len(widths)
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, side, bias=False))


def _conv_critic(image_shape: Shape) -> nn.Sequential:
    """Two strided convolutions with dropout, and one dense layer."""
    channels, size, _ = image_shape
    return nn.Sequential(
        nn.Conv2d(channels, 64, 5, stride=2, padding=2),
        nn.LeakyReLU(SLOPE),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, stride=2, padding=2),
        nn.LeakyReLU(SLOPE),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(128 * (size // 4) ** 2, 1),
    )
