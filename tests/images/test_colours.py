"""Do colours arrive as their file means them, as a browser would show them?"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from genimg.images import colours as module
from genimg.images import fit_image, load_image

from .conftest import bands, encode, noise, png_chunk, raw_png

COLOURS = [(255, 0, 0), (0, 200, 10), (30, 40, 250), (128, 128, 128), (200, 150, 120), (255,) * 3]
TOLERANCE = 2  # levels
# The lights of well-known spaces in XYZ, adapted to D50, as their published profiles hold them.
P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
ADOBE = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def srgb_curve(light: Any) -> Any:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def srgb_light(value: Any) -> Any:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def meant(colour: tuple[int, ...], lights: Any, light_of: Any) -> Any:
    """What sRGB calls a colour, by arithmetic alone."""
    seen = np.linalg.solve(SRGB, lights @ light_of(np.array(colour) / 255))
    return 255 * srgb_curve(np.clip(seen, 0, 1))


def profile(space: bytes, curve: bytes, lights: Any = None, kind: bytes = b"mntr") -> bytes:
    """An ICC profile of version 2.1, as cameras and editors write them."""
    names = [(b"rTRC", b"gTRC", b"bTRC"), (b"kTRC",)][space == b"GRAY"]
    tags = dict.fromkeys(names, curve)
    if lights is not None:
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), lights.T, strict=True):
            tags[name] = b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * x) for x in column))
    return assembled(space, kind, b"XYZ ", tags)


def assembled(space: bytes, kind: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    white = struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"wtpt": b"XYZ \0\0\0\0" + white, **tags}
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s28x12s48x", start + len(body), 0x02100000, kind, space, pcs,
                       b"acsp", white)  # fmt: skip
    return head + table + body


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def table_curve(function: Any) -> bytes:
    values = (65535 * function(np.linspace(0, 1, 1024))).round().astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + values.tobytes()


DISPLAY_P3 = profile(b"RGB ", table_curve(srgb_light), P3)
ADOBE_RGB = profile(b"RGB ", gamma_curve(2.19921875), ADOBE)
PLAIN_SRGB = profile(b"RGB ", table_curve(srgb_light), SRGB)
LINEAR_GREY = profile(b"GRAY", gamma_curve(1.0))


def four_inks() -> bytes:
    """A press whose black is 20 % light, in a table of two steps an ink (ICC.1:2001, mft1)."""
    ends = range(2)
    lab = [
        (round(255 * (0.2 + 0.8 * (1 - k) * (1 - (c + m + y) / 4))), 128, 128)
        for c in ends for m in ends for y in ends for k in ends
    ]  # fmt: skip
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + 4 * ramp
    table += b"".join(map(bytes, lab)) + 3 * ramp
    return assembled(b"CMYK", b"prtr", b"Lab ", {b"A2B0": table, b"A2B1": table})


def loaded_colour(colour: Any, mode: str, format: str, **options: Any) -> Any:
    image = load_image(encode(Image.new(mode, (16, 16), colour), format, **options))
    return bands(image)[8, 8]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF", "HEIF"])
@pytest.mark.parametrize("space", ["Display P3", "Adobe RGB"])
def test_photographs_look_as_their_profile_says(
    space: str, format: str, colour: tuple[int, int, int]
) -> None:
    icc, lights, light_of = {
        "Display P3": (DISPLAY_P3, P3, srgb_light),
        "Adobe RGB": (ADOBE_RGB, ADOBE, lambda value: value**2.19921875),
    }[space]
    lossless = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}
    high = {"quality": 100, "subsampling": "4:4:4"}
    options = lossless.get(format, high if format in ("AVIF", "HEIF") else {})
    found = loaded_colour(colour, "RGB", format, icc_profile=icc, **options)
    slack = 0 if format in ("PNG", "TIFF", "WEBP") else 6
    assert np.abs(found - meant(colour, lights, light_of)).max() <= TOLERANCE + slack


def test_colours_really_change() -> None:
    found = loaded_colour((200, 150, 120), "RGB", "PNG", icc_profile=DISPLAY_P3)
    assert (found != (200, 150, 120)).any()


def test_pictures_in_srgb_keep_every_pixel() -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (PLAIN_SRGB, own):
        loaded = load_image(encode(noise(), "PNG", icc_profile=icc))
        assert (bands(loaded) == bands(noise())).all()


def test_grey_profiles_keep_greys_grey() -> None:
    image = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    loaded = load_image(encode(image, "PNG", icc_profile=LINEAR_GREY))
    expected = 255 * srgb_curve(np.arange(256).reshape(16, 16) / 255)
    assert loaded.mode == "L"
    assert np.abs(bands(loaded) - expected).max() <= TOLERANCE
    deep = Image.fromarray((np.arange(256).reshape(16, 16) * 257).astype(np.uint16))
    loaded = load_image(encode(deep, "PNG", icc_profile=LINEAR_GREY))
    assert np.abs(bands(loaded) - expected).max() <= TOLERANCE


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_inks_look_as_on_their_press(format: str) -> None:
    """Without the profile black ink is black; on this press it is a grey of 20 % in Lab."""
    black = loaded_colour((0, 0, 0, 255), "CMYK", format, icc_profile=four_inks())
    plain = loaded_colour((0, 0, 0, 255), "CMYK", format)
    paper = loaded_colour((0, 0, 0, 0), "CMYK", format, icc_profile=four_inks())
    half = loaded_colour((255, 255, 0, 0), "CMYK", format, icc_profile=four_inks())
    assert plain.max() <= 3 and paper.min() >= 252
    assert np.abs(black - 48).max() <= TOLERANCE and np.abs(half - 145).max() <= TOLERANCE + 1


def test_transparency_and_palettes_have_their_colours_too() -> None:
    expected = meant((30, 200, 60), P3, srgb_light)
    clear = Image.new("RGBA", (4, 4), (30, 200, 60, 255))
    clear.putpixel((0, 0), (30, 200, 60, 0))
    loaded = load_image(encode(clear, "PNG", icc_profile=DISPLAY_P3))
    assert np.abs(bands(loaded)[2, 2] - expected).max() <= TOLERANCE
    assert loaded.getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("RGB", (4, 4), (30, 200, 60)).quantize(2)
    loaded = load_image(encode(palette, "PNG", icc_profile=DISPLAY_P3))
    assert np.abs(bands(loaded)[2, 2] - expected).max() <= TOLERANCE


def test_what_pillow_has_opened_has_its_colours_too() -> None:
    raw = Image.new("RGB", (16, 16), (30, 200, 60))
    raw.info["icc_profile"] = DISPLAY_P3
    found = bands(fit_image(raw, (3, 8, 8)))[4, 4]
    assert np.abs(found - meant((30, 200, 60), P3, srgb_light)).max() <= TOLERANCE


@pytest.mark.parametrize("icc", [
    b"", b"nonsense", DISPLAY_P3[:200], DISPLAY_P3[:64] + bytes(500), LINEAR_GREY, four_inks(),
    DISPLAY_P3.replace(b"rXYZ", b"qXYZ"), b"\xff" * 10_000, DISPLAY_P3.replace(b"mntr", b"link"),
])  # fmt: skip
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_profiles_that_are_broken_or_of_other_pictures_are_ignored(icc: bytes, format: str) -> None:
    options = {"icc_profile": icc} if icc else {}
    found = load_image(encode(noise(), format, **options))
    assert (bands(found) == bands(load_image(encode(noise(), format)))).all()


def test_changed_bytes_of_a_profile_do_no_harm() -> None:
    rng = np.random.default_rng(0)
    for icc, mode, count in ((DISPLAY_P3, "RGB", 200), (LINEAR_GREY, "L", 100),
                             (four_inks(), "CMYK", 20)):  # fmt: skip
        for _ in range(count):
            broken = bytearray(icc)
            for place in rng.integers(0, min(len(icc), 400), 3):
                broken[place] = rng.integers(0, 256)
            image = module.to_srgb(Image.new(mode, (4, 4)), {"icc_profile": bytes(broken)})
            assert image.mode == ("L" if mode == "L" else "RGB") and image.size == (4, 4)


# --------------------------------------------------------------------------- what a PNG says


def gama(value: int) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", value))


def chrm(*places: float) -> bytes:
    return png_chunk(b"cHRM", struct.pack(">8I", *(round(100_000 * place) for place in places)))


PLACES_P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
PLACES_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
PIXEL = (40, 180, 90)


def png_pixel(*chunks: bytes, colour: tuple[int, ...] = PIXEL) -> Any:
    kind = 2 if len(colour) == 3 else 0
    return bands(load_image(raw_png(1, 1, 8, kind, bytes([0, *colour]), *chunks)))[0, 0]


def test_gama_alone_is_the_curve() -> None:
    expected = 255 * srgb_curve(np.array(PIXEL) / 255)
    assert np.abs(png_pixel(gama(100_000)) - expected).max() <= TOLERANCE
    grey = 255 * srgb_curve(np.array(90) / 255)
    assert abs(png_pixel(gama(100_000), colour=(90,)) - grey) <= TOLERANCE


def test_chrm_alone_is_the_lights() -> None:
    expected = meant(PIXEL, P3, srgb_light)
    assert np.abs(png_pixel(chrm(*PLACES_P3)) - expected).max() <= TOLERANCE


def test_both_together_are_both() -> None:
    expected = meant(PIXEL, P3, lambda value: value**1.8)
    both = gama(55_556), chrm(*PLACES_P3)
    assert np.abs(png_pixel(*both) - expected).max() <= TOLERANCE


def test_the_usual_values_are_srgb() -> None:
    """Encoders write them for programs that do not know the chunk sRGB."""
    assert (png_pixel(gama(45_455), chrm(*PLACES_SRGB)) == PIXEL).all()
    assert (png_pixel(gama(45_455)) == PIXEL).all()


def test_srgb_and_iccp_win() -> None:
    other = gama(100_000), chrm(*PLACES_P3)
    assert (png_pixel(png_chunk(b"sRGB", b"\0"), *other) == PIXEL).all()
    image = encode(Image.new("RGB", (1, 1), PIXEL), "PNG", icc_profile=ADOBE_RGB)
    found = bands(load_image(image[:33] + b"".join(other) + image[33:]))[0, 0]
    expected = meant(PIXEL, ADOBE, lambda value: value**2.19921875)
    assert np.abs(found - expected).max() <= TOLERANCE
    # A profile that cannot be read says nothing, so the others are heard.
    broken = encode(Image.new("RGB", (1, 1), PIXEL), "PNG", icc_profile=b"nonsense")
    found = bands(load_image(broken[:33] + gama(100_000) + broken[33:]))[0, 0]
    assert np.abs(found - 255 * srgb_curve(np.array(PIXEL) / 255)).max() <= TOLERANCE


@pytest.mark.parametrize("chunks", [
    [gama(0)], [gama(1)], [gama(2**32 - 1)], [chrm(*[0.0] * 8)], [chrm(*[0.3] * 8)],
    [chrm(0.3127, 0.0, *PLACES_P3[2:])], [png_chunk(b"cHRM", b"\0" * 5)], [png_chunk(b"gAMA", b"")],
    [png_chunk(b"sRGB", b"")], [chrm(*[42.0] * 8)],
])  # fmt: skip
def test_nonsense_is_ignored(chunks: list[bytes]) -> None:
    assert (png_pixel(*chunks) == PIXEL).all()
