"""Do pixels and texts survive in a file?"""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from genimg.errors import ImageError
from genimg.images import data_uri, encode_png, encode_webp, load_image, read_text

from .conftest import bands, encode, noise, png_chunk


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


# --------------------------------------------------------------------------------------- webp


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pixels_and_text_survive_in_webp(mode: str) -> None:
    picture = noise(mode)
    text = {"genimg": '{"z": [1, 2], "name": "Käse 猫"}', "second": "x" * 50_000}
    data = encode_webp(picture, text)
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    assert read_text(data) == text
    assert (bands(load_image(data)) == bands(picture.convert("RGB"))).all()
    assert read_text(encode_webp(picture)) == {}
    assert b"EXIF" not in encode_webp(picture)


def test_the_comment_is_a_standard_one() -> None:
    """Tag 37510 of the Exif table, of type UNDEFINED, in ASCII, as other programs expect it."""
    with Image.open(io.BytesIO(encode_webp(noise(), {"genimg": "Käse"}))) as picture:
        exif = picture.getexif()
        assert set(exif) == {ExifTags.IFD.Exif}
        [(tag, comment)] = exif.get_ifd(ExifTags.IFD.Exif).items()
    assert (tag, comment) == (37510, b'ASCII\0\0\0{"genimg":"K\\u00e4se"}')
    place = picture.info["exif"].index(struct.pack("<H", 37510))
    assert struct.unpack_from("<HH", picture.info["exif"], place) == (37510, 7)


def test_metadata_is_not_written() -> None:
    picture = noise()
    picture.info["exif"] = b"Exif\0\0secret"
    picture.info["icc_profile"] = b"secret"
    assert b"secret" not in encode_webp(picture, {"genimg": "x"}) + encode_png(picture)


def commented(comment: object) -> bytes:
    """A WebP with a comment of another program."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return encode(noise(), "WEBP", exif=exif)


@pytest.mark.parametrize(
    "comment",
    [b"", b"ASCII\0\0\0", b"ASCII\0\0\0a nice picture", b'ASCII\0\0\0["genimg"]', b"UNICODE\0{}",
     b'ASCII\0\0\0{"genimg": 1}', b'ASCII\0\0\0{"genimg": {}}', b'ASCII\0\0\0{"genimg": "\xff"}',
     b"ASCII\0\0\0" + b"[" * 100_000, "text", 7],
    ids=lambda comment: str(comment)[:30],
)  # fmt: skip
def test_comments_of_other_programs_are_no_text_of_ours(comment: object) -> None:
    assert read_text(commented(comment)) == {}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_exif_block_holds_no_text() -> None:
    for exif in (b"", b"II*\0", b"nonsense", struct.pack("<2sHI", b"II", 42, 10**9)):
        data = encode(noise(), "WEBP", lossless=True, exif=exif)
        assert read_text(data) == {}
        assert (bands(load_image(data)) == bands(noise())).all()


def test_too_much_text_in_webp_is_refused_or_not_read() -> None:
    with pytest.raises(ImageError, match="more text"):
        read_text(encode_webp(noise(), {"genimg": "x" * 1_000_001}))
    assert read_text(encode_webp(noise(), {"genimg": "x" * 6_000_001})) == {}


@pytest.mark.filterwarnings("ignore")  # Pillow warns about some kinds of damage
def test_every_changed_byte_of_the_comment_is_read_or_not_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    whole = encode_webp(noise(size=(8, 8)), {"genimg": "x" * 20})
    start = whole.index(b"EXIF")
    for _ in range(400):
        broken = bytearray(whole)
        broken[rng.integers(start, len(whole))] = rng.integers(0, 256)
        try:
            text = read_text(bytes(broken))
        except ImageError:
            continue
        assert all(isinstance(part, str) for pair in text.items() for part in pair)


def test_data_uri_holds_the_picture() -> None:
    head, _, body = data_uri(noise()).partition(",")
    assert head == "data:image/png;base64"
    assert (bands(load_image(base64.b64decode(body))) == bands(noise())).all()
