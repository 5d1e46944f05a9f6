"""How good are the pictures that a model draws: measured against pictures it never saw.

Everything is measured in the features of the project's own classifier, which no training loss has
used, and beside the same number for real pictures ("floor"): what a perfect model would get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from genimg.checkpoint import Header
from genimg.data import Dataset, Factor, visible_labels
from genimg.metrics import (
    density_coverage,
    factor_histograms,
    frechet_distance,
    kernel_distance,
    memorisation,
    precision_recall,
)
from genimg.models import Classifier, LatentModel
from genimg.models.base import draw_labels
from genimg.training.classify import header_factors, look_all
from genimg.training.coding import decode_all, test_split

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COUNT = 2_000
SEEDS = (0, 1, 2)
TRAINING_PICTURES = 10_000
CONFIDENT = 0.9
"""A value counts as recognised from this probability on."""
CAVEAT = (
    "own-feature distances, not Inception: not comparable with published FID or KID; compare only "
    "numbers with the same features and counts"
)


@dataclass(frozen=True)
class Judge:
    """The feature network, and what its file says of it."""

    model: Classifier
    header: Header


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
    """Real pictures as the judge sees them: test pictures, training pictures, and as many of the
    latter as there are of the first.
    """

    real: _Seen
    train: _Seen
    other: _Seen


@torch.no_grad()
def look_at_reals(dataset: Dataset, judge: Judge, count: int = COUNT) -> Reference:
    """What samples are compared with; the same for all models of these pictures."""
    factors = header_factors(judge.header)
    test = test_split(dataset).images[:count]
    train_images = dataset.split("train").images
    order = np.random.default_rng(0).permutation(len(train_images))[:TRAINING_PICTURES]
    train = _look(judge, np.asarray(train_images[np.sort(order)]), factors)
    shuffled = np.random.default_rng(1).permutation(len(train.features))
    real = _look(judge, np.asarray(test), factors)
    return Reference(real, train, _rows(train, shuffled[: len(test)]))


@torch.no_grad()
def evaluate_samples(
    model: LatentModel,
    dataset: Dataset,
    judge: Judge,
    count: int = COUNT,
    seeds: Sequence[int] = SEEDS,
    temperature: float = 1.0,
    reference: Reference | None = None,
) -> dict[str, Any]:
    """Measure `count` samples for each seed against as many test pictures.

    `reference` is what `look_at_reals` gives for the same count. Distances are means over the
    seeds (with their standard deviation where it says so); the floors compare training pictures
    with the same test pictures.

    Returns JSON-ready numbers; `genimg.metrics` says what each is and where it comes from.
    """
    factors = header_factors(judge.header)
    same = [(f.name, f.values) for f in factors] == [(f.name, f.values) for f in dataset.factors]
    reference = reference or look_at_reals(dataset, judge, count)
    real, train, other = reference.real, reference.train, reference.other
    count = len(real.features)
    drawn = []
    followed: dict[str, list[float]] = {factor.name: [] for factor in factors}
    for seed in seeds:
        images, asked = draw(model, count, seed, temperature)
        seen = _look(judge, images, factors)
        drawn.append(seen)
        for column, factor in enumerate(factors[: asked.shape[1] if same else 0]):
            visible = seen.values[:, column] >= 0
            right = seen.values[visible, column] == asked[visible, column]
            followed[factor.name].append(float(right.mean()))
    distances = [frechet_distance(real.features, seen.features) for seen in drawn]
    result: dict[str, Any] = {
        "count": count,
        "seeds": list(seeds),
        "temperature": temperature,
        "weights": "EMA",
        "features": {
            "name": judge.header.name,
            "id": judge.header.id,
            "accuracy": judge.header.metrics.get("accuracy"),
        },
        "caveat": CAVEAT,
        "fd": _round(np.mean(distances)),
        "fd_std": _round(np.std(distances)),
        "fd_floor": _round(frechet_distance(real.features, other.features)),
        **_means([_distances(real, seen) for seen in drawn]),
        **{f"{name}_floor": value for name, value in _distances(real, other).items()},
        "memorisation": _memorisation(train, real, drawn[0]),
        "factors": {
            factor.name: _histogram(factor, real.values[:, i], [s.values[:, i] for s in drawn])
            for i, factor in enumerate(factors)
        },
        "recognised": _round(np.mean([seen.confident.mean() for seen in drawn])),
        "recognised_floor": _round(real.confident.mean()),
    }
    shares = {name: _round(np.mean(values)) for name, values in followed.items() if values}
    return result | ({"labels_followed": shares} if shares else {})


def draw(
    model: LatentModel, count: int, seed: int, temperature: float = 1.0
) -> tuple[Bytes, Integers]:
    """Samples uint8 `[N, H, W, C]`, and the labels int64 `[N, F]` that they were drawn with.

    The labels have no columns where the model cannot be asked for any.
    """
    rng = torch.Generator().manual_seed(seed)
    sizes = model.label_sizes
    frequencies = getattr(model, "frequencies", model.prior.frequencies).cpu()
    labels = draw_labels(frequencies, sizes, count, rng)
    w = model.sample_prior(count, rng, temperature, labels=labels)
    return decode_all(model, w), labels.numpy()


def _look(judge: Judge, images: Bytes, factors: Sequence[Factor]) -> _Seen:
    features, chances = look_all(judge.model, images)
    values = np.stack([c.argmax(axis=1) for c in chances], axis=1).astype(np.int64)
    best = np.stack([c.max(axis=1) for c in chances], axis=1)
    values = visible_labels(values, factors)
    confident = np.asarray(((best >= CONFIDENT) | (values < 0)).all(axis=1))
    return _Seen(features.astype(np.float64), values, confident)


def _rows(seen: _Seen, rows: Integers) -> _Seen:
    return _Seen(seen.features[rows], seen.values[rows], seen.confident[rows])


def _distances(real: _Seen, seen: _Seen) -> dict[str, float]:
    fidelity = precision_recall(real.features, seen.features)
    reach = density_coverage(real.features, seen.features)
    return {
        "kid": _round(kernel_distance(real.features, seen.features).mean),
        "precision": _round(fidelity.precision),
        "recall": _round(fidelity.recall),
        "density": _round(reach.density),
        "coverage": _round(reach.coverage),
    }


def _memorisation(train: _Seen, held_out: _Seen, seen: _Seen) -> dict[str, Any]:
    found = memorisation(train.features, held_out.features, seen.features)
    return {
        "share_nearer": _round(found.share_nearer),
        "held_out_share": _round(found.held_out_share),
        "suspicious": bool(found.suspicious),
        "verdict": found.verdict,
    }


def _histogram(factor: Factor, real: Integers, drawn: Sequence[Integers]) -> dict[str, Any]:
    """How often each value is seen, in test pictures and in the samples of all seeds together."""
    fake = np.concatenate(list(drawn))
    found = factor_histograms(real[real >= 0], fake[fake >= 0], factor.values)
    return {
        "distance": _round(found.distance),
        "missing": list(found.missing),
        "real": dict(zip(factor.values, map(int, found.real), strict=True)),
        "samples": dict(zip(factor.values, map(int, found.fake), strict=True)),
    }


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: _round(np.mean([row[name] for row in rows])) for name in rows[0]}


def _round(value: Any) -> float:
    return round(float(value), 5)
