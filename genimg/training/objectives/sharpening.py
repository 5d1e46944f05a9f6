"""What tells drawn photographs from real ones, and how a decoder learns from that without losing
its way?

A critic looks at fixed features of a network that knows photographs, through fixed random
projections (Sauer et al. 2021, "Projected GANs converge faster"), at three scales. Alone it leads
to a single picture within minutes where there are few; what prevents that is an anchor: half of the
pictures are made of the latents of real ones, and must stay like those.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from typing_extensions import override

from genimg.models.features import LossFeatures, distance_of_taps, load_features
from genimg.training.objectives.objective import Means, Player, Terms, held_still, make_optimizer
from genimg.training.pictures.diff_augment import Augmentation, augment
from genimg.training.planning.compute import Compute

DEEPEST = 16
TAPPED = ((4, 24), (8, 40), (16, 112))
"""Strides and channels of the features that a critic looks at: the finest cost most, and what is
that fine is the base's."""
WIDTH = 64
LEAST_PLACES = 4
"""Places a side to which an answer is brought down."""


MILDER = 1 / 3
"""What the weight of the critic's word is multiplied with when a run was taken back."""


@dataclass(frozen=True)
class SharpeningOptions:
    """How the decoder learns from a critic.

    Attributes:
        learning_rate, critic_rate: of Adam, or of RMSprop, which is nearly the same here.
        alone: pictures that the critic learns from alone at first.
        perceptual: weight of the distance in fixed features beside the absolute error of pixels, on
            pictures made of the latents of real ones.
        adversarial: weight of the critic's word, on all.
        exchanged: weight of how badly numbers are read that were put in the place of others, on
            average.
        max_gradient_norm: clip of the decoder.
    """

    learning_rate: float = 3e-4
    critic_rate: float = 3e-4
    alone: int = 320
    perceptual: float = 1.0
    adversarial: float = 0.1
    exchanged: float = 0.8
    max_gradient_norm: float = 1.0


class Shown(NamedTuple):
    """What a critic gets to see of N pictures.

    taps    features `[N, C, h, w]` at strides 2, 4, 8 and 16.
    labels  int64 `[N, F]`, what is said of them; None where nothing is.
    """

    taps: list[Tensor]
    labels: Tensor | None = None


class FeatureCritic(nn.Module):
    """Says at three scales how real the features of pictures look, and of labelled ones also how
    well they fit their labels (Miyato & Koyama 2018, "cGANs with projection discriminator").

    Args:
        side: the shorter one of the pictures in pixels.
        label_sizes: the number of values of each factor that pictures are labelled by.
    """

    def __init__(self, side: int, label_sizes: tuple[int, ...] = ()) -> None:
        super().__init__()
        heads = []
        for i, (stride, channels) in enumerate(TAPPED):
            fixed = torch.randn(WIDTH, channels, 1, 1) * math.sqrt(2 / channels)
            self.register_buffer(f"projection{i}", fixed)
            halvings = max(0, round(math.log2(side / stride / LEAST_PLACES)) - 1)
            heads.append(CriticHead(halvings, label_sizes))
        self.heads = nn.ModuleList(heads)

    @override
    def forward(self, taps: list[Tensor], labels: Tensor | None = None) -> list[Tensor]:
        """Features `[N, C, h, w]` at strides 2, 4, 8 and 16 to answers `[N, places]`, for all but
        the first; `labels` are int64 `[N, F]`.
        """
        return [
            head(F.conv2d(tap, self.get_buffer(f"projection{i}")), labels)
            for i, (head, tap) in enumerate(zip(self.heads, taps[1:], strict=True))
        ]


