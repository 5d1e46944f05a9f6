"""How sure are a classifier's scores: the same training on k parts, each tested on the rest.

runs/<name>/folds/<i>/          the run of fold i while it goes: it can be stopped and continued
runs/<name>/folds/<i>.json      the scores of fold i once it is done; it is not trained again
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genimg.data import Dataset
from genimg.errors import DataError, TrainingError
from genimg.evaluation.classifier import DIGITS, score, scores_to_metrics
from genimg.files import write_atomically
from genimg.metrics.classification import stratified_parts
from genimg.training.loop.state import RunFolder
from genimg.training.loop.trainer import Trainer
from genimg.training.objectives.classifier import ClassifierObjective
from genimg.training.options import TrainOptions
from genimg.training.planning.compute import Compute

AVERAGED = ("accuracy", "precision", "recall", "f1")


def share(options: TrainOptions) -> TrainOptions:
    """The options with the budget of one model: k folds and the final one share the whole alike."""
    if options.folds is None:
        return options
    minutes, images = options.budget
    runs = options.folds + 1
    if images is not None:
        return replace(options, images=max(1, images // runs))
    return replace(options, minutes=(minutes or 0.0) / runs)


def forget(folder: RunFolder) -> None:
    """Drop what an earlier run left: its folds were other ones."""
    shutil.rmtree(_place(folder), ignore_errors=True)


def cross_validate(
    options: TrainOptions,
    dataset: Dataset,
    folder: RunFolder,
    compute: Compute,
    batch_size: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Train k models, each without one part of the training split, and score each on that part.

    The parts have about the same share of every value. The test split is not looked at. Returns
    what `summary` does, under "cross_validation", or {} where no folds are asked for; leaves
    torch's random state as it was.

    Raises:
        DataError: fewer pictures than parts. Interrupted: a request to stop; the state is written.
    """
    if options.folds is None:
        return {}
    k = options.folds
    rows = dataset.splits["train"]
    assert dataset.labels is not None
    if len(rows) < 2 * k:
        raise DataError(f"{len(rows)} pictures are too few for {k} folds; choose fewer --folds")
    parts = stratified_parts(dataset.labels[rows], k, options.seed)
    results = []
    cuda = [compute.device] if torch.device(compute.device).type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        for i in range(k):
            splits = {**dataset.splits, "train": rows[parts != i], "test": rows[parts == i]}
            fold = replace(dataset, splits=splits)
            results.append(_fold(i + 1, options, fold, folder, compute, batch_size, say))
    crossed = summary(results)
    say(in_words(crossed))
    return {"cross_validation": crossed}


def _place(folder: RunFolder) -> Path:
    return folder.path / "folds"


def _fold(
    number: int,
    options: TrainOptions,
    fold: Dataset,
    folder: RunFolder,
    compute: Compute,
    batch_size: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    done = _place(folder) / f"{number}.json"
    if done.is_file():
        return _read(done)
    run = RunFolder(_place(folder) / str(number))
    with run.locked():
        say(f"fold {number} of {options.folds}: {len(fold.splits['train']):,} pictures to train on")
        own = share(options)
        model: Any = ClassifierObjective.start(own, fold, None)
        model = model.to(compute.device).to(memory_format=compute.memory_format)
        trainer = Trainer(ClassifierObjective(model, own, compute), fold, own, run, batch_size)
        state = run.load_state()
        if state is not None:
            trainer.load_state_dict(state)
        run.forget_after(trainer.clock.images, trainer.clock.validated_step)
        trainer.run(lambda: run.save_state(trainer.state_dict()), say)
        test = fold.split("test")
        assert test.labels is not None
        ema: Any = trainer.ema
        scores = score(ema, test.images, test.labels, fold.factors)
        metrics = scores_to_metrics(scores, len(test))
        write_atomically(done, json.dumps(metrics).encode())
    shutil.rmtree(run.path, ignore_errors=True)
    return metrics


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"{path} is damaged; delete it to train that fold again") from error


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """JSON-ready: {"folds": k, "pictures": scored in all, "factors": {name: {score: mean, std}}}.

    Args:
        results: what `scores_to_metrics` gave for each fold. The standard deviation is that of a
            sample (n - 1), 0 for one fold.
    """
    names = dict.fromkeys(name for result in results for name in result["factors"])
    factors = {}
    for name in names:
        rows = [result["factors"][name] for result in results if name in result["factors"]]
        factors[name] = {
            each: {
                "mean": round(float(np.mean([row[each] for row in rows])), DIGITS),
                "std": round(
                    float(np.std([row[each] for row in rows], ddof=len(rows) > 1)), DIGITS
                ),
            }
            for each in AVERAGED
        }
    pictures = sum(result["pictures"] for result in results)
    return {"folds": len(results), "pictures": pictures, "factors": factors}


def in_words(crossed: dict[str, Any]) -> str:
    """The summary as a line for each factor."""
    lines = [f"{crossed['folds']}-fold cross-validation (mean and standard deviation of the folds)"]
    for name, scores in crossed["factors"].items():
        told = [f"{each} {of['mean']:.2%} ± {of['std']:.2%}" for each, of in scores.items()]
        lines.append(f"  {name}: {', '.join(told)}")
    return "\n".join(lines)
