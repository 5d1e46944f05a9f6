"""How a latent is moved: along named directions, on a path to another one, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from genimg.config import as_whole
from genimg.errors import LatentError
from genimg.latents.points import Direction, Latent

if TYPE_CHECKING:
    from genimg.latents.spatial import SpatialLatent

MAX_AMOUNT = 100.0
"""Standard deviations; beyond this an amount is a slip of the keyboard."""

INTERPOLATIONS = ("slerp", "lerp")
EASINGS = ("linear", "smooth")


def move(
    latent: Latent,
    directions: Mapping[str, Direction],
    amounts: Mapping[str, float],
    held: Callable[[str], Tensor] | None = None,
) -> Latent:
    """The latent moved by `amounts` {direction name: standard deviations}; zeros change nothing.

    A latent with a row for each layer is moved in all of them.

    Args:
        held: the vector that stands for a direction, `[d]`, while others are kept, see
            `genimg.edits.locks`; by default the direction's own.

    Raises:
        LatentError: an unknown direction, one of another model, or an amount that is not finite.
    """
    z = latent.z
    for name, amount in amounts.items():
        if name not in directions:
            raise LatentError(f"this model has no direction {name!r}")
        direction = directions[name]
        latent.require_model(direction.model_id)
        check_amount(name, amount)
        if amount:
            vector = held(name) if held else direction.vector
            z = z + amount * direction.std * vector
    return latent.at(z)


def check_amount(name: str, amount: object) -> None:
    """Refuse an amount that no slider has.

    Raises:
        LatentError: not a number, or one out of range.
    """
    if not isinstance(amount, Real) or not abs(float(amount)) <= MAX_AMOUNT:
        raise LatentError(
            f"{name!r} cannot move by {amount!r}; use -{MAX_AMOUNT:g} to {MAX_AMOUNT:g}"
        )


def check_share(share: object) -> None:
    """Refuse a share of a picture's own details that cannot be shown.

    Raises:
        LatentError: not a number, or not from 0 to 1.
    """
    if not isinstance(share, Real) or not 0.0 <= float(share) <= 1.0:
        raise LatentError(f"own details are shown from 0 (none) to 1 (all), not {share!r}")


def between(a: Latent, b: Latent, t: float, method: str = "slerp") -> Latent:
    """The point at `t` (0 = a, 1 = b, both exact) of the way from `a` to `b`.

    "lerp" is the straight line. "slerp" turns the direction at constant speed and blends the length
    (Shoemake 1985), so that the path does not cut through the improbable middle of a Gaussian.
    Where one of the two has a row for each layer, every layer goes its own way. Details fade from
    those of `a` to those of `b`; one without has none to fade from or to.

    Raises:
        LatentError: latents of different models or layers, or an unknown method.
    """
    check_way(a, b, t, method)
    layers = max(a.layers, b.layers)
    pairs = list(zip(a.rows(layers), b.rows(layers), strict=True))
    if t in (0.0, 1.0):
        return b if t else a
    rows = [_between(row_a, row_b, t, method) for row_a, row_b in pairs]
    z = rows[0] if layers == 1 else torch.stack(rows)
    details, home = _between_details(a, b, t), None
    if a.home is not None or b.home is not None:
        home = _between(a.origin, b.origin, t, method)
    return Latent(z, a.model_id, details=details, home=home)


def check_way(a: Latent, b: Latent, t: float, method: str) -> None:
    """Refuse a way between two latents that cannot be.

    Raises:
        LatentError: latents of different models, an unknown method, or no place on the way.
    """
    b.require_model(a.model_id)
    if method not in INTERPOLATIONS:
        raise LatentError(f"unknown interpolation {method!r}; choose {' or '.join(INTERPOLATIONS)}")
    if not math.isfinite(t):
        raise LatentError(f"the way from A to B cannot be {t}; use 0 to 1")


def _between(a: Tensor, b: Tensor, t: float, method: str) -> Tensor:
    if method == "slerp":
        length_a, length_b = float(a.norm()), float(b.norm())
        if length_a > 0.0 and length_b > 0.0:
            unit_a, unit_b = a / length_a, b / length_b
            angle = math.acos(max(-1.0, min(1.0, float(unit_a @ unit_b))))
            if 1e-4 < angle < math.pi - 1e-4:
                turned = math.sin((1 - t) * angle) * unit_a + math.sin(t * angle) * unit_b
                length = (1 - t) * length_a + t * length_b
                return turned * (length / math.sin(angle))
    return torch.lerp(a, b, t)


def _between_details(a: Latent, b: Latent, t: float) -> SpatialLatent | None:
    if a.details is None or b.details is None:
        return a.showing(1.0 - t).details or b.showing(t).details
    return a.details.at(torch.lerp(a.details.z, b.details.z, t))


def mix(coarse: Latent, fine: Latent, cut: int, layers: int) -> Latent:
    """The style mix of two latents: layers before `cut` of one, from `cut` on of the other.

    Karras et al. 2019, section 3.1: coarse layers decide pose and shape, fine ones colours.
    Details are those of `coarse`.

    Args:
        cut: the first layer that is taken from `fine`, 1 to `layers - 1`.
        layers: how many layers the network has.

    Raises:
        LatentError: latents of different models or layers, or a cut that is not inside.
    """
    fine.require_model(coarse.model_id)
    if layers < 2:
        raise LatentError("this model has a single layer for its latent, so styles cannot be mixed")
    if not 1 <= cut < layers:
        raise LatentError(f"the cut is at a layer from 1 to {layers - 1}, not {cut}")
    rows = torch.cat([coarse.rows(layers)[:cut], fine.rows(layers)[cut:]])
    return coarse.at(rows)


def layer_groups(layers: int) -> dict[str, range]:
    """Layers dealt out to "coarse", "middle" and "fine"; without a middle where there are two.

    Empty where there is one layer, as nothing can be dealt out.
    """
    if layers < 2:
        return {}
    names = ("coarse", "middle", "fine") if layers > 2 else ("coarse", "fine")
    ends = [round(i * layers / len(names)) for i in range(len(names) + 1)]
    return {name: range(*part) for name, part in zip(names, pairwise(ends), strict=True)}


def ease(t: float, easing: str = "linear") -> float:
    """Progress 0..1 to progress 0..1: "linear", or "smooth" (starts and ends gently, 3t^2 - 2t^3).

    Raises:
        LatentError: an unknown easing.
    """
    if easing not in EASINGS:
        raise LatentError(f"unknown easing {easing!r}; choose {' or '.join(EASINGS)}")
    return t if easing == "linear" else t * t * (3.0 - 2.0 * t)


def path_times(n: int, easing: str = "linear", loop: bool = False) -> Sequence[float]:
    """`n` eased times from 0 to 1, ends included; `loop` adds the way back without repeating the
    ends.

    Raises:
        LatentError: fewer than 2 points or more than 1000.
    """
    whole = as_whole(n)
    if whole is None or not 2 <= whole <= 1000:
        raise LatentError(f"a path needs 2 to 1000 pictures, not {n}")
    n = whole
    times = [ease(i / (n - 1), easing) for i in range(n)]
    return times + times[-2:0:-1] if loop else times
