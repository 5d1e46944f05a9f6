"""How does a model of photographs go on against the critic alone?

A VAE on a base learns from a critic in the second part of its run already. Who wants pictures that
are sharper still, or that fit their labels better, goes on from such a model here; the encoder, and
with it all that is known of the latents, stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from typing_extensions import override

from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.models import Model
from genimg.runs.description import Kind
from genimg.training.objectives.photo_vae import EDGES, SHARPNESS, PhotoVAEObjective
from genimg.training.options import TrainOptions
from genimg.training.planning.gan import GANPlanner


class PhotoGANObjective(PhotoVAEObjective):
    """The objective of a `PhotoVAE` whose decoder is a GAN's generator."""

    kind: ClassVar = Kind("GAN", graphs=(EDGES,), trends=(SHARPNESS,))
    planner: ClassVar = GANPlanner()
    files_of: ClassVar = "vae"
    sharpen_from: ClassVar = 0.0

    @override
    def _meet_critic(self, label_sizes: tuple[int, ...] = ()) -> None:
        super()._meet_critic(label_sizes)
        rate = self.train_options.learning_rate
        if rate is not None:
            self.sharpening.options = replace(
                self.sharpening.options, learning_rate=rate, critic_rate=rate
            )

    @classmethod
    @override
    def check(cls, options: TrainOptions) -> None:
        for name in ("gamma", "critic_from", "freeze"):
            if getattr(options, name) is not None:
                raise ConfigError(
                    f"--{name.replace('_', '-')} is for the other presets of a gan: the critic of "
                    "photographs begins anew with each run"
                )

    @classmethod
    @override
    def start(cls, options: TrainOptions, dataset: Dataset, earlier: Model | None) -> Model:
        if earlier is None:
            raise ConfigError(
                "the preset photo of a gan goes on from a VAE of photographs: train one first, "
                "with python -m genimg train vae --preset photo, and give its file with --init-from"
            )
        return super().start(options, dataset, earlier)
