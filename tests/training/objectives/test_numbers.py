"""The first latent numbers of a VAE are the numbers that its pictures bear."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from genimg.data import Dataset, Number
from genimg.data.dataset import Factor
from genimg.images import array_to_pixels
from genimg.models import DiagonalGaussian, LatentModel, build_model
from genimg.training import TrainOptions
from genimg.training.loop.step import take_step
from genimg.training.objectives.numbers import WEIGHT, NumberTerm
from genimg.training.objectives.vae import VAEObjective
from genimg.training.pictures.batches import Batches
from genimg.training.pictures.numbers import FURTHEST
from genimg.training.planning.compute import Compute

NAN = float("nan")


def bearing(cats: Dataset, values: np.ndarray) -> Dataset:  # type: ignore[type-arg]
    """Cats that bear these numbers, `[N, K]`, and no labels."""
    numbers = tuple(Number(f"number {k}", "", -1e6, 1e6) for k in range(values.shape[1]))
    return replace(cats, labels=None, factors=(), numbers=numbers, values=values.astype(np.float32))


@pytest.fixture(scope="module")
def bright(cats: Dataset) -> Dataset:
    """Cats that bear how bright they are, which every fifth does not tell."""
    values = cats.images.mean(axis=(1, 2, 3))[:, None]
    values[::5] = NAN
    return bearing(cats, values)


def posterior(mean: Tensor, logvar: float = 0.0) -> DiagonalGaussian:
    return DiagonalGaussian(mean, torch.full_like(mean, logvar, requires_grad=mean.requires_grad))


def test_numbers_are_read_in_standard_deviations_of_the_training_pictures(cats: Dataset) -> None:
    """A weighted square, and the likelihood."""
    rng = np.random.default_rng(0)
    values = rng.normal((10, -200), (2, 50), (len(cats), 2))
    train = values[cats.splits["train"]]
    term = NumberTerm(bearing(cats, values), 8, "cpu")
    centre, spread = train.mean(axis=0), train.std(axis=0)
    aside = np.array([3 * spread[0], 0])
    here = torch.from_numpy(np.stack([centre, centre + aside, centre - spread])).float()
    means = torch.zeros(3, 8)
    means[:, 2:] = 7.0  # the other dimensions are free
    squares = [0, 9, 2]
    expected = [WEIGHT * each + 0.5 * (4 * each + 2 * -math.log(4)) for each in squares]
    assert term(posterior(means, -math.log(4)), here).tolist() == pytest.approx(expected, rel=1e-4)


def test_known_numbers_take_their_places_and_cost_nothing(cats: Dataset) -> None:
    values = np.random.default_rng(0).normal(size=(len(cats), 2))
    term = NumberTerm(bearing(cats, values), 6, "cpu")
    rows = torch.tensor([[term.mean[0] + 2 * term.spread[0], NAN], [NAN, 1e6]])
    codes = torch.full((2, 6), 0.5)
    put = term.put(codes, rows)
    assert put[:, :2].tolist() == [[pytest.approx(2), 0.5], [0.5, FURTHEST]]
    assert torch.equal(put[:, 2:], codes[:, 2:])
    assert codes.eq(0.5).all()
    free = posterior(codes).kl_per_dimension()
    assert term.kl(posterior(codes), rows).tolist() == pytest.approx((5 * free[:, 0]).tolist())


def test_what_is_not_known_says_nothing_also_not_to_the_gradient(bright: Dataset) -> None:
    term = NumberTerm(bright, 8, "cpu")
    means = torch.full((2, 8), 0.5, requires_grad=True)
    far = term(posterior(means), torch.tensor([[NAN], [1e3]]))
    far.sum().backward()
    assert means.grad is not None
    assert far[0].item() == 0 and far[1].item() > 1
    assert not means.grad[0].any() and means.grad[1, 0] != 0 and not means.grad[1, 1:].any()


def test_a_number_that_is_always_the_same_or_never_known_is_none(cats: Dataset) -> None:
    """Sure of it, the likelihood would grow without end."""
    values = np.stack([np.full(len(cats), 4.0), np.full(len(cats), NAN)], axis=1)
    term = NumberTerm(bearing(cats, values), 8, "cpu")
    codes, rows = torch.full((1, 8), 0.5), torch.tensor([[4.0, NAN]])
    assert term(posterior(codes), rows).item() == 0
    assert torch.equal(term.put(codes, rows), codes)


def test_half_of_the_dimensions_stay_free(cats: Dataset) -> None:
    values = np.random.default_rng(0).normal(size=(len(cats), 5))
    term = NumberTerm(bearing(cats, values), 6, "cpu")
    means = torch.zeros(1, 6, requires_grad=True)
    term(posterior(means), torch.full((1, 5), 9.0)).sum().backward()
    assert means.grad is not None and (means.grad[0] != 0).tolist() == [True] * 3 + [False] * 3


def test_pictures_without_numbers_have_no_such_term(cats: Dataset) -> None:
    with pytest.raises(ValueError, match="no numbers"):
        NumberTerm(cats, 8, "cpu")


def test_batches_bring_the_numbers_of_their_pictures_as_far_as_they_are_seen(
    bright: Dataset,
) -> None:
    assert bright.values is not None
    hat = Factor("hat", ("none", "low"))
    number = replace(bright.numbers[0], hidden_by=(("hat", "low"),))
    labels = (np.arange(len(bright)) % 2)[:, None].astype(np.int64)
    dataset = replace(bright, factors=(hat,), labels=labels, numbers=(number,))
    batch = Batches(dataset, 16, seed=3).next(torch.Generator())
    assert batch.values is not None and batch.values.shape == (16, 1 + 2), "and the hat"
    hidden = batch.labels[:, 0] == 1
    assert hidden.any() and batch.values[hidden, 0].isnan().all()
    shown = ~batch.values.isnan()[:, 0]
    assert shown.any()
    light = ((batch.pixels + 1) * 127.5).mean(dim=(1, 2, 3))
    assert torch.allclose(light[shown], batch.values[shown, 0], atol=0.01)


def learned(dataset: Dataset) -> LatentModel:
    """After some steps on these pictures."""
    objective = VAEObjective(
        build_model("vae", dataset.image_shape, None, seed=1), TrainOptions(), Compute()
    )
    objective.prepare(dataset)
    batches = Batches(dataset, 16, seed=0)
    rng = torch.Generator().manual_seed(0)
    for _ in range(60):
        objective.schedule(0.3, 10**6)
        take_step(objective, batches.next(rng), rng)
    return objective.model.eval().requires_grad_(False)


def test_a_vae_learns_them_one_a_dimension(bright: Dataset) -> None:
    """The first dimension of held-out pictures is how bright they are, in standard deviations, and
    who changes it changes that; in a model that was not told it is anything.
    """
    term = NumberTerm(bright, 8, "cpu")
    held_out = bright.split("validation").images
    light = term.aims(torch.from_numpy(held_out.mean(axis=(1, 2, 3), dtype=np.float32))[:, None])
    missed, moved = {}, {}
    for dataset in (bright, replace(bright, numbers=(), values=None)):
        model = learned(dataset)
        codes = model.encode(array_to_pixels(held_out.copy())).mean
        missed[dataset is bright] = float((codes[:, :1] - light).square().mean())
        drawn = []
        for amount in (-1.0, 1.0):
            codes[:, 0] = amount
            bytes_of = (model.decode(codes) + 1) * 127.5
            drawn.append(term.aims(bytes_of.mean(dim=(1, 2, 3))[:, None]).mean())
        moved[dataset is bright] = float(drawn[1] - drawn[0])
    assert missed[True] < 0.2 and missed[False] > 0.5, missed
    assert moved[True] > 1.0 > abs(moved[False]), moved  # of 2
