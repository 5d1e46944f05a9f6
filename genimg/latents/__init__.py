"""Points of a latent space: what they are, how they are moved, where directions come from."""

from genimg.latents.directions import METHODS, Evidence, directions_to_header, find_directions
from genimg.latents.labels import Labels
from genimg.latents.locks import Locks, covariance_of
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
from genimg.latents.recipe import MAX_STEPS, SLIDER_DIGITS, TEXT_KEY, Moves, Recipe, Step
from genimg.latents.vocabulary import suggest
from genimg.latents.words import Doubt, Wish, understand

__all__ = [
    "EASINGS",
    "GROUPS",
    "INTERPOLATIONS",
    "MAX_STEPS",
    "METHODS",
    "SLIDER_DIGITS",
    "TEXT_KEY",
    "Direction",
    "Doubt",
    "Evidence",
    "Labels",
    "Latent",
    "Locks",
    "Moves",
    "Recipe",
    "Step",
    "Wish",
    "between",
    "covariance_of",
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
