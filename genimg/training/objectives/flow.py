"""How does a prior learn to draw what pictures lie in: a flow from its mixture to their latents.

What a mixture of Gaussians cannot say is what goes with what: of 160 numbers of a portrait, which
ones belong to glasses, and that half of them is no glasses. A small network that is fitted to the
latents of the training pictures can, in a fraction of the time that the model itself takes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genimg.models import DiagonalGaussian, Flow, Prior
from genimg.training.objectives.objective import cosine

BATCH = 256
LEARNING_RATE, WEIGHT_DECAY, BETAS = 1e-3, 0.01, (0.9, 0.99)
MAX_GRADIENT_NORM = 1.0
WARMUP = 100
"""Steps in which the rate climbs."""
EMA_DECAY = 0.999
MOST_PASSES = 30
"""Over the latents: of 38,000 portraits the held-out loss was flat after 25."""
LOOKS = 12
"""At held-out latents, the best of which counts: a few hundred pictures are soon known by heart."""
REPEATS = 8
"""Noises and times that a held-out latent is looked at with."""


@dataclass(frozen=True)
class Codes:
    """Latents of N pictures: their posterior, and their labels int64 `[N, F]`."""

    posterior: DiagonalGaussian
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, rows: Tensor) -> Codes:
        """Of some of the pictures."""
        mean, logvar = self.posterior.mean[rows], self.posterior.logvar[rows]
        return Codes(DiagonalGaussian(mean, logvar), self.labels[rows])


@dataclass(frozen=True)
class Fitting:
    """How a flow is fitted.

    Attributes:
        pictures: latents that the network sees, each drawn anew from its posterior.
        seed: of its weights and of all draws.
        precision: opens the arithmetic of the network.
        start: what it starts from where that fits; from nothing by default.
    """

    pictures: int
    seed: int
    precision: Callable[[], AbstractContextManager[Any]]
    start: Flow | None = None


def flowing(prior: Prior, codes: Codes, held_out: Codes, fitting: Fitting) -> Prior:
    """A prior with a flow from what it draws to the latents of pictures; it has none yet, and all
    are on one device.
    """
    device, sizes = codes.posterior.mean.device, tuple(prior.sizes.tolist())
    rng = torch.Generator().manual_seed(fitting.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(fitting.seed)
        flow = Flow(prior.means.shape[1], sizes).to(device)
    if fitting.start is not None and _fit_each_other(fitting.start, flow):
        flow.load_state_dict(fitting.start.state_dict())
    flow.centre.copy_(codes.posterior.mean.mean(dim=0))
    varying = codes.posterior.mean.var(dim=0) + codes.posterior.logvar.exp().mean(dim=0)
    flow.spread.copy_(varying.sqrt().clamp_min(1e-3))
    steps = math.ceil(min(fitting.pictures, MOST_PASSES * len(codes)) / BATCH)
    parameters: list[Tensor] = list(flow.parameters())
    optimizer = torch.optim.AdamW(
        parameters, LEARNING_RATE, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    average = copy.deepcopy(flow).requires_grad_(False)
    judged = _Judged(prior, held_out, fitting)
    best, least = copy.deepcopy(average.state_dict()), judged.loss(average)
    for step in range(steps):
        rate = cosine(step / steps, LEARNING_RATE, 0.0)
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / WARMUP)
        rows = torch.randint(len(codes), (BATCH,), generator=rng)
        with torch.enable_grad():
            loss = _loss(flow, prior, codes.at(rows.to(device)), rng, fitting)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        optimizer.step()
        decay = min(EMA_DECAY, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(average.parameters()), parameters, 1.0 - decay)
        if (step + 1) * LOOKS // steps != step * LOOKS // steps:
            loss_now = judged.loss(average)
            if loss_now < least:
                best, least = copy.deepcopy(average.state_dict()), loss_now
    stored = {name: tensor.half() for name, tensor in best.items()}  # as a file holds them
    return prior.with_flow(Flow.from_tensors(stored, sizes).to(device))


def _fit_each_other(one: Flow, other: Flow) -> bool:
    ours, theirs = (
        {name: tensor.shape for name, tensor in flow.state_dict().items()} for flow in (one, other)
    )
    return ours == theirs


class _Judged:
    """Held-out latents, always with the same noises and times."""

    def __init__(self, prior: Prior, codes: Codes, fitting: Fitting) -> None:
        rows = torch.arange(len(codes), device=codes.labels.device).repeat(REPEATS)
        self._prior, self._codes, self._fitting = prior, codes.at(rows), fitting

    @torch.no_grad()
    def loss(self, flow: Flow) -> float:
        if not len(self._codes):
            return math.inf
        rng = torch.Generator().manual_seed(0)
        return float(_loss(flow, self._prior, self._codes, rng, self._fitting))


def _loss(flow: Flow, prior: Prior, codes: Codes, rng: torch.Generator, fitting: Fitting) -> Tensor:
    """The mean squared error of velocities on straight ways from draws of a prior without a flow to
    those of posteriors (Lipman et al. 2023, equation 23), at times that are logit-normal (Esser et
    al. 2024, "Scaling rectified flow transformers", section 3.1).
    """
    count, device = len(codes), codes.labels.device
    time = torch.sigmoid(torch.randn(count, generator=rng)).to(device)
    to = flow.standardised(codes.posterior.sample(rng))
    drawn = prior.mixed(count, rng, labels=codes.labels.cpu())[0]
    start = flow.standardised(drawn.to(device))
    at = torch.lerp(start, to, time.unsqueeze(1))
    with fitting.precision():
        velocity = flow(at, time, codes.labels)
    loss: Tensor = (velocity.float() - (to - start)).square().mean()
    return loss
