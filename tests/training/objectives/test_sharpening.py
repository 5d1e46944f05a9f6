"""A critic of photographs looks at features, and at what is said of the pictures."""

import torch
from torch import Tensor

from genimg.training.objectives.sharpening import (
    TAPPED,
    WIDTH,
    FeatureCritic,
    critic_loss,
    word_of,
)

SIDE = 64


def features(count: int) -> list[Tensor]:
    """Of no pictures in particular: at stride 2, and at those that a critic looks at."""
    rng = torch.Generator().manual_seed(0)
    shapes = [(16, SIDE // 2), *((channels, SIDE // stride) for stride, channels in TAPPED)]
    return [torch.randn(count, c, side, side, generator=rng) for c, side in shapes]


def test_a_critic_answers_at_each_scale() -> None:
    answers = FeatureCritic(SIDE)(features(2))
    assert [len(answer) for answer in answers] == [2] * len(TAPPED)
    assert all(answer.shape[1] >= 4 for answer in answers)


def test_a_critic_of_labelled_pictures_learns_which_features_go_with_which_label() -> None:
    """Both are real: only that a picture bears the other's label tells them apart."""
    torch.manual_seed(0)
    critic = FeatureCritic(SIDE, (2, 3))
    taps = features(8)
    kinds = torch.arange(8) % 2
    taps = [tap + 2.0 * kinds.view(-1, 1, 1, 1) for tap in taps]
    other = torch.zeros(8, dtype=torch.int64)
    right, wrong = torch.stack([kinds, other], 1), torch.stack([1 - kinds, other], 1)
    optimizer = torch.optim.Adam(critic.parameters(), 3e-3, betas=(0.0, 0.99))
    for _ in range(40):
        optimizer.zero_grad()
        loss = critic_loss(critic(taps, right), critic(taps, wrong)).mean()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        assert bool((word_of(critic(taps, right)) > word_of(critic(taps, wrong)) + 0.5).all())
        unlabelled = critic(taps)
        assert all(torch.isfinite(answer).all() for answer in unlabelled)


def test_a_label_adds_the_same_at_every_place() -> None:
    critic = FeatureCritic(SIDE, (4,)).eval()
    taps = features(3)
    with torch.no_grad():
        plain, labelled = critic(taps), critic(taps, torch.tensor([[0], [1], [3]]))
    for before, after in zip(plain, labelled, strict=True):
        added = after - before
        assert torch.allclose(added, added[:, :1].expand_as(added), atol=1e-5)
    assert critic.heads[0].fitting[0].weight.shape == (4, WIDTH)  # type: ignore[union-attr,index]


def test_labels_are_nothing_to_the_critic_of_unlabelled_pictures() -> None:
    critic = FeatureCritic(SIDE).eval()
    with torch.no_grad():
        plain, told = critic(features(2)), critic(features(2), torch.tensor([[0, 1], [1, -1]]))
    assert all(torch.equal(a, b) for a, b in zip(plain, told, strict=True))
