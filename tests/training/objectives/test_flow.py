"""A flow learns where pictures lie from their latents, and what goes with what."""

from contextlib import nullcontext

import torch

from genimg.models import DiagonalGaussian, Prior
from genimg.training.objectives.flow import BATCH, Codes, Fitting, flowing

CORNERS = torch.tensor([[-2.0, -2.0], [2.0, 2.0]])
"""Where the pictures of this world lie: which of two numbers goes with which. A Gaussian with their
variances, without what they have in common, has half of its draws elsewhere.
"""


def codes(count: int, seed: int) -> Codes:
    """Of pictures at the first corner that are labelled 0, and at the second labelled 1; a second
    label means nothing.
    """
    rng = torch.Generator().manual_seed(seed)
    labels = torch.stack([torch.randint(size, (count,), generator=rng) for size in (2, 3)], dim=1)
    where = CORNERS[labels[:, 0]]
    return Codes(DiagonalGaussian(where, torch.full_like(where, -4.0)), labels)


def unlabelled(labelled: Codes) -> Codes:
    return Codes(labelled.posterior, torch.zeros(len(labelled), 0, dtype=torch.int64))


def plain() -> Prior:
    return Prior(torch.ones(1), torch.zeros(1, 2), 2.0 * torch.eye(2)[None])


def asked() -> Prior:
    """It knows that there are labels, but not what they mean."""
    return Prior(
        plain().weights, plain().means, plain().cholesky, torch.zeros(5, 2),
        torch.tensor([0.5, 0.5, 0.4, 0.3, 0.3]), torch.tensor([2, 3]),
    )  # fmt: skip


def fitting(pictures: int, **more: object) -> Fitting:
    return Fitting(pictures, 0, nullcontext, **more)  # type: ignore[arg-type]


def distances(prior: Prior, labels: list[int] | None = None) -> torch.Tensor:
    """Of 400 draws from each corner, `[400, 2]`."""
    said = None if labels is None else torch.tensor([labels] * 400)
    return torch.cdist(prior.sample(400, torch.Generator().manual_seed(5), labels=said), CORNERS)


def test_draws_come_to_lie_where_pictures_do() -> None:
    learned = flowing(plain(), unlabelled(codes(20_000, 0)), unlabelled(codes(500, 1)),
                      fitting(300 * BATCH))  # fmt: skip
    far = float((distances(plain()).amin(dim=1) > 1.0).float().mean())
    assert far > 0.5, "there is something to learn"
    near = distances(learned)
    assert float((near.amin(dim=1) < 1.0).float().mean()) > 0.95
    assert 0.4 < float((near[:, 0] < near[:, 1]).float().mean()) < 0.6, "as many at each corner"


def test_a_flow_goes_by_what_the_labels_mean() -> None:
    learned = flowing(asked(), codes(20_000, 0), codes(500, 1), fitting(300 * BATCH))
    for corner in (0, 1):
        near = distances(learned, [corner, 2])
        assert float((near[:, corner] < 1.0).float().mean()) > 0.95


def test_what_is_known_by_heart_is_not_followed() -> None:
    """Ten pictures, seen thousands of times: held-out ones lie elsewhere, so nothing is gained."""
    rng = torch.Generator().manual_seed(1)
    few, others = (
        unlabelled(Codes(DiagonalGaussian(mean, torch.full_like(mean, -6.0)), mean))
        for mean in (2 * torch.randn(count, 8, generator=rng) for count in (10, 300))
    )
    prior = Prior(torch.ones(1), torch.zeros(1, 8), 2.0 * torch.eye(8)[None])
    learned = flowing(prior, few, others, fitting(10**9))
    drawn = learned.sample(200, torch.Generator().manual_seed(2))
    nearest = torch.cdist(drawn, few.posterior.mean).amin(dim=1)
    floor = torch.cdist(others.posterior.mean[:200], few.posterior.mean).amin(dim=1)
    assert float(nearest.median()) > 0.7 * float(floor.median()), "these are copies"


def test_the_same_seed_learns_the_same_and_may_start_from_an_earlier_flow() -> None:
    train, held_out = codes(500, 0), codes(100, 1)
    first, again = (flowing(asked(), train, held_out, fitting(1_000)) for _ in range(2))
    assert all(
        torch.equal(tensor, again.state_dict()[name]) for name, tensor in first.state_dict().items()
    )
    kept = flowing(asked(), train, held_out, fitting(0, start=first.flow))
    draws = [prior.sample(5, torch.Generator().manual_seed(1)) for prior in (first, kept)]
    torch.testing.assert_close(*draws, atol=0.02, rtol=0)
    other = flowing(plain(), unlabelled(train), unlabelled(held_out), fitting(0, start=first.flow))
    assert not other.sizes.numel(), "what does not fit is no start"
