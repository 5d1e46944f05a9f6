"""The first latent numbers of a VAE become the numbers that its pictures bear."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from genimg.data import Dataset, Number
from genimg.data.dataset import Factor
from genimg.images import array_to_pixels
from genimg.models import build_model
from genimg.training import TrainOptions
from genimg.training.loop.step import take_step
from genimg.training.objectives.numbers import NumberTerm
from genimg.training.objectives.vae import VAEObjective
from genimg.training.pictures.batches import Batches
from genimg.training.planning.compute import Compute

NAN = float("nan")


def bearing(cats: Dataset, values: np.ndarray) -> Dataset:  # type: ignore[type-arg]
    """Cats that bear these numbers, `[N, K]`."""
    numbers = tuple(Number(f"number {k}", "", -1e6, 1e6) for k in range(values.shape[1]))
    return replace(cats, numbers=numbers, values=values.astype(np.float32))


@pytest.fixture(scope="module")
def bright(cats: Dataset) -> Dataset:
    """Cats that bear how bright they are, which every fifth does not tell."""
    values = cats.images.mean(axis=(1, 2, 3))[:, None]
    values[::5] = NAN
    return bearing(cats, values)


def test_distances_are_in_standard_deviations_of_the_training_pictures(cats: Dataset) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal((10, -200), (2, 50), (len(cats), 2))
    train = values[cats.splits["train"]]
    term = NumberTerm(bearing(cats, values), 8, "cpu")
    centre, spread = train.mean(axis=0), train.std(axis=0)
    aside = np.array([3 * spread[0], 0])
    here = torch.from_numpy(np.stack([centre, centre + aside, centre - spread])).float()
    means = torch.zeros(3, 8)
    means[:, 2:] = 7.0  # the other dimensions are free
    assert term(means, here).tolist() == pytest.approx([0, 9, 2], abs=1e-3)
    means[1, 0] = 3.0
    assert float(term(means, here)[1]) == pytest.approx(0, abs=1e-3)


def test_what_is_not_known_says_nothing_also_not_to_the_gradient(bright: Dataset) -> None:
    term = NumberTerm(bright, 8, "cpu")
    means = torch.full((2, 8), 0.5, requires_grad=True)
    far = term(means, torch.tensor([[NAN], [1e3]]))
    far.sum().backward()
    assert means.grad is not None
    assert far[0].item() == 0 and far[1].item() > 1
    assert not means.grad[0].any() and means.grad[1, 0] != 0 and not means.grad[1, 1:].any()


def test_a_number_that_is_always_the_same_or_never_known_does_no_harm(cats: Dataset) -> None:
    values = np.stack([np.full(len(cats), 4.0), np.full(len(cats), NAN)], axis=1)
    term = NumberTerm(bearing(cats, values), 8, "cpu")
    found = term(torch.full((1, 8), 0.5), torch.tensor([[4.0, NAN]]))
    assert found.tolist() == pytest.approx([0.25])


def test_half_of_the_dimensions_stay_free(cats: Dataset) -> None:
    values = np.random.default_rng(0).normal(size=(len(cats), 5))
    term = NumberTerm(bearing(cats, values), 6, "cpu")
    means = torch.zeros(1, 6, requires_grad=True)
    term(means, torch.full((1, 5), 9.0)).sum().backward()
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
    assert batch.values is not None and batch.values.shape == (16, 1)
    hidden = batch.labels[:, 0] == 1
    assert hidden.any() and batch.values[hidden].isnan().all()
    shown = ~batch.values.isnan()[:, 0]
    assert shown.any()
    light = ((batch.pixels + 1) * 127.5).mean(dim=(1, 2, 3))
    assert torch.allclose(light[shown], batch.values[shown, 0], atol=0.01)


def test_a_vae_learns_them_one_a_dimension(bright: Dataset) -> None:
    """The first dimension of held-out pictures is how bright they are, in standard deviations; that
    of a model that was not told is anything.
    """
    missed = {}
    for dataset in (bright, replace(bright, numbers=(), values=None)):
        objective = VAEObjective(
            build_model("vae", bright.image_shape, None, seed=1), TrainOptions(), Compute()
        )
        objective.prepare(dataset)
        batches = Batches(dataset, 16, seed=0)
        rng = torch.Generator().manual_seed(0)
        for _ in range(40):
            objective.schedule(0.3, 10**6)
            take_step(objective, batches.next(rng), rng)
        held_out = bright.split("validation").images
        light = torch.from_numpy(held_out.mean(axis=(1, 2, 3), dtype=np.float32))[:, None]
        with torch.no_grad():
            means = objective.model.encode(array_to_pixels(held_out.copy())).mean
            error = NumberTerm(bright, means.shape[1], "cpu")(means, light)
        missed[dataset is bright] = float(error.mean())
    assert missed[True] < 0.2 and missed[False] > 0.5
