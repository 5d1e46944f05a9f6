"""Precision and recall, density and coverage, memorisation: extreme cases, and the definitions
written out point by point.
"""

import numpy as np
import numpy.typing as npt
import pytest
import sklearn.metrics

from genimg.errors import MetricError
from genimg.metrics import density_coverage, memorisation, precision_recall

Floats = npt.NDArray[np.float64]


def normal(n: int, d: int = 6, seed: int = 0, shift: float = 0.0, scale: float = 1.0) -> Floats:
    return shift + scale * np.random.default_rng(seed).standard_normal((n, d))


def clusters(n: int, modes: list[int], seed: int) -> Floats:
    """Rows in well separated clusters, as many in each."""
    centres = 100.0 * np.eye(6)[np.resize(modes, n)]
    return centres + normal(n, seed=seed)


def between(x: Floats, y: Floats) -> float:
    return float(np.sqrt(((x - y) ** 2).sum()))


def radius(rows: Floats, i: int, k: int) -> float:
    """Distance of row i to its k-th nearest other row."""
    return sorted(between(rows[i], rows[j]) for j in range(len(rows)) if j != i)[k - 1]


def share_within(points: Floats, rows: Floats, k: int) -> float:
    """Kynkäänniemi et al. 2019, equations 1 and 2."""
    radii = [radius(rows, i, k) for i in range(len(rows))]
    hits = [
        any(between(point, row) <= reach for row, reach in zip(rows, radii, strict=True))
        for point in points
    ]
    return sum(hits) / len(hits)


def density_by_the_paper(real: Floats, fake: Floats, k: int) -> float:
    radii = [radius(real, i, k) for i in range(len(real))]
    hits = [between(y, x) <= r for y in fake for x, r in zip(real, radii, strict=True)]
    return sum(hits) / (k * len(fake))


def coverage_by_the_paper(real: Floats, fake: Floats, k: int) -> float:
    hits = [any(between(x, y) <= radius(real, i, k) for y in fake) for i, x in enumerate(real)]
    return sum(hits) / len(hits)


def small_sets(case: str) -> tuple[Floats, Floats]:
    """Cases of few rows; in those on a grid many distances are equal and rows occur twice."""
    rng = np.random.default_rng(5)
    if case == "grid":
        return rng.integers(0, 4, (25, 2)) * 1.0, rng.integers(1, 5, (30, 2)) * 1.0
    if case == "grid far away":
        return rng.integers(0, 4, (25, 2)) + 1e4, rng.integers(1, 5, (30, 2)) + 1e4
    if case == "tenths":  # no float is exactly a tenth
        return rng.integers(0, 4, (25, 3)) * 0.1, rng.integers(1, 5, (30, 3)) * 0.1
    if case == "half are copies":
        real = normal(24)
        return real, np.concatenate([real[:12], normal(12, seed=1)])
    return normal(30, 3), normal(20, 3, seed=1, shift=0.6)


CASES = ["plain", "grid", "grid far away", "tenths", "half are copies"]


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("case", CASES)
def test_all_four_are_those_of_the_papers(case: str, k: int) -> None:
    real, fake = small_sets(case)
    if case == "tenths":  # the definitions do not round as one would wish: whole numbers do
        exact_real, exact_fake = np.round(real * 10), np.round(fake * 10)
    else:
        exact_real, exact_fake = real, fake
    found = precision_recall(real, fake, k)
    assert found.precision == pytest.approx(share_within(exact_fake, exact_real, k))
    assert found.recall == pytest.approx(share_within(exact_real, exact_fake, k))
    other = density_coverage(real, fake, k)
    assert other.density == pytest.approx(density_by_the_paper(exact_real, exact_fake, k))
    assert other.coverage == pytest.approx(coverage_by_the_paper(exact_real, exact_fake, k))


def test_distances_in_chunks_are_those_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = normal(700), normal(500, seed=1, shift=0.2)
    whole = precision_recall(real, fake), density_coverage(real, fake)
    chunks = []
    plain = sklearn.metrics.pairwise_distances_chunked

    def counting(*arguments, **options):
        for chunk in plain(*arguments, **{**options, "working_memory": 0.1}):
            chunks.append(len(chunk))
            yield chunk

    monkeypatch.setattr(sklearn.metrics, "pairwise_distances_chunked", counting)
    assert (precision_recall(real, fake), density_coverage(real, fake)) == whole
    assert len(chunks) > 10
    assert sum(chunks) == 2 * 700


# -- extreme cases


def test_identical_sets_have_all() -> None:
    for rows in (normal(300), np.repeat(normal(30), 10, axis=0), np.zeros((20, 3))):
        both = precision_recall(rows, rows.copy())
        assert (both.precision, both.recall) == (1.0, 1.0)
        assert density_coverage(rows, rows.copy()).coverage == 1.0


