"""How a critic is kept from learning few pictures by heart: it sees them changed at random.

Differentiable augmentation (Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN
training"): colour, translation and cutout, drawn anew for each picture, on real and generated ones
alike, so that the generator does not learn to make augmented pictures.

Drawing and applying are two steps: processes that train together all draw for the whole batch, and
each applies its own rows.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

FEW_PICTURES = 3_000
"""Below this many training pictures a critic is augmented unless told otherwise."""
SHIFT = 1 / 8
CUTOUT = 1 / 2
MILD = 0.4


class Augmentation(NamedTuple):
    """What happens to each of n pictures.

    brightness  float [n, 1, 1, 1], added: -0.5 to 0.5, half the range of one side.
    saturation  float [n, 1, 1, 1], 0 to 2, what the distance from grey is multiplied by.
    contrast    float [n, 1, 1, 1], 0.5 to 1.5, the same for the distance from the mean.
    offset      int64 [n, 2], where rows and columns begin in the padded picture: 0 to 2 * reach.
    centre      float [n, 2], row and column of the cut-out square as parts of the side: 0 to 1.
    """

    brightness: Tensor
    saturation: Tensor
    contrast: Tensor
    offset: Tensor
    centre: Tensor

    def rows(self, which: slice | Tensor) -> Augmentation:
        """The same for some of the pictures, chosen as rows of a tensor are."""
        return Augmentation(*(part[which] for part in self))


def draw_augmentation(n: int, side: int, rng: torch.Generator) -> Augmentation:
    """Draw what happens to n pictures of `side` pixels, the height of rectangles; the tensors are
    where `rng` is.
    """
    brightness = _uniform(n, rng, -0.5, 0.5)
    saturation = _uniform(n, rng, 0.0, 2.0)
    contrast = _uniform(n, rng, 0.5, 1.5)
    offset = torch.randint(0, 2 * _reach(side) + 1, (2, n), generator=rng, device=rng.device)
    centre = torch.rand(2, n, generator=rng, device=rng.device)
    return Augmentation(brightness, saturation, contrast, offset.T, centre.T)


def mild_augmentation(n: int, side: int, rng: torch.Generator) -> Augmentation:
    """As `draw_augmentation`, with less of colour, for a critic that knows photographs already."""
    drawn = draw_augmentation(n, side, rng)
    return drawn._replace(
        brightness=MILD * drawn.brightness, saturation=1.0 + MILD * (drawn.saturation - 1.0)
    )


def augment(pixels: Tensor, drawn: Augmentation, cut: bool = True) -> Tensor:
    """Pixels `[N, C, H, W]` in [-1, 1] to changed pixels of the same shape, differentiable; without
    `cut`, no square is cut out.
    """
    drawn = Augmentation(*(part.to(pixels.device) for part in drawn))
    moved = _translate(_recolour(pixels, drawn), drawn.offset)
    return _cutout(moved, drawn.centre) if cut else moved


def _uniform(n: int, rng: torch.Generator, low: float, high: float) -> Tensor:
    """One draw for each picture, `[n, 1, 1, 1]`."""
    return low + (high - low) * torch.rand(n, 1, 1, 1, generator=rng, device=rng.device)


def _reach(side: int) -> int:
    """By how many pixels a picture is moved at most."""
    return max(1, round(side * SHIFT))


def _recolour(pixels: Tensor, drawn: Augmentation) -> Tensor:
    """Brightness, then saturation, then contrast."""
    pixels = pixels + drawn.brightness
    grey = pixels.mean(dim=1, keepdim=True)
    pixels = grey + (pixels - grey) * drawn.saturation
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (pixels - mean) * drawn.contrast


def _translate(pixels: Tensor, offset: Tensor) -> Tensor:
    """Moved by up to an eighth of the side each way; what comes in is grey (0)."""
    n, _, height, width = pixels.shape
    down, right = offset.T.reshape(2, n, 1, 1).unbind()
    rows = torch.arange(height, device=pixels.device).view(1, height, 1) + down
    columns = torch.arange(width, device=pixels.device).view(1, 1, width) + right
    padded = F.pad(pixels, [_reach(height)] * 4).permute(0, 2, 3, 1)  # (N, H + 2r, W + 2r, C)
    which = torch.arange(n, device=pixels.device).view(n, 1, 1)
    return padded[which, rows, columns].permute(0, 3, 1, 2)


def _cutout(pixels: Tensor, centre: Tensor) -> Tensor:
    """A square of half the side, anywhere (also part-way outside), becomes grey (0)."""
    n, _, height, width = pixels.shape
    half = round(height * CUTOUT) // 2
    row, column = centre.T.reshape(2, n, 1, 1).unbind()
    rows = torch.arange(height, device=pixels.device).view(1, height, 1)
    columns = torch.arange(width, device=pixels.device).view(1, 1, width)
    inside = ((rows - row * height).abs() < half) & ((columns - column * width).abs() < half)
    return pixels * (~inside).unsqueeze(1).to(pixels.dtype)
