"""With which rates and weights does a GAN learn: from nothing, from a trained one, by the book?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from genimg.models import textbook
from genimg.models.gan import GAN
from genimg.training.options import TrainOptions


@dataclass(frozen=True)
class GANOptions:
    """Training options of a GAN.

    Attributes:
        generator_rate, critic_rate, mapping_rate: learning rates at the start.
        final: the part of each that is left at the end of the budget (cosine).
        betas: of Adam; the second moves to `final_beta2` over the burn-in.
        burn_in: part of the budget over which gamma falls to a tenth of its start.
        gamma: weight of the gradient penalties at the start.
        label_dropout: chance that the critic is not told a label.
        mixing: chance that a picture's finer layers get another w with the same labels.
        critic_first: pictures (at most a tenth of the budget) that the critic sees alone, where
            the generator is trained already.
        anchor: weight of the log of the squared error of decode(encode(x)), where there is an
            encoder; the log weighs a near error as a far one (compare Rybkin et al. 2021).
    """

    generator_rate: float = 5e-4
    critic_rate: float = 5e-4
    mapping_rate: float = 5e-4
    final: float = 0.1
    betas: tuple[float, float] = (0.0, 0.9)
    final_beta2: float = 0.99
    burn_in: float = 0.5
    gamma: float = 1.0
    label_dropout: float = 0.1
    mixing: float = 0.5
    critic_first: int = 0
    anchor: float = 0.0


FROM_SCRATCH = GANOptions()
TRAINED = GANOptions(
    generator_rate=5e-5,
    critic_rate=5e-4,
    mapping_rate=3e-4,
    betas=(0.0, 0.99),
    gamma=0.01,
    burn_in=1.0,
    critic_first=4_000,
    anchor=0.25,
)
"""For a generator that can draw already: the rates of a fresh one ruin it, and its pictures are so
near to real ones that a critic under heavier penalties, or of a shorter memory, stays flat.
"""
OF_THE_TEXTBOOK = GANOptions(2e-4, 2e-4, 2e-4, final=1.0, betas=(0.5, 0.999), final_beta2=0.999)
"""Radford et al. 2016."""


def choose_options(model: GAN, options: TrainOptions) -> GANOptions:
    """What suits the generator and the size of its pictures, with what a person asked for."""
    size = model.image_shape[1]
    fresh = replace(FROM_SCRATCH, gamma=(size / 32) ** 2 if size > 32 else 1.0)
    if model.config.architecture in textbook.GANS:
        chosen = OF_THE_TEXTBOOK
    elif model.has_encoder:
        chosen = TRAINED
    elif options.init_from is not None:
        chosen = replace(TRAINED, gamma=fresh.gamma, anchor=0.0)
    else:
        chosen = fresh
    if options.gamma is not None:
        chosen = replace(chosen, gamma=options.gamma)
    if options.learning_rate is not None:
        factor = options.learning_rate / chosen.generator_rate
        chosen = replace(
            chosen,
            generator_rate=options.learning_rate,
            critic_rate=factor * chosen.critic_rate,
            mapping_rate=factor * chosen.mapping_rate,
        )
    return chosen
