"""Which latent draws a given picture? Found by going downhill on the model's own decoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genimg.models.base import LatentModel
from genimg.models.whitening import whitening_of

DRAWS = 32
"""Draws from the prior that are looked at for a place to begin."""
STRIDE = 8
"""Steps of L-BFGS between two reports."""
TRIAL = 2 * STRIDE
"""Evaluations after which the better one of two places to begin is chosen."""
MEMORY = 10
FAITHFUL = 0.1
"""Restraint of a search for the nearest picture. With none at all, latents go 250 standard
deviations out for 0.1 dB.
"""
EDITABLE = (10.0, 16.0, 25.0, 40.0, 65.0, 100.0)
"""Restraints that are tried, one after the other, to stay among the model's own latents."""
FIRST_STEPS, NEXT_STEPS = 50, 16
"""Evaluations with the first of them, and with each of the others."""
OWN_DRAWS, OWN_SHARE = 256, 0.95
"""A latent is among the model's own if it is no odder than this share of so many draws."""
LEAST_ERROR = 1e-7
"""Of a mean square of pixels in [-1, 1]; keeps the logarithm finite. 76 dB."""
SETTLED = 1e-5
"""A stride that lowers the loss by less than this was the last: 0.00004 dB."""


@dataclass(frozen=True)
class Found:
    """How far a search has come.

    Attributes:
        evaluations: how often the decoder has been run forwards and backwards.
        z: the best point so far, `[d]` or `[layers, d]`, on the CPU.
        loss: what is minimised, there.
    """

    evaluations: int
    z: Tensor
    loss: float


