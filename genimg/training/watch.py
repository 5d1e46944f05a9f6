"""What tells from pixels alone how a generator is doing, quickly, while it trains."""

from __future__ import annotations

import torch
from torch import Tensor

PROJECTIONS = 256


def spread(pixels: Tensor) -> float:
    """The mean distance between two pictures of `[N, C, H, W]`, all pairs; 0 for one alone."""
    if len(pixels) < 2:
        return 0.0
    return float(torch.pdist(pixels.flatten(1).float()).mean())


def sliced_wasserstein(a: Tensor, b: Tensor, seed: int = 0) -> float:
    """Sliced Wasserstein distance between two sets of as many pixels `[N, C, H, W]`.

    The mean over random directions of the distance between sorted projections (Rabin et al. 2012),
    in the pixels' units. No network, so it is quick and never fooled by one; it is for watching a
    run, not for comparing models.
    """
    rng = torch.Generator().manual_seed(seed)
    flat_a, flat_b = a.flatten(1).float(), b.flatten(1).float()
    directions = torch.randn(flat_a.shape[1], PROJECTIONS, generator=rng).to(a.device)
    directions = directions / directions.norm(dim=0)
    sorted_a, sorted_b = ((flat @ directions).sort(dim=0).values for flat in (flat_a, flat_b))
    return float((sorted_a - sorted_b).abs().mean())
