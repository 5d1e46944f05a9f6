"""Which picture is taken of a file that holds several, and how far may a bad one lead?"""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genimg.errors import ImageError
from genimg.images import TooLarge, load_image
from genimg.images.opening import open_header

from .conftest import bands, encode, noise, png_chunk, raw_png

SMALL, MIDDLE, LARGE = noise(size=(16, 12)), noise(size=(40, 30)), noise(size=(80, 60))


def several(format: str, *pages: Image.Image, **options: Any) -> bytes:
    first, *others = (page.copy() for page in pages)  # writers leave things on them
    return encode(first, format, save_all=True, append_images=others, **options)


@pytest.mark.parametrize(
    "pages", [[SMALL, LARGE, MIDDLE], [LARGE, SMALL], [MIDDLE, SMALL, SMALL, LARGE]]
)
def test_the_largest_page_is_taken(pages: list[Image.Image]) -> None:
    data = several("TIFF", *pages)
    assert open_header(data, "it").size == LARGE.size
    assert (bands(load_image(data)) == bands(LARGE)).all()


@pytest.mark.parametrize("pages", [[SMALL, LARGE], [LARGE, SMALL]])
def test_the_largest_picture_of_an_mpo_is_taken(pages: list[Image.Image]) -> None:
    data = several("MPO", *pages, quality=95)
    assert open_header(data, "it").size == LARGE.size
    alone = load_image(encode(LARGE.copy(), "JPEG", quality=95))
    assert (bands(load_image(data)) == bands(alone)).all()
    assert load_image(data, least=20).size == (40, 30)


def test_of_pages_of_one_size_the_first_is_taken() -> None:
    pages = [noise(seed=seed) for seed in range(3)]
    assert (bands(load_image(several("TIFF", *pages))) == bands(pages[0])).all()


def test_an_empty_first_page_is_passed_over() -> None:
    data = several("TIFF", Image.new("RGB", (40, 30), "white"), noise())
    assert (bands(load_image(data)) == bands(noise())).all()


def test_a_mask_is_no_page() -> None:
    mask = LARGE.copy()
    mask.encoderinfo = {"tiffinfo": {254: 4}}  # NewSubfileType
    file = io.BytesIO()
    MIDDLE.copy().save(file, "TIFF", save_all=True, append_images=[mask])
    with Image.open(io.BytesIO(file.getvalue())) as pages:
        pages.seek(1)
        assert pages.size == LARGE.size and pages.tag_v2[254] == 4  # type: ignore[attr-defined]
    assert load_image(file.getvalue()).size == MIDDLE.size


@pytest.mark.parametrize("place", [1, 7, 9, 2**31, 2**32 - 1])
def test_a_junk_pointer_to_a_next_page_is_the_end(place: int) -> None:
    data = bytearray(encode(noise(), "TIFF"))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    for target in (place, first, len(data) - 3):
        struct.pack_into("<I", data, first + 2 + 12 * count, target)
        assert (bands(load_image(bytes(data))) == bands(noise())).all()


def test_a_chain_of_very_many_pages_is_not_followed() -> None:
    data = bytearray(encode(Image.new("RGB", (8, 8), "red"), "TIFF"))  # empty, so others are tried
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * count, len(data))
    chain = b"".join(struct.pack("<HI", 0, len(data) + 6 * i) for i in range(1, 300_000))
    assert load_image(bytes(data) + chain).size == (8, 8)  # to count them would take an hour


def test_a_page_that_is_a_bomb_is_left_where_it_is() -> None:
    data = bytearray(several("TIFF", Image.new("RGB", (8, 8), "red"), SMALL))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<I", data, first + 2 + 12 * count)[0]
    for entry in range(second + 2, second + 2 + 12 * 2, 12):
        struct.pack_into("<HHI", data, entry, struct.unpack_from("<H", data, entry)[0], 4, 1)
        struct.pack_into("<I", data, entry + 8, 60_000)
    assert load_image(bytes(data)).size == (8, 8)


