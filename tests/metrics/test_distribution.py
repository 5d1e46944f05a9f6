"""Fréchet and kernel distance against numbers that are known beforehand."""

import numpy as np
import numpy.typing as npt
import pytest

from genimg.errors import GenimgError, MetricError
from genimg.metrics import (
    diversity,
    frechet_distance,
    frechet_distance_of_moments,
    kernel_distance,
    squared_mmd,
)

Floats = npt.NDArray[np.float64]


def normal(n: int, d: int = 8, seed: int = 0, shift: float = 0.0, scale: float = 1.0) -> Floats:
    return shift + scale * np.random.default_rng(seed).standard_normal((n, d))


def covariance(d: int, seed: int) -> Floats:
    """Some covariance of full rank."""
    factor = np.random.default_rng(seed).standard_normal((d, 2 * d))
    return factor @ factor.T / (2 * d)


def rotation(d: int, seed: int = 0) -> Floats:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]


# -- Fréchet distance of moments


def test_equal_gaussians_are_at_distance_0() -> None:
    mean, cov = np.arange(6.0), covariance(6, 0)
    assert frechet_distance_of_moments(mean, cov, mean, cov) == pytest.approx(0, abs=1e-12)


def test_a_shift_alone_counts_by_its_square() -> None:
    cov = covariance(3, 0)
    shift = np.array([1.0, -2.0, 2.0])
    assert frechet_distance_of_moments(shift, cov, np.zeros(3), cov) == pytest.approx(9.0)


def test_diagonal_covariances_by_hand() -> None:
    """Each axis adds (mean difference)^2 + (difference of the standard deviations)^2."""
    a, b = np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 4.0, 0.0])
    expected = 0.25 + (1 - 2) ** 2 + 0 + 3**2
    found = frechet_distance_of_moments(np.array([0.5, 0, 0]), a, np.zeros(3), b)
    assert found == pytest.approx(expected)


def test_one_dimension_by_hand() -> None:
    found = frechet_distance_of_moments(
        np.array([1.0]), np.array([[9.0]]), np.array([3.0]), np.array([[25.0]])
    )
    assert found == pytest.approx((3 - 1) ** 2 + (5 - 3) ** 2)


def test_covariances_with_the_same_axes_are_as_good_as_diagonal() -> None:
    axes = rotation(4)
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([4.0, 0.5, 3.0, 0.0])
    found = frechet_distance_of_moments(
        np.zeros(4), axes @ np.diag(a) @ axes.T, np.zeros(4), axes @ np.diag(b) @ axes.T
    )
    assert found == pytest.approx(((np.sqrt(a) - np.sqrt(b)) ** 2).sum(), abs=1e-6)


def test_covariances_in_the_plane_by_hand() -> None:
    """Of a 2 x 2 matrix the trace of the root is sqrt(trace + 2 sqrt(determinant))."""
    a, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[5.0, -2.0], [-2.0, 1.0]])
    product = a @ b
    overlap = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    found = frechet_distance_of_moments(np.zeros(2), a, np.zeros(2), b)
    assert found == pytest.approx(np.trace(a) + np.trace(b) - 2 * overlap)


def test_any_covariances_by_the_eigenvalues_of_the_product() -> None:
    a, b = covariance(12, 1), covariance(12, 2)
    roots = np.sqrt(np.linalg.eigvals(a @ b).astype(complex)).real.sum()
    found = frechet_distance_of_moments(np.zeros(12), a, np.zeros(12), b)
    assert found == pytest.approx(np.trace(a) + np.trace(b) - 2 * roots)


def test_order_rotation_and_a_common_shift_make_no_difference() -> None:
    m1, m2 = normal(2, 7)
    a, b, turn = covariance(7, 1), covariance(7, 2), rotation(7)
    found = frechet_distance_of_moments(m1, a, m2, b)
    assert frechet_distance_of_moments(m2, b, m1, a) == pytest.approx(found)
    assert frechet_distance_of_moments(m1 + 5, a, m2 + 5, b) == pytest.approx(found)
    turned = frechet_distance_of_moments(turn @ m1, turn @ a @ turn.T, turn @ m2, turn @ b @ turn.T)
    assert turned == pytest.approx(found)


