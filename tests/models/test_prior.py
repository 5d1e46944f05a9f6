"""Where a model's pictures lie: a mixture of Gaussians, with labels, and a flow from it."""

import pytest
import torch
from torch import Tensor

from genimg.errors import LatentError
from genimg.models import Flow, Prior
from genimg.models.prior import draw_labels


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mixture() -> Prior:
    """Two components of very different place, spread and weight."""
    return Prior(
        weights=torch.tensor([0.25, 0.75]),
        means=torch.tensor([[-3.0, 1.0], [2.0, -1.0]]),
        cholesky=torch.tensor([[[0.5, 0.0], [0.3, 0.2]], [[1.0, 0.0], [-0.8, 0.6]]]),
    )


def labelled() -> Prior:
    """One narrow component, and two factors of 2 and 3 values with offsets of their own."""
    return Prior(
        weights=torch.ones(1),
        means=torch.zeros(1, 2),
        cholesky=0.01 * torch.eye(2)[None],
        offsets=torch.tensor([[10.0, 0.0], [-10.0, 0.0], [0.0, 5.0], [0.0, 0.0], [0.0, -5.0]]),
        frequencies=torch.tensor([0.3, 0.7, 0.2, 0.0, 0.8]),
        sizes=torch.tensor([2, 3]),
    )


def test_a_mixture_has_its_means_and_covariances() -> None:
    """Moments of a mixture: sum w mu, and sum w (L L^T + mu mu^T) minus the outer product."""
    prior, n = mixture(), 60_000
    drawn = prior.sample(n, seeded(3))
    mean = prior.weights @ prior.means
    second = prior.cholesky @ prior.cholesky.mT + prior.means[:, :, None] * prior.means[:, None, :]
    covariance = torch.einsum("k,kij->ij", prior.weights, second) - torch.outer(mean, mean)
    errors = covariance.diagonal().sqrt() / n**0.5
    assert bool(((drawn.mean(dim=0) - mean).abs() < 5 * errors).all())
    torch.testing.assert_close(torch.cov(drawn.T), covariance, rtol=0.03, atol=0.03)


def test_each_component_has_its_own_weight_and_covariance() -> None:
    """The moments of the whole could hide two covariances that changed places."""
    prior, n = mixture(), 40_000
    drawn = prior.sample(n, seeded(4))
    nearest = torch.cdist(drawn[:, :1], prior.means[:, :1]).argmin(dim=1)
    share = (nearest == 0).float().mean()
    assert abs(float(share) - 0.25) < 0.02
    few = drawn[nearest == 0]
    few = few[few[:, 0] < -1.0]  # away from the other component's tail
    torch.testing.assert_close(
        torch.cov(few.T), prior.cholesky[0] @ prior.cholesky[0].T, rtol=0.1, atol=0.02
    )


def test_temperature_scales_the_spread_inside_a_component() -> None:
    prior = mixture()
    cold = prior.sample(200, seeded(5), temperature=0.0)
    distances = torch.cdist(cold, prior.means).min(dim=1).values
    assert float(distances.max()) == 0.0
    assert len(torch.unique(cold, dim=0)) == 2, "both components occur"
    usual, hot = (prior.sample(200, seeded(5), temperature=t) for t in (1.0, 3.0))
    torch.testing.assert_close(hot - cold, 3.0 * (usual - cold))


def test_label_offsets_are_added_one_of_each_factor_as_often_as_they_occur() -> None:
    n = 20_000
    drawn = labelled().sample(n, seeded(6))
    corners, counts = torch.unique(drawn.round(), dim=0, return_counts=True)
    shares = {tuple(c): k / n for c, k in zip(corners.tolist(), counts.tolist(), strict=True)}
    expected = {(x, y): p * q for x, p in ((10, 0.3), (-10, 0.7)) for y, q in ((5, 0.2), (-5, 0.8))}
    assert shares.keys() == expected.keys(), "a value that never occurs is never drawn"
    for corner, share in expected.items():
        assert abs(shares[corner] - share) < 0.02, corner


