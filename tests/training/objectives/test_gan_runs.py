"""Whole runs of a GAN, from options to a file that draws; also killed ones, and of few pictures."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from genimg.checkpoint import load, read_header
from genimg.data import Dataset
from genimg.models import load_model
from genimg.models.gan import GAN, PRESETS
from genimg.training import TrainOptions, train
from genimg.training.loop.state import RunFolder
from tests.training.conftest import MakeOptions

ROOT = Path(__file__).parents[3]
TEXTBOOK = ("dcgan", "conv-gan")
PATIENCE = 240.0  # seconds that the killed process may take on a busy machine


pytestmark = pytest.mark.usefixtures("few_draws")


def quiet(line: str) -> None:
    pass


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "progress.jsonl").read_text().splitlines()]


def drawn(path: Path, n: int = 4, **how: Any) -> tuple[GAN, Tensor]:
    """The model of a finished file, and pictures that it draws."""
    model, _, _ = load_model(path)
    assert isinstance(model, GAN)
    with torch.no_grad():
        return model, model.decode(model.sample_prior(n, torch.Generator().manual_seed(0), **how))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Ten grey pictures in two folders, and one beside them that has no label."""
    rng = np.random.default_rng(0)
    root = tmp_path / "shapes"
    for name in ("dark", "light"):
        (root / name).mkdir(parents=True)
    for i in range(11):
        image = rng.integers(0, 120, (20, 20), dtype=np.uint8) + 120 * (i % 2)
        place = root if i == 10 else root / ("dark", "light")[i % 2]
        Image.fromarray(image.astype(np.uint8), "L").save(place / f"{i}.png")
    yield root


# -- from options to a file


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_trains_saves_and_draws_by_the_same_code(
    preset: str, options: MakeOptions, cats: Dataset
) -> None:
    path = train(
        options(family="gan", preset=preset, images=48, batch_size=16, validate_every=32), quiet
    )
    header = read_header(path)
    assert (header.family, header.trained["preset"]) == ("gan", preset)
    assert (header.trained["steps"], header.trained["images"]) == (3, 48)
    textbook = preset in TEXTBOOK
    names = [factor["name"] for factor in header.data["factors"]]
    assert names == ([] if textbook else [factor.name for factor in cats.factors])
    assert header.directions, "its components at least"
    assert {row["group"] for row in header.directions} <= {"named", "measured", "component"}

    model, pixels = drawn(path)
    assert pixels.shape == (4, 3, 16, 16)
    assert bool(torch.isfinite(pixels).all())
    assert not torch.equal(pixels[0], pixels[1])
    assert len(model.label_sizes) == len(names)
    assert model.prior.means.shape[1] == model.config.latent_dim
    assert torch.equal(drawn(path, temperature=0.7)[1], drawn(path, temperature=0.7)[1])

    first, last = lines(path.parent)
    assert (first["images"], last["images"]) == (32, 48)
    penalised = set() if textbook else {"r1", "r2"}
    assert last.keys() == penalised | {
        "step", "images", "seconds", "speed", "loss", "critic_loss", "generator_loss",
        "real_logit", "fake_logit", "held_out_loss", "held_out_diversity", "held_out_penalty",
        "copies",
    }  # fmt: skip
    [sheet] = (path.parent / "samples").glob("*.png")
    assert Image.open(sheet).size == (4 + 10 * 20, 4 + 2 * 20)


def test_the_model_is_the_moving_average_without_its_critic(options: MakeOptions) -> None:
    path = train(options(family="gan", images=64), quiet)
    state = RunFolder(path.parent).load_state()
    assert state is not None
    _, tensors = load(path)
    for name, tensor in state["ema"].items():
        assert name.startswith("prior.") or torch.equal(tensors[name], tensor), name
    assert not any("critic" in name for name in tensors)
    trained = state["recipe"]["networks"]
    assert trained.keys() == {"model", "critic"}
    name = "synthesis.head.weight"
    assert not torch.equal(trained["model"][name], state["ema"][name])


# -- few pictures


def test_a_small_grey_folder_with_labels_that_are_not_all_known(
    folder: Path, options: MakeOptions, data_cache: Path
) -> None:
    settings = {"family": "gan", "data": f"folder:{folder}", "count": None, "images": 40}
    path = train(options(**settings, validate_every=16), quiet)
    model, pixels = drawn(path, labels=torch.tensor([[0], [1], [0], [-1]]))
    assert model.image_shape == (1, 16, 16)
    assert model.label_sizes == (2,)
    assert pixels.shape == (4, 1, 16, 16)
    assert sum(model.frequencies.tolist()) == pytest.approx(1.0)
    assert all(np.isfinite(line["held_out_diversity"]) for line in lines(path.parent))


