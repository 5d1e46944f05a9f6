"""Which changes a set bears: found out from its pictures, on sets of which the answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from genimg.data import Card, Dataset, Factor
from genimg.training.pictures.augmentation_test import choose_augmentations
from genimg.training.pictures.augmentations import Augmentations

NAMES = ["mirror", "turn", "scale", "move", "recolour"]


def made(
    images: np.ndarray, labels: np.ndarray | None = None, factors: tuple[Factor, ...] = ()
) -> Dataset:
    card = Card("made", "Made", "CC0", "nobody", "Made for this test.")
    rows = np.arange(len(images))
    return Dataset("made", images, labels, factors, {"train": rows}, card, flip=True)


def textures(n: int, side: int = 24, seed: int = 0) -> np.ndarray:
    """Smooth noise of any colour and brightness, `[n, side, side, 3]`: no side is up or left, and
    no place is a special one.
    """
    rng = np.random.default_rng(seed)
    frequency = np.fft.fftfreq(side)
    falloff = 1.0 / (0.05 + np.hypot(frequency[:, None], frequency[None]))
    white = rng.normal(size=(n, side, side, 3))
    smooth = np.fft.ifft2(np.fft.fft2(white, axes=(1, 2)) * falloff[..., None], axes=(1, 2)).real
    smooth /= smooth.std()
    level = rng.uniform(70, 180, (n, 1, 1, 3))
    strength = rng.uniform(10, 40, (n, 1, 1, 1))
    return np.clip(level + strength * smooth, 0, 255).astype(np.uint8)


def arrows(n: int, right: np.ndarray, seed: int = 0) -> np.ndarray:
    """Textures with a bright wedge in them, `[n, 24, 24, 3]`, that points right or left."""
    images = textures(n, seed=seed).astype(np.int64)
    rows, columns = np.mgrid[:24, :24]
    wedge = (np.abs(rows - 12) < (20 - columns) / 2) & (columns > 4)
    for image, pointing in zip(images, right, strict=True):
        image[wedge if pointing else wedge[:, ::-1]] += 60
    return np.clip(images, 0, 255).astype(np.uint8)


def test_pictures_without_up_or_left_bear_everything() -> None:
    changes, choices = choose_augmentations(made(textures(300)))
    assert [what for what, _, _ in choices] == NAMES
    assert all(on for _, on, _ in choices)
    assert changes.flip
    assert min(changes.rotation, changes.scale, changes.shift, changes.colour) > 0
    assert all("hardly tell" in why for _, _, why in choices)


def test_drawings_that_stand_still_on_white_bear_nothing(cats: Dataset) -> None:
    """Though the set says that it might be mirrored, each of these cats faces one way."""
    changes, choices = choose_augmentations(replace(cats, flip=True))
    assert changes == Augmentations()
    assert all("out of place" in why for _, _, why in choices)


def test_pictures_that_all_point_one_way_are_not_mirrored() -> None:
    changes, _ = choose_augmentations(made(arrows(300, np.ones(300, bool))))
    assert not changes.flip


def test_pictures_are_not_mirrored_where_labels_tell_left_from_right() -> None:
    """Half of them point left, so that only the labels make a mirrored one wrong."""
    right = np.random.default_rng(1).permutation(np.arange(400) % 2).astype(bool)
    images, labels = arrows(400, right), right.astype(np.int64)[:, None]
    factor = (Factor("points", ("left", "right")),)
    assert choose_augmentations(made(images))[0].flip
    assert not choose_augmentations(made(images, labels, factor))[0].flip


def test_the_data_set_has_the_last_word_on_mirroring() -> None:
    changes, choices = choose_augmentations(replace(made(textures(100)), flip=False))
    assert not changes.flip
    assert choices[0] == ("mirror", False, "a mirrored picture would be wrong in this set")


def test_a_handful_of_pictures_is_only_mirrored() -> None:
    few = made(textures(20))
    assert choose_augmentations(few)[0] == Augmentations(flip=True)
    assert choose_augmentations(replace(few, flip=False))[0] == Augmentations()
    assert all("too few" in why for _, _, why in choose_augmentations(few)[1][1:])


def test_many_pictures_are_only_mirrored() -> None:
    some = textures(1000)
    changes, choices = choose_augmentations(made(np.tile(some, (6, 1, 1, 1))))
    assert changes == Augmentations(flip=True)
    assert all("6,000 pictures need no help" in why for _, _, why in choices[1:])


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_answer(seed: int) -> None:
    pictures = made(textures(80))
    assert choose_augmentations(pictures, seed) == choose_augmentations(pictures, seed)


def test_grey_pictures_are_tested_too() -> None:
    grey = made(textures(120)[..., :1].copy())
    assert choose_augmentations(grey)[0].shift > 0