def test_wanted_labels_are_given_and_the_others_drawn_as_often_as_they_occur() -> None:
    n = 4000
    wanted = torch.full((n, 2), -1)
    wanted[:, 0] = 0
    wanted[:10, 1] = 1
    drawn = labelled().sample(n, seeded(6), labels=wanted).round()
    assert set(drawn[:, 0].tolist()) == {10.0}, "asked for, though seven in ten are the other"
    assert set(drawn[:10, 1].tolist()) == {0.0}, "asked for, though it never occurs"
    assert set(drawn[10:, 1].tolist()) == {5.0, -5.0}
    assert abs(float((drawn[10:, 1] == 5.0).float().mean()) - 0.2) < 0.03


@pytest.mark.parametrize("temperature", [0.0, 1.0, 2.0])
def test_what_is_drawn_does_not_depend_on_what_is_wanted(temperature: float) -> None:
    """One seed with another label is the same picture with that label."""
    prior, n = labelled(), 50
    free = prior.sample(n, seeded(7), temperature)
    nothing = prior.sample(n, seeded(7), temperature, labels=torch.full((n, 2), -1))
    assert torch.equal(free, nothing)

    def asked(a: int, b: int) -> Tensor:
        return prior.sample(n, seeded(7), temperature, labels=torch.tensor([[a, b]] * n))

    bare = asked(0, 0) - prior.offsets[0] - prior.offsets[2]
    for a in range(2):
        for b in range(3):
            expected = bare + prior.offsets[a] + prior.offsets[2 + b]
            torch.testing.assert_close(asked(a, b), expected, rtol=0, atol=1e-5)
    half = prior.sample(n, seeded(7), temperature, labels=torch.tensor([[-1, 1]] * n))
    torch.testing.assert_close(half[:, 0], free[:, 0])
    torch.testing.assert_close(half[:, 1], asked(0, 1)[:, 1])


def test_a_prior_without_labels_can_be_asked_for_none() -> None:
    none = torch.zeros(5, 0, dtype=torch.int64)
    prior = mixture()
    assert torch.equal(prior.sample(5, seeded(1), labels=none), prior.sample(5, seeded(1)))


def test_labels_are_drawn_from_their_factor_independently_of_each_other() -> None:
    n, prior = 20_000, labelled()
    drawn = draw_labels(prior.frequencies, (2, 3), n, seeded(8))
    assert (drawn.shape, drawn.dtype) == ((n, 2), torch.int64)
    together = torch.zeros(2, 3)
    together.index_put_((drawn[:, 0], drawn[:, 1]), torch.ones(n), accumulate=True)
    expected = torch.outer(torch.tensor([0.3, 0.7]), torch.tensor([0.2, 0.0, 0.8]))
    torch.testing.assert_close(together / n, expected, rtol=0, atol=0.015)
    assert torch.equal(drawn, draw_labels(prior.frequencies, [2, 3], n, seeded(8)))
    assert not torch.equal(drawn, draw_labels(prior.frequencies, [2, 3], n, seeded(9)))


def test_wanted_values_take_the_place_of_drawn_ones() -> None:
    prior = labelled()
    drawn = draw_labels(prior.frequencies, (2, 3), 3, seeded(8))
    wanted = torch.tensor([[-1, -1], [0, 1], [-1, 2]])
    found = draw_labels(prior.frequencies, (2, 3), 3, seeded(8), wanted)
    assert found.tolist() == [drawn[0].tolist(), [0, 1], [int(drawn[2, 0]), 2]]
    none = draw_labels(torch.zeros(0), (), 4, seeded())
    assert (none.shape, none.dtype) == ((4, 0), torch.int64)


@pytest.mark.parametrize(
    "wanted", [[[0]], [[0, 1, 0]], [[0, 3]], [[2, 0]], [[0, 0], [1, 1]]], ids=str
)
def test_labels_that_a_model_does_not_have_are_refused(wanted: list[list[int]]) -> None:
    with pytest.raises(LatentError, match="labels do not fit a model"):
        labelled().sample(1, seeded(), labels=torch.tensor(wanted))
    with pytest.raises(LatentError, match="labels do not fit a model"):
        mixture().sample(1, seeded(), labels=torch.tensor(wanted))


