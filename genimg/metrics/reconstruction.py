"""How close is one picture to another: PSNR and SSIM, on bytes as people see them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

Bytes = npt.NDArray[np.uint8]

PERFECT_PSNR = 100.0
"""Reported for equal pictures, whose PSNR is infinite."""


def psnr(a: Bytes, b: Bytes) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 arrays `[H, W, C]`: 10 log10(255^2 / mse)."""
    error = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return PERFECT_PSNR if error == 0 else min(PERFECT_PSNR, float(10 * np.log10(255.0**2 / error)))


def ssim(a: Bytes, b: Bytes) -> float:
    """Structural similarity of two uint8 arrays `[H, W, C]`, at most 1 (Wang et al. 2004).

    Gaussian window of sigma 1.5, as in the paper; mean over channels.
    """
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
