"""Where are the numbers that pictures bear in a latent? In its first dimensions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset

FURTHEST = 4.0
"""Standard deviations from the mean: a number beyond is taken for that."""


class NumberPlaces:
    """The first dimensions of latents, where the numbers are that pictures bear.

    Args:
        dataset: its training pictures bear numbers.
        latent_dim: d; at most half of the dimensions are numbers, the first ones of a data set.
    """

    def __init__(self, dataset: Dataset, latent_dim: int, device: str) -> None:
        values = dataset.visible_values("train")
        if values is None:
            raise ValueError(f"{dataset.name} bears no numbers")
        self.count = min(values.shape[1], latent_dim // 2)
        known = np.ma.masked_invalid(values[:, : self.count].astype(np.float64))
        spread = np.ma.filled(known.std(axis=0), 0.0)
        centre, spread = np.ma.filled(known.mean(axis=0), 0.0), np.where(spread > 0, spread, np.nan)
        self.mean, self.spread = (
            torch.tensor(each, dtype=torch.float32, device=device) for each in (centre, spread)
        )

    def aims(self, values: Tensor) -> Tensor:
        """Numbers `[N, K]` in standard deviations, NaN where one is not known or never differs."""
        aims = (values[:, : self.count] - self.mean) / self.spread
        return aims.clamp(-FURTHEST, FURTHEST)

    def put(self, codes: Tensor, values: Tensor) -> Tensor:
        """Latents `[N, d]`, with the known ones of the numbers `[N, K]` in their places."""
        aims = self.aims(values)
        first = torch.where(aims.isnan(), codes[:, : self.count], aims)
        return torch.cat([first, codes[:, self.count :]], dim=1)
