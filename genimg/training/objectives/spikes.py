"""Which steps of an optimizer are left out? Those whose gradient is far beyond what is usual.

One bad batch can throw a network without normalisation off for good (compare Child 2021, "Very deep
VAEs", appendix): such a step is left out as if it had never been tried.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genimg.models.device import widest

MEMORY = 0.02
"""Part of a step in the running mean of gradient norms."""


class SpikeGuard:
    """Takes an optimizer's steps, but for outliers; remembers what is usual.

    Args:
        most: a norm above so many times the running mean is an outlier.
        device: that of the norms.
    """

    def __init__(self, most: float, device: str) -> None:
        self.most = most
        self.usual = torch.zeros((), device=device)
        """The running mean of gradient norms; 0 before the first step."""

    def step(self, optimizer: torch.optim.Optimizer, norm: Tensor) -> None:
        """Take a step whose gradients have this norm, or leave it out."""
        left_out = self.is_spike(norm)
        if left_out.is_cuda and isinstance(optimizer, torch.optim.Adam):
            # What mixed precision uses to leave out a step: decided on the device, so that the
            # processor need not wait for it.
            optimizer.found_inf = left_out.float()  # type: ignore[attr-defined]
            optimizer.step()
        elif not bool(left_out):
            optimizer.step()

    def is_spike(self, norm: Tensor) -> Tensor:
        """Whether a norm is an outlier, without waiting for the device. It joins the
        running mean, an outlier only as the largest norm that is none.
        """
        usual = self.usual
        wide = widest(norm.device)
        limit = self.most * usual.to(wide)
        began = usual > 0.0
        spike = began & (norm.to(wide) > limit)
        bounded = torch.where(began, torch.minimum(norm, limit.float()), norm)
        self.usual = torch.where(began, torch.lerp(usual, bounded, MEMORY), bounded)
        return spike
