"""How do layers that look at a whole batch work where each process has only some of its rows?

BatchNorm takes the statistics of all processes, and dropout draws for the whole batch and takes its
own rows, so that a network does the same whatever the number of processes. Parameters and buffers
keep their names: a state or a model file does not tell how many there were.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from typing_extensions import override

from genimg.training.distributed.processes import World


@dataclass
class Part:
    """Which rows of a batch a process works on; it changes from step to step.

    Attributes:
        count: rows of the whole batch.
        rows: those of this process.
    """

    count: int = 0
    rows: slice = field(default_factory=lambda: slice(0, 0))

    @property
    def share(self) -> float:
        """Its part of the batch, 0 to 1."""
        return (self.rows.stop - self.rows.start) / self.count if self.count else 1.0

    def mean(self, values: Tensor) -> Tensor:
        """What the rows of this process, `[n, ...]`, add to the mean over the whole batch."""
        mean = values.mean()
        return mean if self.share == 1.0 else mean * self.share


class SharedBatchNorm(nn.Module):
    """BatchNorm (Ioffe & Szegedy 2015) over the rows of all processes, while it trains."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, norm: _BatchNorm, world: World) -> None:
        super().__init__()
        self.norm_of = (norm.eps, 0.1 if norm.momentum is None else norm.momentum)
        self.world = world
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers():
            self.register_buffer(name, buffer)
        self.train(norm.training)

    @override
    def forward(self, x: Tensor) -> Tensor:
        """`[N, C, ...]` to the same shape."""
        eps, momentum = self.norm_of
        if not self.training:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, eps
            )
        with torch.autocast(x.device.type, enabled=False):
            values = x.float()
            others = [axis for axis in range(x.ndim) if axis != 1]
            shape = [1, -1] + [1] * (x.ndim - 2)
            usual = self.running_mean.clone()  # about the mean: sums of squares lose no digits
            centred = values - usual.view(shape)
            count = centred.new_full((1,), values.numel() / values.shape[1])
            sums = torch.cat([centred.sum(others), centred.square().sum(others), count])
            sums = self.world.total_of_all(sums)
            n = sums[-1].detach()
            first, second = (sums[:-1] / n).chunk(2)
            variance = (second - first.square()).clamp_min(0.0)
            scale = self.weight * torch.rsqrt(variance + eps)
            out = (centred - first.view(shape)) * scale.view(shape) + self.bias.view(shape)
            with torch.no_grad():
                self.running_mean.lerp_(usual + first, momentum)
                self.running_var.lerp_(variance * n / (n - 1), momentum)
                self.num_batches_tracked.add_(1)
        return out.to(x.dtype)


class SharedDropout(nn.Module):
    """Dropout (Srivastava et al. 2014) that draws as one process would for the whole batch."""

    def __init__(self, chance: float, part: Part) -> None:
        super().__init__()
        self.chance = chance
        self.part = part

    @override
    def forward(self, x: Tensor) -> Tensor:
        """`[N, ...]` to the same shape."""
        if not self.training:
            return x
        layout = torch.contiguous_format
        if x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last):
            layout = torch.channels_last  # numbers are drawn in the order in which they lie
        whole = torch.empty(
            (self.part.count, *x.shape[1:]), dtype=x.dtype, device=x.device, memory_format=layout
        )
        kept = whole.bernoulli_(1.0 - self.chance)[self.part.rows]
        return x * kept.div_(1.0 - self.chance)


def share_layers(network: nn.Module, world: World, part: Part) -> None:
    """Replace the layers that look at a whole batch, in place; their parameters stay the same."""
    for name, child in network.named_children():
        if isinstance(child, _BatchNorm):
            setattr(network, name, SharedBatchNorm(child, world))
        elif isinstance(child, nn.Dropout):
            setattr(network, name, SharedDropout(child.p, part))
        else:
            share_layers(child, world, part)
