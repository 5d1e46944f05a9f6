"""A VAE on the base learns in two phases, goes on exactly, and is finished like any other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from genimg.checkpoint import read_header
from genimg.data import Dataset, Number, load_dataset
from genimg.data.drawn.graphics import draw_graphic
from genimg.editor import Editor
from genimg.errors import ConfigError
from genimg.files import cache_folder
from genimg.models import build_model, find_base, load_base, load_model
from genimg.training import Interrupted, TrainOptions, snapshot, train
from genimg.training.loop.state import RunFolder
from genimg.training.objectives import objective_of
from genimg.training.objectives.base_autoencoder import BaseObjective
from genimg.training.objectives.numbers import NumberTerm
from genimg.training.objectives.objective import Unstable
from genimg.training.objectives.photo_gan import PhotoGANObjective
from genimg.training.objectives.photo_vae import PhotoVAEObjective
from genimg.training.objectives.photograph_guard import PhotographGuard
from genimg.training.objectives.sharpening import SharpeningOptions
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.pictures.batches import Batches
from genimg.training.pictures.coded import CodedPictures, variants_of
from genimg.training.planning.compute import Compute
from tests.training.conftest import MakeOptions, stopping_after

SIDE = 48


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kinds of colour pictures, of 60 pixels."""
    folder = tmp_path_factory.mktemp("pictures")
    for kind in ("one", "two"):
        (folder / kind).mkdir()
        for number in range(20):
            picture = draw_graphic(number + 100 * (kind == "two"), 60)
            picture.save(folder / kind / f"{number}.png")
    return folder


@pytest.fixture
def wanted(options: MakeOptions, place: Path, monkeypatch: pytest.MonkeyPatch) -> TrainOptions:
    """A run of a few steps in each phase: too few to have the colours of its pictures."""
    monkeypatch.setattr(PhotographGuard, "check", lambda self, made, sharpened: None)
    for where in ("photo_vae", "placement"):
        monkeypatch.setattr(f"genimg.training.objectives.{where}.EXPLAINED", -float("inf"))
    soon = SharpeningOptions(alone=16)
    monkeypatch.setattr("genimg.training.objectives.sharpening.SharpeningOptions", lambda: soon)
    return options(
        data=f"folder:{place}", size=SIDE, width=8, latent_dim=6, images=160, batch_size=8,
        count=None, validate_every=64, augment="off",
    )  # fmt: skip


def test_own_photographs_learn_on_the_base_by_themselves(wanted: TrainOptions) -> None:
    """Also after a stop in either phase, and it ends with the same weights, without its pictures
    being encoded anew.
    """
    whole = train(wanted, print)
    coded = set((cache_folder() / "latents").iterdir())
    assert coded
    torn = TrainOptions(**{**vars(wanted), "out": whole.parent.parent / "torn"})
    with stopping_after(32, 64, 152) as stops:
        for _ in range(3):
            with pytest.raises(Interrupted):
                train(torn, print)
        again = train(torn, print)
    assert stops == [32, 64, 152]
    assert set((cache_folder() / "latents").iterdir()) == coded
    header = read_header(whole)
    assert read_header(again).id == header.id
    priors = [load_model(path)[0].prior for path in (whole, again)]
    assert priors[0].flow is not None, "fitted between the phases, and kept"
    draws = [prior.sample(4, torch.Generator().manual_seed(0)) for prior in priors]
    assert torch.equal(*draws)
    assert header.config["architecture"] == header.trained["preset"] == "photo"
    [parent] = header.data["started_from"]
    assert parent["name"] == "photo-base" and "GroceryStoreDataset" in parent["credit"]
    assert header.metrics["psnr"] > header.metrics["psnr_model"] + 3
    lines = RunFolder(torn.out or Path()).progress.read_text()
    assert all(f'"{term}"' in lines for term in ("kl", "pixels", "adversarial", "sharpness"))

    base, model = load_base(find_base())[0], load_model(whole)[0]
    kept = {k.removeprefix("base."): v for k, v in model.state_dict().items() if "base." in k}
    assert all(torch.equal(tensor, kept[name]) for name, tensor in base.state_dict().items())
    editor = Editor.load(whole)
    assert editor.choices == {"folder": ("one", "two")}
    [picture] = editor.decode(*editor.sample(1, labels={"folder": "two"}))
    assert picture.size == (SIDE, SIDE)

    assert snapshot(whole.parent, whole.with_name("snapshot.safetensors")).is_file()


