"""What is watched while a GAN learns: how far samples are from each other and from real ones."""

import math

import pytest
import torch
from torch import Tensor

from genimg.training.objectives.pixel_statistics import sliced_wasserstein, spread


def pictures(n: int, seed: int = 0) -> Tensor:
    return torch.rand(n, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_the_spread_is_the_mean_distance_of_all_pairs() -> None:
    pixels = pictures(5)
    distances = [
        float((pixels[i] - pixels[j]).norm()) for i in range(5) for j in range(5) if i != j
    ]
    assert spread(pixels) == pytest.approx(sum(distances) / 20, rel=1e-5)
    assert spread(0.5 * pixels) == pytest.approx(0.5 * spread(pixels), rel=1e-5)


def test_equal_pictures_have_no_spread_and_neither_has_one_alone() -> None:
    assert spread(pictures(1)) == 0.0
    assert spread(pictures(1).repeat(6, 1, 1, 1)) == pytest.approx(0.0, abs=1e-5)


def test_in_one_dimension_it_is_the_distance_of_sorted_numbers() -> None:
    a, b = (torch.tensor(row).reshape(-1, 1, 1, 1) for row in ([3.0, 1.0, 2.0], [2.0, 6.0, 3.0]))
    assert sliced_wasserstein(a, b) == pytest.approx((1 + 1 + 3) / 3)


def test_for_a_shift_it_is_the_mean_length_of_a_projection() -> None:
    """E |<u, v>| = |v| Gamma(D/2) / (sqrt(pi) Gamma((D + 1)/2)) for u even on the sphere."""
    shift = pictures(1, seed=1)
    found = sliced_wasserstein(pictures(40), pictures(40) + shift)
    d = shift.numel()
    part = math.exp(math.lgamma(d / 2) - math.lgamma((d + 1) / 2)) / math.sqrt(math.pi)
    assert found == pytest.approx(float(shift.norm()) * part, rel=0.15)


def test_the_order_of_pictures_and_sets_does_not_matter() -> None:
    a, b = pictures(20), pictures(20, seed=1)
    assert sliced_wasserstein(a, a.flip(0)) == pytest.approx(0.0, abs=1e-6)
    assert sliced_wasserstein(a, b) == pytest.approx(sliced_wasserstein(b.flip(0), a), rel=1e-5)


def test_nearer_sets_are_nearer() -> None:
    """Two samples of one distribution are nearer than blurred or dimmed ones."""
    a, b = pictures(200), pictures(200, seed=1)
    floor = sliced_wasserstein(a, b)
    for factor in (0.8, 0.5, 0.0):
        further = sliced_wasserstein(a, factor * b)
        assert further > floor
        floor = further


def test_the_same_sets_have_the_same_distance_every_time() -> None:
    state = torch.get_rng_state()
    assert sliced_wasserstein(pictures(9), pictures(9, 1)) == sliced_wasserstein(
        pictures(9), pictures(9, 1)
    )
    assert torch.equal(torch.get_rng_state(), state)
