"""Do picture files of every kind arrive upright, on white, in 8 bits and without metadata?"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from genimg.errors import ImageError
from genimg.images import encode_png, fit_image, load_image
from genimg.images.kinds import formats

from .conftest import bands, encode, noise, png_chunk, raw_png

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


# ------------------------------------------------------------------------------ kinds of file


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_exact_kinds_come_back_unchanged(format: str, mode: str) -> None:
    picture = noise(mode)
    loaded = load_image(encode(picture, format))
    assert loaded.mode == mode
    assert (bands(loaded) == bands(picture)).all()


@pytest.mark.parametrize("format", sorted({"JPEG", "WEBP", "AVIF"} & set(formats())))
def test_lossy_kinds_come_back_nearly_unchanged(format: str) -> None:
    picture = Image.linear_gradient("L").convert("RGB")
    loaded = load_image(encode(picture, format, quality=95))
    assert loaded.mode == "RGB"
    assert np.abs(bands(loaded) - bands(picture)).max() <= 8


def test_paths_strings_bytes_and_files_are_all_read(tmp_path: Path) -> None:
    picture = noise()
    path = tmp_path / "a picture.png"
    path.write_bytes(encode(picture, "PNG"))
    with path.open("rb") as file:
        loaded = [load_image(s) for s in (path, str(path), path.read_bytes(), file)]
    assert all((bands(image) == bands(picture)).all() for image in loaded)


def test_one_bit_pictures_become_grey() -> None:
    picture = noise("L").convert("1")
    loaded = load_image(encode(picture, "PNG"))
    assert loaded.mode == "L"
    assert set(np.unique(bands(loaded))) == {0, 255}


def test_animations_give_their_first_frame() -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in (RED, GREEN, BLUE)]
    for format, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})):
        data = encode(frames[0], format, save_all=True, append_images=frames[1:], **options)
        assert Image.open(io.BytesIO(data)).n_frames == 3  # type: ignore[attr-defined]
        loaded = load_image(data)
        assert loaded.mode == "RGB" and loaded.size == (20, 10)
        assert loaded.getpixel((5, 5)) == RED, format


def test_empty_frames_at_the_beginning_of_an_animation_are_passed_over() -> None:
    empty, shown = Image.new("RGB", (20, 10), "white"), noise(size=(20, 10))
    for format, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})):
        frames = [empty, Image.new("RGB", (20, 10), "black"), shown, noise(size=(20, 10), seed=1)]
        data = encode(
            empty, format, save_all=True, append_images=frames[1:], duration=40, **options
        )
        found = bands(load_image(data))
        near = np.abs(found - bands(shown)).mean()
        assert near < np.abs(found - bands(frames[3])).mean() / 2, format


def test_an_animation_that_breaks_off_after_an_empty_frame_is_that_frame() -> None:
    frames = [Image.new("RGB", (60, 60), "white"), noise(size=(60, 60)), noise(size=(60, 60))]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40)
    assert (bands(load_image(data[:1200])) == 255).all()


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_palettes_with_a_clear_colour_are_laid_on_white(format: str) -> None:
    picture = Image.new("P", (4, 2))
    picture.putpalette([*RED, *GREEN, *BLUE] + [0] * (253 * 3))
    picture.putdata([0, 1, 2, 1] * 2)
    loaded = load_image(encode(picture, format, transparency=1))
    assert loaded.mode == "RGB"
    row = [loaded.getpixel((x, 0)) for x in range(4)]
    assert row == [RED, WHITE, BLUE, WHITE]


def test_alpha_is_laid_on_white() -> None:
    colour = load_image(encode(Image.new("RGBA", (3, 3), (0, 0, 200, 51)), "PNG"))
    assert colour.mode == "RGB" and colour.getpixel((1, 1)) == (204, 204, 244)
    grey = load_image(encode(Image.new("LA", (3, 3), (100, 0)), "PNG"))
    assert grey.mode == "L" and grey.getpixel((1, 1)) == 255
    palette = Image.new("RGBA", (3, 3), (10, 20, 30, 0)).quantize(4)
    assert load_image(encode(palette, "PNG")).getpixel((1, 1)) == WHITE


def test_png_colour_keys_are_laid_on_white() -> None:
    loaded = load_image(encode(Image.new("RGB", (2, 2), BLUE), "PNG", transparency=BLUE))
    assert loaded.getpixel((0, 0)) == WHITE
    loaded = load_image(encode(Image.new("L", (2, 2), 7), "PNG", transparency=7))
    assert loaded.mode == "L" and loaded.getpixel((0, 0)) == 255


def test_cmyk_is_read_the_right_way_round() -> None:
    for format in ("JPEG", "TIFF"):
        picture = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
        loaded = load_image(encode(picture, format))
        red, green, blue = loaded.getpixel((8, 8))  # type: ignore[misc]
        assert loaded.mode == "RGB" and red > 240 and green < 15 and blue < 15, format


def test_adobe_ycck_is_read_the_right_way_round() -> None:
    """An Adobe file holds inverted inks as YCCK: the marker says so, the samples are made here."""
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # red
    plain = encode(inks, "JPEG", quality=100, subsampling=0)
    adobe = plain.index(b"Adobe")
    assert plain[adobe + 11] == 0  # the colour transform: none, so the samples are CMYK
    # YCCK: the decoder turns YCbCr into RGB and gives 255 - RGB as (here: inverted) inks.
    cyan = Image.new("RGB", (1, 1), (0, 255, 255)).convert("YCbCr")
    y, cb, cr = cyan.getpixel((0, 0))  # type: ignore[misc]
    samples = Image.new("CMYK", (16, 16), tuple(255 - v for v in (y, cb, cr, 255)))
    data = bytearray(encode(samples, "JPEG", quality=100, subsampling=0))
    data[data.index(b"Adobe") + 11] = 2
    red, green, blue = load_image(bytes(data)).getpixel((8, 8))  # type: ignore[misc]
    assert red > 240 and green < 15 and blue < 15


def test_lab_becomes_rgb() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    # 8-bit L*a*b* is coarse where colours are strongest, hence the wide limit for pure ones.
    for colour, limit in ((RED, 25), (GREEN, 25), (BLUE, 25), ((120, 90, 60), 2), (WHITE, 1)):
        lab = ImageCms.applyTransform(Image.new("RGB", (8, 8), colour), to_lab)
        assert lab is not None and lab.mode == "LAB"
        loaded = load_image(encode(lab, "TIFF"))
        assert loaded.mode == "RGB"
        assert np.abs(bands(loaded)[4, 4] - np.array(colour)).max() <= limit


def test_ycbcr_becomes_rgb() -> None:
    loaded = load_image(encode(Image.new("RGB", (16, 16), RED), "TIFF", compression="jpeg"))
    assert loaded.mode == "RGB"
    assert np.abs(bands(loaded)[4, 4] - np.array(RED)).max() <= 6


# ------------------------------------------------------------------------------ deep greys


RAMP = np.linspace(0, 65535, 256).round().astype(np.uint16).reshape(16, 16)  # 0, 257, 514 ...
LEVELS = np.arange(256).reshape(16, 16)


def test_sixteen_bit_png_is_scaled() -> None:
    loaded = load_image(encode(Image.fromarray(RAMP), "PNG"))
    assert loaded.mode == "L"
    assert (bands(loaded) == LEVELS).all()


def test_sixteen_bit_colour_and_alpha_png_are_scaled() -> None:
    row = b"\x00" + b"".join(struct.pack(">HHH", v, 0, 65535 - v) for v in (0, 32896, 65535))
    loaded = load_image(raw_png(3, 1, 16, 2, row))
    assert loaded.mode == "RGB"
    assert bands(loaded)[0].tolist() == [[0, 0, 255], [128, 0, 127], [255, 0, 0]]
    row = b"\x00" + struct.pack(">HHHH", 0, 65535, 0, 0)  # black, then nothing: grey and alpha
    loaded = load_image(raw_png(2, 1, 16, 4, row)).convert("L")  # Pillow reads it as RGBA
    assert bands(loaded)[0].tolist() == [0, 255]


def test_sixteen_bit_png_colour_key_is_laid_on_white() -> None:
    key = png_chunk(b"tRNS", struct.pack(">H", 257))
    loaded = load_image(raw_png(2, 1, 16, 0, b"\x00" + struct.pack(">HH", 257, 514), key))
    assert bands(loaded)[0].tolist() == [255, 2]


def test_sixteen_bit_tiff_is_scaled_in_both_byte_orders() -> None:
    assert (bands(load_image(encode(Image.fromarray(RAMP), "TIFF"))) == LEVELS).all()
    big = Image.frombytes("I;16B", (16, 16), RAMP.astype(">u2").tobytes())
    data = encode(big, "TIFF")
    assert (bands(load_image(data)) == LEVELS).all()


def test_white_is_zero_and_twelve_bits_are_understood() -> None:
    inverted = encode(Image.fromarray(RAMP), "TIFF", tiffinfo={262: 0})
    assert (bands(load_image(inverted)) == 255 - LEVELS).all()
    assert (bands(load_image(twelve_bit_tiff([0, 4095, 2048, 1024]))) == [0, 255, 128, 64]).all()


def twelve_bit_tiff(values: list[int]) -> bytes:
    """One row of 12-bit greys, two to three bytes, little-endian header."""
    bits = "".join(f"{value:012b}" for value in values)
    strip = int(bits, 2).to_bytes(len(bits) // 8, "big")
    entries = [(256, len(values)), (257, 1), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1)]
    entries += [(278, 1), (279, len(strip))]
    header = b"II*\0" + struct.pack("<I", 8 + len(strip))
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return header + strip + directory + struct.pack("<I", 0)


def test_sixteen_bit_pgm_is_scaled() -> None:
    data = b"P5 16 16 65535\n" + RAMP.astype(">u2").tobytes()
    assert (bands(load_image(data)) == LEVELS).all()
    dark = b"P5 2 1 65535\n" + struct.pack(">HH", 200, 514)  # stays dark: the file says its scale
    assert bands(load_image(dark))[0].tolist() == [1, 2]


@pytest.mark.parametrize("scale", [1.0, 255.0, 65535.0])
def test_floating_point_tiffs_find_their_scale(scale: float) -> None:
    values = (LEVELS / 255 * scale).astype(np.float32)
    assert (bands(load_image(encode(Image.fromarray(values), "TIFF"))) == LEVELS).all()


def test_odd_floats_are_spread_from_least_to_most_and_nan_is_black() -> None:
    values = np.array([[-10.0, 0.0, 10.0, np.nan, np.inf]], dtype=np.float32)
    loaded = load_image(encode(Image.fromarray(values), "TIFF"))
    assert bands(loaded)[0].tolist() == [0, 128, 255, 0, 255]
    nothing = np.full((2, 2), np.nan, dtype=np.float32)
    assert bands(load_image(encode(Image.fromarray(nothing), "TIFF"))).tolist() == [[0, 0], [0, 0]]


def test_thirty_two_bit_tiffs_find_their_scale() -> None:
    for values, expected in (
        ([0, 100, 255], [0, 100, 255]),
        ([0, 25700, 65535], [0, 100, 255]),
        ([-5, 0, 5], [0, 128, 255]),
    ):
        array = np.array([values], dtype=np.int32)
        assert bands(load_image(encode(Image.fromarray(array), "TIFF")))[0].tolist() == expected


# ------------------------------------------------------------------- orientation and metadata


def turned(orientation: int) -> Image.Image:
    """The stored picture whose upright form is always the same (Exif 2.32, tag 274)."""
    upright = np.zeros((20, 30, 3), np.uint8)
    upright[:10, :15], upright[:10, 15:], upright[10:, :15] = RED, GREEN, BLUE
    if orientation in (5, 6, 7, 8):
        upright = upright.transpose(1, 0, 2)
        flips = {5: (1, 1), 6: (-1, 1), 7: (-1, -1), 8: (1, -1)}[orientation]
    else:
        flips = {1: (1, 1), 2: (1, -1), 3: (-1, -1), 4: (-1, 1)}[orientation]
    return Image.fromarray(np.ascontiguousarray(upright[:: flips[0], :: flips[1]]))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_is_set_upright(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"lossless": True} if format == "WEBP" else {}
    loaded = load_image(encode(turned(orientation), format, exif=exif, **options))
    assert loaded.size == (30, 20)
    for place, colour in {(7, 5): RED, (22, 5): GREEN, (7, 15): BLUE, (22, 15): (0, 0, 0)}.items():
        found = np.array(loaded.getpixel(place))
        assert np.abs(found - np.array(colour)).max() < 20, (place, found)


def test_a_damaged_exif_block_does_not_matter() -> None:
    data = encode(noise(), "PNG", exif=b"Exif\x00\x00nonsense that is no TIFF header")
    assert load_image(data).size == (40, 30)


def test_metadata_is_left_behind() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "secret person"
    exif[ExifTags.Base.Orientation] = 6
    for format in ("JPEG", "PNG", "WEBP", "TIFF"):
        data = encode(
            noise(), format, exif=exif, dpi=(72, 72), icc_profile=b"\0" * 200, comment="secret"
        )
        loaded = load_image(data)
        assert loaded.info == {} and not dict(loaded.getexif())
        assert type(loaded) is Image.Image
        assert b"secret" not in encode_png(loaded) and b"iCCP" not in encode_png(loaded)


def test_a_picture_that_pillow_opened_is_fitted_upright_and_on_white(tmp_path: Path) -> None:
    """`Editor.encode(Image.open(path))` must see what `load_image(path)` sees."""
    picture = Image.new("RGB", (40, 20), "red")
    picture.paste("blue", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter, as phones write it
    picture.save(tmp_path / "phone.png", exif=exif)
    with Image.open(tmp_path / "phone.png") as raw:
        fitted = fit_image(raw, (3, 16, 16))
    assert fitted.tobytes() == fit_image(load_image(tmp_path / "phone.png"), (3, 16, 16)).tobytes()
    assert fitted.tobytes() != fit_image(picture, (3, 16, 16)).tobytes()


def test_a_truncated_picture_that_pillow_opened_is_a_clear_error(tmp_path: Path) -> None:
    noise(size=(64, 64)).save(tmp_path / "whole.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:1500])
    with Image.open(tmp_path / "half.jpg") as raw, pytest.raises(ImageError, match="incomplete"):
        fit_image(raw, (3, 16, 16))