# ---------------------------------------------------------------------------------------- icons


@pytest.mark.parametrize("kind", ["png", "bmp"])
def test_the_largest_size_of_an_icon_is_taken(kind: str) -> None:
    picture = noise("RGBA", (64, 64))
    picture.putalpha(255)
    sizes = [(16, 16), (64, 64), (32, 32)]
    loaded = load_image(encode(picture, "ICO", sizes=sizes, bitmap_format=kind))
    assert loaded.size == (64, 64)
    assert (bands(loaded) == bands(picture)[..., :3]).all()


def test_a_broken_size_of_an_icon_does_not_spoil_the_others() -> None:
    data = bytearray(encode(noise(size=(64, 64)), "ICO", sizes=[(16, 16), (32, 32)]))
    for at in range(6, 6 + 2 * 16, 16):
        if data[at] == 32:
            struct.pack_into("<I", data, at + 12, 10**9)
    assert load_image(bytes(data)).size == (16, 16)


def test_an_icon_that_holds_a_bomb_is_refused() -> None:
    bomb = raw_png(60_000, 60_000, 8, 2, b"")
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(bomb), 22)
    with pytest.raises(ImageError):
        load_image(b"\0\0\1\0\1\0" + entry + bomb)
    dib = struct.pack("<IiiHHIIiiII", 40, 60_000, 120_000, 1, 32, 0, 0, 0, 0, 0, 0)
    with pytest.raises(ImageError):
        load_image(b"\0\0\1\0\1\0" + entry + dib)


# ------------------------------------------------------------------------------- side chunks


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """A PNG with more chunks, right behind the first one."""
    return data[:33] + b"".join(chunks) + data[33:]


def spoiled(chunk: bytes) -> bytes:
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


SIDE = [png_chunk(name, body) for name, body in [
    (b"tEXt", b"a\0b"), (b"gAMA", struct.pack(">I", 100_000)), (b"pHYs", bytes(9)),
    (b"iCCP", b"x\0\0y"), (b"eXIf", b"MM"), (b"tRNS", bytes(6)), (b"fcTL", bytes(26)),
    (b"acTL", struct.pack(">II", 2, 0)), (b"sBIT", b"\0"), (b"prVt", b"x" * 100), (b"tIME", b""),
]]  # fmt: skip


@pytest.mark.parametrize("chunk", SIDE, ids=lambda chunk: chunk[4:8].decode())
def test_a_wrong_checksum_beside_a_picture_does_not_spoil_it(chunk: bytes) -> None:
    data = encode(noise(), "PNG")
    assert (bands(load_image(with_chunks(data, spoiled(chunk)))) == bands(noise())).all()
    late = data[:-12] + spoiled(chunk) + data[-12:]
    assert (bands(load_image(late)) == bands(noise())).all()


@pytest.mark.filterwarnings("ignore:Invalid APNG")
@pytest.mark.parametrize("name", [chunk[4:8] for chunk in SIDE])
@pytest.mark.parametrize("body", [b"", b"\xff", b"\0" * 3, b"\xff" * 40])
def test_nonsense_beside_a_picture_does_not_spoil_it(name: bytes, body: bytes) -> None:
    data = with_chunks(encode(noise(), "PNG"), png_chunk(name, body))
    assert load_image(data).size == noise().size


@pytest.mark.parametrize("kind", [b"tEXt", b"iTXt"])
def test_megabytes_of_text_do_not_spoil_a_picture(kind: bytes) -> None:
    """Other programs that make pictures put what they were made by there."""
    start = b"workflow\0" + (b"\0\0\0\0" if kind == b"iTXt" else b"")
    chunks = [png_chunk(kind, start + b"x" * 3_000_000) for _ in range(4)]
    loaded = load_image(with_chunks(encode(noise(), "PNG"), *chunks))
    assert (bands(loaded) == bands(noise())).all()


# ---------------------------------------------------------------------------- large photographs


