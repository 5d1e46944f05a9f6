"""What do the sliders of a photograph promise? Adjustments of its pixels, each with one amount.

They say what "warmer" means, exactly; a base's sliders are fitted to them and measured by them. All
take and give pixels float32 `[N, 3, H, W]` in [-1, 1]. Amount 0 is the identity, 1 is clearly seen,
3 is strong.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""

Adjustment = Callable[[Tensor, float], Tensor]


def _levels(pixels: Tensor) -> Tensor:
    return (pixels.clamp(-1, 1) + 1) / 2


def _pixels(levels: Tensor) -> Tensor:
    return levels.clamp(0, 1) * 2 - 1


def _grey(levels: Tensor) -> Tensor:
    weights = torch.tensor(LUMINANCE, device=levels.device).view(1, 3, 1, 1)
    return (levels * weights).sum(dim=1, keepdim=True)


def brightness(pixels: Tensor, amount: float) -> Tensor:
    """A gamma: black and white stay, what is between gets lighter."""
    return _pixels(_levels(pixels) ** (2.0 ** (-amount / 2)))


def contrast(pixels: Tensor, amount: float) -> Tensor:
    """Levels move away from the middle grey."""
    return _pixels(0.5 + (_levels(pixels) - 0.5) * math.exp(0.25 * amount))


def saturation(pixels: Tensor, amount: float) -> Tensor:
    """Colours move away from the grey of the same lightness."""
    levels = _levels(pixels)
    grey = _grey(levels)
    return _pixels(grey + (levels - grey) * math.exp(0.35 * amount))


def warmth(pixels: Tensor, amount: float) -> Tensor:
    """More red and less blue, as in the light of a lamp; below 0 as in the shade."""
    gain = torch.tensor([math.exp(0.08 * amount), 1.0, math.exp(-0.08 * amount)])
    return _pixels(_levels(pixels) * gain.to(pixels.device).view(1, 3, 1, 1))


def hue(pixels: Tensor, amount: float) -> Tensor:
    """Every colour turned by 20 degrees on the colour circle, around the axis of greys
    (Rodrigues' formula).
    """
    angle = math.radians(20.0 * amount)
    axis = 1 / math.sqrt(3)
    cross = torch.tensor([[0.0, -axis, axis], [axis, 0.0, -axis], [-axis, axis, 0.0]])
    turn = torch.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * (cross @ cross)
    levels = _levels(pixels)
    return _pixels(torch.einsum("dc,nchw->ndhw", turn.to(pixels.device), levels))


def sharpness(pixels: Tensor, amount: float) -> Tensor:
    """What a slight blur (Gaussian, standard deviation 1 pixel) takes away, scaled."""
    levels = _levels(pixels)
    offsets = torch.arange(-3, 4, device=pixels.device, dtype=levels.dtype)
    weights = torch.exp(-offsets.square() / 2)
    row = (weights / weights.sum()).view(1, 1, 1, 7).expand(3, 1, 1, 7)
    padded = F.pad(levels, (3, 3, 3, 3), mode="replicate")
    blurred = F.conv2d(F.conv2d(padded, row, groups=3), row.transpose(2, 3), groups=3)
    return _pixels(blurred + (levels - blurred) * math.exp(0.35 * amount))


ADJUSTMENTS: dict[str, Adjustment] = {
    "brightness": brightness,
    "contrast": contrast,
    "saturation": saturation,
    "warmth": warmth,
    "hue": hue,
    "sharpness": sharpness,
}
