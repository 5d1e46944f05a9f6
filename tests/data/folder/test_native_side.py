"""How large are the pictures of a folder, seen from their headers alone?"""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from genimg.data import native_side
from genimg.data.folder.gathering import gather
from genimg.data.folder.loading import _stored_size
from genimg.errors import DataError, ImageError

from . import messy
from .messy import photo, put


def test_the_native_side_is_the_median_of_the_short_sides(tmp_path: Path) -> None:
    folder = tmp_path / "sides"
    for i, side in enumerate((40, 50, 60, 70, 900)):
        put(folder / f"{i}.png", Image.new("L", (side + 30, side), i))
    put(folder / "notes.txt", b"no picture")
    messy.truncated(folder / "half.jpg", photo(1, (80, 60)))
    assert native_side(folder) == 60
    archive = tmp_path / "sides.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.iterdir():
            file.write(path, f"deep/{path.name}")
    assert native_side(archive) == 60
    put(tmp_path / "none" / "a.txt", b"")
    assert native_side(tmp_path / "none") is None
    with pytest.raises(DataError, match="no folder"):
        native_side(tmp_path / "nowhere")


def test_the_native_side_of_films_is_not_looked_for_in_all_their_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    put(folder / "film.mp4", b"\0\0\0\x18ftypisom" + bytes(3 << 20))
    put(folder / "a.tif", photo(1, (400, 300)), tiffinfo={})
    found = {each.name: each for each in gather(folder)}
    sizes: list[int] = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            sizes.append(len(data))
            return data

    film = (folder / "film.mp4").read_bytes()
    counted = dataclasses.replace(found["film.mp4"], open=lambda: Counting(film))
    with pytest.raises(ImageError):
        _stored_size(counted)
    assert sum(sizes) <= 1 << 16
    assert _stored_size(found["a.tif"]) == (400, 300)  # its header lies at its end
    assert native_side(folder) == 300