def test_doubling_all_features_makes_it_four_times_as_much() -> None:
    a, b = normal(300), normal(300, seed=1, shift=0.3, scale=1.4)
    assert frechet_distance(2 * a, 2 * b) == pytest.approx(4 * frechet_distance(a, b))


def test_flat_covariances_are_fine() -> None:
    """Points, lines and planes have moments too."""
    nothing = np.zeros((3, 3))
    assert frechet_distance_of_moments(np.ones(3), nothing, np.zeros(3), nothing) == 3.0
    line = np.outer([1.0, 2.0, 2.0], [1.0, 2.0, 2.0])
    zero = np.zeros(3)
    assert frechet_distance_of_moments(zero, line, zero, nothing) == pytest.approx(9.0)
    assert frechet_distance_of_moments(zero, line, zero, line) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("mean", "cov", "word"),
    [
        (np.zeros(3), np.eye(2), "shapes"),
        (np.zeros((1, 2)), np.eye(2), "shapes"),
        (np.zeros(0), np.zeros((0, 0)), "shapes"),
        (np.array([np.nan, 0.0]), np.eye(2), "not a number"),
        (np.zeros(2), np.diag([1.0, np.inf]), "infinite"),
        (np.zeros(2), np.array([[1.0, 0.5], [0.0, 1.0]]), "symmetric"),
        (np.zeros(2), np.diag([1.0, -1.0]), "negative variance"),
        (np.zeros(3), np.eye(3), "dimensions"),
    ],
)
def test_what_are_no_moments_is_refused(mean: Floats, cov: Floats, word: str) -> None:
    with pytest.raises(MetricError, match=word):
        frechet_distance_of_moments(np.zeros(2), np.eye(2), mean, cov)


# -- Fréchet distance of features


def test_features_are_compared_by_their_unbiased_moments() -> None:
    a, b = normal(50), normal(40, seed=1, shift=0.5)
    expected = frechet_distance_of_moments(
        a.mean(axis=0), np.cov(a, rowvar=False), b.mean(axis=0), np.cov(b, rowvar=False)
    )
    assert frechet_distance(a, b) == pytest.approx(expected)


def test_large_samples_approach_the_true_distance() -> None:
    d = 6
    a, b = covariance(d, 1), covariance(d, 2)
    shift = np.linspace(0, 1, d)
    true = frechet_distance_of_moments(np.zeros(d), a, shift, b)
    real = normal(100_000, d) @ np.linalg.cholesky(a).T
    fake = normal(100_000, d, seed=1) @ np.linalg.cholesky(b).T + shift
    errors = [abs(frechet_distance(real[:n], fake[:n]) - true) for n in (100, 100_000)]
    assert errors[1] < 0.01 * true < errors[0]


def test_the_same_features_are_at_distance_0_in_any_order() -> None:
    rows = normal(30, 64)  # fewer rows than columns
    assert frechet_distance(rows, rows[::-1]) == pytest.approx(0.0, abs=1e-5)


def test_worse_samples_are_further_away() -> None:
    real = normal(2000)
    found = [frechet_distance(real, normal(2000, seed=1, scale=s)) for s in (1, 1.2, 1.5, 2)]
    assert found == sorted(found)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int64])
@pytest.mark.parametrize("measure", [frechet_distance, squared_mmd])
def test_all_is_computed_in_double_precision(measure, kind: type) -> None:
    a = normal(500, shift=1000.0, scale=9.0).astype(kind)
    b = normal(500, seed=1, shift=1001.0, scale=9.0).astype(kind)
    expected = measure(a.astype(np.float64), b.astype(np.float64))
    assert measure(a, b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (12, 30), (39, 39)])
def test_fewer_pictures_than_features_have_the_distance_of_their_moments(n: int, m: int) -> None:
    a, b = normal(n, 40), normal(m, 40, seed=1, shift=0.5, scale=1.3)
    moments = [part for x in (a, b) for part in (x.mean(axis=0), np.cov(x, rowvar=False))]
    expected = frechet_distance_of_moments(*moments)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(a, a[::-1]) == pytest.approx(0.0, abs=1e-9)


# -- diversity


