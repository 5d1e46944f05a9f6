"""What a training objective offers to the loop, which knows no model."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from genimg.data import Dataset
from genimg.errors import CheckpointError, TrainingError
from genimg.models import MODELS, Model, build_model
from genimg.runs.description import Kind, Signal
from genimg.training.distributed.processes import ALONE, World
from genimg.training.distributed.shared_layers import Part, share_layers
from genimg.training.finishing.findings import Findings
from genimg.training.objectives.spikes import SpikeGuard
from genimg.training.options import TrainOptions
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.pictures.batches import Batch, PixelSource, Source
from genimg.training.planning.compute import BATCHES, Compute
from genimg.training.planning.planner import Planner

Terms = dict[str, Tensor]
"""{name: values}. Row i of `[n, ...]` is of the i-th picture of this process; the loop takes the
mean over the whole batch. Where only some pictures count it is a scalar: its part of that mean.
"""
Means = dict[str, Tensor]
"""{name: scalar of the whole batch}, however many processes share it."""
HELD_OUT = "pictures that it never learns from"
AGAIN = "the same, made again by the model"
DRAWS = "new ones, always from the same seeds"
"""What the rows of sample sheets show."""
ADAM_BETAS = (0.9, 0.99)
"""A shorter memory of squared gradients than usual: those of log(mse) grow as the error shrinks."""


class Unstable(TrainingError):
    """A run has gone wrong in a way that training on would not mend; the message says how."""


class Player:
    """Parameters that learn together, and how they follow their gradients.

    Args:
        parameters: in the order in which the norm of their gradients is summed.
        optimizer: of those that learn.
        max_norm: gradients of a larger norm are scaled down to it; None leaves them.
        spikes: leaves out steps whose norm is far beyond what is usual.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        optimizer: torch.optim.Optimizer,
        max_norm: float | None = None,
        spikes: SpikeGuard | None = None,
    ) -> None:
        self.parameters = list(parameters)
        self.optimizer = optimizer
        self.max_norm = max_norm
        self.spikes = spikes

    def step(self) -> Means:
        """Follow the gradients that are there; returns their norm, where it is looked at."""
        if self.max_norm is None:
            self.optimizer.step()
            return {}
        norm = nn.utils.clip_grad_norm_(self.parameters, self.max_norm).detach()
        if self.spikes is None:
            self.optimizer.step()
        else:
            self.spikes.step(self.optimizer, norm)
        return {"gradient_norm": norm}


@dataclass
class Turn:
    """What one player minimises in one step.

    Attributes:
        player: a key of `Objective.players`.
        terms: of the pictures of this process.
        loss: what is minimised, a function of the means of the terms.
        means: those, detached. The loop sets them when the player has taken its step.
    """

    player: str
    terms: Terms
    loss: Callable[[Means], Tensor]
    means: Means = field(default_factory=dict)


