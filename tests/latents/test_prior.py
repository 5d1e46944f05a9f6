"""A prior fitted to codes finds the mixture, or the sum of label offsets, that they came from."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from genimg.errors import LatentError
from genimg.latents import Evidence, fit_prior

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

WEIGHTS = np.array([0.3, 0.7])
MEANS = np.array([[-4.0, 0.0, 1.0], [3.0, 2.0, -1.0]])
FACTORS = np.array([np.diag([0.5, 1.0, 0.2]), [[1.0, 0, 0], [0.6, 0.5, 0], [0, -0.3, 0.4]]])


def evidence(codes: Floats, held_out: Floats) -> Evidence:
    dimensions = codes.shape[1]
    return Evidence(
        model_id="m",
        codes=codes,
        held_out=held_out,
        kl=np.ones(dimensions),
        survival=np.ones(dimensions),
    )


def two_components(n: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    chosen = rng.choice(2, size=n, p=WEIGHTS)
    noise = rng.standard_normal((n, 3))
    return MEANS[chosen] + np.einsum("nij,nj->ni", FACTORS[chosen], noise)


def test_a_known_mixture_of_two_is_recovered() -> None:
    prior = fit_prior(evidence(two_components(4000, 0), two_components(1000, 1)), (1, 2))
    assert prior.means.shape == (2, 3)
    order = prior.means[:, 0].argsort()
    assert prior.weights[order].numpy() == pytest.approx(WEIGHTS, abs=0.03)
    np.testing.assert_allclose(prior.means[order].numpy(), MEANS, atol=0.1)
    covariances = (prior.cholesky @ prior.cholesky.mT)[order].numpy()
    np.testing.assert_allclose(covariances, FACTORS @ FACTORS.swapaxes(1, 2), atol=0.1)
    assert float(prior.weights.sum()) == pytest.approx(1.0)
    assert bool((prior.cholesky.triu(1) == 0).all())
    assert len(prior.sizes) == 0


def test_draws_lie_where_the_codes_lie() -> None:
    codes = two_components(4000, 0)
    prior = fit_prior(evidence(codes, two_components(1000, 1)), (1, 2))
    drawn = prior.sample(4000, torch.Generator().manual_seed(0)).numpy()
    for quantile in (0.02, 0.25, 0.5, 0.75, 0.98):
        expected = np.quantile(codes, quantile, axis=0)
        np.testing.assert_allclose(np.quantile(drawn, quantile, axis=0), expected, atol=0.35)


def test_the_number_of_components_is_what_held_out_codes_like_best() -> None:
    """More components always fit the training codes better; only held-out ones tell."""
    rng = np.random.default_rng(0)
    codes, held_out = rng.standard_normal((400, 3)), rng.standard_normal((1000, 3))
    assert len(fit_prior(evidence(codes, held_out), (1, 8)).weights) == 1
    spread = two_components(400, 2)
    assert len(fit_prior(evidence(spread, two_components(500, 3)), (1, 2)).weights) == 2


def test_a_candidate_with_too_few_codes_a_component_is_not_tried() -> None:
    """Two components in three dimensions take 24 codes."""
    codes, held_out = two_components(24, 0), two_components(500, 1)
    assert len(fit_prior(evidence(codes, held_out), (1, 2)).weights) == 2
    assert len(fit_prior(evidence(codes[:23], held_out), (1, 2)).weights) == 1
    assert len(fit_prior(evidence(codes[:5], held_out), (8, 16)).weights) == 1


def test_the_same_codes_give_the_same_prior() -> None:
    known = evidence(two_components(500, 0), two_components(100, 1))
    first, again = fit_prior(known), fit_prior(known)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_dead_dimensions_and_no_held_out_codes_do_no_harm() -> None:
    codes = two_components(200, 0)
    codes[:, 1] = 0.0
    prior = fit_prior(evidence(codes, codes[:0]))
    drawn = prior.sample(100, torch.Generator().manual_seed(0))
    assert bool(torch.isfinite(drawn).all())
    assert float(drawn[:, 1].abs().max()) < 0.1


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_codes_are_refused(count: int) -> None:
    with pytest.raises(LatentError, match="at least two pictures"):
        fit_prior(evidence(two_components(count, 0), two_components(5, 0)))


# -- labels

OFFSETS = np.array([[6.0, 0, 0], [-2.0, 0, 0], [0, 4.0, 1.0], [0, -4.0, 0], [0, 0, -5.0]])
SIZES = [2, 3]


def labelled(n: int, seed: int, noise: float = 0.3) -> tuple[Floats, Integers]:
    """Codes that are a sum of one offset for each of two labels, and some noise."""
    rng = np.random.default_rng(seed)
    labels = np.stack([rng.choice(2, n, p=[0.25, 0.75]), rng.integers(0, 3, n)], axis=1)
    codes = OFFSETS[labels[:, 0]] + OFFSETS[2 + labels[:, 1]]
    return codes + noise * rng.standard_normal((n, 3)), labels


def with_labels(noise: float = 0.3) -> Evidence:
    codes, labels = labelled(2000, 0, noise)
    held_out, held_out_labels = labelled(500, 1, noise)
    return replace(
        evidence(codes, held_out),
        factors=(("fur", ("red", "blue")), ("eyes", ("round", "oval", "shut"))),
        labels=labels,
        held_out_labels=held_out_labels,
    )


def test_label_offsets_are_recovered_around_the_mean_of_their_factor() -> None:
    prior = fit_prior(with_labels(), (1,))
    assert prior.sizes.tolist() == SIZES
    assert prior.frequencies[:2].tolist() == pytest.approx([0.25, 0.75], abs=0.03)
    assert prior.frequencies[2:].tolist() == pytest.approx([1 / 3] * 3, abs=0.04)
    for rows in (slice(0, 2), slice(2, 5)):
        share = prior.frequencies[rows].numpy()
        expected = OFFSETS[rows] - share @ OFFSETS[rows]
        np.testing.assert_allclose(prior.offsets[rows].numpy(), expected, atol=0.1)
    residual = prior.cholesky[0] @ prior.cholesky[0].T
    torch.testing.assert_close(residual, 0.09 * torch.eye(3), atol=0.02, rtol=0)


def test_draws_are_near_real_combinations_never_between_them() -> None:
    """What a plain mixture gets wrong: half a hat on half a bow."""
    drawn = fit_prior(with_labels()).sample(500, torch.Generator().manual_seed(0))
    corners = torch.tensor(OFFSETS[:2, None] + OFFSETS[None, 2:]).float().reshape(-1, 3)
    distances = torch.cdist(drawn, corners)
    assert float(distances.min(dim=1).values.max()) < 2.0
    assert set(distances.argmin(dim=1).tolist()) == set(range(6)), "every combination occurs"


@pytest.mark.parametrize("reason", ["say little", "incomplete", "held-out incomplete", "none"])
def test_labels_that_cannot_be_used_are_left_out(reason: str) -> None:
    known = with_labels(noise=30.0 if reason == "say little" else 0.3)
    assert known.labels is not None
    assert known.held_out_labels is not None
    if reason == "incomplete":
        known.labels[7, 1] = -1
    elif reason == "held-out incomplete":
        known.held_out_labels[7, 0] = -1
    elif reason == "none":
        known = replace(known, labels=None, held_out_labels=None, factors=())
    prior = fit_prior(known, (1,))
    assert len(prior.sizes) == len(prior.offsets) == 0
    np.testing.assert_allclose(prior.means[0].numpy(), known.codes.mean(axis=0), atol=1e-4)


def test_a_value_that_never_occurs_is_never_drawn() -> None:
    known = replace(
        with_labels(),
        factors=(("fur", ("red", "blue", "tartan")), ("eyes", ("round", "oval", "shut"))),
    )
    prior = fit_prior(known, (1,))
    assert prior.sizes.tolist() == [3, 3]
    assert float(prior.frequencies[2]) == 0.0
    assert bool(torch.isfinite(prior.sample(50, torch.Generator().manual_seed(0))).all())


def test_labels_that_say_little_enter_where_pictures_shall_be_asked_for_by_them() -> None:
    """For a GAN: the offsets are small beside the spread of the rest, but they are right."""
    known = with_labels(noise=6.0)
    assert len(fit_prior(known, (1,)).sizes) == 0
    prior = fit_prior(known, (1,), enough_explained=0.0)
    assert prior.sizes.tolist() == SIZES
    for rows in (slice(0, 2), slice(2, 5)):
        share = prior.frequencies[rows].numpy()
        expected = OFFSETS[rows] - share @ OFFSETS[rows]
        np.testing.assert_allclose(prior.offsets[rows].numpy(), expected, atol=1.2)
    residual = prior.cholesky[0] @ prior.cholesky[0].T
    torch.testing.assert_close(residual, 36.0 * torch.eye(3), atol=4.0, rtol=0)


def test_how_much_labels_must_explain_is_a_part_of_the_held_out_variance() -> None:
    known = with_labels(noise=3.0)
    codes = known.held_out
    noise = codes - (
        OFFSETS[known.held_out_labels[:, 0]] + OFFSETS[2 + known.held_out_labels[:, 1]]
    )
    explained = 1 - np.square(noise).sum() / np.square(codes - codes.mean(axis=0)).sum()
    assert 0.2 < explained < 0.9
    for enough, labels in ((explained - 0.03, 2), (explained + 0.03, 0)):
        prior = fit_prior(known, (1,), enough_explained=enough)
        assert len(prior.sizes) == labels
