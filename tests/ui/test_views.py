"""Our own HTML: nothing that comes from outside may act as markup."""

from __future__ import annotations

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
