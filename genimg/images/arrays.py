"""How do images become the numbers that a network takes, and those numbers images again?

This is the only file that converts between the two. An `image` is an 8-bit `PIL.Image` of mode
"RGB" or "L"; `pixels` is a float32 tensor [N, C, H, W] in [-1, 1] (C = 1 for "L", 3 for "RGB").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

Bytes = npt.NDArray[np.uint8]

_SCALE = 127.5  # 256 levels onto [-1, 1]: pixels = level / 127.5 - 1


def to_pixels(images: Sequence[Image.Image]) -> Tensor:
    """Turn n images of one size and one mode ("L" or "RGB") into pixels.

    Returns float32 [N, C, H, W] in [-1, 1] on the CPU. Raises ValueError on mixed or other images.
    """
    return array_to_pixels(images_to_array(images))


def change_in_levels(before: Tensor, after: Tensor) -> npt.NDArray[np.float32]:
    """What differs between pixels of one shape, in levels of 255, not rounded."""
    levels: npt.NDArray[np.float32] = ((after - before) * _SCALE).numpy()
    return levels


def images_to_array(images: Sequence[Image.Image]) -> Bytes:
    """Turn n images of one size and one mode ("L" or "RGB") into a uint8 array [N, H, W, C].

    Raises ValueError on mixed or other images.
    """
    kinds = {(image.mode, image.size) for image in images}
    if len(kinds) != 1 or next(iter(kinds))[0] not in ("L", "RGB"):
        raise ValueError(f"images must all be 'L' or all 'RGB' and of one size, got {kinds}")
    array = np.stack([np.asarray(image) for image in images])
    return array[..., None] if array.ndim == 3 else array


def to_images(pixels: Tensor) -> list[Image.Image]:
    """Turn pixels [N, C, H, W] into n images; values outside [-1, 1] are clamped.

    The exact inverse of `to_pixels`: all 256 byte values survive the way there and back.
    """
    return [
        Image.fromarray(item[..., 0] if item.shape[-1] == 1 else item)
        for item in pixels_to_array(pixels)
    ]


def array_to_pixels(array: npt.NDArray[np.uint8]) -> Tensor:
    """Turn a uint8 array [N, H, W, C] into pixels: float32 [N, C, H, W] in [-1, 1] on the CPU."""
    if array.dtype != np.uint8 or array.ndim != 4:
        raise ValueError(f"expected uint8 [N, H, W, C], got {array.dtype} {array.shape}")
    levels = torch.tensor(array).permute(0, 3, 1, 2).contiguous()  # a copy: memmaps are read-only
    return levels.to(torch.float32).div_(_SCALE).sub_(1.0)


def pixels_to_array(pixels: Tensor) -> Bytes:
    """Turn pixels [N, C, H, W] into a uint8 array [N, H, W, C], clamped and rounded."""
    if pixels.ndim != 4:
        raise ValueError(f"expected pixels [N, C, H, W], got {tuple(pixels.shape)}")
    levels = pixels.detach().to("cpu", torch.float32).add(1.0).mul_(_SCALE)
    array: Bytes = levels.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return np.ascontiguousarray(array)
