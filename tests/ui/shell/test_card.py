"""What does the model card say, and what does it keep to itself?"""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from genimg.checkpoint import read_header
from genimg.editor import CheckpointInfo, list_checkpoints
from genimg.files import CHECKPOINTS
from genimg.ui.shell import card
from genimg.ui.shell.card import model_card

EVIL = '<img src=x onerror="alert(1)">'


def test_the_card_shows_numbers_credit_and_licence(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    shown = model_card(info)
    for text in (
        info.header.data["credit"],
        info.header.data["licence"],
        "PSNR, dB",
        info.header.id,
    ):
        assert str(text)[:12] in shown


def test_the_card_says_what_is_to_be_known_of_all_that_the_model_draws(
    tiny_checkpoint: Path,
) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    assert "notice" not in model_card(info)
    info.header.data["notice"] = f"Nobody looks like this. {EVIL}"
    shown = model_card(info)
    assert "Nobody looks like this." in shown and EVIL not in shown


def test_the_card_shows_what_was_measured_of_drawn_pictures(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    samples = {"count": 500, "fd": 12.5, "coverage": 0.75, "factors": {"hat": {"red": 3}}}
    object.__setattr__(info.header, "metrics", {"samples": samples})
    shown = model_card(info)
    assert "own-feature FD" in shown and "12.5" in shown and "0.75" in shown
    fixed = {**samples, "diversity": 0.875, "classifier": {"fd": 3.25, "recognised": 0.625}}
    object.__setattr__(info.header, "metrics", {"samples": fixed})
    shown = model_card(info)
    assert all(text in shown for text in ("12.5", "diversity", "0.875", "recognised", "0.625"))
    assert "3.25" not in shown, "one distance, in the features that all models have"
    object.__setattr__(info.header, "metrics", {"samples": "not measured: too few"})
    assert "not measured: too few" in model_card(info)


def test_the_card_shows_the_sheet_of_samples_and_nothing_else_in_its_place(
    tiny_checkpoint: Path,
) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    assert f'src="data:image/webp;base64,{info.header.sheet}"' in model_card(info)
    for forged in ("", 'AA==" onerror="alert(1)', "<script>"):
        object.__setattr__(info.header, "sheet", forged)
        assert "<img" not in model_card(info)
        assert "alert" not in model_card(info) and "<script" not in model_card(info)


def test_the_card_lists_directions_with_what_they_were_found_from(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    rows = (
        {"name": "red hat", "group": "named", "factor": "hat", "std": 1.0, "reliability": 0.914},
        {"name": "brightness", "group": "measured", "factor": "", "std": 1.0, "reliability": 0.5},
        {"name": EVIL, "group": "component", "factor": EVIL, "std": 1.0},
        {"name": "dimension 3", "group": "raw", "factor": "", "std": 1.0, "reliability": 0.9},
    )
    object.__setattr__(info.header, "directions", rows)
    shown = model_card(info)
    assert '<th scope="row">red hat</th><td>labels: hat</td><td>91%</td>' in shown
    assert "<td>the pictures themselves</td><td>50%</td>" in shown
    assert "4 directions" in shown and "And 1 more." in shown and "dimension 3" not in shown
    assert EVIL not in shown and "<td>not stated</td>" in shown
    object.__setattr__(info.header, "directions", ())
    assert "directions" not in model_card(info)


def test_the_card_says_what_is_not_stated(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    object.__setattr__(info.header, "data", {"credit": 7, "licence": ["MIT"]})
    shown = model_card(info)
    assert "Not stated." in shown
    assert "Credit: not stated" in shown and "Licence: not stated" in shown


def test_the_card_says_whose_pictures_an_earlier_model_has_seen(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    rows = [{"name": "a<b", "title": "Cats.", "credit": "R", "licence": 3}, {}]
    object.__setattr__(info.header, "data", {"started_from": rows})
    shown = model_card(info)
    assert "Started from a&lt;b: Cats. Credit: R. Licence: not stated" in shown
    assert "Started from another model: pictures not stated." in shown


@pytest.mark.parametrize(
    ("part", "said"), [(0.4, "Still training: 40%"), (True, ""), ("0.4", ""), (7, "")]
)
def test_the_card_of_a_half_trained_model_says_so(
    tiny_checkpoint: Path, part: object, said: str
) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    object.__setattr__(info.header, "trained", {"images": 100, "unfinished": part})
    shown = model_card(info)
    assert said in shown and ("Still training" in shown) == bool(said)
    assert "unfinished</dt>" not in shown


@pytest.mark.parametrize(
    ("before", "minutes", "images"),
    [
        ([{"name": "a", "minutes": 55, "images": 120_000}], "69 (55 + 14, in 2 runs)",
         "132,736 (120,000 + 12,736, in 2 runs)"),
        ([{"name": "a", "minutes": 55.5}], "69.5 (55.5 + 14, in 2 runs)",
         "12,736 in the last of 2 runs"),
        ([{"minutes": "<b>"}, {"minutes": 1}], "14 in the last of 3 runs",
         "12,736 in the last of 3 runs"),
        ([], "14", "12,736"),
        ("<b>", "14", "12,736"),
        (["<b>", [1]], "14", "12,736"),
    ],
)  # fmt: skip
def test_the_card_counts_all_runs_that_made_a_model(
    before: object, minutes: str, images: str
) -> None:
    path = CHECKPOINTS / "fashion-32-vae.safetensors"
    header = read_header(path)
    trained = {"images": 12_736, "minutes": 14.0, "before": before}
    header = replace(header, trained=trained)
    shown = model_card(CheckpointInfo(path, header.name, header.name, header))
    assert f"<dt>minutes of training</dt><dd>{minutes}</dd>" in shown
    assert f"<dt>pictures seen</dt><dd>{images}</dd>" in shown
    assert "<b>" not in shown


def test_a_sheet_that_would_fill_the_memory_is_not_shown(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    file = io.BytesIO()
    Image.new("L", (card._LARGEST_SHEET + 1, 2)).save(file, "WEBP")
    for forged in (file.getvalue(), b"RIFF no picture"):
        object.__setattr__(info.header, "sheet", base64.b64encode(forged).decode())
        assert "Samples of seeds" not in model_card(info)
