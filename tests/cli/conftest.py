"""Some picture files that the commands are given."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg import Editor
from genimg.models import build_model, save_model


@pytest.fixture
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 colour pictures of several sizes, smooth and all different."""
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(24):
        height, width = 30 + i, 50 - i
        ramp = np.linspace(0, 255 - 4 * i, height * width * 3).reshape(height, width, 3)
        Image.fromarray(np.roll(ramp, 7 * i).astype(np.uint8)).save(folder / f"{i:02d}.png")
    return folder


@pytest.fixture
def editor(tiny_checkpoint: Path) -> Editor:
    return Editor.load(tiny_checkpoint, "cpu")


@pytest.fixture(scope="session")
def gan_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained GAN that can be asked for labels."""
    factors = [
        {"name": "fur", "values": ["black fur", "white fur", "pink fur"]},
        {"name": "hat", "values": ["no hat", "red hat"]},
    ]
    model = build_model("gan", (3, 16, 16), "style", label_sizes=(3, 2), seed=5)
    path = tmp_path_factory.mktemp("gan") / "tiny-gan.safetensors"
    data = {"name": "cats", "title": "Cats", "factors": factors}
    save_model(path, model, "gan", name="tiny-gan", extra={"data": data})
    return path


@pytest.fixture
def gan(gan_path: Path) -> Editor:
    return Editor.load(gan_path, "cpu")
