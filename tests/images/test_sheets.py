"""Do sheets hold every picture in its place, and do animations keep their frames and times?"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFont

from genimg.errors import GenimgError
from genimg.images.sheets import _shorten, contact_sheet, encode_animation, strip

COLOURS = [(200, 30, 30), (30, 160, 60), (40, 60, 200), (220, 180, 40), (120, 40, 140)]
WHITE = (255, 255, 255)


def pictures(size: tuple[int, int] = (20, 12)) -> list[Image.Image]:
    return [Image.new("RGB", size, colour) for colour in COLOURS]


def bands(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_every_picture_has_its_place_and_gaps_are_even() -> None:
    sheet = contact_sheet(pictures(), 3, gap=4)
    assert sheet.mode == "RGB" and sheet.size == (4 + 3 * 24, 4 + 2 * 16)
    expected = np.full((sheet.height, sheet.width, 3), 255)
    for i, colour in enumerate(COLOURS):
        left, top = 4 + i % 3 * 24, 4 + i // 3 * 16
        expected[top : top + 12, left : left + 20] = colour
    assert (bands(sheet) == expected).all()


def test_scale_repeats_pixels() -> None:
    picture = Image.fromarray(np.arange(60, dtype=np.uint8).reshape(3, 20)).convert("RGB")
    sheet = contact_sheet([picture], 1, scale=3, gap=0)
    assert (bands(sheet) == bands(picture).repeat(3, 0).repeat(3, 1)).all()


def test_fewer_pictures_than_columns_leave_no_empty_paper() -> None:
    assert contact_sheet(pictures()[:2], 10, gap=0).size == (40, 12)


def test_captions_stand_under_their_pictures_only() -> None:
    images = [Image.new("RGB", (70, 40), colour) for colour in COLOURS[:4]]
    bare = contact_sheet(images, 2)
    sheet = contact_sheet(images, 2, ["cat", "", "a far too long name for a cat", "x\ny"])
    line = (sheet.height - bare.height) / 4  # two rows of two lines
    assert line >= 10 and line == int(line)
    array = bands(sheet)
    assert (array[4:44, 4:74] == COLOURS[0]).all()  # no ink on the pictures
    cells = [
        array[top : top + int(2 * line), left : left + 70]
        for top in (44, 44 + 40 + int(2 * line) + 4)
        for left in (4, 78)
    ]
    ink = [cell.min(-1) < 200 for cell in cells]
    assert ink[0].any() and not ink[1].any() and ink[2].any()
    assert not ink[0][int(line) + 1 :].any() and ink[3][int(line) + 1 :].any()
    columns = np.flatnonzero(ink[0].any(0))
    assert abs((columns[0] + columns[-1]) / 2 - 35) <= 2  # centred
    between = np.concatenate([array[:, :4], array[:, 74:78], array[:, -4:]], axis=1)
    assert (between == 255).all()


def test_letters_that_the_font_lacks_are_a_dot_and_no_boxes() -> None:
    picture = Image.new("RGB", (200, 40))
    named, dotted = (contact_sheet([picture], 1, [text]) for text in ("猫Катя.png", "·.png"))
    assert named.tobytes() == dotted.tobytes()


def test_captions_are_cut_with_an_ellipsis_where_they_must() -> None:
    font = ImageFont.load_default(size=12)
    assert _shorten("ankle boot", font, 200) == "ankle boot"
    short = _shorten("ankle boot with laces", font, 60)
    assert short.endswith("…") and short.startswith("ank") and font.getlength(short) <= 60
    assert _shorten("a \t b", font, 100) == "a b"
    assert _shorten("wide", font, 3) == ""


def test_grey_clear_and_small_pictures_are_laid_on_white() -> None:
    images = [
        Image.new("L", (20, 20), 90),
        Image.new("RGBA", (20, 20), (0, 0, 0, 0)),
        Image.new("RGB", (10, 10), COLOURS[0]),
    ]
    sheet = contact_sheet(images, 3, gap=0)
    assert sheet.getpixel((10, 10)) == (90, 90, 90)
    assert sheet.getpixel((30, 10)) == WHITE
    assert sheet.getpixel((50, 5)) == WHITE and sheet.getpixel((50, 15)) == COLOURS[0]


def test_sheets_that_cannot_be_laid_out_are_refused() -> None:
    for arguments in (([], 3), (pictures(), 0)):
        with pytest.raises(ValueError):
            contact_sheet(*arguments)
    impossible: list[dict[str, Any]] = [
        {"scale": 0},
        {"gap": -1},
        {"labels": ["one"]},
        {"labels": []},
    ]
    for options in impossible:
        with pytest.raises(ValueError):
            contact_sheet(pictures(), 2, **options)


def test_strips_are_one_row() -> None:
    row = strip(pictures())
    assert row.size == (100, 12)
    assert [row.getpixel((20 * i, 0)) for i in range(5)] == COLOURS
    spaced = strip(pictures(), scale=2, gap=6)
    assert spaced.size == (5 * 40 + 4 * 6, 24) and spaced.getpixel((42, 3)) == WHITE


def frames(count: int = 6, size: tuple[int, int] = (33, 21)) -> list[Image.Image]:
    """A bright bar that wanders over a smooth ground: every frame differs."""
    array = np.zeros((count, size[1], size[0], 3), np.uint8)
    array[..., 0] = np.linspace(0, 200, size[0])
    for i in range(count):
        array[i, :, 4 * i : 4 * i + 4] = (250, 250, 80)
    return [Image.fromarray(frame) for frame in array]


def shown(data: bytes) -> list[tuple[np.ndarray, int]]:
    """Every frame as RGB and for how many milliseconds it is shown."""
    image = Image.open(io.BytesIO(data))
    result = []
    for i in range(getattr(image, "n_frames", 1)):
        image.seek(i)
        image.load()
        result.append((bands(image.convert("RGB")), int(image.info["duration"])))
    return result


@pytest.mark.parametrize("format", ["webp", "gif"])
def test_animations_keep_frames_and_times(format: str) -> None:
    data = encode_animation(frames(), format, frame_ms=50)  # type: ignore[arg-type]
    decoded = shown(data)
    assert len(decoded) == 6
    for (array, duration), frame in zip(decoded, frames(), strict=True):
        assert duration == 50
        assert np.abs(array - bands(frame)).mean() < 6
    assert Image.open(io.BytesIO(data)).info["loop"] == 0


def test_animations_can_play_once() -> None:
    assert Image.open(io.BytesIO(encode_animation(frames(), "webp", loop=False))).info["loop"] == 1
    gif = Image.open(io.BytesIO(encode_animation(frames(), "gif", loop=False)))
    assert "loop" not in gif.info


def test_grey_frames_and_single_frames_are_taken() -> None:
    grey = [frame.convert("L") for frame in frames()]
    assert len(shown(encode_animation(grey, "gif"))) == 6
    assert Image.open(io.BytesIO(encode_animation(frames(1), "webp"))).size == (33, 21)


def test_animations_that_cannot_be_made_are_refused() -> None:
    with pytest.raises(GenimgError, match="webp, gif, mp4"):
        encode_animation(frames(), "avi")  # type: ignore[arg-type]
    for format, frame_ms in (("webp", 0), ("gif", 10), ("mp4", 10**6)):
        with pytest.raises(GenimgError, match="milliseconds"):
            encode_animation(frames(), format, frame_ms=frame_ms)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        encode_animation([])
    with pytest.raises(ValueError):
        encode_animation([*frames(2), *frames(2, (9, 9))])


def test_mp4_is_made_where_ffmpeg_is_and_refused_plainly_where_not() -> None:
    if shutil.which("ffmpeg"):
        assert encode_animation(frames(), "mp4")[4:8] == b"ftyp"
    else:
        with pytest.raises(GenimgError, match="Install ffmpeg, or choose webp or gif"):
            encode_animation(frames(), "mp4")


def test_ffmpeg_gets_every_pixel_and_its_complaint_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text('#!/bin/sh\nfor last; do :; done\necho "$@" > "$last"\ncat >> "$last"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    command, _, sent = encode_animation(frames(), "mp4", frame_ms=40).partition(b"\n")
    assert b"-s 33x21 -r 1000/40" in command
    assert sent == b"".join(frame.tobytes() for frame in frames())
    program.write_text("#!/bin/sh\ncat > /dev/null\necho Unknown encoder libx264 >&2\nexit 1\n")
    with pytest.raises(GenimgError, match="Unknown encoder libx264"):
        encode_animation(frames(), "mp4")
