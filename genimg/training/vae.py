"""How a VAE learns: reconstruction with the optimal shared variance, plus the KL term."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from genimg.data import Dataset
from genimg.models import DiagonalGaussian, LatentModel
from genimg.training.batches import Batch
from genimg.training.compute import Compute
from genimg.training.finish import finish_vae
from genimg.training.options import TrainOptions
from genimg.training.recipe import Findings, Recipe, cosine, make_optimizer

MIN_MSE = 1e-7
"""Below the squared error of rounding to bytes: keeps log(mse) finite on pictures learned by heart.
"""
NORM_MEMORY = 0.02


@dataclass(frozen=True)
class VAEOptions:
    """Training options of a VAE.

    Attributes:
        learning_rate: peak, reached after the warm-up.
        final_learning_rate: at the end of the cosine.
        warmup_images, warmup: pictures, or part of the budget, over which the rate climbs from 0;
            whichever is over first.
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
    kl_warmup: float = 0.1
    max_gradient_norm: float = 1.0
    spike: float = 5.0


class VAERecipe(Recipe):
    """sigma-VAE (Rybkin, Daniilidis & Levine 2021): no weight between the two terms to tune."""

    model: LatentModel

    def __init__(self, model: LatentModel, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        self.options = VAEOptions(learning_rate=options.learning_rate or VAEOptions.learning_rate)
        self.parameters: list[nn.Parameter] = list(model.parameters())
        self.optimizers = {
            "model": make_optimizer(options.optimizer, self.parameters, self.options.learning_rate)
        }
        self.beta = 0.0
        self.usual_norm = torch.zeros(
            (), device=compute.device
        )  # running mean of the gradient norm

    @override
    def schedule(self, progress: float, images: int) -> None:
        warmup = max((images + 1) / self.options.warmup_images, progress / self.options.warmup)
        peak = self.options.learning_rate
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
        dimensions = pixels[0].numel()
        mse = (decoded.float() - pixels).square().mean().clamp_min(MIN_MSE)
        kl = posterior.kl().mean()
        return {"loss": 0.5 * mse.log() + beta * kl / dimensions, "mse": mse, "kl": kl}

    @override
    def step(self, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        pixels = batch.pixels
        self.model.train()
        with self.compute.autocast():
            posterior = self.model.encode(pixels)
            decoded = self.model.decode(posterior.sample(rng))
        terms = self.objective(posterior, decoded, pixels, self.beta)
        optimizer = self.optimizers["model"]
        optimizer.zero_grad(set_to_none=True)
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.parameters, self.options.max_gradient_norm).detach()
        if not self._is_spike(norm):
            optimizer.step()
        return {k: v.detach() for k, v in terms.items()} | {"gradient_norm": norm}

    def _is_spike(self, norm: Tensor) -> bool:
        usual = float(self.usual_norm)
        spike = usual > 0.0 and float(norm) > self.options.spike * usual
        bounded = norm.clamp(max=self.options.spike * usual) if usual > 0.0 else norm
        self.usual_norm = torch.lerp(self.usual_norm, bounded, NORM_MEMORY) if usual else bounded
        return spike

    @override
    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"usual_norm": self.usual_norm}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.usual_norm = state["usual_norm"].to(self.compute.device)

    @override
    def validate(self, model: LatentModel, batch: Batch) -> dict[str, float]:
        pixels = batch.pixels
        posterior = model.encode(pixels)
        decoded = model.decode(posterior.mode())
        terms = self.objective(posterior, decoded, pixels, 1.0)
        error = (decoded.clamp(-1, 1) - pixels).square().mean(dim=(1, 2, 3))
        psnr = 10.0 * torch.log10(4.0 / error.clamp_min(MIN_MSE))  # pixels span 2, so peak^2 = 4
        return {
            "loss": float(terms["loss"]),
            "kl": float(terms["kl"]),
            "psnr": float(psnr.mean()),
        }

    @override
    def preview(self, model: LatentModel, pixels: Tensor) -> Tensor:
        return model.decode(model.encode(pixels).mode())

    @override
    def finish(self, model: LatentModel, dataset: Dataset, say: Callable[[str], None]) -> Findings:
        return finish_vae(model, dataset, say)
