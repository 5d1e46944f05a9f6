"""An operation that genimg does not have: a picture becomes more like its own mirror image."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ImageOps

from genimg.edits.operations import Operation, Tools
from genimg.errors import LatentError
from genimg.latents import Latent


@dataclass(frozen=True)
class Mirror(Operation):
    """`share` of the way (0 to 1) to the mirror image goes the picture."""

    share: float
    upside_down: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise LatentError(f"a share is from 0 to 1, not {self.share}")

    def apply(self, tools: Tools, latent: Latent) -> Latent:
        [picture] = tools.decode(latent)
        mirrored = ImageOps.flip(picture) if self.upside_down else ImageOps.mirror(picture)
        return tools.between(latent, tools.encode(mirrored), self.share)

    @property
    def words(self) -> str:
        return f"{100 * self.share:.0f} % {'upside down' if self.upside_down else 'mirrored'}"
