"""How the base learns: to bring back any picture, then to keep how it looks, then its textures.

Three phases of one budget, each with one term more: the error of pixels; the distance in the fixed
features of a network that knows photographs (Zhang et al. 2018), which keeps what an average over
the possible would blur; and a critic on those features (Sauer et al. 2021; Esser et al. 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.data import Dataset
from genimg.models.autoencoder import Autoencoder
from genimg.models.features import LossFeatures, distance_of_taps, load_features
from genimg.runs.description import ERROR, LIKENESS, PSNR, Kind, Signal
from genimg.training.finishing.base_autoencoder import finish_base
from genimg.training.finishing.findings import Findings
from genimg.training.objectives.objective import (
    AGAIN,
    HELD_OUT,
    Means,
    Objective,
    Player,
    Terms,
    Turn,
    Unstable,
    cosine,
    held_still,
    make_optimizer,
)
from genimg.training.objectives.spikes import SpikeGuard
from genimg.training.options import TrainOptions
from genimg.training.pictures.batches import Batch
from genimg.training.planning.base_autoencoder import BasePlanner
from genimg.training.planning.compute import Compute

DEEPEST = 8
"""Stride of the coarsest features that the loss and the critic look at."""
TAPPED = (16, 24, 40)
"""Channels of the features at strides 2, 4 and 8."""
CRITIC_WIDTH = 64
AT_ONCE = 64
LOST = 1.0
"""A mean absolute error above this, in pixels of -1 to 1, is that of a network thrown off: a grey
picture is nearer to any.
"""


@dataclass(frozen=True)
class BaseOptions:
    """Training options of a base.

    Attributes:
        learning_rate, final_learning_rate: from and to, by a cosine over the budget.
        warmup_images: pictures over which the rate climbs from 0.
        squared: weight of the squared error beside the absolute one: it minds edges more.
        noise: standard deviation of what is added to the latents before they are decoded, so that
            a small error of a model that stands on them does no harm.
        perceptual: weight of the distance in fixed features.
        perceptual_from: part of the budget after which it counts.
        adversarial: weight of the critic's word.
        adversarial_from: part of the budget after which it counts; the critic begins to learn
            `critic_alone` of the budget before.
        critic_rate: learning rate of the critic.
        max_gradient_norm: clip.
        spike: a step whose gradient norm exceeds this many times its running mean is left out.
    """

    learning_rate: float = 6e-4
    final_learning_rate: float = 2e-5
    warmup_images: int = 6_400
    squared: float = 5.0
    noise: float = 0.05
    perceptual: float = 0.1
    perceptual_from: float = 0.75
    adversarial: float = 0.01
    adversarial_from: float = 0.9
    critic_alone: float = 0.01
    critic_rate: float = 2e-4
    max_gradient_norm: float = 0.5
    spike: float = 4.0


class PatchCritic(nn.Module):
    """Says of each place of a picture, at three scales, how real its features look.

    A few convolutions on fixed features: it need not learn to see (Sauer et al. 2021).
    """

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, CRITIC_WIDTH, 1),
                nn.LeakyReLU(0.2),
                nn.Conv2d(CRITIC_WIDTH, CRITIC_WIDTH, 3, padding=1),
                nn.LeakyReLU(0.2),
                nn.Conv2d(CRITIC_WIDTH, 1, 1),
            )
            for channels in TAPPED
        )

    @override
    def forward(self, taps: list[Tensor]) -> list[Tensor]:
        """Features `[N, C, h, w]` at strides 2, 4, 8 to answers `[N, 1, h, w]`."""
        return [head(tap) for head, tap in zip(self.heads, taps, strict=True)]


class BaseObjective(Objective):
    """The objective of an `Autoencoder`."""

    planner: ClassVar = BasePlanner()
    kind: ClassVar = Kind("Base", graphs=(LIKENESS, ERROR), trends=(PSNR,))
    signals: ClassVar = (Signal("psnr", "held-out PSNR {:.2f} dB"),)
    model: Autoencoder

    def __init__(self, model: Autoencoder, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        chosen = BaseOptions()
        rate = options.learning_rate or chosen.learning_rate
        self.options = replace(chosen, learning_rate=rate)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self.critic: PatchCritic = PatchCritic().to(compute.device)
        optimizer = make_optimizer(options.optimizer, model.parameters(), rate)
        spikes = SpikeGuard(chosen.spike, compute.device)
        critic, betas = list(self.critic.parameters()), (0.5, 0.99)
        judging = make_optimizer(options.optimizer, critic, chosen.critic_rate, betas)
        self.players = {
            "model": Player(model.parameters(), optimizer, chosen.max_gradient_norm, spikes),
            "critic": Player(critic, judging),
        }
        self.progress = 0.0

    @override
    def networks(self) -> dict[str, nn.Module]:
        return {"model": self.model, "critic": self.critic}

    @cached_property
    def features(self) -> LossFeatures:
        """Loaded when a loss first asks for them."""
        return load_features("lite0").to(self.compute.device)

    @override
    def schedule(self, progress: float, images: int) -> None:
        self.progress = progress
        peak = self.damping * self.options.learning_rate
        rate = cosine(progress, peak, min(peak, self.options.final_learning_rate))
        for group in self.players["model"].optimizer.param_groups:
            group["lr"] = min(1.0, (images + 1) / self.options.warmup_images) * rate

    @override
    def turns(self, batch: Batch, rng: torch.Generator) -> Iterator[Turn]:
        """The autoencoder's, then the critic's on the features of the same pictures."""
        with self.compute.autocast():
            latents = self.model.encode(batch.pixels)
            noise = self.noise(latents, rng)
            made = self.model.decode(latents + self.options.noise * noise)
        made = made.float()
        terms = {
            "error": (made - batch.pixels).abs(),
            "squared": (made - batch.pixels).square(),
        }
        real: list[Tensor] = []
        fake: list[Tensor] = []
        if self.progress >= self.options.perceptual_from:
            with torch.no_grad():
                real = self.features.taps(batch.pixels, DEEPEST)
            fake = self.features.taps(made, DEEPEST)
            terms["perceptual"] = distance_of_taps(real, fake)
        if self.progress >= self.options.adversarial_from:
            with held_still(self.critic):
                terms["adversarial"] = -self._over_scales(self.critic(fake))
        yield Turn("model", terms, self.loss)
        if self.progress >= self.options.adversarial_from - self.options.critic_alone:
            terms = self.critic_terms(real, [tap.detach() for tap in fake])
            yield Turn("critic", terms, lambda means: means["critic"])

    @override
    def loss(self, means: Means) -> Tensor:
        """What the autoencoder minimises: the terms that count by now, weighted."""
        loss = means["error"] + self.options.squared * means["squared"]
        for name in ("perceptual", "adversarial"):
            if name in means:
                loss = loss + getattr(self.options, name) * means[name]
        return loss

    def _over_scales(self, answers: list[Tensor]) -> Tensor:
        """The mean of answers over all pictures, places and scales: this process's part of it."""
        return torch.stack([self.part.mean(answer) for answer in answers]).mean()

    def critic_terms(self, real: list[Tensor], fake: list[Tensor]) -> Terms:
        """Hinge loss (Lim & Ye 2017) on the features of real and made pictures."""
        losses = [
            self.part.mean(F.relu(1.0 - yes)) + self.part.mean(F.relu(1.0 + no))
            for yes, no in zip(self.critic(real), self.critic(fake), strict=True)
        ]
        return {"critic": torch.stack(losses).mean()}

    # -- watching

    @override
    def validate(self, model: Autoencoder, batch: Batch) -> dict[str, float]:
        made = self._again(model, batch.pixels)
        error = float((made - batch.pixels).abs().mean())
        if error > LOST:
            raise Unstable("The base was thrown off: what it brings back is no picture any more.")
        square = (made.clamp(-1, 1) - batch.pixels).square().mean(dim=(1, 2, 3))
        psnr = 10.0 * torch.log10(4.0 / square.clamp_min(1e-7))  # pixels span 2
        return {"loss": error, "psnr": float(psnr.mean())}

    def _again(self, model: Autoencoder, pixels: Tensor) -> Tensor:
        with self.compute.autocast():
            made = [model.decode(model.encode(part)) for part in torch.split(pixels, AT_ONCE)]
        return torch.cat(made).float()

    @override
    def preview(self, model: Autoencoder, pixels: Tensor) -> list[Tensor]:
        return [self._again(model, pixels)]

    @override
    def sheet_rows(self) -> tuple[str, ...]:
        return (HELD_OUT, AGAIN)

    @classmethod
    @override
    def finish(
        cls, model: Any, dataset: Dataset, say: Callable[[str], None], quick: bool = False
    ) -> Findings:
        return finish_base(model, dataset, say)
