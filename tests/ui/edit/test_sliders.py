"""Dealing directions out to the sliders of the page."""

from __future__ import annotations

import random

import pytest
import torch

from genimg import Direction
from genimg.ui.edit import sliders


def direction(
    name: str, group: str = "named", reliability: float = 0.9, factor: str = ""
) -> Direction:
    return Direction(
        name=name,
        vector=torch.tensor([1.0, 0.0]),
        std=1.0,
        group=group,
        reliability=reliability,
        model_id="m",
        factor=factor,
    )


DIRECTIONS = (
    direction("pink", factor="coat"),
    direction("glasses", factor="eyes"),
    direction("blue", factor="coat"),
    direction("brightness", "measured"),
    *(direction(f"dimension {i}", "raw", 0.3) for i in range(20)),
)


def test_a_page_for_each_factor_then_measured_then_raw_in_parts() -> None:
    shown = sliders.pages(DIRECTIONS)
    assert [page.title for page in shown] == ["Coat", "Eyes", "Measured", "Raw 1", "Raw 2"]
    assert [page.series for page in shown] == ["", "", "", "Raw", "Raw"]
    assert shown[0].names == ("pink", "blue")
    assert [len(page.names) for page in shown[3:]] == [sliders.POOL, 4]
    everything = [name for page in shown for name in page.names]
    assert sorted(everything) == sorted(d.name for d in DIRECTIONS)


def test_tidy_keeps_only_what_a_slider_can_do() -> None:
    amounts = {
        "pink": 1.5, "blue": 0.0, "glasses": 999, "brightness": float("nan"), "unknown": 1.0,
        "dimension 3": "2",
    }  # fmt: skip
    assert sliders.tidy(amounts, DIRECTIONS) == {"pink": 1.5, "glasses": sliders.FURTHEST}


@pytest.mark.parametrize("seed", range(8))
def test_a_nudge_moves_few_trustworthy_directions_of_different_factors(seed: int) -> None:
    before = {"dimension 1": 2.0}
    after = sliders.nudge(before, DIRECTIONS, random.Random(seed))
    moved = {name for name in after if name not in before}
    assert after["dimension 1"] == 2.0
    assert moved == {"glasses", "brightness"} | (moved & {"pink", "blue"})
    assert len(moved) == 3
    assert all(abs(after[name]) <= sliders.LIMIT for name in after)


def test_a_nudge_works_without_named_directions() -> None:
    raw = [direction(f"dimension {i}", "raw", 0.1) for i in range(3)]
    assert sliders.nudge({}, raw, random.Random(0))
    assert sliders.nudge({}, [], random.Random(0)) == {}


def test_components_have_a_page_between_measured_and_raw() -> None:
    found = sliders.pages(
        [
            direction("brightness", "measured"),
            direction("component 1, warmth", "component", 0.4),
            direction("dimension 1", "raw", 0.1),
        ]
    )
    assert [page.title for page in found] == ["Measured", "Components", "Raw"]
    assert found[1].names == ("component 1, warmth",)
