"""What a picture shows is exchanged by its labels: a red hat for a blue bow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from genimg.edits.operations.operation import Operation, Tools
from genimg.latents.points import Latent

if TYPE_CHECKING:
    from genimg.edits.recipe import Recipe


@dataclass(frozen=True)
class Exchange(Operation):
    """Other values for some labelled factors of the start, all at once.

    Attributes:
        changes: {labelled factor: value it is exchanged for}.
    """

    changes: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", dict(self.changes))

    @override
    def apply(self, tools: Tools, latent: Latent) -> Latent:
        return tools.change(latent, self.changes)

    @property
    @override
    def words(self) -> str:
        return ", ".join(f"{factor}: {value}" for factor, value in self.changes.items())

    @property
    @override
    def idle(self) -> bool:
        return not self.changes

    @override
    def onto(self, recipe: Recipe, tools: Tools) -> Recipe:
        """There is one of these, before all else; what the start shows anyway is no exchange."""
        tools.change(recipe.latent, self.changes)  # refuses what the model does not know
        shown = tools.labels(recipe.latent)
        changes = {**recipe.changes, **self.changes}
        for factor, value in self.changes.items():
            if shown.get(factor) == value:
                del changes[factor]
        return recipe.exchanged(changes)

    @classmethod
    @override
    def asked(cls, told: Mapping[str, Any]) -> Self:
        """A page says one `factor` and its new `value`."""
        factor = told.get("factor")
        return cls.read({"changes": {factor: told.get("value")} if isinstance(factor, str) else 0})
