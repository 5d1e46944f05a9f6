"""Where do a model's pictures lie in its latent space?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from genimg.errors import LatentError
from genimg.models.flow import Flow

FLOWING = "flow."
"""What the names of a flow's tensors begin with among those of a prior."""


class Prior(nn.Module):
    """Where a model's pictures lie in its latent space: one value of each label, plus a mixture.

    A latent is the sum of one offset for each labelled factor, drawn independently, and one draw
    from K Gaussians with full covariances. Without labels there are no offsets, and it is a plain
    mixture. Where it has a flow, that carries the sum to where pictures lie.

    Args:
        weights: `[K]`, not negative, summing to 1.
        means: `[K, d]`.
        cholesky: `[K, d, d]`, lower triangular L with covariance L L^T; in files they are called
            "factors".
        offsets: `[V, d]`, what each label value adds; the values of one factor after those of
            another.
        frequencies: `[V]`, how often each value occurs; they sum to 1 within a factor.
        sizes: int64 `[F]`, the number of values of each factor, summing to V.
        flow: of latents with these labels; all else describes what it starts from, which is about
            where it ends.

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
        flow: Flow | None = None,
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
        self.flow = flow

    @property
    def cholesky(self) -> Tensor:
        """Of each Gaussian, `[K, d, d]`."""
        return self.get_buffer("factors")

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Prior:
        """The prior with these tensors, which are called as in a file, see `state_dict`."""
        inside = {name: each for name, each in tensors.items() if name.startswith(FLOWING)}
        own = {"cholesky" if name == "factors" else name: each for name, each in tensors.items()}
        prior = cls(**{name: each for name, each in own.items() if name not in inside})  # type: ignore[arg-type]
        if not inside:
            return prior
        parts = {name.removeprefix(FLOWING): tensor for name, tensor in inside.items()}
        return prior.with_flow(Flow.from_tensors(parts, tuple(prior.sizes.tolist())))

    def with_flow(self, flow: Flow) -> Prior:
        """The same, with a flow."""
        return Prior(
            self.weights,
            self.means,
            self.cholesky,
            self.offsets,
            self.frequencies,
            self.sizes,
            flow,
        )

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
    ) -> Tensor:
        """Draw `[n, d]` on the generator's device; see `mixed`."""
        z, drawn = self.mixed(n, rng, temperature, labels)
        return z if self.flow is None else self.flow.carry(z, drawn)

    def mixed(
        self,
        n: int,
        rng: torch.Generator,
        temperature: float = 1.0,
        labels: Tensor | None = None,
        components: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Draw what a flow starts from, `[n, d]`, and its labels `[n, F]`.

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
        return z, drawn


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
