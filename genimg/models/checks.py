"""Which numbers can a model have: bounds of a config before anything is built, and, of weights that
somebody else may have written, whether they work.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

from genimg.checkpoint import TensorInfo
from genimg.config import short
from genimg.errors import CheckpointError, ConfigError
from genimg.models.base import OF_PRIOR, Model
from genimg.models.flow import Flow, blocks_of
from genimg.models.prior import FLOWING, Prior

MAX_SIDE = 256
MAX_LATENT_DIM = 2048
MAX_WIDTH = 8192
MAX_WIDTHS = 8
MAX_BLOCKS = 32
MAX_COMPONENTS = 4096
MAX_FACTORS = 64
MAX_VALUES = 20_000
"""Of all factors of a model together."""

LARGEST = 1e6
"""Of a prior's numbers; those of fitted ones are below 100."""
LEAST_SPREAD = 1e-6

Shape = tuple[int, ...]

PRIOR_TYPES = {
    "weights": "F32", "means": "F32", "factors": "F32",
    "offsets": "F32", "frequencies": "F32", "sizes": "I64",
}  # fmt: skip
_TYPES = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}


def require_whole(what: str, value: object, least: int, most: int) -> None:
    """Raise ConfigError unless `value` is a whole number from `least` to `most`."""
    if type(value) is not int or not least <= value <= most:
        raise ConfigError(f"{what} is a whole number from {least} to {most}, not {short(value)}")


def require_wholes(what: str, values: Collection[int], count: int, most: int) -> None:
    """Raise ConfigError unless these are at most `count` whole numbers, each from 1 to `most`."""
    if len(values) > count:
        raise ConfigError(f"{what}: {len(values):,} numbers are more than {count}")
    for value in values:
        require_whole(what, value, 1, most)


def require_picture(image_shape: Shape, square: bool = True) -> None:
    """Raise ConfigError unless pictures of this shape (C, H, W) have 1 or 3 channels, are no larger
    than MAX_SIDE, and `square` where they must be.
    """
    channels, height, width = image_shape
    for side in (height, width):
        require_whole("a side of the pictures", side, 1, MAX_SIDE)
    if type(channels) is not int or channels not in (1, 3):
        raise ConfigError(f"pictures have 1 or 3 channels, not {short(channels)}")
    if square:
        require_square(image_shape)


def require_square(image_shape: Shape) -> None:
    """Raise ConfigError unless pictures of this shape (C, H, W) are squares of 1 or 3 channels."""
    channels, height, width = image_shape
    if channels not in (1, 3) or height != width:
        raise ConfigError(
            f"pictures must be square with 1 or 3 channels, not {short(image_shape)}; rectangles "
            "are for a vae of colour photographs (--preset photo)"
        )


def require_halvings(image_shape: Shape, widths: Collection[int], least: int = 1) -> None:
    """Raise ConfigError unless the side can be halved once for each width, without a remainder."""
    require_wholes("widths", widths, MAX_WIDTHS, MAX_WIDTH)
    if len(widths) < least or image_shape[1] % 2 ** len(widths):
        raise ConfigError(
            f"pictures of {image_shape[1]} pixels do not go with {len(widths)} widths, each of "
            "which halves the side"
        )


def require_label_sizes(label_sizes: Collection[int]) -> None:
    """Raise ConfigError where there are too many factors or values, or a factor without values."""
    require_wholes("label_sizes", label_sizes, MAX_FACTORS, MAX_VALUES)
    if sum(label_sizes) > MAX_VALUES:
        raise ConfigError(f"{sum(label_sizes):,} label values are more than {MAX_VALUES:,}")


def require_tensors(
    expected: Mapping[str, Tensor], found: Mapping[str, TensorInfo], further: Mapping[str, Shape]
) -> None:
    """Raise CheckpointError unless a file holds just these tensors, by name, type and shape.

    `expected` are on the meta device; `further` are the shapes of those of float32 that may be
    there or not.
    """
    for name, tensor in expected.items():
        if found.get(name) != (_TYPES.get(tensor.dtype), tuple(tensor.shape)):
            raise CheckpointError(f"the weights do not fit the header (first: {name})")
    for name, info in found.items():
        if name not in expected and info != ("F32", further.get(name)):
            raise CheckpointError(f"it holds {short(name)}, which is no part of such a model")


