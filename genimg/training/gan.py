"""How a GAN learns: a relativistic loss with both gradient penalties, and guards that speak up."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.models import LatentModel, Model, model_digest
from genimg.models.base import draw_labels
from genimg.models.critic import Critic
from genimg.models.gan import GAN, TEXTBOOK
from genimg.training import critics
from genimg.training.augment import FEW_PICTURES, augment, draw_augmentation
from genimg.training.batches import Batch, watched_batch
from genimg.training.compute import Compute
from genimg.training.copies import Copies
from genimg.training.finish_gan import finish_gan
from genimg.training.gan_options import choose_options
from genimg.training.options import TrainOptions
from genimg.training.recipe import (
    AGAIN,
    DRAWS,
    HELD_OUT,
    Findings,
    Recipe,
    Terms,
    Unstable,
    cosine,
    make_optimizer,
)
from genimg.training.warm_start import from_gan, from_vae, set_frequencies
from genimg.training.watch import sliced_wasserstein, spread

COLLAPSED = 0.2
"""Samples that differ from each other by less than this part of what real pictures do are repeats.
"""
RUNAWAY = 50.0
"""A running mean of the weighted penalties above this says that the critic has run away; a healthy
one stays below 1.
"""
PENALTY_MEMORY = 0.05
GAMMA_STEP = 3.0
GRACE_STEPS = 2_000
"""Steps of the generator before its samples must vary: a fresh one draws grey on grey."""
MIN_MSE = 1e-7
ANCHORED = 4
"""One in so many pictures is brought into w and back."""
MIN_SAMPLES = 64


class GANRecipe(Recipe):
    """R3GAN's loss (Huang et al. 2024, "The GAN is dead; long live the GAN!", eq. 2 and section 3).

    The critic tells a real picture from a generated one with the same labels, pair by pair; both
    gradients are penalised at every step. The textbook presets get the textbook's loss instead.
    """

    model: GAN

    def __init__(self, model: GAN, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        self.textbook = model.config.architecture in TEXTBOOK
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
            {"params": synthesis, "lr": rates.generator_rate, "rate": rates.generator_rate},
            {"params": mapping, "lr": rates.mapping_rate, "rate": rates.mapping_rate},
        ]
        learning = [p for p in self.critic.parameters() if p.requires_grad]
        judging = [{"params": learning, "rate": rates.critic_rate}]
        self.optimizers = {
            "generator": make_optimizer(name, groups, rates.generator_rate, betas),
            "critic": make_optimizer(name, judging, rates.critic_rate, betas),
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
        if options.preset not in TEXTBOOK:
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
        self.real_spread = spread(watched_batch(dataset, "train").pixels)
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
        start = options.gamma * GAMMA_STEP**self.remedies
        self.gamma = cosine(burned_in, start, start / 10)
        first = options.betas[1]
        beta2 = cosine(burned_in, first, options.final_beta2)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                peak = group["rate"] * (self.mildness if self.textbook else 1.0)
                group["lr"] = cosine(progress, peak, options.final * peak)
                if "betas" in group:
                    group["betas"] = (options.betas[0], beta2)
        alone = images < options.critic_first and progress < 0.1
        self.generator_learns = not alone

    # -- one step

    @override
    def step(self, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        self.model.train()
        self.critic.train()
        self._take(batch)
        told = self._told(batch.labels, rng)
        terms = self._critic_step(batch, told, rng)
        if self.generator_learns:
            terms |= self._generator_step(batch, told, rng)
        terms["loss"] = terms["critic_loss"] + terms.get(
            "generator_loss", torch.zeros_like(terms["critic_loss"])
        )
        return terms

    def _told(self, labels: Tensor, rng: torch.Generator) -> Tensor:
        """The labels `[N, F]` of its own pictures that the critic is told: now and then it is not
        (-1).
        """
        dropped = torch.rand(labels.shape, generator=rng, device=rng.device)
        kept = labels.masked_fill(dropped < self.options.label_dropout, -1)
        return kept[self.part.rows]

    def _fakes(self, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Its own generated pixels, for the labels `[M, F]` of the whole batch; unknown labels are
        drawn.
        """
        w = self._draw(labels, rng)
        with self.compute.autocast():
            pixels = self.model.decode(w)
        return pixels.float()

    def _draw(self, labels: Tensor, rng: torch.Generator) -> Tensor:
        """w `[N, d]`, or `[N, layers, d]` where the finer layers of some get another one.

        All is drawn for the whole batch, and its own rows go on.
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

    def _critic_step(self, batch: Batch, told: Tensor, rng: torch.Generator) -> dict[str, Tensor]:
        mean = self.part.mean
        with torch.no_grad():
            fakes = self._fakes(batch.labels, rng)
        if self.textbook:
            real = self._logits(batch.pixels, told, rng)
            fake = self._logits(fakes, told, rng)
            loss = mean(F.softplus(-real)) + mean(F.softplus(fake))
            terms = {"critic_loss": loss}
        else:
            pixels = torch.cat([batch.pixels, fakes]).requires_grad_()
            logits = self._logits(pixels, torch.cat([told, told]), rng, sets=2)
            real, fake = logits.chunk(2)
            (slope,) = torch.autograd.grad(logits.sum(), pixels, create_graph=True)
            r1, r2 = slope.float().square().sum(dim=(1, 2, 3)).chunk(2)
            loss = mean(F.softplus(fake - real))
            penalty = 0.5 * self.gamma * mean(r1 + r2)
            terms = {"critic_loss": loss, "r1": mean(r1), "r2": mean(r2), "penalty": penalty}
            loss = loss + penalty
        terms |= {"real_logit": mean(real), "fake_logit": mean(fake)}
        terms = self._update("critic", loss, terms)
        if "penalty" in terms:
            self.penalty = torch.lerp(self.penalty, terms.pop("penalty"), PENALTY_MEMORY)
        return terms

    def _generator_step(
        self, batch: Batch, told: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        mean = self.part.mean
        learning = [p for p in self.critic.parameters() if p.requires_grad]  # what is not frozen
        self.critic.requires_grad_(False)
        fake = self._logits(self._fakes(batch.labels, rng), told, rng)
        if self.textbook:
            loss = mean(F.softplus(-fake))
        else:
            with torch.no_grad():
                real = self._logits(batch.pixels, told, rng)
            loss = mean(F.softplus(real - fake))
        terms = {"generator_loss": loss}
        if self.model.has_encoder and self.options.anchor:
            terms["anchor"] = self._anchor(batch)
            whole = self.world.total(terms["anchor"])
            loss = loss + self.options.anchor * whole.clamp_min(MIN_MSE).log()
        terms = self._update("generator", loss, terms)
        for parameter in learning:
            parameter.requires_grad_(True)
        self.generator_steps += 1
        return terms

    def _anchor(self, batch: Batch) -> Tensor:
        """The squared error of some pictures brought into w and back: keeps uploads faithful.

        Every fourth of the whole batch; the mean over those, as far as they are its own.
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

    def _update(self, name: str, loss: Tensor, terms: Terms) -> Terms:
        """Take a step; returns the terms of the whole batch."""
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        learning = [p for group in optimizer.param_groups for p in group["params"]]
        terms = self._gather(learning, terms)
        optimizer.step()
        return terms

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
    def remedy(self) -> str:
        if self.textbook:
            return super().remedy()
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

    @override
    def finish(self, model: GAN, dataset: Dataset, say: Callable[[str], None]) -> Findings:
        return finish_gan(model, dataset, say)
