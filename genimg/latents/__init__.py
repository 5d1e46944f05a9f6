"""Points of a latent space: what they are, how they are moved, where directions come from."""

from genimg.latents.covariance import covariance_of
from genimg.latents.directions import METHODS, Evidence, directions_to_header, find_directions
from genimg.latents.labels import Labels
from genimg.latents.maps import MapDirection
from genimg.latents.moves import (
    EASINGS,
    INTERPOLATIONS,
    between,
    check_share,
    ease,
    layer_groups,
    mix,
    move,
    path_times,
)
from genimg.latents.points import GROUPS, Direction, Latent, Slider
from genimg.latents.prior import fit_prior
from genimg.latents.scale import Scale
from genimg.latents.spatial import SpatialLatent
from genimg.latents.vocabulary import suggest
from genimg.latents.wishes import Doubt, Wish, understand

__all__ = [
    "EASINGS",
    "GROUPS",
    "INTERPOLATIONS",
    "METHODS",
    "Direction",
    "Doubt",
    "Evidence",
    "Labels",
    "Latent",
    "MapDirection",
    "Scale",
    "Slider",
    "SpatialLatent",
    "Wish",
    "between",
    "check_share",
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
