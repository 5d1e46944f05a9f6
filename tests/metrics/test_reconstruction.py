"""PSNR, SSIM and relative errors against numbers worked out by hand, and what must hold of any such
number.
"""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from genimg.metrics import contrast_error, psnr, relative_error, ssim

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def flat(value: int, channels: int = 3) -> Bytes:
    return np.full((16, 16, channels), value, dtype=np.uint8)


def picture(seed: int = 0, channels: int = 3, side: int = 24) -> Bytes:
    """A smooth gradient with some grain."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side]
    base = 90 + 3 * rows + 2 * columns
    grain = rng.integers(-20, 21, (side, side, channels))
    return np.clip(base[:, :, None] + grain, 0, 255).astype(np.uint8)


def noisy(image: Bytes, amount: float) -> Bytes:
    noise = amount * np.random.default_rng(9).standard_normal(image.shape)
    return np.clip(np.round(image + noise), 0, 255).astype(np.uint8)


# -- PSNR


@pytest.mark.parametrize("difference", [1, 5, 10, 100, 255])
def test_psnr_of_a_uniform_difference(difference: int) -> None:
    """mse = difference^2, so 10 log10(255^2 / mse) = 20 log10(255 / difference)."""
    expected = 20 * math.log10(255 / difference)
    assert psnr(flat(0), flat(difference)) == pytest.approx(expected)
    assert psnr(flat(difference), flat(0)) == pytest.approx(expected), "bytes must not wrap"
    assert psnr(flat(255), flat(255 - difference)) == pytest.approx(expected)


def test_psnr_of_one_pixel_by_hand() -> None:
    """One of 4 * 4 * 3 numbers differs by 12: mse = 144 / 48 = 3."""
    a = np.zeros((4, 4, 3), dtype=np.uint8)
    b = a.copy()
    b[2, 1, 0] = 12
    assert psnr(a, b) == pytest.approx(10 * math.log10(65025 / 3))


def test_equal_pictures_have_the_highest_psnr_there_is() -> None:
    assert psnr(picture(), picture()) == 100.0
    large = np.zeros((512, 512, 3), dtype=np.uint8)
    almost = large.copy()
    almost[0, 0, 0] = 1
    assert 90.0 < psnr(large, almost) <= 100.0


def test_black_and_white_are_as_far_apart_as_can_be() -> None:
    assert psnr(flat(0), flat(255)) == 0.0


# -- SSIM


def window_mean(values: Floats) -> Floats:
    """Mean under an 11 x 11 Gaussian window of sigma 1.5 (Wang et al. 2004), where it fits."""
    offsets = np.arange(-5, 6)
    weights = np.exp(-(offsets**2) / (2 * 1.5**2))
    weights /= weights.sum()
    windows = np.lib.stride_tricks.sliding_window_view(values, (11, 11), axis=(0, 1))
    mean: Floats = np.einsum("ijcyx,y,x->ijc", windows, weights, weights)
    return mean


def by_the_paper(a: Bytes, b: Bytes) -> float:
    """Wang et al. 2004, equation 13, with K1 = 0.01, K2 = 0.03 and L = 255."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = window_mean(x), window_mean(y)
    vx, vy = window_mean(x * x) - mx * mx, window_mean(y * y) - my * my
    vxy = window_mean(x * y) - mx * my
    local = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(local.mean())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("amount", [3.0, 15.0, 60.0])
def test_ssim_is_that_of_the_paper(amount: float, channels: int) -> None:
    a = picture(channels=channels)
    b = noisy(a, amount)
    assert ssim(a, b) == pytest.approx(by_the_paper(a, b), abs=1e-6)


@pytest.mark.parametrize(("p", "q"), [(0, 255), (100, 120), (37, 37)])
def test_ssim_of_two_flat_pictures_by_hand(p: int, q: int) -> None:
    """Without any structure only the luminance term (2 p q + C1) / (p^2 + q^2 + C1) is left."""
    c1 = (0.01 * 255) ** 2
    expected = (2 * p * q + c1) / (p * p + q * q + c1)
    assert ssim(flat(p), flat(q)) == pytest.approx(expected, abs=1e-9)


# -- both


@pytest.mark.parametrize("channels", [1, 3])
def test_equal_is_best_and_more_noise_is_worse(channels: int) -> None:
    a = picture(channels=channels)
    assert ssim(a, a) == pytest.approx(1.0)
    for score in (psnr, ssim):
        scores = [score(a, noisy(a, amount)) for amount in (0, 2, 5, 12, 30, 80)]
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) == len(scores)


def test_which_picture_comes_first_makes_no_difference() -> None:
    a, b = picture(0), noisy(picture(1), 20)
    for score in (psnr, ssim):
        assert score(a, b) == pytest.approx(score(b, a))


def test_the_smallest_pictures_of_the_program_can_be_compared() -> None:
    a = picture(side=16)
    assert 0.0 < ssim(a, noisy(a, 10)) < 1.0


# -- error beside a blurred copy


def blurred(image: Bytes) -> Bytes:
    """By 1/64 of the side, as a person would do it."""
    soft = [
        ndimage.gaussian_filter(image[..., c].astype(float), image.shape[1] / 64, mode="nearest")
        for c in range(image.shape[2])
    ]
    return np.round(np.stack(soft, axis=-1)).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_blurred_copy_has_a_relative_error_of_one(channels: int) -> None:
    image = noisy(np.full((64, 64, channels), 128, np.uint8), 40.0)
    assert relative_error(image, image) == 0.0
    assert relative_error(image, blurred(image)) == pytest.approx(1.0, abs=0.02)


def test_a_relative_error_asks_how_much_there_is_to_lose() -> None:
    """The same PSNR is little in a busy picture, and all there is in a flat one."""
    busy, calm = noisy(flat(128), 40.0), noisy(flat(128), 2.0)
    worse = [np.clip(image.astype(int) + 6, 0, 255).astype(np.uint8) for image in (busy, calm)]
    assert psnr(busy, worse[0]) == pytest.approx(psnr(calm, worse[1]), abs=0.1)
    assert relative_error(busy, worse[0]) < 0.5
    assert relative_error(calm, worse[1]) > 5.0


def test_a_flat_picture_can_be_met_and_missed() -> None:
    assert relative_error(flat(0), flat(0)) == 0.0
    assert relative_error(flat(0), flat(1)) < 1.0, "rounding is no error"
    assert relative_error(flat(0), flat(10)) > 10.0


def test_the_mean_colour_alone_has_a_contrast_error_of_one() -> None:
    image = picture(side=32)
    mean = np.broadcast_to(np.round(image.mean(axis=(0, 1))), image.shape).astype(np.uint8)
    assert contrast_error(image, image) == 0.0
    assert contrast_error(image, mean) == pytest.approx(1.0, abs=0.01)
    assert contrast_error(image, 255 - image) > 1.0
    assert contrast_error(flat(0), flat(1)) < 1.0 < contrast_error(flat(0), flat(2))
