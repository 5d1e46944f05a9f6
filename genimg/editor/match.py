"""How good is what a model makes of a picture, in numbers and in words that can be relied on?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from genimg.metrics import Calibration, contrast_error, psnr, relative_error, ssim

ROUGH_PSNR, CLOSE_PSNR = 24.0, 32.0
"""dB; below the first nobody calls small pictures close, above the second few see a difference."""

VERY_CLOSE, CLOSE, ROUGH = "very close", "close", "only roughly"
OUTSIDE = "outside what this model knows"

FALSE_ALARMS = 0.01
"""Part of a model's own held-out pictures that are called OUTSIDE."""

_PHOTOGRAPHS = (
    (CLOSE_PSNR, VERY_CLOSE, "few people see a difference"),
    (27.0, CLOSE, "the finest textures are a little softer"),
    (-math.inf, ROUGH, "fine textures are lost"),
)
"""(dB from which on, words, what they mean) for what comes back from a base."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Match:
    """How close a reconstruction is to its original.

    Attributes:
        psnr: dB, higher is closer.
        ssim: structural similarity, at most 1.
        words: the same for people: VERY_CLOSE, CLOSE, ROUGH or OUTSIDE.
        calibrated: whether the words compare with pictures that the model was tested with; if not,
            with its mean PSNR alone, and they are worth less.
        percentile: how many of 100 pictures of the model's own kind come out worse than this
            reconstruction; None where it is not calibrated.
        known: whether this is a picture of the kind that the model learned from; None where it is
            not calibrated.
        meaning: what the words mean, where they rest on something else than a calibration.
        understood: dB, how close the model comes by itself, where it keeps a picture's own details
            beside what it understands of it; None where it keeps none.
    """

    psnr: float
    ssim: float
    words: str
    calibrated: bool = False
    percentile: float | None = None
    known: bool | None = None
    meaning: str = ""
    understood: float | None = None

    @property
    def sentence(self) -> str:
        """One sentence for people, with what the words rest on."""
        if self.meaning:
            return f"{self.words.capitalize()}: {self.meaning}"
        if self.percentile is None:
            return f"{self.words.capitalize()} (not calibrated: judged by {self.psnr:.1f} dB alone)"
        if not self.known:
            return (
                f"{self.words.capitalize()}: of its own kind, fewer than 1 picture in 100 comes "
                f"out as badly; edits may not do what they say"
            )
        of = f"{self.percentile:.0f} of 100 pictures of its own kind come out worse"
        return f"{self.words.capitalize()}: {of}"


@dataclass(frozen=True)
class Grade:
    """What a picture must reach to be called `words`: a PSNR of `psnr`, and a relative error that
    is among the best `share` of the model's own held-out pictures, or below `error`.
    """

    words: str
    share: float
    error: float
    psnr: float


GRADES = (Grade(VERY_CLOSE, 0.5, 0.1, ROUGH_PSNR), Grade(CLOSE, 0.95, 0.5, 16.0))
KNOWN = 1.0
"""A relative error up to which no picture is called OUTSIDE, however good the model is: that of a
slightly blurred copy."""


def judge(original: Bytes, other: Bytes, metrics: Mapping[str, Any], first: Bytes | None) -> Match:
    """How close two pictures `[H, W, C]` are, to a model whose header has these metrics.

    Whether a picture is OUTSIDE is told by `first`, what the encoder makes of it in one look: its
    relative error is above that of 99 % of the held-out pictures, and above KNOWN; or it shows no
    more of the picture than its mean colour would, which is what noise comes to. A refinement is
    not asked, since it draws any picture better, and the foreign ones most. The other words are
    about `other`. A model that draws even its own pictures badly does not call that close.

    Without a calibration the words compare the PSNR with the model's mean on held-out pictures
    (`metrics["psnr"]`, if it was measured), taken to be from ROUGH_PSNR to CLOSE_PSNR: within 3 dB
    of it is VERY_CLOSE, within 8 CLOSE, within 13 ROUGH.

    Args:
        first: by default `other`, as for a model without an encoder.
    """
    decibels, similarity = psnr(original, other), ssim(original, other)
    calibration = Calibration.from_metrics(metrics)
    if calibration is None:
        return Match(decibels, similarity, _by_psnr(decibels, metrics))
    error = relative_error(original, other)
    look = other if first is None else first
    limit = max(KNOWN, calibration.worst(1.0 - FALSE_ALARMS))
    known = relative_error(original, look) <= limit and contrast_error(original, look) < 1.0
    words = OUTSIDE
    if known:
        words = next(
            (
                grade.words
                for grade in GRADES
                if decibels >= grade.psnr
                and error <= max(grade.error, calibration.worst(grade.share))
            ),
            ROUGH,
        )
    percentile = 100.0 * calibration.share_above(error)
    return Match(decibels, similarity, words, True, percentile, known)


def judge_kept(original: Bytes, other: Bytes, metrics: Mapping[str, Any], first: Bytes) -> Match:
    """How close two pictures `[H, W, C]` are, to a model that keeps the details of a photograph.

    The words say how closely it is kept, as those of a base do. How well the model understands it
    is told beside that, by what it makes of it without the details: `first`, which is judged as
    `judge` does. `percentile` and `known` are about that, too.
    """
    alone = judge(original, first, metrics, None)
    kept = judge_photograph(psnr(original, other), ssim(original, other))
    return replace(
        kept,
        calibrated=alone.calibrated,
        percentile=alone.percentile,
        known=alone.known,
        meaning=f"{kept.meaning}; {_understanding(alone)}",
        understood=alone.psnr,
    )


def _understanding(alone: Match) -> str:
    """How well a model understands a picture whose details it keeps, in words: how close it comes
    without them.
    """
    if alone.known is False:
        return (
            "it is none of the model's own kind, so sliders change it, but named ones will not "
            "mean what they say"
        )
    if alone.percentile is None:
        return f"the model by itself comes as close as {alone.psnr:.1f} dB"
    return (
        f"the model by itself comes as close as {alone.psnr:.1f} dB, and "
        f"{alone.percentile:.0f} of 100 pictures of its own kind come out worse"
    )


def judge_photograph(decibels: float, similarity: float) -> Match:
    """How close a photograph comes back from a base. As it takes any, none is OUTSIDE."""
    words, meaning = next(
        (words, meaning) for least, words, meaning in _PHOTOGRAPHS if decibels >= least
    )
    return Match(decibels, similarity, words, known=True, meaning=meaning)


def _by_psnr(decibels: float, metrics: Mapping[str, Any]) -> str:
    own = metrics.get("psnr_model", metrics.get("psnr"))  # from its latent alone
    usual = float(own) if isinstance(own, (int, float)) else CLOSE_PSNR
    usual = min(max(usual, ROUGH_PSNR), CLOSE_PSNR)
    steps = ((3.0, VERY_CLOSE), (8.0, CLOSE), (13.0, ROUGH))
    return next((words for gap, words in steps if decibels >= usual - gap), OUTSIDE)
