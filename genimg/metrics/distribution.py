"""Are the samples spread as the data are? Fréchet and kernel distance of their features, how far
they are from each other, and the counts of their labels.

Features are float `[N, d]`, one row for each picture, from one network for both sets: a number
means something only beside others from the same network, and beside what two real halves of the
same sizes get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genimg.errors import MetricError

Features = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]

MEMORY = 64
"""MiB of distances held at once."""
CHUNK = 1024
"""Rows of a kernel matrix that are held at once."""
ASYMMETRY = 1e-6
"""How far a covariance may be from symmetric and positive, as a share of its largest entry."""


@dataclass(frozen=True)
class KernelDistance:
    """A kernel distance and how sure it is.

    Attributes:
        mean: of the squared MMD over the subsets; 0 in expectation where both sets are drawn from
            the same distribution, so now and then a little below it. No upper bound.
        standard_error: of that mean, from 0. The subsets have no row in common.
        subsets: how many there were.
    """

    mean: float
    standard_error: float
    subsets: int


@dataclass(frozen=True)
class FactorHistograms:
    """How often each value of one factor occurs among real pictures and among samples.

    Attributes:
        values: plain names of the values.
        real, fake: counts, in the order of `values`; pictures of unknown value are not counted.
        distance: `histogram_distance` of the two, 0 (the same shares) to 1 (no value in common).
        missing: values that occur among real pictures but never among the samples.
    """

    values: tuple[str, ...]
    real: tuple[int, ...]
    fake: tuple[int, ...]
    distance: float
    missing: tuple[str, ...]


def checked_features(**sets: tuple[Features, int]) -> tuple[Floats, ...]:
    """The feature arrays as float64, once it is certain that they can be compared.

    Each set comes as name=(features, the fewest rows it may have). Raises `MetricError` where one
    is no table `[N, d]`, has fewer rows, another width than the first, or numbers that are not
    finite.
    """
    checked: list[Floats] = []
    for key, (features, least) in sets.items():
        rows, name = np.asarray(features), key.replace("_", "-")
        if rows.ndim != 2 or rows.shape[1] == 0 or rows.dtype.kind not in "fiu":
            raise MetricError(
                f"The {name} features are {rows.dtype} {list(rows.shape)}: give real numbers "
                "[N, d], one row for each picture."
            )
        if len(rows) < least:
            raise MetricError(
                f"This needs {least} or more {name} pictures, and got {len(rows)}: give more."
            )
        if checked and rows.shape[1] != checked[0].shape[1]:
            raise MetricError(
                f"The {name} features have {rows.shape[1]} columns and those before them "
                f"{checked[0].shape[1]}: compute all with the same network."
            )
        if not np.isfinite(rows).all():
            raise MetricError(
                f"Some {name} features are infinite or not a number: look at the pictures and "
                "the network that they come from."
            )
        checked.append(rows.astype(np.float64))
    return tuple(checked)


def frechet_distance(real: Features, fake: Features) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features, float `[N, d]`, `[M, d]`.

    In squared units of the features: 0 for equal mean and covariance, no upper bound. Covariances
    are the unbiased ones, in float64. Fewer pictures give larger values, so compare only at equal N
    and M, and take more rows than columns. Raises `MetricError` for fewer than 2 rows a set, other
    widths, or numbers that are not finite.

    Source: Heusel et al. 2017, "GANs trained by a two time-scale update rule", equation 6.
    """
    real, fake = checked_features(real=(real, 2), fake=(fake, 2))
    if max(len(real), len(fake)) < real.shape[1]:
        return _frechet_distance_of_few(real, fake)
    return frechet_distance_of_moments(*_moments(real), *_moments(fake))


