"""How a VAE learns: reconstruction with the optimal shared variance, plus the KL term."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from typing_extensions import override

from genimg.data import Dataset
from genimg.evaluation.copies import Copies
from genimg.latents.directions import DEAD_KL
from genimg.models import DiagonalGaussian, LatentModel
from genimg.runs.description import ERROR, LIKENESS, PSNR, Floor, Kind, Signal
from genimg.training.finishing.findings import Findings
from genimg.training.finishing.vae import finish_vae
from genimg.training.objectives.numbers import NumberTerm
from genimg.training.objectives.objective import (
    AGAIN,
    DRAWS,
    HELD_OUT,
    Means,
    Objective,
    Player,
    Terms,
    Unstable,
    cosine,
    make_optimizer,
)
from genimg.training.objectives.spikes import SpikeGuard
from genimg.training.options import TrainOptions
from genimg.training.pictures.batches import Batch, fixed_batch
from genimg.training.planning.compute import Compute
from genimg.training.planning.planner import Planner
from genimg.training.planning.vae import VAEPlanner

MIN_MSE = 1e-7
"""Below the squared error of rounding to bytes: keeps log(mse) finite on pictures learned by heart.
"""
DRAWN = 64
"""New pictures that are looked at for copies."""
LEARNED = 128
"""Training pictures that are looked at again, at most as many as held-out ones."""
PREVIEWED = 64
"""Training pictures that tell where the new pictures of a sample sheet are drawn from."""
AT_ONCE = 64


@dataclass(frozen=True)
class VAEOptions:
    """Training options of a VAE.

    Attributes:
        learning_rate: peak, reached after the warm-up.
        final_learning_rate: at the end of the cosine.
        warmup_images, warmup: pictures, or part of the budget, over which the rate climbs from 0;
            whichever is over first.
        least_warmup_images: but so many pictures at least.
        kl_warmup: part of the budget over which the KL weight climbs from 0 to 1.
        max_gradient_norm: clip.
        spike: a step whose gradient norm exceeds this many times its running mean is left out.
    """

    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-5
    warmup_images: int = 10_000
    warmup: float = 0.05
    least_warmup_images: int = 0
    kl_warmup: float = 0.1
    max_gradient_norm: float = 1.0
    spike: float = 5.0


STARTED = VAEOptions(least_warmup_images=1_600, kl_warmup=1e-9)
"""For a model that has learned already. With the warm-up of a new one, a few steps of a run of two
minutes, one was thrown off for good.
"""
RUNAWAY = 20.0
"""A bound on held-out pictures above this, in nats a subpixel, is that of a model thrown off; an
untrained one has less than 2.
"""
UNUSED_LATENTS = Floor(
    "active_dimensions",
    2,
    "bad",
    "It has collapsed: only {value} of its numbers are in use, so all pictures become one. Start "
    "again from a model that is there, or with more varied pictures, or in a terminal with a lower "
    "--learning-rate.",
)


def bound_terms(posterior: DiagonalGaussian, decoded: Tensor, pixels: Tensor) -> Terms:
    """Squared errors `[N, C, H, W]`, and the KL of each picture in nats, `[N]`."""
    return {"mse": (decoded.float() - pixels).square(), "kl": posterior.kl()}


def bound(means: Means, beta: float, subpixels: int) -> Tensor:
    """Negative evidence bound in nats a subpixel (Rybkin et al. 2021, eq. 6).

    With D = C H W and mse the batch mean, the optimal variance is mse itself, which leaves
    D/2 log(mse) + const for the reconstruction; everything is divided by D.
    """
    return 0.5 * means["mse"].clamp_min(MIN_MSE).log() + beta * means["kl"] / subpixels


def mean_psnr(made: Tensor, pixels: Tensor) -> float:
    """The mean PSNR of pictures `[N, C, H, W]`, in dB."""
    error = (made.clamp(-1, 1) - pixels).square().mean(dim=(1, 2, 3))
    return float((10.0 * torch.log10(4.0 / error.clamp_min(MIN_MSE))).mean())  # pixels span 2


class VAEObjective(Objective):
    """sigma-VAE (Rybkin, Daniilidis & Levine 2021): no weight between the two terms to tune."""

    planner: ClassVar[Planner] = VAEPlanner()
    kind: ClassVar = Kind("VAE", graphs=(LIKENESS, ERROR), floors=(UNUSED_LATENTS,), trends=(PSNR,))
    signals: ClassVar[tuple[Signal, ...]] = (
        Signal("psnr", "held-out PSNR {:.2f} dB"),
        Signal("train_psnr", held_out=False),
        Signal("active_dimensions", held_out=False),
        Signal("copies", held_out=False),
    )
    model: LatentModel

    def __init__(self, model: LatentModel, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        chosen = VAEOptions() if options.init_from is None else STARTED
        rate = options.learning_rate or chosen.learning_rate
        self.options = replace(chosen, learning_rate=rate)
        optimizer = make_optimizer(options.optimizer, model.parameters(), rate)
        spikes = SpikeGuard(chosen.spike, compute.device)
        self.players = {
            "model": Player(model.parameters(), optimizer, chosen.max_gradient_norm, spikes)
        }
        self.subpixels = math.prod(model.image_shape)
        self.beta = 0.0
        self.fixed: Tensor | None = None  # some training pictures, [N, C, H, W]
        self.copies: Copies | None = None
        self.of_numbers: NumberTerm | None = None

    @override
    def schedule(self, progress: float, images: int) -> None:
        seen = images + 1
        warmup = max(seen / self.options.warmup_images, progress / self.options.warmup)
        if self.options.least_warmup_images:
            warmup = min(warmup, seen / self.options.least_warmup_images)
        peak = self.damping * self.options.learning_rate
        rate = cosine(progress, peak, min(peak, self.options.final_learning_rate))
        for group in self.players["model"].optimizer.param_groups:
            group["lr"] = min(1.0, warmup) * rate
        self.beta = min(1.0, progress / self.options.kl_warmup)

    @override
    def terms(self, batch: Batch, rng: torch.Generator) -> Terms:
        with self.compute.autocast():
            posterior = self.model.encode(batch.pixels)
            codes = self._codes_of(posterior, batch, self.noise(posterior.mean, rng))
            decoded = self.model.decode(codes)
        return bound_terms(posterior, decoded, batch.pixels) | self._number_terms(posterior, batch)

    def _codes_of(
        self, posterior: DiagonalGaussian, batch: Batch, noise: Tensor, some: Tensor | None = None
    ) -> Tensor:
        """Draws from a posterior, with the numbers that the pictures of a batch bear in their
        places; it may be that of `some` of its own rows, bool `[N]`.
        """
        codes = posterior.mean + torch.exp(0.5 * posterior.logvar) * noise
        if self.of_numbers is None or batch.values is None:
            return codes
        values = batch.values[batch.rows]
        return self.of_numbers.put(codes, values if some is None else values[some])

    def _number_terms(self, posterior: DiagonalGaussian, batch: Batch) -> Terms:
        """How badly the numbers that pictures bear are read; and the KL without them, as they need
        not be coded.
        """
        if self.of_numbers is None or batch.values is None:
            return {}
        values = batch.values[batch.rows]
        return {
            "numbers": self.of_numbers(posterior, values),
            "kl": self.of_numbers.kl(posterior, values),
        }

    @override
    def loss(self, means: Means) -> Tensor:
        loss = bound(means, self.beta, self.subpixels)
        if "numbers" in means:
            loss = loss + means["numbers"] / self.subpixels
        return loss

    # -- watching

    @override
    def prepare(self, dataset: Dataset) -> None:
        most = min(LEARNED, len(dataset.splits.get("validation", ())) or LEARNED)
        self.fixed = self.compute.place(fixed_batch(dataset, "train", most).pixels)
        self.copies = Copies.of(dataset)
        if dataset.values is not None:
            self.of_numbers = NumberTerm(dataset, self.model.config.latent_dim, self.compute.device)

    @override
    def validate(self, model: Any, batch: Batch) -> dict[str, float]:
        pixels = batch.pixels
        posterior, decoded = self._again(model, pixels)
        scores = self._scores(posterior, decoded, pixels)
        scores["psnr"] = mean_psnr(decoded, pixels)
        if self.fixed is not None:
            known, made = self._again(model, self.fixed)
            scores["train_psnr"] = mean_psnr(made, self.fixed)
            if self.copies is not None:
                scores["copies"] = self.copies.share(self._draw(model, known, DRAWN))
        return scores

    def _scores(
        self, posterior: DiagonalGaussian, decoded: Tensor, target: Tensor
    ) -> dict[str, float]:
        """The bound on held-out `target`, its KL in nats, and how many dimensions of the latent are
        used.

        Raises:
            Unstable: the bound is that of a model thrown off.
        """
        terms = bound_terms(posterior, decoded, target)
        means = {name: values.mean() for name, values in terms.items()}
        loss = float(bound(means, 1.0, self.subpixels))
        if loss > RUNAWAY:
            raise Unstable(
                "The model was thrown off: what it makes has nothing to do with the pictures any "
                "more."
            )
        used = posterior.kl_per_dimension().mean(dim=0) >= DEAD_KL
        return {"loss": loss, "kl": float(means["kl"]), "active_dimensions": int(used.sum())}

    def _again(self, model: LatentModel, pixels: Tensor) -> tuple[DiagonalGaussian, Tensor]:
        """The posterior of pixels `[N, C, H, W]`, and what is decoded from its mode."""
        known = self._encode(model, pixels)
        return known, self._decode(model, known.mode())

    def _encode(self, model: LatentModel, pixels: Tensor) -> DiagonalGaussian:
        with self.compute.autocast():
            found = [model.encode(part) for part in torch.split(pixels, AT_ONCE)]
        return DiagonalGaussian.joined(found)

    def _decode(self, model: LatentModel, codes: Tensor) -> Tensor:
        with self.compute.autocast():
            made = [model.decode(part) for part in torch.split(codes, AT_ONCE)]
        return torch.cat(made).float()

    def _draw(self, model: LatentModel, known: DiagonalGaussian, n: int) -> Tensor:
        """New pictures `[n, C, H, W]` from fixed seeds, where `known` pictures lie in the latents.

        The prior is fitted when the training is over; until then one Gaussian must do.
        """
        means = known.mean.cpu().double()
        spread = torch.cov(means.T) + torch.diag(known.logvar.cpu().double().exp().mean(dim=0))
        shape = torch.linalg.cholesky_ex(spread + 1e-6 * torch.eye(len(spread))).L
        noise = torch.randn(n, len(spread), generator=torch.Generator().manual_seed(0))
        codes = (means.mean(dim=0) + noise.double() @ shape.T).float().to(known.mean.device)
        return self._decode(model, codes)

    @override
    def preview(self, model: Any, pixels: Tensor) -> list[Tensor]:
        again = self._again(model, pixels)[1]
        if self.fixed is None:
            return [again]
        some = self.fixed[:: -(-len(self.fixed) // PREVIEWED)]
        known = self._encode(model, some)
        return [again, self._draw(model, known, len(pixels))]

    @override
    def sheet_rows(self) -> tuple[str, ...]:
        return (HELD_OUT, AGAIN, DRAWS)

    @classmethod
    @override
    def finish(
        cls, model: Any, dataset: Dataset, say: Callable[[str], None], quick: bool = False
    ) -> Findings:
        return finish_vae(model, dataset, say)
