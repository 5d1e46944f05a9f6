"""What every model family offers to the rest of the program: points of a space, and pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from genimg.errors import LatentError
from genimg.models.prior import Prior

OF_PRIOR = "prior."
"""What the names of a prior's tensors begin with among those of a model."""


@dataclass(frozen=True)
class DiagonalGaussian:
    """A Gaussian over latents with a diagonal covariance: what an encoder says of a picture.

    `mean` and `logvar` are float32 `[N, d]`. The caller says whether it wants the mean or a draw.
    """

    mean: Tensor
    logvar: Tensor

    @classmethod
    def joined(cls, parts: Sequence[DiagonalGaussian]) -> DiagonalGaussian:
        """All rows of some, one after another."""
        means, logvars = ([getattr(each, name) for each in parts] for name in ("mean", "logvar"))
        return cls(torch.cat(means), torch.cat(logvars))

    def mode(self) -> Tensor:
        """The most probable latent, `[N, d]`."""
        return self.mean

    def sample(self, rng: torch.Generator | None = None) -> Tensor:
        """One draw for each row, `[N, d]`, differentiable in mean and logvar (Kingma & Welling
        2014).
        """
        noise = torch.randn(
            self.mean.shape, generator=rng, device=rng.device if rng else self.mean.device
        ).to(self.mean.device)
        return self.mean + torch.exp(0.5 * self.logvar) * noise

    def kl_per_dimension(self) -> Tensor:
        """KL(q || N(0, 1)) in nats for each row and dimension, `[N, d]`."""
        return 0.5 * (self.mean.square() + self.logvar.exp() - 1.0 - self.logvar)

    def kl(self) -> Tensor:
        """KL(q || N(0, I)) in nats for each row, `[N]` (Kingma & Welling 2014, appendix B)."""
        return self.kl_per_dimension().sum(dim=1)


class Model(nn.Module, ABC):
    """A network that is saved as a checkpoint: it has a config, and a shape of pictures.

    Pixels are float32 `[N, C, H, W]` in [-1, 1].
    """

    config: Any

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the pictures."""
        shape: tuple[int, int, int] = self.config.image_shape
        return shape

    @property
    def device(self) -> torch.device:
        """Where its weights lie."""
        return next(self.parameters()).device

    @abstractmethod
    def try_out(self) -> dict[str, Tensor]:
        """What comes out of it, by name: a first look at weights that somebody else may have
        written.
        """


class LatentModel(Model):
    """A network that turns latents into pictures, and pictures into latents where it has an
    encoder.

    Latents are float32 `[N, d]`. Where `layers` is above 1, `decode` takes `[N, layers, d]`, too: a
    latent for each layer of the network, the coarsest first.
    """

    prior: Prior

    @override
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """As that of any module; the prior becomes that of the state, of whatever size it is."""
        prior = {
            name.removeprefix(OF_PRIOR): tensor.clone()
            for name, tensor in state_dict.items()
            if name.startswith(OF_PRIOR)
        }
        if prior:
            self.prior = Prior.from_tensors(prior).to(self.device)
        return super().load_state_dict(state_dict, strict, assign)

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """The shape of one latent, `(d,)`."""
        return (self.config.latent_dim,)

    @property
    def layers(self) -> int:
        """How many layers of the network can each be given a latent of their own."""
        return 1

    @property
    def label_sizes(self) -> tuple[int, ...]:
        """The number of values of each labelled factor that `sample_prior` can be asked for."""
        return tuple(self.prior.sizes.tolist())

    @property
    def has_encoder(self) -> bool:
        """Whether `encode` works."""
        return False

    @override
    def try_out(self) -> dict[str, Tensor]:
        drawn = self.sample_prior(1, torch.Generator().manual_seed(0), 0.9)
        found = {"latents": drawn, "pictures": self.decode(drawn)}
        if self.has_encoder:
            found["codes"] = self.encode(found["pictures"].clamp(-1, 1)).mean
        return found

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Latents `[N, d]` to pixels `[N, C, H, W]`, not clamped."""

    def encode(self, pixels: Tensor) -> DiagonalGaussian:
        """Pixels `[N, C, H, W]` to a Gaussian over latents.

        Raises:
            LatentError: this model has no encoder.
        """
        raise LatentError(
            "this model only draws pictures: it has no encoder, so it cannot start from yours; "
            "choose a VAE, or a GAN that was started from one"
        )

    def reencode(self, z: Tensor) -> DiagonalGaussian:
        """What the pictures of latents `[N, d]` are taken for when they are encoded again.

        Raises:
            LatentError: this model has no encoder.
        """
        return self.encode(self.decode(z).clamp(-1, 1))

    @property
    def keeps_details(self) -> bool:
        """Whether `details` and `decode_with` work: whether a photograph can be moved and stay the
        photograph that it is.
        """
        return bool(self.details_shape)

    @property
    def details_shape(self) -> tuple[int, ...]:
        """(c, h, w) of the details of one picture; () where none are kept."""
        return ()

    def details(self, pixels: Tensor, z: Tensor) -> Tensor:
        """What pictures `[N, C, H, W]` have beyond what their latents `[N, d]` say, `[N, c, h, w]`.

        Raises:
            LatentError: this model keeps no details.
        """
        raise LatentError("this model keeps no details of a picture beside its latent")

    def grid(self, z: Tensor) -> Tensor:
        """What the model makes of latents `[N, d]`, as details are, `[N, c, h, w]`.

        Raises:
            LatentError: this model keeps no details.
        """
        raise LatentError("this model keeps no details of a picture beside its latent")

    def decode_with(self, z: Tensor, details: Tensor, before: Tensor | None = None) -> Tensor:
        """As `decode`, with details `[N, c, h, w]` of their own.

        Args:
            before: `grid` of the latents at which the details were taken; that of `z` by default.

        Raises:
            LatentError: this model keeps no details.
        """
        raise LatentError("this model keeps no details of a picture beside its latent")

    def for_drawing(self, kind: torch.dtype) -> LatentModel:
        """This model, or a copy that draws nearly the same in less time where `kind` is quick to
        decode in; it only decodes.
        """
        return self

    def sample_prior(
        self,
        n: int,
        rng: torch.Generator,
        temperature: float = 1.0,
        labels: Tensor | None = None,
    ) -> Tensor:
        """Draw `n` latents `[n, d]` on the device of `rng`; see `Prior.mixed` for the rest."""
        return self.prior.sample(n, rng, temperature, labels)
