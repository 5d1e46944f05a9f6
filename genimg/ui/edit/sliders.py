"""Which sliders are shown together, and how are some of them moved at random?

A model has many directions, a page of the panel shows POOL. Directions are dealt out to pages: one
for each factor of the labels ("coat"), then the measured ones, the components, the raw ones.
Amounts are plain numbers in standard deviations, for all directions at once, whichever page is
open.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from genimg.editor import Slider
from genimg.ui.words import say

POOL = 16
"""How many sliders are shown together."""
LIMIT = 4.0
"""How far a nudge goes, in standard deviations."""
FURTHEST = 100.0
"""Amounts beyond this are nonsense."""
DETAILS = ""
"""By this name the page pulls the share of a picture's own details: no direction has an empty one.
"""

_TITLES = {
    "number": "edit.group_number",
    "named": "edit.group_named",
    "measured": "edit.group_measured",
    "component": "edit.group_component",
    "raw": "edit.group_raw",
}
_NUDGES = 3  # directions that one random nudge moves
_TRUSTED = 0.8  # reliability from which a nudge may use a direction


@dataclass(frozen=True)
class Page:
    """At most POOL directions that are shown together, the most reliable first.

    `factor` is what they are values of, "" where they are not named ones. Pages that share a group
    have its title as their `series`.
    """

    title: str
    names: tuple[str, ...]
    factor: str = ""
    series: str = ""


def pages(directions: Sequence[Slider]) -> tuple[Page, ...]:
    """Deal directions out to pages, in their order; a group of more than POOL gets several."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for direction in directions:
        group = direction.group
        general = say(_TITLES[group]) if group in _TITLES else group
        title = direction.factor.capitalize() or general
        grouped.setdefault((title, direction.factor), []).append(direction.name)
    result = []
    for (title, factor), names in grouped.items():
        parts = [names[start : start + POOL] for start in range(0, len(names), POOL)]
        for number, part in enumerate(parts, start=1):
            if len(parts) == 1:
                result.append(Page(title, tuple(part), factor))
            else:
                result.append(Page(f"{title} {number}", tuple(part), factor, title))
    return tuple(result)


def tidy(amounts: Mapping[str, object], directions: Iterable[Slider]) -> dict[str, float]:
    """Keep what these directions can do: known names, finite numbers within FURTHEST, no zeros."""
    result = {}
    for direction in directions:
        value = amounts.get(direction.name)
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            continue
        kept = min(max(float(value), -FURTHEST), FURTHEST)
        if kept:
            result[direction.name] = kept
    return result


def nudge(
    amounts: Mapping[str, float], directions: Sequence[Slider], rng: random.Random
) -> dict[str, float]:
    """Move a few trustworthy directions a little at random, on top of what is set.

    Named and measured directions go first; of one factor at most one is moved, so that a nudge
    does not ask for two coats at once.
    """
    named = [d for d in directions if d.group != "raw"] or list(directions)
    trusted = [d for d in named if d.reliability >= _TRUSTED] or named
    picked: dict[str, Slider] = {}
    for direction in rng.sample(trusted, len(trusted)):
        picked.setdefault(direction.factor or direction.name, direction)
    moved: dict[str, float] = dict(amounts)
    for direction in list(picked.values())[:_NUDGES]:
        step = rng.choice((-1.0, 1.0)) * rng.uniform(0.8, 2.0)
        now = moved.get(direction.name, 0.0)
        moved[direction.name] = round(min(max(now + step, -LIMIT), LIMIT), 1)
    return tidy(moved, directions)
