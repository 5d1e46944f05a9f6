"""What may go wrong with drawn photographs, seen in pixels: a lattice, or colours that drift.

A decoder that learns from a critic may draw a pattern with the period of the base's grid, or drift
away in colour, long before its losses say so. Both are told by comparison with real pictures.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genimg.models.autoencoder import FACTOR
from genimg.training.objectives.objective import Unstable

LATTICE = 20.0
"""Times the energy at a frequency of the grid that real pictures have there, and times their own
energy beside it.
"""
SETTLED = 0.5
"""Part of the sharpening after which a lattice should be gone. Until then there often is one, and
it is the critic that removes it: a run that was taken back for it, with less weight for the critic,
ended with more of it, and with pictures more alike, see benchmarks/README.md.
"""
COLOUR_SHIFT = 0.2
"""The most by which the mean colour may differ, of values from -1 to 1."""
LEAST_SPREAD, MOST_SPREAD = 0.3, 1.8
"""Parts of the real pictures' spread of colour that drawn ones may have."""


class PhotographGuard:
    """Knows what real pictures `[N, 3, H, W]` in [-1, 1] look like in numbers."""

    def __init__(self, real: Tensor) -> None:
        self.edges = float(edges(real))
        self.at_grid = grid_energy(real)[0]
        self.mean, self.spread = colours(real)

    def sharpness(self, made: Tensor) -> float:
        """How steep edges are, as a part of what they are in the real pictures."""
        return float(edges(made)) / max(self.edges, 1e-6)

    def check(self, made: Tensor, sharpened: float = 1.0) -> None:
        """Look at drawn pictures `[N, 3, H, W]`, when so much of the sharpening is over, 0 to 1.

        Raises:
            Unstable: they have a lattice, or other colours than the real ones.
        """
        at_grid, beside = grid_energy(made)
        lattice = (at_grid > LATTICE * self.at_grid) & (at_grid > LATTICE * beside)
        if sharpened >= SETTLED and bool(lattice.any()):
            raise Unstable("A lattice has come into the new pictures.")
        mean, spread = colours(made)
        shift = float((mean - self.mean).abs().max())
        ratio = float(spread / self.spread.clamp_min(1e-6))
        if shift > COLOUR_SHIFT or not LEAST_SPREAD < ratio < MOST_SPREAD:
            raise Unstable("The colours of the new pictures have drifted away from those of yours.")


def edges(pixels: Tensor) -> Tensor:
    """The mean absolute difference of neighbouring pixels of `[N, C, H, W]`."""
    across = (pixels[..., :, 1:] - pixels[..., :, :-1]).abs().mean()
    down = (pixels[..., 1:, :] - pixels[..., :-1, :]).abs().mean()
    return (across + down) / 2


def grid_energy(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """The energy of `[N, C, H, W]` at the frequencies of the base's grid, periods of 16, 8, 4 and 2
    pixels along either axis, `[8]`, and that at the frequencies beside them.
    """
    grey = pixels.float().mean(dim=1)
    grey = grey - grey.mean(dim=(1, 2), keepdim=True)
    found = []
    for axis in (1, 2):
        # Edges of the frame would smear over all frequencies.
        window = torch.hann_window(grey.shape[axis], periodic=False, device=grey.device)
        shape = (-1, 1) if axis == 1 else (1, -1)
        line = (grey * window.view(shape)).mean(dim=3 - axis)
        energy = torch.fft.rfft(line, dim=1).abs().square().mean(dim=0)
        step = grey.shape[axis] // FACTOR
        for k in (step // 2, step, 2 * step, 4 * step):
            beside = [energy[i] for i in (k - 3, k - 2, k + 2, k + 3) if 0 < i < len(energy)]
            found.append(torch.stack([energy[k], torch.stack(beside).mean()]))
    both = torch.stack(found)
    return both[:, 0], both[:, 1]


def colours(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """The mean colour of `[N, C, H, W]`, `[C]`, and how far the pictures' own are spread."""
    means = pixels.float().mean(dim=(2, 3))
    return means.mean(dim=0), means.std(dim=0).mean()