def require_prior(latent_dim: int, found: Mapping[str, TensorInfo]) -> dict[str, Shape]:
    """The shapes of a prior's tensors in a file, {"prior.means": ...}.

    Raises:
        CheckpointError: one is missing, of another type or size.
    """
    shapes: dict[str, Shape] = {}
    for key, dtype in PRIOR_TYPES.items():
        info = found.get(f"{OF_PRIOR}{key}")
        if info is None or info.dtype != dtype or not info.shape:
            raise CheckpointError(f"prior.{key} is missing or of another type")
        shapes[key] = info.shape
    count, values, factors = shapes["means"][0], shapes["offsets"][0], shapes["sizes"][0]
    if any(shapes[key][-1] != latent_dim for key in ("means", "factors", "offsets")):
        raise CheckpointError("its prior is of another size than its latents")
    fitting = {
        "weights": (count,),
        "means": (count, latent_dim),
        "factors": (count, latent_dim, latent_dim),
        "offsets": (values, latent_dim),
        "frequencies": (values,),
        "sizes": (factors,),
    }
    if (
        shapes != fitting
        or not 1 <= count <= MAX_COMPONENTS
        or values > MAX_VALUES
        or factors > MAX_FACTORS
    ):
        raise CheckpointError("the parts of its prior do not fit each other")
    shapes |= _flow(latent_dim, values, found)
    return {f"{OF_PRIOR}{key}": shape for key, shape in shapes.items()}


def _flow(latent_dim: int, values: int, found: Mapping[str, TensorInfo]) -> dict[str, Shape]:
    """The shapes of the tensors of a prior's flow in a file, where it has one."""
    place = f"{OF_PRIOR}{FLOWING}"
    within = {name: info for name, info in found.items() if name.startswith(place)}
    parts = {name.removeprefix(place): info for name, info in within.items()}
    if not parts:
        return {}
    stem = parts.get("stem.weight")
    blocks = blocks_of(parts)
    if stem is None or not stem.shape or stem.shape[0] > MAX_WIDTH or blocks > MAX_BLOCKS:
        raise CheckpointError("the flow of its prior is none")
    with torch.device("meta"):
        expected = Flow(latent_dim, (values,), stem.shape[0], blocks).state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in expected.items()}
    if parts != {name: TensorInfo("F16", shape) for name, shape in shapes.items()}:
        raise CheckpointError("the flow of its prior does not fit its latents")
    return {f"{FLOWING}{name}": shape for name, shape in shapes.items()}


def require_working(model: Model) -> None:
    """Raise CheckpointError unless the weights make sense and pictures come out of them."""
    for module in model.modules():
        if isinstance(module, Prior):
            _require_spread(module)
        variance = getattr(module, "running_var", None)
        if isinstance(variance, Tensor) and bool((variance < 0).any()):
            raise CheckpointError("it holds variances below 0")
    for name in ("frequencies", "shares"):
        shares = getattr(model, name, None)
        if isinstance(shares, Tensor) and shares.numel():
            _require_shares(model, name, shares)
    with torch.inference_mode():
        for what, numbers in model.try_out().items():
            if not bool(torch.isfinite(numbers).all()):
                raise CheckpointError(f"{what} that come out of it are no finite numbers")


def _require_spread(prior: Prior) -> None:
    for numbers in (prior.means, prior.cholesky, prior.offsets):
        if numbers.numel() and float(numbers.abs().max()) > LARGEST:
            raise CheckpointError("its prior holds numbers that are too large")
    roots = prior.cholesky
    if bool(roots.triu(1).any()) or bool((roots.diagonal(0, 1, 2) < LEAST_SPREAD).any()):
        raise CheckpointError("its prior holds covariances that are none")


def _require_shares(model: nn.Module, name: str, shares: Tensor) -> None:
    if shares.ndim == 1:
        parts = torch.split(shares, list(getattr(model, "label_sizes", [len(shares)])))
    else:
        parts = tuple(shares)
    for part in parts:
        if bool((part < 0).any()) or abs(float(part.sum()) - 1.0) > 1e-2:
            raise CheckpointError(f"its {name} are no shares that sum to 1")
