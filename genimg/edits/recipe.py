"""How was a picture made: where it started, what was done to it, and which earlier pictures it came
from?

A recipe is a plain value: a start, and a list of operations (see `genimg.edits.operations`). Its
text (see `genimg.edits.recipe_text`) is the same wherever it goes: in a picture's file, in a link,
from a page to the program and back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from genimg.edits.operations import Details, Exchange, Move, Operation, Tools
from genimg.edits.operations.move import in_order
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


@dataclass(frozen=True, init=False)
class Recipe:
    """How a picture was made: `latent`, with `operations` done one after the other, and decoded.

    Attributes:
        latent: the point before the edits, `settled`: it can be written down exactly.
        operations: what was done to it, in this order.
        origin: where the latent came from, in words for people ("upload", "sample, seed 7").
        model_name: the model's name, for messages; what counts is `latent.model_id`.
        locks: names of the directions that are kept from now on, sorted.
        lineage: earlier states, parents before children, at most MAX_STEPS.
        label: what was done last, in words for people.
        parents: places in `lineage` of the states that this one came from.

    Args:
        changes: {labelled factor: value it is exchanged for}, instead of an exchange among the
            `operations`.
        moves: what the sliders added, instead of those among the `operations`.

    Raises:
        LatentError: two moves under the same locks, two exchanges or two shares of details, or a
            lineage that cannot be.
    """

    latent: Latent
    operations: tuple[Operation, ...]
    origin: str
    model_name: str
    locks: tuple[str, ...]
    lineage: tuple[Step, ...]
    label: str
    parents: tuple[int, ...]

    def __init__(
        self,
        latent: Latent,
        *,
        operations: Iterable[Operation] = (),
        changes: Mapping[str, str] | None = None,
        moves: Iterable[Move] | None = None,
        origin: str = "",
        model_name: str = "",
        locks: Iterable[str] = (),
        lineage: Iterable[Step] = (),
        label: str = "",
        parents: Iterable[int] = (),
    ) -> None:
        done = list(operations)
        if moves is not None:
            done = [*moves, *(each for each in done if not isinstance(each, Move))]
        if changes is not None:
            done = _exchanged(done, changes)
        values = {
            "latent": latent.settled(),
            "operations": tuple(each for each in done if not each.idle),
            "origin": origin,
            "model_name": model_name,
            "locks": in_order(tuple(locks)),
            "lineage": tuple(lineage),
            "label": label,
            "parents": tuple(parents),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        if len({part.keep for part in self.moves}) < len(self.moves):
            raise LatentError("a recipe has one set of moves for each set of locks")
        if sum(isinstance(each, Exchange) for each in self.operations) > 1:
            raise LatentError("a recipe has one set of exchanges")
        if sum(isinstance(each, Details) for each in self.operations) > 1:
            raise LatentError("a recipe has one share of own details")
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
        keep = tuple(locks)
        return cls(
            latent,
            operations=[Exchange(changes or {}), Move(amounts or {}, keep)],
            origin=origin,
            model_name=model_name,
            locks=keep,
        )

    @property
    def changes(self) -> dict[str, str]:
        """What is exchanged: {labelled factor: value}."""
        exchanges = (each.changes for each in self.operations if isinstance(each, Exchange))
        return dict(next(exchanges, {}))

    @property
    def moves(self) -> tuple[Move, ...]:
        """What the sliders added; one for each set of locks."""
        return tuple(each for each in self.operations if isinstance(each, Move))

    @property
    def amounts(self) -> dict[str, float]:
        """Where the sliders stand: {direction: standard deviations over all moves}, without
        zeros.
        """
        return _totals(self.moves)

    @property
    def details(self) -> float:
        """How much of the picture's own details is shown, 1 (all) to 0."""
        return next((each.share for each in self.operations if isinstance(each, Details)), 1.0)

    @property
    def edits(self) -> list[str]:
        """What was done, in words for people: exchanges, where sliders stand, and the rest."""
        rest = (each for each in self.operations if not isinstance(each, (Exchange, Move)))
        return [*edit_words(self.changes, self.amounts), *(each.words for each in rest)]

    def end(self, tools: Tools) -> Latent:
        """The latent after all operations; what is wrong with them is a LatentError."""
        latent = self.latent
        for operation in self.operations:
            latent = operation.apply(tools, latent)
        return latent

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
        earlier = _totals(part for part in self.moves if part.keep != self.locks)
        present = next((part for part in self.moves if part.keep == self.locks), None)
        mine = dict(present.amounts) if present else {}
        for name, total in wanted.items():
            mine[name] = round(total - earlier.get(name, 0.0), _SUM_DIGITS + 3)
        # In order of the names: what is drawn depends on where sliders stand, not on who was first.
        move = Move({name: mine[name] for name in sorted(mine)}, self.locks)
        done = self.operations if present else (*self.operations, move)
        return replace(self, operations=tuple(move if each is present else each for each in done))

    def exchanged(self, changes: Mapping[str, str]) -> Recipe:
        """The recipe with these values exchanged, {labelled factor: value}, and no others."""
        return replace(self, operations=tuple(_exchanged(self.operations, changes)))

    def without(self, direction: str) -> Recipe:
        """The recipe with a direction taken out of all moves."""
        left = (
            Move({k: v for k, v in each.amounts.items() if k != direction}, each.keep)
            if isinstance(each, Move)
            else each
            for each in self.operations
        )
        return replace(self, operations=tuple(left))

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
        """The recipe as strict JSON, in which no bit is lost; see `genimg.edits.recipe_text`.

        Raises:
            RecipeError: it is too long even without its lineage.
        """
        from genimg.edits.recipe_text import write

        return write(self)

    @classmethod
    def from_text(cls, text: str) -> Recipe:
        """Read what `to_text` wrote, now or in earlier versions.

        Raises:
            RecipeError: too long, not our JSON, of another version, or a field that cannot be.
        """
        from genimg.edits.recipe_text import read

        return read(text)


def _exchanged(done: Iterable[Operation], changes: Mapping[str, str]) -> list[Operation]:
    """Exchanges are made before all else: they go by the labels of the start."""
    return [Exchange(changes), *(each for each in done if not isinstance(each, Exchange))]


def edit_words(changes: Mapping[str, str], amounts: Mapping[str, float]) -> list[str]:
    """Exchanges, and where sliders stand, in words for people."""
    return [
        *(f"{factor}: {value}" for factor, value in changes.items()),
        *(f"{name} {amount:+g}" for name, amount in amounts.items()),
    ]


def _totals(moves: Iterable[Move]) -> dict[str, float]:
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
