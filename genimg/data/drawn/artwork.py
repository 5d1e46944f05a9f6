"""What a set of part drawings is, so that pictures can be combined from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genimg.data.dataset import Card


@dataclass(frozen=True)
class Artwork:
    """One set of part drawings inside the `robohash` package.

    folder   the set's folder in the package ("set4").
    layers   the parts in drawing order, the rearmost first, each as "FOLDER/STEM": STEM is the
             file name without its leading "003#" and without ".png", and {factor} stands for the
             key of that factor's value.
    factors  factor -> (key -> the value's name in plain words), both in label order.
    card     whose artwork it is.
    renamed  "FOLDER/STEM" as the layers spell it -> as the files do, where they differ.
    unused   "FOLDER/STEM" of drawings that are left out.
    hidden   factor -> what covers it, as (another factor, the key of its value).
    """

    folder: str
    layers: tuple[str, ...]
    factors: Mapping[str, Mapping[str, str]]
    card: Card
    renamed: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    hidden: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
