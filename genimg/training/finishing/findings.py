"""What is found out about finished weights, for the file of the model?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genimg.data import Factor
from genimg.latents import Direction
from genimg.latents.maps import MapDirection


@dataclass(frozen=True)
class Findings:
    """What is found out about finished weights, for the model's file.

    Attributes:
        metrics: JSON-ready numbers for the header.
        directions: named ways through the latent space.
        factors: the labelled factors that the model can be asked for or read.
        words: one line for the person who trained it.
        maps: the sliders of a base, which has no directions.
    """

    metrics: dict[str, Any]
    directions: list[Direction]
    factors: tuple[Factor, ...]
    words: str
    maps: tuple[MapDirection, ...] = ()