def frechet_distance_of_moments(
    real_mean: Features, real_cov: Features, fake_mean: Features, fake_cov: Features
) -> float:
    """Fréchet distance between two Gaussians of given mean `[d]` and covariance `[d, d]`.

    |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)), where the trace of the root is that of
    (S1^(1/2) S2 S1^(1/2))^(1/2): a symmetric matrix, so no complex numbers come up. From 0; the
    same for both orders. Raises `MetricError` where shapes do not fit or a covariance is none.

    Source: Dowson and Landau 1982, "The Fréchet distance between multivariate normal
    distributions"; equation 6 of Heusel et al. 2017.
    """
    m1, s1 = _checked_moments("real", real_mean, real_cov)
    m2, s2 = _checked_moments("fake", fake_mean, fake_cov)
    if m1.shape != m2.shape:
        raise MetricError(
            f"The real moments have {len(m1)} dimensions and the fake ones {len(m2)}: compute both "
            "with the same network."
        )
    variances, axes = np.linalg.eigh(s1)
    root = axes * np.sqrt(np.maximum(variances, 0.0))  # (d, d); root @ root.T is s1
    # root.T s2 root has the eigenvalues of s1^(1/2) s2 s1^(1/2).
    products = np.linalg.eigvalsh(_symmetric(root.T @ s2 @ root))
    overlap = np.sqrt(np.maximum(products, 0.0)).sum()
    distance = ((m1 - m2) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2.0 * overlap
    return max(0.0, float(distance))


def kernel_distance(
    real: Features, fake: Features, subsets: int = 10, seed: int = 0
) -> KernelDistance:
    """Squared MMD with the cubic kernel, known as KID, of two sets of features, `[N, d]`, `[M, d]`.

    Each set is shuffled with `seed` and cut into `subsets` parts that share no row; so every row is
    used once and the standard error is an honest one, unlike that of subsets which overlap. No bias
    from the number of pictures. Raises `MetricError` where a part would have fewer than 2 rows, or
    the features cannot be compared.

    Source: Bińkowski et al. 2018, "Demystifying MMD GANs", section 4.
    """
    if subsets < 2:
        raise MetricError(f"A standard error needs 2 subsets or more, not {subsets}.")
    real, fake = checked_features(real=(real, 2 * subsets), fake=(fake, 2 * subsets))
    rng = np.random.default_rng(seed)
    parts = zip(
        np.array_split(rng.permutation(real), subsets),
        np.array_split(rng.permutation(fake), subsets),
        strict=True,
    )
    found = np.array([squared_mmd(a, b) for a, b in parts])
    error = found.std(ddof=1) / np.sqrt(subsets)
    return KernelDistance(float(found.mean()), float(error), subsets)


def squared_mmd(real: Features, fake: Features) -> float:
    """Unbiased estimate of the squared MMD under k(x, y) = (x.y / d + 1)^3 from all rows at once.

    `kernel_distance` is the mean of this over subsets. No bounds: below 0 as often as above where
    both sets, `[N, d]` and `[M, d]`, come from one distribution. Raises `MetricError` for fewer
    than 2 rows, other widths, or numbers that are not finite.

    Source: Gretton et al. 2012, "A kernel two-sample test", equation 3; the kernel is that of
    Bińkowski et al. 2018, section 4.
    """
    real, fake = checked_features(real=(real, 2), fake=(fake, 2))
    n, m = len(real), len(fake)
    within = _pair_sum(real) / (n * (n - 1)) + _pair_sum(fake) / (m * (m - 1))
    return within - 2.0 * _kernel_sum(real, fake) / (n * m)


def diversity(real: Features, fake: Features) -> float:
    """How unlike each other samples, `[M, d]`, are beside real pictures, `[N, d]`.

    The mean Euclidean distance over all pairs of two samples, divided by that over all pairs of two
    real pictures. From 0 (the same picture again and again); 1 where samples are as different from
    each other as real pictures are, more where they are more so (noise is, too: this says nothing
    of how good they are). Expected to be the same for any numbers of pictures. Raises `MetricError`
    for fewer than 2 rows a set, other widths, numbers that are not finite, or real pictures that
    are all the same.
    """
    real, fake = checked_features(real=(real, 2), fake=(fake, 2))
    if (real == real[0]).all():
        raise MetricError("The real pictures are all the same: give some that differ.")
    return _mean_distance(fake) / _mean_distance(real)


def histogram_distance(
    real: Sequence[int] | Integers | Features, fake: Sequence[int] | Integers | Features
) -> float:
    """Total variation distance of two histograms over the same values, from their counts `[V]`.

    Half the sum of |p - q| over the values: the least share of the samples whose value would have
    to change for the histograms to agree. 0 (the same shares) to 1 (no value in common). Raises
    `MetricError` where the lengths differ, a count is below 0 or not finite, or all are 0.

    Source: Levin, Peres and Wilmer 2009, "Markov chains and mixing times", proposition 4.2.
    """
    p, q = _shares("real", real), _shares("fake", fake)
    if p.shape != q.shape:
        raise MetricError(
            f"The histograms have {len(p)} and {len(q)} values: count the same values in both."
        )
    return min(1.0, float(0.5 * np.abs(p - q).sum()))


def factor_histograms(real: Integers, fake: Integers, values: Sequence[str]) -> FactorHistograms:
    """Count the labels of one factor among real pictures and among samples, int `[N]` and `[M]`.

    A label is the index of its value in `values`, or -1 where it is unknown; those are not counted.
    Raises `MetricError` where a label is outside of that or nothing is left to count.
    """
    real_counts = _counts("real", real, len(values))
    fake_counts = _counts("fake", fake, len(values))
    missing = (real_counts > 0) & (fake_counts == 0)
    return FactorHistograms(
        values=tuple(values),
        real=tuple(int(count) for count in real_counts),
        fake=tuple(int(count) for count in fake_counts),
        distance=histogram_distance(real_counts, fake_counts),
        missing=tuple(value for value, gone in zip(values, missing, strict=True) if gone),
    )


def _frechet_distance_of_few(real: Floats, fake: Floats) -> float:
    """The same where there are fewer rows than columns, from matrices of the size of the rows.

    With S1 = A'A and S2 = B'B, of the centred rows, Tr (S1 S2)^(1/2) is the sum of the singular
    values of A B', as (B'B)(A'A) and (A B')(A B')' have the same eigenvalues other than 0.
    """
    means = [rows.mean(axis=0) for rows in (real, fake)]
    a, b = (
        (rows - mean) / np.sqrt(len(rows) - 1)
        for rows, mean in zip((real, fake), means, strict=True)
    )
    overlap = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    gap = ((means[0] - means[1]) ** 2).sum()
    return max(0.0, float(gap + (a * a).sum() + (b * b).sum() - 2.0 * overlap))


def _moments(rows: Floats) -> tuple[Floats, Floats]:
    mean = rows.mean(axis=0)
    centred = rows - mean
    return mean, centred.T @ centred / (len(rows) - 1)


def _checked_moments(name: str, mean: Features, cov: Features) -> tuple[Floats, Floats]:
    """Mean and covariance as float64, the covariance exactly symmetric."""
    centre, spread = np.asarray(mean, dtype=np.float64), np.asarray(cov, dtype=np.float64)
    if centre.ndim != 1 or len(centre) == 0 or spread.shape != (len(centre), len(centre)):
        raise MetricError(
            f"The {name} moments have the shapes {list(centre.shape)} and {list(spread.shape)}: "
            "give a mean [d] and a covariance [d, d]."
        )
    if not (np.isfinite(centre).all() and np.isfinite(spread).all()):
        raise MetricError(f"The {name} moments are infinite or not a number.")
    even = _symmetric(spread)
    slack = ASYMMETRY * np.abs(spread).max()
    if np.abs(spread - even).max() > slack or np.linalg.eigvalsh(even)[0] < -slack:
        raise MetricError(
            f"The {name} covariance is none: it must be symmetric, without negative variance in "
            "any direction."
        )
    return centre, even


def _symmetric(matrix: Floats) -> Floats:
    return 0.5 * (matrix + matrix.T)


def _mean_distance(rows: Floats) -> float:
    """Mean Euclidean distance of two different rows."""
    from sklearn.metrics import pairwise_distances_chunked

    parts = pairwise_distances_chunked(rows - rows.mean(axis=0), working_memory=MEMORY)
    return float(sum(part.sum() for part in parts)) / (len(rows) * (len(rows) - 1))


def _kernel_sum(a: Floats, b: Floats) -> float:
    """Sum of k(x, y) over all rows x of a and y of b."""
    total = 0.0
    for i in range(0, len(a), CHUNK):
        base = a[i : i + CHUNK] @ b.T / a.shape[1] + 1.0
        total += float((base * base * base).sum())
    return total


def _pair_sum(rows: Floats) -> float:
    """Sum of k(x, y) over all pairs of two rows; a row with itself is no pair."""
    with_itself = ((rows * rows).sum(axis=1) / rows.shape[1] + 1.0) ** 3
    return _kernel_sum(rows, rows) - float(with_itself.sum())


def _shares(name: str, counts: Sequence[int] | Integers | Features) -> Floats:
    """Counts divided by their sum."""
    found = np.asarray(counts, dtype=np.float64)
    if found.ndim != 1 or not np.isfinite(found).all() or (found < 0).any() or found.sum() == 0:
        raise MetricError(
            f"The {name} histogram must be one row of counts from 0, with something counted."
        )
    shares: Floats = found / found.sum()
    return shares


def _counts(name: str, labels: Integers, values: int) -> npt.NDArray[np.int64]:
    found = np.asarray(labels)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise MetricError(
            f"The {name} labels are {found.dtype} {list(found.shape)}: give whole numbers [N], "
            "those of one factor."
        )
    if len(found) and (found.min() < -1 or found.max() >= values):
        raise MetricError(
            f"The {name} labels run from {found.min()} to {found.max()}: with {values} values they "
            f"go from 0 to {values - 1}, and -1 where a value is unknown."
        )
    known = found[found >= 0].astype(np.int64)
    return np.bincount(known, minlength=values)
