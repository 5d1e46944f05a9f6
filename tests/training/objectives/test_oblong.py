"""Pictures that are no squares: learned on the base, rebuilt, drawn, edited, saved and restored."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg.checkpoint import read_header
from genimg.cli.options import size as read_size
from genimg.data import load_dataset
from genimg.data.drawn.graphics import draw_graphic
from genimg.editor import Editor, Recipe
from genimg.errors import ConfigError, DataError
from genimg.evaluation.evaluate import evaluate
from genimg.images import fit_image
from genimg.metrics import psnr
from genimg.models.photo_vae import fits_base, photo_config
from genimg.training import TrainOptions, train
from genimg.training.objectives.photograph_guard import PhotographGuard
from genimg.training.objectives.sharpening import SharpeningOptions
from genimg.training.pictures.augmentations import Augmentations, apply
from genimg.training.run import default_out
from tests.training.conftest import MakeOptions

SHAPE = (48, 64)
"""Height and width."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Colour pictures, wider than the model's."""
    folder = tmp_path_factory.mktemp("wide")
    for number in range(40):
        fit_image(draw_graphic(number, 120), (3, 60, 120)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def wanted(options: MakeOptions, place: Path, monkeypatch: pytest.MonkeyPatch) -> TrainOptions:
    monkeypatch.setattr(PhotographGuard, "check", lambda self, made, sharpened: None)
    soon = SharpeningOptions(alone=16)
    monkeypatch.setattr("genimg.training.objectives.sharpening.SharpeningOptions", lambda: soon)
    return options(
        data=f"folder:{place}", size=SHAPE, width=8, latent_dim=6, images=96, batch_size=8,
        count=None, validate_every=48, augment="on",
    )  # fmt: skip


def test_from_a_folder_to_edits_of_a_whole_photograph(wanted: TrainOptions, place: Path) -> None:
    path = train(wanted, print)
    header = read_header(path)
    assert header.image_shape == (3, *SHAPE)
    assert header.trained["preset"] == "photo"  # chosen, as nothing else learns them
    scores = evaluate(path, data=wanted.data)
    assert scores["psnr"] > scores["psnr_model"]

    editor = Editor.load(path, "cpu")
    [drawn] = editor.decode(*editor.sample(1, seed=3))
    assert drawn.size == SHAPE[::-1]
    photograph = draw_graphic(77, 300).resize((300, 200))
    shown = editor.fit(photograph, focus=(0.2, 0.5), zoom=1.5)
    assert shown.size == SHAPE[::-1]
    latent = editor.encode(shown)
    assert latent.details is not None and latent.details.z.shape[1:] == (6, 8)
    [kept] = editor.decode(latent)
    assert psnr(np.asarray(shown), np.asarray(kept)) > scores["psnr_model"]

    name = editor.directions[0].name
    recipe = Recipe.of(latent, {name: 2.0})
    [edited] = editor.decode(editor.edited(recipe))
    again = editor.open_picture(io.BytesIO(editor.save_picture(recipe)))
    [restored] = editor.decode(editor.edited(again))
    assert restored.tobytes() == edited.tobytes()
    whole = editor.apply_to(photograph, recipe, focus=(0.2, 0.5), zoom=1.5)
    assert whole.size == photograph.size
    untouched = np.asarray(whole)[:, 250:]  # beyond the crop, which is 178 pixels wide
    assert np.array_equal(untouched, np.asarray(photograph)[:, 250:])

    dataset = load_dataset(wanted.data, size=SHAPE)
    assert default_out(TrainOptions(data=wanted.data), dataset).name.endswith("-48x64-vae")


def test_folders_are_cut_to_the_shape_and_other_sets_are_squares(place: Path) -> None:
    dataset = load_dataset(f"folder:{place}", size=SHAPE)
    assert dataset.image_shape == (3, *SHAPE)
    assert load_dataset(f"folder:{place}", size=(48, 48)).image_shape == (3, 48, 48)
    with pytest.raises(DataError, match="are squares: ask for one side, not 48x64"):
        load_dataset("cats", size=SHAPE)
    with pytest.raises(DataError, match=r"too small"):
        load_dataset(f"folder:{place}", size=(256, 64))  # they are 60 pixels high


@pytest.mark.parametrize("preset", ["residual", "dense"])
def test_other_networks_say_that_they_learn_squares(wanted: TrainOptions, preset: str) -> None:
    with pytest.raises(ConfigError, match=r"must be square.*--preset photo"):
        train(TrainOptions(**{**vars(wanted), "preset": preset}), print)


def test_a_gan_says_that_it_learns_squares(wanted: TrainOptions) -> None:
    with pytest.raises(ConfigError, match=r"must be square.*--preset photo"):
        train(TrainOptions(**{**vars(wanted), "family": "gan"}), print)


@pytest.mark.parametrize(
    ("shape", "coarsest"),
    [((128, 192), (4, 6)), ((192, 128), (6, 4)), ((96, 128), (6, 8)), ((48, 96), (6, 12))],
)
def test_the_shorter_side_is_halved_to_a_few_places(
    shape: tuple[int, int], coarsest: tuple[int, int]
) -> None:
    assert fits_base(*shape)
    assert photo_config((3, *shape)).coarsest == coarsest


def test_a_shape_that_does_not_fit_is_refused_with_the_nearest_that_does() -> None:
    with pytest.raises(ConfigError, match=r"--size 120x200 do not fit .* --size 128x192"):
        photo_config((3, 120, 200))
    assert not fits_base(48, 256)
    with pytest.raises(ConfigError, match="use 48, 64, 96"):
        photo_config((3, 72, 72))


def test_a_size_is_typed_as_height_and_width() -> None:
    assert [read_size(text) for text in ("128", "128x192", "96X96")] == [128, (128, 192), 96]
    for wrong in ("12x", "x", "1x2x3", "0x8", "wide"):
        with pytest.raises(argparse.ArgumentTypeError):
            read_size(wrong)


def test_a_turn_of_a_rectangle_is_a_turn() -> None:
    """Its middle is turned as a square is."""
    rng = torch.Generator().manual_seed(0)
    wide = torch.rand(1, 3, 64, 128, generator=rng) * 2 - 1
    changes = Augmentations(rotation=30.0, scale=0.1)
    drawn = changes.draw(1, rng)._replace(place=changes.place(torch.tensor([[1.0, -1.0, 0, 0]])))
    turned = apply(wide, drawn)[..., 32:96]
    square = apply(wide[..., 32:96].clone(), drawn)
    at = torch.arange(64) - 31.5
    middle = at[:, None].hypot(at[None, :]) < 27  # what comes from beyond the square is another's
    assert torch.allclose(turned[..., middle], square[..., middle], atol=1e-4)
    assert not torch.allclose(turned[..., middle], wide[..., 32:96][..., middle], atol=0.1)


def test_a_picture_file_of_another_shape_is_cropped_to_it(place: Path) -> None:
    with Image.open(place / "0.png") as image:
        wide = np.asarray(image)
    dataset = load_dataset(f"folder:{place}", size=(60, 80))
    middle = wide[:, 20:100]
    assert any(np.array_equal(middle, each) for each in dataset.images)
