"""The points of a walk that an animation shows."""

from __future__ import annotations

import pytest

from genimg.ui import motion


@pytest.mark.parametrize("easing", motion.EASINGS)
def test_easing_keeps_the_ends_and_never_turns_back(easing: str) -> None:
    points = [motion.ease(i / 50, easing) for i in range(51)]
    assert (points[0], points[-1]) == (0.0, 1.0)
    assert points == sorted(points)
    assert motion.ease(0.5, easing) == pytest.approx(0.5)
    assert motion.ease(7.0, easing) == 1.0


def test_smooth_starts_gently() -> None:
    assert motion.ease(0.1, "smooth") < motion.ease(0.1, "linear")


@pytest.mark.parametrize("frames", [2, 3, 9, 48])
def test_one_way_shows_both_ends(frames: int) -> None:
    points = motion.times(frames, "linear", there_and_back=False)
    assert len(points) == frames
    assert (points[0], points[-1]) == (0.0, 1.0)
    assert points == sorted(points)


def test_there_and_back_runs_on_without_a_stop() -> None:
    points = motion.times(8, "linear", there_and_back=True)
    assert points == pytest.approx([0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25])
