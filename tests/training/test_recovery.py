"""A GAN that goes wrong: what is noticed, what is said, what is tried, and what is kept."""

import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from typing_extensions import override

from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.models import build_model
from genimg.training import TrainOptions
from genimg.training.loop.state import RunFolder
from genimg.training.loop.trainer import Trainer
from genimg.training.objectives.gan import GRACE_STEPS, GANObjective
from genimg.training.objectives.objective import Unstable
from genimg.training.pictures.batches import Batch, make_batch
from genimg.training.planning.compute import Compute

SIZES = (3, 2)
BATCH, STEPS = 8, 8
GOOD = 2 * BATCH  # pictures that the last good state has seen when things go wrong
MakeTrainer = Callable[..., Trainer]


def objective_for(
    dataset: Dataset, kind: type[GANObjective] = GANObjective, **options: object
) -> GANObjective:
    model = build_model("gan", (3, 16, 16), "style", seed=1, label_sizes=SIZES)
    settings = {
        "family": "gan",
        "images": STEPS * BATCH,
        "validate_every": 2 * BATCH,
        "augment": "off",
    }
    return kind(model, TrainOptions(**{**settings, **options}), Compute())  # type: ignore[arg-type]


def varied(objective: GANObjective) -> None:
    """Make the samples of a fresh generator vary as those of a trained one do."""
    with torch.no_grad():
        objective.model.synthesis.head.weight.mul_(60.0)


@pytest.fixture(scope="module")
def some(cats: Dataset) -> Dataset:
    """Cats with two small factors."""
    factors = tuple(
        replace(factor, values=factor.values[:size], hidden_by=())
        for factor, size in zip(cats.factors, SIZES, strict=False)
    )
    labels = np.arange(len(cats))[:, None] % np.array(SIZES)
    return replace(cats, factors=factors, labels=labels.astype(np.int64))


@pytest.fixture(scope="module")
def held_out(some: Dataset) -> Batch:
    split = some.split("validation")
    return make_batch(split.images[:64], None if split.labels is None else split.labels[:64])


# -- the guards


@pytest.fixture
def watched(some: Dataset) -> GANObjective:
    """An objective whose generator has had its time to learn."""
    objective = objective_for(some)
    objective.prepare(some)
    objective.model.eval()
    objective.generator_steps = GRACE_STEPS
    return objective


@torch.no_grad()
def test_a_generator_that_repeats_itself_has_collapsed(
    watched: GANObjective, held_out: Batch
) -> None:
    watched.model.synthesis.stem.weight.zero_()
    with pytest.raises(Unstable, match=r"collapsed.*by only 0% of what real pictures do"):
        watched.validate(watched.model, held_out)


@torch.no_grad()
def test_a_generator_whose_samples_vary_has_not(watched: GANObjective, held_out: Batch) -> None:
    varied(watched)
    scores = watched.validate(watched.model, held_out)
    assert scores.keys() == {"loss", "diversity", "penalty", "copies"}
    assert 0.5 < scores["diversity"] < 2.0
    assert all(map(math.isfinite, scores.values()))


@torch.no_grad()
def test_a_generator_that_has_not_learned_yet_has_not_collapsed(
    watched: GANObjective, held_out: Batch
) -> None:
    """A fresh one draws grey on grey; but one that varied and does so no more has collapsed."""
    watched.generator_steps = 0
    scores = watched.validate(watched.model, held_out)
    assert scores["diversity"] < 0.2
    head = watched.model.synthesis.head.weight
    before = head.clone()
    varied(watched)
    watched.validate(watched.model, held_out)
    head.copy_(before)
    with pytest.raises(Unstable, match="collapsed"):
        watched.validate(watched.model, held_out)


@torch.no_grad()
@pytest.mark.parametrize("penalty", [51.0, math.inf, math.nan])
def test_penalties_that_run_away_are_noticed(
    penalty: float, watched: GANObjective, held_out: Batch
) -> None:
    varied(watched)
    watched.penalty = torch.tensor(49.0)
    assert watched.validate(watched.model, held_out)["penalty"] == 49.0
    watched.penalty = torch.tensor(penalty)
    with pytest.raises(Unstable, match="critic has run away"):
        watched.validate(watched.model, held_out)


@torch.no_grad()
def test_very_few_held_out_pictures_are_no_collapse(watched: GANObjective, held_out: Batch) -> None:
    """One picture does not differ from itself; what varies is measured on many draws."""
    varied(watched)
    whole = watched.validate(watched.model, held_out)["diversity"]
    few = Batch(held_out.pixels[:1], held_out.labels[:1])
    alone = watched.validate(watched.model, few)["diversity"]
    assert alone == pytest.approx(whole, rel=0.3)


