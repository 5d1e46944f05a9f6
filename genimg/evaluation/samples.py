"""How good are the pictures that a model draws? Any pictures, with labels or without.

They are measured against pictures that the model never saw, in the features of a network that knows
photographs and that no training loss uses (lite2: `genimg.models.features`); where the pictures
have a classifier, what that says stands beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from genimg.data import Dataset
from genimg.errors import MetricError
from genimg.evaluation.classifier import Judge
from genimg.evaluation.coding import test_split
from genimg.evaluation.feature_distances import (
    CAVEAT,
    COUNT,
    SEEDS,
    Features,
    Reals,
    compare,
    draw,
    held_out_pictures,
    settings,
    training_pictures,
)
from genimg.evaluation.recognition import Recognition
from genimg.evaluation.recognition import look_at_reals as look_as_judge
from genimg.models import LatentModel
from genimg.models.features import MetricFeatures, load_features

LEAST = 20
"""Test pictures without which nothing is measured; the kernel distance needs as many."""
NETWORK = {"name": "EfficientNet-Lite2", "weights": "ImageNet, as published"}


def look_at_reals(dataset: Dataset, features: MetricFeatures, count: int = COUNT) -> Reals:
    """What samples are compared with: up to `count` test pictures and as many training pictures.

    The latter give the floors, and are those of which copies are looked for.
    """
    test = held_out_pictures(dataset, count)
    other = features.rows(training_pictures(dataset, len(test)))
    return Reals(features.rows(test), other, other)


def evaluate_samples(
    model: LatentModel,
    dataset: Dataset,
    judge: Judge | None = None,
    count: int = COUNT,
    seeds: Sequence[int] = SEEDS,
    temperature: float = 1.0,
    reference: Reals | None = None,
) -> dict[str, Any]:
    """Measure `count` samples for each seed against as many test pictures.

    Args:
        judge: the classifier for these pictures, if there is one.
        reference: what `look_at_reals` gives for the same count.

    Returns:
        JSON-ready numbers, those of `feature_distances.compare` in the features of lite2;
        with a judge also "classifier": the same in its features and what it recognises.

    Raises:
        MetricError: there are too few pictures to compare.
    """
    there = min(count, len(test_split(dataset)))
    if there < LEAST:
        raise MetricError(
            f"comparing needs {LEAST} test pictures or more, and there are {there}: give more"
        )
    features = load_features("lite2").to(model.device)
    reference = reference or look_at_reals(dataset, features, count)
    count = len(reference.test)
    recognition = None
    if judge is not None:
        recognition = Recognition(dataset, judge, look_as_judge(dataset, judge, count))
    drawn: list[Features] = []
    for seed in seeds:
        images, asked = draw(model, count, seed, temperature)
        drawn.append(features.rows(images))
        if recognition is not None:
            recognition.show(images, asked)
    result = settings(count, seeds, temperature) | {
        "features": dict(NETWORK),
        "caveat": CAVEAT,
        **compare(reference, drawn),
    }
    return result | ({"classifier": recognition.numbers()} if recognition is not None else {})
