"""Do pictures in chunks give what they give together?"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genimg.images import array_to_pixels
from genimg.models.chunks import in_chunks, pixel_chunks


@pytest.mark.parametrize("size", [1, 3, 7, 10])
def test_all_pass_through_in_their_order_and_no_more_than_asked_at_once(size: int) -> None:
    seen: list[int] = []

    def network(part: torch.Tensor) -> torch.Tensor:
        seen.append(len(part))
        return part * 2

    inputs = torch.arange(7.0)[:, None]
    assert torch.equal(in_chunks(network, inputs, size), inputs * 2)
    assert max(seen) <= size and sum(seen) == 7


def test_pictures_become_the_same_pixels() -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 4, 5, 3), dtype=np.uint8)
    parts = list(pixel_chunks(images, torch.device("cpu"), 3))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert torch.equal(torch.cat(parts), array_to_pixels(images))
    assert list(pixel_chunks(images[:0], torch.device("cpu"), 3)) == []
