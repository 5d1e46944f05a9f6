"""How much of a photograph's own details is shown beside what the model understands of it?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from typing_extensions import override

from genimg.edits.operations.operation import Operation, Tools
from genimg.errors import LatentError
from genimg.latents.moves import check_share
from genimg.latents.points import Latent

if TYPE_CHECKING:
    from genimg.edits.recipe import Recipe


@dataclass(frozen=True)
class Details(Operation):
    """This share of the picture's own details is shown.

    Attributes:
        share: 1 (the photograph as it is) to 0 (as the model would draw it).

    Raises:
        LatentError: `share` is not from 0 to 1.
    """

    share: float

    def __post_init__(self) -> None:
        check_share(self.share)
        object.__setattr__(self, "share", float(self.share))

    @override
    def apply(self, tools: Tools, latent: Latent) -> Latent:
        if latent.details is None:
            raise LatentError(
                "this picture has no details of its own: only a photograph that was opened with a "
                "model on a base has some"
            )
        return latent.showing(self.share)

    @property
    @override
    def words(self) -> str:
        return f"own details {100 * self.share:.0f} %"

    @property
    @override
    def idle(self) -> bool:
        return self.share == 1.0

    @override
    def onto(self, recipe: Recipe, tools: Tools) -> Recipe:
        """There is one of these; the last one counts."""
        rest = (each for each in recipe.operations if not isinstance(each, Details))
        return replace(recipe, operations=(*rest, self))
