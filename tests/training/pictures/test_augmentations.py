"""Changed pictures: what each change does, shared draws, and what cannot be meant."""

import json

import numpy as np
import pytest
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.images import array_to_pixels, images_to_array
from genimg.training.pictures.augmentations import Augmentations, Drawn, apply, augmentation_sheet

EVERYTHING = Augmentations(flip=True, rotation=10.0, scale=0.1, shift=0.1, colour=0.2)
EACH = [
    Augmentations(flip=True),
    Augmentations(rotation=10.0),
    Augmentations(scale=0.1),
    Augmentations(shift=0.1),
    Augmentations(colour=0.2),
    EVERYTHING,
]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int = 6, shape: tuple[int, ...] = (3, 16, 16)) -> Tensor:
    return torch.rand(n, *shape, generator=seeded(9)) * 2 - 1


def spot(row: int, column: int, side: int = 33) -> Tensor:
    """A smooth bright spot on grey."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    distance = (y - row).square() + (x - column).square()
    return torch.exp(-distance / 8.0)[None, None]


def middle(pixels: Tensor) -> tuple[float, float]:
    """Row and column of the centre of mass."""
    mass = pixels[0, 0] / pixels.sum()
    along = torch.arange(pixels.shape[2], dtype=torch.float32)
    return float((mass.sum(1) * along).sum()), float((mass.sum(0) * along).sum())


def placed(changes: Augmentations, pixels: Tensor, *amounts: float) -> Tensor:
    return apply(pixels, Drawn(None, changes.place(torch.tensor([amounts])), None))


# -- what pictures become


@pytest.mark.parametrize("changes", EACH, ids=str)
@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28)])
def test_changed_pictures_are_pictures_of_the_same_kind(
    changes: Augmentations, shape: tuple[int, ...]
) -> None:
    pixels = pictures(8, shape)
    before = pixels.clone()
    out = apply(pixels, changes.draw(8, seeded()))
    assert (out.shape, out.dtype) == (pixels.shape, torch.float32)
    assert float(out.abs().max()) <= 1.0
    assert torch.equal(pixels, before), "the pictures themselves are left as they are"
    assert not torch.equal(out, pixels)


def test_nothing_on_changes_nothing_and_draws_nothing() -> None:
    pixels, rng = pictures(), seeded()
    state = rng.get_state()
    out = apply(pixels, Augmentations().draw(6, rng))
    assert torch.equal(out, pixels)
    assert torch.equal(rng.get_state(), state)


def test_mirrored_pictures_keep_their_exact_values() -> None:
    pixels = pictures(40)
    out = apply(pixels, Augmentations(flip=True).draw(40, seeded()))
    same = (out == pixels).flatten(1).all(dim=1)
    mirrored = (out == pixels.flip(3)).flatten(1).all(dim=1)
    assert bool((same ^ mirrored).all())
    assert 10 < int(mirrored.sum()) < 30


def test_mirroring_draws_one_number_a_picture() -> None:
    """So a run that only mirrors goes on as one did before there were other changes."""
    drawn = Augmentations(flip=True).draw(9, seeded(5)).mirrored
    assert drawn is not None
    assert torch.equal(drawn, torch.rand(9, generator=seeded(5)) < 0.5)


def test_a_move_goes_right_and_down_by_a_part_of_the_side() -> None:
    out = placed(Augmentations(shift=0.2), spot(16, 16), 0.0, 0.0, 0.5, 1.0)
    assert middle(out) == pytest.approx((16 + 0.2 * 33, 16 + 0.1 * 33), abs=0.1)


def test_a_turn_is_about_the_middle_by_degrees() -> None:
    out = placed(Augmentations(rotation=90.0), spot(16, 24), 1.0, 0.0, 0.0, 0.0)
    assert middle(out) == pytest.approx((24, 16), abs=0.1)
    half = placed(Augmentations(rotation=90.0), spot(16, 20), 0.5, 0.0, 0.0, 0.0)
    assert middle(half) == pytest.approx((16 + 4 * 0.5**0.5, 16 + 4 * 0.5**0.5), abs=0.1)


def test_a_picture_grows_about_its_middle() -> None:
    out = placed(Augmentations(scale=0.5), spot(16, 22), 0.0, 1.0, 0.0, 0.0)
    assert middle(out) == pytest.approx((16, 16 + 6 * 1.5), abs=0.15)


def test_what_comes_in_at_a_border_is_the_picture_mirrored_there() -> None:
    ramp = torch.linspace(-1, 1, 16).expand(1, 1, 16, 16)
    out = placed(Augmentations(shift=0.25), ramp, 0.0, 0.0, 1.0, 0.0)
    torch.testing.assert_close(out[..., 4:], ramp[..., :12], atol=1e-5, rtol=0)
    torch.testing.assert_close(out[..., :4], ramp[..., :4].flip(3), atol=1e-5, rtol=0)


def test_colours_change_by_what_was_drawn_and_stay_in_range() -> None:
    grey = torch.full((1, 3, 8, 8), 0.25)
    brighter = apply(grey, Drawn(None, None, torch.tensor([[0.2, 1.0, 1.0]])))
    torch.testing.assert_close(brighter, torch.full_like(grey, 0.45))
    full = apply(grey, Drawn(None, None, torch.tensor([[0.9, 1.0, 1.0]])))
    assert float(full.max()) == 1.0
    red = grey.clone()
    red[:, 0] = 0.55
    dull = apply(red, Drawn(None, None, torch.tensor([[0.0, 0.5, 1.0]])))
    assert float((dull[:, 0] - dull[:, 1]).mean()) == pytest.approx(0.15, abs=1e-5)
    sharp = torch.cat([grey[..., :4], -grey[..., :4]], dim=3)
    flat = apply(sharp, Drawn(None, None, torch.tensor([[0.0, 1.0, 0.5]])))
    torch.testing.assert_close(flat, sharp / 2)


@pytest.mark.parametrize("changes", EACH, ids=str)
def test_no_change_goes_beyond_its_strength(changes: Augmentations) -> None:
    drawn = changes.draw(2000, seeded(2))
    if drawn.place is not None:
        linear, moved = drawn.place[:, :, :2], drawn.place[:, :, 2]
        size = torch.linalg.det(linear) ** -0.5
        assert float((size - 1).abs().max()) <= changes.scale + 1e-5
        turn = torch.atan2(linear[:, 0, 1], linear[:, 0, 0]).abs().max().rad2deg()
        assert float(turn) <= changes.rotation + 1e-3
        out = torch.linalg.solve(linear, -moved) / 2
        assert float(out.abs().max()) <= changes.shift + 1e-5
        assert float(out.abs().max()) >= 0.99 * changes.shift
    if drawn.colour is not None:
        away = (drawn.colour - torch.tensor([0.0, 1.0, 1.0])).abs().max()
        assert 0.99 * changes.colour <= float(away) <= changes.colour + 1e-6


# -- draws


@pytest.mark.parametrize("changes", EACH, ids=str)
def test_rows_of_a_draw_do_what_the_whole_does_to_them(changes: Augmentations) -> None:
    """Two processes draw the same for a whole batch, and each changes its own half."""
    pixels, drawn = pictures(6), changes.draw(6, seeded(8))
    whole = apply(pixels, drawn)
    halves = [apply(pixels[part], drawn.rows(part)) for part in (slice(3), slice(3, None))]
    assert torch.equal(torch.cat(halves), whole)


def test_the_generator_decides_and_nothing_else_does() -> None:
    pixels, state = pictures(), torch.get_rng_state()
    first, again, other = (apply(pixels, EVERYTHING.draw(6, seeded(s))) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


# -- in words and in files


def test_changes_come_back_from_json_as_they_were() -> None:
    for changes in (Augmentations(), *EACH):
        assert Augmentations.from_mapping(json.loads(json.dumps(changes.to_mapping()))) == changes
        assert bool(changes) is (changes != Augmentations())


def test_changes_are_told_in_plain_words() -> None:
    assert str(Augmentations(flip=True, rotation=5.0)) == "mirrored, turned by up to 5 degrees"
    assert str(Augmentations(scale=0.1, shift=0.03, colour=0.05)) == (
        "scaled by up to 10 %, moved by up to 3 % of the side, recoloured by up to 5 %"
    )
    assert str(Augmentations()) == "shown as they are"


@pytest.mark.parametrize("values", [
    {"rotation": -1.0}, {"rotation": float("nan")}, {"scale": 0.9}, {"shift": "far"},
    {"colour": True}, {"flip": 1}, {"blur": 0.1},
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        Augmentations.from_mapping(values)


def test_the_sheet_shows_pictures_beside_changed_versions(cats: Dataset) -> None:
    sheet = augmentation_sheet(cats, EVERYTHING, seed=3)
    again, other = (
        augmentation_sheet(cats, EVERYTHING, seed=3),
        augmentation_sheet(cats, EVERYTHING, seed=4),
    )
    assert sheet.tobytes() == again.tobytes() != other.tobytes()
    assert sheet.width / sheet.height == pytest.approx(8 / 6, rel=0.25)
    still = images_to_array([augmentation_sheet(cats, Augmentations(), seed=3)])
    first = array_to_pixels(still)
    cell = (sheet.width - 4) // 8
    assert torch.equal(first[..., 4:cell], first[..., 4 + cell : 2 * cell]), "all are the same"
    differ = np.asarray(sheet, np.int64) - still[0]
    assert not differ[:, :cell].any(), "the first column is the pictures as they are"
    assert differ[:, cell:].any()