class Objective(ABC):
    """The objective of one family: what its networks minimise, and what is watched meanwhile.

    In each step the loop calls `schedule(progress, images)` and then asks for the `turns` of the
    players; it takes the means, the gradients and the steps. Most families have one player, and
    give `terms(batch, rng)` and `loss(means)`. `model` is trained in place; the loop keeps its
    moving average.

    Attributes:
        kind: what a run says of this family to those who watch it.
        own_options: names of options that only such families have a use for.
        planner: who chooses what is not given of its runs.
        files_of: the family that its models are files of, where that is another than its own.
        signals: scores of `validate` that people are told of, or that are not of held-out pictures.
        players: who learns.
        world: the processes that train together.
        part: this process's part of the batch of the present step.
        retries: how often this run was taken back to a good state, each time with a milder
            objective or a lower rate.
        max_retries: how often that may be done.
    """

    kind: ClassVar[Kind]
    signals: ClassVar[tuple[Signal, ...]] = ()
    own_options: ClassVar[tuple[str, ...]] = ()
    planner: ClassVar[Planner] = Planner()
    files_of: ClassVar[str | None] = None
    model: Model
    compute: Compute
    players: dict[str, Player]
    retries: int = 0
    max_retries: int = 2

    def __init__(self, model: Any, options: TrainOptions, compute: Compute) -> None:
        self.model = model.train()
        self.train_options = options
        self.compute = compute
        self.world = ALONE
        self.part = Part()

    @classmethod
    def training_data(cls, options: TrainOptions, dataset: Dataset) -> Dataset:
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

    @classmethod
    def stands_on(cls) -> tuple[Path, ...]:
        """The models that are a part of a new one, whose credits go along."""
        return ()

    def prepare(self, dataset: Dataset) -> None:  # noqa: B027
        """Called once before the first step of a sitting, with the pictures to train on."""

    def source(self, dataset: Dataset, changes: Augmentations | None) -> Source:
        """Where the pictures of a batch come from, and how they are changed; asked for once, after
        `prepare`.
        """
        return PixelSource(dataset, changes, self.compute.place)

    def example(self, batch: Batch) -> Batch:
        """A batch of pixels as a step would meet it, to time one before anything is prepared."""
        return batch

    def phase(self, progress: float) -> int:
        """The number of the phase that is due; each phase has a moving average of its own."""
        return 0

    def enter(self, phase: int, images: int, ema: Model | None) -> None:  # noqa: B027
        """Begin a phase after `images` pictures, with `ema`, the moving average of the phase
        before; None where a resumed run goes on in the phase.
        """

    def validate_every(self) -> int:
        """Pictures between two validations in the present phase."""
        return self.train_options.validate_every

    @classmethod
    def usual_batch(cls, device: str) -> int:
        """Pictures in a batch of one process, by the kind of device."""
        return BATCHES[device]

    @classmethod
    def paces(cls) -> tuple[tuple[float, float], ...]:
        """How a run's time is told from a few timed steps: (part of the budget, a progress at which
        a step takes as long as those of that part), for each part.
        """
        return ((1.0, 0.5),)

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

    def turns(self, batch: Batch, rng: torch.Generator) -> Iterator[Turn]:
        """The turns of the players in one step, from a batch on the device.

        Each is asked for when the one before it is over, so that it meets the networks as they are
        by then.
        """
        yield Turn("model", self.terms(batch, rng), self.loss)

    def terms(self, batch: Batch, rng: torch.Generator) -> Terms:
        """What the only player's loss is made of. Random numbers are drawn from `rng` for the whole
        batch, of which `part.rows` are this process's.
        """
        raise NotImplementedError

    def loss(self, means: Means) -> Tensor:
        """What the only player minimises."""
        return means["loss"]

    def told(self, means: Means) -> Means:
        """What is reported of a step, from the means of its terms; "loss" is what the first player
        minimised.
        """
        return means

    @abstractmethod
    def validate(self, model: Any, batch: Batch) -> dict[str, float]:
        """Scores of `model` on held-out pictures, with "loss", lower is better, and those of
        `signals`. Draws nothing from the run's generator. One process does it for all.

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

    @classmethod
    @abstractmethod
    def finish(
        cls, model: Any, dataset: Dataset, say: Callable[[str], None], quick: bool = False
    ) -> Findings:
        """Make the trained `model` ready for people, and find out what its file shall say; with
        `quick` from less, and with fewer numbers, where that saves much.
        """

    def keep(self, path: Path, model: Any, name: str) -> None:  # noqa: B027
        """Write what a run that starts from the finished `model`, to be written to `path`, can use
        beside it.

        Raises:
            TrainingError: the disk is full or the folder cannot be written.
        """

    def preset(self) -> str:
        """The preset of the model that is trained, for its file."""
        return self.train_options.preset or MODELS[self.train_options.family].presets[0]

    def retry_words(self) -> str:
        """In words, what is different after `retries` has been raised by one."""
        return "with half the learning rate"

    @property
    def damping(self) -> float:
        """The factor of the learning rate: a half for each retry so far."""
        return 0.5**self.retries

    def advice(self) -> str:
        """In words, what a person may try where no retry has helped."""
        return (
            "Start a new run with more, or more varied, pictures; or in a terminal with a lower "
            "--learning-rate, --precision fp32 and another --out."
        )

    def networks(self) -> dict[str, nn.Module]:
        """Everything with weights that a resumed run needs."""
        return {"model": self.model}

    def noise(self, like: Tensor, rng: torch.Generator) -> Tensor:
        """Normal noise for this process's pictures, shaped as `like`, `[n, ...]`: rows of that of
        the whole batch.
        """
        shape = (self.part.count, *like.shape[1:])
        whole = torch.randn(shape, generator=rng, device=rng.device)
        return whole[self.part.rows].to(like.device)

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimizers and what is usual for their gradients, exactly."""
        guards = {name: each.spikes for name, each in self.players.items() if each.spikes}
        return {
            "networks": {k: v.state_dict() for k, v in self.networks().items()},
            "optimizers": {k: v.optimizer.state_dict() for k, v in self.players.items()},
            "usual_norms": {name: guard.usual for name, guard in guards.items()},
            "remedies": self.retries,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        for name, network in self.networks().items():
            network.load_state_dict(state["networks"][name])
        # earlier versions had one guard, that of the model
        norms = state.get("usual_norms") or {"model": state.get("usual_norm")}
        for name, player in self.players.items():
            saved = state["optimizers"][name]
            player.optimizer = as_saved(player.optimizer, saved)
            player.optimizer.load_state_dict(saved)
            if player.spikes:
                player.spikes.usual = norms[name].to(self.compute.device)
        self.retries = state["remedies"]


@contextmanager
def held_still(network: nn.Module) -> Iterator[None]:
    """While this is open, `network` learns nothing, and gradients only pass through it."""
    learning = [p for p in network.parameters() if p.requires_grad]  # what is not frozen
    network.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


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


def as_saved(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> torch.optim.Optimizer:
    """The optimizer that a saved state fits: Adam in place of RMSprop, if the state is Adam's. In
    earlier versions some players took Adam whatever was asked for.
    """
    if isinstance(optimizer, torch.optim.RMSprop) and "betas" in saved["param_groups"][0]:
        groups = [{"params": group["params"]} for group in optimizer.param_groups]
        return torch.optim.Adam(groups, fused=True)
    return optimizer


def cosine(progress: float, start: float, end: float) -> float:
    """Half a cosine from `start` at progress 0 to `end` at 1 (Loshchilov & Hutter 2017)."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
