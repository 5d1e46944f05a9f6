"""What is measured on a made picture is what was painted there."""

import numpy as np
import numpy.typing as npt
import pytest

from genimg.metrics import measure

Bytes = npt.NDArray[np.uint8]

COLOUR_NAMES = {"colourfulness", "warmth", "hue red-cyan", "hue lime-violet"}
PLAIN_NAMES = {
    "brightness", "contrast", "detail", "figure size", "figure left-right", "figure up-down",
}  # fmt: skip

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (128, 128, 128)
YELLOW, CYAN, VIOLET = (255, 255, 0), (0, 255, 255), (128, 0, 255)
Colour = tuple[int, int, int]


def flat(colour: Colour, side: int = 16) -> Bytes:
    return np.broadcast_to(np.array(colour, np.uint8), (side, side, 3)).copy()


def square(
    top: int, left: int, size: int, colour: Colour = RED, ground: Colour = WHITE, side: int = 16
) -> Bytes:
    """A square of `size` pixels whose upper left corner is at (top, left)."""
    image = flat(ground, side)
    image[top : top + size, left : left + size] = colour
    return image


def score(name: str, *images: Bytes) -> list[float]:
    return [float(value) for value in measure(np.stack(images))[name]]


# -- light


def test_brightness_is_the_mean_of_all_numbers() -> None:
    assert score("brightness", flat(BLACK), flat(WHITE), flat(RED)) == pytest.approx([0, 1, 1 / 3])
    assert score("brightness", square(0, 0, 8, BLACK)) == pytest.approx([0.75])


def test_contrast_is_the_spread_of_grey() -> None:
    half = square(0, 0, 16, BLACK)
    half[:, 8:] = WHITE
    assert score("contrast", flat(GREY), half) == pytest.approx([0.0, 0.5])


def test_detail_counts_edges_both_ways() -> None:
    """Stripes one pixel wide change by 1 at every step across them, and never along them."""
    across = flat(BLACK)
    across[:, ::2] = WHITE
    board = flat(BLACK)
    board[::2, ::2] = board[1::2, 1::2] = WHITE
    expected = [0.0, 1.0, 1.0, 2.0]
    found = score("detail", flat(GREY), across, across.swapaxes(0, 1), board)
    assert found == pytest.approx(expected)


# -- colour


def test_warmth_goes_from_blue_to_red() -> None:
    found = score("warmth", flat(BLUE), flat(GREY), flat(GREEN), flat(RED))
    assert found == pytest.approx([-1.0, 0.0, 0.0, 1.0])


def test_grey_has_no_colour_and_pure_colours_have_the_most() -> None:
    found = score("colourfulness", flat(GREY), flat(WHITE), flat(RED), flat(GREEN), flat(CYAN))
    assert found == pytest.approx([0.0, 0.0, 1.0, 1.0, 1.0])


def test_hues_lie_on_their_circle() -> None:
    """Red at 0 degrees, yellow 60, green 120, cyan 180, blue 240: cosine and sine."""
    colours = {0: RED, 60: YELLOW, 120: GREEN, 180: CYAN, 240: BLUE}
    angles = np.radians(list(colours))
    images = [flat(colour) for colour in colours.values()]
    assert score("hue red-cyan", *images) == pytest.approx(np.cos(angles), abs=1e-9)
    assert score("hue lime-violet", *images) == pytest.approx(np.sin(angles), abs=1e-9)


def test_hue_names_say_which_end_is_which() -> None:
    assert score("hue red-cyan", flat(RED))[0] > 0 > score("hue red-cyan", flat(CYAN))[0]
    lime, violet = score("hue lime-violet", flat((128, 255, 0)), flat(VIOLET))
    assert lime > 0 > violet


# -- the figure


@pytest.mark.parametrize(("colour", "ground"), [(RED, WHITE), (GREY, BLACK), (WHITE, BLUE)])
def test_the_place_of_a_square_is_found(colour: Colour, ground: Colour) -> None:
    """A square of 4 of 16 pixels: centres lie from -1 to 1, its own from 0 to 12 of 15 steps."""
    places = {"left": (6, 1), "right": (6, 11), "top": (1, 6), "bottom": (11, 6), "middle": (6, 6)}
    images = [square(*place, 4, colour, ground) for place in places.values()]
    x = dict(zip(places, score("figure left-right", *images), strict=True))
    y = dict(zip(places, score("figure up-down", *images), strict=True))
    centre = (1 + 1.5) / 7.5 - 1.0  # of the columns 1 to 4
    assert x == pytest.approx(
        {"left": centre, "right": -centre, "top": 0, "bottom": 0, "middle": 0}
    )
    assert y == pytest.approx(
        {"top": -centre, "bottom": centre, "left": 0, "right": 0, "middle": 0}
    )


def test_the_size_of_a_square_is_its_share_of_the_picture() -> None:
    images = [square(4, 4, size) for size in (1, 4, 8)]
    assert score("figure size", *images) == pytest.approx([1 / 256, 16 / 256, 64 / 256])


def test_the_ground_is_what_most_of_the_border_shows() -> None:
    """A figure that touches the border stays the figure."""
    touching = square(0, 0, 6)
    assert score("figure size", touching) == pytest.approx([36 / 256])
    assert score("figure left-right", touching)[0] < -0.5
    assert score("figure up-down", touching)[0] > 0.5


def test_a_picture_without_a_figure_has_size_0_in_the_middle() -> None:
    for name in ("figure size", "figure left-right", "figure up-down"):
        assert score(name, flat(RED), flat(BLACK)) == [0.0, 0.0]


def test_faint_grain_is_no_figure() -> None:
    grain = np.random.default_rng(0).integers(100, 120, (16, 16, 3)).astype(np.uint8)
    assert score("figure size", grain) == [0.0]


# -- all of them


def test_mirroring_turns_left_and_right_and_nothing_else() -> None:
    image = square(2, 1, 5)
    image[8, 12] = BLUE
    before = measure(image[None])
    after = measure(image[None, :, ::-1])
    for name, value in before.items():
        expected = -value if name == "figure left-right" else value
        np.testing.assert_allclose(after[name], expected, atol=1e-12, err_msg=name)
    assert abs(before["figure left-right"][0]) > 0.1


def test_each_picture_is_measured_by_itself() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 12, 20, 3)).astype(np.uint8)
    together = measure(images)
    assert together.keys() == PLAIN_NAMES | COLOUR_NAMES
    for name, values in together.items():
        assert values.shape == (6,)
        assert values.dtype == np.float64
        singles = [measure(images[i : i + 1])[name][0] for i in range(6)]
        np.testing.assert_allclose(values, singles, err_msg=name)


def test_grey_pictures_have_no_colours_but_the_same_else() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (3, 16, 16, 1)).astype(np.uint8)
    found = measure(grey)
    assert found.keys() == PLAIN_NAMES
    in_colour = measure(np.repeat(grey, 3, axis=3))
    for name, values in found.items():
        np.testing.assert_allclose(values, in_colour[name], err_msg=name)
