"""Which files may a page show as they are, and what does it get in place of the others?"""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from genimg.errors import ImageError
from genimg.images import browsers_show, small_uri

from .conftest import encode, noise


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF"])
def test_what_browsers_show_they_show(format: str) -> None:
    assert browsers_show(encode(noise(), format))


@pytest.mark.parametrize("format", ["TIFF", "HEIF", "PPM", "ICO"])
def test_what_browsers_do_not_show_or_show_otherwise_is_told(format: str) -> None:
    assert not browsers_show(encode(noise(size=(64, 64)), format))


def test_an_mpo_whose_first_picture_is_the_smaller_one_is_told() -> None:
    small, large = noise(size=(20, 10)), noise(size=(40, 20))
    assert not browsers_show(encode(small, "MPO", save_all=True, append_images=[large]))


def test_pictures_that_lie_on_a_side_are_told_where_browsers_disagree() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    assert browsers_show(encode(noise(), "JPEG", exif=exif))
    assert not browsers_show(encode(noise(), "PNG", exif=exif))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ImageError, match="not a picture"):
        browsers_show(tmp_path / "a.png")


def test_a_copy_for_the_page_is_small_and_says_nothing_else() -> None:
    picture = noise(size=(400, 200))
    picture.info["exif"] = b"Exif\0\0secret"
    head, _, body = small_uri(picture, 100).partition(",")
    assert head == "data:image/webp;base64" and picture.size == (400, 200)
    with Image.open(io.BytesIO(base64.b64decode(body))) as small:
        assert small.size == (100, 50) and "exif" not in small.info