def test_a_run_may_start_from_a_model_on_a_base(wanted: TrainOptions, tmp_path: Path) -> None:
    first = train(TrainOptions(**{**vars(wanted), "images": 32}), print)
    more = TrainOptions(
        **{**vars(wanted), "init_from": first, "images": 32, "out": tmp_path / "more"}
    )
    header = read_header(train(more, print))
    assert header.config == read_header(first).config
    assert [row["name"] for row in header.data["started_from"]] == ["run", "photo-base"]


def test_a_gan_of_photographs_goes_on_from_a_vae_of_them(
    wanted: TrainOptions, tmp_path: Path
) -> None:
    first = train(TrainOptions(**{**vars(wanted), "images": 32}), print)
    gan = {
        **vars(wanted), "family": "gan", "width": None, "latent_dim": None, "images": 32,
        "out": tmp_path / "gan",
    }  # fmt: skip
    whole = train(TrainOptions(**{**gan, "init_from": first}), print)
    before, after = load_model(first)[0], load_model(whole)[0]
    header = read_header(whole)
    assert (header.family, header.trained["preset"]) == ("vae", "photo")
    for name, tensor in before.state_dict().items():
        kept = not name.startswith(("decoder.", "prior."))
        assert torch.equal(tensor, after.state_dict()[name]) or not kept, name
    assert any(
        not torch.equal(tensor, after.state_dict()[name])
        for name, tensor in before.state_dict().items()
        if name.startswith("decoder.")
    )
    editor = Editor.load(whole)
    [picture] = editor.decode(*editor.sample(1, labels={"folder": "two"}))
    assert picture.size == (SIDE, SIDE)

    with pytest.raises(ConfigError, match="goes on from a VAE of photographs: train one first"):
        train(TrainOptions(**{**gan, "preset": "photo", "out": tmp_path / "none"}), print)
    with pytest.raises(ConfigError, match="--freeze is for the other presets of a gan"):
        train(TrainOptions(**{**gan, "preset": "photo", "freeze": 1, "init_from": first}), print)
    implied = {**gan, "gamma": 1.0, "init_from": first, "out": tmp_path / "none"}
    with pytest.raises(ConfigError, match="--gamma is for the other presets of a gan"):
        train(TrainOptions(**implied), print)


def test_a_gan_of_photographs_learns_at_the_rate_that_is_asked_for(options: MakeOptions) -> None:
    model = build_model("vae", (3, SIDE, SIDE), "photo", 6, 0, (), 8)
    asked = options(family="gan", preset="photo", learning_rate=1e-5)
    objective = PhotoGANObjective(model, asked, Compute())
    objective.enter(objective.phase(0.0), 0, None)
    objective.schedule(0.0, 0)
    for name in ("decoder", "critic"):
        assert objective.players[name].optimizer.param_groups[0]["lr"] == pytest.approx(1e-5)


def test_a_number_in_the_place_of_another_is_drawn(options: MakeOptions, cats: Dataset) -> None:
    """The decoder learns to draw what the encoder reads, and the encoder does not learn to read."""
    values = np.random.default_rng(0).normal(size=(len(cats), 2)).astype(np.float32)
    dataset = replace(
        cats, numbers=tuple(Number(name, "", -9, 9) for name in ("age", "smile")), values=values
    )
    model = build_model("vae", (3, SIDE, SIDE), "photo", 6, 0, (), 8)
    objective = PhotoVAEObjective(model, options(preset="photo"), Compute())
    objective.of_numbers = NumberTerm(dataset, 6, "cpu")
    batch = Batches(dataset, 16, seed=0).next(torch.Generator())
    codes = torch.randn(16, 6, generator=torch.Generator().manual_seed(0))
    maps = torch.zeros(16, *model.decoder.noise.shape[1:])
    optimizer = torch.optim.Adam(model.decoder.parameters(), 3e-3)
    missed = []
    for _ in range(60):
        exchanged = objective._exchanged(codes, maps, batch)["exchanged"]
        optimizer.zero_grad()
        exchanged.mean().backward()
        optimizer.step()
        missed.append(float(exchanged.detach().mean()))
    assert exchanged.shape == (16,)
    assert missed[-1] < 0.8 * missed[0]
    assert all(parameter.grad is None for parameter in model.encoder.parameters())
    means = {"pixels": torch.ones(()), "perceptual": torch.ones(()), "adversarial": torch.ones(())}
    with_it = objective.sharpening.decoder_loss({**means, "exchanged": torch.ones(())}, 0)
    without = objective.sharpening.decoder_loss(means, 0)
    assert float(with_it - without) == pytest.approx(objective.sharpening.options.exchanged)
    assert objective._exchanged(codes, maps, batch._replace(values=None)) == {}


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", torch.optim.Adam), ("rmsprop", torch.optim.RMSprop)]
)
def test_all_that_learn_take_the_optimizer_that_is_asked_for(
    options: MakeOptions, name: str, kind: type
) -> None:
    model = build_model("vae", (3, SIDE, SIDE), "photo", 6, 0, (), 8)
    base = build_model("base", (3, 64, 64), "photo", None, 0, (), 8)
    for objective in (
        PhotoVAEObjective(model, options(preset="photo", optimizer=name), Compute()),
        PhotoGANObjective(model, options(family="gan", preset="photo", optimizer=name), Compute()),
        BaseObjective(base, options(family="base", optimizer=name), Compute()),
    ):
        assert "critic" in objective.players
        assert all(type(player.optimizer) is kind for player in objective.players.values())


