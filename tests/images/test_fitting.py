"""Are crops laid where they should be, and pictures enlarged as they were meant?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from genimg.errors import ImageError
from genimg.images import enlarge, fit_image

from .conftest import bands, gradient, noise


@pytest.mark.parametrize("size", [(200, 100), (100, 200), (160, 160)])
@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 16, 48)])
@pytest.mark.parametrize("focus", [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.3, 0.6)])
@pytest.mark.parametrize("zoom", [1.0, 2.0, 3.7])
def test_crops_lie_where_they_should(
    size: tuple[int, int],
    shape: tuple[int, int, int],
    focus: tuple[float, float],
    zoom: float,
) -> None:
    fitted = fit_image(gradient(*size), shape, focus, zoom)
    assert fitted.size == (shape[2], shape[1]) and fitted.mode == "RGB"
    scale = min(size[0] / shape[2], size[1] / shape[1]) / zoom
    middle = bands(fitted).mean((0, 1))
    for axis, side, cells in ((0, size[0], shape[2]), (1, size[1], shape[1])):
        half = cells * scale / 2
        centre = min(max(focus[axis] * side, half), side - half)
        assert middle[axis] == pytest.approx(centre - 0.5, abs=1.0)  # the mean of a linear ramp
        ends = np.sort(bands(fitted)[..., axis].mean(axis))[[0, -1]]
        assert ends[1] - ends[0] == pytest.approx((cells - 1) * scale, abs=max(2.0, scale))


def test_a_fitted_image_is_left_alone() -> None:
    for mode, channels in (("RGB", 3), ("L", 1)):
        picture = noise(mode, (32, 24))
        assert (bands(fit_image(picture, (channels, 24, 32))) == bands(picture)).all()


def test_modes_follow_the_model() -> None:
    assert fit_image(noise("RGB"), (1, 8, 8)).mode == "L"
    grey = fit_image(noise("L"), (3, 8, 8))
    assert grey.mode == "RGB" and (bands(grey)[..., 0] == bands(grey)[..., 2]).all()
    clear = fit_image(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), (3, 4, 4))
    assert clear.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_tiny_and_narrow_pictures_are_fitted(size: tuple[int, int]) -> None:
    fitted = fit_image(Image.new("RGB", size, (9, 8, 7)), (3, 16, 16), zoom=50.0)
    assert (bands(fitted) == (9, 8, 7)).all()


@pytest.mark.parametrize("focus", [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5)])
def test_a_focus_outside_is_refused(focus: tuple[float, float]) -> None:
    with pytest.raises(ImageError, match="from 0"):
        fit_image(noise(), (3, 8, 8), focus)


@pytest.mark.parametrize("zoom", [0.5, -1.0, float("nan"), float("inf")])
def test_an_impossible_zoom_is_refused(zoom: float) -> None:
    with pytest.raises(ImageError, match="or more"):
        fit_image(noise(), (3, 8, 8), zoom=zoom)


# ---------------------------------------------------------------------------------- enlarging


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_each_pixel_becomes_a_square(mode: str) -> None:
    picture = noise(mode)
    larger = enlarge(picture, 3)
    assert (larger.mode, larger.size) == (mode, (120, 90))
    expected = bands(picture).repeat(3, axis=0).repeat(3, axis=1)
    assert (bands(larger) == expected).all()


def test_smooth_pictures_have_colours_between() -> None:
    picture = Image.new("L", (8, 8), 0)
    picture.paste(255, (4, 0, 8, 8))
    assert set(np.unique(enlarge(picture, 4))) == {0, 255}
    smooth = enlarge(picture, 4, smooth=True)
    assert smooth.size == (32, 32)
    assert len(np.unique(smooth)) > 4


@pytest.mark.parametrize("smooth", [False, True])
def test_a_picture_of_its_own_size_is_a_copy(smooth: bool) -> None:
    picture = noise()
    same = enlarge(picture, 1, smooth)
    assert same is not picture
    assert (bands(same) == bands(picture)).all()


@pytest.mark.parametrize("scale", [0, -1, 17, 2.0, True, "2", None])
def test_a_scale_that_cannot_be_is_refused(scale: Any) -> None:
    with pytest.raises(ImageError, match="enlarged 1 to 16 times"):
        enlarge(noise(), scale)
