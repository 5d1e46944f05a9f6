"""What is linear in pictures: the closed form against pictures that are known to be linear."""

import pytest
import torch

from genimg.models.probabilistic_pca import LEAST_NOISE, ProbabilisticPCA

SHAPE, SIZE = (2, 3, 4), 24
SPREADS = torch.tensor([6.0, 4.0, 2.0])
NOISE = 0.25


def drawn(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures `[N, *SHAPE]` of three directions and noise, and the orthonormal directions."""
    rng = torch.Generator().manual_seed(9)
    axes = torch.linalg.qr(torch.randn(SIZE, 3, generator=rng))[0].T
    rng = torch.Generator().manual_seed(seed)
    codes = torch.randn(count, 3, generator=rng) * SPREADS
    noise = torch.randn(count, SIZE, generator=rng) * NOISE**0.5
    return (1.5 + codes @ axes + noise).view(-1, *SHAPE), axes


def fitted(count: int = 4000, dimensions: int = 3) -> ProbabilisticPCA:
    found = ProbabilisticPCA(SHAPE, dimensions)
    found.fit(drawn(count)[0])
    return found


def test_it_finds_the_directions_their_spread_and_the_noise() -> None:
    found, axes = fitted(), drawn(1)[1]
    assert (found.components * axes).sum(dim=1).abs().min() > 0.99
    torch.testing.assert_close(found.spread, SPREADS, rtol=0.05, atol=0)
    assert float(found.noise) == pytest.approx(NOISE, rel=0.1)
    torch.testing.assert_close(found.centre, torch.full((SIZE,), 1.5), rtol=0, atol=0.3)


def test_its_posterior_is_that_of_a_normal_latent() -> None:
    """New pictures' latents, drawn from their posteriors, are distributed as the prior is."""
    found = fitted()
    mean, logvar = found.posterior(drawn(4000, seed=1)[0]).chunk(2, dim=1)
    rng = torch.Generator().manual_seed(2)
    codes = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=rng)
    torch.testing.assert_close(codes.std(dim=0), torch.ones(3), rtol=0.05, atol=0)
    assert codes.mean(dim=0).abs().max() < 0.1


def test_a_picture_comes_back_but_for_its_noise() -> None:
    found, pictures = fitted(), drawn(500, seed=1)[0]
    again = found(found.posterior(pictures)[:, :3])
    assert again.shape == pictures.shape
    assert float((again - pictures).square().mean()) == pytest.approx(NOISE, rel=0.15)


def test_what_few_pictures_cannot_tell_stays_unused() -> None:
    found = ProbabilisticPCA(SHAPE, 5)
    found.fit(drawn(4)[0])
    assert int((found.spread > 0).sum()) <= 2 and float(found.noise) >= LEAST_NOISE - 1e-3
    mean, logvar = found.posterior(drawn(3, seed=1)[0]).chunk(2, dim=1)
    assert (mean[:, 2:] == 0).all() and (logvar[:, 2:] == 0).all()
    empty = ProbabilisticPCA(SHAPE, 5)
    empty.fit(drawn(1)[0])
    assert (empty.posterior(drawn(3)[0]) == 0).all()


def test_the_same_pictures_give_the_same_bits_which_half_precision_holds() -> None:
    one, other = fitted(64), fitted(64)
    torch.rand(1)  # nothing depends on where the global generator is
    for name, values in one.state_dict().items():
        assert torch.equal(values, other.state_dict()[name])
        assert torch.equal(values, values.half().float())
