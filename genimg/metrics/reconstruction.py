"""How close is one picture to another: PSNR, SSIM, and the error beside that of a blurred copy, on
bytes as people see them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

PERFECT_PSNR = 100.0
"""Reported for equal pictures, whose PSNR is infinite."""
BLUR, LEAST_BLUR = 1 / 64, 0.5
"""Standard deviation of the blur that errors are compared with, as a part of the side; and the
least, in pixels, as a narrower one leaves a picture as it is.
"""
WINDOW = 11
"""Pixels a side of the window of SSIM."""
NO_DETAIL = 1.6
"""Mean square in levels; a flat picture loses nothing when it is blurred, but is rounded."""


def psnr(a: Bytes, b: Bytes) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 arrays `[H, W, C]`: 10 log10(255^2 / mse)."""
    error = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return PERFECT_PSNR if error == 0 else min(PERFECT_PSNR, float(10 * np.log10(255.0**2 / error)))


def ssim(a: Bytes, b: Bytes) -> float:
    """Structural similarity of two uint8 arrays `[H, W, C]`, at most 1 (Wang et al. 2004).

    Gaussian window of sigma 1.5, as in the paper; mean over channels. Pictures that are smaller
    than the window are reflected at their edges.
    """
    from skimage.metrics import structural_similarity  # brings scipy, which takes a second

    short = [(0, max(0, WINDOW - side)) for side in a.shape[:2]]
    if any(more for _, more in short):
        a, b = (np.pad(array, (*short, (0, 0)), mode="symmetric") for array in (a, b))
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            a,
            b,
            data_range=255,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def relative_error(original: Bytes, other: Bytes) -> float:
    """The mean square error of `other`, as a multiple of that of a slightly blurred original.

    From 0. 1 means: as far from the original as a copy blurred by 1/64 of its side. A PSNR is no
    fair judge of unlike pictures, since a flat one scores high with its detail lost and a busy one
    low with nothing to be seen; this asks how much of the detail there is came through. Both are
    uint8 `[H, W, C]`.
    """
    from skimage.filters import gaussian

    levels = original.astype(np.float64)
    sigma = max(BLUR * original.shape[1], LEAST_BLUR)
    blurred = gaussian(  # type: ignore[no-untyped-call]
        levels, sigma=sigma, channel_axis=-1, mode="nearest"
    )
    detail = float(np.mean((levels - blurred) ** 2))
    return float(np.mean((levels - other.astype(np.float64)) ** 2)) / (detail + NO_DETAIL)


def contrast_error(original: Bytes, other: Bytes) -> float:
    """The mean square error of `other`, as a multiple of that of the original's mean colour alone.

    From 0. At 1 and above it shows nothing of the picture. Both are uint8 `[H, W, C]`.
    """
    levels = original.astype(np.float64)
    contrast = float(np.mean((levels - levels.mean(axis=(0, 1))) ** 2))
    error = float(np.mean((levels - other.astype(np.float64)) ** 2))
    return error / (contrast + NO_DETAIL)
