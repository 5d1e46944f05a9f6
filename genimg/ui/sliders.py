"""Which sliders are shown together, what do they say, and what do they add up to?

A model has many directions, the page has POOL sliders. Directions are dealt out to pages: one for
each factor of the labels ("coat"), then the measured ones, the components, the raw ones. Amounts
are plain numbers in standard deviations, kept for all directions at once, whichever page is open.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from genimg import Direction

POOL = 16
"""How many sliders the page has."""
LIMIT = 4.0
"""A slider goes from -LIMIT to LIMIT standard deviations, unless a saved picture went further."""
FURTHEST = 100.0
"""Amounts beyond this are nonsense."""
STEP = 0.1

_TITLES = {
    "named": "Named",
    "measured": "Measured",
    "component": "Components",
    "raw": "Raw",
}
_NUDGES = 3  # directions that one random nudge moves
_TRUSTED = 0.8  # reliability from which a nudge may use a direction


@dataclass(frozen=True)
class Page:
    """At most POOL directions that are shown together, the most reliable first.

    `factor` is what they are values of, "" where they are not named ones.
    """

    title: str
    names: tuple[str, ...]
    factor: str = ""


def pages(directions: Sequence[Direction]) -> tuple[Page, ...]:
    """Deal directions out to pages, in their order; a group of more than POOL gets several."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for direction in directions:
        title = direction.factor.capitalize() or _TITLES.get(direction.group, direction.group)
        grouped.setdefault((title, direction.factor), []).append(direction.name)
    result = []
    for (title, factor), names in grouped.items():
        parts = [names[start : start + POOL] for start in range(0, len(names), POOL)]
        for number, part in enumerate(parts, start=1):
            numbered = title if len(parts) == 1 else f"{title} {number}"
            result.append(Page(numbered, tuple(part), factor))
    return tuple(result)


def find_page(shown: Sequence[Page], title: str | None) -> Page:
    """The page of that title, else the first one; an empty page where there is none at all."""
    for page in shown:
        if page.title == title:
            return page
    return shown[0] if shown else Page("", ())


def page_of(shown: Sequence[Page], amounts: Mapping[str, float]) -> Page:
    """The first page on which something is set, else the first page."""
    for page in shown:
        if any(amounts.get(name) for name in page.names):
            return page
    return find_page(shown, None)


def label(direction: Direction) -> str:
    """What the slider says: the plain name, and how far it can be trusted in percent."""
    return f"{direction.name} · {100 * direction.reliability:.0f}\N{NO-BREAK SPACE}%"


def tidy(amounts: Mapping[str, object], directions: Iterable[Direction]) -> dict[str, float]:
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


def merge(
    amounts: Mapping[str, float], slots: Sequence[str], values: Sequence[object]
) -> dict[str, object]:
    """The amounts after the sliders that now show the directions `slots` stand at `values`.

    A slider stands on whole steps; where it still shows an amount as near as it can, the amount
    stays exact.
    """
    moved = {}
    for name, value in zip(slots, values, strict=False):
        old = amounts.get(name, 0.0)
        shown = round(old / STEP) * STEP
        near = isinstance(value, (int, float)) and math.isclose(value, shown, abs_tol=1e-6)
        moved[name] = old if near else value
    return {**amounts, **moved}


def span(amount: float) -> float:
    """The end of a slider that stands at `amount`: LIMIT, or the next whole number beyond."""
    return max(LIMIT, float(math.ceil(abs(amount))))


def nudge(
    amounts: Mapping[str, float], directions: Sequence[Direction], rng: random.Random
) -> dict[str, float]:
    """Move a few trustworthy directions a little at random, on top of what is set.

    Named and measured directions go first; of one factor at most one is moved, so that a nudge
    does not ask for two coats at once.
    """
    named = [d for d in directions if d.group != "raw"] or list(directions)
    trusted = [d for d in named if d.reliability >= _TRUSTED] or named
    picked: dict[str, Direction] = {}
    for direction in rng.sample(trusted, len(trusted)):
        picked.setdefault(direction.factor or direction.name, direction)
    moved: dict[str, float] = dict(amounts)
    for direction in list(picked.values())[:_NUDGES]:
        step = rng.choice((-1.0, 1.0)) * rng.uniform(0.8, 2.0)
        now = moved.get(direction.name, 0.0)
        moved[direction.name] = round(min(max(now + step, -LIMIT), LIMIT), 1)
    return tidy(moved, directions)
