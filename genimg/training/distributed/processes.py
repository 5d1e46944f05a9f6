"""How do several processes train one model: who does what, and how do they agree?

Each process holds the whole model and works on its own rows of every batch. The gradients are
summed in one message a step, so that all take the same step; noise and changes are drawn by all for
the whole batch, from the same generator. Process 0 alone writes, measures and decides, and tells
the others. `torchrun` starts the processes, says in the environment which of them each one is, and
ends the rest when one has failed.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.elastic.multiprocessing.errors import get_error_handler
from torch.distributed.rendezvous import rendezvous

from genimg.errors import GenimgError, TrainingError

T = TypeVar("T")

TIMEOUT = timedelta(minutes=5)
"""How long a process waits for a message of the others."""
PATIENCE = timedelta(days=7)
"""How long it waits where another one may have pictures to prepare."""
HEARING_SECONDS = 3.0
"""How long a process that lost the others waits to hear why."""
POLL_SECONDS = 0.05
TROUBLE = "trouble"


@dataclass(frozen=True)
class World:
    """Which of how many processes this one is.

    Attributes:
        rank: 0 to size - 1.
        size: processes that train together, on all machines.
        local_rank: which of those on this machine; the CUDA device that it uses.
        local_size: how many there are on this machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @classmethod
    def from_environment(cls) -> World:
        """What `torchrun` says in RANK, WORLD_SIZE, LOCAL_RANK and LOCAL_WORLD_SIZE.

        Raises:
            TrainingError: they are not numbers that go together.
        """
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
        if not {"RANK", "WORLD_SIZE"} <= os.environ.keys():
            return cls()
        try:
            rank, size, local_rank, local_size = (
                int(os.environ.get(name, default))
                for name, default in zip(names, ("", "", "0", "1"), strict=True)
            )
        except ValueError:
            size = 0
        if size < 1 or not (0 <= rank < size and 0 <= local_rank < local_size <= size):
            told = ", ".join(f"{name}={os.environ.get(name)}" for name in names)
            raise TrainingError(
                f"the environment names an impossible process ({told}); start with torchrun, or "
                "unset these"
            )
        return cls(rank, size, local_rank, local_size)

    @property
    def main(self) -> bool:
        """Whether this is process 0, which writes, measures and decides."""
        return self.rank == 0

    def device(self, kind: str) -> str:
        """The device of this process: "cuda" is that of its own number."""
        return f"cuda:{self.local_rank}" if self.size > 1 and kind == "cuda" else kind

    def rows(self, count: int) -> slice:
        """Its rows of a batch: all processes together have each one once, about as many each."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    # -- messages, in which all processes take part

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Replace float32 tensors by their sums over all processes: one message for all."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        with _in_touch():
            dist.all_reduce(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        summed = [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
        torch._foreach_copy_(list(tensors), summed)

    def total(self, part: Tensor) -> Tensor:
        """The sum of a tensor over all processes; its gradient is that of the part alone.

        So where each process takes the same function of the sum for its loss, the gradients of all
        sum to that of the function.
        """
        if self.size == 1:
            return part
        whole: Tensor = _Sum.apply(part, False)
        return whole

    def total_of_all(self, part: Tensor) -> Tensor:
        """The sum of a tensor over all processes, differentiable in the parts of all.

        Here each process has a loss of its own, and the sum of those is the loss.
        """
        if self.size == 1:
            return part
        whole: Tensor = _Sum.apply(part, True)
        return whole

    def broadcast(self, value: T) -> T:
        """The value of process 0."""
        if self.size == 1:
            return value
        box = [value if self.main else None]
        with _in_touch():
            dist.broadcast_object_list(box, src=0)
        return box[0]  # type: ignore[return-value]

    @torch.no_grad()
    def broadcast_(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by those of process 0."""
        if self.size > 1:
            for tensor in tensors:
                whole = tensor.contiguous()
                with _in_touch():
                    dist.broadcast(whole, src=0)
                tensor.copy_(whole)

    def decide(self, make: Callable[[], T]) -> T:
        """What `make()` gives in process 0, for all.

        Raises:
            GenimgError: the one that `make` raised there, in all.
        """
        if self.size == 1:
            return make()
        value, trouble = None, None
        if self.main:
            try:
                value = make()
            except GenimgError as error:
                trouble = error
        value, trouble = self.broadcast((value, trouble))
        if trouble is not None:
            raise trouble
        return value  # type: ignore[return-value]

    def agree(self, seconds: float, wanted: bool) -> tuple[float, bool]:
        """The seconds of process 0, and whether any process wants something, for all."""
        if self.size == 1:
            return seconds, wanted
        told = torch.tensor([seconds if self.main else 0.0, float(wanted)], dtype=torch.float64)
        with _in_touch():
            dist.all_reduce(told)
        return float(told[0]), bool(told[1] > 0)

    def leave(self) -> None:
        """Part from the others, when all have come so far; process 0 may have work of its own."""
        if self.size > 1:
            with _in_touch():
                dist.barrier()
            _part()

    def one_after_another(self, load: Callable[[], T]) -> T:
        """What `load()` gives: first to one process on each machine, then to the others.

        So that what it prepares and keeps is prepared once. It may take as long as it needs.
        """
        if self.size == 1:
            return load()
        value = None if self.local_rank else load()
        with _in_touch():
            dist.monitored_barrier(timeout=PATIENCE)
        loaded = load() if self.local_rank else value
        with _in_touch():  # no other message may have to wait for so long
            dist.monitored_barrier(timeout=PATIENCE)
        return loaded  # type: ignore[return-value]

    def all_have(self, value: object) -> bool:
        """Whether all processes come with the same value."""
        if self.size == 1:
            return True
        found: list[object] = [None] * self.size
        with _in_touch():
            dist.all_gather_object(found, value)
        return len(set(found)) == 1


