"""What does a picture show: in measured attributes, and to a classifier of the same pictures?"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from genimg.data import Factor
from genimg.evaluation.classifier import Judge, find_judge
from genimg.metrics import measure

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

CHUNK = 32
"""Pictures that the classifier looks at together: more are no quicker, and take more memory."""


@dataclass(frozen=True)
class Seen:
    """What is seen in N pictures.

    Attributes:
        attributes: {measured attribute: `[N]`}, see `genimg.metrics.measure` for the units.
        chances: {factor: the chance of each of its values, `[N, V]`}; empty without a classifier.
        factors: what the classifier tells, in the order of `chances`.
    """

    attributes: Mapping[str, Floats]
    chances: Mapping[str, Floats]
    factors: tuple[Factor, ...]

    def verdict(self, factor: Factor, picture: int) -> str | None:
        """The likeliest value of a factor; None where another one hides it."""
        likeliest = {f.name: f.values[int(self.chances[f.name][picture].argmax())]
                     for f in self.factors}  # fmt: skip
        return None if factor.cover_in(likeliest) else likeliest[factor.name]


class Watching:
    """Looks at pictures, with a classifier that fits them where there is one in the folder.

    The classifier is looked for and loaded when the first picture is looked at. May be shared
    between threads.

    Args:
        judge: a classifier that is loaded already; by default one is looked for.
        folder: where to look for it; None: nowhere.
        data: name of the data set that it was trained on.
        image_shape: (C, H, W) of the pictures.
        device: what it shall run on.
    """

    def __init__(
        self,
        judge: Judge | None = None,
        folder: Path | None = None,
        data: str = "",
        image_shape: tuple[int, int, int] = (3, 1, 1),
        device: torch.device | str = "cpu",
    ) -> None:
        self._judge = judge
        self._folder = None if judge else folder
        self._wanted = (data, image_shape, device)
        self._lock = threading.Lock()

    @property
    def judge(self) -> Judge | None:
        """The classifier, loaded when it is first asked for; None if there is none that fits."""
        with self._lock:
            if self._folder is not None:
                data, image_shape, device = self._wanted
                self._judge = find_judge(data, image_shape, [self._folder], device)
                self._folder = None
            return self._judge

    def look(self, images: Bytes) -> Seen:
        """What pictures `[N, H, W, C]` show."""
        judge = self.judge
        found = judge.chances(images, CHUNK) if judge else {}
        chances = {factor: values.astype(np.float64) for factor, values in found.items()}
        return Seen(measure(images), chances, judge.factors if judge else ())
