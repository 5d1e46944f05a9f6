"""Sliders are pulled, while what other directions mean is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from genimg.edits.operations.operation import Operation, Tools
from genimg.errors import LatentError, RecipeError
from genimg.latents.moves import MAX_AMOUNT, check_amount
from genimg.latents.points import Latent

if TYPE_CHECKING:
    from genimg.edits.recipe import Recipe


@dataclass(frozen=True)
class Move(Operation):
    """Sliders that were pulled while the same directions were kept.

    Attributes:
        amounts: {direction name: standard deviations}, added up in this order; zeros are left out.
        keep: names of the directions that were locked meanwhile, sorted.

    Raises:
        LatentError: a direction is both moved and kept.
    """

    amounts: Mapping[str, float]
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given: Mapping[str, Any] = self.amounts  # from scripts, numpy's numbers too
        amounts = {k: float(v) if isinstance(v, Real) else v for k, v in given.items()}
        object.__setattr__(self, "amounts", {k: v for k, v in amounts.items() if v})
        object.__setattr__(self, "keep", in_order(self.keep))
        both = sorted(set(self.amounts) & set(self.keep))
        if both:
            raise LatentError(f"{both[0]!r} cannot be moved while it is kept")

    @override
    def apply(self, tools: Tools, latent: Latent) -> Latent:
        return tools.move_keeping(latent, self.amounts, self.keep)

    @property
    @override
    def words(self) -> str:
        return ", ".join(f"{name} {amount:+.1f}" for name, amount in self.amounts.items())

    @property
    @override
    def idle(self) -> bool:
        return not self.amounts

    @override
    def onto(self, recipe: Recipe, tools: Tools) -> Recipe:
        """The sliders go further by these amounts; there is one of these for each set of locks."""
        stand = recipe.amounts
        totals = {name: stand.get(name, 0.0) + by for name, by in self.amounts.items()}
        return replace(replace(recipe, locks=self.keep).pulled(totals), locks=recipe.locks)

    @override
    def write(self) -> dict[str, Any]:
        if not all(abs(amount) <= MAX_AMOUNT for amount in self.amounts.values()):
            raise RecipeError("an amount of this recipe is out of range")
        return super().write()

    @classmethod
    @override
    def read(cls, values: Mapping[str, Any]) -> Self:
        move = super().read(values)
        for name, amount in move.amounts.items():
            check_amount(name, amount)
        return move


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Names as recipes hold them where they are a set: sorted, each once."""
    return tuple(sorted(set(names)))
