"""How do drawn pictures compare with real ones, in the features of some network that both are seen
by? What is measured is the same for any network; whose features they are, `samples` and
`recognition` say.

Beside each number stands the same one for real pictures ("floor"): what a perfect model would get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from genimg.data import Dataset
from genimg.evaluation.coding import decode_all, test_split
from genimg.metrics import (
    density_coverage,
    diversity,
    frechet_distance,
    kernel_distance,
    memorisation,
    precision_recall,
)
from genimg.models import LatentModel
from genimg.models.prior import draw_labels

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Features = npt.NDArray[np.floating]

COUNT = 2_000
SEEDS = (0, 1, 2)
CAVEAT = (
    "own-feature distances, not Inception: not comparable with published FID or KID; compare only "
    "numbers with the same features and counts"
)


@dataclass(frozen=True)
class Reals:
    """Features of real pictures, `[N, d]` each: of test pictures, of training pictures (`train`,
    any number), and of as many of the latter as there are of the first (`other`).
    """

    test: Features
    train: Features
    other: Features


def held_out_pictures(dataset: Dataset, count: int) -> Bytes:
    """The first `count` test pictures, uint8 `[N, H, W, C]`."""
    return np.asarray(test_split(dataset).images[:count])


def training_pictures(dataset: Dataset, count: int) -> Bytes:
    """`count` training pictures at random, or all where there are fewer, uint8 `[N, H, W, C]`."""
    images = dataset.split("train").images
    order = np.random.default_rng(0).permutation(len(images))[:count]
    return np.asarray(images[np.sort(order)])


@torch.no_grad()
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


def settings(count: int, seeds: Sequence[int], temperature: float) -> dict[str, Any]:
    """What was drawn, JSON-ready: it goes before the numbers."""
    return {
        "count": count,
        "seeds": list(seeds),
        "temperature": temperature,
        "weights": "EMA",
    }


def compare(reals: Reals, drawn: Sequence[Features]) -> dict[str, Any]:
    """The numbers for samples, features `[N, d]` for each seed, JSON-ready.

    Distances are means over the seeds (`fd_std`: standard deviation); the floors compare training
    pictures with the same test pictures. `genimg.metrics` says what each number is and where it
    comes from: fd (Fréchet distance), kid, precision, recall, density, coverage, diversity and
    memorisation.

    Raises:
        MetricError: there are too few pictures to compare.
    """
    distances = [frechet_distance(reals.test, features) for features in drawn]
    found = [_in_view(reals.test, features) for features in drawn]
    return {
        "fd": rounded(np.mean(distances)),
        "fd_std": rounded(np.std(distances)),
        "fd_floor": rounded(frechet_distance(reals.test, reals.other)),
        **{name: rounded(np.mean([row[name] for row in found])) for name in found[0]},
        **{f"{name}_floor": of for name, of in _in_view(reals.test, reals.other).items()},
        "memorisation": _memorisation(reals, drawn[0]),
    }


def _in_view(real: Features, fake: Features) -> dict[str, float]:
    fidelity = precision_recall(real, fake)
    reach = density_coverage(real, fake)
    return {
        "kid": rounded(kernel_distance(real, fake).mean),
        "precision": rounded(fidelity.precision),
        "recall": rounded(fidelity.recall),
        "density": rounded(reach.density),
        "coverage": rounded(reach.coverage),
        "diversity": rounded(diversity(real, fake)),
    }


def _memorisation(reals: Reals, fake: Features) -> dict[str, Any]:
    found = memorisation(reals.train, reals.test, fake)
    return {
        "training_pictures": len(reals.train),
        "share_nearer": rounded(found.share_nearer),
        "held_out_share": rounded(found.held_out_share),
        "suspicious": bool(found.suspicious),
        "verdict": found.verdict,
    }


def rounded(value: Any) -> float:
    """A number with as many digits as are kept."""
    return round(float(value), 5)
