"""Labels: read from latents and exchanged, on a prior whose offsets are known."""

import itertools

import pytest
import torch

from genimg.errors import LatentError
from genimg.latents import Labels
from genimg.models import Prior

FACTORS = (("colour", ("red", "blue", "green")), ("hat", ("no hat", "hat")))


@pytest.fixture
def prior() -> Prior:
    """Offsets in random directions of 8 dimensions, a small correlated rest."""
    rng = torch.Generator().manual_seed(3)
    mixing = torch.randn(8, 8, generator=rng)
    covariance = 0.02 * (mixing @ mixing.T + torch.eye(8))
    return Prior(
        torch.ones(1),
        torch.randn(1, 8, generator=rng),
        torch.linalg.cholesky(covariance).unsqueeze(0),
        3.0 * torch.randn(5, 8, generator=rng),
        torch.tensor([0.5, 0.25, 0.25, 0.9, 0.1]),
        torch.tensor([3, 2]),
    )


@pytest.fixture
def labels(prior: Prior) -> Labels:
    return Labels.from_prior(prior, FACTORS)


def latents_with(prior: Prior, colour: int, hat: int, n: int = 20) -> torch.Tensor:
    """Draws of the rest, on top of the offsets of two chosen values."""
    rest = Prior(prior.weights, prior.means, prior.factors)
    drawn = rest.sample(n, torch.Generator().manual_seed(colour + 10 * hat))
    return drawn + prior.offsets[colour] + prior.offsets[3 + hat]


@pytest.mark.parametrize(("colour", "hat"), itertools.product(range(3), range(2)))
def test_every_combination_is_read(prior: Prior, labels: Labels, colour: int, hat: int) -> None:
    for z in latents_with(prior, colour, hat):
        assert labels.read(z) == {"colour": FACTORS[0][1][colour], "hat": FACTORS[1][1][hat]}


def test_change_exchanges_one_value_and_keeps_the_rest(prior: Prior, labels: Labels) -> None:
    [z] = latents_with(prior, 0, 1, n=1)
    changed = labels.change(z, {"colour": "green"})
    assert labels.read(changed) == {"colour": "green", "hat": "hat"}
    assert torch.allclose(changed - z, prior.offsets[2] - prior.offsets[0], atol=1e-6)
    assert torch.allclose(labels.change(changed, {"colour": "red"}), z, atol=1e-5)


def test_change_to_what_is_there_is_the_identity(prior: Prior, labels: Labels) -> None:
    [z] = latents_with(prior, 1, 0, n=1)
    assert torch.equal(labels.change(z, {"colour": "blue", "hat": "no hat"}), z)


def test_unknown_words_are_refused_with_the_choices(prior: Prior, labels: Labels) -> None:
    with pytest.raises(LatentError, match=r"no 'shoes'.*colour, hat"):
        labels.change(torch.zeros(8), {"shoes": "red"})
    with pytest.raises(LatentError, match=r"'pink'.*red, blue, green"):
        labels.change(torch.zeros(8), {"colour": "pink"})


def test_names_must_fit_the_prior(prior: Prior) -> None:
    with pytest.raises(LatentError):
        Labels.from_prior(prior, FACTORS[:1])


def test_a_prior_without_labels_reads_nothing() -> None:
    labels = Labels.from_prior(Prior.standard(8), ())
    assert labels.read(torch.ones(8)) == {}
    assert torch.equal(labels.change(torch.ones(8), {}), torch.ones(8))
