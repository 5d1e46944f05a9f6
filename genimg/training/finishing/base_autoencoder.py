"""What turns trained weights into a base for people: rounded weights, sliders, numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.evaluation.base_autoencoder import decode_base, encode_base, measure_base, to_pixels
from genimg.evaluation.coding import Bytes, test_split
from genimg.latents.adjustments import ADJUSTMENTS, Adjustment
from genimg.latents.maps import MapDirection, apply_map, flow
from genimg.models import model_digest, round_weights
from genimg.models.autoencoder import Autoencoder
from genimg.training.finishing.findings import Findings

FITTED, CHECKED, MEASURED = 384, 96, 256
"""Tiles that sliders are fitted to, that they are checked on, and that the base is measured on."""
RIDGE = 1e-3
"""Of the fit, as a part of the mean square of a latent's numbers."""
CHECKED_AT = (-2.0, -1.0, 1.0, 2.0)
LOOKED_AT = 8
"""Times as many tiles as are wanted: of those, the ones that sliders can be told from are taken."""
CLIPPED = 0.05
"""Part of a tile's values that may be black or white. Drawings on white have more: no adjustment
can lighten that, so a map learns from them that it should do nothing.
"""


@torch.no_grad()
def finish_base(
    model: Autoencoder, dataset: Dataset, say: Callable[[str], None] = print
) -> Findings:
    """Round the weights to what the file holds, fit the sliders, and measure on tiles of pictures
    that it never saw.
    """
    round_weights(model, "base")
    say("fitting the sliders")
    maps = fit_maps(model, dataset)
    say("measuring on the test pictures")
    metrics = measure_base(model, _some(test_split(dataset).images, MEASURED))
    return Findings(
        metrics,
        [],
        (),
        f"held-out PSNR {metrics['psnr']:.2f} dB, SSIM {metrics['ssim']:.3f}, {len(maps)} sliders",
        tuple(maps),
    )


def fit_maps(model: Autoencoder, dataset: Dataset) -> list[MapDirection]:
    """A slider for each adjustment, the most reliable first.

    The generator is the best linear guess, from the latents of a picture, of how they change per
    step when its pixels are adjusted: ridge regression on central differences, at all places of
    training tiles. It is checked on held-out ones.
    """
    held_out = "validation" if len(dataset.splits.get("validation", ())) else "train"
    pixels = to_pixels(model, _adjustable(dataset.split("train").images, FITTED))
    checked = to_pixels(model, _adjustable(dataset.split(held_out).images, CHECKED))
    latents, codes = encode_base(model, pixels), encode_base(model, checked)
    found = []
    for name, adjust in ADJUSTMENTS.items():
        up = encode_base(model, adjust(pixels, 1.0))
        down = encode_base(model, adjust(pixels, -1.0))
        generator = fit_generator(latents, (up - down) / 2)
        reliability = _made(model, codes, generator, adjust)
        found.append(MapDirection(name, generator, reliability, model_digest(model)))
    return sorted(found, key=lambda direction: -direction.reliability)


def fit_generator(latents: Tensor, steps: Tensor) -> Tensor:
    """The map `[c, c + 1]` that leads from latents `[N, c, h, w]` to their `steps`, `[N, c, h, w]`,
    with the least squared error.
    """
    places = latents.movedim(1, -1).flatten(0, -2).double()  # (N h w, c)
    design = torch.cat([places, torch.ones_like(places[:, :1])], dim=1)
    targets = steps.movedim(1, -1).flatten(0, -2).double()
    moments = design.T @ design
    moments += RIDGE * len(design) * torch.eye(len(moments), dtype=moments.dtype)
    solution: Tensor = torch.linalg.solve(moments, design.T @ targets)
    return solution.T.float()


def _made(model: Autoencoder, codes: Tensor, generator: Tensor, adjust: Adjustment) -> float:
    """How much of the change that an adjustment asks for is made by moving latents, 0 to 1: one
    minus the squared error that is left, as a part of that without moving.
    """
    plain = decode_base(model, codes)
    left = asked = 0.0
    for amount in CHECKED_AT:
        wanted = adjust(plain, amount)
        moved = decode_base(model, apply_map(flow(amount * generator).to(codes.device), codes))
        left += float((moved - wanted).square().mean())
        asked += float((plain - wanted).square().mean())
    return min(max(1.0 - left / max(asked, 1e-9), 0.0), 1.0)


def _some(images: Bytes, most: int) -> Bytes:
    """At most so many pictures, evenly spread."""
    rows = np.linspace(0, len(images) - 1, min(len(images), most)).astype(np.int64)
    return np.asarray(images[rows])


def _adjustable(images: Bytes, most: int) -> Bytes:
    """At most so many, evenly spread over those of which little is black or white; of pictures that
    are all drawn, those of which least is.
    """
    some = _some(images, LOOKED_AT * most)
    clipped = ((some == 0) | (some == 255)).mean(axis=(1, 2, 3))
    rows = np.flatnonzero(clipped <= CLIPPED)
    if len(rows) < min(most, len(some)):
        rows = np.sort(np.argsort(clipped, kind="stable")[:most])
    return _some(some[rows], most)
