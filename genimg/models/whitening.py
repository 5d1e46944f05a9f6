"""How do latents that vary more one way than another come to vary alike in all directions?"""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 1e-6
"""Added to every variance, as a part of their mean: hardly anything varies in dead dimensions."""


def root_of(covariance: Tensor, ridge: float = RIDGE) -> Tensor:
    """The Cholesky factor L of a covariance `[d, d]`, lower triangular, float64 on the CPU: L L^T
    is the covariance with `ridge` added.
    """
    exact = covariance.detach().cpu().double()
    added = ridge * exact.diagonal().mean() * torch.eye(len(exact), dtype=torch.float64)
    root: Tensor = torch.linalg.cholesky(exact + added)
    return root


def whitening_of(covariance: Tensor, ridge: float = RIDGE) -> Tensor:
    """The matrix W, float32 `[d, d]`, with which `(z - mean) @ W.T` varies alike all round: its
    length is the Mahalanobis distance of z.
    """
    whitening: Tensor = torch.linalg.inv(root_of(covariance, ridge)).float()
    return whitening
