"""Some picture files that the commands are given."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 colour pictures of several sizes, smooth and all different."""
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(24):
        height, width = 30 + i, 50 - i
        ramp = np.linspace(0, 255 - 4 * i, height * width * 3).reshape(height, width, 3)
        Image.fromarray(np.roll(ramp, 7 * i).astype(np.uint8)).save(folder / f"{i:02d}.png")
    return folder
