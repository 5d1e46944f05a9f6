"""What is chosen where a person gives nothing, and what a run that goes on keeps of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.training import TrainOptions
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.planning.plan import Plan, continued, to_state
from genimg.training.planning.planner import MOST_MINUTES
from genimg.training.planning.vae import VAEPlanner

PLANNER = VAEPlanner()
ANY = TrainOptions(data="cats", size=16)
NOWHERE = Path("nowhere")


def folder_of(path: Path, side: int, count: int = 12) -> str:
    path.mkdir()
    for i in range(count):
        Image.effect_noise((side + 20, side), 40 + i).save(path / f"{i}.png")
    return f"folder:{path}"


@pytest.mark.parametrize(
    ("side", "device", "size"),
    [(20, "cpu", 16), (50, "cpu", 48), (90, "cpu", 64), (300, "cpu", 128), (300, "cuda:0", 256)],
)
def test_the_size_follows_the_pictures_and_the_machine(
    side: int, device: str, size: int, tmp_path: Path
) -> None:
    asked = TrainOptions(data=folder_of(tmp_path / "pictures", side))
    options, choices = PLANNER.choose_size(asked, device)
    assert options.size == size
    [choice] = choices
    assert choice.value == f"{size} pixels" and f"about {side}" in choice.why


def test_a_size_that_was_given_stays(tmp_path: Path) -> None:
    asked = TrainOptions(data=folder_of(tmp_path / "pictures", 90), size=32)
    assert PLANNER.choose_size(asked, "cpu") == (asked, [])


def test_a_size_comes_from_the_model_that_a_run_starts_from(
    tmp_path: Path, tiny_checkpoint: Path
) -> None:
    data = folder_of(tmp_path / "pictures", 90)
    options, [choice] = PLANNER.choose_size(
        TrainOptions(data=data, init_from=tiny_checkpoint), "cpu"
    )
    assert options.size == 16 and "model has" in choice.why


def test_every_choice_has_a_reason_and_what_was_given_stays(cats: Dataset) -> None:
    options, choices, changes = PLANNER.choose_model(ANY, cats, "cpu", NOWHERE)
    assert (options.width, options.latent_dim) == (48, 16)
    assert all(choice.what and choice.value and choice.why for choice in choices)
    assert changes == Augmentations(flip=cats.flip)
    hasty, _, _ = PLANNER.choose_model(dataclasses.replace(ANY, minutes=2.0), cats, "cpu", NOWHERE)
    assert hasty.width == 24
    given = dataclasses.replace(ANY, width=16, latent_dim=7, augment="off")
    options, _, changes = PLANNER.choose_model(given, cats, "cpu", NOWHERE)
    assert (options.width, options.latent_dim, changes) == (16, 7, Augmentations())


def test_more_pictures_get_more_time_up_to_a_limit(cats: Dataset) -> None:
    fast, _ = PLANNER.choose_budget(ANY, cats, 1000.0)
    slow, [choice] = PLANNER.choose_budget(ANY, cats, 100.0)
    crawling, [warning] = PLANNER.choose_budget(ANY, cats, 1.0)
    assert fast.minutes is not None and slow.minutes is not None
    assert fast.minutes < slow.minutes < MOST_MINUTES
    assert "400 pictures at 100 a second" in choice.why
    assert crawling.minutes == MOST_MINUTES and "more time would help" in warning.why
    asked = dataclasses.replace(ANY, images=100)
    assert PLANNER.choose_budget(asked, cats, 100.0) == (asked, [])


def test_a_plan_tells_what_it_will_take(cats: Dataset) -> None:
    options = dataclasses.replace(ANY, minutes=10.0)
    plan = Plan(options, (), Augmentations(), speed=200.0, memory=2 * 10**9, pictures=400)
    told = " ".join(plan.lines())
    assert "10 minutes are 120,000 pictures, each of the 400 about 300 times" in told
    brief = Plan(dataclasses.replace(ANY, minutes=0.3), (), Augmentations(), 200.0, 0, 50_000)
    assert "in under a minute 3,600 pictures, 7% of all 50,000" in brief.lines()[0]
    assert "2.0 GB" in told
    values = plan.to_mapping()
    assert values["minutes"] == 10.0 and values["hints"] == plan.lines()[:-1]
    assert not values["varied"]
    assert dataclasses.replace(plan, changes=Augmentations(flip=True)).to_mapping()["varied"]
    untimed = dataclasses.replace(plan, speed=0.0)
    assert untimed.to_mapping()["hints"] == [] and len(untimed.lines()) == 1


def plan_of(options: TrainOptions) -> Plan:
    return Plan(options, (), Augmentations(flip=True), 100.0, 0, 400)


def test_a_run_that_goes_on_keeps_what_was_chosen(cats: Dataset) -> None:
    chosen = dataclasses.replace(ANY, minutes=7.0, latent_dim=9, init_from=Path("a.safetensors"))
    state = {"plan": to_state(plan_of(chosen))}
    plan = continued(ANY, state, cats, Path("runs/x"))
    assert plan.options == chosen
    assert plan.changes == Augmentations(flip=True)


def test_a_budget_may_grow_and_never_shrink(cats: Dataset) -> None:
    state = {"plan": to_state(plan_of(dataclasses.replace(ANY, minutes=7.0)))}
    longer = continued(dataclasses.replace(ANY, minutes=27.0), state, cats, Path("runs/x"))
    assert longer.options.budget == (27.0, None)
    for asked in ({"minutes": 3.0}, {"images": 10**6}):
        with pytest.raises(TrainingError, match="7 minutes"):
            continued(dataclasses.replace(ANY, **asked), state, cats, Path("runs/x"))  # type: ignore[arg-type]
