"""What can be measured on any picture without labels: brightness, colour, size and place of the
figure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

CHUNK = 512
"""Pictures measured at once: as floats they take eight times the memory."""
FOREGROUND = 0.1
"""A pixel belongs to the figure where some channel differs by more than this (of 0..1) from the
border.
"""


def measure(images: Bytes) -> dict[str, Floats]:
    """Measure pictures, uint8 `[N, H, W, C]`: {plain name: float64 `[N]`}.

    Colour attributes are there for C = 3 only. Units: brightness, contrast, colourfulness, warmth,
    hue and detail are in fractions of the full range; figure size is a fraction of the picture;
    figure left-right and up-down are -1 (left, bottom) to 1 (right, top), 0 for a picture without a
    figure.
    """
    parts = [_measure(images[i : i + CHUNK]) for i in range(0, max(len(images), 1), CHUNK)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _measure(images: Bytes) -> dict[str, Floats]:
    levels = images.astype(np.float64) / 255.0  # (N, H, W, C)
    grey = levels.mean(axis=3)  # (N, H, W)
    scores = {
        "brightness": grey.mean(axis=(1, 2)),
        "contrast": grey.std(axis=(1, 2)),
        "detail": np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2))
        + np.abs(np.diff(grey, axis=2)).mean(axis=(1, 2)),
    }
    if images.shape[3] == 3:
        scores |= _colour(levels)
    return scores | _figure(levels)


def _colour(levels: Floats) -> dict[str, Floats]:
    """Saturation and hue in the opponent plane: alpha = red against cyan, beta = lime against
    violet.
    """
    red, green, blue = np.moveaxis(levels, 3, 0)
    alpha = red - 0.5 * (green + blue)
    beta = 0.5 * np.sqrt(3.0) * (green - blue)
    return {
        "colourfulness": np.hypot(alpha, beta).mean(axis=(1, 2)),
        "warmth": (red - blue).mean(axis=(1, 2)),
        "hue red-cyan": alpha.mean(axis=(1, 2)),
        "hue lime-violet": beta.mean(axis=(1, 2)),
    }


def _figure(levels: Floats) -> dict[str, Floats]:
    """What stands out from the commonest shade of the border is the figure."""
    _, height, width, _ = levels.shape
    border = np.concatenate(
        [levels[:, 0], levels[:, -1], levels[:, :, 0], levels[:, :, -1]], axis=1
    )  # (N, 2H + 2W, C)
    background = np.median(border, axis=1)[:, None, None, :]
    mask = (np.abs(levels - background).max(axis=3) > FOREGROUND).astype(np.float64)
    area = mask.sum(axis=(1, 2))
    columns = np.linspace(-1.0, 1.0, width)
    rows = np.linspace(1.0, -1.0, height)
    filled = np.maximum(area, 1.0)
    return {
        "figure size": area / (height * width),
        "figure left-right": (mask.sum(axis=1) @ columns) / filled,
        "figure up-down": (mask.sum(axis=2) @ rows) / filled,
    }
