"""Does what a model draws look right to the classifier of such pictures? Distances in its features,
which no training loss has used, which values it recognises, and how often.

Only pictures with labels have a classifier; `samples` measures any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from genimg.data import Dataset, Factor, visible_labels
from genimg.evaluation.classifier import Judge, look_all
from genimg.evaluation.feature_distances import (
    CAVEAT,
    COUNT,
    SEEDS,
    Bytes,
    Integers,
    Reals,
    compare,
    draw,
    held_out_pictures,
    rounded,
    settings,
    training_pictures,
)
from genimg.metrics import factor_histograms
from genimg.models import LatentModel

Floats = npt.NDArray[np.float64]

TRAINING_PICTURES = 10_000
CONFIDENT = 0.9
"""A value counts as recognised from this probability on."""


@dataclass(frozen=True)
class _Seen:
    """What the judge sees in a set of pictures: features `[N, d]`, values `[N, F]` (-1: hidden),
    and whether each picture's visible values are all recognised, `[N]`.
    """

    features: Floats
    values: Integers
    confident: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reference:
    """Real pictures as the judge sees them: the test pictures, and the features of all sets."""

    real: _Seen
    features: Reals


@torch.no_grad()
def look_at_reals(dataset: Dataset, judge: Judge, count: int = COUNT) -> Reference:
    """What samples are compared with; the same for all models of these pictures."""
    train = _look(judge, training_pictures(dataset, TRAINING_PICTURES)).features
    real = _look(judge, held_out_pictures(dataset, count))
    shuffled = np.random.default_rng(1).permutation(len(train))
    return Reference(real, Reals(real.features, train, train[shuffled[: len(real.features)]]))


class Recognition:
    """What a judge says of samples that are shown to it, seed by seed."""

    def __init__(self, dataset: Dataset, judge: Judge, reference: Reference) -> None:
        self.judge, self.reference = judge, reference
        self.factors = judge.factors
        self.same = [(f.name, f.values) for f in self.factors] == [
            (f.name, f.values) for f in dataset.factors
        ]
        self.drawn: list[_Seen] = []
        self.followed: dict[str, list[float]] = {factor.name: [] for factor in self.factors}

    @torch.no_grad()
    def show(self, images: Bytes, asked: Integers) -> None:
        """Take in the samples of one seed, uint8 `[N, H, W, C]`, and the labels that they were
        drawn with, int64 `[N, F]` or without columns.
        """
        seen = _look(self.judge, images)
        self.drawn.append(seen)
        for column, factor in enumerate(self.factors[: asked.shape[1] if self.same else 0]):
            visible = seen.values[:, column] >= 0
            right = seen.values[visible, column] == asked[visible, column]
            self.followed[factor.name].append(float(right.mean()))

    def numbers(self) -> dict[str, Any]:
        """What `evaluate_recognised` returns, without the settings.

        Raises:
            MetricError: there are too few pictures to compare.
        """
        header, real = self.judge.header, self.reference.real
        result = {
            "features": {
                "name": header.name,
                "id": header.id,
                "accuracy": header.metrics.get("accuracy"),
            },
            "caveat": CAVEAT,
            **compare(self.reference.features, [seen.features for seen in self.drawn]),
            "factors": {
                factor.name: _histogram(
                    factor, real.values[:, i], [seen.values[:, i] for seen in self.drawn]
                )
                for i, factor in enumerate(self.factors)
            },
            "recognised": rounded(np.mean([seen.confident.mean() for seen in self.drawn])),
            "recognised_floor": rounded(real.confident.mean()),
        }
        shares = {
            name: rounded(np.mean(values)) for name, values in self.followed.items() if values
        }
        return result | ({"labels_followed": shares} if shares else {})


def evaluate_recognised(
    model: LatentModel,
    dataset: Dataset,
    judge: Judge,
    count: int = COUNT,
    seeds: Sequence[int] = SEEDS,
    temperature: float = 1.0,
    reference: Reference | None = None,
) -> dict[str, Any]:
    """Measure `count` samples for each seed against as many test pictures, as a judge sees them.

    `reference` is what `look_at_reals` gives for the same count. Returns JSON-ready numbers: those
    of `feature_distances.compare`, how often each value is seen, how often all are
    recognised, and how often the labels that were asked for are.
    """
    reference = reference or look_at_reals(dataset, judge, count)
    count = len(reference.real.features)
    recognition = Recognition(dataset, judge, reference)
    for seed in seeds:
        recognition.show(*draw(model, count, seed, temperature))
    return settings(count, seeds, temperature) | recognition.numbers()


def _look(judge: Judge, images: Bytes) -> _Seen:
    features, chances = look_all(judge.model, images)
    values = np.stack([c.argmax(axis=1) for c in chances], axis=1).astype(np.int64)
    best = np.stack([c.max(axis=1) for c in chances], axis=1)
    values = visible_labels(values, judge.factors)
    confident = np.asarray(((best >= CONFIDENT) | (values < 0)).all(axis=1))
    return _Seen(features.astype(np.float64), values, confident)


def _histogram(factor: Factor, real: Integers, drawn: Sequence[Integers]) -> dict[str, Any]:
    """How often each value is seen, in test pictures and in the samples of all seeds together."""
    fake = np.concatenate(list(drawn))
    found = factor_histograms(real[real >= 0], fake[fake >= 0], factor.values)
    return {
        "distance": rounded(found.distance),
        "missing": list(found.missing),
        "real": dict(zip(factor.values, map(int, found.real), strict=True)),
        "samples": dict(zip(factor.values, map(int, found.fake), strict=True)),
    }