def test_diversity_is_the_mean_distance_of_two_samples_over_that_of_two_real_pictures() -> None:
    real = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])  # 5, 0 and 5 apart
    fake = np.array([[9.0, 1.0], [9.0, 2.0]])
    assert diversity(real, fake) == pytest.approx(1 / (10 / 3))
    a, b = normal(900, 5), normal(700, 5, seed=1, shift=7.0, scale=0.5)
    pairs = [
        np.mean([np.linalg.norm(x[i] - x[i + 1 :], axis=1).sum() for i in range(len(x) - 1)])
        / (0.5 * len(x))
        for x in (a, b)
    ]
    assert diversity(a, b) == pytest.approx(pairs[1] / pairs[0], rel=1e-9)


def test_diversity_tells_repeats_and_does_not_depend_on_number_or_place() -> None:
    real = normal(1000)
    assert diversity(real, np.repeat(normal(1, seed=2), 50, axis=0)) == pytest.approx(0, abs=1e-6)
    assert diversity(real, normal(300, seed=1)) == pytest.approx(1.0, abs=0.03)
    assert diversity(real, normal(300, seed=1, shift=50.0)) == pytest.approx(1.0, abs=0.03)
    assert diversity(real, normal(300, seed=1, scale=2.0)) == pytest.approx(2.0, abs=0.06)
    assert diversity(7 * real + 1, 7 * normal(90) + 9) == pytest.approx(diversity(real, normal(90)))
    with pytest.raises(MetricError, match="all the same: give some that differ"):
        diversity(np.repeat(normal(1) + 1e6, 9, axis=0), real)


@pytest.mark.parametrize("measure", [frechet_distance, squared_mmd, kernel_distance, diversity])
@pytest.mark.parametrize(
    ("features", "word"),
    [
        (normal(100, 7), "same network"),
        (normal(1), "or more fake pictures, and got 1"),
        (normal(0), "got 0"),
        (np.where(normal(100) > 2, np.nan, 0.0), "not a number"),
        (np.where(normal(100) > 2, np.inf, 0.0), "infinite"),
        (normal(100).ravel(), "one row for each picture"),
        (normal(100).reshape(50, 2, 8), "one row for each picture"),
        (np.zeros((100, 0)), "one row for each picture"),
        (normal(100).astype(complex), "real numbers"),
        (normal(100).astype(str), "real numbers"),
    ],
)
def test_features_that_cannot_be_compared_are_refused(measure, features, word: str) -> None:
    with pytest.raises(MetricError, match=word):
        measure(normal(100), features)
    assert issubclass(MetricError, GenimgError)


def test_the_features_given_stay_as_they_are() -> None:
    a, b = normal(40, shift=3.0), normal(40, seed=1)
    before = a.copy(), b.copy()
    frechet_distance(a, b)
    kernel_distance(a, b)
    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(b, before[1])


# -- kernel distance


def mmd_by_the_paper(a: Floats, b: Floats) -> float:
    """Pair by pair, in plain Python."""

    def k(x: Floats, y: Floats) -> float:
        return (sum(float(p) * float(q) for p, q in zip(x, y, strict=True)) / len(x) + 1) ** 3

    def among(rows: Floats) -> float:
        n = len(rows)
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        return sum(k(rows[i], rows[j]) for i, j in pairs) / len(pairs)

    across = [k(x, y) for x in a for y in b]
    return among(a) + among(b) - 2 * sum(across) / len(across)


@pytest.mark.parametrize(("n", "m", "d"), [(2, 2, 1), (7, 7, 3), (9, 5, 4)])
def test_mmd_is_that_of_the_paper(n: int, m: int, d: int) -> None:
    a, b = normal(n, d), normal(m, d, seed=1, shift=0.7)
    assert squared_mmd(a, b) == pytest.approx(mmd_by_the_paper(a, b))
    assert squared_mmd(b, a) == pytest.approx(squared_mmd(a, b))


def test_mmd_of_constants_by_hand() -> None:
    """All x = 1, all y = 3, d = 1: (1 + 1)^3 + (9 + 1)^3 - 2 (3 + 1)^3."""
    assert squared_mmd(np.ones((4, 1)), np.full((5, 1), 3.0)) == pytest.approx(8 + 1000 - 128)


