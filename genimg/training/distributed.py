"""How do several processes train one model: who does what, and how do they agree?

Each process holds the whole model and works on its own rows of every batch. The gradients are
summed in one message a step, so that all take the same step; noise and changes are drawn by all for
the whole batch, from the same generator. Process 0 alone writes, measures and decides, and tells
the others. `torchrun` starts the processes and says in the environment which of them each one is.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from genimg.errors import GenimgError, TrainingError

T = TypeVar("T")

TIMEOUT = timedelta(minutes=5)
"""How long a process waits for a message of the others."""
GRACE_SECONDS = 5.0
"""How long a process has to end by itself after another one has failed."""
HEARING_SECONDS = 3.0
"""How long a process that failed, or lost the others, waits for them to tell or to hear why."""
POLL_SECONDS = 0.2
TROUBLE, HEARD = "trouble", "heard"


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
        dist.broadcast_object_list(box, src=0)
        return box[0]  # type: ignore[return-value]

    @torch.no_grad()
    def broadcast_(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by those of process 0."""
        if self.size > 1:
            for tensor in tensors:
                whole = tensor.contiguous()
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
        dist.all_reduce(told)
        return float(told[0]), bool(told[1] > 0)

    def leave(self) -> None:
        """Part from the others, when all have come so far; process 0 may have work of its own."""
        if self.size > 1:
            dist.all_reduce(torch.zeros(1))
            _leave(_meetings[-1])

    def one_after_another(self, name: str, load: Callable[[], T]) -> T:
        """What `load()` gives: first to one process on each machine, then to the others there.

        So that what it prepares and keeps is prepared once. It may take as long as it needs.
        """
        if self.size == 1:
            return load()
        key = f"{name}/{socket.gethostname()}"
        if self.local_rank:
            _wait_for(key)
        value = load()
        if not self.local_rank:
            _store().set(key, "1")
        return value

    def all_have(self, what: str, value: str) -> bool:
        """Whether all processes come with the same value; they are waited for, however long."""
        if self.size == 1:
            return True
        store = _store()
        store.set(f"{what}/{self.rank}", value)
        keys = [f"{what}/{rank}" for rank in range(self.size)]
        for key in keys:
            _wait_for(key)
        return all(store.get(key).decode() == value for key in keys)


ALONE = World()
"""One process that trains by itself."""


class _Lost(TrainingError):
    """Another process has failed; which, and why, is in the store."""


class _Sum(torch.autograd.Function):
    """A sum over all processes; see `World.total` and `World.total_of_all`."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, of_all: bool) -> Tensor:
        ctx.of_all = of_all
        whole = part.detach().clone(memory_format=torch.contiguous_format)
        dist.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        if ctx.of_all:
            gradient = gradient.clone(memory_format=torch.contiguous_format)
            dist.all_reduce(gradient)
        return gradient, None


# -- joining, and leaving when something went wrong


@dataclass(frozen=True)
class _Meeting:
    """The processes that this one trains with.

    Attributes:
        store: where they leave word.
        left: set when this one has left.
        heard: (process, message) of the first failure, once there is one.
    """

    store: Any
    left: threading.Event = field(default_factory=threading.Event)
    heard: list[tuple[int, str]] = field(default_factory=list)


_meetings: list[_Meeting] = []


def _store() -> Any:
    return _meetings[-1].store


@contextmanager
def join(device: str) -> Iterator[World]:
    """Meet the other processes that the environment speaks of; leave them at the end.

    A failure in one process ends all with its message, which process 0 raises; the others end with
    exit code 2, as there is nothing more to say.

    Args:
        device: "cpu" or "cuda": what the tensors of the messages will lie on.

    Raises:
        TrainingError: the others cannot be reached, or one of them has failed.
    """
    world = World.from_environment()
    if world.size == 1:
        yield world
        return
    meeting = _meet(world, device)
    threading.Thread(target=_watch, args=(world, meeting), daemon=True).start()
    try:
        yield world
    except BaseException as error:
        if meeting.left.is_set():
            raise
        told = _tell_trouble(world, meeting, error)
        if isinstance(told, GenimgError) and not world.main:
            raise SystemExit(2) from error
        if told is error:
            raise
        raise told from error
    finally:
        _leave(meeting)


def _leave(meeting: _Meeting) -> None:
    if not meeting.left.is_set():
        meeting.left.set()
        _meetings.remove(meeting)
        if dist.is_initialized():
            dist.destroy_process_group()


def _meet(world: World, device: str) -> _Meeting:
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
    meeting = _Meeting(store)
    _meetings.append(meeting)
    return meeting


def _wait_for(key: str) -> None:
    """Wait until another process has set a key, or has failed."""
    store = _store()
    while not store.check([key]):
        if store.check([TROUBLE]):
            raise _Lost("another process has failed")
        time.sleep(POLL_SECONDS)


def _heard_trouble(store: Any, seconds: float) -> tuple[int, str] | None:
    """(process, message) of the first failure, if one is told within some seconds."""
    limit = time.monotonic() + seconds
    try:
        while not store.check([TROUBLE]):
            if time.monotonic() >= limit:
                return None
            time.sleep(POLL_SECONDS / 4)
        rank, _, message = store.get(TROUBLE).decode().partition(" ")
    except (RuntimeError, OSError):  # whoever kept the store is gone
        return None
    return int(rank), message


def _tell_trouble(world: World, meeting: _Meeting, error: BaseException) -> BaseException:
    """Tell the others why this process ends, if it is the first; else give what the first told."""
    store = meeting.store
    lost = isinstance(error, (RuntimeError, _Lost))
    if not meeting.heard:
        earlier = _heard_trouble(store, HEARING_SECONDS if lost else 0.0)
        if earlier is None:
            known = isinstance(error, GenimgError)
            words = str(error) if known else f"{type(error).__name__}: {error}"
            with suppress(RuntimeError, OSError):  # perhaps nobody is there to be told
                store.compare_set(TROUBLE, "", f"{world.rank} {words}")
                _wait_until_heard(world, store)
    first = meeting.heard[0] if meeting.heard else _heard_trouble(store, 0.0)
    if not lost or (first is not None and first[0] == world.rank):
        return error
    if first is None:
        return TrainingError(f"the other processes are gone: {error}")
    return TrainingError(f"process {first[0]} of {world.size} has failed: {first[1]}")


def _wait_until_heard(world: World, store: Any) -> None:
    """The store of all may end with process 0, so that one waits until all others have heard."""
    limit = time.monotonic() + HEARING_SECONDS
    while world.main and store.add(HEARD, 0) < world.size - 1 and time.monotonic() < limit:
        time.sleep(POLL_SECONDS / 4)


def _watch(world: World, meeting: _Meeting) -> None:
    """Hear that another process has failed; end this one if it waits for that one in vain.

    Where messages go over CUDA, nobody notices that the other side is gone.
    """
    while not meeting.left.wait(1.0):
        trouble = _heard_trouble(meeting.store, 0.0)
        if trouble is None or trouble[0] == world.rank:
            continue
        meeting.heard.append(trouble)
        with suppress(RuntimeError, OSError):
            meeting.store.add(HEARD, 1)
        if meeting.left.wait(GRACE_SECONDS + HEARING_SECONDS):
            return
        if world.main:
            words = f"genimg: error: process {trouble[0]} of {world.size} has failed: "
            os.write(2, f"{words}{trouble[1]}\n".encode())
        os._exit(2)
