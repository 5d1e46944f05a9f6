"""What will a run be, and how long will it take; what of that does one that goes on keep?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from genimg.data import Dataset, Undrawn
from genimg.errors import TrainingError
from genimg.models import MODELS
from genimg.training.options import PLANNED, TrainOptions
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.planning.compute import Compute, seconds_of
from genimg.training.planning.planner import Choice

FINISHING = "about a minute to find sliders and to measure it"


class Refused(TrainingError):
    """A folder holds another run than the one that was asked for; that one stays as it is."""


@dataclass(frozen=True)
class Plan:
    """What a run will be.

    Attributes:
        options: those of the person, with what was chosen filled in.
        choices: what was chosen and why.
        changes: how training pictures are changed at random before they are shown.
        speed: pictures a second, timed; 0 before that.
        memory: bytes at the peak of a step, as far as the system tells; 0 if it does not.
        pictures: training pictures.
        started_from: what the model that the run starts from says of the pictures that it has
            learned from, and so on back: name, title, credit and licence of each.
        undrawn: what has to be drawn before it can begin.
        before: the runs that made the model which it starts from, see `Header.trainings`.
    """

    options: TrainOptions
    choices: tuple[Choice, ...]
    changes: Augmentations
    speed: float = 0.0
    memory: int = 0
    pictures: int = 0
    started_from: tuple[dict[str, str], ...] = ()
    undrawn: Undrawn | None = None
    before: tuple[dict[str, Any], ...] = ()

    @property
    def drawing(self) -> float:
        """Minutes that drawing takes before the training, about; 0 where nothing is drawn."""
        return self.undrawn.seconds / 60 if self.undrawn else 0.0

    @property
    def minutes(self) -> float:
        """Minutes of training, 0 if not known."""
        minutes, images = self.options.budget
        if images is None:
            return float(minutes or 0.0)
        return images / self.speed / 60 if self.speed else 0.0

    def is_longer_than(self, state: dict[str, Any]) -> bool:
        """Whether the budget is larger than the one in the state of the same run."""
        minutes, images = self.options.budget
        before = state["plan"]["budget"]
        return (images or 0) > (before["images"] or 0) or (minutes or 0) > (before["minutes"] or 0)

    def lines(self) -> list[str]:
        """For a terminal: what was chosen, and what it will take."""
        chosen = [f"{choice.what}: {choice.value} ({choice.why})" for choice in self.choices]
        memory = [f"memory: {self.memory / 1e9:.1f} GB"] if self.memory else []
        return [*chosen, *self.hints(), *memory]

    def hints(self) -> list[str]:
        """What it will take, beside the choices and the memory."""
        first = []
        if self.undrawn is not None and self.undrawn.left:
            first.append(
                f"{self.undrawn.left:,} pictures are drawn first, {_takes(self.drawing)} on this "
                "machine; they are kept, and who stops meanwhile goes on from there"
            )
        if not self.speed:
            return first
        seen = 60 * self.minutes * self.speed
        return [
            *first,
            f"{self.speed:,.0f} pictures a second; {_span(self.minutes)} {seen:,.0f} "
            f"pictures, {_share(seen, max(1, self.pictures))}; then {FINISHING}",
        ]

    def to_mapping(self) -> dict[str, Any]:
        """JSON-ready."""
        family = self.options.family
        return {
            "network": f"{family} {self.options.preset or MODELS[family].presets[0]}",
            "choices": [asdict(choice) for choice in self.choices],
            "varied": bool(self.changes),
            "speed": round(self.speed, 1),
            "memory": self.memory,
            "minutes": round(self.minutes, 1),
            "drawing": round(self.drawing, 1),
            "pictures": self.pictures,
            "hints": self.hints(),
        }


def _span(minutes: float) -> str:
    if round(minutes) < 1:
        return "in under a minute"
    return "1 minute is" if round(minutes) == 1 else f"{minutes:,.0f} minutes are"


def _takes(minutes: float) -> str:
    if minutes < 1:
        return "in under a minute"
    count, unit = (minutes, "minute") if minutes < 90 else (minutes / 60, "hour")
    return f"in about {count:.0f} {unit}{'s' * (round(count) != 1)}"


def _share(seen: float, pictures: int) -> str:
    times = seen / pictures
    if times < 0.75:
        return f"{max(times, 0.01):.0%} of all {pictures:,}"
    often = "once" if times < 1.5 else f"{times:,.0f} times"
    return f"each of the {pictures:,} about {often}"


def measure(step: Callable[[], None], batch_size: int, compute: Compute) -> tuple[float, int]:
    """(pictures a second, bytes at the peak) of a training step.

    The memory is that of the process on a CPU, and that of the card on CUDA.
    """
    cuda = compute.device.startswith("cuda")
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    speed = batch_size / seconds_of(step, compute)
    return speed, int(torch.cuda.max_memory_allocated()) if cuda else _peak_bytes()


def _peak_bytes() -> int:
    """The most memory that this process has had, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024


def to_state(plan: Plan) -> dict[str, Any]:
    """What a run that continues must know of its plan: plain values."""
    options = plan.options.to_mapping()
    minutes, images = plan.options.budget
    return {
        "options": {name: options[name] for name in PLANNED},
        "choices": [asdict(choice) for choice in plan.choices],
        "changes": plan.changes.to_mapping(),
        "budget": {"minutes": minutes, "images": images},
        "started_from": list(plan.started_from),
        "before": list(plan.before),
    }


def continued(options: TrainOptions, state: dict[str, Any], dataset: Dataset, out: Path) -> Plan:
    """The plan of a run that goes on: what was chosen then, with the budget of now if it is larger.

    Raises:
        Refused: the budget is of another kind, or smaller than before.
    """
    planned = state["plan"]
    chosen = dict(planned["options"])
    for name in ("init_from", "critic_from"):
        if chosen[name] is not None:
            chosen[name] = Path(chosen[name])
    before = planned["budget"]
    if options.minutes is None and options.images is None:
        chosen["minutes"], images = before["minutes"], before["images"]
    else:
        chosen["minutes"], images = options.minutes, options.images
        now = {"minutes": options.minutes, "images": options.images}
        for kind, value in before.items():
            if value is not None and (now[kind] is None or now[kind] < value):
                raise Refused(
                    f"{out} holds a run of {value:g} {kind}: give as much or more, choose another "
                    f"--out, or delete {out}"
                )
    return Plan(
        replace(options, **chosen, images=images),
        tuple(Choice(**row) for row in planned["choices"]),
        Augmentations.from_mapping(planned["changes"]),
        pictures=len(dataset.splits["train"]),
        started_from=tuple(planned["started_from"]),
        before=tuple(planned.get("before", ())),  # which earlier versions did not keep
    )
