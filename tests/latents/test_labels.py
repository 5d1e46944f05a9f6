"""A latent made of label offsets is read back in words, and one word is exchanged for another."""

from itertools import product

import pytest
import torch
from torch import Tensor

from genimg.errors import LatentError
from genimg.latents import Labels
from genimg.models import Prior

FACTORS = (("hat", ("red", "blue", "none")), ("eyes", ("round", "shut")))
OFFSETS = torch.tensor(
    [[5.0, 0, 0, 0], [0, 5.0, 0, 0], [-5.0, -5.0, 0, 0], [0, 0, 3.0, 0], [0, 0, -3.0, 0]]
)
MEANS = torch.tensor([[1.0, 2.0, 3.0, -4.0], [1.0, 2.0, 3.0, 4.0]])
COMBINATIONS = list(product(range(3), range(2)))


def prior(spread: float = 0.3) -> Prior:
    return Prior(
        weights=torch.tensor([0.5, 0.5]),
        means=MEANS,
        cholesky=spread * torch.eye(4).expand(2, -1, -1),
        offsets=OFFSETS,
        frequencies=torch.tensor([0.2, 0.3, 0.5, 0.4, 0.6]),
        sizes=torch.tensor([3, 2]),
    )


@pytest.fixture
def labels() -> Labels:
    return Labels.from_prior(prior(), FACTORS)


def latent(hat: int, eyes: int, seed: int = 0) -> Tensor:
    """The sum of two offsets, a mean and some noise."""
    rng = torch.Generator().manual_seed(seed)
    noise = 0.3 * torch.randn(4, generator=rng)
    return OFFSETS[hat] + OFFSETS[3 + eyes] + MEANS[seed % 2] + noise


@pytest.mark.parametrize(("hat", "eyes"), COMBINATIONS)
@pytest.mark.parametrize("seed", range(4))
def test_every_combination_is_read_in_words(labels: Labels, hat: int, eyes: int, seed: int) -> None:
    expected = {"hat": FACTORS[0][1][hat], "eyes": FACTORS[1][1][eyes]}
    assert labels.read(latent(hat, eyes, seed)) == expected


def test_what_varies_anyway_says_little() -> None:
    """Where latents differ by 20 without a reason, a difference must not outvote a label."""
    wide = Prior(
        weights=torch.ones(1),
        means=torch.zeros(1, 2),
        cholesky=torch.diag(torch.tensor([0.1, 20.0]))[None],
        offsets=torch.tensor([[1.0, 10.0], [-1.0, -10.0]]),
        frequencies=torch.tensor([0.5, 0.5]),
        sizes=torch.tensor([2]),
    )
    labels = Labels.from_prior(wide, [("side", ("right", "left"))])
    assert labels.read(torch.tensor([1.0, -15.0])) == {"side": "right"}
    assert labels.read(torch.tensor([-1.0, 15.0])) == {"side": "left"}


@pytest.mark.parametrize("start", COMBINATIONS)
@pytest.mark.parametrize("end", COMBINATIONS)
def test_a_change_exchanges_offsets_and_nothing_else(
    labels: Labels, start: tuple[int, int], end: tuple[int, int]
) -> None:
    names = {"hat": FACTORS[0][1][end[0]], "eyes": FACTORS[1][1][end[1]]}
    changed = labels.change(latent(*start, seed=1), names)
    torch.testing.assert_close(changed, latent(*end, seed=1), atol=1e-5, rtol=0)
    assert labels.read(changed) == names


def test_a_change_to_what_is_shown_is_the_identity(labels: Labels) -> None:
    z = latent(1, 0)
    for changes in ({}, {"hat": "blue"}, {"hat": "blue", "eyes": "round"}):
        assert torch.equal(labels.change(z, changes), z)
    assert torch.equal(z, latent(1, 0)), "what was given is left as it was"


def test_what_the_model_does_not_know_is_refused_with_the_choices(labels: Labels) -> None:
    with pytest.raises(LatentError, match=r"no 'shoes'; it knows hat, eyes"):
        labels.change(latent(0, 0), {"shoes": "red"})
    with pytest.raises(LatentError, match=r"hat cannot be 'green'; choose red, blue, none"):
        labels.change(latent(0, 0), {"hat": "green"})


def test_a_model_without_labels_reads_nothing() -> None:
    bare = Labels.from_prior(Prior.standard(4), ())
    assert bare.read(torch.zeros(4)) == {}
    assert torch.equal(bare.change(torch.ones(4), {}), torch.ones(4))
    with pytest.raises(LatentError, match="it knows no labels"):
        bare.change(torch.zeros(4), {"hat": "red"})


@pytest.mark.parametrize("factors", [(), FACTORS[:1], FACTORS[::-1], (*FACTORS, FACTORS[0])])
def test_names_that_do_not_fit_the_prior_are_refused(
    factors: tuple[tuple[str, tuple[str, ...]], ...],
) -> None:
    with pytest.raises(LatentError, match="do not fit the prior"):
        Labels.from_prior(prior(), factors)


def test_a_latent_with_layers_is_read_by_their_mean_and_changed_in_all(labels: Labels) -> None:
    z = torch.stack([latent(1, 0), latent(1, 0, seed=2)])
    assert labels.read(z) == {"hat": "blue", "eyes": "round"}
    changed = labels.change(z, {"hat": "red"})
    torch.testing.assert_close(changed - z, (OFFSETS[0] - OFFSETS[1]).expand(2, -1))


# -- a part of the way to another one


def test_the_whole_way_is_the_other_one_and_none_is_the_first(labels: Labels) -> None:
    a, b = latent(0, 1, seed=1), latent(2, 0, seed=2)
    torch.testing.assert_close(labels.toward(a, b, 0.0, []), a)
    torch.testing.assert_close(labels.toward(a, b, 1.0, ["hat", "eyes"]), b)


@pytest.mark.parametrize("factors", [[], ["hat"], ["eyes"], ["eyes", "hat"]])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_labels_are_taken_whole_and_the_rest_in_part(
    labels: Labels, factors: list[str], share: float
) -> None:
    a, b = latent(0, 1, seed=1), latent(2, 0, seed=2)
    moved = labels.toward(a, b, share, factors)
    hat, eyes = (2 if "hat" in factors else 0), (0 if "eyes" in factors else 1)
    rest_a, rest_b = a - OFFSETS[0] - OFFSETS[4], b - OFFSETS[2] - OFFSETS[3]
    expected = torch.lerp(rest_a, rest_b, share) + OFFSETS[hat] + OFFSETS[3 + eyes]
    torch.testing.assert_close(moved, expected)
    layers = labels.toward(torch.stack([a, a]), b, share, factors)
    torch.testing.assert_close(layers, torch.stack([expected, expected]))
