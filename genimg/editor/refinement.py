"""How is a latent brought closer to somebody's picture, and kept fit for editing?

    for state in editor.refine(photo, editor.start(photo)):
        show(editor.decode(state.latent)[0], state.psnr)      # break whenever it is good enough
    kept = editor.soften(state.latent, editor.editable(state.latent, photo), t=0.5)

`benchmarks/uploads.py` measures what is gained, and what can be edited then.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from genimg.config import as_whole
from genimg.errors import LatentError
from genimg.latents import Latent

STEPS = 100
"""Of a refinement by default: what is gained after them is below 0.1 dB."""
MAX_STEPS = 1000


@dataclass(frozen=True)
class Refined:
    """How far a refinement has come.

    Attributes:
        step: evaluations of the decoder and its gradient so far.
        of: how many there will be at most; it ends earlier where nothing is gained any more.
        latent: the best so far.
        psnr: dB, how close its picture is to the original, as `Judging.match` says it. Never falls.
    """

    step: int
    of: int
    latent: Latent
    psnr: float


def checked_steps(steps: object) -> int:
    """A number of steps; one that is out of range is refused."""
    whole = as_whole(steps)
    if whole is None or not 0 <= whole <= MAX_STEPS:
        raise LatentError(f"a refinement takes 0 to {MAX_STEPS} steps, not {steps!r}")
    return whole


def soften(faithful: Latent, editable: Latent, t: float) -> Latent:
    """The latent at `t` of the way from the editable one (0) to the faithful one (1), both exact.

    A straight line in which no point is further from the model's own latents than its two ends.

    Raises:
        LatentError: latents of different models or layers, or `t` outside 0 to 1.
    """
    faithful.require_model(editable.model_id)
    if not 0.0 <= t <= 1.0:
        raise LatentError(f"a picture is faithful from 0 to 1, not {t}")
    if t in (0.0, 1.0):
        return faithful if t else editable
    layers = max(faithful.layers, editable.layers)
    if layers == 1:
        return faithful.at(torch.lerp(editable.z, faithful.z, t))
    return faithful.at(torch.lerp(editable.rows(layers), faithful.rows(layers), t))