def test_each_ball_around_identical_sets_holds_k_and_its_centre() -> None:
    rows = normal(300)
    assert density_coverage(rows, rows.copy(), k=5).density == pytest.approx(6 / 5)


def test_disjoint_sets_have_nothing() -> None:
    real, fake = normal(300), normal(300, seed=1, shift=1000.0)
    both, other = precision_recall(real, fake), density_coverage(real, fake)
    assert (both.precision, both.recall) == (0.0, 0.0)
    assert (other.density, other.coverage) == (0.0, 0.0)


def test_samples_of_the_same_distribution_have_density_1_and_the_known_coverage() -> None:
    """Naeem et al. 2020: coverage is 1 - 2^-k for large sets of equal size."""
    real, fake = normal(3000), normal(3000, seed=1)
    for k in (1, 3, 5):
        found = density_coverage(real, fake, k)
        assert found.density == pytest.approx(1.0, abs=0.06)
        assert found.coverage == pytest.approx(1 - 2.0**-k, abs=0.03)
    both = precision_recall(real, fake)
    assert both.precision == pytest.approx(both.recall, abs=0.05)
    assert both.precision > 0.6


def test_collapsed_samples_are_precise_and_cover_nothing() -> None:
    real = normal(500)
    fake = np.repeat(real[:1], 500, axis=0)
    both, other = precision_recall(real, fake), density_coverage(real, fake)
    assert both.precision == 1.0
    assert both.recall == 1 / 500, "the one picture that all repeat"
    assert other.coverage < 0.05


def test_with_half_of_the_modes_missing_half_is_recalled_and_covered() -> None:
    real = clusters(1200, [0, 1, 2, 3], seed=0)
    fake = clusters(1200, [0, 1], seed=1)
    both, other = precision_recall(real, fake), density_coverage(real, fake)
    whole = precision_recall(real, clusters(1200, [0, 1, 2, 3], seed=2))
    assert both.precision > 0.6
    assert both.recall == pytest.approx(0.5, abs=0.08)
    assert both.recall < 0.65 * whole.recall
    assert other.coverage == pytest.approx(0.5, abs=0.02)


def test_with_half_of_the_samples_astray_half_is_precise() -> None:
    real = clusters(1200, [0, 1], seed=0)
    fake = clusters(1200, [0, 1, 2, 3], seed=1)
    both, other = precision_recall(real, fake), density_coverage(real, fake)
    assert both.precision == pytest.approx(0.5, abs=0.08)
    assert both.recall > 0.6
    assert other.density == pytest.approx(0.5, abs=0.06)
    assert other.coverage > 0.8


def test_precision_of_one_order_is_recall_of_the_other() -> None:
    a, b = normal(200), normal(150, seed=1, shift=0.5)
    there, back = precision_recall(a, b), precision_recall(b, a)
    assert (there.precision, there.recall) == (back.recall, back.precision)


def test_one_outlier_among_the_real_pictures_fools_precision_but_not_density() -> None:
    """Why there are two pairs: Naeem et al. 2020, section 3."""
    real = np.concatenate([normal(500), np.full((1, 6), 50.0)])
    fake = np.full((500, 6), 30.0) + normal(500, seed=1)
    assert precision_recall(real, fake).precision > 0.9
    assert density_coverage(real, fake).density < 0.3


def test_scale_place_and_precision_of_the_features_make_no_difference() -> None:
    real, fake = normal(400), normal(400, seed=1, shift=0.3)
    both, other = precision_recall(real, fake), density_coverage(real, fake)
    for change in (lambda x: 1e-6 * x, lambda x: 1e6 * x, lambda x: x + 1e6, np.float32):
        assert precision_recall(change(real), change(fake)) == both
        assert density_coverage(change(real), change(fake)) == other


def test_as_few_rows_as_can_be() -> None:
    assert precision_recall(normal(4), normal(4), k=3).precision == 1.0
    assert density_coverage(normal(6), normal(1), k=5).coverage > 0
    with pytest.raises(MetricError, match="4 or more real"):
        precision_recall(normal(3), normal(4), k=3)
    with pytest.raises(MetricError, match="4 or more fake"):
        precision_recall(normal(4), normal(3), k=3)
    with pytest.raises(MetricError, match="6 or more real"):
        density_coverage(normal(5), normal(9), k=5)
    with pytest.raises(MetricError, match="1 or more fake"):
        density_coverage(normal(6), normal(0), k=5)


@pytest.mark.parametrize("measure", [precision_recall, density_coverage])
def test_what_cannot_be_compared_is_refused(measure) -> None:
    with pytest.raises(MetricError, match="k is 0"):
        measure(normal(9), normal(9), k=0)
    with pytest.raises(MetricError, match="same network"):
        measure(normal(9), normal(9, 5))
    with pytest.raises(MetricError, match="not a number"):
        measure(normal(9), np.where(normal(9) > 1, np.nan, 0.0))


