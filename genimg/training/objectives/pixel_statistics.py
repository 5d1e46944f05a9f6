"""What tells from pixels alone how a generator is doing, quickly, while it trains."""

from __future__ import annotations

import torch
from torch import Tensor

from genimg.runs.description import Floor, Graph

PROJECTIONS = 256
GRAPHS = (
    Graph(
        "Distance from real pictures",
        "of what it draws, lower is better",
        (("held_out_loss", "distance"),),
    ),
    Graph("Variety", "1 is as varied as real pictures", (("held_out_diversity", "variety"),)),
)
LITTLE_VARIETY = Floor(
    "held_out_diversity",
    0.4,
    "warn",
    "Its samples vary only {value} as much as your pictures: it may be collapsing. If it does, it "
    "goes back and tries a milder objective by itself. If that does not help, train a VAE of these "
    "pictures first and start from that one, or in a terminal with a larger --gamma.",
    "%",
)


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
