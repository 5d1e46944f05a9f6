"""Two pictures are crossed: their child is the start of a third one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from genimg.edits.operations.operation import Operation, Tools
from genimg.errors import LatentError
from genimg.latents.points import Latent

if TYPE_CHECKING:
    from genimg.edits.recipe import Recipe


@dataclass(frozen=True)
class Cross(Operation):
    """A child of this picture and another: a mix where the model can mix, else half of each.

    The child is written down, and not its parents: two large photographs are more than a recipe
    holds, and their children's children would be ever more.

    Attributes:
        other: how the other picture was made.
        label: what it is called, in words for people.
    """

    stays: ClassVar[bool] = False

    other: Recipe
    label: str = ""

    @override
    def apply(self, tools: Tools, latent: Latent) -> Latent:
        if self.other.latent.model_id != tools.model_id:
            raise LatentError(
                f"The other picture was made with the model {self.other.model_name!r}. Two "
                "pictures can be crossed if one model has made both."
            )
        other = tools.edited(self.other)
        return tools.mix(latent, other) if tools.mixable else tools.between(latent, other, 0.5)

    @property
    @override
    def words(self) -> str:
        return f"cross with {self.label or 'another picture'}"

    @override
    def onto(self, recipe: Recipe, tools: Tools) -> Recipe:
        """The child is a new start, with what was locked before."""
        child = self.apply(tools, tools.edited(recipe))
        return replace(
            recipe, latent=child, origin="cross", operations=(), lineage=(), label="", parents=()
        )
