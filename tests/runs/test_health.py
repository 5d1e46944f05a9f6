"""What is said of a run: from what it measured, and never more than that."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from genimg.runs import FAILED, FINISHED, STOPPED, TRAINING, Status
from genimg.runs.description import kind_of
from genimg.runs.health import judge
from genimg.training import OBJECTIVES

VAE, GAN = (
    {"family": name, "kind": json.loads(json.dumps(OBJECTIVES[name].kind.to_mapping()))}
    for name in ("vae", "gan")
)
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
    assert "[warn] It has learned your pictures by heart" in words
    assert "1.0 dB worse than they were after 3 minutes" not in words  # the better of the last two
    assert "0.7 dB worse than they were after 3 minutes" in words
    assert "improving" not in words


def test_one_bad_validation_is_no_trend() -> None:
    rows = lines([20, 24, 25, 25.5, 26, 25.2], train_psnr=[20, 24, 25, 25.5, 26, 26])
    assert "by heart" not in said(judge(rows, VAE, BUSY))


def test_a_gap_alone_is_no_alarm() -> None:
    rows = lines([20, 24, 25, 25.5, 26, 26.3], train_psnr=[20, 25, 27, 29, 30, 31])
    words = said(judge(rows, VAE, BUSY))
    assert "come out 4.7 dB better" in words and "no harm" in words and "[warn]" not in words
    assert words.startswith("[good] Still improving")


def test_a_wide_gap_is_told_at_once_where_held_out_pictures_gain_nothing() -> None:
    # Sixteen drawn monsters: as measured.
    rows = lines([19.6, 19.5], each=36.0, train_psnr=[38.6, 47.6])
    words = said(judge(rows, VAE, Status(TRAINING, progress=0.3)))
    assert "[warn] It knows your pictures by heart" in words and "28 dB better" in words
    gaining = lines([19.6, 21.0], each=36.0, train_psnr=[30.6, 34.0])
    assert "by heart" not in said(judge(gaining, VAE, BUSY))


@pytest.mark.parametrize("progress", [0.2, 0.4, 0.6])
def test_a_start_from_another_model_may_get_worse_first(progress: float) -> None:
    warm = VAE | {"options": {"init_from": "cats.safetensors"}}
    rows = lines([31, 30, 27, 26.5, 26.4], train_psnr=[31, 30, 27.5, 27, 27.2])
    words = said(judge(rows, warm, Status(TRAINING, progress=progress)))
    assert words.startswith("[wait] No better than 2 minutes ago, but it is too early")
    assert "worse before it gets better" in words
    gan = GAN | {"options": {"init_from": "cats.safetensors"}}
    # A GAN that has started from the VAE of the same cats: as measured.
    distances = [0.0104, 0.0105, 0.0107, 0.0119, 0.0175, 0.0208, 0.0216, 0.0196]
    spiked = [
        {"images": i, "seconds": 60.0 * i, "held_out_loss": value, "held_out_diversity": 0.9}
        for i, value in enumerate(distances, 1)
    ]
    assert said(judge(spiked, gan, Status(TRAINING, progress=progress))).startswith("[wait] No")
    over = said(judge(spiked, gan, Status(FINISHED, progress=1.0)))
    assert over.startswith("[wait] When it ended") and "8 more minutes may bring it back" in over


def test_what_gets_worse_is_not_called_flat() -> None:
    rows = lines([20, 24, 25, 24.9, 24.3, 24.0])  # of an old run, without the training pictures
    words = said(judge(rows, VAE, BUSY))
    assert words == "[warn] It gets worse again (1.0 dB over the last 3 minutes): you can stop."


def test_time_that_is_planned_is_not_asked_for_again() -> None:
    rows = lines([20, 22, 23, 24])
    planned = Status(TRAINING, progress=0.2, seconds_left=960.0)
    assert "the time that is left is worth it" in said(judge(rows, VAE, planned))
    nearly = Status(TRAINING, progress=0.9, seconds_left=30.0)
    assert "about 4 more minutes would be worth it" in said(judge(rows, VAE, nearly))


@pytest.mark.parametrize("each", [0.1, 9.0, 25.0, 29.0, 45.0, 70.0, 4000.0])
@pytest.mark.parametrize("slope", [-1.0, -0.02, 0.0, 0.05, 1.0])
def test_times_are_said_as_people_say_them(each: float, slope: float) -> None:
    psnr = [20 + slope * i for i in range(9)]
    train = [40 + i for i in range(9)] if slope < -0.5 else psnr
    for phase in (TRAINING, FINISHED):
        rows = lines(psnr, each, train_psnr=[float(value) for value in train])
        words = said(judge(rows, VAE, Status(phase, progress=0.8)))
        assert not re.search(r"\b0 (more )?(second|minute)|\b1 (more )?(seconds|minutes)", words), (
            words
        )


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


# -- runs that say of themselves how they are judged, and those of earlier versions


def test_a_kind_that_nobody_knows_is_judged_by_what_it_says() -> None:
    kind = {
        "title": "Sharpener",
        "floors": [{"signal": "edges", "least": 3, "grade": "bad", "words": "Only {value} left."}],
        "trends": [
            {
                "signal": "held_out_edges",
                "gain": 5,
                "flat": 1,
                "worse": 5,
                "unit": "dB",
                "digits": 0,
            }
        ],
    }
    rows = [
        {"images": i, "seconds": 60.0 * i, "held_out_edges": 10.0 * i, "edges": 9 - i}
        for i in range(1, 8)
    ]
    assert said(judge(rows[:5], {"kind": kind}, BUSY)).startswith("[good] Still improving (30 dB")
    assert said(judge(rows, {"kind": kind}, BUSY)) == "[bad] Only 2 left."


def test_a_run_of_an_earlier_version_is_judged_by_what_it_has_measured() -> None:
    told = judge(lines([20, 22, 23, 24, 24.5, 25, 25.4, 25.8]), {"family": "vae"}, BUSY)
    assert said(told).startswith("[good] Still improving (1.8 dB")
    falling = [
        {"images": i, "seconds": 60.0 * i, "held_out_loss": 1 / i, "held_out_diversity": 0.9}
        | {"held_out_psnr": 20.0}
        for i in range(1, 10)
    ]
    assert "Still improving" in said(judge(falling, {"family": "gan"}, BUSY))
    right = [{"images": i, "seconds": 60.0 * i, "held_out_accuracy": 0.9} for i in range(1, 9)]
    assert "Flat" in said(judge(right, {"family": "classifier"}, BUSY))


@pytest.mark.parametrize(
    "kind",
    [
        7, [], "vae", {"title": 3, "graphs": 5, "floors": "x", "trends": [1, {}]},
        {"floors": [{"signal": "a", "least": "b", "grade": "bad", "words": "{value}"}]},
        {"trends": [{"signal": "held_out_psnr", "gain": 1, "flat": 1, "worse": 1, "unit": "{0}",
                     "digits": 10**9}]},
    ],
)  # fmt: skip
def test_what_a_run_says_of_itself_is_not_believed_blindly(kind: object) -> None:
    found = judge(lines([20, 22, 23, 24]), {"kind": kind}, BUSY)
    assert all(len(health.words) < 200 for health in found)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_a_family_says_of_itself_is_read_again(name: str) -> None:
    kind = OBJECTIVES[name].kind
    assert kind_of({"kind": json.loads(json.dumps(kind.to_mapping()))}) == kind
    assert kind.title and kind.graphs and kind.trends
