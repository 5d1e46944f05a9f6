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

import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.files import write_atomically
from genimg.images import encode_png, to_images
from genimg.models import Model
from genimg.sheets import contact_sheet
from genimg.training.batches import Batch, Batches, make_batch
from genimg.training.options import TrainOptions
from genimg.training.recipe import Recipe, Unstable
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
        torch.manual_seed(options.seed + 1)  # of what draws from the global state, such as dropout
        self.recipe = recipe
        recipe.prepare(dataset)
        self.options = options
        self.folder = folder
        self.device = recipe.compute.device
        self.ema: Model = copy.deepcopy(recipe.model).eval().requires_grad_(False)
        self.batches = Batches(dataset, batch_size, options.seed)
        self.rng = torch.Generator(self.device).manual_seed(options.seed)
        self.clock = Clock()
        names = "validation" if len(dataset.splits.get("validation", ())) else "train"
        held_out = dataset.split(names)
        labels = None if held_out.labels is None else held_out.labels[:VALIDATION_PICTURES]
        self.held_out = make_batch(held_out.images[:VALIDATION_PICTURES], labels)
        self.report = Report(folder, options.budget)

    # -- state

    def state_dict(self) -> dict[str, Any]:
        """All that an exact resume needs: tensors and plain values."""
        return {
            "recipe": self.recipe.state_dict(),
            "ema": self.ema.state_dict(),
            "batches": self.batches.state_dict(),
            "rng": self.rng.get_state(),
            "global_rng": _global_rng_states(),
            "clock": vars(self.clock).copy(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.recipe.load_state_dict(state["recipe"])
        self.ema.load_state_dict(state["ema"])
        self.batches.load_state_dict(state["batches"])
        self.rng.set_state(state["rng"])
        torch.set_rng_state(state["global_rng"][0])
        if len(state["global_rng"]) > 1 and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(state["global_rng"][1:])
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

    def run(self, save: Callable[[], None], say: Callable[[str], None] = print) -> None:
        """Train until the budget is spent or early stopping says so; `save()` writes the state.

        Where the run goes wrong and the recipe knows a milder objective, the run is taken back to
        its last good state and goes on with that.

        Raises:
            TrainingError: the run has gone wrong for good; the last good state is kept.
            Interrupted: Ctrl-C or a termination signal; the state is written.
        """
        started = time.perf_counter() - self.clock.seconds
        saved_at = self.clock.seconds
        if self.recipe.max_remedies and (not self.clock.step or not self.folder.good.is_file()):
            self._keep(save)
        with _stop_requests() as stop, self.report:
            while True:
                done = self.progress >= 1.0 or self.clock.stopped_early
                before = self.clock.images
                try:
                    if not done:
                        self._step()
                        self.clock.seconds = time.perf_counter() - started
                        self._observe(before, save)
                        if stop or self.clock.seconds - saved_at >= self.options.snapshot_seconds:
                            self._check_finite()
                            save()
                            saved_at = self.clock.seconds
                    elif self.clock.validated_step != self.clock.step:
                        self._check_finite()
                        self._validate()
                        self._sheet()
                except Unstable as trouble:
                    self._recover(trouble, save, say)
                    continue
                if done:
                    break
                if stop:
                    raise Interrupted
        save()

    def _keep(self, save: Callable[[], None]) -> None:
        """Write the state, and keep it as the last good one."""
        save()
        if self.recipe.max_remedies:
            self.folder.keep_good()

    def _recover(
        self, trouble: Unstable, save: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        """Go back to the last good state; the clock's time runs on.

        From there the run goes on with a milder objective. Where no milder one is left, or no time,
        it ends there, and that state is what it made.
        """
        good = self.folder.load_good()
        if good is None:
            raise trouble
        remedies, seconds = self.recipe.remedies + 1, self.clock.seconds
        self.load_state_dict(good)
        self.clock.seconds = seconds
        self.folder.forget_after(self.clock.images)
        self.folder.log({"images": self.clock.images, "restart": remedies, "trouble": str(trouble)})
        back = f"the last good state, after {self.clock.images:,} pictures"
        if remedies <= self.recipe.max_remedies and self.progress < 1.0:
            self.recipe.remedies = remedies
            say(f"{trouble} Going back to {back}, {self.recipe.remedy()}.")
        else:
            save()
            if not self.clock.images:
                raise Unstable(
                    f"{trouble} {_tries(remedies - 1)}{self.recipe.advice()} "
                    "Start again in another --out."
                )
            say(f"{trouble} {_tries(remedies - 1)}The run ends with {back}. {self.recipe.advice()}")
            self.clock.stopped_early = True
        self._keep(save)

    def _step(self) -> None:
        self.recipe.schedule(min(self.progress, 1.0), self.clock.images)
        batch = self._placed(self.batches.next(self.rng))
        terms = self.recipe.step(batch, self.rng)
        self.clock.step += 1
        self.clock.images += len(batch.pixels)
        self._update_ema()
        self.report.step(self.clock.images, len(batch.pixels), self.progress, terms)
        if torch.device(self.device).type == "cpu" and not bool(torch.isfinite(terms["loss"])):
            self._not_finite()

    def _placed(self, batch: Batch) -> Batch:
        return Batch(self.recipe.compute.place(batch.pixels), batch.labels.to(self.device))

    @torch.no_grad()
    def _update_ema(self) -> None:
        """Moving average of the weights, quicker at first so that it forgets the random ones."""
        decay = min(EMA_DECAY, (1 + self.clock.step) / (10 + self.clock.step))
        for mean, value in zip(self.ema.parameters(), self.recipe.model.parameters(), strict=True):
            mean.lerp_(value, 1.0 - decay)
        for kept, now in zip(self.ema.buffers(), self.recipe.model.buffers(), strict=True):
            kept.copy_(now)

    def _observe(self, before: int, save: Callable[[], None]) -> None:
        every = self.options.validate_every
        if before // every != self.clock.images // every:
            self._check_finite()
            self._validate()
            if self.recipe.max_remedies:
                self._keep(save)
        if _sheet_number(before) != _sheet_number(self.clock.images):
            self._sheet()

    @torch.no_grad()
    def _validate(self) -> None:
        self.clock.validated_step = self.clock.step
        scores = self.recipe.validate(self.ema, self._placed(self.held_out))
        if not math.isfinite(scores["loss"]):
            self._not_finite()
        if scores["loss"] < self.clock.best_loss:
            self.clock.best_loss, self.clock.bad_validations = scores["loss"], 0
        else:
            self.clock.bad_validations += 1
        patience = self.options.early_stopping
        self.clock.stopped_early = patience is not None and self.clock.bad_validations >= patience
        self.report.validation(vars(self.clock), scores)

    @torch.no_grad()
    def _sheet(self) -> None:
        """The same held-out pictures above what the model makes now."""
        pixels = self.held_out.pixels[:SHEET_PICTURES]
        made = self.recipe.preview(self.ema, self.recipe.compute.place(pixels))
        if made is None:
            return
        sheet = contact_sheet(to_images(pixels) + to_images(made.float().cpu()), len(pixels))
        path = self.folder.samples / f"{self.clock.images:09d}.png"
        write_atomically(path, encode_png(sheet))

    def _check_finite(self) -> None:
        for network in self.recipe.networks().values():
            if not all(bool(torch.isfinite(p).all()) for p in network.parameters()):
                self._not_finite()

    def _not_finite(self) -> None:
        words = f"The loss is no longer a finite number after {self.clock.images:,} pictures."
        if not self.recipe.max_remedies:
            words += (
                f" The last good state is kept in {self.folder.state.parent}. Start again in "
                "another --out with a lower --learning-rate or --precision fp32"
            )
        raise Unstable(words)


def _tries(count: int) -> str:
    return f"That was after {count} milder tr{'y' if count == 1 else 'ies'}. " if count else ""


def _global_rng_states() -> list[Tensor]:
    """The states of torch's own generators: the CPU's, then one for each CUDA device."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return [torch.get_rng_state(), *cuda]


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
