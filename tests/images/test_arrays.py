"""Do pixels survive the way to a network and back?"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from genimg.images import array_to_pixels, pixels_to_array, to_images, to_pixels

from .conftest import bands, gradient, noise


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
