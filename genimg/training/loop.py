"""The training loop: clock, moving average, validation, snapshots, resume. It knows no model."""

from __future__ import annotations

import copy
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.files import write_atomically
from genimg.images import array_to_pixels, encode_png, to_images
from genimg.models import LatentModel
from genimg.sheets import contact_sheet
from genimg.training.batches import Batches
from genimg.training.options import TrainOptions
from genimg.training.recipe import Recipe
from genimg.training.report import Report
from genimg.training.run import RunFolder

EMA_DECAY = 0.999
VALIDATION_PICTURES = 256
SHEET_PICTURES = 10
FIRST_SHEET, SHEET_GROWTH = 1000, 1.6


@dataclass
class Clock:
    """How far a run is. `seconds` counts the time inside the loop, over all its sittings."""

    step: int = 0
    images: int = 0
    seconds: float = 0.0
    best_loss: float = math.inf
    bad_validations: int = 0
    stopped_early: bool = False
    validated_step: int = -1


class Interrupted(Exception):
    """Somebody asked the run to stop; its state is written."""


class Trainer:
    """Runs a recipe over a data set until its budget is spent.

    Everything that the result depends on is in `state_dict`, so that a run killed at any moment and
    continued ends with the same weights, bit for bit on a CPU, when its budget is in images.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        options: TrainOptions,
        folder: RunFolder,
        batch_size: int,
    ) -> None:
        self.recipe = recipe
        self.options = options
        self.folder = folder
        self.device = recipe.compute.device
        self.ema: LatentModel = copy.deepcopy(recipe.model).eval().requires_grad_(False)
        self.batches = Batches(dataset, batch_size, options.seed)
        self.rng = torch.Generator(self.device).manual_seed(options.seed)
        self.clock = Clock()
        names = "validation" if len(dataset.splits.get("validation", ())) else "train"
        held_out = dataset.split(names).images[:VALIDATION_PICTURES]
        self.held_out = array_to_pixels(np.asarray(held_out))
        self.report = Report(folder, options.budget)

    # -- state

    def state_dict(self) -> dict[str, Any]:
        """All that an exact resume needs: tensors and plain values."""
        return {
            "recipe": self.recipe.state_dict(),
            "ema": self.ema.state_dict(),
            "batches": self.batches.state_dict(),
            "rng": self.rng.get_state(),
            "clock": vars(self.clock).copy(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.recipe.load_state_dict(state["recipe"])
        self.ema.load_state_dict(state["ema"])
        self.batches.load_state_dict(state["batches"])
        self.rng.set_state(state["rng"])
        self.clock = Clock(**state["clock"])

    # -- the loop

    @property
    def progress(self) -> float:
        """Part of the budget spent, 0 to 1."""
        minutes, images = self.options.budget
        if images is not None:
            return self.clock.images / images
        assert minutes is not None
        return self.clock.seconds / (60.0 * minutes)

    def run(self, save: Callable[[], None]) -> None:
        """Train until the budget is spent or early stopping says so; `save()` writes the state.

        Raises:
            TrainingError: the loss is no longer finite; the last good state is kept.
            Interrupted: Ctrl-C or a termination signal; the state is written.
        """
        started = time.perf_counter() - self.clock.seconds
        saved_at = self.clock.seconds
        with _stop_requests() as stop, self.report:
            while self.progress < 1.0 and not self.clock.stopped_early:
                before = self.clock.images
                self._step()
                self.clock.seconds = time.perf_counter() - started
                self._observe(before)
                if stop or self.clock.seconds - saved_at >= self.options.snapshot_seconds:
                    self._check_finite()
                    save()
                    saved_at = self.clock.seconds
                if stop:
                    raise Interrupted
            if self.clock.validated_step != self.clock.step:
                self._validate()
                self._sheet()
        self._check_finite()
        save()

    def _step(self) -> None:
        self.recipe.schedule(min(self.progress, 1.0), self.clock.images)
        pixels = self.recipe.compute.place(self.batches.next(self.rng))
        terms = self.recipe.step(pixels, self.rng)
        self.clock.step += 1
        self.clock.images += len(pixels)
        self._update_ema()
        self.report.step(self.clock.images, len(pixels), self.progress, terms)
        if torch.device(self.device).type == "cpu" and not bool(torch.isfinite(terms["loss"])):
            self._not_finite()

    @torch.no_grad()
    def _update_ema(self) -> None:
        """Moving average of the weights, quicker at first so that it forgets the random ones."""
        decay = min(EMA_DECAY, (1 + self.clock.step) / (10 + self.clock.step))
        for mean, value in zip(self.ema.parameters(), self.recipe.model.parameters(), strict=True):
            mean.lerp_(value, 1.0 - decay)
        for kept, now in zip(self.ema.buffers(), self.recipe.model.buffers(), strict=True):
            kept.copy_(now)

    def _observe(self, before: int) -> None:
        every = self.options.validate_every
        if before // every != self.clock.images // every:
            self._validate()
        if _sheet_number(before) != _sheet_number(self.clock.images):
            self._sheet()

    @torch.no_grad()
    def _validate(self) -> None:
        self.clock.validated_step = self.clock.step
        scores: dict[str, list[float]] = {}
        for chunk in torch.split(self.held_out, 64):
            for name, value in self.recipe.validate(
                self.ema, self.recipe.compute.place(chunk)
            ).items():
                scores.setdefault(name, []).append(value * len(chunk))
        means = {name: sum(values) / len(self.held_out) for name, values in scores.items()}
        if not math.isfinite(means["loss"]):
            self._not_finite()
        if means["loss"] < self.clock.best_loss:
            self.clock.best_loss, self.clock.bad_validations = means["loss"], 0
        else:
            self.clock.bad_validations += 1
        patience = self.options.early_stopping
        self.clock.stopped_early = patience is not None and self.clock.bad_validations >= patience
        self.report.validation(vars(self.clock), means)

    @torch.no_grad()
    def _sheet(self) -> None:
        """The same held-out pictures above what the model makes of them now."""
        pixels = self.held_out[:SHEET_PICTURES]
        made: Tensor = self.recipe.preview(self.ema, self.recipe.compute.place(pixels))
        sheet = contact_sheet(to_images(pixels) + to_images(made.float().cpu()), len(pixels))
        path = self.folder.samples / f"{self.clock.images:09d}.png"
        write_atomically(path, encode_png(sheet))

    def _check_finite(self) -> None:
        if not all(bool(torch.isfinite(p).all()) for p in self.recipe.model.parameters()):
            self._not_finite()

    def _not_finite(self) -> None:
        raise TrainingError(
            f"the loss is no longer a finite number after {self.clock.images:,} pictures. The last "
            f"good state is kept in {self.folder.state.parent}. Start again in another --out with "
            "a lower --learning-rate or --precision fp32"
        )


def _sheet_number(images: int) -> int:
    """How many sheets a run has drawn after so many pictures; their distance keeps growing."""
    if images < FIRST_SHEET:
        return 0
    return 1 + int(math.log(images / FIRST_SHEET) / math.log(SHEET_GROWTH))


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collects Ctrl-C and termination signals, so that a step is never cut in two.

    A second Ctrl-C ends the program at once.
    """
    seen: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)

    try:
        earlier = {s: signal.signal(s, remember) for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: nobody can send signals here
        earlier = {}
    try:
        yield seen
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
