"""Where do new pictures lie while a decoder learns from a critic? The encoder learns no more by
then, so the prior of the finished model can be fitted before, and the decoder meets its draws.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.images import array_to_pixels
from genimg.models import DiagonalGaussian, PhotoVAE, Prior
from genimg.training.finishing.flow import Fitting
from genimg.training.finishing.prior import Encoded, flowing_prior
from genimg.training.pictures.coded import CodedPictures
from genimg.training.planning.compute import Compute

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
AT_ONCE = 64


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
    train = Encoded("train", np.arange(count) % len(coded.rows), known)
    split = "validation" if "validation" in dataset.splits else "train"
    images = np.asarray(dataset.split(split).images[:HELD_OUT])
    parts = (compute.place(part) for part in torch.split(array_to_pixels(images), AT_ONCE))
    found = [_posterior(model, compute, encode_base(model, compute, part)) for part in parts]
    held_out = Encoded(split, np.arange(len(images)), DiagonalGaussian.joined(found))
    start = model.prior.flow
    pictures = FLOWED * learned_from if start is None else REFINED * count
    fitting = Fitting(pictures, seed, compute.autocast, start)
    return flowing_prior(train, held_out, dataset, EXPLAINED, fitting)


def _posterior(model: PhotoVAE, compute: Compute, grids: Tensor) -> DiagonalGaussian:
    with compute.autocast():
        return model.encode_grid(model.whitened(grids))
