"""Cross-validation: shared budget, fair parts, and no fold trained twice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genimg.checkpoint import load, read_header
from genimg.data import Dataset
from genimg.errors import ConfigError, DataError, TrainingError
from genimg.training import Interrupted, TrainOptions, train
from genimg.training import cross_validation as folds
from genimg.training.loop.state import RunFolder
from genimg.training.loop.trainer import Trainer
from genimg.training.objectives import check_options
from tests.training.conftest import MakeOptions

K = 3
IMAGES = 32 * 8


@pytest.fixture
def wanted(options: MakeOptions) -> TrainOptions:
    return options(family="classifier", folds=K, images=IMAGES, validate_every=32)


def trained(options: TrainOptions) -> tuple[Path, list[str]]:
    said: list[str] = []
    return train(options, said.append), said


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Dataset, int]]:
    """The data and the pictures budget of each model that is trained, in order."""
    trainings: list[tuple[Dataset, int]] = []
    run = Trainer.run

    def noted(self: Trainer, *arguments: Any) -> None:
        run(self, *arguments)
        trainings.append((self.dataset_seen, self.clock.images))  # type: ignore[attr-defined]

    init: Callable[..., None] = Trainer.__init__

    def remembering(self: Trainer, objective: Any, dataset: Dataset, *arguments: Any) -> None:
        init(self, objective, dataset, *arguments)
        self.dataset_seen = dataset  # type: ignore[attr-defined]

    monkeypatch.setattr(Trainer, "__init__", remembering)
    monkeypatch.setattr(Trainer, "run", noted)
    return trainings


def test_every_picture_is_tested_on_once_by_a_model_that_never_saw_it(
    wanted: TrainOptions, cats: Dataset, seen: list[tuple[Dataset, int]]
) -> None:
    path, said = trained(wanted)
    assert len(seen) == K + 1
    assert [images for _, images in seen] == [IMAGES // (K + 1)] * (K + 1)
    everything = cats.splits["train"]
    tested = []
    for fold, _ in seen[:K]:
        learned, held_out = fold.splits["train"], fold.splits["test"]
        assert not set(learned) & set(held_out)
        assert sorted([*learned, *held_out]) == sorted(everything)
        tested += held_out.tolist()
    assert sorted(tested) == sorted(everything)
    final = seen[K][0]
    assert np.array_equal(final.splits["train"], everything)
    assert np.array_equal(final.splits["test"], cats.splits["test"])

    crossed = read_header(path).metrics["cross_validation"]
    assert (crossed["folds"], crossed["pictures"]) == (K, len(everything))
    assert list(crossed["factors"]) == [factor.name for factor in cats.factors]
    rows = [json.loads((path.parent / "folds" / f"{i + 1}.json").read_text()) for i in range(K)]
    for name, scores in crossed["factors"].items():
        for each in ("accuracy", "precision", "recall", "f1"):
            values = [row["factors"][name][each] for row in rows]
            assert scores[each]["mean"] == pytest.approx(np.mean(values), abs=1e-4)
            assert scores[each]["std"] == pytest.approx(np.std(values, ddof=1), abs=1e-4)
    told = "\n".join(said)
    assert "3-fold cross-validation" in told
    of = crossed["factors"]["eyes"]["f1"]
    assert f"f1 {of['mean']:.2%} ± {of['std']:.2%}" in told
    assert [line.split(":")[0] for line in said if line.startswith("fold ")] == [
        f"fold {i + 1} of {K}" for i in range(K)
    ]


def test_the_final_model_is_the_one_of_its_share_of_the_budget(
    wanted: TrainOptions, options: MakeOptions, tmp_path: Path
) -> None:
    """Folds come before it, and leave its random numbers alone."""
    path, _ = trained(wanted)
    alone, _ = trained(
        options(
            family="classifier", images=IMAGES // (K + 1), validate_every=32, out=tmp_path / "alone"
        )
    )
    assert read_header(path).id == read_header(alone).id
    assert read_header(path).trained["budget"] == {"images": IMAGES // (K + 1)}


class _Stop(BaseException):
    pass


def test_a_finished_fold_is_not_trained_again_and_an_unfinished_one_goes_on(
    wanted: TrainOptions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert wanted.out is not None
    step = Trainer._step
    steps = 0

    def stopping(self: Trainer) -> Any:
        nonlocal steps
        told = step(self)
        steps += 1
        if steps == 3:  # the first step of the second fold
            self.folder.save_state(self.state_dict())
            raise Interrupted
        return told

    monkeypatch.setattr(Trainer, "_step", stopping)
    with pytest.raises(Interrupted):
        trained(wanted)
    assert [path.name for path in sorted((wanted.out / "folds").iterdir())] == ["1.json", "2"]
    state = RunFolder(wanted.out).load_state()
    assert state is not None and state["clock"]["images"] == 0
    first = (wanted.out / "folds" / "1.json").read_bytes()

    path, said = trained(wanted)
    assert steps == 2 * (K + 1), "no step is done twice"
    assert any(line.startswith("continuing") for line in said)
    assert not any(line.startswith("fold 1") for line in said)
    assert (wanted.out / "folds" / "1.json").read_bytes() == first
    left = sorted(each.name for each in (wanted.out / "folds").iterdir())
    assert left == ["1.json", "2.json", "3.json"]

    monkeypatch.setattr(Trainer, "_step", step)
    whole, _ = trained(TrainOptions(**{**vars(wanted), "out": tmp_path / "whole"}))
    assert read_header(path).metrics == read_header(whole).metrics
    tensors = [load(each)[1] for each in (path, whole)]
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])


def test_folds_of_an_earlier_run_are_not_taken_for_those_of_this_one(wanted: TrainOptions) -> None:
    assert wanted.out is not None
    (wanted.out / "folds").mkdir(parents=True)
    for i in range(K):
        (wanted.out / "folds" / f"{i + 1}.json").write_text('{"pictures": 7, "factors": {}}')
    path, _ = trained(wanted)
    assert read_header(path).metrics["cross_validation"]["pictures"] == 400


def test_other_folds_in_the_same_folder_are_refused(wanted: TrainOptions) -> None:
    trained(wanted)
    with pytest.raises(TrainingError, match="folds: 3 then, 2 now"):
        trained(TrainOptions(**{**vars(wanted), "folds": 2}))


def test_a_damaged_fold_is_named(wanted: TrainOptions) -> None:
    path, _ = trained(wanted)
    damaged = path.parent / "folds" / "2.json"
    damaged.write_text("{")
    path.unlink()
    with pytest.raises(TrainingError, match=r"2\.json is damaged; delete it"):
        trained(wanted)


def test_too_few_pictures_for_so_many_folds(options: MakeOptions) -> None:
    with pytest.raises(DataError, match="8 pictures are too few for 5 folds"):
        trained(options(family="classifier", folds=5, count=8))


def test_a_budget_in_minutes_is_shared_too() -> None:
    assert folds.share(TrainOptions(family="classifier", folds=4)).minutes == pytest.approx(12)
    assert folds.share(TrainOptions(family="classifier", folds=4, minutes=1)).minutes == 0.2
    assert folds.share(TrainOptions(family="classifier", folds=4, images=3)).images == 1
    plain = TrainOptions(family="classifier")
    assert folds.share(plain) is plain


def test_folds_are_for_classifiers() -> None:
    with pytest.raises(ConfigError, match="--folds is for a classifier, not for a vae"):
        check_options(TrainOptions(folds=3))
    for wrong in (1, 0, 21):
        with pytest.raises(ConfigError, match="folds must be from 2 to 20"):
            TrainOptions(family="classifier", folds=wrong)


def test_a_factor_that_no_picture_of_a_fold_shows_is_averaged_over_the_others() -> None:
    def row(share: float) -> dict[str, Any]:
        return dict.fromkeys(folds.AVERAGED, share)

    results: list[dict[str, Any]] = [
        {"pictures": 5, "factors": {"a": row(0.5), "b": row(0.25)}},
        {"pictures": 4, "factors": {"a": row(1.0)}},
    ]
    found = folds.summary(results)
    assert found["pictures"] == 9
    assert found["factors"]["a"]["f1"] == {"mean": 0.75, "std": round(0.5 / 2**0.5, 4)}
    assert found["factors"]["b"]["f1"] == {"mean": 0.25, "std": 0.0}
