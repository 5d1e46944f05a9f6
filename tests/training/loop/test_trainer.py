"""The loop around an objective: average, validation, early stopping, signals, numbers gone bad."""

import json
import math
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from typing_extensions import override

from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.models import LatentModel, build_model
from genimg.training import Interrupted, TrainOptions
from genimg.training.loop.state import RunFolder
from genimg.training.loop.trainer import Trainer, _validations
from genimg.training.objectives.vae import VAEObjective
from genimg.training.pictures.batches import Batch
from genimg.training.planning.compute import Compute

MakeTrainer = Callable[..., Trainer]


class PoisonedAfter(VAEObjective):
    """An objective that spoils one weight after some steps, as bad luck does; its loss is well."""

    good_steps = 3

    @override
    def told(self, means: dict[str, Tensor]) -> dict[str, Tensor]:
        terms = super().told(means)
        self.good_steps -= 1
        if self.good_steps < 0:
            with torch.no_grad():
                next(self.model.parameters()).view(-1)[0] = math.nan
        return terms


@pytest.fixture
def make(cats: Dataset, tmp_path: Path) -> MakeTrainer:
    def trainer(
        objective: type[VAEObjective] = VAEObjective, preset: str | None = None, **changes: object
    ) -> Trainer:
        folder = RunFolder(tmp_path / "run")
        folder.samples.mkdir(parents=True, exist_ok=True)
        folder.state.parent.mkdir(exist_ok=True)
        settings = {"images": 96, "snapshot_seconds": 0.0, **changes}
        options = TrainOptions(**settings)  # type: ignore[arg-type]
        model = build_model("vae", (3, 16, 16), preset, seed=0)
        made = objective(model, options, Compute())
        return Trainer(made, cats, options, folder, batch_size=32)

    return trainer


