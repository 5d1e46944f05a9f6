"""How was a picture made: where it started, what was moved while what was kept, and which earlier
pictures it came from?

A recipe is a plain value. Its text (see `genimg.latents.recipe_text`) is the same wherever it goes:
in a picture's file, in a link, from a page to the program and back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace

from genimg.errors import LatentError
from genimg.latents.moves import check_amount
from genimg.latents.points import Latent

TEXT_KEY = "genimg"
MAX_STEPS = 64
"""Most earlier states that a recipe remembers."""
SLIDER_DIGITS = 4
"""Sliders stand at multiples of 0.0001 standard deviations. Single precision carries those there
and back exactly, and nobody sees less.
"""
_SUM_DIGITS = 9  # 0.3 + 1.4 is 1.7, and not 1.6999999999999997


@dataclass(frozen=True)
class Moves:
    """Sliders that were pulled while the same directions were kept.

    Attributes:
        amounts: {direction name: standard deviations}, added up in this order.
        keep: names of the directions that were locked meanwhile, sorted.

    Raises:
        LatentError: a direction is both moved and kept.
    """

    amounts: Mapping[str, float]
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "amounts", dict(self.amounts))
        object.__setattr__(self, "keep", _in_order(self.keep))
        both = sorted(set(self.amounts) & set(self.keep))
        if both:
            raise LatentError(f"{both[0]!r} cannot be moved while it is kept")


@dataclass(frozen=True)
class Step:
    """An earlier state of a picture.

    Attributes:
        recipe: how that state was made; a lineage, label and parents of its own are left out.
        label: what was done to get there, in words for people ("glasses +2.0").
        parents: places in the lineage of the states that it came from; () is a start.
    """

    recipe: Recipe
    label: str = ""
    parents: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        bare = replace(self.recipe, lineage=(), label="", parents=())
        object.__setattr__(self, "recipe", bare)


@dataclass(frozen=True)
class Recipe:
    """How a picture was made: `latent`, with `changes` made, moved by `moves`, and decoded.

    Attributes:
        latent: the point before the edits.
        origin: where the latent came from, in words for people ("upload", "sample, seed 7").
        model_name: the model's name, for messages; what counts is `latent.model_id`.
        changes: {labelled factor: value it was exchanged for}.
        moves: what the sliders added, in the order in which it was made; one for each set of locks.
        locks: names of the directions that are kept from now on, sorted.
        lineage: earlier states, parents before children, at most MAX_STEPS.
        label: what was done last, in words for people.
        parents: places in `lineage` of the states that this one came from.

    Raises:
        LatentError: two `moves` under the same locks, or a lineage that cannot be.
    """

    latent: Latent
    _: KW_ONLY
    origin: str = ""
    model_name: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    moves: tuple[Moves, ...] = ()
    locks: tuple[str, ...] = ()
    lineage: tuple[Step, ...] = ()
    label: str = ""
    parents: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", dict(self.changes))
        object.__setattr__(self, "locks", _in_order(self.locks))
        if len({part.keep for part in self.moves}) < len(self.moves):
            raise LatentError("a recipe has one set of moves for each set of locks")
        if len(self.lineage) > MAX_STEPS:
            raise LatentError(f"a recipe remembers {MAX_STEPS} earlier steps at most")
        _check_parents(self.parents, len(self.lineage))
        for place, step in enumerate(self.lineage):
            _check_parents(step.parents, place)
            step.recipe.latent.require_model(self.latent.model_id)

    @classmethod
    def of(
        cls,
        latent: Latent,
        amounts: Mapping[str, float] | None = None,
        *,
        changes: Mapping[str, str] | None = None,
        locks: Iterable[str] = (),
        origin: str = "",
        model_name: str = "",
    ) -> Recipe:
        """The recipe of a latent with `changes` made and sliders at `amounts`, pulled under `locks`
        where there are any.
        """
        moves = _kept([Moves(amounts or {}, tuple(locks))])
        return cls(
            latent,
            origin=origin,
            model_name=model_name,
            changes=changes or {},
            moves=moves,
            locks=tuple(locks),
        )

    @property
    def amounts(self) -> dict[str, float]:
        """Where the sliders stand: {direction: standard deviations over all moves}, without
        zeros.
        """
        return _totals(self.moves)

    def pulled(self, amounts: Mapping[str, float]) -> Recipe:
        """The recipe with the sliders of these directions at these totals.

        The difference to where they stand goes into the moves of the present locks, so that nothing
        moved earlier, under other locks, changes. Directions that are locked do not move. Totals
        are rounded to SLIDER_DIGITS; where that is where a slider stands, nothing changes, bit by
        bit.

        Raises:
            LatentError: an amount out of range.
        """
        stands, wanted = self.amounts, {}
        for name, amount in amounts.items():
            check_amount(name, amount)
            total = round(float(amount), SLIDER_DIGITS)
            if name not in self.locks and total != round(stands.get(name, 0.0), SLIDER_DIGITS):
                wanted[name] = total
        if not wanted:
            return self
        others = [part for part in self.moves if part.keep != self.locks]
        earlier = _totals(others)
        mine = next((dict(p.amounts) for p in self.moves if p.keep == self.locks), {})
        for name, total in wanted.items():
            mine[name] = round(total - earlier.get(name, 0.0), _SUM_DIGITS + 3)
        # In order of the names: what is drawn depends on where sliders stand, not on who was first.
        moves = Moves({name: mine[name] for name in sorted(mine)}, self.locks)
        if len(others) == len(self.moves):
            return replace(self, moves=_kept([*self.moves, moves]))
        return replace(self, moves=_kept(moves if p.keep == self.locks else p for p in self.moves))

    def without(self, direction: str) -> Recipe:
        """The recipe with a direction taken out of all moves."""
        left = (
            Moves({k: v for k, v in part.amounts.items() if k != direction}, part.keep)
            for part in self.moves
        )
        return replace(self, moves=_kept(left))

    def after(self, before: Recipe, label: str) -> Recipe:
        """This recipe as the next state after another one, which becomes the last earlier step.

        Args:
            before: the state that this one was made from, with its lineage.
            label: what was done, in words for people.
        """
        whole = before
        while len(whole.lineage) >= MAX_STEPS:
            whole = whole.without_first_step()
        steps = (*whole.lineage, Step(whole, whole.label, whole.parents))
        return replace(self, lineage=steps, label=label, parents=(len(steps) - 1,))

    def without_first_step(self) -> Recipe:
        """The recipe without the earliest step of its lineage; what came from it is a start."""
        steps = (replace(step, parents=_earlier(step.parents)) for step in self.lineage[1:])
        return replace(self, lineage=tuple(steps), parents=_earlier(self.parents))

    def named(self, model_name: str) -> Recipe:
        """The recipe, and all its earlier steps, with the name of their model."""
        steps = (
            replace(step, recipe=replace(step.recipe, model_name=model_name))
            for step in self.lineage
        )
        return replace(self, model_name=model_name, lineage=tuple(steps))

    def to_text(self) -> str:
        """The recipe as strict JSON, in which no bit is lost; see `genimg.latents.recipe_text`.

        Raises:
            RecipeError: it is too long even without its lineage.
        """
        from genimg.latents.recipe_text import write

        return write(self)

    @classmethod
    def from_text(cls, text: str) -> Recipe:
        """Read what `to_text` wrote, now or in earlier versions.

        Raises:
            RecipeError: too long, not our JSON, of another version, or a field that cannot be.
        """
        from genimg.latents.recipe_text import read

        return read(text)


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _kept(moves: Iterable[Moves]) -> tuple[Moves, ...]:
    """The moves without zeros, and without those that move nothing."""
    parts = (Moves({k: v for k, v in part.amounts.items() if v}, part.keep) for part in moves)
    return tuple(part for part in parts if part.amounts)


def _totals(moves: Iterable[Moves]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for part in moves:
        for name, amount in part.amounts.items():
            found.setdefault(name, []).append(amount)
    sums = {
        name: parts[0] if len(parts) == 1 else round(math.fsum(parts), _SUM_DIGITS)
        for name, parts in found.items()
    }
    return {name: total for name, total in sums.items() if total}


def _earlier(parents: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(place - 1 for place in parents if place)


def _check_parents(parents: tuple[int, ...], before: int) -> None:
    if len(set(parents)) < len(parents) or not all(0 <= place < before for place in parents):
        raise LatentError("a step of a lineage comes from steps before it")
