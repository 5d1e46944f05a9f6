"""Where do new pictures lie while a decoder learns from a critic? The encoder learns no more by
then, so the prior of the finished model can be fitted before, and the decoder meets its draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.images import array_to_pixels
from genimg.latents import Evidence, fit_prior
from genimg.models import DiagonalGaussian, PhotoVAE, Prior
from genimg.training.objectives.flow import Codes, Fitting, flowing
from genimg.training.objectives.vae import AT_ONCE
from genimg.training.pictures.coded import CodedPictures
from genimg.training.pictures.numbers import NumberPlaces, told
from genimg.training.planning.compute import Compute

FOR_MIXTURE = 8_000
"""Latents that the mixture is fitted to, from which the flow goes on: of 20,000 portraits it took
four minutes.
"""
KNOWN = -20.0
"""The log-variance of what is known."""
PLACED, SEEN_BEFORE = 8_000, 4
"""Training pictures at least that are encoded; or one of so many pictures that were learned from,
where that is more.
"""
HELD_OUT = 384
"""Held-out pictures that tell when the flow knows the others by heart."""
FLOWED = 4
"""Times as many latents as pictures so far does the flow see: it takes a twentieth of their time.
"""
REFINED = 10
"""Passes over the latents where a flow goes on from one that was fitted before."""
EXPLAINED = 0.0
"""Labels enter the prior where they explain anything of held-out pictures: most of the variance is
what pictures of one kind differ in, and one shall be able to ask for lemons.
"""


def encode_base(model: PhotoVAE, compute: Compute, pixels: Tensor) -> Tensor:
    """Pixels `[N, 3, H, W]` to latents of the base `[N, c, h, w]`, in quick arithmetic."""
    with compute.autocast():
        return model.base.encode(pixels)


def place(
    model: PhotoVAE,
    coded: CodedPictures,
    dataset: Dataset,
    compute: Compute,
    seed: int,
    learned_from: int,
) -> Prior:
    """The prior of a model whose encoder has learned from so many pictures, and learns no more."""
    count = min(coded.count, max(PLACED, learned_from // SEEN_BEFORE))
    grids = (coded.some(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE))
    known = DiagonalGaussian.joined([_posterior(model, compute, each) for each in grids])
    split = "validation" if "validation" in dataset.splits else "train"
    images = np.asarray(dataset.split(split).images[:HELD_OUT])
    parts = (compute.place(part) for part in torch.split(array_to_pixels(images), AT_ONCE))
    found = [_posterior(model, compute, encode_base(model, compute, part)) for part in parts]
    encoded = (
        _Encoded("train", np.arange(count) % len(coded.rows), known),
        _Encoded(split, np.arange(len(images)), DiagonalGaussian.joined(found)),
    )
    train, held_out = (_taught(each, dataset) for each in encoded)
    mixture = _mixture(train, held_out, dataset).to(known.mean.device)
    if not len(mixture.sizes):  # the labels explain nothing
        train, held_out = (Codes(each.posterior, each.labels[:, :0]) for each in (train, held_out))
    start = model.prior.flow
    pictures = FLOWED * learned_from if start is None else REFINED * count
    return flowing(mixture, train, held_out, Fitting(pictures, seed, compute.autocast, start))


def _mixture(train: Codes, held_out: Codes, dataset: Dataset) -> Prior:
    """Fitted to some of the codes."""
    labelled = dataset.labels is not None
    codes, others = (each.posterior.mean.cpu().double().numpy() for each in (train, held_out))
    labels, theirs = (each.labels.cpu().numpy() if labelled else None for each in (train, held_out))
    evidence = Evidence(
        model_id="",
        codes=codes[:FOR_MIXTURE],
        held_out=others,
        kl=None,
        survival=None,
        factors=[(factor.name, factor.values) for factor in dataset.factors],
        labels=None if labels is None else labels[:FOR_MIXTURE],
        held_out_labels=theirs,
    )
    return fit_prior(evidence, enough_explained=EXPLAINED)


@dataclass(frozen=True)
class _Encoded:
    """What an encoder says of N pictures of a data set: of those `rows` of a split, `[N]`."""

    split: str
    rows: npt.NDArray[np.int64]
    posterior: DiagonalGaussian


def _taught(encoded: _Encoded, dataset: Dataset) -> Codes:
    """Codes as the decoder was given them: with what is told of the pictures in its places."""
    posterior, device = encoded.posterior, encoded.posterior.mean.device
    labels = dataset.split(encoded.split).labels
    said = np.zeros((len(encoded.rows), 0)) if labels is None else labels[encoded.rows]
    values = told(dataset, encoded.split)
    if values is not None:
        places = NumberPlaces(dataset, posterior.mean.shape[1], str(device))
        theirs = torch.from_numpy(values[encoded.rows]).to(device)
        logvar = posterior.logvar.clone()
        known = ~places.aims(theirs).isnan()
        logvar[:, : places.count] = torch.where(known, KNOWN, logvar[:, : places.count])
        posterior = DiagonalGaussian(places.put(posterior.mean, theirs), logvar)
    return Codes(posterior, torch.from_numpy(np.asarray(said, dtype=np.int64)).to(device))


def _posterior(model: PhotoVAE, compute: Compute, grids: Tensor) -> DiagonalGaussian:
    with compute.autocast():
        return model.encode_grid(model.whitened(grids))