@pytest.mark.parametrize("prior", [mixture(), labelled(), Prior.standard(3)])
def test_the_same_seed_is_the_same_draw(prior: Prior) -> None:
    first, again, other = (prior.sample(5, seeded(s)) for s in (1, 1, 2))
    assert first.dtype == torch.float32
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_standard_prior_is_the_standard_normal() -> None:
    drawn = Prior.standard(3).sample(40_000, seeded(9))
    assert float(drawn.mean(dim=0).abs().max()) < 0.03
    torch.testing.assert_close(torch.cov(drawn.T), torch.eye(3), rtol=0, atol=0.04)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": torch.ones(1)},
        {"cholesky": torch.zeros(2, 3, 3)},
        {"cholesky": torch.zeros(1, 2, 2)},
        {"offsets": torch.zeros(5, 2)},
        {"sizes": torch.tensor([2, 3])},
        {
            "offsets": torch.zeros(2, 3),
            "frequencies": torch.ones(2) / 2,
            "sizes": torch.tensor([2]),
        },
        {"offsets": torch.zeros(2, 2), "frequencies": torch.ones(1), "sizes": torch.tensor([2])},
        {
            "offsets": torch.zeros(2, 2),
            "frequencies": torch.ones(2),
            "sizes": torch.tensor([3, -1]),
        },
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Tensor]) -> None:
    good = mixture()
    parts = {"weights": good.weights, "means": good.means, "cholesky": good.cholesky}
    Prior(**parts)
    with pytest.raises(LatentError, match="do not fit"):
        Prior(**{**parts, **changes})


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.5, -0.5], [0.5, 0.6], [float("nan"), 1.0]])
def test_shares_that_do_not_sum_to_one_are_refused(weights: list[float]) -> None:
    good = mixture()
    with pytest.raises(LatentError, match="sum to 1"):
        Prior(torch.tensor(weights), good.means, good.cholesky)
    parts = dict(labelled().named_buffers())
    Prior.from_tensors(parts)
    parts["frequencies"] = torch.tensor([0.5, 0.5, *weights, 0.0])
    with pytest.raises(LatentError, match="sum to 1"):
        Prior.from_tensors(parts)


# -- the flow


def moving(prior: Prior, std: float = 0.7) -> Prior:
    """The same with a flow that goes somewhere."""
    sizes = tuple(prior.sizes.tolist())
    flow = Flow(prior.means.shape[1], sizes, width=8, blocks=2)
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, std=std, generator=seeded(1))
    return prior.with_flow(Flow.from_tensors(flow.state_dict(), sizes))


def test_a_flow_that_has_learned_nothing_goes_nowhere() -> None:
    prior = labelled()
    drawn = prior.with_flow(Flow(2, (2, 3))).sample(50, seeded(1))
    torch.testing.assert_close(drawn, prior.sample(50, seeded(1)))


def test_a_flow_goes_on_from_what_the_mixture_draws_and_goes_by_its_labels() -> None:
    prior = labelled()
    flowing = moving(prior)
    start, labels = prior.mixed(50, seeded(1))
    assert flowing.flow is not None
    assert torch.equal(flowing.sample(50, seeded(1)), flowing.flow.carry(start, labels))
    assert not torch.allclose(flowing.sample(50, seeded(1)), start, atol=0.1)
    others = flowing.flow.carry(start, (labels + 1) % torch.tensor([2, 3]))
    assert not torch.allclose(flowing.flow.carry(start, labels), others, atol=0.1)


def test_a_flow_is_followed_to_where_more_steps_lead() -> None:
    flowing = moving(mixture(), std=0.3)
    start, labels = flowing.mixed(50, seeded(1))
    assert flowing.flow is not None
    exact = flowing.flow.carry(start, labels, steps=400)
    torch.testing.assert_close(flowing.flow.carry(start, labels), exact, atol=0.03, rtol=0)


@pytest.mark.parametrize("prior", [mixture(), labelled()])
def test_a_prior_with_a_flow_comes_back_from_its_tensors(prior: Prior) -> None:
    flowing = moving(prior)
    again = Prior.from_tensors(flowing.state_dict())
    assert torch.equal(again.sample(20, seeded(2)), flowing.sample(20, seeded(2)))
