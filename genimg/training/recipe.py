"""What a training objective offers to the loop, which knows no model."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genimg.data import Dataset, Factor
from genimg.errors import CheckpointError, TrainingError
from genimg.latents import Direction
from genimg.models import MODELS, Model, build_model
from genimg.training.batches import Batch
from genimg.training.compute import Compute
from genimg.training.distributed import ALONE, World
from genimg.training.options import TrainOptions
from genimg.training.shared_layers import Part, share_layers

Terms = dict[str, Tensor]
HELD_OUT = "pictures that it never learns from"
AGAIN = "the same, made again by the model"
DRAWS = "new ones, always from the same seeds"
"""What the rows of sample sheets show."""
ADAM_BETAS = (0.9, 0.99)
"""A shorter memory of squared gradients than usual: those of log(mse) grow as the error shrinks."""


class Unstable(TrainingError):
    """A run has gone wrong in a way that training on would not mend; the message says how."""


@dataclass(frozen=True)
class Findings:
    """What is found out about finished weights, for the model's file.

    Attributes:
        metrics: JSON-ready numbers for the header.
        directions: named ways through the latent space.
        factors: the labelled factors that the model can be asked for or read.
        words: one line for the person who trained it.
    """

    metrics: dict[str, Any]
    directions: list[Direction]
    factors: tuple[Factor, ...]
    words: str


class Recipe(ABC):
    """The objective of one family: how its networks learn from a batch of pictures.

    The loop calls `schedule(progress, images)` and then `step(batch, rng)`, again and again. The
    recipe owns the optimizers. `model` is trained in place; the loop keeps its moving average.

    Where several processes train together, each gives its part of every mean over the batch, so
    that gradients and terms are summed, and nothing else is different.

    Attributes:
        world: the processes that train together.
        part: this process's part of the batch of the present step.
        remedies: how often this run was taken back to a good state, each time with a milder
            objective or a lower rate.
        max_remedies: how often that may be done.
    """

    model: Model
    compute: Compute
    optimizers: dict[str, torch.optim.Optimizer]
    remedies: int = 0
    max_remedies: int = 2

    def __init__(self, model: Any, options: TrainOptions, compute: Compute) -> None:
        self.model = model.train()
        self.train_options = options
        self.compute = compute
        self.world = ALONE
        self.part = Part()

    @classmethod
    def lessons(cls, options: TrainOptions, dataset: Dataset) -> Dataset:
        """The data as this family learns from it.

        Raises:
            ConfigError: it cannot learn from this data set, or not with these options.
        """
        return dataset

    @classmethod  # noqa: B027
    def check(cls, options: TrainOptions) -> None:
        """Refuse options that do not go together, before any data are prepared.

        Raises:
            ConfigError: an option that this family or preset has no use for.
        """

    @classmethod
    def start(cls, options: TrainOptions, dataset: Dataset, earlier: Model | None) -> Model:
        """The model before the first step; `earlier` is that of `options.init_from`.

        Raises:
            CheckpointError: `earlier` does not fit.
        """
        sizes = tuple(len(factor.values) for factor in dataset.factors)
        model = build_model(
            options.family,
            dataset.image_shape,
            options.preset,
            options.latent_dim,
            options.seed,
            sizes,
            options.width,
        )
        if earlier is not None:
            if type(earlier) is not type(model) or earlier.config != model.config:
                raise CheckpointError(
                    f"{options.init_from} is for pictures of {earlier.image_shape} or has "
                    "another architecture than this run; choose the same --size, --preset, --width "
                    "and --latent-dim"
                )
            kept = {k: v for k, v in earlier.state_dict().items() if not k.startswith("prior.")}
            model.load_state_dict(kept, strict=False)  # the prior is fitted anew at the end
        return model

    def prepare(self, dataset: Dataset) -> None:  # noqa: B027
        """Called once before the first step of a sitting, with the pictures to train on."""

    def join(self, world: World) -> None:
        """Train together with other processes, from the weights of process 0."""
        self.world = world
        if world.size == 1:
            return
        for network in self.networks().values():
            share_layers(network, world, self.part)
            world.broadcast_([*network.parameters(), *network.buffers()])

    @abstractmethod
    def schedule(self, progress: float, images: int) -> None:
        """Set learning rates and weights for `progress` 0..1 of the budget, `images` seen."""

    @abstractmethod
    def step(self, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """One update from a batch on the device; returns scalars to log, among them "loss": those
        of the whole batch, however many processes share it.
        """

    @abstractmethod
    def validate(self, model: Any, batch: Batch) -> dict[str, float]:
        """Scores of `model` on held-out pictures, with "loss", lower is better, and some of the
        signals that `genimg.training.report.SIGNALS` names. Draws nothing from the run's generator.
        One process does it for all.

        Raises:
            Unstable: the scores say that the run has gone wrong.
        """

    @abstractmethod
    def preview(self, model: Any, pixels: Tensor) -> list[Tensor]:
        """The rows of a sample sheet below held-out pixels `[N, C, H, W]`, pixels of that shape
        each; [] where the model makes no pictures. Draws nothing from the run's generator.
        """

    @abstractmethod
    def sheet_rows(self) -> tuple[str, ...]:
        """What each row of a sample sheet shows, in words; the first are held-out pictures."""

    @abstractmethod
    def finish(self, model: Any, dataset: Dataset, say: Callable[[str], None]) -> Findings:
        """Make the trained `model` ready for people, and find out what its file shall say."""

    def keep(self, path: Path, model: Any, name: str) -> None:  # noqa: B027
        """Write what a run that starts from the finished `model`, to be written to `path`, can use
        beside it.

        Raises:
            TrainingError: the disk is full or the folder cannot be written.
        """

    def preset(self) -> str:
        """The preset of the model that is trained, for its file."""
        return self.train_options.preset or MODELS[self.train_options.family].presets[0]

    def remedy(self) -> str:
        """In words, what is different after `remedies` has been raised by one."""
        return "with half the learning rate"

    @property
    def mildness(self) -> float:
        """What the learning rate is multiplied with after so many remedies."""
        return 0.5**self.remedies

    def advice(self) -> str:
        """In words, what a person may try where no remedy has helped."""
        return (
            "Start a new run with more, or more varied, pictures; or in a terminal with a lower "
            "--learning-rate, --precision fp32 and another --out."
        )

    def networks(self) -> dict[str, nn.Module]:
        """Everything with weights that a resumed run needs."""
        return {"model": self.model}

    def _take(self, batch: Batch) -> None:
        """Before a step: which rows of the batch this process works on."""
        self.part.count, self.part.rows = batch.total, batch.rows

    def _gather(self, parameters: Iterable[nn.Parameter], terms: Terms) -> Terms:
        """Sum the gradients of all processes, and their parts of the terms, in one message."""
        if self.world.size == 1:
            return {name: value.detach() for name, value in terms.items()}
        values = torch.stack([value.detach().float() for value in terms.values()])
        gradients = [p.grad for p in parameters if p.grad is not None]
        self.world.sum_([*gradients, values])
        return dict(zip(terms, values.unbind(), strict=True))

    def state_dict(self) -> dict[str, Any]:
        """Networks and optimizers, exactly."""
        return {
            "networks": {k: v.state_dict() for k, v in self.networks().items()},
            "optimizers": {k: v.state_dict() for k, v in self.optimizers.items()},
            "remedies": self.remedies,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        for name, network in self.networks().items():
            network.load_state_dict(state["networks"][name])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.remedies = state["remedies"]


def make_optimizer(
    name: str,
    parameters: Any,
    learning_rate: float,
    betas: tuple[float, float] = ADAM_BETAS,
) -> torch.optim.Optimizer:
    """Fused Adam (Kingma & Ba 2015), or RMSprop, over parameters or groups of them."""
    if name == "rmsprop":
        return torch.optim.RMSprop(parameters, learning_rate, alpha=0.99)
    return torch.optim.Adam(parameters, learning_rate, betas=betas, fused=True)


def cosine(progress: float, start: float, end: float) -> float:
    """Half a cosine from `start` at progress 0 to `end` at 1 (Loshchilov & Hutter 2017)."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
