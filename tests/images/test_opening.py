"""Are bad files refused, and told from good ones, in plain words?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genimg.errors import ImageError
from genimg.images import NotAPicture, TooLarge, load_image, opening

from .conftest import encode, noise, raw_png


def message_of(source: Any) -> str:
    with pytest.raises(ImageError) as caught:
        load_image(source)
    return str(caught.value)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_small_file_that_is_a_huge_picture_is_refused_before_decoding(tmp_path: Path) -> None:
    row = b"\x00" * (12000 // 8 + 1)
    path = tmp_path / "bomb.png"
    path.write_bytes(raw_png(12000, 12000, 1, 0, row * 12000))
    assert path.stat().st_size < 20_000
    message = message_of(path)
    assert "bomb.png" in message and "smaller copy" in message
    assert str(tmp_path) not in message


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(30_000, 10), (8001, 8000), (100_000, 100_000)])
def test_sides_and_pixels_are_bounded(size: tuple[int, int]) -> None:
    message = message_of(raw_png(*size, 8, 0, b""))
    assert "smaller copy" in message and "64 million pixels" in message


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_BYTES", 2 * 10**6)
    path = tmp_path / "long.png"
    path.write_bytes(encode(noise(), "PNG") + b"\0" * 2 * 10**6)
    with path.open("rb") as file:
        for source in (path, path.read_bytes(), file):
            assert "larger than 2 MB" in message_of(source)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_truncated_pictures_are_refused(tmp_path: Path, format: str) -> None:
    whole = encode(noise(size=(200, 200)), format)
    path = tmp_path / f"half.{format.lower()}"
    path.write_bytes(whole[: len(whole) // 2])
    message = message_of(path)
    assert path.name in message and "damaged" in message


@pytest.mark.filterwarnings("ignore")  # Pillow warns about some kinds of damage
def test_every_cut_and_every_changed_byte_is_a_plain_refusal_or_a_picture() -> None:
    rng = np.random.default_rng(0)
    for format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM"):
        whole = encode(noise(size=(12, 9)), format)
        for _ in range(60):
            broken = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for place in rng.integers(0, len(broken), 3):
                broken[place] = rng.integers(0, 256)
            try:
                assert load_image(bytes(broken)).mode in ("L", "RGB")
            except ImageError as error:
                assert str(error).endswith(".")


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "letter.png"
    text.write_text("Dear reader, this is a letter and not a picture.")
    assert "'letter.png' is not a picture" in message_of(text)
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert "'empty.jpg' is empty" in message_of(empty)
    assert "'nowhere.png' cannot be opened (no such file" in message_of(tmp_path / "nowhere.png")
    assert "is a directory" in message_of(tmp_path)
    assert "no valid name" in message_of("a\0b.png")
    assert "HEIC" in message_of(b"\0\0\0\x18ftypheic" + b"\0" * 40)
    assert "SVG" in message_of(b"<?xml version='1.0'?><svg xmlns='...'></svg>")
    assert "PDF" in message_of(b"%PDF-1.7 ...")
    assert message_of(b"").startswith("The picture is empty")


def test_kinds_outside_the_list_are_refused() -> None:
    for format in ("ICNS", "TGA", "EPS", "PCX"):
        assert "not a picture that can be read" in message_of(encode(noise(), format))


def test_names_in_messages_are_short_and_printable() -> None:
    message = message_of("/secret/place/" + "x" * 200 + "\n\x1b[31m.png")
    assert "secret" not in message and "\n" not in message and "\x1b" not in message
    assert len(message) < 200


def test_files_are_told_apart_by_their_content(tmp_path: Path) -> None:
    cases = {
        b"<html>sorry</html>": NotAPicture,
        b"BM means building materials": NotAPicture,
        b"P6 is a key on my keyboard": ImageError,  # begins as a PPM, so it may be a damaged one
        b"\0\0\0\x18ftypheic" + bytes(40): ImageError,
        b"\0\0\0\x18ftypmp42" + bytes(40): NotAPicture,
        b"\0\0\1\0\0\0" + bytes(40): NotAPicture,  # an icon without a size
        b"8BPS\0\1" + bytes(40): ImageError,
        encode(noise(), "PNG")[:20]: ImageError,
        raw_png(30_000, 10, 8, 0, b""): TooLarge,
    }
    for data, kind in cases.items():
        with pytest.raises(ImageError) as caught:
            load_image(data)
        assert type(caught.value) is kind, data[:20]


def test_large_jpegs_are_decoded_smaller_where_that_is_enough() -> None:
    array = np.add.outer(np.arange(600) / 3, np.arange(800) / 6).astype(np.uint8)
    data = encode(Image.fromarray(array), "JPEG", quality=95)
    assert load_image(data).size == (800, 600)
    small = load_image(data, least=140)
    assert small.size == (200, 150)
    whole = np.asarray(load_image(data).resize((200, 150), Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(small) - whole).max() <= 3
    assert load_image(data, least=700).size == (800, 600)
    assert load_image(encode(noise(size=(300, 200)), "PNG"), least=20).size == (300, 200)