def test_a_run_of_an_earlier_version_goes_on_with_adam_where_it_took_that(
    options: MakeOptions,
) -> None:
    model = build_model("vae", (3, SIDE, SIDE), "photo", 6, 0, (), 8)
    asked = options(preset="photo", optimizer="rmsprop")
    earlier, now = (PhotoVAEObjective(model, asked, Compute()) for _ in range(2))
    earlier.players |= earlier.sharpening.players(list(model.decoder.parameters()), "adam")
    critic = earlier.players["critic"]
    for parameter in critic.parameters:
        parameter.grad = torch.ones_like(parameter)
    critic.step()
    now.load_state_dict(earlier.state_dict())
    optimizers = {name: player.optimizer for name, player in now.players.items()}
    assert type(optimizers["model"]) is torch.optim.RMSprop
    for name in ("decoder", "critic"):
        assert type(optimizers[name]) is torch.optim.Adam
    kept = critic.optimizer.state_dict()["param_groups"]
    assert optimizers["critic"].state_dict()["param_groups"] == kept
    assert now.players["critic"].step() is not None


def test_a_run_of_an_earlier_version_goes_on_with_its_critic(options: MakeOptions) -> None:
    """Whose heads were rows of layers, and which was told no labels."""
    model = build_model("vae", (3, SIDE, SIDE), "photo", 6, 0, (), 8)
    wanted = options(preset="photo")
    earlier, now = (PhotoVAEObjective(model, wanted, Compute()) for _ in range(2))
    state = earlier.state_dict()
    critic = state["networks"]["critic"]
    for head in earlier.sharpening.critic.heads:
        torch.nn.init.ones_(head.real.bias)  # type: ignore[union-attr, arg-type]
    for head, last in enumerate((5, 2, 2)):
        row = f"heads.{head}."
        names = {n: n.replace(f"{row}layers.", row).replace("real", str(last)) for n in critic}
        critic = {names[n] if n.startswith(row) else n: tensor for n, tensor in critic.items()}
    state["networks"]["critic"] = critic

    now._meet_critic((2, 3))  # of pictures with labels
    now.load_state_dict(state)
    found, kept = (each.sharpening.critic.state_dict() for each in (now, earlier))
    assert found.keys() == kept.keys() and not any("fitting" in name for name in found)
    assert all(torch.equal(found[name], tensor) for name, tensor in kept.items())
    assert now.players["critic"].parameters == list(now.sharpening.critic.parameters())

    now.load_state_dict(now.state_dict())
    assert found.keys() == now.sharpening.critic.state_dict().keys()


def test_grey_pictures_are_refused(options: MakeOptions) -> None:
    with pytest.raises(ConfigError, match="are grey"):
        dataset = load_dataset("cats", size=16, count=8)
        grey = type(dataset)(**{**vars(dataset), "images": dataset.images[..., :1]})
        PhotoVAEObjective.training_data(options(preset="photo"), grey)