def test_a_trained_gan_is_tuned_to_a_folder_of_ones_own(
    tiny_checkpoint: Path, options: MakeOptions, tmp_path: Path, cats: Dataset, data_cache: Path
) -> None:
    """From a VAE to a GAN with labels, and on to eight pictures without any."""
    warm = train(
        options(family="gan", init_from=tiny_checkpoint, images=64, out=tmp_path / "warm"), quiet
    )
    own = tmp_path / "own"
    own.mkdir()
    for i, image in enumerate(cats.split("test").images[:8]):
        Image.fromarray(image).save(own / f"{i}.png")
    settings = {"family": "gan", "data": f"folder:{own}", "count": None, "init_from": warm}
    path = train(options(**settings, images=12, out=tmp_path / "tuned"), quiet)
    model, pixels = drawn(path)
    assert model.label_sizes == ()
    assert model.has_encoder
    assert read_header(path).trained["init_from"] == read_header(warm).name
    assert read_header(path).metrics["psnr"] > 8
    assert bool(torch.isfinite(pixels).all())


# -- killed


def wanted(out: Path, vae: Path) -> TrainOptions:
    """The run that is killed; `command` says the same in a terminal's words."""
    return TrainOptions(
        family="gan", data="cats", size=16, count=400, images=320, seed=3, precision="fp32",
        layout="channels_last", threads=1, device="cpu", validate_every=64, init_from=vae, out=out,
    )  # fmt: skip


def command(out: Path, vae: Path, snapshot_seconds: float) -> list[str]:
    words = "-m genimg train gan --data cats --size 16 --count 400 --images 320 --seed 3"
    words += " --precision fp32 --layout channels_last --threads 1 --device cpu"
    return [
        sys.executable, *words.split(), "--validate-every", "64", "--init-from", str(vae),
        "--out", str(out), "--snapshot-seconds", str(snapshot_seconds),
    ]  # fmt: skip


def test_a_killed_run_ends_as_one_that_was_not_to_the_last_bit(
    tiny_checkpoint: Path, tmp_path: Path, data_cache: Path
) -> None:
    """Started from a VAE, with augmentation: encoder, mixture, both optimizers and every draw."""
    whole = tmp_path / "whole"
    train(wanted(whole, tiny_checkpoint), quiet)
    expected = RunFolder(whole).load_state()
    assert expected is not None
    seconds = expected["clock"]["seconds"]

    out = tmp_path / "run"
    run = RunFolder(out)
    delay = random.uniform(0.0, 0.3 * seconds)
    print(f"killed {delay:.3f} s after the first validation of a run of about {seconds:.1f} s")
    with (tmp_path / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command(out, tiny_checkpoint, seconds / 20), cwd=ROOT, stdout=log, stderr=log,
            env={**os.environ, "OMP_NUM_THREADS": "1", "GENIMG_CACHE": str(data_cache)},
        )  # fmt: skip
        try:
            limit = time.monotonic() + PATIENCE
            while not run.progress.exists():
                assert process.poll() is None, (tmp_path / "log.txt").read_text()
                assert time.monotonic() < limit
                time.sleep(0.002)
            time.sleep(delay)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    state = run.load_state()
    assert state is not None
    assert 0 < state["clock"]["images"] < 320
    assert not run.model.exists()

    said: list[str] = []
    train(wanted(out, tiny_checkpoint), said.append)
    assert any(line.startswith(f"continuing in {out}") for line in said)
    (header, tensors), (whole_header, whole_tensors) = (
        load(place / "model.safetensors") for place in (out, whole)
    )
    assert [k for k, v in whole_tensors.items() if not torch.equal(tensors[k], v)] == []
    assert tensors.keys() == whole_tensors.keys()
    assert (header.id, header.metrics) == (whole_header.id, whole_header.metrics)
    assert header.directions == whole_header.directions
    state = run.load_state()
    assert state is not None
    for name in ("model", "critic"):
        networks = [each["recipe"]["networks"][name] for each in (state, expected)]
        assert all(torch.equal(networks[0][k], v) for k, v in networks[1].items())
    timings = ("seconds", "speed")
    kept = [
        [{k: v for k, v in x.items() if k not in timings} for x in lines(p)] for p in (out, whole)
    ]
    assert kept[0] == kept[1]
    assert [line["images"] for line in kept[0]] == [64, 128, 192, 256, 320]
    sheets = [{p.name: p.read_bytes() for p in (f / "samples").iterdir()} for f in (out, whole)]
    assert sheets[0] == sheets[1]