def header_of(size: tuple[int, int], **options: Any) -> bytes:
    """A JPEG that says another size than it has."""
    data = bytearray(encode(noise(size=(64, 64)), "JPEG", **options))
    at = next(i for i in (data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) if i > 0)
    struct.pack_into(">HH", data, at + 5, size[1], size[0])
    return bytes(data)


def test_108_megapixels_are_decoded_at_a_part_of_their_size() -> None:
    """12,000 x 9,000, as phones write it; a flat one, so that making it takes no time."""
    grey = Image.new("L", (12_000, 9_000), 90)
    grey.paste(200, (0, 0, 6_000, 9_000))
    data = encode(grey, "JPEG", quality=30)
    del grey
    assert open_header(data, "it").size == (12_000, 9_000)
    loaded = load_image(data)
    assert loaded.size == (6_000, 4_500)
    assert abs(loaded.getpixel((1000, 1000)) - 200) < 6 > abs(loaded.getpixel((5000, 1000)) - 90)  # type: ignore[operator]
    assert load_image(data, least=1024).size == (1_500, 1_125)


@pytest.mark.parametrize("size", [(16_320, 12_240), (12_000, 9_000), (20_000, 3_000)])
def test_sizes_that_phones_write_are_let_through(size: tuple[int, int]) -> None:
    assert open_header(header_of(size), "it").size == size


@pytest.mark.parametrize(
    ("size", "options"),
    [((20_000, 20_000), {}), ((20_001, 10), {}), ((65_000, 65_000), {}),
     ((12_000, 12_000), {"progressive": True, "subsampling": 0})],
)  # fmt: skip
def test_what_would_fill_the_memory_is_refused(
    size: tuple[int, int], options: dict[str, Any]
) -> None:
    with pytest.raises(TooLarge, match="smaller copy"):
        open_header(header_of(size, **options), "it")


def test_a_progressive_one_may_be_as_large_as_its_memory_allows() -> None:
    header = header_of((12_000, 9_000), progressive=True, subsampling=2)
    assert open_header(header, "it").size == (12_000, 9_000)


def test_one_colour_after_the_other_is_held_as_a_whole() -> None:
    data = bytearray(header_of((12_000, 12_000), subsampling=0))
    at = data.index(b"\xff\xda")
    scan = struct.pack(">HB", 8, 1) + b"\1\0" + b"\0\x3f\0"  # of the first colour alone
    with pytest.raises(TooLarge):
        open_header(bytes(data[: at + 2]) + scan, "it")


# ------------------------------------------------------------------------------- kinds of file


def psd(image: Image.Image) -> bytes:
    """A Photoshop file with its picture and nothing else."""
    array = np.asarray(image)
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, *array.shape[:2], 8, 3)
    return head + bytes(12) + b"\0\0" + array.transpose(2, 0, 1).tobytes()


def test_photoshop_files_open() -> None:
    assert (bands(load_image(psd(noise()))) == bands(noise())).all()
    with pytest.raises(ImageError, match="Photoshop file of more than 8 bits"):
        load_image(psd(noise())[:22] + struct.pack(">HH", 16, 3) + bytes(100))


@pytest.mark.parametrize("format", ["HEIF", "AVIF"])
def test_photographs_of_phones_open(format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.linear_gradient("L").resize((120, 80)).convert("RGB")
    loaded = load_image(encode(picture, format, quality=95, exif=exif.tobytes()))
    assert loaded.size == (80, 120) and loaded.info == {}
    upright = picture.transpose(Image.Transpose.ROTATE_270)
    assert np.abs(bands(loaded) - bands(upright)).max() <= 10


def test_a_photograph_cut_short_is_refused_in_words() -> None:
    data = encode(noise(size=(200, 200)), "HEIF")
    for end in (30, 200, len(data) // 2, len(data) - 20):
        with pytest.raises(ImageError, match="damaged"):
            load_image(data[:end])


def test_of_a_heic_with_several_pictures_the_main_one_is_taken() -> None:
    data = several("HEIF", SMALL, LARGE, primary_index=0, quality=100)
    assert load_image(data).size == SMALL.size
