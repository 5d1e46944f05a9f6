"""How is a run doing, in plain words, from what it has measured?

Everything is read off the lines of progress.jsonl; nothing is guessed from the clock alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genimg.runs.folder import FAILED, FINISHED, STOPPED, Status

Kind = Literal["good", "wait", "warn", "bad"]
Rows = Sequence[Mapping[str, Any]]

LEAST_LINES = 3
"""Validations before anything is said of a trend."""
LEAST_SECONDS = 60.0
SETTLING = 0.15
"""Part of the budget over which nothing is judged: the KL weight and the rates are still rising."""
STEADY, STEADY_WARM = 0.3, 0.5
"""Parts of the budget before a run is called flat or worse; the second after a start from another
model, which is unlearned first and therefore often gets worse before it gets better."""
GAIN = {"held_out_psnr": 0.3, "held_out_accuracy": 0.005}
"""A gain over the second half of a run from which more time is worth it: dB; part of pictures."""
FLAT = {"held_out_psnr": 0.1, "held_out_accuracy": 0.001}
WORSE = {"held_out_psnr": 0.3, "held_out_accuracy": 0.02}
"""A loss against the best held-out score that is more than noise."""
GAP, WIDE_GAP = 3.0, 10.0
"""dB by which training pictures are made better than held-out ones: to be told, and by heart."""
DISTANCE_GAIN, DISTANCE_FLAT, DISTANCE_WORSE = 0.08, 0.03, 0.08
"""As GAIN, FLAT and WORSE, for a GAN: parts of the distance of its samples from held-out pictures.
"""
DISTANCE_LINES = 8
"""Validations of a GAN before its trend is told: early distances jump about."""
COPIES = 0.25
"""Part of the samples that may be nearer to a training picture than held-out pictures are."""
LEAST_DIMENSIONS = 2
LEAST_DIVERSITY = 0.4
_SAYS = {"held_out_psnr": "{:.1f} dB", "held_out_accuracy": "{:.1%}"}


@dataclass(frozen=True)
class Health:
    """One sentence for a person, and how serious it is."""

    kind: Kind
    words: str


_OVER = (FINISHED, STOPPED, FAILED)
_STOP = "You can stop; more pictures help most."
_EARLY = Health("wait", "Too early to tell.")
_UNLEARNS = " After a start from another model it often gets worse before it gets better."


def judge(rows: Rows, description: Mapping[str, Any], status: Status | None) -> list[Health]:
    """What to say of a run, the most serious first.

    Args:
        rows: the lines of progress.jsonl, oldest first; foreign ones are passed over.
        description: run.json, as far as it is known.
        status: what the run said last.
    """
    found: list[Health] = []
    if status is not None and status.phase == FAILED and status.trouble:
        found.append(Health("bad", status.trouble))
    found += _restarts(rows)
    lines = [row for row in rows if _number(row, "images") is not None and "restart" not in row]
    family = description.get("family", "vae")
    over = status is not None and status.phase in _OVER
    learned = _by_heart(lines, over)
    collapsed = _collapse(lines, str(family), status)
    found += collapsed + _copies(lines) + learned
    if not collapsed and all(health.kind == "wait" for health in learned):
        found += _trend(lines, str(family), status, _is_warm(description))
    order = {"bad": 0, "warn": 1, "good": 2, "wait": 3}
    return sorted(found, key=lambda health: order[health.kind])


def _number(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value)


def _values(rows: Rows, key: str) -> list[float]:
    found = (_number(row, key) for row in rows)
    return [value for value in found if value is not None]


def _restarts(rows: Rows) -> list[Health]:
    troubles = [str(row.get("trouble", "")) for row in rows if "restart" in row]
    if not troubles:
        return []
    times = "once" if len(troubles) == 1 else f"{len(troubles)} times"
    words = f"It went wrong {times} and was taken back to a good state: {troubles[-1]}"
    return [Health("warn", words)]


def _collapse(rows: Rows, family: str, status: Status | None) -> list[Health]:
    if not rows or (status is not None and status.progress < SETTLING):
        return []
    active = _number(rows[-1], "active_dimensions")
    if family == "vae" and active is not None and active < LEAST_DIMENSIONS:
        words = (
            f"It has collapsed: only {active:.0f} of its numbers are in use, so all pictures "
            "become one. Start again from a model that is there, or with more varied pictures, or "
            "in a terminal with a lower --learning-rate."
        )
        return [Health("bad", words)]
    diversity = _number(rows[-1], "held_out_diversity")
    if family == "gan" and diversity is not None and diversity < LEAST_DIVERSITY:
        words = (
            f"Its samples vary only {diversity:.0%} as much as your pictures: it may be "
            "collapsing. If it does, it goes back and tries a milder objective by itself. If that "
            "does not help, train a VAE of these pictures first and start from that one, or in a "
            "terminal with a larger --gamma."
        )
        return [Health("warn", words)]
    return []


def _copies(rows: Rows) -> list[Health]:
    shares = _values(rows, "copies")[-2:]
    if len(shares) < 2 or min(shares) < COPIES:
        return []
    words = (
        f"It has begun to copy your pictures: {shares[-1]:.0%} of what it draws is nearer to one "
        "of them than pictures it never saw are. More pictures help; more time does not."
    )
    return [Health("warn", words)]


def _by_heart(rows: Rows, over: bool) -> list[Health]:
    """Held-out pictures get worse while those it learns from get better."""
    rows = [r for r in rows if None not in (_number(r, "held_out_psnr"), _number(r, "train_psnr"))]
    if len(rows) < 2:
        return []
    scores, train = _values(rows, "held_out_psnr"), _values(rows, "train_psnr")
    gap = train[-1] - scores[-1]
    advice = "More pictures help; more time does not." if over else _STOP
    best = max(range(len(scores)), key=scores.__getitem__)
    lost = scores[best] - max(scores[-2:])
    # After a start from another model both get worse for a while: that is something else.
    if len(rows) > LEAST_LINES and lost >= WORSE["held_out_psnr"] and train[-1] > train[best]:
        after = _span(_number(rows[best], "seconds") or 0.0)
        words = (
            f"It has learned your pictures by heart: those it never saw are {lost:.1f} dB worse "
            f"than they were after {after}. {advice}"
        )
        return [Health("warn", words)]
    gained = scores[-1] - scores[(len(scores) - 1) // 2]
    if gap >= WIDE_GAP and gained < GAIN["held_out_psnr"]:
        words = (
            f"It knows your pictures by heart: those it learns from come out {gap:.0f} dB better "
            f"than those it never saw, which hardly get better. {advice}"
        )
        return [Health("warn", words)]
    if gap >= GAP and len(rows) >= LEAST_LINES:
        words = (
            f"The pictures that it learns from come out {gap:.1f} dB better than those it never "
            "saw, as is usual with few pictures. It is no harm as long as both improve."
        )
        return [Health("wait", words)]
    return []


def _trend(rows: Rows, family: str, status: Status | None, warm: bool) -> list[Health]:
    """Whether more time is worth it: what the second half of the time so far has brought."""
    over = status is not None and status.phase in _OVER
    seconds = _number(rows[-1], "seconds") if rows else None
    if len(rows) < LEAST_LINES or seconds is None or seconds < LEAST_SECONDS:
        return [] if over else [_EARLY]
    half = [row for row in rows if (_number(row, "seconds") or 0.0) <= seconds / 2]
    if not half:
        return [] if over else [_EARLY]
    steady = over or status is None or status.progress >= (STEADY_WARM if warm else STEADY)
    left = -1.0 if over or status is None else status.seconds_left
    course = _Course(seconds, left, over, steady, warm)
    for key in ("held_out_psnr", "held_out_accuracy"):
        if family == "gan" or _number(rows[-1], key) is None or _number(half[-1], key) is None:
            continue
        now, before = float(rows[-1][key]), float(half[-1][key])
        gained = _SAYS[key].format(abs(now - before))
        return [course.judge(now - before, (GAIN[key], FLAT[key], WORSE[key]), gained)]
    # Distances jump about: means over three lines.
    distances = _values(rows, "held_out_loss")
    if family != "gan" or len(distances) < DISTANCE_LINES:
        return [] if over or family != "gan" else [_EARLY]
    now = sum(distances[-3:]) / 3
    middle = len(distances) // 2
    before = sum(distances[middle - 2 : middle + 1]) / 3
    gain = (before - now) / max(before, 1e-9)
    limits = (DISTANCE_GAIN, DISTANCE_FLAT, DISTANCE_WORSE)
    return [course.judge(gain, limits, f"{abs(gain):.0%}")]


@dataclass(frozen=True)
class _Course:
    """How far a run is: seconds so far and left (-1 unknown), and whether a halt means anything."""

    seconds: float
    left: float
    over: bool
    steady: bool
    warm: bool

    def judge(self, gain: float, limits: tuple[float, float, float], gained: str) -> Health:
        """What a gain over the second half means, against those of GAIN, FLAT and WORSE."""
        enough, flat, worse = limits
        half = self.seconds / 2
        span = f"the last {_span(half)}".replace("last 1 minute", "last minute")
        if gain >= enough:
            now = "It was still improving" if self.over else "Still improving"
            return Health("good", f"{now} ({gained} over {span}): {self._more()}.")
        if gain > flat:
            words = f"Improving slowly ({gained} over {span}): the rest is fine detail."
            return Health("good", words)
        if gain <= -worse and self.warm and self.over:
            words = (
                f"When it ended it was farther from your pictures than {_span(half)} before "
                f"({gained}). A start from another model is unlearned first: "
                f"{_span(max(60.0, self.seconds), more=True)} may bring it back."
            )
            return Health("wait", words)
        if not self.steady or (gain <= -worse and self.warm):
            words = f"No better than {_span(half)} ago, but it is too early to judge."
            return Health("wait", words + _UNLEARNS * self.warm)
        if gain <= -worse:
            words = "more time would not help" if self.over else "you can stop"
            return Health("warn", f"It gets worse again ({gained} over {span}): {words}.")
        words = "more time would change little" if self.over else "you can stop"
        return Health("good", f"Flat (a change of {gained} over {span}): {words}.")

    def _more(self) -> str:
        """As much time again as it has had is worth it; some of that may be planned already."""
        if self.left >= self.seconds:
            return "the time that is left is worth it"
        return f"about {_span(max(60.0, self.seconds), more=True)} would be worth it"


def _is_warm(description: Mapping[str, Any]) -> bool:
    """Whether it has started from another model."""
    options = description.get("options")
    return isinstance(options, dict) and bool(options.get("init_from"))


def _span(seconds: float, more: bool = False) -> str:
    """A time in words: "40 seconds", "3 minutes", "3 more minutes"."""
    small = seconds < 55
    count, unit = (max(1, round(seconds)), "second") if small else (round(seconds / 60), "minute")
    return f"{count}{' more' * more} {unit}{'s' * (count != 1)}"
