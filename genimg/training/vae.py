"""How a VAE learns: reconstruction with the optimal shared variance, plus the KL term."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from genimg.data import Dataset
from genimg.latents.directions import DEAD_KL
from genimg.models import DiagonalGaussian, LatentModel
from genimg.training.batches import Batch, watched_batch
from genimg.training.compute import Compute
from genimg.training.copies import Copies
from genimg.training.finish import finish_vae
from genimg.training.options import TrainOptions
from genimg.training.recipe import (
    AGAIN,
    DRAWS,
    HELD_OUT,
    Findings,
    Recipe,
    Unstable,
    cosine,
    make_optimizer,
)

MIN_MSE = 1e-7
"""Below the squared error of rounding to bytes: keeps log(mse) finite on pictures learned by heart.
"""
NORM_MEMORY = 0.02
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
        spike: a step whose gradient norm exceeds this many times its running mean is left out, as
            one bad batch can throw a network without normalisation off for good (compare Child
            2021, appendix).
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


def _bound(mse: Tensor, kl: Tensor, beta: float, pixels: Tensor) -> Tensor:
    return 0.5 * mse.log() + beta * kl / pixels[0].numel()


def _psnr(made: Tensor, pixels: Tensor) -> float:
    """The mean PSNR of pictures `[N, C, H, W]`, in dB."""
    error = (made.clamp(-1, 1) - pixels).square().mean(dim=(1, 2, 3))
    return float((10.0 * torch.log10(4.0 / error.clamp_min(MIN_MSE))).mean())  # pixels span 2


class VAERecipe(Recipe):
    """sigma-VAE (Rybkin, Daniilidis & Levine 2021): no weight between the two terms to tune."""

    model: LatentModel

    def __init__(self, model: LatentModel, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        chosen = VAEOptions() if options.init_from is None else STARTED
        rate = options.learning_rate or chosen.learning_rate
        self.options = replace(chosen, learning_rate=rate)
        self.parameters: list[nn.Parameter] = list(model.parameters())
        self.optimizers = {
            "model": make_optimizer(options.optimizer, self.parameters, self.options.learning_rate)
        }
        self.beta = 0.0
        self.usual_norm = torch.zeros((), device=compute.device)  # running mean of gradient norms
        self.watched: Tensor | None = None  # some training pictures, [N, C, H, W]
        self.copies: Copies | None = None

    @override
    def schedule(self, progress: float, images: int) -> None:
        seen = images + 1
        warmup = max(seen / self.options.warmup_images, progress / self.options.warmup)
        if self.options.least_warmup_images:
            warmup = min(warmup, seen / self.options.least_warmup_images)
        peak = self.mildness * self.options.learning_rate
        rate = cosine(progress, peak, min(peak, self.options.final_learning_rate))
        for group in self.optimizers["model"].param_groups:
            group["lr"] = min(1.0, warmup) * rate
        self.beta = min(1.0, progress / self.options.kl_warmup)

    def objective(
        self, posterior: DiagonalGaussian, decoded: Tensor, pixels: Tensor, beta: float
    ) -> dict[str, Tensor]:
        """Negative evidence bound in nats a subpixel, and its parts (Rybkin et al. 2021, eq. 6).

        With D = C H W and mse the batch mean, the optimal variance is mse itself, which leaves
        D/2 log(mse) + const for the reconstruction; everything is divided by D.
        """
        mse = (decoded.float() - pixels).square().mean().clamp_min(MIN_MSE)
        kl = posterior.kl().mean()
        return {"loss": _bound(mse, kl, beta, pixels), "mse": mse, "kl": kl}

    @override
    def step(self, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        pixels = batch.pixels
        self.model.train()
        self._take(batch)
        with self.compute.autocast():
            posterior = self.model.encode(pixels)
            noise = self._noise(posterior.mean, rng)
            decoded = self.model.decode(posterior.mean + torch.exp(0.5 * posterior.logvar) * noise)
        if self.world.size == 1:
            terms = self.objective(posterior, decoded, pixels, self.beta)
        else:
            terms = self._shared_objective(posterior, decoded, pixels)
        optimizer = self.optimizers["model"]
        optimizer.zero_grad(set_to_none=True)
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        terms = self._gather(self.parameters, terms)
        if self.world.size > 1:
            terms["mse"] = terms["mse"] / self.world.size  # all had the whole one
            terms["loss"] = _bound(terms["mse"], terms["kl"], self.beta, pixels)
        norm = nn.utils.clip_grad_norm_(self.parameters, self.options.max_gradient_norm).detach()
        self._update_unless(self._is_spike(norm))
        return terms | {"gradient_norm": norm}

    def _noise(self, like: Tensor, rng: torch.Generator) -> Tensor:
        """Its rows of what is drawn for the whole batch, `[N, d]`."""
        shape = (self.part.count, like.shape[1])
        whole = torch.randn(shape, generator=rng, device=rng.device)
        return whole[self.part.rows].to(like.device)

    def _shared_objective(
        self, posterior: DiagonalGaussian, decoded: Tensor, pixels: Tensor
    ) -> dict[str, Tensor]:
        """Its part of the objective of the whole batch, whose mse has to be known for that."""
        own = self.part.mean((decoded.float() - pixels).square())
        mse = self.world.total(own).clamp_min(MIN_MSE)
        kl = self.part.mean(posterior.kl())
        return {"loss": _bound(mse, kl, self.beta, pixels), "mse": mse, "kl": kl}

    def _is_spike(self, norm: Tensor) -> Tensor:
        """Whether a step is an outlier, without waiting for the device; remembers what is usual."""
        usual = self.usual_norm
        most = self.options.spike * usual.double()
        began = usual > 0.0
        spike = began & (norm.double() > most)
        bounded = torch.where(began, torch.minimum(norm, most.float()), norm)
        self.usual_norm = torch.where(began, torch.lerp(usual, bounded, NORM_MEMORY), bounded)
        return spike

    def _update_unless(self, left_out: Tensor) -> None:
        """Take a step, or leave it out as if it had never been tried."""
        optimizer = self.optimizers["model"]
        if left_out.is_cuda and isinstance(optimizer, torch.optim.Adam):
            # What mixed precision uses to leave out a step: decided on the device, so that the
            # processor need not wait for it.
            optimizer.found_inf = left_out.float()  # type: ignore[attr-defined]
            optimizer.step()
        elif not bool(left_out):
            optimizer.step()

    @override
    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"usual_norm": self.usual_norm}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.usual_norm = state["usual_norm"].to(self.compute.device)

    # -- watching

    @override
    def prepare(self, dataset: Dataset) -> None:
        most = min(LEARNED, len(dataset.splits.get("validation", ())) or LEARNED)
        self.watched = self.compute.place(watched_batch(dataset, "train", most).pixels)
        self.copies = Copies.of(dataset)

    @override
    def validate(self, model: LatentModel, batch: Batch) -> dict[str, float]:
        pixels = batch.pixels
        posterior, decoded = self._again(model, pixels)
        terms = self.objective(posterior, decoded, pixels, 1.0)
        if float(terms["loss"]) > RUNAWAY:
            raise Unstable(
                "The model was thrown off: what it makes has nothing to do with the pictures any "
                "more."
            )
        used = posterior.kl_per_dimension().mean(dim=0) >= DEAD_KL
        scores = {
            "loss": float(terms["loss"]),
            "kl": float(terms["kl"]),
            "psnr": _psnr(decoded, pixels),
            "active_dimensions": int(used.sum()),
        }
        if self.watched is not None:
            known, made = self._again(model, self.watched)
            scores["train_psnr"] = _psnr(made, self.watched)
            if self.copies is not None:
                scores["copies"] = self.copies.share(self._draw(model, known, DRAWN))
        return scores

    def _again(self, model: LatentModel, pixels: Tensor) -> tuple[DiagonalGaussian, Tensor]:
        """What a model takes pixels `[N, C, H, W]` for, and what it makes of that."""
        known = self._encode(model, pixels)
        return known, self._decode(model, known.mode())

    def _encode(self, model: LatentModel, pixels: Tensor) -> DiagonalGaussian:
        with self.compute.autocast():
            found = [model.encode(part) for part in torch.split(pixels, AT_ONCE)]
        means, logvars = ([getattr(each, name) for each in found] for name in ("mean", "logvar"))
        return DiagonalGaussian(torch.cat(means), torch.cat(logvars))

    def _decode(self, model: LatentModel, codes: Tensor) -> Tensor:
        with self.compute.autocast():
            made = [model.decode(part) for part in torch.split(codes, AT_ONCE)]
        return torch.cat(made).float()

    def _draw(self, model: LatentModel, known: DiagonalGaussian, n: int) -> Tensor:
        """New pictures `[n, C, H, W]` from fixed seeds, where `known` pictures lie in the latents.

        The prior is fitted when the training is over; until then one Gaussian must do.
        """
        means = known.mean.double().cpu()
        spread = torch.cov(means.T) + torch.diag(known.logvar.double().cpu().exp().mean(dim=0))
        shape = torch.linalg.cholesky_ex(spread + 1e-6 * torch.eye(len(spread))).L
        noise = torch.randn(n, len(spread), generator=torch.Generator().manual_seed(0))
        codes = (means.mean(dim=0) + noise.double() @ shape.T).float().to(known.mean.device)
        return self._decode(model, codes)

    @override
    def preview(self, model: LatentModel, pixels: Tensor) -> list[Tensor]:
        again = self._again(model, pixels)[1]
        if self.watched is None:
            return [again]
        some = self.watched[:: -(-len(self.watched) // PREVIEWED)]
        known = self._encode(model, some)
        return [again, self._draw(model, known, len(pixels))]

    @override
    def sheet_rows(self) -> tuple[str, ...]:
        return (HELD_OUT, AGAIN, DRAWS)

    @override
    def finish(self, model: LatentModel, dataset: Dataset, say: Callable[[str], None]) -> Findings:
        return finish_vae(model, dataset, say)
