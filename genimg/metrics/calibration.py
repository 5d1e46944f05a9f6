"""What does a model usually reach on pictures of its own kind that it never saw?

The answer travels in the model's file, as `metrics["match"]`; so one picture can be compared with
many, long after they are gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genimg.errors import MetricError

POINTS = 101
"""Quantiles that are kept of each measure: those of 0, 1, ... 100 %."""


@dataclass(frozen=True)
class Calibration:
    """Measures of held-out pictures, each as POINTS quantiles, ascending.

    Attributes:
        pictures: how many there were.
        split: where they came from: "validation", or what there was.
        search_steps: 0 where a picture's latent was the encoder's; else how long it was searched
            for, as the model has no encoder.
        relative_error: see `genimg.metrics.relative_error`.
        psnr: dB.
        distance: Mahalanobis distance of the latents from the model's own.
    """

    pictures: int
    split: str
    search_steps: int
    relative_error: tuple[float, ...]
    psnr: tuple[float, ...]
    distance: tuple[float, ...]

    @classmethod
    def of(
        cls,
        split: str,
        search_steps: int,
        relative_error: Sequence[float],
        psnr: Sequence[float],
        distance: Sequence[float],
    ) -> Calibration:
        """The quantiles of measures of N pictures, `[N]` each.

        Raises:
            MetricError: no pictures, or numbers that are not finite.
        """
        columns = []
        for values in (relative_error, psnr, distance):
            if not len(values) or not np.isfinite(values).all():
                raise MetricError("a model is calibrated with finite measures of some pictures")
            found = np.quantile(values, np.linspace(0.0, 1.0, POINTS))
            columns.append(tuple(float(f"{value:.5g}") for value in found))
        return cls(len(relative_error), split, search_steps, *columns)

    def to_metrics(self) -> dict[str, Any]:
        """A JSON-ready mapping for the header."""
        return {
            "pictures": self.pictures,
            "split": self.split,
            "search_steps": self.search_steps,
            "relative_error": list(self.relative_error),
            "psnr": list(self.psnr),
            "distance": list(self.distance),
        }

    @classmethod
    def from_metrics(cls, metrics: Mapping[str, Any]) -> Calibration | None:
        """What `metrics["match"]` of a header holds; None where there is none that can be read, as
        in older files.
        """
        kept: Any = metrics.get("match")
        try:
            columns = [np.asarray(kept[name], dtype=float) for name in _COLUMNS]
            for column in columns:
                if column.shape != (POINTS,) or not np.isfinite(column).all():
                    return None
                if (np.diff(column) < 0).any():
                    return None
            numbers = int(kept["pictures"]), str(kept["split"]), int(kept["search_steps"])
        except (TypeError, KeyError, ValueError):
            return None
        return cls(*numbers, *(tuple(column.tolist()) for column in columns))

    def worst(self, share: float) -> float:
        """The relative error of the worst picture among the best `share` (0 to 1) of them."""
        return float(np.interp(share, np.linspace(0.0, 1.0, POINTS), self.relative_error))

    def share_above(self, relative_error: float) -> float:
        """The part of the held-out pictures that come out worse than this, 0 to 1."""
        return 1.0 - _share_below(self.relative_error, relative_error)

    def share_nearer(self, distance: float) -> float:
        """The part of the held-out pictures whose latents are nearer to the rest, 0 to 1."""
        return _share_below(self.distance, distance)


_COLUMNS = ("relative_error", "psnr", "distance")


def _share_below(quantiles: Sequence[float], value: float) -> float:
    """The part of a distribution that lies below a value, by its quantiles, 0 to 1."""
    return float(np.interp(value, quantiles, np.linspace(0.0, 1.0, len(quantiles))))
