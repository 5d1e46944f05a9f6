"""Are bad files refused, crops laid where they should be, and do pixels and texts survive?"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from genimg import images
from genimg.errors import ImageError
from genimg.images import (
    array_to_pixels,
    data_uri,
    encode_png,
    fit_image,
    load_image,
    pixels_to_array,
    read_text,
    to_images,
    to_pixels,
)

WHITE = (255, 255, 255)


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(mode: str = "RGB", size: tuple[int, int] = (40, 30), seed: int = 0) -> Image.Image:
    bands = Image.new(mode, size).getbands()
    array = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], len(bands)))
    return Image.fromarray(array.astype(np.uint8).squeeze())


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + b"".join(more)
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def bands(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


# ------------------------------------------------------------------------ what cannot be read


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
    monkeypatch.setattr(images, "MAX_BYTES", 2 * 10**6)
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
    for format in ("ICO", "TGA", "EPS", "PCX"):
        assert "not a picture that can be read" in message_of(encode(noise(), format))


def test_names_in_messages_are_short_and_printable() -> None:
    message = message_of("/secret/place/" + "x" * 200 + "\n\x1b[31m.png")
    assert "secret" not in message and "\n" not in message and "\x1b" not in message
    assert len(message) < 200


# ------------------------------------------------------------------------------------ fitting


def gradient(width: int, height: int) -> Image.Image:
    """Red says x, green says y, in pixels."""
    array = np.zeros((height, width, 3), np.uint8)
    array[..., 0] = np.arange(width)[None, :]
    array[..., 1] = np.arange(height)[:, None]
    return Image.fromarray(array)


@pytest.mark.parametrize("size", [(200, 100), (100, 200), (160, 160)])
@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 16, 48)])
@pytest.mark.parametrize("focus", [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.3, 0.6)])
@pytest.mark.parametrize("zoom", [1.0, 2.0, 3.7])
def test_crops_lie_where_they_should(
    size: tuple[int, int],
    shape: tuple[int, int, int],
    focus: tuple[float, float],
    zoom: float,
) -> None:
    fitted = fit_image(gradient(*size), shape, focus, zoom)
    assert fitted.size == (shape[2], shape[1]) and fitted.mode == "RGB"
    scale = min(size[0] / shape[2], size[1] / shape[1]) / zoom
    middle = bands(fitted).mean((0, 1))
    for axis, side, cells in ((0, size[0], shape[2]), (1, size[1], shape[1])):
        half = cells * scale / 2
        centre = min(max(focus[axis] * side, half), side - half)
        assert middle[axis] == pytest.approx(centre - 0.5, abs=1.0)  # the mean of a linear ramp
        ends = np.sort(bands(fitted)[..., axis].mean(axis))[[0, -1]]
        assert ends[1] - ends[0] == pytest.approx((cells - 1) * scale, abs=max(2.0, scale))


def test_a_fitted_image_is_left_alone() -> None:
    for mode, channels in (("RGB", 3), ("L", 1)):
        picture = noise(mode, (32, 24))
        assert (bands(fit_image(picture, (channels, 24, 32))) == bands(picture)).all()


def test_modes_follow_the_model() -> None:
    assert fit_image(noise("RGB"), (1, 8, 8)).mode == "L"
    grey = fit_image(noise("L"), (3, 8, 8))
    assert grey.mode == "RGB" and (bands(grey)[..., 0] == bands(grey)[..., 2]).all()
    clear = fit_image(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), (3, 4, 4))
    assert clear.getpixel((2, 2)) == WHITE


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_tiny_and_narrow_pictures_are_fitted(size: tuple[int, int]) -> None:
    fitted = fit_image(Image.new("RGB", size, (9, 8, 7)), (3, 16, 16), zoom=50.0)
    assert (bands(fitted) == (9, 8, 7)).all()


@pytest.mark.parametrize("focus", [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5)])
def test_a_focus_outside_is_refused(focus: tuple[float, float]) -> None:
    with pytest.raises(ImageError, match="from 0"):
        fit_image(noise(), (3, 8, 8), focus)


@pytest.mark.parametrize("zoom", [0.5, -1.0, float("nan"), float("inf")])
def test_an_impossible_zoom_is_refused(zoom: float) -> None:
    with pytest.raises(ImageError, match="or more"):
        fit_image(noise(), (3, 8, 8), zoom=zoom)


# ------------------------------------------------------------------------------------- pixels


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_all_256_values_survive(mode: str) -> None:
    picture = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert(mode)
    pixels = to_pixels([picture])
    assert pixels.dtype == torch.float32 and pixels.min() == -1 and pixels.max() == 1
    assert pixels.shape == (1, len(picture.getbands()), 16, 16)
    back = to_images(pixels)
    assert back[0].mode == mode and (bands(back[0]) == bands(picture)).all()
    array = pixels_to_array(pixels)
    assert array.dtype == np.uint8 and array.shape == (1, 16, 16, pixels.shape[1])
    assert torch.equal(array_to_pixels(array), pixels)


def test_layout_is_channels_height_width() -> None:
    pixels = to_pixels([gradient(30, 20), gradient(30, 20)])
    assert pixels.shape == (2, 3, 20, 30) and pixels.is_contiguous()
    assert pixels[1, 0, 4, 7] == pytest.approx(7 / 127.5 - 1)
    assert pixels[1, 1, 4, 7] == pytest.approx(4 / 127.5 - 1)


def test_values_outside_are_clamped_and_rounded() -> None:
    pixels = torch.tensor([-9.0, -1.0, 0.0, 0.001, 1.0, 9.0]).reshape(1, 1, 1, 6)
    assert pixels_to_array(pixels).ravel().tolist() == [0, 0, 128, 128, 255, 255]
    assert pixels_to_array(pixels.half().requires_grad_()).shape == (1, 1, 6, 1)


def test_read_only_arrays_are_taken(recwarn: pytest.WarningsRecorder) -> None:
    array = np.zeros((2, 4, 4, 3), np.uint8)
    array.flags.writeable = False
    assert array_to_pixels(array).shape == (2, 3, 4, 4)
    assert not recwarn.list


def test_what_is_no_batch_is_refused() -> None:
    for mixed in ([], [noise("L"), noise("RGB")], [noise(), noise(size=(5, 5))], [noise("RGBA")]):
        with pytest.raises(ValueError):
            to_pixels(mixed)
    with pytest.raises(ValueError):
        array_to_pixels(np.zeros((1, 4, 4, 3), np.float32))
    with pytest.raises(ValueError):
        pixels_to_array(torch.zeros(3, 4, 4))


# ------------------------------------------------------------------------------- png and text


def test_text_survives_and_pictures_stay() -> None:
    text = {"genimg": '{"z": [1, 2], "name": "Käse 猫"}', "second": "x" * 50_000}
    data = encode_png(noise(), text)
    assert read_text(data) == text
    assert (bands(load_image(data)) == bands(noise())).all()
    assert read_text(encode_png(noise())) == {}
    assert read_text(encode(noise(), "JPEG", comment="hello")) == {}


def test_text_that_was_written_after_the_pixels_is_found() -> None:
    data = encode_png(noise())
    late = png_chunk(b"tEXt", b"genimg\0late")
    assert read_text(data[:-12] + late + data[-12:]) == {"genimg": "late"}


def test_too_much_text_is_refused() -> None:
    many = {f"key {i}": "x" * 200_000 for i in range(6)}
    with pytest.raises(ImageError, match="more text"):
        read_text(encode_png(noise(), many))
    packed = PngImagePlugin.PngInfo()
    packed.add_text("genimg", "x" * 30 * 10**6, zip=True)
    bomb = encode(noise(), "PNG", pnginfo=packed)
    assert len(bomb) < 100_000
    with pytest.raises(ImageError):
        read_text(bomb)


def test_text_of_a_broken_file_is_refused(tmp_path: Path) -> None:
    data = encode_png(noise(), {"genimg": "x"})
    with pytest.raises(ImageError, match="damaged"):
        read_text(data[: len(data) // 2])
    with pytest.raises(ImageError, match="not a picture"):
        read_text(b"hello")


def test_data_uri_holds_the_picture() -> None:
    head, _, body = data_uri(noise()).partition(",")
    assert head == "data:image/png;base64"
    assert (bands(load_image(base64.b64decode(body))) == bands(noise())).all()
