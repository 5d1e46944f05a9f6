"""What else changes in a picture when a slider is pulled, and what does its whole way look like?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from genimg.editor.draws import checked_whole
from genimg.editor.model import LoadedModel
from genimg.editor.moving import Moving
from genimg.editor.recognition import Seen, Watching
from genimg.edits import SLIDER_DIGITS, Recipe
from genimg.errors import LatentError
from genimg.images import Picture, images_to_array
from genimg.latents import Direction, Latent
from genimg.metrics import measure

NOTICEABLE = 0.5
"""Standard deviations over the model's own draws; an attribute that changes by less is not named.
"""
DOUBT = 0.25
"""A verdict has changed where at least this part of the chances has gone from values to others."""
DRAWS = 64
"""Draws over which attributes are said to vary."""
MAX_ROWS, MAX_COLUMNS = 16, 32


@dataclass(frozen=True)
class Effect:
    """One thing that differs between two pictures.

    Attributes:
        what: a factor of the classifier ("fur colour"), or a measured attribute ("brightness").
        by: how far the attribute has moved, in standard deviations over the model's own draws; None
            for a factor.
        before, after: the likeliest values of a factor; "" for an attribute.
        sure: for a factor, how much of its chances has moved, 0 to 1.
    """

    what: str
    by: float | None = None
    before: str = ""
    after: str = ""
    sure: float = 0.0

    def to_mapping(self) -> dict[str, Any]:
        """JSON-ready: {"what", "from", "to"}, or {"what", "by"}."""
        if self.by is None:
            return {"what": self.what, "from": self.before, "to": self.after}
        return {"what": self.what, "by": round(self.by, 2)}


@dataclass(frozen=True)
class Strip:
    """Sliders laid out: a row for each direction, from its low end to its high one.

    Attributes:
        rows: the pictures, `columns` in each row.
        amounts: where the slider stands in each of them.
        effects: for each row what else changes between its two ends, strongest first.
    """

    rows: list[list[Image.Image]]
    amounts: list[list[float]]
    effects: list[list[Effect]]

    def sprite(self) -> Image.Image:
        """All pictures as one, row under row, without gaps."""
        width, height = self.rows[0][0].size
        mode = self.rows[0][0].mode
        sheet = Image.new(mode, (width * len(self.rows[0]), height * len(self.rows)))
        for y, row in enumerate(self.rows):
            for x, image in enumerate(row):
                sheet.paste(image, (x * width, y * height))
        return sheet


class Comparing:
    """What differs between the pictures of a model."""

    def __init__(
        self,
        model: LoadedModel,
        moving: Moving,
        edited: Callable[[Recipe], Latent],
        watching: Watching,
    ) -> None:
        self._model, self._moving, self._watching = model, moving, watching
        self._edited = edited

    def effects(self, pairs: Sequence[tuple[Picture, Picture]]) -> list[list[Effect]]:
        """What differs between the two pictures of each pair, both fitted to the model first.

        First what a classifier sees to have become something else (where there is one in the folder
        of the model's file, see `genimg.editor.recognition`), the surest first; then measured
        attributes, the strongest first. Small differences are not named.

        All pairs are looked at together.
        """
        if not pairs:
            return []
        fitted = [self._model.fit(picture) for pair in pairs for picture in pair]
        seen = self._watching.look(images_to_array(fitted))
        return [self._differences(seen, 2 * i, 2 * i + 1) for i in range(len(pairs))]

    def strip(
        self,
        recipe: Recipe,
        names: Sequence[str],
        low: float | Sequence[float],
        high: float | Sequence[float],
        columns: int = 7,
    ) -> Strip:
        """The picture of a recipe with each of some sliders in turn from low to high.

        The pictures are drawn many at a time, so single ones may differ by one level from what
        `decode` draws: they are for looking at.

        Args:
            names: directions, 1 to 16; of one that is locked all pictures are the same.
            low, high: totals, see `Recipe.pulled`; one for all, or one for each.
            columns: pictures in a row, 2 to 32.

        Raises:
            LatentError: an unknown direction, too many of them, or totals out of range.
        """
        amounts = laid_out(low, high, len(names), columns)
        for name in names:
            self._model.locks.held(name)
        points: dict[Latent, int] = {}  # the same point is drawn once
        places = [
            [
                points.setdefault(self._edited(recipe.pulled({name: total})), len(points))
                for total in totals
            ]
            for name, totals in zip(names, amounts, strict=True)
        ]
        pictures = self._model.decode_together(*points)
        ends = [place for row in places for place in (row[0], row[-1])]
        seen = self._watching.look(images_to_array([pictures[place] for place in ends]))
        effects = [
            [
                effect
                for effect in self._differences(seen, 2 * i, 2 * i + 1)
                if not _meant(self._model.directions[name], effect)
            ]
            for i, name in enumerate(names)
        ]
        return Strip([[pictures[place] for place in row] for row in places], amounts, effects)

    def _differences(self, seen: Seen, first: int, second: int) -> list[Effect]:
        told = []
        for factor in seen.factors:
            before, after = seen.verdict(factor, first), seen.verdict(factor, second)
            chances = seen.chances[factor.name]
            gone = float(np.abs(chances[first] - chances[second]).sum() / 2)
            if before and after and before != after and gone >= DOUBT:
                told.append(Effect(factor.name, None, before, after, gone))
        moved = {
            name: float(values[second] - values[first]) / self._spreads[name]
            for name, values in seen.attributes.items()
            if name in self._spreads
        }
        measured = [Effect(name, by) for name, by in moved.items() if abs(by) >= NOTICEABLE]
        return [
            *sorted(told, key=lambda effect: -effect.sure),
            *sorted(measured, key=lambda effect: -abs(effect.by or 0.0)),
        ]

    @cached_property
    def _spreads(self) -> dict[str, float]:
        """{measured attribute: its standard deviation over the model's own draws}; those that do
        not vary are left out.

        Measured when it is first asked for. Two threads may both do so, and find the same.
        """
        drawn = images_to_array(self._model.decode_together(*self._moving.sample(DRAWS)))
        scores = {name: float(values.std()) for name, values in measure(drawn).items()}
        return {name: std for name, std in scores.items() if std > 1e-6}


def laid_out(
    low: float | Sequence[float], high: float | Sequence[float], rows: int, columns: int
) -> list[list[float]]:
    """Where the slider of each row of a strip stands in each of its columns.

    Raises:
        LatentError: too few or too many rows or columns, or not an end for each row.
    """
    columns = checked_whole(columns)
    if not 1 <= rows <= MAX_ROWS or not 2 <= columns <= MAX_COLUMNS:
        raise LatentError(
            f"a strip has 1 to {MAX_ROWS} directions and 2 to {MAX_COLUMNS} pictures of each"
        )
    lows, highs = (_each(end, rows) for end in (low, high))
    return [
        [round(float(total), SLIDER_DIGITS) for total in np.linspace(start, end, columns)]
        for start, end in zip(lows, highs, strict=True)
    ]


def _each(end: float | Sequence[float], count: int) -> list[float]:
    ends = (
        [float(end)] * count
        if isinstance(end, (int, float, np.number))
        else [float(e) for e in end]
    )
    if len(ends) != count:
        raise LatentError("a strip needs a low and a high end for each direction")
    return ends


def _meant(direction: Direction, effect: Effect) -> bool:
    """Whether an effect is what the direction is there for, and so not something else."""
    named = direction.name.rpartition(", ")[2]  # "component 2, warmth"
    return effect.what in (direction.factor, direction.name, named)