@torch.no_grad()
def test_validation_draws_nothing_and_changes_nothing(
    watched: GANObjective, held_out: Batch
) -> None:
    varied(watched)
    watched.validate(watched.model, held_out)
    state = torch.get_rng_state()
    before = {name: tensor.clone() for name, tensor in watched.model.state_dict().items()}
    first, again = (watched.validate(watched.model, held_out) for _ in range(2))
    assert first == again
    sheets = [watched.preview(watched.model, held_out.pixels[:5]) for _ in range(2)]
    [row], [again_row] = sheets
    assert torch.equal(row, again_row)
    assert row.shape == (5, 3, 16, 16)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(watched.model.state_dict()[k], v) for k, v in before.items())


@pytest.mark.parametrize(("augment", "pictures", "seen"), [
    ("auto", 2_999, True), ("auto", 3_000, False), ("on", 3_000, True), ("off", 4, False),
])  # fmt: skip
def test_a_critic_of_few_pictures_sees_them_augmented(
    augment: str, pictures: int, seen: bool, some: Dataset
) -> None:
    objective = objective_for(some, augment=augment)
    assert some.labels is not None
    many = replace(
        some,
        images=np.zeros((pictures, 16, 16, 3), np.uint8),
        labels=some.labels[np.arange(pictures) % len(some)],
        splits={"train": np.arange(pictures)},
    )
    objective.prepare(many)
    assert objective.augmented is seen


# -- going back


class Spoiled(GANObjective):
    """An objective that spoils one weight after its third step, until there were enough retries.

    When it does depends on its state alone, as it would in a real run.
    """

    cured_by = 1

    @override
    def told(self, means: dict[str, Tensor]) -> dict[str, Tensor]:
        terms = super().told(means)
        if self.generator_steps == 3 and self.retries < self.cured_by:
            with torch.no_grad():
                self.model.synthesis.head.bias[0] = math.nan
        return terms


class Incurable(Spoiled):
    cured_by = 99


@pytest.fixture
def make(some: Dataset, tmp_path: Path) -> MakeTrainer:
    def trainer(kind: type[GANObjective] = Spoiled, out: str = "run", **options: object) -> Trainer:
        folder = RunFolder(tmp_path / out)
        folder.samples.mkdir(parents=True, exist_ok=True)
        folder.state.parent.mkdir(exist_ok=True)
        objective = objective_for(some, kind, **options)
        return Trainer(objective, some, objective.train_options, folder, batch_size=BATCH)

    return trainer


def saver(trainer: Trainer) -> Callable[[], None]:
    return lambda: trainer.folder.save_state(trainer.state_dict())


def flat(state: Any, where: str = "") -> dict[str, Any]:
    """A nested state as {path: value}, without timings."""
    if isinstance(state, dict):
        parts = [flat(v, f"{where}.{k}") for k, v in state.items() if k != "seconds"]
        return {k: v for part in parts for k, v in part.items()}
    if isinstance(state, list):
        return flat(dict(enumerate(state)), where)
    return {where: state}


def differences(a: Any, b: Any) -> set[str]:
    first, second = flat(a), flat(b)
    assert first.keys() == second.keys()
    return {
        key
        for key, value in first.items()
        if not (
            torch.equal(value, second[key]) if isinstance(value, Tensor) else value == second[key]
        )
    }


def records(trainer: Trainer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trainer.folder.progress.read_text().splitlines()]


def test_a_run_that_goes_wrong_goes_back_and_on_with_a_larger_gamma(make: MakeTrainer) -> None:
    trainer = make()
    said: list[str] = []
    trainer.run(saver(trainer), said.append)
    [line] = said
    assert "no longer a finite number" in line
    assert f"Going back to the last good state, after {GOOD} pictures" in line
    assert "with 3 times the weight on the penalties (--gamma)" in line
    assert trainer.objective.retries == 1
    assert trainer.clock.images == STEPS * BATCH
    assert all(bool(torch.isfinite(p).all()) for p in trainer.ema.parameters())
    objective = trainer.objective
    assert isinstance(objective, GANObjective)
    objective.schedule(0.0, 0)
    assert objective.gamma == pytest.approx(3 * objective.options.gamma)
    validated = [r["images"] for r in records(trainer) if "held_out_loss" in r]
    assert validated == [GOOD * i for i in range(1, 5)]
    [restart] = [r for r in records(trainer) if "restart" in r]
    assert (restart["images"], restart["restart"]) == (GOOD, 1)
    assert "finite" in restart["trouble"]


def test_the_good_state_is_restored_exactly(make: MakeTrainer) -> None:
    """Weights, average, both optimizers, batches and every generator; but not the clock's time."""
    trainer = make()
    kept: list[Any] = []

    def hear(line: str) -> None:
        good = trainer.folder.load_good()
        assert good is not None
        kept.append((good, copy.deepcopy(trainer.state_dict())))
        assert trainer.clock.seconds > good["clock"]["seconds"], "time goes on"

    trainer.run(saver(trainer), hear)
    [(good, restored)] = kept
    assert good["clock"]["images"] == GOOD
    assert differences(good, restored) == {".recipe.remedies"}


