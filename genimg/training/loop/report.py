"""What a run tells while it goes: a progress bar for people, and files for those who watch it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any

from torch import Tensor
from tqdm import tqdm

from genimg.runs import TRAINING
from genimg.runs.description import Signal
from genimg.training.loop.state import RunFolder
from genimg.training.loop.tensorboard import Curves

REFRESH_SECONDS = 1.0


def patient(say: Callable[[str], None]) -> Callable[[str], None]:
    """`say`, but a line that nobody can take does not end the run: the disk of its log is full, or
    its terminal is closed.
    """

    def tell(line: str) -> None:
        with suppress(OSError):
            say(line)

    return tell


class _Patient:
    """A stream that lets be what it cannot write, as `patient` does."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class Report:
    """A context in which steps and validations are shown and written down.

    Args:
        signals: the scores of validations that people are told of, or that are not of held-out
            pictures.
        shown: whether anything is; of several processes only one tells.
        tensorboard: whether TensorBoard is told, too.
    """

    def __init__(
        self,
        folder: RunFolder,
        budget: tuple[float | None, int | None],
        signals: Sequence[Signal] = (),
        shown: bool = True,
        tensorboard: bool = False,
    ) -> None:
        self.folder = folder
        self.budget = budget
        self.signals = {signal.name: signal for signal in signals}
        self.shown = shown
        self.tensorboard = tensorboard and shown
        self._curves: Curves | None = None
        self.terms: Mapping[str, Tensor] = {}
        self.scores: dict[str, float] = {}
        self._bar: tqdm[Any] | None = None
        self._last = 0.0
        self._images_shown = 0
        self._images = self._sitting = 0
        self._began = 0.0
        self._speed = 0.0

    def __enter__(self) -> Report:
        if self.shown:
            self._bar = tqdm(
                total=100.0,
                file=_Patient(sys.stderr),
                bar_format="{percentage:5.1f}% |{bar:20}| {postfix}",
                mininterval=REFRESH_SECONDS,
                dynamic_ncols=True,
            )
        self._last = self._began = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._curves is not None:
            self._curves.close()
            self._curves = None

    def begin(self, clock: Mapping[str, Any], progress: float) -> None:
        """Tell where a sitting begins."""
        self._images = clock["images"]
        if self.tensorboard:
            self._curves = Curves(self.folder.path, clock["images"])
        self.tell(clock, progress)

    def step(self, clock: Mapping[str, Any], progress: float, terms: Mapping[str, Tensor]) -> None:
        """Tell of one step. The bar is redrawn once a second, not once a step."""
        count = max(0, clock["images"] - self._images)
        self._images_shown += count
        self._sitting += count
        self._images = clock["images"]
        self.terms = terms
        now = time.perf_counter()
        if self._bar is None or now - self._last < REFRESH_SECONDS:
            return
        speed = self._images_shown / (now - self._last)
        self._speed = speed if not self._speed else 0.8 * self._speed + 0.2 * speed
        self._last, self._images_shown = now, 0
        self.tell(clock, progress)
        shown = [
            f"{self._images:,} pictures",
            f"{self._speed:.0f}/s",
            f"{_minutes(self._seconds_left(progress))} left",
            f"loss {float(terms['loss']):.3f}",
        ]
        self._bar.n = min(100.0, 100.0 * progress)
        self._bar.set_postfix_str(", ".join(shown + self._told()))

    def tell(self, clock: Mapping[str, Any], progress: float) -> None:
        """Tell those who watch the run's folder how far it is."""
        if self.shown:
            self.folder.tell(
                TRAINING,
                ", ".join([f"{clock['images']:,} pictures seen", *self._told()]),
                progress=min(progress, 1.0),
                images=clock["images"],
                seconds=round(clock["seconds"], 1),
                seconds_left=round(self._seconds_left(progress), 1),
                speed=round(self.speed, 1),
            )

    @property
    def speed(self) -> float:
        """Pictures a second, lately; 0 before the first is known."""
        passed = time.perf_counter() - self._began
        return self._speed or (self._sitting / passed if self._sitting else 0.0)

    def _told(self) -> list[str]:
        return [
            signal.words.format(self.scores[name])
            for name, signal in self.signals.items()
            if signal.words and name in self.scores
        ]

    def _seconds_left(self, progress: float) -> float:
        minutes, total = self.budget
        if total is None:
            return max(0.0, 1.0 - progress) * 60.0 * (minutes or 0.0)
        return max(0, total - self._images) / self.speed if self.speed else -1.0

    def validation(
        self, clock: Mapping[str, Any], progress: float, scores: Mapping[str, float]
    ) -> None:
        """Write one line to progress.jsonl."""
        self.scores = dict(scores)
        if not self.shown:
            return
        named = {
            k if k in self.signals and not self.signals[k].held_out else f"held_out_{k}": v
            for k, v in scores.items()
        }
        record = {
            "step": clock["step"],
            "images": clock["images"],
            "seconds": round(clock["seconds"], 1),
            "speed": round(self.speed, 1),
            **{k: round(float(v), 5) for k, v in self.terms.items()},
            **{k: round(float(v), 5) for k, v in named.items()},
        }
        self.folder.log(record)
        if self._curves is not None:
            self._curves.write(record)
        self.tell(clock, progress)


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
