"""Does torch-fidelity get the same numbers from the same features? It comes with
requirements-bench.txt; without it there is nothing to compare with, and no test here.
"""

import importlib.util

import numpy as np
import numpy.typing as npt
import pytest
import torch

from genimg.metrics import (
    frechet_distance,
    kernel_distance,
    precision_recall,
    squared_mmd,
)

Floats = npt.NDArray[np.float64]

PAIRS = [(400, 16), (1000, 64), (300, 128)]
"""Rows and columns."""


def two_sets(n: int, d: int) -> tuple[Floats, Floats]:
    """Correlated features, the second set shifted and stretched a little."""
    rng = np.random.default_rng(n)
    mix = rng.standard_normal((d, d)) / np.sqrt(d)
    real, fake = rng.standard_normal((2, n, d)) @ mix
    return real, 1.1 * fake + 0.1


def found(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


if found("torch_fidelity"):

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    @pytest.mark.parametrize(("n", "d"), PAIRS)
    def test_frechet_distance(n: int, d: int) -> None:
        from torch_fidelity import metric_fid

        real, fake = two_sets(n, d)
        stats = [metric_fid.fid_features_to_statistics(torch.from_numpy(x)) for x in (real, fake)]
        (theirs,) = metric_fid.fid_statistics_to_metric(*stats, verbose=False).values()
        assert frechet_distance(real, fake) == pytest.approx(theirs, rel=1e-6)

    @pytest.mark.parametrize(("n", "d"), PAIRS)
    def test_kernel_distance_of_all_rows(n: int, d: int) -> None:
        from torch_fidelity import metric_kid

        real, fake = two_sets(n, d)
        theirs = metric_kid.kid_features_to_metric(
            torch.from_numpy(real), torch.from_numpy(fake),
            kid_subsets=1, kid_subset_size=n, verbose=False,
        )  # fmt: skip
        expected = theirs[metric_kid.KEY_METRIC_KID_MEAN]
        assert squared_mmd(real, fake) == pytest.approx(expected, rel=1e-9)

    def test_kernel_distance_over_subsets() -> None:
        """Other subsets, so the same only as far as the standard error goes."""
        from torch_fidelity import metric_kid

        real, fake = two_sets(1000, 64)
        theirs = metric_kid.kid_features_to_metric(
            torch.from_numpy(real), torch.from_numpy(fake),
            kid_subsets=200, kid_subset_size=100, verbose=False,
        )  # fmt: skip
        ours = kernel_distance(real, fake)
        expected = theirs[metric_kid.KEY_METRIC_KID_MEAN]
        assert abs(ours.mean - expected) < 3 * ours.standard_error


if found("torch_fidelity") and found("torch_fidelity.metric_prc"):  # from its version 0.4

    @pytest.mark.parametrize(("n", "d"), PAIRS)
    @pytest.mark.parametrize("k", [1, 3])
    def test_precision_recall(n: int, d: int, k: int) -> None:
        from torch_fidelity import metric_prc

        real, fake = two_sets(n, d)
        theirs = metric_prc.prc_features_to_metric(
            torch.from_numpy(fake), torch.from_numpy(real), prc_neighborhood=k, verbose=False
        )
        ours = precision_recall(real, fake, k)
        assert ours.precision == pytest.approx(theirs[metric_prc.KEY_METRIC_PRECISION])
        assert ours.recall == pytest.approx(theirs[metric_prc.KEY_METRIC_RECALL])
