"""How a VAE on a base learns: latents of the base first, then what makes a picture look real.

Two phases of one budget. In the first the latents of all pictures are at hand, and a step is that
of a small VAE on them. Then its encoder stays, so that all that is known of its latents stays true,
and the decoder alone goes on, in pixels, against a critic (see `sharpening`).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from typing_extensions import override

from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.models import (
    DiagonalGaussian,
    Model,
    PhotoVAE,
    Prior,
    find_base,
    load_base,
    round_weights,
)
from genimg.models.prior import draw_labels
from genimg.runs.description import ERROR, Graph, Kind, Signal, Trend
from genimg.training.finishing.findings import Findings
from genimg.training.finishing.vae import finish_vae
from genimg.training.objectives.numbers import BLUNT
from genimg.training.objectives.objective import (
    Player,
    Terms,
    Turn,
    cosine,
    held_still,
    make_optimizer,
)
from genimg.training.objectives.photograph_guard import PhotographGuard
from genimg.training.objectives.placement import EXPLAINED, encode_base, place
from genimg.training.objectives.sharpening import Sharpening, as_now, is_told_labels
from genimg.training.objectives.spikes import SpikeGuard
from genimg.training.objectives.vae import (
    DRAWN,
    PREVIEWED,
    UNUSED_LATENTS,
    VAEObjective,
    bound_terms,
    mean_psnr,
)
from genimg.training.options import TrainOptions
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.pictures.batches import Batch, PhasedSource, PixelSource, Source
from genimg.training.pictures.coded import CodedPictures
from genimg.training.pictures.diff_augment import mild_augmentation
from genimg.training.planning.compute import Compute

LATENTS, SHARPENING = 0, 1
SHARPEN_FROM = 0.4
"""Part of the budget after which the decoder learns from a critic."""
OFTENER = 12
"""Times as often as in the first phase is one judged in the second, whose steps are that much
slower: a picture goes through the base and the features, there and back.
"""
JUDGED = 96
"""Held-out pictures that a run is judged by."""
CODED = 20_000
"""Training pictures that tell how the grids are spread."""
EDGES = Graph(
    "Sharpness of new pictures", "1 is as sharp as yours", (("sharpness", "new pictures"),)
)
SHARPNESS = Trend("sharpness", 0.03, 0.01, 0.15, "%", 0)


class PhotoVAEObjective(VAEObjective):
    """The objective of a `PhotoVAE`."""

    kind: ClassVar = Kind(
        "VAE", graphs=(EDGES, ERROR), floors=(UNUSED_LATENTS,), trends=(SHARPNESS,)
    )
    signals: ClassVar = (
        Signal("psnr", "from the latent alone {:.2f} dB"),
        Signal("sharpness", "sharpness {:.2f}", held_out=False),
        Signal("train_psnr", held_out=False),
        Signal("active_dimensions", held_out=False),
        Signal("copies", held_out=False),
    )
    sharpen_from: ClassVar = SHARPEN_FROM
    model: PhotoVAE

    def __init__(self, model: PhotoVAE, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        learning = [*model.encoder.parameters(), *model.decoder.parameters()]
        chosen = self.options
        optimizer = make_optimizer(options.optimizer, learning, chosen.learning_rate)
        spikes = SpikeGuard(chosen.spike, compute.device)
        self.players = {"model": Player(learning, optimizer, chosen.max_gradient_norm, spikes)}
        self._meet_critic()
        if self.sharpen_from:  # an earlier prior is that of an encoder as it was
            model.prior = Prior.standard(model.config.latent_dim)
        self.prior = model.prior
        self.grid_shape = model.details_shape
        self.subpixels = math.prod(self.grid_shape)
        self.now, self.sharpened = LATENTS, 0.0  # the phase, and how much of the second is over
        self.began = 0  # pictures seen when the present phase did
        self.critic_alone = True
        self.dataset: Dataset | None = None
        self.coded: CodedPictures | None = None
        self.guard: PhotographGuard | None = None

    def _meet_critic(self, label_sizes: tuple[int, ...] = ()) -> None:
        """A new one, for pictures that are labelled by factors of so many values."""
        options, side = self.train_options, min(self.model.image_shape[1:])
        self.sharpening = Sharpening(side, options.seed, self.compute, label_sizes)
        decoder = list(self.model.decoder.parameters())
        self.players |= self.sharpening.players(decoder, options.optimizer)

    @classmethod
    @override
    def training_data(cls, options: TrainOptions, dataset: Dataset) -> Dataset:
        if dataset.image_shape[0] != 3:
            raise ConfigError(
                f"{dataset.card.title} are grey, and the preset photo is for colour pictures; "
                "choose another --preset, such as residual"
            )
        return dataset

    @classmethod
    @override
    def start(cls, options: TrainOptions, dataset: Dataset, earlier: Model | None) -> Model:
        if earlier is None:
            model = super().start(options, dataset, None)
            assert isinstance(model, PhotoVAE)
            model.base.load_state_dict(load_base(find_base())[0].state_dict())
            return model
        return super().start(options, dataset, earlier)

    @classmethod
    @override
    def stands_on(cls) -> tuple[Path, ...]:
        return (find_base(),)

    @classmethod
    @override
    def usual_batch(cls, device: str) -> int:
        return 16 if device == "cpu" else 64

    @classmethod
    @override
    def paces(cls) -> tuple[tuple[float, float], ...]:
        first = cls.sharpen_from
        both = ((first, first / 2), (1.0 - first, 0.9))
        return both if first else both[1:]

    @override
    def networks(self) -> dict[str, nn.Module]:
        return {"model": self.model, "critic": self.sharpening.critic}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        networks = state["networks"]
        if not is_told_labels(networks["critic"]):  # of an earlier version, or nothing is labelled
            self._meet_critic()
        networks = {**networks, "critic": as_now(networks["critic"])}
        super().load_state_dict({**state, "networks": networks})

    # -- what it learns from

    def _encode_base(self, pixels: Tensor) -> Tensor:
        return encode_base(self.model, self.compute, pixels)

    @override
    def source(self, dataset: Dataset, changes: Augmentations | None) -> Source:
        self.dataset = dataset
        changes = Augmentations(flip=dataset.flip) if changes is None else changes
        coded = self.coded = self.world.one_after_another(
            lambda: CodedPictures(
                dataset,
                self.model.base,
                changes,
                self.train_options.seed,
                self._encode_base,
                self.compute.place,
            )
        )
        if self.train_options.init_from is None:
            for kept, found in zip(
                (self.model.mean, self.model.std), coded.statistics(CODED), strict=True
            ):
                kept.copy_(found.half().float().view(-1, 1, 1))
        pixels = PixelSource(dataset, changes, self.compute.place)
        return PhasedSource((coded, pixels), lambda: self.now)

    @override
    def example(self, batch: Batch) -> Batch:
        if self.now == LATENTS:
            with torch.no_grad():
                return batch._replace(pixels=self.compute.place(self._encode_base(batch.pixels)))
        return batch

    # -- its phases

    @override
    def phase(self, progress: float) -> int:
        return SHARPENING if progress >= self.sharpen_from else LATENTS

    @override
    @torch.no_grad()
    def enter(self, phase: int, images: int, ema: Model | None) -> None:
        self.now, self.began = phase, images
        if phase == LATENTS or self.dataset is None or self.coded is None:
            return
        if ema is not None:
            assert isinstance(ema, PhotoVAE)
            self.model.load_state_dict(ema.state_dict())
        elif self.model.prior.flow is not None:
            self.prior = self.model.prior
            return
        seed = self.train_options.seed
        self.prior = place(self.model, self.coded, self.dataset, self.compute, seed, images)
        self.world.broadcast_([*self.prior.parameters(), *self.prior.buffers()])
        if ema is not None:  # else a state of an earlier version, whose prior is fitted in the end
            self.model.prior, ema.prior = self.prior, copy.deepcopy(self.prior)

    @override
    def validate_every(self) -> int:
        every = super().validate_every()
        return every if self.now == LATENTS else max(1, every // OFTENER)

    @override
    def schedule(self, progress: float, images: int) -> None:
        if self.now == LATENTS:
            super().schedule(min(progress / self.sharpen_from, 1.0), images)
            return
        self.sharpened = (progress - self.sharpen_from) / (1.0 - self.sharpen_from)
        chosen = self.sharpening.options
        for name, peak in (("decoder", chosen.learning_rate), ("critic", chosen.critic_rate)):
            for group in self.players[name].optimizer.param_groups:
                group["lr"] = cosine(self.sharpened, peak, peak / 4)
        self.critic_alone = images - self.began < chosen.alone

    @override
    def turns(self, batch: Batch, rng: torch.Generator) -> Iterator[Turn]:
        if self.now == LATENTS:
            yield Turn("model", self._latent_terms(batch, rng), self.loss)
        else:
            yield from self._sharpen(batch, rng)

    def _latent_terms(self, batch: Batch, rng: torch.Generator) -> Terms:
        grids = self.model.whitened(batch.pixels)
        with self.compute.autocast():
            posterior = self.model.encode_grid(grids)
            codes = self._codes_of(posterior, batch, self.noise(posterior.mean, rng))
            made = self.model.decode_grid(codes, self._no_noise(len(codes)))
        return bound_terms(posterior, made, grids) | self._number_terms(posterior, batch)

    def _no_noise(self, count: int) -> Tensor:
        """Of the maps that textures are made of, which the first phase knows nothing of."""
        return torch.zeros_like(self.model.decoder.noise).expand(count, -1, -1, -1)

    def _sharpen(self, batch: Batch, rng: torch.Generator) -> Iterator[Turn]:
        """The decoder's turn, then the critic's on the same pictures; at first that alone."""
        real, own = batch.pixels, self.part.rows
        every_other = torch.arange(self.part.count) % 2 == 0
        anchored = every_other[own].to(real.device)
        said = self._labels_of_made(batch, every_other, rng)
        codes = self._drawn(~every_other, said, rng)[own].to(real.device)
        with torch.no_grad(), self.compute.autocast():
            noise = self.noise(codes, rng)[anchored]
            posterior = self.model.encode(real[anchored])
            codes[anchored] = self._codes_of(posterior, batch, noise, anchored)
        maps = self.noise(self.model.decoder.noise.expand(len(codes), -1, -1, -1), rng)
        with torch.set_grad_enabled(not self.critic_alone), self.compute.autocast():
            made = self.model.base.decode(self.model.grid(codes, maps)).float()
        changes = mild_augmentation(self.part.count, real.shape[-2], rng).rows(own)
        with torch.no_grad():
            reals = self.sharpening.shown(
                real, changes, None if said is None else batch.labels[own].to(real.device)
            )
        fakes = self.sharpening.shown(
            made, changes, None if said is None else said[own].to(real.device)
        )
        if not self.critic_alone:
            terms = self.sharpening.decoder_terms(made, real, anchored, fakes, reals)
            terms |= self._exchanged(codes, maps, batch)
            yield Turn(
                "decoder", terms, lambda means: self.sharpening.decoder_loss(means, self.retries)
            )
        terms = self.sharpening.critic_terms(fakes, reals)
        yield Turn("critic", terms, lambda means: means["critic"])

    def _drawn(self, wanted: Tensor, labels: Tensor | None, rng: torch.Generator) -> Tensor:
        """Latents `[M, d]` of a step's pictures from the prior, those `wanted`, bool `[M]`; others
        are 0.
        """
        theirs = None if labels is None else labels[wanted.to(labels.device)]
        drawn = self.prior.sample(int(wanted.sum()), rng, labels=theirs)
        codes = drawn.new_zeros(len(wanted), drawn.shape[1])
        codes[wanted.to(drawn.device)] = drawn
        return codes

    def _exchanged(self, codes: Tensor, maps: Tensor, batch: Batch) -> Terms:
        """How badly the encoder reads numbers that were put in the place of a picture's own."""
        if self.of_numbers is None or batch.values is None:
            return {}
        values = batch.values.roll(1, 0)[batch.rows]
        with held_still(self.model.encoder), self.compute.autocast():
            grids = self.model.grid(self.of_numbers.put(codes, values), maps)
            read = self.model.encode_grid(self.model.whitened(grids))
        nats = self.of_numbers.nll(read, values, least=BLUNT)
        return {"exchanged": nats / self.of_numbers.count}

    def _labels_of_made(
        self, batch: Batch, anchored: Tensor, rng: torch.Generator
    ) -> Tensor | None:
        """Of all pictures that a step makes: of those `anchored` the labels of the real ones, of
        the others any. None where the prior knows no labels.
        """
        prior = self.prior
        if not len(prior.sizes):
            return None
        known = torch.where(anchored.view(-1, 1).to(batch.labels.device), batch.labels, -1)
        return draw_labels(
            self.prior.frequencies,
            self.prior.sizes.tolist(),
            self.part.count,
            rng,
            known,
        )

    @override
    def retry_words(self) -> str:
        return "with half the learning rate, or a third of the critic's weight"

    # -- watching

    @override
    def prepare(self, dataset: Dataset) -> None:
        super().prepare(dataset)
        assert self.fixed is not None
        self.guard = PhotographGuard(self.fixed)
        labels = dataset.split("train").labels
        if labels is not None and not (labels < 0).any():
            self._meet_critic(tuple(len(factor.values) for factor in dataset.factors))

    @override
    def validate(self, model: Any, batch: Batch) -> dict[str, float]:
        pixels = batch.pixels[:JUDGED]
        with self.compute.autocast():
            grids = model.whitened(self._encode_base(pixels))
            posterior = model.encode_grid(grids)
            again = model.decode_grid(posterior.mode())
        scores = self._scores(posterior, again, grids)
        scores["psnr"] = mean_psnr(self._decode(model, posterior.mode()), pixels)
        if self.fixed is not None and self.guard is not None:
            known, made = self._again(model, self.fixed[:JUDGED])
            scores["train_psnr"] = mean_psnr(made, self.fixed[:JUDGED])
            fresh = self._new(model, known)
            scores["sharpness"] = self.guard.sharpness(fresh)
            if self.copies is not None:
                scores["copies"] = self.copies.share(fresh)
            if self.now == SHARPENING:
                self.guard.check(fresh, self.sharpened)
        return scores

    def _new(self, model: PhotoVAE, known: DiagonalGaussian, n: int = DRAWN) -> Tensor:
        """New pictures `[n, C, H, W]` from fixed seeds."""
        if self.now == LATENTS:
            return self._draw(model, known, n)
        rng = torch.Generator().manual_seed(0)
        return self._decode(model, self.prior.sample(n, rng).to(self.compute.device))

    @override
    def preview(self, model: Any, pixels: Tensor) -> list[Tensor]:
        known, again = self._again(model, pixels)
        if self.fixed is not None and self.now == LATENTS:
            known = self._encode(model, self.fixed[:PREVIEWED])
        return [again, self._new(model, known, len(pixels))]

    @classmethod
    @override
    def finish(
        cls, model: Any, dataset: Dataset, say: Callable[[str], None], quick: bool = False
    ) -> Findings:
        round_weights(model, "vae")
        return finish_vae(model, dataset, say, EXPLAINED)
