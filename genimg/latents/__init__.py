"""Points of a latent space: what they are, how they are moved, where directions come from."""

from genimg.latents.directions import METHODS, Evidence, directions_to_header, find_directions
from genimg.latents.labels import Labels
from genimg.latents.moves import (
    EASINGS,
    INTERPOLATIONS,
    between,
    ease,
    layer_groups,
    mix,
    move,
    path_times,
)
from genimg.latents.points import GROUPS, Direction, Latent
from genimg.latents.prior import fit_prior
from genimg.latents.recipe import TEXT_KEY, Recipe
from genimg.latents.vocabulary import suggest
from genimg.latents.words import Doubt, Wish, understand

__all__ = [
    "EASINGS",
    "GROUPS",
    "INTERPOLATIONS",
    "METHODS",
    "TEXT_KEY",
    "Direction",
    "Doubt",
    "Evidence",
    "Labels",
    "Latent",
    "Recipe",
    "Wish",
    "between",
    "directions_to_header",
    "ease",
    "find_directions",
    "fit_prior",
    "layer_groups",
    "mix",
    "move",
    "path_times",
    "suggest",
    "understand",
]