# -- memorisation


def test_fresh_samples_show_no_sign_of_copying() -> None:
    found = memorisation(normal(2000), normal(1000, seed=1), normal(1000, seed=2))
    assert not found.suspicious
    assert found.held_out_share == pytest.approx(0.01)
    assert found.share_nearer < 0.03
    assert found.sample_distance == pytest.approx(found.held_out_distance, rel=0.05)
    assert found.verdict.startswith("No sign of copying: ")


def test_copied_training_rows_are_found() -> None:
    train = normal(2000)
    found = memorisation(train, normal(1000, seed=1), train[:700])
    assert found.suspicious
    assert (found.sample_distance, found.share_nearer) == (0.0, 1.0)
    assert found.verdict.startswith("Samples may be copies: 100.0% of the samples")
    assert "nearest 1.0% of the held-out" in found.verdict


def test_a_few_copies_among_fresh_samples_are_found() -> None:
    """The medians do not tell, the share does."""
    train = normal(2000)
    nearly = train[:60] + 1e-3 * normal(60, seed=3)
    fake = np.concatenate([normal(940, seed=2), nearly])
    found = memorisation(train, normal(1000, seed=1), fake)
    assert found.suspicious
    assert found.share_nearer == pytest.approx(0.07, abs=0.02)
    assert found.sample_distance > 0.9 * found.held_out_distance


def test_copies_are_found_where_held_out_pictures_are_copies_too() -> None:
    """Drawn pictures of few parts repeat: then more than 1 % of the held-out ones lie at 0."""
    train = normal(500)
    held_out = np.concatenate([train[:50], normal(450, seed=1)])
    honest = np.concatenate([train[50:100], normal(450, seed=2)])
    found = memorisation(train, held_out, honest)
    assert (found.mark, found.held_out_share, found.share_nearer) == (0.0, 0.1, 0.1)
    assert not found.suspicious
    assert memorisation(train, held_out, train[:200]).suspicious


def test_chance_rarely_raises_the_alarm() -> None:
    """Of few samples too, where one more or less is a large share."""
    for n in (10, 100, 400):
        alarms = [
            memorisation(
                normal(200, 3, seed=3 * i), normal(200, 3, seed=3 * i + 1),
                normal(n, 3, seed=3 * i + 2),
            ).suspicious
            for i in range(100)
        ]  # fmt: skip
        assert sum(alarms) <= 4, n


def test_one_copy_among_five_samples_may_be_chance_two_are_not() -> None:
    train, held_out, fresh = normal(500), normal(1000, seed=1), normal(5, seed=2)
    assert not memorisation(train, held_out, np.concatenate([train[:1], fresh[1:]])).suspicious
    assert memorisation(train, held_out, np.concatenate([train[:2], fresh[2:]])).suspicious


def test_blurred_samples_are_nearer_to_all_and_no_copies_for_it() -> None:
    """Samples a little nearer on the whole shift the median and hardly the tail."""
    train, held_out = normal(3000, 32), normal(1000, 32, seed=1)
    found = memorisation(train, held_out, normal(1000, 32, seed=2, scale=0.97))
    assert found.sample_distance < found.held_out_distance
    assert not found.suspicious


def test_memorisation_point_by_point() -> None:
    train, held_out, fake = normal(30, 3), normal(25, 3, seed=1), normal(20, 3, seed=2, scale=0.5)
    of_held_out = [min(between(x, t) for t in train) for x in held_out]
    of_fake = [min(between(x, t) for t in train) for x in fake]
    found = memorisation(train, held_out, fake)
    assert found.sample_distance == pytest.approx(np.median(of_fake))
    assert found.held_out_distance == pytest.approx(np.median(of_held_out))
    assert found.mark == pytest.approx(min(of_held_out))
    assert found.share_nearer == pytest.approx(np.mean(np.array(of_fake) <= found.mark))


def test_a_copy_far_from_0_is_at_distance_0() -> None:
    train = normal(100, shift=1e5)
    assert memorisation(train, normal(50, shift=1e5, seed=1), train[:9]).sample_distance == 0.0


@pytest.mark.parametrize("empty", ["training", "held-out", "fake"])
def test_an_empty_set_is_refused(empty: str) -> None:
    sets = [normal(0 if name == empty else 9) for name in ("training", "held-out", "fake")]
    with pytest.raises(MetricError, match=f"1 or more {empty} pictures, and got 0"):
        memorisation(*sets)


def test_memorisation_refuses_other_widths_and_nan() -> None:
    with pytest.raises(MetricError, match="fake features have 5 columns"):
        memorisation(normal(9), normal(9), normal(9, 5))
    with pytest.raises(MetricError, match="held-out features are infinite"):
        memorisation(normal(9), np.full((9, 6), np.inf), normal(9))
