"""How a classifier learns: its loss, its shifted pictures, its schedule, its run and its resume."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.evaluation.classifier import evaluate_classifier
from genimg.models import Classifier, build_model, load_classifier
from genimg.training import TrainOptions, train
from genimg.training.loop.step import take_step
from genimg.training.objectives.classifier import (
    ClassifierObjective,
    cross_entropy,
    draw_moves,
    moved,
)
from genimg.training.pictures.batches import Batch, make_batch
from genimg.training.planning.compute import Compute
from tests.training.conftest import MakeOptions


def quiet(line: str) -> None:
    pass


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make(dataset: Dataset, precision: str = "fp32", **options: object) -> ClassifierObjective:
    sizes = tuple(len(factor.values) for factor in dataset.factors)
    model = build_model("classifier", dataset.image_shape, seed=1, label_sizes=sizes)
    assert isinstance(model, Classifier)
    wanted = TrainOptions(family="classifier", **options)  # type: ignore[arg-type]
    return ClassifierObjective(model, wanted, Compute(precision=precision))


def weights(objective: ClassifierObjective) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in objective.model.parameters()]


@pytest.fixture(scope="module")
def lessons(cats: Dataset) -> Dataset:
    return ClassifierObjective.training_data(TrainOptions(family="classifier"), cats)


@pytest.fixture(scope="module")
def batch(lessons: Dataset) -> Batch:
    train = lessons.split("train")
    return make_batch(train.images[:32], None if train.labels is None else train.labels[:32])


# -- what it learns from


def test_hidden_mouths_are_no_lesson_and_the_data_stay_as_they_are(
    cats: Dataset, lessons: Dataset
) -> None:
    assert cats.labels is not None and lessons.labels is not None
    names = [factor.name for factor in cats.factors]
    mouth, accessory = names.index("mouth"), names.index("accessory")
    scarfs = [cats.factors[accessory].values.index(word) for word in ("red scarf", "blue scarf")]
    covered = np.isin(cats.labels[:, accessory], scarfs)
    assert 0.08 < covered.mean() < 0.17
    assert (lessons.labels[covered, mouth] == -1).all()
    kept = np.ones_like(cats.labels, dtype=bool)
    kept[covered, mouth] = False
    assert np.array_equal(lessons.labels[kept], cats.labels[kept])
    assert (cats.labels >= 0).all()


def test_pictures_without_labels_are_refused(cats: Dataset) -> None:
    options = TrainOptions(family="classifier", data="folder:mine")
    plain = replace(cats, labels=None, factors=())
    unknown = replace(cats, labels=np.full((len(cats), len(cats.factors)), -1))
    for dataset in (plain, unknown):
        with pytest.raises(ConfigError, match=r"folder:mine has no labels.*folders of their own"):
            ClassifierObjective.training_data(options, dataset)


def test_options_that_cannot_work_are_refused_before_a_folder_is_made(
    options: MakeOptions, classifier_path: Path
) -> None:
    for changes, message in (
        ({"batch_size": 1}, "--batch-size of 2 or more"),
        ({"folds": 3, "init_from": classifier_path}, "--folds cannot go with --init-from"),
    ):
        wanted = options(family="classifier", **changes)
        with pytest.raises(ConfigError, match=message):
            train(wanted, quiet)
        assert wanted.out is not None and not wanted.out.exists()


# -- the loss


def test_the_loss_is_the_sum_of_the_factors_means_over_known_labels() -> None:
    logits = [torch.randn(4, 3, generator=seeded()), torch.randn(4, 2, generator=seeded(1))]
    labels = torch.tensor([[0, 1], [2, -1], [-1, 0], [1, -1]])
    logs = [head.log_softmax(dim=1) for head in logits]
    first = -(logs[0][0, 0] + logs[0][1, 2] + logs[0][3, 1]) / 3
    second = -(logs[1][0, 1] + logs[1][2, 0]) / 2
    assert float(cross_entropy(logits, labels)) == pytest.approx(float(first + second), rel=1e-5)


def test_a_factor_that_no_picture_of_a_batch_shows_adds_nothing() -> None:
    logits = [torch.randn(2, 3, requires_grad=True), torch.randn(2, 2, requires_grad=True)]
    loss = cross_entropy(logits, torch.tensor([[0, -1], [1, -1]]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert bool(torch.isfinite(loss))
    assert logits[1].grad is not None
    assert float(logits[1].grad.abs().max()) == 0.0
    assert float(cross_entropy(logits, torch.full((2, 2), -1)).detach()) == 0.0


def test_smoothing_asks_for_less_than_certainty() -> None:
    sure, fair = torch.tensor([[30.0, 0.0]]), torch.tensor([[4.0, 0.0]])
    labels = torch.tensor([[0]])
    assert cross_entropy([sure], labels) < cross_entropy([fair], labels)
    assert cross_entropy([sure], labels, 0.1) > cross_entropy([fair], labels, 0.1)


# -- shifts


def test_a_shift_moves_each_picture_by_itself_and_repeats_its_border() -> None:
    rows = torch.arange(8.0)
    pixels = (10 * rows[:, None] + rows[None, :]).expand(200, 3, 8, 8).clone()
    shifted = moved(pixels, draw_moves(len(pixels), 2, seeded()))
    assert shifted.shape == pixels.shape
    seen = set()
    for picture in shifted:
        down, right = divmod(int(picture[0, 4, 4]) - 44, 10)
        if right > 5:  # -1 and -2 across
            down, right = down + 1, right - 10
        seen.add((down, right))
        y, x = (rows + down).clamp(0, 7), (rows + right).clamp(0, 7)
        assert torch.equal(picture, (10 * y[:, None] + x[None, :]).expand(3, 8, 8))
    assert seen == {(y, x) for y in range(-2, 3) for x in range(-2, 3)}


def test_no_shift_is_the_picture_itself() -> None:
    pixels = torch.rand(3, 1, 8, 8)
    assert torch.equal(moved(pixels, draw_moves(3, 0, seeded())), pixels)


# -- schedule and steps


@pytest.mark.parametrize(
    ("progress", "rate"), [(0.0, 2e-6), (0.05, 1e-3), (0.5, 1e-3), (1.0, 1e-6)]
)
def test_the_rate_climbs_and_falls_with_the_budget(
    lessons: Dataset, progress: float, rate: float
) -> None:
    objective = make(lessons)
    objective.schedule(progress, 0)
    rates = {group["lr"] for group in objective.players["model"].optimizer.param_groups}
    assert len(rates) == 1
    assert rates.pop() == pytest.approx(rate, rel=0.01)


def test_weights_decay_and_biases_and_scales_do_not(lessons: Dataset) -> None:
    decaying, plain = make(lessons).players["model"].optimizer.param_groups
    assert decaying["weight_decay"] > 0 == plain["weight_decay"]
    assert all(p.ndim > 1 for p in decaying["params"])
    assert all(p.ndim == 1 for p in plain["params"])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_learns_what_it_sees(lessons: Dataset, batch: Batch, precision: str) -> None:
    objective = make(lessons, precision)
    rng = seeded()
    torch.manual_seed(0)
    with torch.no_grad():
        first = objective.validate(objective.model.eval(), batch)
    for _ in range(30):
        objective.schedule(0.1, 0)
        terms = take_step(objective, batch, rng)
    assert terms.keys() == {"loss", "gradient_norm"}
    assert all(value.ndim == 0 and not value.requires_grad for value in terms.values())
    with torch.no_grad():
        last = objective.validate(objective.model.eval(), batch)
    assert last["loss"] < 0.8 * first["loss"]
    assert last["accuracy"] > first["accuracy"] + 0.2


def test_rmsprop_is_there_too(lessons: Dataset, batch: Batch) -> None:
    objective = make(lessons, optimizer="rmsprop", learning_rate=1e-3)
    assert isinstance(objective.players["model"].optimizer, torch.optim.RMSprop)
    before = weights(objective)
    objective.schedule(0.5, 0)
    take_step(objective, batch, seeded())
    assert not any(map(torch.equal, weights(objective), before))


def test_a_restored_recipe_goes_on_exactly(lessons: Dataset, batch: Batch) -> None:
    """Dropout draws from torch's own state, which the loop keeps."""
    whole = make(lessons)
    torch.manual_seed(3)
    for seed in range(2):
        take_step(whole, batch, seeded(seed))
    kept, state = torch.get_rng_state(), copy.deepcopy(whole.state_dict())
    resumed = make(lessons)
    resumed.load_state_dict(state)
    for objective in (whole, resumed):
        torch.set_rng_state(kept)
        objective.schedule(0.4, 0)
        for seed in range(2, 4):
            take_step(objective, batch, seeded(seed))
    states = [objective.model.state_dict() for objective in (whole, resumed)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@torch.no_grad()
def test_validation_scores_visible_labels_and_draws_nothing(lessons: Dataset) -> None:
    objective = make(lessons)
    objective.model.eval()
    held_out = lessons.split("validation")
    batch = make_batch(held_out.images[:64], held_out.labels[:64])  # type: ignore[index]
    state = torch.get_rng_state()
    scores = objective.validate(objective.model, batch)
    assert torch.equal(torch.get_rng_state(), state)
    told = [head.argmax(dim=1) for head in objective.model(batch.pixels)]
    right = [
        float((column[seen] == labels[seen]).float().mean())
        for column, labels in zip(told, batch.labels.T, strict=True)
        for seen in [labels >= 0]
    ]
    assert scores["accuracy"] == pytest.approx(np.mean(right))
    assert objective.preview(objective.model, batch.pixels) == []
    nothing = Batch(batch.pixels, torch.full_like(batch.labels, -1))
    assert objective.validate(objective.model, nothing) == {"loss": 0.0, "accuracy": 0.0}


# -- whole runs


def test_a_run_writes_a_model_its_scores_and_no_sheets(classifier_run: Path, cats: Dataset) -> None:
    names = {str(p.relative_to(classifier_run)) for p in classifier_run.rglob("*") if p.is_file()}
    assert names == {
        ".lock", "run.json", "status.json", "progress.jsonl", "state/state.pt", "state/good.pt",
        "model.safetensors",
    }  # fmt: skip
    line = json.loads((classifier_run / "progress.jsonl").read_text().splitlines()[-1])
    assert line.keys() >= {"loss", "held_out_loss", "held_out_accuracy"}
    header = read_header(classifier_run / "model.safetensors")
    assert header.family == "classifier"
    assert header.directions == ()
    assert header.trained["images"] == 8000
    assert [row["name"] for row in header.data["factors"]] == [f.name for f in cats.factors]
    mouth = next(row for row in header.data["factors"] if row["name"] == "mouth")
    assert mouth["hidden_by"] == [["accessory", "red scarf"], ["accessory", "blue scarf"]]
    metrics = header.metrics
    assert metrics["pictures"] == 2000
    assert metrics["factors"]["mouth"]["left_out"] == 276
    assert metrics["factors"]["mouth"]["pictures"] == 2000 - 276
    assert metrics["factors"]["fur colour"]["accuracy"] > 0.5, "chance is a fifteenth"
    means = [row["accuracy"] for row in metrics["factors"].values()]
    assert metrics["accuracy"] == pytest.approx(np.mean(means), abs=1e-4)
    for factor in cats.factors:
        values = metrics["factors"][factor.name]["values"]
        assert tuple(values) == factor.values
        assert sum(row["support"] for row in values.values()) in (2000, 2000 - 276)


def test_the_header_tells_what_measuring_again_finds(classifier_path: Path, cats: Dataset) -> None:
    model, header = load_classifier(classifier_path)
    again = evaluate_classifier(model, header, cats)
    assert again == header.metrics
    few = evaluate_classifier(model, header, cats, count=50)
    assert few["pictures"] == 50
    assert few != again


def test_a_classifier_can_start_from_another_of_the_same_architecture(
    options: MakeOptions, classifier_path: Path
) -> None:
    path = train(
        options(family="classifier", init_from=classifier_path, learning_rate=1e-30), quiet
    )
    before, after = (load_classifier(p)[0] for p in (classifier_path, path))
    for old, new in zip(before.parameters(), after.parameters(), strict=True):
        assert torch.equal(old, new)
    assert read_header(path).trained["init_from"] == "tiny-judge"
