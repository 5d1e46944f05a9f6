"""Do latents vary alike in all directions once they are whitened?"""

from __future__ import annotations

import pytest
import torch

from genimg.models.whitening import root_of, whitening_of


@pytest.fixture
def covariance() -> torch.Tensor:
    parts = torch.randn(6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return parts @ parts.T + torch.diag(torch.tensor([100.0, 1, 1, 1, 1e-2, 1]).double())


def test_the_root_is_lower_triangular_and_gives_the_covariance_back(
    covariance: torch.Tensor,
) -> None:
    root = root_of(covariance.float(), ridge=0.0)
    assert root.dtype == torch.float64 and not root.triu(1).any()
    torch.testing.assert_close(root @ root.T, covariance, rtol=1e-5, atol=1e-5)


def test_whitened_latents_vary_alike(covariance: torch.Tensor) -> None:
    whitening = whitening_of(covariance)
    assert whitening.dtype == torch.float32
    after = whitening.double() @ covariance @ whitening.double().T
    torch.testing.assert_close(after, torch.eye(6, dtype=torch.float64), rtol=0, atol=1e-3)


def test_dead_dimensions_are_no_trouble() -> None:
    dead = torch.diag(torch.tensor([1.0, 0.0]))
    assert bool(torch.isfinite(whitening_of(dead)).all())
    with pytest.raises(RuntimeError, match="cholesky"):
        root_of(dead, ridge=0.0)
