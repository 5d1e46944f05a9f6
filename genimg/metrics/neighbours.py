"""Who lies next to whom? Fidelity and variety of samples apart from each other (precision and
recall, density and coverage), and whether training pictures come back as samples (`memorisation`).

Features are float `[N, d]`, one row for each picture, from one network for all sets; distances are
Euclidean. Take equal numbers of real pictures and samples, as all of these change with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from genimg.errors import MetricError
from genimg.metrics.distribution import MEMORY, Features, Floats, checked_features

ROUNDING = 1e-12
"""Squared distances that differ by less than this share of the largest squared norm are equal: so
much can come from the order of the arithmetic.
"""
NEAREST = 0.01
"""The share of held-out pictures nearest to the training pictures that sets the mark for samples.
"""


@dataclass(frozen=True)
class PrecisionRecall:
    """Both from 0 to 1, more is better.

    Attributes:
        precision: share of the samples that lie where real pictures are (fidelity).
        recall: share of the real pictures that lie where samples are (variety).
    """

    precision: float
    recall: float


@dataclass(frozen=True)
class DensityCoverage:
    """How thickly the samples lie where real pictures are, and how many of those they reach.

    Attributes:
        density: from 0; about 1 for samples spread as the data are, more where they crowd at the
            commonest pictures.
        coverage: share of the real pictures with a sample nearby, 0 to 1. About 1 - 2^-k for
            samples spread as the data are, in sets of equal size.
    """

    density: float
    coverage: float


@dataclass(frozen=True)
class Memorisation:
    """Are samples nearer to the training pictures than new pictures of the same kind are?

    Attributes:
        sample_distance, held_out_distance: median distance of a sample, and of a held-out picture,
            to its nearest training picture, from 0. A smaller one for samples alone is no copying:
            blurred pictures lie nearer to everything.
        mark: the distance that the nearest 1 % of the held-out pictures keep below or at.
        share_nearer: share of the samples at `mark` or nearer, 0 to 1.
        held_out_share: the same for held-out pictures: about 0.01 by construction, more where many
            of them lie at equal distance, as copies of training pictures do (0).
        suspicious: whether `share_nearer` is above `held_out_share` by more than chance explains.
        verdict: this in plain words.
    """

    sample_distance: float
    held_out_distance: float
    mark: float
    share_nearer: float
    held_out_share: float
    suspicious: bool
    verdict: str


def precision_recall(real: Features, fake: Features, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall of samples, `[M, d]`, for real pictures, `[N, d]`.

    A point lies within a set where it is at least as near to some member as the k-th nearest other
    member is. Raises `MetricError` unless both sets have more than k >= 1 rows of equal width, all
    finite.

    Source: Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative
    models", equations 1 and 2, and its k = 3.
    """
    real, fake = _checked(k, real, fake, least_fake=k + 1)
    real_radii, fake_radii = _squared_radii(real, k), _squared_radii(fake, k)
    precise = np.zeros(len(fake), dtype=bool)
    recalled = np.zeros(len(real), dtype=bool)
    for rows, squared in _squared_distances(real, fake):
        precise |= (squared <= real_radii[rows, None]).any(axis=0)
        recalled[rows] = (squared <= fake_radii).any(axis=1)
    return PrecisionRecall(float(precise.mean()), float(recalled.mean()))


def density_coverage(real: Features, fake: Features, k: int = 5) -> DensityCoverage:
    """Density and coverage of samples, `[M, d]`, for real pictures, `[N, d]`.

    Around every real picture is a ball that reaches to its k-th nearest other one, rim included.
    Density: in how many balls a sample lies on average, over k. Coverage: share of the balls that
    hold a sample. Raises `MetricError` unless the real set has more than k >= 1 rows, the fake one
    at least 1, of equal width, all finite.

    Source: Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative models",
    section 3, and its k = 5.
    """
    real, fake = _checked(k, real, fake, least_fake=1)
    radii = _squared_radii(real, k)
    held = np.zeros(len(real), dtype=np.int64)
    for rows, squared in _squared_distances(real, fake):
        held[rows] = (squared <= radii[rows, None]).sum(axis=1)
    return DensityCoverage(float(held.sum() / (k * len(fake))), float((held > 0).mean()))


