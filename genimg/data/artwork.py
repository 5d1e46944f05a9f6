"""Which sets of part drawings are there?

A new set is a file like `artwork_cats.py` and one line here. Within a set no name of a value
occurs twice, not even in two factors, because the names become labels of sliders.
"""

from __future__ import annotations

from genimg.data.artwork_base import Artwork
from genimg.data.artwork_cats import CATS
from genimg.data.artwork_heads import HEADS
from genimg.data.artwork_monsters import MONSTERS
from genimg.data.artwork_robots import ROBOTS

__all__ = ["ARTWORKS", "Artwork"]

ARTWORKS: dict[str, Artwork] = {
    "cats": CATS,
    "robots": ROBOTS,
    "monsters": MONSTERS,
    "heads": HEADS,
}
