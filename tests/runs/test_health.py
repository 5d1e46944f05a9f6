"""What is said of a run: from what it measured, and never more than that."""

from __future__ import annotations

from typing import Any

import pytest

from genimg.runs import FAILED, FINISHED, STOPPED, TRAINING, Status
from genimg.runs.health import judge

VAE: dict[str, Any] = {"family": "vae"}
GAN: dict[str, Any] = {"family": "gan"}
BUSY = Status(TRAINING, progress=0.5)


def lines(psnr: list[float], each: float = 60.0, **more: list[float]) -> list[dict[str, Any]]:
    rows = []
    for i, value in enumerate(psnr):
        row = {"images": 1000 * (i + 1), "seconds": each * (i + 1), "held_out_psnr": value}
        rows.append(row | {key: values[i] for key, values in more.items()})
    return rows


def said(found: list[Any]) -> str:
    return " ".join(f"[{health.kind}] {health.words}" for health in found)


def test_nothing_is_said_of_a_trend_before_it_can_be_seen() -> None:
    assert said(judge([], VAE, BUSY)) == "[wait] Too early to tell."
    assert said(judge(lines([20, 21]), VAE, BUSY)) == "[wait] Too early to tell."
    assert said(judge(lines([20, 21, 22, 23, 24], each=2.0), VAE, BUSY)).startswith("[wait]")


def test_a_run_that_gains_is_worth_about_as_much_time_again() -> None:
    words = said(judge(lines([20, 22, 23, 24, 24.5, 25, 25.4, 25.8]), VAE, BUSY))
    assert words.startswith("[good] Still improving (1.8 dB over the last 4 minutes)")
    assert "about 8 more minutes" in words


def test_a_run_that_gains_no_more_can_be_stopped() -> None:
    words = said(judge(lines([20, 24, 25, 25.3, 25.33, 25.35, 25.36, 25.37]), VAE, BUSY))
    assert "Flat" in words and "you can stop" in words


@pytest.mark.parametrize("phase", [FINISHED, STOPPED])
def test_a_run_that_is_over_is_told_of_in_the_past(phase: str) -> None:
    over = Status(phase, progress=1.0)
    rising = said(judge(lines([20, 22, 23, 24, 24.5, 25, 25.4, 25.8]), VAE, over))
    assert "was still improving" in rising
    flat = said(judge(lines([25.0] * 8), VAE, over))
    assert "more time would change little" in flat
    assert judge([], VAE, over) == []


def test_held_out_pictures_that_get_worse_are_told_with_when_they_were_best() -> None:
    rows = lines([20, 24, 25, 24.9, 24.3, 24.0], train_psnr=[20, 24, 26, 28, 29, 30])
    words = said(judge(rows, VAE, BUSY))
    assert "[warn] It learns your pictures by heart" in words
    assert "1.0 dB worse than they were after 3 minutes" not in words  # the better of the last two
    assert "0.7 dB worse than they were after 3 minutes" in words
    assert "improving" not in words


def test_one_bad_validation_is_no_trend() -> None:
    rows = lines([20, 24, 25, 25.5, 26, 25.2], train_psnr=[20, 24, 25, 25.5, 26, 26])
    assert "by heart" not in said(judge(rows, VAE, BUSY))


def test_a_gap_alone_is_no_alarm() -> None:
    rows = lines([20, 24, 25, 25.5, 26, 26.3], train_psnr=[20, 25, 27, 29, 30, 31])
    words = said(judge(rows, VAE, BUSY))
    assert "[wait] It knows the pictures" in words and "[warn]" not in words


def test_copies_are_told_when_they_stay() -> None:
    once = lines([20, 21, 22, 23], copies=[0.0, 0.05, 0.02, 0.5])
    assert "copy" not in said(judge(once, VAE, BUSY))
    twice = lines([20, 21, 22, 23], copies=[0.0, 0.05, 0.4, 0.5])
    assert "[warn] It has begun to copy your pictures: 50%" in said(judge(twice, VAE, BUSY))


def test_a_vae_that_uses_no_latents_has_collapsed() -> None:
    rows = lines([12.0] * 5, active_dimensions=[0.0] * 5)
    assert said(judge(rows, VAE, BUSY)).startswith("[bad] It has collapsed")
    early = Status(TRAINING, progress=0.05)  # the KL weight is still rising
    assert "collapsed" not in said(judge(rows, VAE, early))


def test_a_gan_whose_samples_are_alike_is_warned_of() -> None:
    row = {"images": 1000, "seconds": 100.0, "held_out_loss": 0.1, "held_out_diversity": 0.3}
    assert "vary only 30%" in said(judge([row], GAN, BUSY))


def test_a_gan_is_judged_by_the_distance_of_its_samples() -> None:
    def rows(values: list[float]) -> list[dict[str, Any]]:
        return [
            {"images": i, "seconds": 60.0 * i, "held_out_loss": value, "held_out_diversity": 0.9}
            for i, value in enumerate(values, 1)
        ]

    falling = said(judge(rows([0.5, 0.4, 0.35, 0.3, 0.28, 0.26, 0.24, 0.22]), GAN, BUSY))
    assert "Still improving" in falling
    flat = said(judge(rows([0.5, 0.3, 0.21, 0.2, 0.2, 0.2, 0.2, 0.2]), GAN, BUSY))
    assert "Flat" in flat


def test_what_went_wrong_comes_first() -> None:
    failed = Status(FAILED, trouble="the disk is full")
    assert judge(lines([20, 22, 23, 24]), VAE, failed)[0].words == "the disk is full"
    restart = {"images": 500, "restart": 1, "trouble": "The samples have collapsed."}
    words = said(judge([*lines([20]), restart, *lines([20, 21])], VAE, BUSY))
    assert words.startswith("[warn] It went wrong once")


def test_lines_that_nobody_of_us_wrote_do_no_harm() -> None:
    strange: list[dict[str, Any]] = [
        {}, {"images": "many"}, {"images": True}, {"images": 1, "seconds": None},
        {"images": 2, "held_out_psnr": [1]}, {"images": 3, "seconds": 400, "held_out_psnr": "x"},
    ]  # fmt: skip
    assert all(health.kind in ("good", "wait") for health in judge(strange * 3, {}, None))
