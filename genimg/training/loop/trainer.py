"""The training loop: clock, moving average, validation, snapshots, resume. It knows no model."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.images import encode_png, to_images
from genimg.images.sheets import contact_sheet
from genimg.models import Model
from genimg.training.distributed.processes import ALONE, World
from genimg.training.loop.report import Report
from genimg.training.loop.state import RunFolder
from genimg.training.loop.step import take_step
from genimg.training.loop.stopping import Interrupted, StopRequests
from genimg.training.objectives.objective import Objective, Unstable
from genimg.training.options import TrainOptions
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.pictures.batches import WATCHED, Batch, Batches, make_batch

EMA_DECAY = 0.999
SHEET_PICTURES = 10
FIRST_SHEET, SHEET_GROWTH = 500, 1.25
FIRST_VALIDATION = 2_500


@dataclass
class Clock:
    """How far a run is. `seconds` counts the time inside the loop, over all its sittings; where the
    present phase of its objective began, `phase_step` and `phase_images` say.
    """

    step: int = 0
    images: int = 0
    seconds: float = 0.0
    best_loss: float = math.inf
    bad_validations: int = 0
    stopped_early: bool = False
    validated_step: int = -1
    phase: int = 0
    phase_step: int = 0
    phase_images: int = 0


class Trainer:
    """Runs an objective over a data set until its budget is spent.

    Several processes can do so together, see `training.distributed`: each has a trainer, and
    that of process 0 alone measures, writes and speaks.

    Everything that the result depends on is in `state_dict`, so that a run killed at any moment and
    continued ends with the same weights, bit for bit on a CPU, when its budget is in images.
    """

    def __init__(
        self,
        objective: Objective,
        dataset: Dataset,
        options: TrainOptions,
        folder: RunFolder,
        batch_size: int,
        changes: Augmentations | None = None,
        world: World = ALONE,
    ) -> None:
        """`batch_size` is that of all processes together."""
        torch.manual_seed(options.seed + 1)  # of what draws from the global state, such as dropout
        self.world = world
        self.objective = objective
        objective.prepare(dataset)
        objective.join(self.world)
        source = objective.source(dataset, changes)
        self.options = options
        self.folder = folder
        self.device = objective.compute.device
        self.ema: Model = copy.deepcopy(objective.model).eval().requires_grad_(False)
        self.batches = Batches(dataset, batch_size, options.seed, source, self.world)
        self.rng = torch.Generator(self.device).manual_seed(options.seed)
        self.clock = Clock()
        names = "validation" if len(dataset.splits.get("validation", ())) else "train"
        held_out = dataset.split(names)
        labels = None if held_out.labels is None else held_out.labels[:WATCHED]
        self.held_out = make_batch(held_out.images[:WATCHED], labels)
        self.report = Report(
            folder, options.budget, objective.signals, self.world.main, options.tensorboard
        )
        self.fingerprint: str | None = getattr(dataset, "fingerprint", None)

    # -- state

    def state_dict(self) -> dict[str, Any]:
        """All that an exact resume needs: tensors and plain values."""
        return {
            "recipe": self.objective.state_dict(),
            "ema": self.ema.state_dict(),
            "batches": self.batches.state_dict(),
            "rng": self.rng.get_state(),
            "global_rng": self._global_rng_states(),
            "clock": vars(self.clock).copy(),
            "fingerprint": self.fingerprint,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`; the number of processes may be another.

        Raises:
            TrainingError: the state is that of a run on other pictures.
        """
        if state.get("fingerprint") not in (None, self.fingerprint):
            raise TrainingError(
                f"the run in {self.folder.path} has learned from other pictures than there are "
                "now: choose another --out, where it can start from what it has learned with "
                f"--init-from {self.folder.model}, or bring the earlier pictures back"
            )
        self.objective.load_state_dict(state["recipe"])
        self.ema.load_state_dict(state["ema"])
        self.batches.load_state_dict(state["batches"])
        self.rng.set_state(state["rng"])
        torch.set_rng_state(state["global_rng"][0])
        if len(state["global_rng"]) > 1 and self._on_cuda:
            torch.cuda.set_rng_state(state["global_rng"][1], self.device)
        self.clock = Clock(**state["clock"])
        self.objective.enter(self.clock.phase, self.clock.phase_images, None)

    def _global_rng_states(self) -> list[Tensor]:
        """The states of torch's own generators: the CPU's, and that of the device if it is CUDA."""
        cuda = [torch.cuda.get_rng_state(self.device)] if self._on_cuda else []
        return [torch.get_rng_state(), *cuda]

    @property
    def _on_cuda(self) -> bool:
        return torch.device(self.device).type == "cuda"

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

        Where the run goes wrong it is taken back to its last good state, and goes on more mildly.

        Raises:
            TrainingError: the run has gone wrong for good, or a file cannot be written; the last
                good state is kept.
            Interrupted: Ctrl-C, a termination signal or a request in the run's folder; the state is
                written.
        """
        started = time.perf_counter() - self.clock.seconds
        saved_at = self.clock.seconds
        with StopRequests(self.folder, self.world) as requests, self.report:
            self.report.begin(vars(self.clock), self.progress)
            self._have_good(save, say)
            while True:
                done = self.progress >= 1.0 or self.clock.stopped_early
                before = self.clock.images
                stop = False
                try:
                    if not done:
                        self._turn_to_phase(save)
                        told = self._step()
                        # Whoever died is noticed here; `report` waits for the device.
                        self.clock.seconds, stop = self.world.agree(
                            time.perf_counter() - started, requests.there
                        )
                        self.report.step(vars(self.clock), self.progress, told)
                        self._observe(before, save)
                        if stop or self.clock.seconds - saved_at >= self.options.snapshot_seconds:
                            self._check_finite()
                            self.world.decide(save)
                            saved_at = self.clock.seconds
                    elif self.clock.validated_step != self.clock.step:
                        self._check_finite()
                        self._validate()
                except Unstable as trouble:
                    self._recover(trouble, save, say)
                    continue
                if done:
                    self._sheet()
                    break
                if stop:
                    self.report.tell(vars(self.clock), self.progress)
                    raise Interrupted
        self.world.decide(save)

    def _have_good(self, save: Callable[[], None], say: Callable[[str], None]) -> None:
        """See to it that there is a good state to go back to, before the first step of a sitting.

        A process that was killed may have written a state that was found to be good, and not kept
        it yet.
        """
        validated = self.clock.validated_step == self.clock.step and self.progress < 1.0
        if not self.clock.step or validated:
            self._keep(save)
        elif not self.world.decide(self.folder.good.is_file):  # of an earlier version, or deleted
            try:
                self._check_finite()
                self._validate()
            except Unstable as trouble:
                self._recover(trouble, save, say)
            self._keep(save)

    def _keep(self, save: Callable[[], None]) -> None:
        """Write the state, and keep it as the last good one."""

        def write() -> None:
            save()
            self.folder.keep_good()

        self.world.decide(write)

    def _recover(
        self, trouble: Unstable, save: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        """Go back to the last good state; the clock's time runs on.

        From there the run goes on with a milder objective or a lower rate. Where nothing milder is
        left, or no time, it ends there, and that state is what it made.
        """
        good = self.world.decide(self.folder.load_good)
        if good is None:
            raise Unstable(f"{trouble} {self.objective.advice()}")
        retries, seconds = self.objective.retries + 1, self.clock.seconds
        self.load_state_dict(good)
        self.clock.seconds = seconds

        def note() -> None:
            self.folder.forget_after(self.clock.images, self.clock.validated_step)
            self.folder.log_restart(self.clock.images, retries, str(trouble))

        self.world.decide(note)
        back = f"the last good state, after {self.clock.images:,} pictures"
        if retries <= self.objective.max_retries and self.progress < 1.0:
            self.objective.retries = retries
            say(f"{trouble} Going back to {back}, {self.objective.retry_words()}.")
        else:
            self.world.decide(save)
            if not self.clock.images:
                raise Unstable(f"{trouble} {_tries(retries - 1)}{self.objective.advice()}")
            tried = f"{trouble} {_tries(retries - 1)}The run ends with {back}."
            say(f"{tried} {self.objective.advice()}")
            self.clock.stopped_early = True
        self._keep(save)

    def _turn_to_phase(self, save: Callable[[], None]) -> None:
        """Begin the phase of the objective that is due; the state before its first step is good."""
        phase = self.objective.phase(min(self.progress, 1.0))
        if phase == self.clock.phase:
            return
        self._check_finite()
        self.objective.enter(phase, self.clock.images, self.ema)
        self.clock.phase = phase
        self.clock.phase_step, self.clock.phase_images = self.clock.step, self.clock.images
        self._keep(save)

    def _step(self) -> Mapping[str, Tensor]:
        self.objective.schedule(min(self.progress, 1.0), self.clock.images)
        batch = self.batches.next(self.rng)
        values = None if batch.values is None else self._there(batch.values)
        batch = batch._replace(labels=self._there(batch.labels), values=values)
        told = take_step(self.objective, batch, self.rng)
        self.clock.step += 1
        self.clock.images += batch.total
        self._update_ema()
        if not self._on_cuda and not bool(torch.isfinite(told["loss"])):
            self._not_finite()
        return told

    def _there(self, said: Tensor) -> Tensor:
        return said.to(self.device, non_blocking=True)

    @torch.no_grad()
    def _update_ema(self) -> None:
        """Moving average of the weights, quicker at first so that it forgets the random ones, and
        those of the phase before.

        By hand, as torch's `AveragedModel` takes over the weights of the first step whole, which
        would make another model of the same seed, and gives the tensors of a state other names.
        What is frozen stays as it is to the last bit, -0.0 too: its digest is part of the names of
        files.
        """
        steps = self.clock.step - self.clock.phase_step
        decay = min(EMA_DECAY, (1 + steps) / (10 + steps))
        pairs = zip(self.ema.parameters(), self.objective.model.parameters(), strict=True)
        learning = [pair for pair in pairs if pair[1].requires_grad]
        averages: list[Tensor] = [kept for kept, _ in learning]
        torch._foreach_lerp_(averages, [now for _, now in learning], 1.0 - decay)
        for kept, now in zip(self.ema.buffers(), self.objective.model.buffers(), strict=True):
            kept.copy_(now)

    def _observe(self, before: int, save: Callable[[], None]) -> None:
        every = self.objective.validate_every()
        before, now = before - self.clock.phase_images, self.clock.images - self.clock.phase_images
        due = _validations(before, every) != _validations(now, every)
        if due:
            self._check_finite()
            self._validate()
        if _sheet_number(before) != _sheet_number(now):
            self._sheet()
        if due:  # the last of all: what a state holds is on the disk
            self._keep(save)

    @torch.no_grad()
    def _validate(self) -> None:
        self.clock.validated_step = self.clock.step
        held_out = Batch(
            self.objective.compute.place(self.held_out.pixels), self._there(self.held_out.labels)
        )
        scores = self.world.decide(lambda: self.objective.validate(self.ema, held_out))
        if not math.isfinite(scores["loss"]):
            self._not_finite()
        if scores["loss"] < self.clock.best_loss:
            self.clock.best_loss, self.clock.bad_validations = scores["loss"], 0
        else:
            self.clock.bad_validations += 1
        patience = self.options.early_stopping
        self.clock.stopped_early = patience is not None and self.clock.bad_validations >= patience
        self.world.decide(lambda: self.report.validation(vars(self.clock), self.progress, scores))

    @torch.no_grad()
    def _sheet(self) -> None:
        """The same held-out pictures above what the model makes now."""

        def draw() -> None:
            pixels = self.held_out.pixels[:SHEET_PICTURES]
            made = self.objective.preview(self.ema, self.objective.compute.place(pixels))
            if made:
                rows = [image for row in [pixels, *made] for image in to_images(row.float().cpu())]
                sheet = contact_sheet(rows, len(pixels))
                self.folder.save_sheet(self.clock.images, encode_png(sheet))

        self.world.decide(draw)

    def _check_finite(self) -> None:
        for network in self.objective.networks().values():
            finite = torch.stack([torch.isfinite(p).all() for p in network.parameters()])
            if not bool(finite.all()):
                self._not_finite()

    def _not_finite(self) -> None:
        raise Unstable(
            f"The loss is no longer a finite number after {self.clock.images:,} pictures."
        )


def _tries(count: int) -> str:
    return f"That was after {count} milder tr{'y' if count == 1 else 'ies'}. " if count else ""


def _validations(images: int, every: int) -> int:
    """How many validations are due in so many pictures: one `every` so many, and before the first
    of these at ever longer distances, so that one knows early how a run is doing.
    """
    early = 0 if images < FIRST_VALIDATION else 1 + int(math.log2(images / FIRST_VALIDATION))
    most = 0 if every <= FIRST_VALIDATION else math.ceil(math.log2(every / FIRST_VALIDATION))
    return min(early, most) + images // every


def _sheet_number(images: int) -> int:
    """How many sheets a run has drawn after so many pictures; their distance keeps growing."""
    if images < FIRST_SHEET:
        return 0
    return 1 + int(math.log(images / FIRST_SHEET) / math.log(SHEET_GROWTH))
