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


@dataclass(frozen=True)
class DiagonalGaussian:
    """A Gaussian over latents with a diagonal covariance: what an encoder says of a picture.

    `mean` and `logvar` are float32 `[N, d]`. The caller says whether it wants the mean or a draw.
    """

    mean: Tensor
    logvar: Tensor

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


class Prior(nn.Module):
    """Where a model's pictures lie in its latent space: one value of each label, plus a mixture.

    A latent is the sum of one offset for each labelled factor, drawn independently, and one draw
    from K Gaussians with full covariances. Without labels there are no offsets, and it is a plain
    mixture.

    Args:
        weights: `[K]`, not negative, summing to 1.
        means: `[K, d]`.
        cholesky: `[K, d, d]`, lower triangular L with covariance L L^T; in files they are called
            "factors".
        offsets: `[V, d]`, what each label value adds; the values of one factor after those of
            another.
        frequencies: `[V]`, how often each value occurs; they sum to 1 within a factor.
        sizes: int64 `[F]`, the number of values of each factor, summing to V.

    Raises:
        LatentError: shapes that do not fit each other, or shares that do not sum to 1.
    """

    weights: Tensor
    means: Tensor
    offsets: Tensor
    frequencies: Tensor
    sizes: Tensor

    def __init__(
        self,
        weights: Tensor,
        means: Tensor,
        cholesky: Tensor,
        offsets: Tensor | None = None,
        frequencies: Tensor | None = None,
        sizes: Tensor | None = None,
    ) -> None:
        super().__init__()
        count, dimensions = means.shape
        offsets = torch.zeros(0, dimensions) if offsets is None else offsets
        frequencies = torch.zeros(0) if frequencies is None else frequencies
        sizes = torch.zeros(0, dtype=torch.int64) if sizes is None else sizes
        real = sizes.device.type != "meta"  # shapes alone are asked for before weights are read
        values = int(sizes.sum()) if real else len(offsets)
        if (
            weights.shape != (count,)
            or cholesky.shape != (count, dimensions, dimensions)
            or offsets.shape != (values, dimensions)
            or frequencies.shape != (values,)
            or (real and bool((sizes < 1).any()))
        ):
            raise LatentError("the parts of the prior do not fit each other")
        if real and not all(map(_are_shares, (weights, *torch.split(frequencies, sizes.tolist())))):
            raise LatentError("the parts of the prior do not occur in shares that sum to 1")
        self.register_buffer("weights", weights.float())
        self.register_buffer("means", means.float())
        self.register_buffer("factors", cholesky.float())
        self.register_buffer("offsets", offsets.float())
        self.register_buffer("frequencies", frequencies.float())
        self.register_buffer("sizes", sizes.to(torch.int64))

    @property
    def cholesky(self) -> Tensor:
        """Of each Gaussian, `[K, d, d]`."""
        return self.get_buffer("factors")

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Prior:
        """The prior with these tensors, which are called as in a file, see `state_dict`."""
        named = dict(tensors)
        return cls(cholesky=named.pop("factors"), **named)

    @classmethod
    def standard(cls, dimensions: int) -> Prior:
        """N(0, I) of `dimensions` dimensions: the prior of a model nobody fitted one for."""
        return cls(torch.ones(1), torch.zeros(1, dimensions), torch.eye(dimensions).unsqueeze(0))

    def sample(
        self,
        n: int,
        rng: torch.Generator,
        temperature: float = 1.0,
        labels: Tensor | None = None,
        components: Tensor | None = None,
    ) -> Tensor:
        """Draw `[n, d]` on the generator's device.

        Args:
            components: int64 `[n]`, which Gaussian each comes from; drawn by default.
            temperature: scales the spread inside the chosen component: 0 gives component means.
            labels: int64 `[n, F]`, the wanted value of each factor, -1 where it is drawn. What is
                drawn does not depend on what is wanted, so one seed with another label shows the
                same picture with that label.
        """
        device = rng.device
        choice = components
        if choice is None:
            choice = torch.multinomial(self.weights.to(device), n, replacement=True, generator=rng)
        noise = torch.randn(n, self.means.shape[1], generator=rng, device=device)
        spread = torch.einsum("nij,nj->ni", self.cholesky.to(device)[choice], noise)
        z = self.means.to(device)[choice] + temperature * spread
        drawn = draw_labels(self.frequencies, self.sizes.tolist(), n, rng, labels)
        for column, offsets in enumerate(torch.split(self.offsets.to(device), self.sizes.tolist())):
            z = z + offsets[drawn[:, column]]
        return z


def draw_labels(
    frequencies: Tensor,
    sizes: Sequence[int],
    n: int,
    rng: torch.Generator,
    wanted: Tensor | None = None,
) -> Tensor:
    """A value for each factor of `n` pictures, int64 `[n, F]`, on the generator's device.

    Args:
        frequencies: `[V]`, how often each value occurs, the values of one factor after another's.
        sizes: the number of values of each factor.
        wanted: int64 `[n, F]`; values of 0 and more are taken instead of the drawn ones.

    Raises:
        LatentError: `wanted` is of another shape, or asks for a value that there is not.
    """
    parts = torch.split(frequencies.to(rng.device), list(sizes))
    columns = [torch.multinomial(p, n, replacement=True, generator=rng) for p in parts if len(p)]
    drawn = torch.stack(columns, dim=1) if columns else torch.zeros(n, 0, dtype=torch.int64)
    if wanted is None:
        return drawn
    wanted = wanted.to(drawn.device)
    asked = wanted.device.type == "cpu"  # on a GPU it is training that asks: no need to wait
    if wanted.shape != drawn.shape or (asked and bool((wanted >= torch.tensor(sizes)).any())):
        raise LatentError(f"these labels do not fit a model whose factors have {sizes} values")
    return torch.where(wanted >= 0, wanted, drawn)


def _are_shares(values: Tensor) -> bool:
    return bool((values >= 0).all()) and abs(float(values.sum()) - 1.0) < 1e-3


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

    def decode_with(self, z: Tensor, details: Tensor) -> Tensor:
        """As `decode`, with details `[N, c, h, w]` of their own.

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
        """Draw `n` latents `[n, d]` on the device of `rng`; see `Prior.sample` for the rest."""
        return self.prior.sample(n, rng, temperature, labels)
