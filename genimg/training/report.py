"""What a run tells while it goes: a progress bar for people, progress.jsonl for programs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from torch import Tensor
from tqdm import tqdm

from genimg.training.run import RunFolder

REFRESH_SECONDS = 1.0
SHOWN_SCORES = {
    "psnr": "held-out PSNR {:.2f} dB",
    "diversity": "samples vary {:.0%} as much as the pictures",
    "accuracy": "held-out accuracy {:.1%}",
}


class Report:
    """A context in which steps and validations are shown and written down."""

    def __init__(self, folder: RunFolder, budget: tuple[float | None, int | None]) -> None:
        self.folder = folder
        self.budget = budget
        self.terms: Mapping[str, Tensor] = {}
        self.scores: dict[str, float] = {}
        self._bar: tqdm[Any] | None = None
        self._last = 0.0
        self._images_shown = 0
        self._speed = 0.0

    def __enter__(self) -> Report:
        self._bar = tqdm(
            total=100.0,
            bar_format="{percentage:5.1f}% |{bar:20}| {postfix}",
            mininterval=REFRESH_SECONDS,
            dynamic_ncols=True,
        )
        self._last = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self, images: int, count: int, progress: float, terms: Mapping[str, Tensor]) -> None:
        """Tell of one step. The bar is redrawn once a second, not once a step."""
        self._images_shown += count
        self.terms = terms
        now = time.perf_counter()
        if now - self._last < REFRESH_SECONDS or self._bar is None:
            return
        speed = self._images_shown / (now - self._last)
        self._speed = speed if not self._speed else 0.8 * self._speed + 0.2 * speed
        self._last, self._images_shown = now, 0
        shown = [
            f"{images:,} pictures",
            f"{self._speed:.0f}/s",
            f"{_minutes(self._seconds_left(images, progress))} left",
            f"loss {float(terms['loss']):.3f}",
        ]
        for name, words in SHOWN_SCORES.items():
            if name in self.scores:
                shown.append(words.format(self.scores[name]))
        self._bar.n = min(100.0, 100.0 * progress)
        self._bar.set_postfix_str(", ".join(shown))

    def _seconds_left(self, images: int, progress: float) -> float:
        minutes, total = self.budget
        if total is not None:
            return max(0, total - images) / max(self._speed, 1e-9)
        return (1.0 - progress) * 60.0 * (minutes or 0.0)

    def validation(self, clock: Mapping[str, Any], scores: Mapping[str, float]) -> None:
        """Write one line to progress.jsonl."""
        self.scores = dict(scores)
        self.folder.log(
            {
                "step": clock["step"],
                "images": clock["images"],
                "seconds": round(clock["seconds"], 1),
                "speed": round(self._speed, 1),
                **{k: round(float(v), 5) for k, v in self.terms.items()},
                **{f"held_out_{k}": round(v, 5) for k, v in scores.items()},
            }
        )


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
