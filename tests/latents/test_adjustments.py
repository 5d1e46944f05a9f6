"""What the sliders of a photograph promise: exact adjustments of its pixels."""

import numpy as np
import pytest
import torch
from skimage.filters import gaussian

from genimg.latents.adjustments import ADJUSTMENTS


def pixels() -> torch.Tensor:
    """Colours away from black and white, so that nothing is cut off."""
    return torch.rand(2, 3, 12, 10, generator=torch.Generator().manual_seed(0)) * 0.6 - 0.3


@pytest.mark.parametrize("name", ADJUSTMENTS)
def test_nothing_is_the_identity_and_there_is_a_way_back(name: str) -> None:
    adjust = ADJUSTMENTS[name]
    torch.testing.assert_close(adjust(pixels(), 0.0), pixels(), rtol=0, atol=1e-6)
    there = adjust(pixels(), 0.5)
    assert float((there - pixels()).abs().mean()) > 0.003
    if name != "sharpness":  # its blur is that of the picture it is given
        torch.testing.assert_close(adjust(there, -0.5), pixels(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ADJUSTMENTS)
@pytest.mark.parametrize("amount", [-9.0, 9.0])
def test_what_comes_out_are_pixels(name: str, amount: float) -> None:
    whole = torch.linspace(-1, 1, 3 * 8 * 8).view(1, 3, 8, 8)
    made = ADJUSTMENTS[name](whole, amount)
    assert made.shape == whole.shape
    assert float(made.min()) >= -1.0 and float(made.max()) <= 1.0


def grey_of(colours: torch.Tensor) -> torch.Tensor:
    return 0.299 * colours[:, 0] + 0.587 * colours[:, 1] + 0.114 * colours[:, 2]


def test_each_does_what_it_says() -> None:
    before = pixels()
    assert float(ADJUSTMENTS["brightness"](before, 1.0).mean()) > float(before.mean()) + 0.1
    assert float(ADJUSTMENTS["contrast"](before, 1.0).std()) > 1.2 * float(before.std())
    saturated = ADJUSTMENTS["saturation"](before, 1.0)
    torch.testing.assert_close(grey_of(saturated), grey_of(before))
    assert float(saturated.std(dim=1).mean()) > 1.3 * float(before.std(dim=1).mean())
    warm = ADJUSTMENTS["warmth"](before, 1.0)
    assert bool((warm[:, 0] > before[:, 0]).all()) and bool((warm[:, 2] < before[:, 2]).all())
    torch.testing.assert_close(warm[:, 1], before[:, 1])
    red = torch.tensor([0.5, -0.5, -0.5]).view(1, 3, 1, 1)
    third = ADJUSTMENTS["hue"](red, 6.0)  # 120 degrees: red becomes green
    torch.testing.assert_close(third.flatten(), torch.tensor([-0.5, 0.5, -0.5]))


def test_sharpness_scales_what_a_blur_takes_away() -> None:
    before = pixels()
    levels = ((before[0] + 1) / 2).numpy().transpose(1, 2, 0)
    blurred = gaussian(levels, 1.0, mode="nearest", truncate=3.0, channel_axis=-1)
    wanted = blurred + (levels - blurred) * np.exp(0.35)
    made = ((ADJUSTMENTS["sharpness"](before, 1.0)[0] + 1) / 2).numpy().transpose(1, 2, 0)
    np.testing.assert_allclose(made, wanted.clip(0, 1), atol=1e-5)