def test_a_preset_has_its_objective() -> None:
    assert objective_of("vae", "photo") is PhotoVAEObjective
    assert objective_of("gan", "photo") is PhotoGANObjective
    assert objective_of("vae", None) is objective_of("vae", "residual") is not PhotoVAEObjective


# -- pictures as latents


@torch.no_grad()
def test_pictures_stand_ready_as_the_latents_of_the_base(place: Path, data_cache: Path) -> None:
    dataset = load_dataset(f"folder:{place}", size=SIDE)
    base = load_base(find_base())[0]
    flip = Augmentations(flip=True)
    coded = CodedPictures(dataset, base, flip, 0, base.encode, lambda pixels: pixels)
    rows = dataset.splits["train"]
    assert coded.levels.shape == (2, len(rows), 32, SIDE // 8, SIDE // 8)
    rng = torch.Generator().manual_seed(0)
    chosen = rows[[3, 1, 7]]
    read = coded.read(chosen, slice(0, 3), rng)
    pixels = torch.from_numpy(np.asarray(dataset.images[chosen])).permute(0, 3, 1, 2) / 127.5 - 1
    plain, mirrored = base.encode(pixels), base.encode(pixels.flip(3))
    for i, found in enumerate(read):
        nearest = min(float((found - other[i]).abs().max()) for other in (plain, mirrored))
        assert nearest < 3 / 128  # one level
    assert torch.equal(coded.some(1, 2), coded.some(0, 4)[1:2])

    def never(pixels: Tensor) -> Tensor:
        raise AssertionError("they are in the cache")

    again = CodedPictures(dataset, base, flip, 0, never, lambda pixels: pixels)
    assert np.array_equal(again.levels, coded.levels)


@pytest.mark.parametrize(
    ("count", "changes", "variants"),
    [
        (500, Augmentations(), 1),
        (500, Augmentations(flip=True), 2),
        (10_000, Augmentations(flip=True, colour=0.1), 2),
        (1_000, Augmentations(colour=0.1), 6),
        (20, Augmentations(shift=0.1), 16),
    ],
)
def test_few_pictures_are_encoded_in_more_variants(
    count: int, changes: Augmentations, variants: int
) -> None:
    assert variants_of(count, changes) == variants


# -- the guard


def photographs(count: int = 64) -> Tensor:
    """Smooth pictures of all colours with some grain, `[N, 3, 64, 64]`."""
    rng = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, 3, 5, 5, generator=rng) * 1.6 - 0.8
    smooth = torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic")
    return smooth + 0.05 * torch.randn(count, 3, 64, 64, generator=rng)


def test_the_guard_lets_photographs_pass_and_knows_how_sharp_they_are() -> None:
    real = photographs()
    guard = PhotographGuard(real)
    guard.check(real.flip(3))
    assert guard.sharpness(real) == pytest.approx(1.0)
    blurred = torch.nn.functional.avg_pool2d(real, 5, 1, 2)
    assert guard.sharpness(blurred) < 0.6
    guard.check(blurred)


@pytest.mark.parametrize("period", [16, 8, 4, 2])
def test_the_guard_sees_a_lattice(period: int) -> None:
    real = photographs()
    wave = torch.cos(torch.arange(64) * 2 * torch.pi / period)
    for pattern in (wave[None, :], wave[:, None]):
        with pytest.raises(Unstable, match="lattice"):
            PhotographGuard(real).check(real + 0.5 * pattern)
        PhotographGuard(real).check(real + 0.5 * pattern, sharpened=0.4)  # it may go by itself


def test_the_guard_sees_colours_that_drift() -> None:
    real = photographs()
    guard = PhotographGuard(real)
    for made in (
        real + torch.tensor([0.3, 0.0, 0.0]).view(3, 1, 1),
        real.mean(dim=(0, 2, 3), keepdim=True)
        + 0.2 * (real - real.mean(dim=(0, 2, 3), keepdim=True)),
    ):
        with pytest.raises(Unstable, match="colours"):
            guard.check(made, sharpened=0.0)


def test_a_picture_of_a_sheet_is_one(wanted: TrainOptions) -> None:
    train(TrainOptions(**{**vars(wanted), "images": 32}), print)
    sheets = sorted(RunFolder(wanted.out or Path()).samples.glob("*.png"))
    with Image.open(sheets[-1]) as sheet:
        assert sheet.width > 4 * SIDE and sheet.height > 3 * SIDE