def weights(model: torch.nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def lines(trainer: Trainer) -> list[dict[str, float]]:
    return [json.loads(line) for line in trainer.folder.progress.read_text().splitlines()]


# -- the moving average


def test_the_average_follows_its_formula(make: MakeTrainer) -> None:
    """After step n the average keeps min(0.999, (1 + n) / (10 + n)) of what it was."""
    trainer = make(images=32 * 5)
    expected = weights(trainer.ema)
    checked = []

    def after_each_step() -> None:
        n = trainer.clock.step
        if n in (0, *checked):  # the state before it, and the last one again at its end
            return
        keep = min(0.999, (1 + n) / (10 + n))
        now = weights(trainer.objective.model)
        for i, value in enumerate(now):
            expected[i] = keep * expected[i] + (1 - keep) * value
        torch.testing.assert_close(weights(trainer.ema), expected)
        checked.append(n)

    trainer.run(after_each_step)
    assert checked == [1, 2, 3, 4, 5]
    assert not all(map(torch.equal, weights(trainer.ema), weights(trainer.objective.model)))


def test_a_long_run_averages_over_a_thousand_steps(make: MakeTrainer) -> None:
    trainer = make(images=10**6 + 32)
    trainer.clock.step, trainer.clock.images = 50_000, 10**6
    before = weights(trainer.ema)
    trainer.run(lambda: None)
    for old, mean, new in zip(
        before, weights(trainer.ema), weights(trainer.objective.model), strict=True
    ):
        torch.testing.assert_close(mean, 0.999 * old + 0.001 * new)


def test_running_statistics_are_those_of_the_model(make: MakeTrainer) -> None:
    trainer = make(preset="plain", images=64)
    trainer.run(lambda: None)
    kept = dict(trainer.ema.named_buffers())
    moved = 0
    for name, buffer in trainer.objective.model.named_buffers():
        assert torch.equal(kept[name], buffer), name
        moved += name.endswith("running_mean") and bool(buffer.abs().max() > 0)
    assert moved > 0
    assert not trainer.ema.training


# -- budget, validation and sheets


def test_a_budget_in_images_is_met_to_the_batch(make: MakeTrainer) -> None:
    trainer = make(images=100)
    trainer.run(lambda: None)
    assert (trainer.clock.images, trainer.clock.step) == (128, 4)
    assert trainer.progress >= 1.0


def test_a_budget_in_minutes_is_met_to_the_step(make: MakeTrainer) -> None:
    trainer = make(images=None, minutes=0.8 / 60)
    trainer.run(lambda: None)
    assert 0.8 <= trainer.clock.seconds < 4.0
    assert trainer.clock.step > 1


def test_there_is_one_line_a_validation_and_one_at_the_end(make: MakeTrainer) -> None:
    trainer = make(images=32 * 7, validate_every=64)
    trainer.run(lambda: None)
    assert [line["images"] for line in lines(trainer)] == [64, 128, 192, 224]
    assert [line["step"] for line in lines(trainer)] == [2, 4, 6, 7]


def test_a_line_tells_the_loss_of_its_own_step(make: MakeTrainer) -> None:
    """Not of whichever step the progress bar was last drawn at: a resumed run tells the same."""

    class Noted(VAEObjective):
        losses: list[float] = []

        @override
        def told(self, means: dict[str, Tensor]) -> dict[str, Tensor]:
            terms = super().told(means)
            self.losses.append(float(terms["loss"]))
            return terms

    trainer = make(Noted, images=32 * 4, validate_every=64)
    trainer.run(lambda: None)
    expected = [Noted.losses[1], Noted.losses[3]]
    assert [line["loss"] for line in lines(trainer)] == pytest.approx(expected, abs=1e-5)


def test_sheets_are_drawn_at_growing_intervals(tiny_run: Path) -> None:
    drawn = sorted(int(path.stem) for path in (tiny_run / "samples").glob("*.png"))
    steps = [512, 640, 800, 992, 1248, 1536, 1920, 2400, 3008, 3744, 4672, 4800]
    assert len(drawn) == len(steps)
    assert all(abs(a - b) <= 32 for a, b in zip(drawn, steps, strict=True)), drawn


# -- early stopping


def test_early_stopping_stops_after_so_many_validations_without_gain(make: MakeTrainer) -> None:
    """A rate of nearly zero changes no weight, so no validation is better than the first."""
    trainer = make(images=10**6, learning_rate=1e-30, early_stopping=3, validate_every=32)
    trainer.run(lambda: None)
    assert trainer.clock.stopped_early
    assert trainer.clock.images == 4 * 32
    assert len({line["held_out_loss"] for line in lines(trainer)}) == 1


@pytest.mark.parametrize(
    ("losses", "validations"),
    [
        ([3.0, 4.0, 5.0, 2.0, 4.0, 3.0, 2.0, 1.0], 7),
        ([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0], 8),
        ([3.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 1.0], 8),
        ([-1.0, -0.5, -0.9, -0.99, -2.0, -3.0, -4.0, -5.0], 4),
    ],
)
def test_patience_starts_anew_with_each_better_validation(
    make: MakeTrainer, losses: list[float], validations: int
) -> None:
    """With a patience of 3, and losses as if they had been measured."""

    class Scripted(VAEObjective):
        @override
        def validate(self, model: LatentModel, batch: Batch) -> dict[str, float]:
            return {"loss": losses[self.done - 1]}

        @override
        def told(self, means: dict[str, Tensor]) -> dict[str, Tensor]:
            self.done = getattr(self, "done", 0) + 1
            return means

    trainer = make(Scripted, images=32 * 8, early_stopping=3, validate_every=32)
    trainer.run(lambda: None)
    assert trainer.clock.step == validations
    assert trainer.clock.stopped_early == (validations < 8)


def test_without_early_stopping_a_run_goes_on_whatever_happens(make: MakeTrainer) -> None:
    trainer = make(images=32 * 8, learning_rate=1e-30, validate_every=32)
    trainer.run(lambda: None)
    assert not trainer.clock.stopped_early
    assert trainer.clock.images == 32 * 8


# -- numbers that are not finite


def test_weights_that_are_not_finite_never_reach_the_state(make: MakeTrainer) -> None:
    """The loss of the step that spoils a weight is finite: the weights themselves are looked at."""
    trainer = make(PoisonedAfter, images=32 * 20)

    def save() -> None:
        trainer.folder.save_state(trainer.state_dict())

    said: list[str] = []
    with pytest.raises(TrainingError, match=r"no longer a finite.*after 2 milder tries.*another"):
        trainer.run(save, said.append)
    assert [line.endswith(", with half the learning rate.") for line in said] == [True, True]
    state = trainer.folder.load_state()
    assert state is not None
    assert state["clock"]["step"] == 0
    for name, tensor in (*state["recipe"]["networks"]["model"].items(), *state["ema"].items()):
        assert bool(torch.isfinite(tensor).all()), name


def test_a_loss_that_is_not_finite_stops_the_run_at_once(make: MakeTrainer) -> None:
    trainer = make(PoisonedAfter, images=32 * 20, snapshot_seconds=1000.0)
    saved = []
    with pytest.raises(TrainingError, match="lower --learning-rate, --precision fp32"):
        trainer.run(lambda: saved.append(trainer.clock.step))
    assert trainer.clock.step == 5, "one step after the one that spoiled the weight"
    assert saved == [0], "before the first step"


class ThrownOff(VAEObjective):
    """An objective whose decoder is blown up after some steps at the full rate."""

    @override
    def told(self, means: dict[str, Tensor]) -> dict[str, Tensor]:
        terms = super().told(means)
        if not self.retries and self.usual_steps == 5:
            with torch.no_grad():
                for parameter in self.model.parameters():
                    parameter.mul_(1e3)
        self.usual_steps += 1
        return terms

    usual_steps = 0


def test_a_model_that_is_thrown_off_goes_back_and_on_at_half_the_rate(make: MakeTrainer) -> None:
    trainer = make(ThrownOff, images=32 * 12, validate_every=64, snapshot_seconds=1000.0)
    said: list[str] = []
    trainer.run(lambda: trainer.folder.save_state(trainer.state_dict()), said.append)
    [line] = said
    assert "thrown off" in line
    assert "the last good state, after 128 pictures, with half the learning rate" in line
    assert trainer.clock.images == 32 * 12
    scores = [record["held_out_loss"] for record in lines(trainer) if "held_out_loss" in record]
    assert len(scores) == 6 and max(scores) < 2.0
    plain = make(images=32 * 12).objective
    plain.schedule(0.5, 1000)
    trainer.objective.schedule(0.5, 1000)
    rates = [
        each.players["model"].optimizer.param_groups[0]["lr"] for each in (plain, trainer.objective)
    ]
    assert rates[1] == pytest.approx(rates[0] / 2, rel=0.05)


def test_a_state_that_was_found_good_is_kept_even_if_a_kill_came_between(
    make: MakeTrainer,
) -> None:
    class Killed(Exception):
        pass

    killed = make(images=32 * 6, validate_every=64, snapshot_seconds=1000.0)
    goods: list[int] = []

    def save(trainer: Trainer) -> None:
        good = trainer.folder.load_good()
        goods.append(-1 if good is None else good["clock"]["images"])
        trainer.folder.save_state(trainer.state_dict())
        if trainer is killed and trainer.clock.images == 128:
            raise Killed  # what it has written is not kept as good yet

    with pytest.raises(Killed):
        killed.run(lambda: save(killed))
    assert goods == [-1, 0, 64]
    resumed = make(images=32 * 6, validate_every=64, snapshot_seconds=1000.0)
    state = resumed.folder.load_state()
    assert state is not None
    resumed.load_state_dict(state)
    resumed.run(lambda: save(resumed))
    assert goods[3:5] == [64, 128], "when it goes on, and at the next validation"


@pytest.mark.parametrize("harmed", [False, True])
def test_a_run_without_a_good_state_is_looked_at_before_it_goes_on(
    make: MakeTrainer, harmed: bool
) -> None:
    """It is of an earlier version, or somebody has deleted the file."""
    first = make(images=96, validate_every=64)
    first.run(lambda: first.folder.save_state(first.state_dict()))
    first.folder.good.unlink()
    state = first.folder.load_state()
    assert state is not None
    state["clock"]["validated_step"] = 2
    resumed = make(images=32 * 6, validate_every=64)
    resumed.load_state_dict(state)
    if not harmed:
        resumed.run(lambda: resumed.folder.save_state(resumed.state_dict()))
        good = resumed.folder.load_good()
        assert good is not None and good["clock"]["images"] == 192
        return
    with torch.no_grad():
        for parameter in resumed.ema.parameters():
            parameter.mul_(1e3)
    with pytest.raises(TrainingError, match=r"thrown off.*Start a new run.*another --out"):
        resumed.run(lambda: resumed.folder.save_state(resumed.state_dict()))


# -- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_ends_the_step_writes_the_state_and_leaves(
    make: MakeTrainer, number: signal.Signals
) -> None:
    class Stopped(VAEObjective):
        done = 0

        @override
        def loss(self, means: dict[str, Tensor]) -> Tensor:
            if self.done == 1:
                os.kill(os.getpid(), number)
            self.done += 1
            return super().loss(means)

    trainer = make(Stopped, images=10**6, snapshot_seconds=1000.0)
    handler = signal.getsignal(number)
    saved = []
    with pytest.raises(Interrupted):
        trainer.run(lambda: saved.append((trainer.clock.step, trainer.clock.images)))
    assert saved == [(0, 0), (2, 64)], "the step is whole, and its state is written once"
    assert isinstance(trainer.objective, Stopped)
    assert trainer.objective.done == 2
    assert signal.getsignal(number) is handler, "the handler from before is back"


def test_a_second_request_ends_the_run_at_once(make: MakeTrainer) -> None:
    trainer = make(images=10**6)

    def save() -> None:
        if trainer.clock.step:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        trainer.run(save)


def test_a_run_in_a_thread_works_without_signals(make: MakeTrainer) -> None:
    trainer = make(images=64)
    thread = threading.Thread(target=trainer.run, args=(lambda: None,))
    thread.start()
    thread.join(60)
    assert trainer.clock.images == 64


def test_the_first_validations_come_early_and_the_rest_evenly() -> None:
    due = [i for i in range(1, 40_000) if _validations(i, 10_000) != _validations(i - 1, 10_000)]
    assert due == [2500, 5000, 10_000, 20_000, 30_000]
    few = [i for i in range(1, 1000) if _validations(i, 160) != _validations(i - 1, 160)]
    assert few == [160 * k for k in range(1, 7)]
