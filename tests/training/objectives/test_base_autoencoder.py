"""The base learns in three phases, goes on exactly, and is finished with sliders that work."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from genimg.checkpoint import read_header
from genimg.data import Dataset, load_dataset
from genimg.data.drawn.graphics import draw_graphic
from genimg.errors import ConfigError
from genimg.latents.adjustments import ADJUSTMENTS
from genimg.models import build_model, load_any_model
from genimg.models.autoencoder import Autoencoder
from genimg.training import Interrupted, TrainOptions, snapshot, train
from genimg.training.finishing.base_autoencoder import (
    _adjustable,
    fit_generator,
    fit_maps,
    measure_base,
)
from genimg.training.loop.state import RunFolder
from genimg.training.loop.step import take_step
from genimg.training.objectives import check_options
from genimg.training.objectives.base_autoencoder import BaseObjective
from genimg.training.pictures.batches import Batch
from genimg.training.planning.compute import Compute
from tests.training.conftest import stopping_after

MakeOptions = Callable[..., TrainOptions]


@pytest.fixture
def wanted(options: MakeOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainOptions:
    """A run of twelve steps on a few pictures, with all three phases."""
    place = tmp_path / "pictures"
    place.mkdir()
    for number in range(24):
        draw_graphic(number, 160).save(place / f"{number}.png")
    for name in ("FITTED", "CHECKED", "MEASURED"):
        monkeypatch.setattr(f"genimg.training.finishing.base_autoencoder.{name}", 16)
    return options(
        family="base", data=f"folder:{place}", size=32, width=8, images=96, batch_size=8,
        count=None, validate_every=32, credit="Drawn by genimg",
    )  # fmt: skip


def test_a_run_is_the_same_after_every_stop(wanted: TrainOptions, tmp_path: Path) -> None:
    """Stopped in each of its phases, with the critic in the last, it ends with the same weights."""
    whole = train(wanted, print)
    torn = TrainOptions(**{**vars(wanted), "out": tmp_path / "torn", "snapshot_seconds": 0.0})
    with stopping_after(24, 80, 88) as stops:
        for _ in range(3):
            with pytest.raises(Interrupted):
                train(torn, print)
        again = train(torn, print)
    assert stops == [24, 80, 88]
    assert read_header(again).id == read_header(whole).id
    terms = RunFolder(tmp_path / "torn").progress.read_text()
    assert '"perceptual"' in terms and '"adversarial"' in terms and '"critic"' in terms


def test_the_file_opens_with_sliders_and_credits(wanted: TrainOptions) -> None:
    path = train(wanted, print)
    model, header, tensors = load_any_model(path)
    assert isinstance(model, Autoencoder)
    assert {row["name"] for row in header.directions} == set(ADJUSTMENTS)
    assert tensors["directions.maps"].shape == (len(ADJUSTMENTS), 32, 33)
    assert header.metrics["psnr"] > 5 and header.data["credit"] == "Drawn by genimg"
    target = path.parent / "snapshot.safetensors"
    assert snapshot(path.parent, target) == target


def test_only_a_base_learns_from_several_sets(options: MakeOptions) -> None:
    with pytest.raises(ConfigError, match="one data set"):
        check_options(options(mixed_with=("mnist",)))


def _graphics(cache: Path) -> Dataset:
    return load_dataset("graphics", size=32, count=64, cache=cache)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[BaseObjective, Dataset]:
    """A narrow base after 60 steps on graphics, its perceptual loss and critic at work in some."""
    torch.set_num_threads(1)
    dataset = _graphics(tmp_path_factory.mktemp("cache"))
    model = build_model("base", (3, 32, 32), seed=0, width=8)
    objective = BaseObjective(model, TrainOptions(family="base", width=8), Compute())  # type: ignore[arg-type]
    rng = torch.Generator().manual_seed(0)
    pixels = torch.from_numpy(np.array(dataset.images[:16])).permute(0, 3, 1, 2) / 127.5 - 1
    batch = Batch(pixels, torch.zeros(16, 0, dtype=torch.int64))
    objective.errors = []  # type: ignore[attr-defined]
    for step in range(60):
        objective.schedule(0.3 if step < 55 else 0.95, 10**6)
        terms = take_step(objective, batch, rng)
        objective.errors.append(float(terms["error"]))  # type: ignore[attr-defined]
    objective.last = terms  # type: ignore[attr-defined]
    return objective, dataset


def test_it_learns_and_each_phase_adds_a_term(taught: tuple[BaseObjective, Dataset]) -> None:
    objective, _ = taught
    errors = objective.errors  # type: ignore[attr-defined]
    assert np.mean(errors[-5:]) < 0.7 * errors[0]
    last = objective.last  # type: ignore[attr-defined]
    assert {"error", "perceptual", "adversarial", "critic", "loss"} <= set(last)
    total = last["error"] + objective.options.squared * last["squared"]
    total = total + objective.options.perceptual * last["perceptual"]
    total = total + objective.options.adversarial * last["adversarial"]
    torch.testing.assert_close(total, last["loss"])


def test_the_critic_learns_to_tell_made_from_real(taught: tuple[BaseObjective, Dataset]) -> None:
    objective, dataset = taught
    pixels = torch.from_numpy(np.array(dataset.images[:8])).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        real = objective.features.taps(pixels, 8)
        fake = objective.features.taps(objective.model.decode(objective.model.encode(pixels)), 8)
    player, losses = objective.players["critic"], []
    for _ in range(30):
        loss = objective.critic_terms(real, fake)["critic"]
        player.optimizer.zero_grad()
        loss.backward()
        player.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.05


def test_a_generator_is_found_again() -> None:
    rng = torch.Generator().manual_seed(0)
    latents, true = torch.randn(3, 4, 8, 8, generator=rng), torch.randn(4, 5, generator=rng)
    steps = torch.einsum("dc,nchw->ndhw", true[:, :4], latents) + true[:, 4, None, None]
    torch.testing.assert_close(fit_generator(latents, steps), true, rtol=0.02, atol=0.02)


@torch.no_grad()
def test_sliders_are_sorted_by_what_they_do(
    taught: tuple[BaseObjective, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    objective, dataset = taught
    for name in ("FITTED", "CHECKED"):
        monkeypatch.setattr(f"genimg.training.finishing.base_autoencoder.{name}", 32)
    maps = fit_maps(objective.model.eval(), dataset)
    reliabilities = [one.reliability for one in maps]
    assert reliabilities == sorted(reliabilities, reverse=True)
    assert reliabilities[0] > 0.3  # even after a few steps
    numbers = measure_base(objective.model, np.array(dataset.images[:8]))
    assert numbers["count"] == 8 and 0 <= numbers["colour_shift"] < 128


def test_sliders_are_told_from_tiles_that_can_be_adjusted() -> None:
    rng = np.random.default_rng(0)
    photographs = rng.integers(20, 230, (40, 8, 8, 3), dtype=np.uint8)
    drawn = photographs.copy()
    for row, picture in enumerate(drawn):  # the further back, the whiter
        picture[: 1 + row // 8] = 255
    chosen = _adjustable(np.concatenate([drawn, photographs]), 10)
    assert len(chosen) == 10 and chosen.max() < 230
    least = _adjustable(drawn, 5)
    assert len(least) == 5 and ((least == 255).mean(axis=(1, 2, 3)) <= 1 / 8).all()
    assert len(_adjustable(drawn[:3], 5)) == 3
