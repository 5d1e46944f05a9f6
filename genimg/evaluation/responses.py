"""How far does a number move in what is drawn when a slider moves a latent?

A slider moves the latent as far as it says, but what is drawn there is not all of that: a decoder
draws what it has seen, and the further a latent lies from those of pictures, the less of the way
does it go. So each slider is moved here, what is drawn is encoded again, and what is read then
tells the rest of the program how far a slider has to go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.latents import Direction, Scale
from genimg.models import LatentModel

LATENTS = 32
"""Of held-out pictures, at which sliders are tried."""
AMOUNT = 1.5
"""Standard deviations by which they are moved, to both sides."""
NEGLIGIBLE = 0.05
"""Singular values of the directions below this part of the largest one say nothing: what two
sliders have in common is measured better than how they differ.
"""


def with_responses(
    model: LatentModel, codes: Tensor, directions: Sequence[Direction]
) -> list[Direction]:
    """The directions, those of numbers with their `Scale.response` as measured at codes `[N, d]` of
    held-out pictures.

    Of the K sliders of numbers it is measured by how much each moves each number. Along other
    vectors a number's response is as near to its weights as that allows.
    """
    numbers = [(each, each.scale) for each in directions if each.scale is not None]
    if not numbers or not len(codes):
        return list(directions)
    moves = np.stack([(each.std * each.vector).double().numpy() for each, _ in numbers])
    scales = [scale for _, scale in numbers]
    missing = _seen(model, codes[:LATENTS], moves, scales) - moves @ _weights(scales)
    added = np.linalg.pinv(moves, rcond=NEGLIGIBLE) @ missing  # the smallest that explains it
    responses = iter(torch.from_numpy(_weights(scales) + added).float().unbind(1))
    return [
        each
        if each.scale is None
        else replace(each, scale=replace(each.scale, response=next(responses)))
        for each in directions
    ]


def _weights(scales: Sequence[Scale]) -> npt.NDArray[np.float64]:
    """`[d, K]`."""
    return torch.stack([scale.weights for scale in scales], dim=1).double().numpy()


@torch.no_grad()
def _seen(
    model: LatentModel, codes: Tensor, moves: npt.NDArray[np.float64], scales: Sequence[Scale]
) -> npt.NDArray[np.float64]:
    """By how much each number changes in what is drawn when a latent moves by each of K moves
    `[K, d]`, `[K, K]`: the slope between `AMOUNT` to one side and to the other.
    """
    device = next(model.parameters()).device
    seen = np.zeros((len(moves), len(scales)))
    for row, move in zip(seen, torch.from_numpy(moves).float(), strict=True):
        ends = [
            model.reencode((codes + amount * move).to(device)).mode().cpu().double().numpy()
            for amount in (AMOUNT, -AMOUNT)
        ]
        row[:] = (ends[0] - ends[1]).mean(axis=0) @ _weights(scales) / (2 * AMOUNT)
    return seen
