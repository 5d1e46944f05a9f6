"""Scores of disentanglement: codes made so that the answer is known, and the definitions written
out.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from genimg.errors import MetricError
from genimg.metrics import score_disentanglement
from genimg.metrics.disentanglement import (
    DCI,
    attribute_predictability,
    dci,
    factor_vae_score,
    mutual_information_gap,
)
from genimg.metrics.properties import equal_bins

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ROWS = 600
KINDS = ("labels", "numbers")
NAMES = ("MIG", "SAP", "disentanglement", "completeness", "informativeness", "FactorVAE")
SCORES = (mutual_information_gap, attribute_predictability, dci, factor_vae_score)


def scores(codes: Floats, factors: npt.NDArray[Any]) -> dict[str, float]:
    """All of NAMES."""
    found = score_disentanglement(codes, factors)
    told = found.dci
    values = (found.mig, found.sap, told.disentanglement, told.completeness, told.informativeness)
    return dict(zip(NAMES, (*values, found.factor_vae), strict=True))


def labels(rows: int = ROWS, values: tuple[int, ...] = (2, 3, 4, 5)) -> Integers:
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(0, k, rows) for k in values], axis=1)


def numbers(rows: int = ROWS, columns: int = 4) -> Floats:
    return np.random.default_rng(0).uniform(-1.0, 1.0, (rows, columns))


def noise(rows: int = ROWS, columns: int = 6, seed: int = 9) -> Floats:
    return np.random.default_rng(seed).standard_normal((rows, columns))


def properties(kind: str) -> npt.NDArray[Any]:
    return labels() if kind == "labels" else numbers()


def scaled(factors: npt.NDArray[Any]) -> Floats:
    """Properties as codes, each with mean 0 and variance 1."""
    codes: Floats = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    return codes


def turned(codes: Floats, seed: int = 3) -> Floats:
    """The same codes, each number a mixture of all of them."""
    square = np.random.default_rng(seed).standard_normal((codes.shape[1],) * 2)
    mixed: Floats = codes @ np.linalg.qr(square)[0]
    return mixed


# -- known answers


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_for_each_property_is_perfect(kind: str) -> None:
    """Of numbers MIG loses what lies across the edges of its bins."""
    factors = properties(kind)
    found = scores(scaled(factors), factors)
    assert found.pop("MIG") > (0.98 if kind == "labels" else 0.8)
    assert min(found.values()) > 0.93


@pytest.mark.parametrize("kind", KINDS)
def test_codes_that_have_nothing_to_do_with_the_pictures_tell_nothing(kind: str) -> None:
    found = scores(noise(), properties(kind))
    assert found.pop("FactorVAE") < 1 / 4 + 0.12  # of four properties one is guessed right
    assert max(found.values()) < 0.12


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_code_with_its_numbers_mixed_is_worse(kind: str) -> None:
    """It tells nearly as much, but no number of it stands for one property."""
    factors = properties(kind)
    aligned, mixed = (scores(each, factors) for each in (scaled(factors), turned(scaled(factors))))
    for name in ("MIG", "SAP", "disentanglement", "completeness"):
        assert mixed[name] < aligned[name] - 0.3
    assert mixed["informativeness"] > 0.8


def test_votes_are_worse_for_codes_that_are_mixed() -> None:
    """Two of eight numbers are more alike than the others whichever property is held."""
    factors = numbers(columns=8)
    assert factor_vae_score(turned(scaled(factors)), factors) < 0.95
    assert factor_vae_score(scaled(factors), factors) == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_two_numbers_for_one_property_are_disentangled_but_not_complete(kind: str) -> None:
    factors = properties(kind)
    twice = np.concatenate([scaled(factors)] * 2, axis=1)
    found = scores(twice, factors)
    assert found["disentanglement"] > 0.9
    assert found["completeness"] < 0.8
    assert found["MIG"] < 0.05
    assert found["SAP"] < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_one_number_for_two_properties_is_complete_but_not_disentangled(kind: str) -> None:
    """Places on a grid of the two, row by row: both can be read off it, and off no other number."""
    pair = np.random.default_rng(2).integers(0, 3, (ROWS, 2))
    place = (3.0 * pair[:, 0] + pair[:, 1])[:, None]
    factors: npt.NDArray[Any] = pair if kind == "labels" else pair.astype(float)
    found = scores(np.concatenate([place, noise(columns=3)], axis=1), factors)
    assert found["disentanglement"] < 0.1
    assert found["completeness"] > 0.9
    assert found["informativeness"] > 0.9


def test_dead_numbers_change_nothing() -> None:
    """Those that hardly vary, as where a VAE found nothing to say, and those that never do."""
    factors = labels()
    codes = scaled(factors) + 0.3 * noise(columns=4)
    silent = np.concatenate([1e-3 * noise(columns=3, seed=5), np.zeros((ROWS, 2))], axis=1)
    with_them = scores(np.concatenate([codes, silent], axis=1), factors)
    without = scores(codes, factors)
    assert with_them["FactorVAE"] == without["FactorVAE"]
    assert with_them == pytest.approx(without, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_the_order_of_the_columns_nor_a_scale_counts(kind: str) -> None:
    factors = properties(kind)
    codes = scaled(factors) + 0.5 * noise(columns=4)
    before = scores(codes, factors)
    assert scores(7.0 * codes[:, [2, 0, 3, 1]], factors) == pytest.approx(before, abs=0.03)
    # In another order of the properties other pictures are held out.
    assert scores(codes, factors[:, [3, 1, 0, 2]]) == pytest.approx(before, abs=0.08)


def test_codes_that_never_vary_tell_nothing() -> None:
    found = scores(np.ones((ROWS, 3)), labels())
    assert found.pop("FactorVAE") == 1 / 4
    assert set(found.values()) == {0.0}


# -- the definitions


def test_mig_is_the_gap_of_mutual_information_over_entropy() -> None:
    """A fair coin, a number that is right in 3 of 4 pictures, and one that is always right."""
    coin = np.tile([0, 0, 0, 0, 1, 1, 1, 1], 10)
    often = np.tile([0, 0, 0, 1, 1, 1, 1, 0], 10)
    noise_entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    told = (math.log(2) - noise_entropy) / math.log(2)
    codes = np.stack([often, coin], axis=1).astype(float)
    assert mutual_information_gap(codes, coin[:, None]) == pytest.approx(1 - told)
    assert mutual_information_gap(codes[:, :1], coin[:, None]) == pytest.approx(told)


def test_sap_of_numbers_is_the_gap_of_squared_correlations() -> None:
    wanted = numbers(columns=1)
    codes = np.concatenate([wanted + 0.3 * noise(columns=1), wanted + noise(columns=1, seed=4)], 1)
    best, second = (np.corrcoef(column, wanted[:, 0])[0, 1] ** 2 for column in codes.T)
    assert attribute_predictability(codes, wanted) == pytest.approx(best - second)


def test_sap_of_labels_is_accuracy_above_guessing() -> None:
    """Of two values told right in 9 of 10 pictures, 0.9 is 0.8 of the way from guessing."""
    rng = np.random.default_rng(0)
    coin = rng.integers(0, 2, 20_000)
    told = np.where(rng.random(20_000) < 0.9, coin, 1 - coin)
    codes = np.stack([told, rng.random(20_000)], axis=1)
    assert attribute_predictability(codes, coin[:, None]) == pytest.approx(0.8, abs=0.03)


def test_a_rare_value_counts_as_much_as_a_frequent_one_for_sap() -> None:
    """To say always what is commonest is right in 9 of 10 pictures, and worth nothing."""
    rng = np.random.default_rng(0)
    rare = (rng.random(2_000) < 0.1).astype(np.int64)
    assert attribute_predictability(rng.random((2_000, 1)), rare[:, None]) < 0.1


def test_informativeness_is_what_is_told_above_guessing() -> None:
    rare = (np.random.default_rng(0).random(2_000) < 0.1).astype(np.int64)[:, None]
    assert dci(noise(2_000, 2), rare).informativeness < 0.05
    assert dci(scaled(rare), rare).informativeness == 1.0


def test_the_factor_vae_score_is_told_apart_by_the_number_that_varies_least() -> None:
    """Two properties, of which only one is in the code: its votes are right, and the other's fall
    on either number."""
    factors = labels(values=(4, 4))
    codes = np.stack([scaled(factors)[:, 0], noise(columns=1)[:, 0]], axis=1)
    assert factor_vae_score(codes, factors) == pytest.approx(0.75, abs=0.06)


def test_one_picture_of_a_value_is_no_group() -> None:
    """It would vary in nothing at all."""
    factors = labels(values=(2, 2))
    odd = factors.copy()
    odd[0] = 2
    codes = scaled(factors)
    assert factor_vae_score(codes, odd) > 0.95


def test_all_scores_at_once_are_each_of_them() -> None:
    factors = labels()
    codes = scaled(factors) + noise(columns=4)
    found = score_disentanglement(codes, factors, seed=1)
    assert found.mig == mutual_information_gap(codes, factors)
    assert found.dci == dci(codes, factors, seed=1)
    assert isinstance(found.dci, DCI)
    assert found.sap == attribute_predictability(codes, factors, seed=1)
    assert found.factor_vae == factor_vae_score(codes, factors, seed=1)
    assert found.chance == 1 / 4


# -- what is given


def test_numbers_fall_into_bins_with_as_many_in_each() -> None:
    values = np.random.default_rng(0).permutation(100).astype(float)
    assert np.bincount(equal_bins(values)).tolist() == [10] * 10
    assert np.bincount(equal_bins(values, bins=4)).tolist() == [25] * 4


def test_equal_numbers_stay_together() -> None:
    """Six of ten people do not smile, and the others do to different degrees."""
    values = np.array([0.0] * 60 + [0.1 + i / 100 for i in range(40)])
    bins = equal_bins(values)
    assert len(set(bins[:60])) == 1
    assert bins[60] > bins[0]
    assert sorted(set(bins)) == list(range(bins.max() + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_which_a_property_is_not_known_count_for_nothing(kind: str) -> None:
    factors = properties(kind)
    codes = scaled(factors)
    hidden = np.random.default_rng(5).random(ROWS) < 0.3
    some = factors.copy()
    some[hidden, 1] = -1 if kind == "labels" else np.nan
    codes[hidden, 1] = 0.0  # whoever looks there is misled
    found = scores(codes, some)
    assert found.pop("MIG") > (0.9 if kind == "labels" else 0.8)
    assert min(found.values()) > 0.9


@pytest.mark.parametrize(
    ("codes", "factors", "words"),
    [
        (noise(), np.zeros((ROWS, 1), np.int64), "property 0 does not vary"),
        (noise(), np.full((ROWS, 1), 0.5), "property 0 does not vary"),
        (noise(), np.full((ROWS, 1), -1), "property 0 is known of 0 pictures"),
        (noise(19), labels(19), "known of 19 pictures, and it takes 20"),
        (noise(), labels(ROWS - 1), r"codes \[N, d\] and properties"),
        (noise()[:, 0], labels(), r"codes \[N, d\] and properties"),
        (noise()[:, :0], labels(), "no column"),
        (noise(), labels()[:, :0], "no column"),
        (np.full((ROWS, 2), np.nan), labels(), "not finite"),
        (noise(), labels().astype(str), "integers or floats"),
        (noise(20), np.arange(20)[:, None], "no two pictures"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    codes: Floats, factors: npt.NDArray[Any], words: str
) -> None:
    for score in (*SCORES, score_disentanglement):
        with pytest.raises(MetricError, match=words):
            score(codes, factors)


def test_few_pictures_are_enough() -> None:
    factors = labels(60, (2, 3))
    found = scores(scaled(factors), factors)
    assert 0.0 <= min(found.values()) <= max(found.values()) <= 1.0
