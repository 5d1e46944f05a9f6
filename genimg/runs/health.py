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

LEAST_LINES = 4
"""Validations before anything is said of a trend."""
LEAST_SECONDS = 60.0
SETTLING = 0.15
"""Part of the budget over which nothing is judged: the KL weight and the rates are still rising."""
GAIN = {"held_out_psnr": 0.3, "held_out_accuracy": 0.005}
"""A gain over the second half of a run from which more time is worth it: dB; part of pictures."""
FLAT = {"held_out_psnr": 0.1, "held_out_accuracy": 0.001}
WORSE = {"held_out_psnr": 0.3, "held_out_accuracy": 0.02}
"""A loss against the best held-out score that is more than noise."""
GAP = 3.0
"""dB by which training pictures are made better than held-out ones, before anything is said."""
DISTANCE_GAIN, DISTANCE_FLAT = 0.08, 0.03
"""As GAIN and FLAT, for a GAN: parts of the distance of its samples from held-out pictures."""
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
    copies = _copies(lines)
    learned = _by_heart(lines)
    collapsed = _collapse(lines, str(family), status)
    found += collapsed + copies + learned
    if not (collapsed or learned):
        found += _trend(lines, str(family), status)
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
            "become one. Restart with a lower --learning-rate, or with more varied pictures."
        )
        return [Health("bad", words)]
    diversity = _number(rows[-1], "held_out_diversity")
    if family == "gan" and diversity is not None and diversity < LEAST_DIVERSITY:
        words = (
            f"Its samples vary only {diversity:.0%} as much as your pictures: it may be "
            "collapsing. If it does, it goes back and tries a milder objective by itself; else "
            "restart with a larger --gamma, or started from a VAE of yours."
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


def _by_heart(rows: Rows) -> list[Health]:
    """Held-out pictures get worse while those it learns from get better."""
    scores = _values(rows, "held_out_psnr")
    train = _values(rows, "train_psnr")
    if len(scores) < LEAST_LINES or len(train) < LEAST_LINES:
        return []
    best = max(range(len(scores)), key=scores.__getitem__)
    lost = scores[best] - max(scores[-2:])
    if lost >= WORSE["held_out_psnr"]:
        minutes = (_number(rows[best], "seconds") or 0.0) / 60
        words = (
            f"It learns your pictures by heart: those it never saw are {lost:.1f} dB worse than "
            f"they were after {minutes:.0f} minutes. You can stop; more pictures help most."
        )
        return [Health("warn", words)]
    if train[-1] - scores[-1] >= GAP:
        words = (
            f"It knows the pictures that it learns from {train[-1] - scores[-1]:.1f} dB better "
            "than others of the kind: few pictures make it so. It is no harm yet."
        )
        return [Health("wait", words)]
    return []


def _trend(rows: Rows, family: str, status: Status | None) -> list[Health]:
    """Whether more time is worth it: what the second half of the time so far has brought."""
    over = status is not None and status.phase in (FINISHED, STOPPED)
    seconds = _number(rows[-1], "seconds") if rows else None
    if len(rows) < LEAST_LINES or seconds is None or seconds < LEAST_SECONDS:
        return [] if over else [Health("wait", "Too early to tell.")]
    half = [row for row in rows if (_number(row, "seconds") or 0.0) <= seconds / 2]
    if not half:
        return []
    for key in ("held_out_psnr", "held_out_accuracy"):
        if family == "gan" or _number(rows[-1], key) is None or _number(half[-1], key) is None:
            continue
        now, before = float(rows[-1][key]), float(half[-1][key])
        gained = _SAYS[key].format(abs(now - before))
        return [_worth(now - before, GAIN[key], FLAT[key], gained, seconds, over)]
    # Early distances of a GAN jump about: means over three lines.
    distances = _values(rows, "held_out_loss")
    if family != "gan" or len(distances) < 2 * LEAST_LINES:
        return []
    now = sum(distances[-3:]) / 3
    middle = len(distances) // 2
    before = sum(distances[middle - 2 : middle + 1]) / 3
    gain = (before - now) / max(before, 1e-9)
    return [_worth(gain, DISTANCE_GAIN, DISTANCE_FLAT, f"{abs(gain):.0%}", seconds, over)]


def _worth(
    gain: float, enough: float, flat: float, gained: str, seconds: float, over: bool
) -> Health:
    half = max(1, round(seconds / 120))
    more = max(1, round(seconds / 60))
    span = f"the last {half} minute{'s' * (half > 1)}"
    if gain >= enough:
        worth = f"about {more} more minute{'s' * (more > 1)} would be worth it"
        now = "It was still improving" if over else "Still improving"
        return Health("good", f"{now} ({gained} over {span}): {worth}.")
    if gain <= flat:
        words = "more time would change little" if over else "you can stop"
        return Health("good", f"Flat ({gained} over {span}): {words}.")
    return Health("good", f"Improving slowly ({gained} over {span}): the rest is fine detail.")
