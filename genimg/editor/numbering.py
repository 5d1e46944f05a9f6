"""Which numbers does a latent show, such as an age, and how is a picture brought to others?"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import numpy.typing as npt
from torch import Tensor

from genimg.editor.model import LoadedModel
from genimg.edits import Recipe
from genimg.errors import LatentError
from genimg.latents import Latent
from genimg.latents.moves import MAX_AMOUNT

NOTHING = 0.05
"""Where locks leave less than this part of a number's step, its slider does not speak in units."""
MISSED = 0.01
"""A number is reached where this part of its range is missing or less."""


@dataclass(frozen=True)
class InUnits:
    """A slider of a number: it shows `base + amount * step` where it stands at `amount` standard
    deviations.
    """

    base: float
    step: float

    def at(self, amount: float) -> float:
        """The number that is shown where the slider stands."""
        return self.base + amount * self.step


class Numbering:
    """The numbers of a model's pictures."""

    def __init__(self, model: LoadedModel, edited: Callable[[Recipe], Latent]) -> None:
        self._model, self._edited = model, edited

    def numbers(self, latent: Latent) -> dict[str, float]:
        """The numbers that a latent shows, each in its unit: {direction: value}, see
        `Editor.scales`.

        As `labels`, whatever the picture; each is off by about its scale's `error`.

        Raises:
            LatentError: a latent of another model.
        """
        self._model.require(latent)
        return {name: scale.read(latent.z) for name, scale in self._model.scales.items()}

    def shown(self, recipe: Recipe) -> dict[str, float]:
        """The numbers that the picture of a recipe shows, as `numbers`: those of where it starts,
        and what its edits change in what is drawn, see `Scale.change`.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
        """
        start, end = (_row(latent) for latent in (recipe.latent, self._edited(recipe)))
        return {
            name: value + self._model.scales[name].change(end - start)
            for name, value in self.numbers(recipe.latent).items()
        }

    def in_units(self, recipe: Recipe) -> dict[str, InUnits]:
        """What the slider of each number shows where a recipe ends, {direction: InUnits}. Locks
        hold sliders back: one that can hardly move its number any more is left out, and one that is
        locked itself shows the number that it is kept at.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
        """
        shown, amounts = self.shown(recipe), recipe.amounts
        found = {}
        for name, value in shown.items():
            keep = () if name in recipe.locks else recipe.locks
            [free], [step] = (self._steps([name], locks)[0].tolist() for locks in ((), keep))
            if step > NOTHING * free:
                found[name] = InUnits(value - step * amounts.get(name, 0.0), step)
        return found

    def brought(self, recipe: Recipe, numbers: Mapping[str, float]) -> Recipe:
        """The recipe with sliders pulled so far that its picture shows these numbers, {direction:
        value in its unit}, see `Editor.scales`. They are reached together, under the recipe's
        locks.

        Raises:
            LatentError: no number of this model, a value that is not finite, one that its sliders
                do not reach, or a latent of another model.
        """
        self._check(recipe, numbers)
        names = list(numbers)
        shown = self.shown(recipe)
        gaps = np.array([float(numbers[name]) - shown[name] for name in names])
        steps = self._steps(names, recipe.locks)
        further = np.linalg.lstsq(steps, gaps, rcond=1e-6)[0] if names else gaps
        missed = np.abs(steps @ further - gaps)
        stand, wanted = recipe.amounts, {}
        for name, by, off in zip(names, further.tolist(), missed.tolist(), strict=True):
            scale = self._model.scales[name]
            wanted[name] = stand.get(name, 0.0) + by
            if abs(wanted[name]) > MAX_AMOUNT or off > MISSED * (scale.high - scale.low):
                told = f"{name} {scale.words(float(numbers[name]))}"
                raise LatentError(f"the sliders of this model do not lead to {told}")
        return recipe.pulled(wanted)

    def with_numbers(self, latents: Sequence[Latent], numbers: Mapping[str, float]) -> list[Latent]:
        """The latents, each moved until it shows these numbers, as `brought` does.

        Raises:
            LatentError: as `brought`.
        """
        if not numbers:
            return list(latents)
        return [self._edited(self.brought(Recipe(each), numbers)) for each in latents]

    def _steps(self, names: Sequence[str], keep: Collection[str] = ()) -> npt.NDArray[np.float64]:
        """`[K, K]`: by how much the number of a row changes when the slider of a column moves by
        one standard deviation, while the directions `keep` stay as they are.
        """
        held, directions = self._model.locks.held, self._model.directions
        vectors = [directions[name].std * held(name, keep) for name in names]
        scales = [self._model.scales[name] for name in names]
        rows = [[scale.change(vector) for vector in vectors] for scale in scales]
        return np.array(rows).reshape(len(names), len(names))

    def _check(self, recipe: Recipe, numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            if name not in self._model.scales:
                known = ", ".join(self._model.scales) or "none"
                raise LatentError(f"this model tells no number {name!r}; it tells {known}")
            given: object = value  # from scripts, which may send anything
            if not isinstance(given, Real) or not math.isfinite(float(given)):
                raise LatentError(f"{name} cannot be {value!r}")
            if name in recipe.locks:
                raise LatentError(f"{name!r} cannot be moved while it is kept")


def _row(latent: Latent) -> Tensor:
    """`[d]`: of a latent for each layer, their mean."""
    return latent.z.reshape(-1, latent.z.shape[-1]).mean(dim=0)
