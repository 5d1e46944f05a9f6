"""What a training objective offers to the loop, which knows no model."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from genimg.models import LatentModel
from genimg.training.compute import Compute

ADAM_BETAS = (0.9, 0.99)
"""A shorter memory of squared gradients than usual: those of log(mse) grow as the error shrinks."""


class Recipe(ABC):
    """The objective of one family: how its networks learn from a batch of pictures.

    The loop calls `schedule(progress)` and then `step(pixels, rng)`, again and again. The recipe
    owns the optimizers. `model` is trained in place; the loop keeps its moving average.
    """

    model: LatentModel
    compute: Compute
    optimizers: dict[str, torch.optim.Optimizer]

    @abstractmethod
    def schedule(self, progress: float, images: int) -> None:
        """Set learning rates and weights for `progress` 0..1 of the budget, `images` seen."""

    @abstractmethod
    def step(self, pixels: Tensor, rng: torch.Generator) -> dict[str, Tensor]:
        """One update from pixels `[N, C, H, W]`; returns scalars to log, among them "loss"."""

    @abstractmethod
    def validate(self, model: LatentModel, pixels: Tensor) -> dict[str, float]:
        """Scores of `model` on held-out pixels, with "loss", lower is better. Draws nothing."""

    @abstractmethod
    def preview(self, model: LatentModel, pixels: Tensor) -> Tensor:
        """What `model` makes of held-out pixels, `[N, C, H, W]`, for the sample sheet. Draws
        nothing.
        """

    def networks(self) -> dict[str, nn.Module]:
        """Everything with weights that a resumed run needs."""
        return {"model": self.model}

    def state_dict(self) -> dict[str, Any]:
        """Networks and optimizers, exactly."""
        return {
            "networks": {k: v.state_dict() for k, v in self.networks().items()},
            "optimizers": {k: v.state_dict() for k, v in self.optimizers.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        for name, network in self.networks().items():
            network.load_state_dict(state["networks"][name])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])


def make_optimizer(
    name: str, parameters: list[nn.Parameter], learning_rate: float
) -> torch.optim.Optimizer:
    """Fused Adam (Kingma & Ba 2015), or RMSprop."""
    if name == "rmsprop":
        return torch.optim.RMSprop(parameters, learning_rate, alpha=0.99)
    return torch.optim.Adam(parameters, learning_rate, betas=ADAM_BETAS, fused=True)


def cosine(progress: float, start: float, end: float) -> float:
    """Half a cosine from `start` at progress 0 to `end` at 1 (Loshchilov & Hutter 2017)."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
