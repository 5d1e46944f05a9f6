"""What an encoder says of a picture, and what a model without one does."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from genimg.errors import LatentError
from genimg.models import DiagonalGaussian, LatentModel


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def gaussian() -> DiagonalGaussian:
    return DiagonalGaussian(
        mean=2 * torch.randn(6, 5, generator=seeded(1)),
        logvar=torch.randn(6, 5, generator=seeded(2)),
    )


def test_kl_is_that_of_torch_distributions(gaussian: DiagonalGaussian) -> None:
    expected = kl_divergence(
        Normal(gaussian.mean, (0.5 * gaussian.logvar).exp()),
        Normal(torch.zeros(6, 5), torch.ones(6, 5)),
    )
    torch.testing.assert_close(gaussian.kl_per_dimension(), expected)
    torch.testing.assert_close(gaussian.kl(), expected.sum(dim=1))


def test_kl_of_the_standard_normal_is_zero() -> None:
    assert torch.equal(DiagonalGaussian(torch.zeros(2, 3), torch.zeros(2, 3)).kl(), torch.zeros(2))


def test_the_mode_is_the_mean(gaussian: DiagonalGaussian) -> None:
    assert torch.equal(gaussian.mode(), gaussian.mean)


def test_draws_have_the_stated_mean_and_spread() -> None:
    n = 40_000
    mean, logvar = torch.tensor([1.0, -2.0, 0.0]), torch.tensor([0.0, 2.0, -4.0])
    drawn = DiagonalGaussian(mean.expand(n, 3), logvar.expand(n, 3)).sample(seeded())
    std = (0.5 * logvar).exp()
    assert bool(((drawn.mean(dim=0) - mean).abs() < 5 * std / n**0.5).all())
    torch.testing.assert_close(drawn.std(dim=0), std, rtol=0.03, atol=0)
    correlation = torch.corrcoef(drawn.T) - torch.eye(3)
    assert float(correlation.abs().max()) < 0.03, "each number is drawn by itself"


def test_the_same_generator_state_is_the_same_draw(gaussian: DiagonalGaussian) -> None:
    first, again = gaussian.sample(seeded(7)), gaussian.sample(seeded(7))
    assert torch.equal(first, again)
    assert not torch.equal(first, gaussian.sample(seeded(8)))


def test_a_draw_is_differentiable_in_mean_and_logvar() -> None:
    mean = torch.zeros(1, 2, requires_grad=True)
    logvar = torch.zeros(1, 2, requires_grad=True)
    z = DiagonalGaussian(mean, logvar).sample(seeded())
    z.sum().backward()  # type: ignore[no-untyped-call]
    assert mean.grad is not None
    assert logvar.grad is not None
    torch.testing.assert_close(mean.grad, torch.ones(1, 2))
    torch.testing.assert_close(logvar.grad, 0.5 * z.detach())  # d exp(l / 2) e / dl at l = 0


def test_a_model_without_an_encoder_says_so() -> None:
    class Decoder(LatentModel):
        image_shape = (1, 2, 2)
        latent_shape = (4,)

        def decode(self, z: Tensor) -> Tensor:
            return z.reshape(-1, 1, 2, 2)

    with pytest.raises(LatentError, match="no encoder"):
        Decoder().encode(torch.zeros(1, 1, 2, 2))
