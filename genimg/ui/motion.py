"""At which points of the way from A (0) to B (1) do the pictures of a film stand?"""

from __future__ import annotations

from collections.abc import Callable

EASINGS: dict[str, Callable[[float], float]] = {
    "smooth": lambda t: t * t * (3.0 - 2.0 * t),  # Hermite: starts and stops gently
    "linear": lambda t: t,
}


def ease(t: float, easing: str) -> float:
    """Where one is at the share `t` (0 to 1) of the time; 0 and 1 stay where they are."""
    return EASINGS[easing](min(max(t, 0.0), 1.0))


def times(frames: int, easing: str, there_and_back: bool) -> list[float]:
    """The points in 0..1 that `frames` pictures show, at least 2.

    One way: from 0 to 1, both included. There and back: from 0 to 1 and back, without the last
    0, so that the film runs on without a stop when it starts again.
    """
    count = max(frames, 2)
    if not there_and_back:
        return [ease(i / (count - 1), easing) for i in range(count)]
    ramp = (2.0 * i / count for i in range(count))
    return [ease(t if t <= 1.0 else 2.0 - t, easing) for t in ramp]
