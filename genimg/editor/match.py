"""How close is a reconstruction to its picture, in numbers and in words?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genimg.metrics import psnr, ssim

ROUGH_PSNR, CLOSE_PSNR = 24.0, 32.0
"""dB; below the first nobody calls small pictures close, above the second few see a difference."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Match:
    """How close a reconstruction is to its original.

    Attributes:
        psnr: dB, higher is closer.
        ssim: structural similarity, at most 1.
        words: the same for people.
    """

    psnr: float
    ssim: float
    words: str


def judge(a: Bytes, b: Bytes, metrics: Mapping[str, Any]) -> Match:
    """How close two pictures `[H, W, C]` are.

    The words compare the PSNR with what can be expected: the model's own on held-out pictures
    (`metrics["psnr"]`, if it was measured), from ROUGH_PSNR to CLOSE_PSNR. Within 3 dB of it is
    "very close", within 8 "close", within 13 "only roughly like it".
    """
    decibels = psnr(a, b)
    own = metrics.get("psnr")
    usual = float(own) if isinstance(own, (int, float)) else CLOSE_PSNR
    usual = min(max(usual, ROUGH_PSNR), CLOSE_PSNR)
    steps = ((3.0, "very close"), (8.0, "close"), (13.0, "only roughly like it"))
    words = next(
        (words for gap, words in steps if decibels >= usual - gap), "not what this model knows"
    )
    return Match(decibels, ssim(a, b), words)