def memorisation(train: Features, held_out: Features, fake: Features) -> Memorisation:
    """Compare how near samples, `[M, d]`, and held-out pictures, `[H, d]`, lie to the training
    pictures, `[N, d]`.

    The nearest 1 % of the held-out pictures set a mark. A model that learned to draw passes it as
    seldom as they do, one that repeats training pictures often; `suspicious` where that is more
    than 3 standard errors (and one sample) beyond chance, a false alarm in fewer than 2 of 100
    fresh sets. A model that draws only the commonest pictures passes it often too, so the pictures
    themselves have the last word. Take 100 held-out pictures or more, drawn as the training
    pictures were. Raises `MetricError` where a set is empty, of another width, or not finite.

    Source: the comparison is that of Meehan et al. 2020, "A non-parametric test to detect
    data-copying in generative models", at one quantile instead of over all ranks.
    """
    train, held_out, fake = checked_features(
        training=(train, 1), held_out=(held_out, 1), fake=(fake, 1)
    )
    expected, found = _nearest_distances(held_out, train), _nearest_distances(fake, train)
    mark = float(np.quantile(expected, NEAREST, method="inverted_cdf"))
    by_chance = float((expected <= mark).mean())
    share = float((found <= mark).mean())
    error = sqrt(by_chance * (1.0 - by_chance) * (1.0 / len(fake) + 1.0 / len(held_out)))
    suspicious = share > by_chance + 3.0 * error + 1.0 / len(fake)
    start = "Samples may be copies" if suspicious else "No sign of copying"
    advice = " Look at those beside their nearest training pictures." if suspicious else ""
    return Memorisation(
        sample_distance=float(np.median(found)),
        held_out_distance=float(np.median(expected)),
        mark=mark,
        share_nearer=share,
        held_out_share=by_chance,
        suspicious=suspicious,
        verdict=f"{start}: {share:.1%} of the samples lie as near to a training picture as "
        f"the nearest {by_chance:.1%} of the held-out pictures do.{advice}",
    )


def _checked(k: int, real: Features, fake: Features, least_fake: int) -> tuple[Floats, Floats]:
    """Both sets as float64 around the mean of the real one, where rounding is least."""
    if k < 1:
        raise MetricError(f"k is {k}: count 1 neighbour or more.")
    points, samples = checked_features(real=(real, k + 1), fake=(fake, least_fake))
    centre = points.mean(axis=0)
    return points - centre, samples - centre


def _squared_radii(rows: Floats, k: int) -> Floats:
    """Squared distance of each row to the k-th nearest other row, `[N]`."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows)
    _, found = search.kneighbors()  # without an argument no row counts as its own neighbour
    squared: Floats = ((rows - rows[found[:, -1]]) ** 2).sum(axis=1)
    return squared


def _squared_distances(a: Floats, b: Floats) -> Iterator[tuple[slice, Floats]]:
    """(some rows of a, their squared distances to all of b), until all rows have come.

    What rounding may have added is taken off, so that a point on the rim of a ball lies in it.
    """
    from sklearn.metrics import pairwise_distances_chunked

    slack = ROUNDING * max(float((rows * rows).sum(axis=1).max()) for rows in (a, b))
    start = 0
    for squared in pairwise_distances_chunked(
        a, b, metric="euclidean", squared=True, working_memory=MEMORY
    ):
        squared -= slack
        yield slice(start, start + len(squared)), squared
        start += len(squared)


def _nearest_distances(rows: Floats, others: Floats) -> Floats:
    """Distance of each row to the nearest of the others, exactly 0 for a copy, `[N]`."""
    from sklearn.metrics import pairwise_distances_argmin

    centre = others.mean(axis=0)
    nearest: npt.NDArray[np.int64] = pairwise_distances_argmin(rows - centre, others - centre)
    distances: Floats = np.linalg.norm(rows - others[nearest], axis=1)
    return distances
