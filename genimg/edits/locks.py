"""How is a latent moved along a direction so that others, which a person has locked, stay?"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from genimg.errors import LatentError
from genimg.latents.points import Direction
from genimg.models.whitening import root_of

DEPENDENT = 1e-3
"""Locked directions that are this close to a sum of the others, as a part of their length, keep
nothing more."""
NOTHING = 1e-4
"""A move of which the locks leave less than this part is no move."""


class Locks:
    """The directions of one model, and what is left of each while others are kept.

    A direction says how latents change on average with an attribute: `a`, their covariance with it.
    What reads the attribute off a latent is another vector, `S^-1 a`, with S the covariance of the
    latents (Haufe et al. 2014, "On the interpretation of weight vectors of linear models"). Locks
    keep what their directions read, so a move `v` becomes

        v - A (A^T S^-1 A)^-1 A^T S^-1 v

    with the locked directions as the columns of A: orthogonal to them where lengths are measured in
    the latents' own standard deviations.

    A direction that is one value of a label ("red scarf") keeps the label: the directions of all
    its values are columns. With its own alone a scarf still became a bow. Only while another value
    of the same label is moved, its own alone is kept, as nothing would be left to move.

    Args:
        covariance: of the model's latents, `[d, d]`, see `latents.covariance_of`.
        directions: {name: direction}, all that can be moved or kept.
    """

    def __init__(self, covariance: Tensor, directions: Mapping[str, Direction]) -> None:
        self._root = root_of(covariance)  # S = root root^T
        self._directions = directions
        # Dragging a slider asks for the same few vectors at every frame.
        self._held = functools.lru_cache(maxsize=1024)(self._hold)
        self._span = functools.lru_cache(maxsize=64)(self._find_span)

    def held(self, name: str, keep: Collection[str] = ()) -> Tensor:
        """What is left of a direction's vector while others are kept, float32 `[d]`.

        Without `keep` it is the very vector. The order of `keep` does not matter. Zero where what
        is kept leaves nothing.

        Raises:
            LatentError: a direction that there is not.
        """
        return self._held(name, tuple(sorted(set(keep)))) if keep else self._known(name).vector

    def reading(self, name: str) -> Tensor:
        """The vector that reads a direction's attribute off a latent, float64 `[d]`: `z @ reading`
        has a standard deviation of 1 over the model's latents.
        """
        whitened = self._whitened(name)
        column = whitened[:, None] / whitened.norm()
        reading: Tensor = torch.linalg.solve_triangular(self._root.T, column, upper=True)
        return reading[:, 0]

    def _known(self, name: str) -> Direction:
        if name not in self._directions:
            raise LatentError(f"this model has no direction {name!r}")
        return self._directions[name]

    def _whitened(self, name: str) -> Tensor:
        vector = self._known(name).vector.double()
        whitened: Tensor = torch.linalg.solve_triangular(self._root, vector[:, None], upper=False)
        return whitened[:, 0]

    def _hold(self, name: str, keep: tuple[str, ...]) -> Tensor:
        whitened, span = self._whitened(name), self._span(self._columns(name, keep))
        left = whitened - span @ (span.T @ whitened)
        if float(left.norm()) < NOTHING * float(whitened.norm()):
            return torch.zeros_like(self._known(name).vector)
        held: Tensor = self._root @ left
        return held.float()

    def _columns(self, name: str, keep: tuple[str, ...]) -> tuple[str, ...]:
        """What stays while a direction moves: the kept ones, and all others of their labels."""
        labels = {self._known(kept).factor for kept in keep} - {"", self._known(name).factor}
        of_labels = {k for k, each in self._directions.items() if each.factor in labels}
        return tuple(sorted(of_labels | set(keep)))

    def _find_span(self, keep: tuple[str, ...]) -> Tensor:
        """Orthonormal columns that span the kept directions where latents vary alike all round."""
        columns = torch.stack([self._whitened(name) for name in keep], dim=1)
        columns = columns / columns.norm(dim=0)
        span, lengths, _ = torch.linalg.svd(columns, full_matrices=False)
        independent: Tensor = span[:, lengths > DEPENDENT]
        return independent
