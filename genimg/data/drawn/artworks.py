"""Which sets of part drawings are there?

A new set is a file like `artwork_cats.py` and one line here. Within a set no name of a value
occurs twice, not even in two factors, because the names become labels of sliders.
"""

from __future__ import annotations

from genimg.data.drawn.artwork import Artwork
from genimg.data.drawn.cats import CATS
from genimg.data.drawn.heads import HEADS
from genimg.data.drawn.monsters import MONSTERS
from genimg.data.drawn.robots import ROBOTS

__all__ = ["ARTWORKS", "Artwork"]

ARTWORKS: dict[str, Artwork] = {
    "cats": CATS,
    "robots": ROBOTS,
    "monsters": MONSTERS,
    "heads": HEADS,
}