def test_mmd_in_chunks_is_mmd_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = normal(50), normal(33, seed=1)
    whole = squared_mmd(a, b)
    monkeypatch.setattr("genimg.metrics.distribution.CHUNK", 7)
    assert squared_mmd(a, b) == pytest.approx(whole, rel=1e-9)


def test_it_is_about_0_for_the_same_distribution() -> None:
    found = kernel_distance(normal(3000, 16), normal(3000, 16, seed=1))
    assert abs(found.mean) < 3 * found.standard_error
    assert found.subsets == 10


def test_it_is_unbiased_and_its_error_honest() -> None:
    """Over many draws of few rows the mean goes to 0, and 3 standard errors are rarely left."""
    found = [
        kernel_distance(normal(60, 4, seed=2 * i), normal(60, 4, seed=2 * i + 1))
        for i in range(300)
    ]
    means = np.array([one.mean for one in found])
    assert abs(means.mean()) < 3 * means.std() / np.sqrt(len(means))
    assert np.mean([abs(one.mean) < 3 * one.standard_error for one in found]) > 0.95
    assert (means < 0).mean() > 0.3, "an unbiased estimate of 0 is often below it"


def test_it_is_clearly_positive_for_another_distribution() -> None:
    for fake in (normal(3000, 16, seed=1, shift=0.3), normal(3000, 16, seed=1, scale=1.5)):
        found = kernel_distance(normal(3000, 16), fake)
        assert found.mean > 5 * found.standard_error


def test_it_does_not_depend_on_the_number_of_pictures_as_frechet_does() -> None:
    """Few rows make the Fréchet distance large, and this one only less certain."""
    few, many = ((normal(n, 16), normal(n, 16, seed=1, shift=0.3)) for n in (200, 5000))
    assert frechet_distance(*few) > 1.5 * frechet_distance(*many)
    a, b = kernel_distance(*few), kernel_distance(*many)
    assert abs(a.mean - b.mean) < 3 * np.hypot(a.standard_error, b.standard_error)
    assert b.standard_error < a.standard_error / 2


def test_the_true_value_is_found() -> None:
    """x = 0 and y = 1 or -1 by a coin, d = 1: E k(y, y') = (8 + 0) / 2, k(x, .) = 1."""
    coins = np.random.default_rng(0).choice([-1.0, 1.0], (20_000, 1))
    found = kernel_distance(np.zeros((20_000, 1)), coins)
    assert abs(found.mean - (1 + 4 - 2)) < 4 * found.standard_error + 1e-9


def test_a_seed_is_a_result() -> None:
    a, b = normal(300), normal(250, seed=1, shift=0.2)
    assert kernel_distance(a, b, seed=3) == kernel_distance(a, b, seed=3)
    assert kernel_distance(a, b, seed=3) != kernel_distance(a, b, seed=4)


def test_subsets_are_whole_and_share_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[float], list[float]]] = []

    def note(a: Floats, b: Floats) -> float:
        seen.append((a[:, 0].tolist(), b[:, 0].tolist()))
        return float(len(seen))

    monkeypatch.setattr("genimg.metrics.distribution.squared_mmd", note)
    found = kernel_distance(np.arange(23.0)[:, None], np.arange(11.0)[:, None], subsets=5)
    assert sorted(x for part, _ in seen for x in part) == list(range(23))
    assert sorted(y for _, part in seen for y in part) == list(range(11))
    assert seen[0][0] != [0, 1, 2, 3, 4]
    assert seen[0][1] != [0, 1, 2]
    assert found.mean == 3.0
    assert found.standard_error == pytest.approx(np.std([1, 2, 3, 4, 5], ddof=1) / np.sqrt(5))


def test_too_few_subsets_or_rows_for_them_are_refused() -> None:
    with pytest.raises(MetricError, match="2 subsets"):
        kernel_distance(normal(50), normal(50), subsets=1)
    with pytest.raises(MetricError, match="10 or more real pictures, and got 9"):
        kernel_distance(normal(9), normal(50), subsets=5)
    assert kernel_distance(normal(10), normal(10, seed=1), subsets=5).subsets == 5
