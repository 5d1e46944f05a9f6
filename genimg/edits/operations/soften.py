"""The start of an upload goes from what draws it best towards what is easy to edit."""

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
class Soften(Operation):
    """The start becomes the point at `t` of the way from `editable` (0) to `faithful` (1).

    Raises:
        LatentError: `t` is not from 0 to 1.
    """

    stays: ClassVar[bool] = False

    faithful: Recipe
    editable: Recipe
    t: float

    def __post_init__(self) -> None:
        if not 0 <= self.t <= 1:
            raise LatentError("From easy to edit (0) to faithful (1), please.")

    @override
    def apply(self, tools: Tools, latent: Latent) -> Latent:
        return tools.soften(self.faithful.latent, self.editable.latent, self.t)

    @property
    @override
    def words(self) -> str:
        return f"{100 * self.t:.0f} % faithful"

    @override
    def onto(self, recipe: Recipe, tools: Tools) -> Recipe:
        """Another start; the edits stay."""
        return replace(recipe, latent=self.apply(tools, recipe.latent))
