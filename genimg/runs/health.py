"""How is a run doing, in plain words, from what it has measured?

Everything is read off the lines of progress.jsonl; nothing is guessed from the clock alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genimg.runs.description import (
    ACCURACY,
    DISTANCE,
    PSNR,
    Floor,
    Grade,
    Kind,
    Trend,
    amount,
    kind_of,
)
from genimg.runs.folder import FAILED, FINISHED, STOPPED, Status

Rows = Sequence[Mapping[str, Any]]

LEAST_LINES = 3
"""Validations before anything is said of a trend."""
LEAST_SECONDS = 60.0
SETTLING = 0.15
"""Part of the budget over which nothing is judged: the KL weight and the rates are still rising."""
STEADY, STEADY_WARM = 0.3, 0.5
"""Parts of the budget before a run is called flat or worse; the second after a start from another
model, which is unlearned first and therefore often gets worse before it gets better."""
GAP, WIDE_GAP = 3.0, 10.0
"""dB by which training pictures are made better than held-out ones: to be told, and by heart."""
COPIES = 0.25
"""Part of the samples that may be nearer to a training picture than held-out pictures are."""


@dataclass(frozen=True)
class Health:
    """One sentence for a person, and how serious it is."""

    kind: Grade
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
    kind = kind_of(description) or _kind_of_earlier(lines)
    over = status is not None and status.phase in _OVER
    learned = _by_heart(lines, over)
    collapsed = _too_low(lines, kind.floors, status)
    found += collapsed + _copies(lines) + learned
    if not collapsed and all(health.kind == "wait" for health in learned):
        found += _trend(lines, kind.trends, status, _is_warm(description))
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


def _kind_of_earlier(rows: Rows) -> Kind:
    """The kind of a run that does not tell it, from what it has measured."""
    draws = bool(rows) and _number(rows[-1], "held_out_diversity") is not None
    return Kind(trends=(DISTANCE,) if draws else (PSNR, ACCURACY))


def _too_low(rows: Rows, floors: Sequence[Floor], status: Status | None) -> list[Health]:
    """The first signal that is below its limit."""
    if not rows or (status is not None and status.progress < SETTLING):
        return []
    for floor in floors:
        value = _number(rows[-1], floor.signal)
        if value is not None and value < floor.least:
            told = amount(value, floor.unit, floor.digits)
            return [Health(floor.grade, floor.words.replace("{value}", told))]
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
    if len(rows) > LEAST_LINES and lost >= PSNR.worse and train[-1] > train[best]:
        after = _span(_number(rows[best], "seconds") or 0.0)
        words = (
            f"It has learned your pictures by heart: those it never saw are {lost:.1f} dB worse "
            f"than they were after {after}. {advice}"
        )
        return [Health("warn", words)]
    gained = scores[-1] - scores[(len(scores) - 1) // 2]
    if gap >= WIDE_GAP and gained < PSNR.gain:
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


def _trend(rows: Rows, trends: Sequence[Trend], status: Status | None, warm: bool) -> list[Health]:
    """Whether more time is worth it: what the second half of the time so far has brought."""
    over = status is not None and status.phase in _OVER
    early = [] if over else [_EARLY]
    seconds = _number(rows[-1], "seconds") if rows else None
    if len(rows) < LEAST_LINES or seconds is None or seconds < LEAST_SECONDS:
        return early
    half = [row for row in rows if (_number(row, "seconds") or 0.0) <= seconds / 2]
    if not half:
        return early
    steady = over or status is None or status.progress >= (STEADY_WARM if warm else STEADY)
    left = -1.0 if over or status is None else status.seconds_left
    course = _Course(seconds, left, over, steady, warm)
    for trend in trends:
        values = _values(rows, trend.signal)
        if len(values) < trend.least and trend.least > LEAST_LINES:
            return early
        if trend.lines > 1:
            now, before = (
                _mean(values[-trend.lines :]),
                _mean(values[: len(values) // 2 + 1][-trend.lines :]),
            )
        elif None in (_number(rows[-1], trend.signal), _number(half[-1], trend.signal)):
            continue
        else:
            now, before = float(rows[-1][trend.signal]), float(half[-1][trend.signal])
        gain = (before - now) / max(before, 1e-9) if trend.lower else now - before
        return [course.judge(gain, trend, amount(abs(gain), trend.unit, trend.digits))]
    return []


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


@dataclass(frozen=True)
class _Course:
    """How far a run is: seconds so far and left (-1 unknown), and whether a halt means anything."""

    seconds: float
    left: float
    over: bool
    steady: bool
    warm: bool

    def judge(self, gain: float, trend: Trend, gained: str) -> Health:
        """What a gain over the second half means, and `gained`, which says it in words."""
        enough, flat, worse = trend.gain, trend.flat, trend.worse
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
