"""Where do the pictures of a VAE lie? A prior is fitted to what its encoder says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.evaluation.numbers import numbered
from genimg.latents import Evidence, fit_prior
from genimg.latents.prior import Floats
from genimg.models import DiagonalGaussian, Prior
from genimg.training.finishing.flow import Codes, Fitting, flowing
from genimg.training.pictures.numbers import NumberPlaces, told

FOR_MIXTURE = 8_000
"""Latents that a mixture is fitted to where a flow goes on from it: of 20,000 portraits it took
four minutes.
"""
KNOWN = -20.0
"""The log-variance of what is known."""


@dataclass(frozen=True)
class Encoded:
    """What an encoder says of N pictures of a data set: of those `rows` of a split, `[N]`."""

    split: str
    rows: npt.NDArray[np.int64]
    posterior: DiagonalGaussian


def flowing_prior(
    train: Encoded, held_out: Encoded, dataset: Dataset, enough_explained: float, fitting: Fitting
) -> Prior:
    """The prior of a VAE whose encoder learns no more, with a flow, on the device of what it says.

    Args:
        train: of pictures of the training split; one may occur more than once, changed otherwise.
        held_out: of the first pictures of another split.
        enough_explained: see `fit_prior`.
    """
    means = train.posterior.mean[:FOR_MIXTURE]
    rows = train.rows[:FOR_MIXTURE]
    labels, others = (dataset.split(each.split).labels for each in (train, held_out))
    evidence = Evidence(
        model_id="",
        codes=means.cpu().double().numpy(),
        held_out=held_out.posterior.mean.cpu().double().numpy(),
        kl=None,
        survival=None,
        factors=[(factor.name, factor.values) for factor in dataset.factors],
        labels=None if labels is None else labels[rows],
        held_out_labels=None if others is None else others[held_out.rows],
        **numbered(dataset, rows, len(held_out.rows)),
    )
    taught = as_taught(evidence, dataset, rows, held_out.rows)
    mixture = fit_prior(taught, enough_explained=enough_explained)
    mixture = mixture.to(means.device)
    labelled = bool(len(mixture.sizes))
    codes = [
        Codes(_with_numbers(each, dataset), _labels_of(each, dataset, labelled).to(means.device))
        for each in (train, held_out)
    ]
    return flowing(mixture, codes[0], codes[1], fitting)


def as_taught(
    evidence: Evidence,
    dataset: Dataset,
    rows: npt.NDArray[np.int64],
    held_out: npt.NDArray[np.int64],
) -> Evidence:
    """The same, with codes as the decoder was given them: with what was told of the pictures, those
    `rows` of the training split and `held_out` of the validation split, in its places. What an
    encoder reads varies less than that, and so would new pictures: of 400 portraits that were asked
    for by 20 labels each, a classifier recognised 56 % of the labels instead of 53 % (open and
    closed eyes 69 % instead of 53 %).
    """
    if evidence.values is None:
        return evidence
    places = NumberPlaces(dataset, evidence.codes.shape[1], "cpu")

    def placed(codes: Floats, split: str, which: npt.NDArray[np.int64]) -> Floats:
        values = told(dataset, split)
        assert values is not None  # as there are numbers
        put = places.put(torch.from_numpy(codes), torch.from_numpy(values[which]))
        return put.double().numpy()

    return replace(
        evidence,
        codes=placed(evidence.codes, "train", rows),
        held_out=placed(evidence.held_out, "validation", held_out),
    )


def _with_numbers(encoded: Encoded, dataset: Dataset) -> DiagonalGaussian:
    """A posterior that knows what is told of the pictures."""
    posterior, values = encoded.posterior, told(dataset, encoded.split)
    if values is None:
        return posterior
    device = posterior.mean.device
    places = NumberPlaces(dataset, posterior.mean.shape[1], str(device))
    theirs = torch.from_numpy(values[encoded.rows]).to(device)
    logvar = posterior.logvar.clone()
    known = ~places.aims(theirs).isnan()
    logvar[:, : places.count] = torch.where(known, KNOWN, logvar[:, : places.count])
    return DiagonalGaussian(places.put(posterior.mean, theirs), logvar)


def _labels_of(encoded: Encoded, dataset: Dataset, labelled: bool) -> Tensor:
    """Of each picture, int64 `[N, F]`; no columns where the prior knows none."""
    labels = dataset.split(encoded.split).labels
    if not labelled or labels is None:
        return torch.zeros(len(encoded.rows), 0, dtype=torch.int64)
    return torch.from_numpy(np.asarray(labels[encoded.rows], dtype=np.int64))