class CriticHead(nn.Module):
    """The answers of one scale."""

    def __init__(self, halvings: int, label_sizes: tuple[int, ...]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(halvings):
            layers += [
                spectral_norm(nn.Conv2d(WIDTH, WIDTH, 4, stride=2, padding=1)),
                nn.GroupNorm(8, WIDTH),
                nn.LeakyReLU(0.2),
            ]
        layers += [spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, padding=1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        self.real = spectral_norm(nn.Conv2d(WIDTH, 1, 1))
        embeddings = [nn.Embedding(size, WIDTH) for size in label_sizes]
        for embedding in embeddings:
            nn.init.normal_(embedding.weight, std=0.02)
        self.fitting = nn.ModuleList(embeddings)

    @override
    def forward(self, projected: Tensor, labels: Tensor | None) -> Tensor:
        """Projected features `[N, WIDTH, h, w]` to answers `[N, places]`; labels are nothing to the
        critic of unlabelled pictures.
        """
        found = self.layers(projected)
        answers: Tensor = self.real(found).float().flatten(1)
        if labels is None or not len(self.fitting):
            return answers
        overall = found.float().mean(dim=(2, 3))
        for embedding, column in zip(self.fitting, labels.unbind(1), strict=True):
            answers = answers + (embedding(column) * overall).sum(dim=1, keepdim=True)
        return answers


_OF_ROW = re.compile(r"(heads\.\d+)\.(\d+)\.(.+)")


def is_told_labels(state: Mapping[str, Tensor]) -> bool:
    """Whether these are weights of a `FeatureCritic` that judges how pictures fit their labels."""
    return any(".fitting." in name for name in state)


def as_now(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The weights of a `FeatureCritic` by their present names. In earlier versions the layers of a
    head were numbered, and the last of them gave the answers.
    """
    places = [_OF_ROW.fullmatch(name) for name in state]
    last: dict[str, int] = {}
    for place in places:
        if place is not None:
            last[place[1]] = max(last.get(place[1], 0), int(place[2]))
    named = {}
    for (name, tensor), place in zip(state.items(), places, strict=True):
        if place is not None:
            answers = int(place[2]) == last[place[1]]
            name = f"{place[1]}.{'real' if answers else f'layers.{place[2]}'}.{place[3]}"
        named[name] = tensor
    return named


class Sharpening:
    """A critic and fixed features, and what a decoder and the critic minimise by them.

    Args:
        side: the shorter one of the pictures in pixels.
        seed: of the critic's weights.
        label_sizes: see `FeatureCritic`.
    """

    def __init__(
        self, side: int, seed: int, compute: Compute, label_sizes: tuple[int, ...] = ()
    ) -> None:
        self.options = SharpeningOptions()
        self.compute = compute
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.critic: FeatureCritic = FeatureCritic(side, label_sizes).to(compute.device)

    @cached_property
    def features(self) -> LossFeatures:
        """Loaded when they are first asked for."""
        return load_features("lite0").to(self.compute.device)

    def players(self, decoder: list[nn.Parameter], optimizer: str) -> dict[str, Player]:
        """Who learns, and by which optimizer: the parameters of a decoder, and the critic's."""
        chosen, betas = self.options, (0.0, 0.99)
        critic = list(self.critic.parameters())
        return {
            "decoder": Player(
                decoder,
                make_optimizer(optimizer, decoder, chosen.learning_rate, betas),
                chosen.max_gradient_norm,
            ),
            "critic": Player(critic, make_optimizer(optimizer, critic, chosen.critic_rate, betas)),
        }

    def shown(self, pixels: Tensor, changes: Augmentation, labels: Tensor | None) -> Shown:
        """What the critic is shown of changed pictures `[N, 3, H, W]` with these labels."""
        return Shown(self.features.taps(augment(pixels, changes, cut=False), DEEPEST), labels)

    def decoder_terms(
        self, made: Tensor, real: Tensor, anchored: Tensor, fakes: Shown, reals: Shown
    ) -> Terms:
        """What the decoder minimises, for pictures `made` of latents: those `anchored` (bool `[N]`,
        half of a batch) of the latents of `real` ones; with what the critic is shown of both.
        """
        with held_still(self.critic), self.compute.autocast():
            word = word_of(self.critic(*fakes))
        twice = 2.0 * anchored.float()  # half of the pictures count in a mean over all
        return {
            "pixels": twice * (made - real).abs().mean(dim=(1, 2, 3)),
            "perceptual": twice * distance_of_taps(reals.taps, fakes.taps),
            "adversarial": -word,
        }

    def decoder_loss(self, means: Means, retries: int) -> Tensor:
        """The decoder's terms, weighted; the critic's word counts less after each retry."""
        perceptual = self.options.perceptual * means["perceptual"]
        adversarial = self.options.adversarial * MILDER**retries * means["adversarial"]
        loss = means["pixels"] + perceptual + adversarial
        if "exchanged" in means:
            loss = loss + self.options.exchanged * means["exchanged"]
        return loss

    def critic_terms(self, fakes: Shown, reals: Shown) -> Terms:
        """What the critic minimises."""
        fakes = fakes._replace(taps=[tap.detach() for tap in fakes.taps])
        with self.compute.autocast():
            answers = [self.critic(*each) for each in (reals, fakes)]
        return {"critic": critic_loss(*answers)}


def critic_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Hinge loss (Lim & Ye 2017) of answers for real and made pictures, `[N]`."""
    losses = [
        F.relu(1.0 - yes).mean(dim=1) + F.relu(1.0 + no).mean(dim=1)
        for yes, no in zip(real, fake, strict=True)
    ]
    return torch.stack(losses).mean(dim=0)


def word_of(answers: list[Tensor]) -> Tensor:
    """What a critic says of each picture, the higher the more real, `[N]`."""
    return torch.stack([answer.mean(dim=1) for answer in answers]).mean(dim=0)
