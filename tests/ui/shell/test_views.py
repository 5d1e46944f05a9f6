"""Our own HTML: nothing that comes from outside may act as markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from genimg.editor import CheckpointInfo, list_checkpoints
from genimg.ui.shell import views
from genimg.ui.shell.card import model_card

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
        model_card(CheckpointInfo(info.path, EVIL, EVIL, header), [EVIL]),
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