class Inversion:
    """Searches for the latents of pictures. Keeps nothing, so threads may share one.

    What is minimised over z, for a picture x of D numbers, is

        log(mean square of (decode(z) - x)) + restraint * |z|^2 / D

    with |z| the Mahalanobis distance of z from the model's own latents. The first term is the
    negative log likelihood of x in units of D/2, for Gaussian noise of the best variance (Rybkin et
    al. 2021, as in training), the second that of a Gaussian fitted to the latents. So a restraint
    of 1 gives the likeliest latent, and 0 the nearest picture.

    Pixels are compared as they are shown, clamped: a colour that is out of range is an error only
    where the picture's own is inside, and the gradient passes the clamp as if it were not there.

    L-BFGS with a strong Wolfe search (Nocedal & Wright 2006, algorithm 3.5) and not Adam: on the
    shipped models it gains more in 20 evaluations than Adam in 100 at the best of three learning
    rates, and there is no rate to choose.

    Args:
        model: in evaluation mode.
        covariance: of the model's latents, `[d, d]`, see `genimg.latents.covariance_of`.
    """

    def __init__(self, model: LatentModel, covariance: Tensor) -> None:
        self._model = model
        self._device = model.device
        with torch.inference_mode(False), torch.no_grad():
            self._whitening = whitening_of(covariance).to(self._device)
            self._mean = (model.prior.weights @ model.prior.means).to(self._device)  # (d,)
            own = model.sample_prior(OWN_DRAWS, torch.Generator().manual_seed(1))
            self._farthest = float(self.distance(own).quantile(OWN_SHARE))

    @property
    def mean(self) -> Tensor:
        """The middle of the model's latents, `[d]`."""
        return self._mean.cpu()

    def distance(self, z: Tensor) -> Tensor:
        """How far latents `[N, d]` or `[N, layers, d]` lie from the model's own, `[N]`.

        The Mahalanobis distance, about sqrt(d) for a latent of the model's own. With layers it is
        that of their mean, and what they differ from it counts on top.
        """
        return self._squared(z.to(self._device)).sqrt()

    def _squared(self, z: Tensor) -> Tensor:
        middle = z if z.ndim == 2 else z.mean(dim=1)
        squared: Tensor = ((middle - self._mean) @ self._whitening.T).square().sum(dim=1)
        if z.ndim == 3:
            apart = (z - middle.unsqueeze(1)) @ self._whitening.T
            squared = squared + apart.square().sum(dim=2).mean(dim=1)
        return squared

    def _loss(self, z: Tensor, pixels: Tensor, restraint: float) -> Tensor:
        """`[N]` of latents, for one picture `[1, C, H, W]`."""
        drawn = self._model.decode(z).float()
        shown = drawn + (drawn.clamp(-1, 1) - drawn).detach()
        error = (shown - pixels).square().mean(dim=(1, 2, 3)).clamp_min(LEAST_ERROR)
        return error.log() + restraint / pixels[0].numel() * self._squared(z)

    def draw(self, pixels: Tensor, count: int = DRAWS) -> Tensor:
        """The one of `count` draws from the prior that is most like a picture `[1, C, H, W]`,
        `[d]`. The same picture gives the same draw.
        """
        with torch.inference_mode(False), torch.no_grad():
            drawn = self._model.sample_prior(count, torch.Generator().manual_seed(0))
            losses = self._loss(drawn.to(self._device), self._normal(pixels), 0.0)
            return drawn[int(losses.nan_to_num(torch.inf).argmin())].clone()

    def search(
        self, pixels: Tensor, starts: list[Tensor], steps: int, restraint: float
    ) -> Iterator[Found]:
        """Go downhill to a picture `[1, C, H, W]` from the best of several `starts`.

        From each a trial of TRIAL evaluations is made, and the best goes on. One start is an
        encoder's, as a rule, and one a draw: where the encoder does not know a picture it can be
        far out, from where no way leads back (the shipped cats, photographs: 10 dB, and 13 dB from
        a draw), and elsewhere it is the best there is. Reports are as those of `descend`, and their
        loss never rises.
        """
        used, best = 0, None
        if len(starts) > 1:
            for start in starts:
                before = used
                for found in self.descend(pixels, start, min(TRIAL, steps - used), restraint):
                    used = before + found.evaluations
                    if best is None or found.loss < best.loss:
                        best = found
                    yield Found(used, best.z, best.loss)
        start = starts[0] if best is None else best.z
        for found in self.descend(pixels, start, steps - used, restraint):
            yield Found(used + found.evaluations, found.z, found.loss)

    def descend(self, pixels: Tensor, z: Tensor, steps: int, restraint: float) -> Iterator[Found]:
        """Go downhill from `z` `[d]` or `[layers, d]` to a picture `[1, C, H, W]`.

        Reports after every STRIDE steps, each of them one evaluation or a few; ends after about
        `steps` evaluations, or when nothing is gained any more. Between two reports the thread
        computes no gradients.
        """
        target = self._normal(pixels)
        with torch.inference_mode(False), torch.no_grad():
            point = z.to(self._device, copy=True)[None].requires_grad_(True)
        optimizer = torch.optim.LBFGS(
            [point], history_size=MEMORY, max_iter=STRIDE, line_search_fn="strong_wolfe"
        )
        best, least, used = point.detach().clone(), float("inf"), 0

        def closure() -> Tensor:
            nonlocal best, least, used
            used += 1
            loss = self._loss(point, target, restraint).sum()
            if float(loss.detach()) < least:
                best, least = point.detach().clone(), float(loss.detach())
            [point.grad] = torch.autograd.grad(loss, [point])  # and none of the model's weights
            return loss

        while used < steps:
            before = least
            optimizer.param_groups[0]["max_eval"] = steps - used
            with torch.inference_mode(False), torch.enable_grad():
                optimizer.step(closure)  # type: ignore[no-untyped-call]
            yield Found(used, best[0].cpu(), least)
            if before - least < SETTLED:
                return

    def typical(self, pixels: Tensor, starts: list[Tensor]) -> Tensor:
        """A latent `[d]` that draws a picture `[1, C, H, W]` and is no odder than the model's own.

        The restraint is raised until it is: what is of the model's own kind needs the least one and
        loses 0.2 dB at most by it, what is foreign is drawn less and less like itself.
        """
        z = starts[0]
        steps = FIRST_STEPS
        for restraint in EDITABLE:
            for found in self.search(pixels, starts, steps, restraint):
                z = found.z
            if float(self.distance(z[None])) <= self._farthest:
                break
            starts, steps = [z], NEXT_STEPS
        return z

    def _normal(self, pixels: Tensor) -> Tensor:
        """A copy that gradients can be computed with, even of what inference mode has made."""
        with torch.inference_mode(False), torch.no_grad():
            return pixels.to(self._device, copy=True)
