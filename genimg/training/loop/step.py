"""What happens in one step of a run: each player's means, gradients and update, in turn."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.training.objectives.objective import Means, Objective, Terms
from genimg.training.pictures.batches import Batch, make_batch


def take_step(objective: Objective, batch: Batch, rng: torch.Generator) -> Means:
    """Have each player of an objective take its step from a batch on the device.

    Returns what is told of it: scalars of the whole batch, among them "loss".
    """
    objective.part.count, objective.part.rows = batch.total, batch.rows
    for network in objective.networks().values():
        network.train()
    told: Means = {}
    for turn in objective.turns(batch, rng):
        player = objective.players[turn.player]
        means = _means(objective, turn.terms)
        loss = turn.loss(means)
        player.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        objective.world.sum_([p.grad for p in player.parameters if p.grad is not None])
        norm = player.step()
        turn.means = {name: mean.detach() for name, mean in means.items()}
        told = {"loss": loss.detach()} | told | turn.means | norm
    return objective.told(told)


def timed_step(
    objective: Objective, dataset: Dataset, batch_size: int, progress: float
) -> Callable[[], None]:
    """What does one real step of an objective as it is at some progress, for timing."""
    compute = objective.compute
    rows = dataset.splits["train"][:batch_size]
    labels = None if dataset.labels is None else dataset.labels[rows]
    made = make_batch(dataset.images[rows], labels)
    batch = Batch(compute.place(made.pixels), made.labels.to(compute.device))
    rng = torch.Generator(compute.device).manual_seed(0)
    objective.enter(objective.phase(progress), 0, None)
    objective.schedule(progress, 10**9)
    batch = objective.example(batch)
    return lambda: (take_step(objective, batch, rng), None)[1]


def _means(objective: Objective, terms: Terms) -> dict[str, Tensor]:
    """The means of terms over the whole batch.

    Their gradients are those of this process's part alone: where all take the same loss of the same
    means, the gradients of all processes sum to that of the loss.
    """
    part, world = objective.part, objective.world
    parts = {name: part.mean(values) if values.ndim else values for name, values in terms.items()}
    if world.size == 1:
        return parts
    whole = world.total(torch.stack([mean.float() for mean in parts.values()]))
    return dict(zip(parts, whole.unbind(), strict=True))