ALONE = World()
"""One process that trains by itself."""


class _Sum(torch.autograd.Function):
    """A sum over all processes; see `World.total` and `World.total_of_all`."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, of_all: bool) -> Tensor:
        ctx.of_all = of_all
        whole = part.detach().clone(memory_format=torch.contiguous_format)
        with _in_touch():
            dist.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        if ctx.of_all:
            gradient = gradient.clone(memory_format=torch.contiguous_format)
            with _in_touch():
                dist.all_reduce(gradient)
        return gradient, None


# -- joining, and leaving when something went wrong


class _Lost(TrainingError):
    """A message has not come through: another process has failed, or is gone."""


@contextmanager
def _in_touch() -> Iterator[None]:
    """Tell what fails because of the others from a fault of this process."""
    try:
        yield
    except RuntimeError as error:  # as torch raises at once when a process is gone, or in time
        raise _Lost(f"another process is gone: {error}") from error


@contextmanager
def join(device: str) -> Iterator[World]:
    """Meet the other processes that the environment speaks of; leave them at the end.

    A failure in one process ends all with its message, which process 0 raises; the others end with
    exit code 2, as there is nothing more to say. `torchrun` is told, too.

    Args:
        device: "cpu" or "cuda": what the tensors of the messages will lie on.

    Raises:
        TrainingError: the others cannot be reached, or one of them has failed.
    """
    world = World.from_environment()
    if world.size == 1:
        yield world
        return
    store = _meet(world, device)
    try:
        yield world
    except BaseException as error:
        first = _first_trouble(world, store, error)
        with suppress(OSError):
            get_error_handler().record_exception(first)  # for the summary of torchrun
        if isinstance(first, GenimgError) and not world.main:
            raise SystemExit(2) from error
        if first is error:
            raise
        raise first from error
    finally:
        if dist.is_initialized():
            _part()


def _part() -> None:
    """Leave the group, and have its threads end now: one that is met by the end of the interpreter
    aborts the process.
    """
    dist.destroy_process_group()
    gc.collect()


def _meet(world: World, device: str) -> Any:
    """Form a group; returns the store in which a process that fails says why."""
    cuda = device.partition(":")[0] == "cuda"
    if cuda and world.local_rank >= torch.cuda.device_count():
        raise TrainingError(
            f"{world.local_size} processes on a machine with {torch.cuda.device_count()} CUDA "
            "devices; start as many as there are devices"
        )
    try:
        if cuda:
            torch.cuda.set_device(world.local_rank)
        store, _, _ = next(rendezvous("env://", timeout=TIMEOUT))
        count = PrefixStore("count", store).add(str(world.rank), 1)
        store = PrefixStore(f"run{count}", store)  # every run on a store has keys of its own
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if cuda else "gloo",
            store=PrefixStore("group", store),
            rank=world.rank,
            world_size=world.size,
            timeout=TIMEOUT,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise TrainingError(f"the other processes cannot be reached: {error}") from error
    return store


def _first_trouble(world: World, store: Any, error: BaseException) -> BaseException:
    """What ended this process: its own failure, which it leaves word of for the others; or, where
    it only lost them, that of the first that has left word. Process 0 alone asks for that, as it
    alone tells it; and it may be that which keeps the store, and is gone.
    """
    if isinstance(error, _Lost) and not world.main:
        return error
    with suppress(RuntimeError, OSError):
        if not isinstance(error, _Lost):
            words = str(error) if isinstance(error, GenimgError) else repr(error)
            store.compare_set(TROUBLE, "", f"{world.rank} {words}")
            return error
        limit = time.monotonic() + HEARING_SECONDS
        while not store.check([TROUBLE]) and time.monotonic() < limit:
            time.sleep(POLL_SECONDS)
        if store.check([TROUBLE]):
            rank, _, words = store.get(TROUBLE).decode().partition(" ")
            return TrainingError(f"process {rank} of {world.size} has failed: {words}")
    return error
