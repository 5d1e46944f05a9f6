"""Our own HTML: nothing that comes from outside may act as markup."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from genimg.editor import CheckpointInfo, list_checkpoints
from genimg.ui import views

EVIL = '<img src=x onerror="alert(1)">'


def test_names_are_escaped_everywhere(tiny_checkpoint: Path) -> None:
    image = Image.new("L", (2, 2))
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    header = info.header
    object.__setattr__(header, "data", {"title": EVIL, "credit": EVIL, "licence": EVIL})
    object.__setattr__(header, "trained", {EVIL: EVIL})
    pieces = [
        views.picture(image, EVIL, EVIL),
        views.picture(None, EVIL, empty=EVIL),
        views.thumbs([image], [EVIL], [EVIL]),
        views.gallery([image], [EVIL], [EVIL], 0),
        views.doubts([EVIL]),
        views.hint(EVIL),
        views.film(EVIL, "mp4", EVIL, EVIL),
        views.card(CheckpointInfo(info.path, EVIL, EVIL, header), [EVIL]),
    ]
    for piece in pieces:
        assert EVIL not in piece
        assert "&lt;img" in piece or "&quot;alert" in piece


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 4), (16, 4), (17, 5), (25, 5), (36, 6), (37, 8), (64, 8)]
)
def test_a_gallery_has_columns_for_its_pictures(count: int, columns: int) -> None:
    image = Image.new("L", (2, 2))
    names = [str(i) for i in range(count)]
    made = views.gallery([image] * count, names, names, 0)
    assert f'data-columns="{columns}"' in made
    assert made.count("<img") == count
    assert made.count('aria-pressed="true"') == 1


def test_the_parts_of_a_mix() -> None:
    image = Image.new("L", (2, 2))
    assert views.parts(None, None).count("<img") == 0
    assert views.parts(image, None).count("<img") == 1
    assert views.parts(image, image).count("<img") == 2


def test_the_card_shows_numbers_credit_and_licence(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    card = views.card(info)
    for text in (
        info.header.data["credit"],
        info.header.data["licence"],
        "PSNR, dB",
        info.header.id,
    ):
        assert str(text)[:12] in card


def test_the_card_shows_what_was_measured_of_drawn_pictures(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    samples = {"count": 500, "fd": 12.5, "coverage": 0.75, "factors": {"hat": {"red": 3}}}
    object.__setattr__(info.header, "metrics", {"samples": samples})
    card = views.card(info)
    assert "own-feature FD" in card and "12.5" in card and "0.75" in card
    object.__setattr__(info.header, "metrics", {"samples": "not measured: no classifier"})
    assert "not measured: no classifier" in views.card(info)


def test_the_card_shows_the_sheet_of_samples_and_nothing_else_in_its_place(
    tiny_checkpoint: Path,
) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    assert f'src="data:image/webp;base64,{info.header.sheet}"' in views.card(info)
    for forged in ("", 'AA==" onerror="alert(1)', "<script>"):
        object.__setattr__(info.header, "sheet", forged)
        assert "<img" not in views.card(info)
        assert "alert" not in views.card(info) and "<script" not in views.card(info)


def test_the_card_lists_directions_with_what_they_were_found_from(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    rows = (
        {"name": "red hat", "group": "named", "factor": "hat", "std": 1.0, "reliability": 0.914},
        {"name": "brightness", "group": "measured", "factor": "", "std": 1.0, "reliability": 0.5},
        {"name": EVIL, "group": "component", "factor": EVIL, "std": 1.0},
        {"name": "dimension 3", "group": "raw", "factor": "", "std": 1.0, "reliability": 0.9},
    )
    object.__setattr__(info.header, "directions", rows)
    card = views.card(info)
    assert '<th scope="row">red hat</th><td>labels: hat</td><td>91%</td>' in card
    assert "<td>the pictures themselves</td><td>50%</td>" in card
    assert "4 directions" in card and "And 1 more." in card and "dimension 3" not in card
    assert EVIL not in card and "<td>not stated</td>" in card
    object.__setattr__(info.header, "directions", ())
    assert "directions" not in views.card(info)


def test_the_card_says_what_is_not_stated(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    object.__setattr__(info.header, "data", {"credit": 7, "licence": ["MIT"]})
    card = views.card(info)
    assert "Not stated." in card
    assert "Credit: not stated" in card and "Licence: not stated" in card


def test_the_card_says_whose_pictures_an_earlier_model_has_seen(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    rows = [{"name": "a<b", "title": "Cats.", "credit": "R", "licence": 3}, {}]
    object.__setattr__(info.header, "data", {"started_from": rows})
    card = views.card(info)
    assert "Started from a&lt;b: Cats. Credit: R. Licence: not stated" in card
    assert "Started from another model: pictures not stated." in card


@pytest.mark.parametrize(
    ("part", "said"), [(0.4, "Still training: 40%"), (True, ""), ("0.4", ""), (7, "")]
)
def test_the_card_of_a_half_trained_model_says_so(
    tiny_checkpoint: Path, part: object, said: str
) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    object.__setattr__(info.header, "trained", {"images": 100, "unfinished": part})
    card = views.card(info)
    assert said in card and ("Still training" in card) == bool(said)
    assert "unfinished</dt>" not in card


def test_a_sheet_that_would_fill_the_memory_is_not_shown(tiny_checkpoint: Path) -> None:
    [info] = list_checkpoints(tiny_checkpoint.parent)[0]
    file = io.BytesIO()
    Image.new("L", (views._LARGEST_SHEET + 1, 2)).save(file, "WEBP")
    for forged in (file.getvalue(), b"RIFF no picture"):
        object.__setattr__(info.header, "sheet", base64.b64encode(forged).decode())
        assert "Samples of seeds" not in views.card(info)