def test_the_same_weights_come_out_as_if_gamma_had_been_larger_from_there(
    make: MakeTrainer,
) -> None:
    """Going back leaves no trace of what went wrong."""
    spoiled = make()
    spoiled.run(saver(spoiled), lambda line: None)
    clean = make(GANObjective, out="clean")

    def at_good() -> None:
        if clean.clock.images == GOOD:
            clean.objective.retries = 1

    clean.run(acting(clean, at_good), lambda line: None)
    assert differences(spoiled.state_dict(), clean.state_dict()) == set()


def acting(trainer: Trainer, act: Callable[[], None]) -> Callable[[], None]:
    def save() -> None:
        act()
        trainer.folder.save_state(trainer.state_dict())

    return save


@pytest.mark.parametrize("moment", ["while it tells", "after the state", "long after"])
def test_a_kill_around_the_way_back_changes_nothing(make: MakeTrainer, moment: str) -> None:
    whole = make(out="whole")
    whole.run(saver(whole), lambda line: None)

    class Killed(Exception):
        pass

    killed = make(out="killed")
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        if moment == "while it tells":
            raise Killed

    def save() -> None:
        killed.folder.save_state(killed.state_dict())
        late = killed.clock.images >= 2 * GOOD
        if heard and (late if moment == "long after" else moment == "after the state"):
            raise Killed

    with pytest.raises(Killed):
        killed.run(save, hear)
    resumed = make(out="killed")
    state = resumed.folder.load_state()
    assert state is not None
    resumed.load_state_dict(state)
    resumed.folder.forget_after(resumed.clock.images)
    resumed.run(saver(resumed), lambda line: None)
    assert differences(resumed.state_dict(), whole.state_dict()) == set()
    kept = [[r["images"] for r in records(t) if "held_out_loss" in r] for t in (resumed, whole)]
    assert kept[0] == kept[1]


def test_a_run_that_cannot_be_mended_ends_with_its_last_good_state(make: MakeTrainer) -> None:
    """Two milder tries, then it ends with what it has: hours of training are not lost."""
    trainer = make(Incurable)
    said: list[str] = []
    trainer.run(saver(trainer), said.append)
    assert len(said) == 3
    assert [("Going back" in line) for line in said] == [True, True, False]
    assert "That was after 2 milder tries. The run ends with the last good state" in said[-1]
    assert "--learning-rate" in said[-1]
    assert trainer.clock.images == GOOD
    for state in (trainer.folder.load_state(), trainer.folder.load_good()):
        assert state is not None
        assert state["clock"]["images"] == GOOD
        finite = [torch.isfinite(v).all() for v in state["recipe"]["networks"]["model"].values()]
        assert all(map(bool, finite))
    again = make(Incurable)
    state = again.folder.load_state()
    assert state is not None
    again.load_state_dict(state)
    again.run(saver(again), said.append)
    assert len(said) == 3, "the same command does not try once more"
    assert differences(again.state_dict(), trainer.state_dict()) == set()


def test_a_run_that_was_never_good_says_what_to_do(make: MakeTrainer) -> None:
    trainer = make(Incurable, validate_every=10**6)
    said: list[str] = []
    with pytest.raises(TrainingError, match=r"after 2 milder tries.*--gamma.*another --out"):
        trainer.run(saver(trainer), said.append)
    assert len(said) == 2
    assert all("after 0 pictures" in line for line in said)


def test_trouble_at_the_end_of_the_budget_is_mended_too(make: MakeTrainer) -> None:
    """Here the spoiled weight is found after the last step, where no further one would fail."""
    trainer = make(images=3 * BATCH)
    said: list[str] = []
    trainer.run(saver(trainer), said.append)
    assert len(said) == 1
    assert trainer.objective.retries == 1
    assert trainer.clock.images == 3 * BATCH
    assert all(bool(torch.isfinite(p).all()) for p in trainer.objective.model.parameters())


def test_a_healthy_run_keeps_each_validated_state_as_good(make: MakeTrainer) -> None:
    trainer = make(GANObjective, images=5 * BATCH)
    seen: list[int] = []

    def save() -> None:
        good = trainer.folder.load_good()
        if good is not None:
            seen.append(good["clock"]["images"])
        trainer.folder.save_state(trainer.state_dict())

    trainer.run(save, lambda line: pytest.fail(line))
    good = trainer.folder.load_good()
    assert good is not None
    assert good["clock"]["images"] == 2 * GOOD
    assert sorted(set(seen)) == [0, GOOD, 2 * GOOD]
    assert trainer.objective.retries == 0
