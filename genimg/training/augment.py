"""How a critic is kept from learning few pictures by heart: it sees them changed at random.

Differentiable augmentation (Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN
training"): colour, translation and cutout, drawn anew for each picture, on real and generated ones
alike, so that the generator does not learn to make augmented pictures.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FEW_PICTURES = 3_000
"""Below this many training pictures a critic is augmented unless told otherwise."""
SHIFT = 1 / 8
CUTOUT = 1 / 2


def augment(pixels: Tensor, rng: torch.Generator) -> Tensor:
    """Pixels `[N, C, H, W]` in [-1, 1] to changed pixels of the same shape, differentiable."""
    return _cutout(_translate(_recolour(pixels, rng), rng), rng)


def _uniform(pixels: Tensor, rng: torch.Generator, low: float, high: float) -> Tensor:
    """One draw for each picture, `[N, 1, 1, 1]`."""
    drawn = torch.rand(len(pixels), 1, 1, 1, generator=rng, device=rng.device)
    return (low + (high - low) * drawn).to(pixels.device)


def _recolour(pixels: Tensor, rng: torch.Generator) -> Tensor:
    """Brightness by up to half the range of one side, saturation 0 to 2, contrast 0.5 to 1.5."""
    pixels = pixels + _uniform(pixels, rng, -0.5, 0.5)
    grey = pixels.mean(dim=1, keepdim=True)
    pixels = grey + (pixels - grey) * _uniform(pixels, rng, 0.0, 2.0)
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (pixels - mean) * _uniform(pixels, rng, 0.5, 1.5)


def _translate(pixels: Tensor, rng: torch.Generator) -> Tensor:
    """Moved by up to an eighth of the side each way; what comes in is grey (0)."""
    n, _, height, width = pixels.shape
    reach = max(1, round(height * SHIFT))
    offset = torch.randint(0, 2 * reach + 1, (2, n, 1, 1), generator=rng, device=rng.device)
    offset = offset.to(pixels.device)
    rows = torch.arange(height, device=pixels.device).view(1, height, 1) + offset[0]
    columns = torch.arange(width, device=pixels.device).view(1, 1, width) + offset[1]
    padded = F.pad(pixels, [reach] * 4).permute(0, 2, 3, 1)  # (N, H + 2r, W + 2r, C)
    which = torch.arange(n, device=pixels.device).view(n, 1, 1)
    return padded[which, rows, columns].permute(0, 3, 1, 2)


def _cutout(pixels: Tensor, rng: torch.Generator) -> Tensor:
    """A square of half the side, anywhere (also part-way outside), becomes grey (0)."""
    n, _, height, width = pixels.shape
    half = round(height * CUTOUT) // 2
    centre = torch.rand(2, n, 1, 1, generator=rng, device=rng.device).to(pixels.device)
    rows = torch.arange(height, device=pixels.device).view(1, height, 1)
    columns = torch.arange(width, device=pixels.device).view(1, 1, width)
    inside = ((rows - centre[0] * height).abs() < half) & (
        (columns - centre[1] * width).abs() < half
    )
    return pixels * (~inside).unsqueeze(1).to(pixels.dtype)
