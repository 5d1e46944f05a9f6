"""How do many pictures go through a network, a few at a time so that memory stays small?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.images import array_to_pixels


def in_chunks(network: Callable[[Tensor], Tensor], inputs: Tensor, size: int) -> Tensor:
    """What a network makes of inputs `[N, ...]`, of which at most `size` go through it at once."""
    return torch.cat([network(part) for part in torch.split(inputs, size)])


def pixel_chunks(
    images: npt.NDArray[np.uint8], device: torch.device, size: int
) -> Iterator[Tensor]:
    """Pictures uint8 `[N, H, W, C]` as pixels on a device, at most `size` at a time."""
    for start in range(0, len(images), size):
        yield array_to_pixels(np.asarray(images[start : start + size])).to(device)
