"""A folder of pictures that the tests of folders share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .folder.messy import photo, photos, put


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Ten cats, ten dogs one folder deeper, and two pictures in no folder."""
    folder = tmp_path / "pets"
    photos(folder / "cats", 10)
    photos(folder / "dogs" / "brown", 10, first=10, suffix=".JPG")
    put(folder / "stray one.png", photo(20))
    put(folder / "stray two.bmp", photo(21, (40, 90)))
    return folder
