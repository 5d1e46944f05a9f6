"""How a GAN learns: a relativistic loss with both gradient penalties, and guards that speak up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.evaluation.copies import Copies
from genimg.models import LatentModel, Model, model_digest, textbook
from genimg.models.critic import Critic
from genimg.models.gan import GAN
from genimg.models.prior import draw_labels
from genimg.runs.description import DISTANCE, LIKENESS, Kind, Signal
from genimg.training import critics
from genimg.training.finishing.findings import Findings
from genimg.training.finishing.gan import finish_gan
from genimg.training.objectives import pixel_statistics
from genimg.training.objectives.gan_options import choose_options
from genimg.training.objectives.objective import (
    AGAIN,
    DRAWS,
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
from genimg.training.objectives.pixel_statistics import sliced_wasserstein, spread
from genimg.training.objectives.warm_start import from_gan, from_vae, set_frequencies
from genimg.training.options import TrainOptions
from genimg.training.pictures.batches import Batch, fixed_batch
from genimg.training.pictures.diff_augment import FEW_PICTURES, augment, draw_augmentation
from genimg.training.planning.compute import Compute
from genimg.training.planning.gan import GANPlanner

COLLAPSED = 0.2
"""Samples that differ by less than this part of what real pictures do are repeats."""
RUNAWAY = 50.0
"""A running mean of the weighted penalties above this: the critic has run away; 1 is healthy."""
PENALTY_MEMORY = 0.05
GAMMA_STEP = 3.0
GRACE_STEPS = 2_000
"""Steps of the generator before its samples must vary: a fresh one draws grey on grey."""
MIN_MSE = 1e-7
ANCHORED = 4
"""One in so many pictures is brought into w and back."""
MIN_SAMPLES = 64


class GANObjective(Objective):
    """R3GAN's loss (Huang et al. 2024, "The GAN is dead; long live the GAN!", eq. 2 and section 3).

    The critic tells a real picture from a generated one with the same labels, pair by pair; both
    gradients are penalised at every step. The textbook presets get the textbook's loss instead.
    """

    own_options: ClassVar = ("gamma", "critic_from", "freeze")
    planner: ClassVar = GANPlanner()
    kind: ClassVar = Kind(
        "GAN",
        graphs=(*pixel_statistics.GRAPHS, LIKENESS),
        floors=(pixel_statistics.LITTLE_VARIETY,),
        trends=(DISTANCE,),
    )
    signals: ClassVar = (
        Signal("psnr", "held-out PSNR {:.2f} dB"),
        Signal("diversity", "samples vary {:.0%} as much as the pictures"),
        Signal("copies", held_out=False),
    )
    model: GAN

    def __init__(self, model: GAN, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        self.textbook = model.config.architecture in textbook.GANS
        self.options = choose_options(model, options)
        self.augmented = options.augment == "on"
        self.real_spread = 0.0
        self.copies: Copies | None = None
        self.lively = False  # whether the samples have ever varied well
        self.generator_steps = 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed + 2)
            self.critic = critics.begin(model, options).to(compute.device)
        self.critic.to(memory_format=compute.memory_format)
        self.critic.train()
        synthesis = list(model.synthesis.parameters())
        mapping = [*model.mapping.parameters(), model.embedding]
        if model.encoder is not None:
            model.encoder.requires_grad_(False)
        rates, betas, name = self.options, self.options.betas, options.optimizer
        groups = [
            {"params": synthesis, "rate": rates.generator_rate},
            {"params": mapping, "rate": rates.mapping_rate},
        ]
        learning = [p for p in self.critic.parameters() if p.requires_grad]
        judging = [{"params": learning, "rate": rates.critic_rate}]
        self.players = {
            "generator": Player(
                synthesis + mapping, make_optimizer(name, groups, rates.generator_rate, betas)
            ),
            "critic": Player(learning, make_optimizer(name, judging, rates.critic_rate, betas)),
        }
        self.gamma = self.options.gamma
        self.generator_learns = True
        self.penalty = torch.zeros((), device=compute.device)  # running mean, weighted

    @classmethod
    @override
    def start(cls, options: TrainOptions, dataset: Dataset, earlier: Model | None) -> Model:
        if isinstance(earlier, GAN):
            model = from_gan(options, dataset, earlier)
        elif isinstance(earlier, LatentModel):
            model = from_vae(options, dataset, earlier)
        else:
            begun = super().start(options, dataset, earlier)
            assert isinstance(begun, GAN)
            model = begun
        set_frequencies(model, dataset)
        return model

    @classmethod
    @override
    def check(cls, options: TrainOptions) -> None:
        if options.preset not in textbook.GANS:
            return
        if options.gamma is not None:
            raise ConfigError(f"--gamma is not for {options.preset}: it has no penalties to weigh")
        if options.batch_size is not None and options.batch_size < 2:
            raise ConfigError(
                f"{options.preset} has BatchNorm: give it a --batch-size of 2 or more"
            )

    @override
    def prepare(self, dataset: Dataset) -> None:
        if self.train_options.augment == "auto":
            self.augmented = len(dataset.splits["train"]) < FEW_PICTURES
        self.real_spread = spread(fixed_batch(dataset, "train").pixels)
        self.copies = Copies.of(dataset)

    @override
    def networks(self) -> dict[str, nn.Module]:
        return {"model": self.model, "critic": self.critic}

    @override
    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {
            "penalty": self.penalty,
            "lively": self.lively,
            "generator_steps": self.generator_steps,
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.penalty = state["penalty"].to(self.compute.device)
        self.lively, self.generator_steps = state["lively"], state["generator_steps"]

    @override
    def schedule(self, progress: float, images: int) -> None:
        options = self.options
        burned_in = min(1.0, progress / options.burn_in)
        start = options.gamma * GAMMA_STEP**self.retries
        self.gamma = cosine(burned_in, start, start / 10)
        beta2 = cosine(burned_in, options.betas[1], options.final_beta2)
        for player in self.players.values():
            for group in player.optimizer.param_groups:
                peak = group["rate"] * (self.damping if self.textbook else 1.0)
                group["lr"] = cosine(progress, peak, options.final * peak)
                if "betas" in group:
                    group["betas"] = (options.betas[0], beta2)
        alone = images < options.critic_first and progress < 0.1
        self.generator_learns = not alone

    # -- one step

    @override
    def turns(self, batch: Batch, rng: torch.Generator) -> Iterator[Turn]:
        """The critic's, then the generator's against the critic that has learned."""
        told = self._told(batch.labels, rng)
        critic = Turn("critic", self.critic_terms(batch, told, rng), self.critic_loss)
        yield critic
        if not self.textbook:
            self.penalty = torch.lerp(self.penalty, self._penalty(critic.means), PENALTY_MEMORY)
        if self.generator_learns:
            with held_still(self.critic):
                terms = self.generator_terms(batch, told, rng)
            yield Turn("generator", terms, self.generator_loss)
            self.generator_steps += 1

    def critic_terms(self, batch: Batch, told: Tensor, rng: torch.Generator) -> Terms:
        """f(D(G(z)) - D(x)) with f = softplus, and of each picture |grad D|^2 at x (R1) and at G(z)
        (R2); or the textbook's f(-D(x)) + f(D(G(z))).
        """
        with torch.no_grad():
            fakes = self._fakes(batch.labels, rng)
        if self.textbook:
            real, fake = (self._logits(each, told, rng) for each in (batch.pixels, fakes))
            loss = F.softplus(-real) + F.softplus(fake)
            return {"critic_loss": loss, "real_logit": real, "fake_logit": fake}
        pixels = torch.cat([batch.pixels, fakes]).requires_grad_()
        logits = self._logits(pixels, torch.cat([told, told]), rng, sets=2)
        real, fake = logits.chunk(2)
        (slope,) = torch.autograd.grad(logits.sum(), pixels, create_graph=True)
        r1, r2 = slope.float().square().sum(dim=(1, 2, 3)).chunk(2)
        loss = F.softplus(fake - real)
        return {"critic_loss": loss, "r1": r1, "r2": r2, "real_logit": real, "fake_logit": fake}

    def critic_loss(self, means: Means) -> Tensor:
        """What the critic minimises: L + gamma/2 (R1 + R2); the textbook has no penalties."""
        loss = means["critic_loss"]
        return loss if self.textbook else loss + self._penalty(means)

    def _penalty(self, means: Means) -> Tensor:
        return 0.5 * self.gamma * (means["r1"] + means["r2"])

    def generator_terms(self, batch: Batch, told: Tensor, rng: torch.Generator) -> Terms:
        """f(D(x) - D(G(z))), or the textbook's f(-D(G(z)))."""
        fake = self._logits(self._fakes(batch.labels, rng), told, rng)
        if self.textbook:
            return {"generator_loss": F.softplus(-fake)}
        with torch.no_grad():
            real = self._logits(batch.pixels, told, rng)
        terms = {"generator_loss": F.softplus(real - fake)}
        if self.model.has_encoder and self.options.anchor:
            terms["anchor"] = self._anchor(batch)
        return terms

    def generator_loss(self, means: Means) -> Tensor:
        """What the generator minimises; with an anchor, the log of its squared error, too."""
        loss = means["generator_loss"]
        if "anchor" in means:
            loss = loss + self.options.anchor * means["anchor"].clamp_min(MIN_MSE).log()
        return loss

    @override
    def told(self, means: Means) -> Means:
        return means | {"loss": means["critic_loss"] + means.get("generator_loss", 0.0)}

    def _told(self, labels: Tensor, rng: torch.Generator) -> Tensor:
        """The labels `[n, F]` of this process's pictures as the critic gets them: each is left out
        (-1) with the chance `label_dropout`.
        """
        dropped = torch.rand(labels.shape, generator=rng, device=rng.device)
        kept = labels.masked_fill(dropped < self.options.label_dropout, -1)
        return kept[self.part.rows]

    def _fakes(self, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Generated pixels of this process, for labels `[M, F]` of the whole batch; unknown ones
        (-1) are drawn at random.
        """
        w = self._draw(labels, rng)
        with self.compute.autocast():
            pixels = self.model.decode(w)
        return pixels.float()

    def _draw(self, labels: Tensor, rng: torch.Generator) -> Tensor:
        """w `[n, d]`, or `[n, layers, d]` where some pictures get another w in their finer layers.

        Drawn at random for the whole batch, of which this process keeps its own rows.
        """
        model, n, own = self.model, len(labels), self.part.rows
        asked = labels[:, : len(model.label_sizes)]
        chosen = draw_labels(model.frequencies, model.label_sizes, n, rng, asked)
        w = model.map(model.draw(chosen, rng)[own], chosen[own])  # (N, d)
        if model.layers == 1 or not self.options.mixing:
            return w
        other = model.map(model.draw(chosen, rng)[own], chosen[own])
        cut = torch.randint(1, model.layers, (n,), generator=rng, device=rng.device)
        mixed = torch.rand(n, generator=rng, device=rng.device) < self.options.mixing
        # this layer and all after it get the other w
        cut = torch.where(mixed, cut, model.layers)[own]
        finer = torch.arange(model.layers, device=cut.device) >= cut[:, None]
        return torch.where(finer[:, :, None], other[:, None], w[:, None])

    def _logits(self, pixels: Tensor, told: Tensor, rng: torch.Generator, sets: int = 1) -> Tensor:
        """What the critic says of `sets` batches of pictures one after the other, `[sets * N]`."""
        seen = pixels
        if self.augmented:
            drawn = draw_augmentation(sets * self.part.count, pixels.shape[2], rng)
            if self.world.size > 1:
                every = torch.arange(sets * self.part.count, device=rng.device)
                drawn = drawn.rows(every.view(sets, -1)[:, self.part.rows].flatten())
            seen = augment(pixels, drawn)
        with self.compute.autocast():
            logits: Tensor = self.critic(seen, told)
        return logits.float()

    def _anchor(self, batch: Batch) -> Tensor:
        """The squared error of some pictures, encoded and decoded again: keeps uploads faithful.

        Of every fourth in the whole batch: its mean, or this process's part of the mean.
        """
        some = batch.pixels[-batch.first % ANCHORED :: ANCHORED]
        with self.compute.autocast():
            with torch.no_grad():
                codes = self.model.encode(some).mode()
            decoded = self.model.decode(codes)
        error = (decoded.float() - some).square()
        if self.world.size == 1:
            return error.mean()
        return error.sum() / (-(-batch.total // ANCHORED) * batch.pixels[0].numel())

    # -- watching

    @override
    def validate(self, model: GAN, batch: Batch) -> dict[str, float]:
        """Diversity, and the sliced Wasserstein distance of samples to held-out pictures ("loss").

        Raises:
            Unstable: the samples are repeats of each other, or the penalties have run away.
        """
        repeats = -(-MIN_SAMPLES // len(batch.labels))
        samples = self._samples(model, batch.labels.repeat(repeats, 1))
        diversity = spread(samples) / self.real_spread if self.real_spread > 1e-6 else 1.0
        penalty = float(self.penalty)
        if not math.isfinite(penalty) or penalty > RUNAWAY:
            raise Unstable(
                f"The critic has run away: its gradient penalties are {penalty:.3g}, and those of "
                "a healthy critic stay below 1."
            )
        watched = self.lively or self.generator_steps >= GRACE_STEPS
        if watched and diversity < COLLAPSED:
            raise Unstable(
                f"The samples have collapsed: they differ from each other by only {diversity:.0%} "
                "of what real pictures do."
            )
        self.lively = self.lively or diversity >= 2 * COLLAPSED
        distance = sliced_wasserstein(samples[: len(batch.pixels)], batch.pixels)
        scores = {"loss": distance, "diversity": diversity, "penalty": penalty}
        if self.copies is not None:
            scores["copies"] = self.copies.share(samples[:MIN_SAMPLES])
        if model.has_encoder:
            error = (model.decode(model.encode(batch.pixels).mode()) - batch.pixels).square()
            scores["psnr"] = float((10 * torch.log10(4 / error.mean(dim=(1, 2, 3)))).mean())
        return scores

    def _samples(self, model: GAN, labels: Tensor) -> Tensor:
        """Samples with the labels `[N, F]` of held-out pictures, the same draws each time."""
        rng = torch.Generator().manual_seed(0)
        asked = labels[:, : len(model.label_sizes)].cpu()
        w = model.sample_prior(len(labels), rng, labels=asked).to(self.compute.device)
        return torch.cat([model.decode(part).clamp(-1, 1) for part in torch.split(w, 64)])

    @override
    def preview(self, model: GAN, pixels: Tensor) -> list[Tensor]:
        none = torch.full((len(pixels), len(model.label_sizes)), -1)
        draws = self._samples(model, none)
        if not model.has_encoder:
            return [draws]
        return [model.decode(model.encode(pixels).mode()), draws]

    @override
    def sheet_rows(self) -> tuple[str, ...]:
        return (HELD_OUT, AGAIN, DRAWS) if self.model.has_encoder else (HELD_OUT, DRAWS)

    @override
    def preset(self) -> str:
        config = self.model.config  # a fine-tuned one has that of the model it was started from
        return config.architecture if self.textbook else "style" if config.style else "plain"

    @override
    def retry_words(self) -> str:
        if self.textbook:
            return super().retry_words()
        return f"with {GAMMA_STEP:g} times the weight on the penalties (--gamma)"

    @override
    def advice(self) -> str:
        gamma = "" if self.textbook else "a larger --gamma, "
        return (
            "Start a new run with more, or more varied, pictures; or in a terminal with a lower "
            f"--learning-rate, {gamma}or --augment on, and another --out."
        )

    @override
    def keep(self, path: Path, model: GAN, name: str) -> None:
        if isinstance(self.critic, Critic):
            critics.save(path, self.critic, model_digest(model), name)

    @classmethod
    @override
    def finish(
        cls, model: GAN, dataset: Dataset, say: Callable[[str], None], quick: bool = False
    ) -> Findings:
        return finish_gan(model, dataset, say, quick)
