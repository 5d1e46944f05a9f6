"""Two processes train what one would: the same weights, sheets and decisions, and one voice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from genimg.checkpoint import load
from genimg.errors import ConfigError, TrainingError
from genimg.training import TrainOptions, train
from genimg.training.distributed.processes import ALONE, World, join
from genimg.training.distributed.shared_layers import (
    Part,
    SharedBatchNorm,
    SharedDropout,
    share_layers,
)
from genimg.training.loop.state import RunFolder
from genimg.training.pictures.batches import Batches
from tests.training.distributed import together
from tests.training.distributed.together import BATCH, KINDS, LEFT, STEPS
from tests.training.pictures.test_batches import numbered, seeded

ROOT = Path(__file__).parents[3]
PATIENCE = 150.0  # seconds that anything here may take on a busy machine
TIMINGS = ("seconds", "speed")


@pytest.fixture(scope="module")
def alone(data_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process makes of each kind."""
    out = tmp_path_factory.mktemp("alone")
    together.each_kind(out, ALONE)
    return out


@pytest.fixture(scope="module")
def two(data_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """What two processes make of all scenes, and the exit codes and seconds of each scene."""
    out = tmp_path_factory.mktemp("two")
    together.leave_halfway(out, ALONE)
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.distributed.together", str(out), *together.SCENES],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1", "GENIMG_CACHE": str(data_cache)},
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def said(out: Path, scene: str, rank: int) -> str:
    return (out / f"{scene} {rank}.txt").read_text()


def weights(folder: Path) -> dict[str, Tensor]:
    """All trained weights of a run, and its average."""
    state = RunFolder(folder).load_state()
    assert state is not None
    networks = {**state["recipe"]["networks"], "average": state["ema"]}
    return {
        f"{name}.{key}": value.double()
        for name, network in networks.items()
        for key, value in network.items()
        if not key.startswith("prior.")
    }


def assert_as_near_as_floats_are(folder: Path, expected: Path, kind: str) -> None:
    """The way that the weights have gone is the same to four digits."""
    start = together.trainer(kind, folder / "start", ALONE)
    before = {
        f"{name}.{key}": value.double()
        for name, network in start.objective.networks().items()
        for key, value in network.state_dict().items()
    }
    now, then = weights(folder), weights(expected)
    assert now.keys() == then.keys()
    for network in ("model", "critic"):
        names = [name for name in now if name.startswith(f"{network}.")]
        if names:
            way, apart = (
                torch.cat([(a[name] - b[name]).flatten() for name in names]).norm()
                for a, b in ((then, before), (now, then))
            )
            assert float(apart / way) < 1e-4, (kind, network)
    for name in now:
        torch.testing.assert_close(now[name], then[name], rtol=1e-4, atol=1e-4, msg=name)


def lines(folder: Path) -> list[dict[str, float]]:
    read = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in TIMINGS} for line in read]


# -- two are as one


def test_the_scene_went_well(two: tuple[Path, dict[str, Any]]) -> None:
    out, results = two
    assert results["well"]["codes"] == [0, 0], said(out, "well", 0) + said(out, "well", 1)
    assert results["spoiled"]["codes"] == [0, 0], said(out, "spoiled", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_learn_what_one_does(
    kind: str, alone: Path, two: tuple[Path, dict[str, Any]]
) -> None:
    """With shards of 6 and 7 pictures, and changes, noise, labels and dropout drawn at random."""
    out = two[0]
    assert_as_near_as_floats_are(out / kind, alone / kind, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_is_of_the_whole_batch(
    kind: str, alone: Path, two: tuple[Path, dict[str, Any]]
) -> None:
    told, expected = lines(two[0] / kind), lines(alone / kind)
    assert [line["images"] for line in told] == [2 * BATCH, STEPS * BATCH]
    for now, then in zip(told, expected, strict=True):
        assert now.keys() == then.keys()
        assert now == pytest.approx(then, rel=1e-3, abs=1e-4)


def test_the_generators_end_where_one_alone_would(
    alone: Path, two: tuple[Path, dict[str, Any]]
) -> None:
    for kind in KINDS:
        ours, theirs = (RunFolder(out / kind).load_state() for out in (two[0], alone))
        assert ours is not None
        assert theirs is not None
        assert torch.equal(ours["rng"], theirs["rng"]), kind
        assert torch.equal(ours["global_rng"][0], theirs["global_rng"][0]), kind
        assert ours["batches"] == theirs["batches"]


def test_sample_sheets_are_the_same(alone: Path, two: tuple[Path, dict[str, Any]]) -> None:
    """To the rounding of a byte; drawn by one process, of the same pictures and seeds."""
    compared = 0
    for kind in KINDS:
        for sheet in (alone / kind / "samples").glob("*.png"):
            pair = [
                np.asarray(Image.open(out / kind / "samples" / sheet.name), dtype=np.int64)
                for out in (alone, two[0])
            ]
            assert np.abs(pair[0] - pair[1]).max() <= 1, kind
            compared += 1
    assert compared == len(KINDS) - 1, "each but the classifier has one, at its end"


@pytest.mark.parametrize("kind", LEFT)
def test_two_go_on_with_what_one_left(
    kind: str, alone: Path, two: tuple[Path, dict[str, Any]]
) -> None:
    assert_as_near_as_floats_are(two[0] / f"left {kind}", alone / kind, kind)


@pytest.mark.parametrize("kind", LEFT)
def test_one_goes_on_with_what_two_left(
    kind: str, alone: Path, two: tuple[Path, dict[str, Any]]
) -> None:
    """They stopped together when a file asked for it, after their first step."""
    folder = two[0] / "for one" / f"left {kind}"
    state = RunFolder(folder).load_state()
    assert state is not None
    assert state["clock"]["step"] == 1
    RunFolder(folder).stop.unlink()
    going_on = together.trainer(kind, folder, ALONE)
    going_on.load_state_dict(state)
    together.run(going_on)
    assert_as_near_as_floats_are(folder, alone / kind, kind)


@pytest.mark.parametrize("kind", ["gan", "vae"])
def test_two_go_back_together_when_numbers_go_bad(
    kind: str, two: tuple[Path, dict[str, Any]]
) -> None:
    folder = two[0] / f"spoiled {kind}"
    told = lines(folder)
    [restart] = [line for line in told if "restart" in line]
    assert (restart["images"], restart["restart"]) == (2 * BATCH, 1)
    assert told[-1]["images"] == 6 * BATCH
    assert all(bool(torch.isfinite(value).all()) for value in weights(folder).values())


# -- one voice, and no endless waiting


def test_a_failure_of_one_ends_both_with_its_message(two: tuple[Path, dict[str, Any]]) -> None:
    out, results = two
    assert results["first fails"]["codes"] == [2, 2]
    assert results["second fails"]["codes"] == [2, 2]
    assert max(results[name]["seconds"] for name in ("first fails", "second fails")) < 60
    assert "told: the third step was too much" in said(out, "first fails", 0)
    expected = "told: process 1 of 2 has failed: the third step was too much"
    assert expected in said(out, "second fails", 0)


def test_a_process_that_is_killed_ends_the_other_with_a_message(
    two: tuple[Path, dict[str, Any]],
) -> None:
    out, results = two
    assert results["second is killed"]["codes"] == [2, -9]
    assert results["second is killed"]["seconds"] < 60
    assert "told: another process is gone" in said(out, "second is killed", 0)


def test_a_process_is_waited_for_only_as_long_as_it_is_there(
    two: tuple[Path, dict[str, Any]],
) -> None:
    out, results = two
    assert results["second cannot read"]["codes"] == [2, 2]
    told = said(out, "second cannot read", 0)
    assert "told: process 1 of 2 has failed: its pictures cannot be read" in told


def test_one_prepares_for_both_and_may_go_on_alone(two: tuple[Path, dict[str, Any]]) -> None:
    out, results = two
    assert results["in order"]["codes"] == [2, 0]
    assert "told: process 0 alone had work left" in said(out, "in order", 0)


def test_the_second_process_says_nothing(two: tuple[Path, dict[str, Any]]) -> None:
    for scene in together.SCENES:
        assert said(two[0], scene, 1) == "", scene


def test_torchrun_starts_the_same_command(data_cache: Path, tmp_path: Path) -> None:
    """Both prepare, plan and train, and one speaks, writes, and finishes the model; which one
    process alone goes on with, when it is given more time.
    """
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = "-m genimg train classifier --data cats --size 16 --count 400 --images 256"
    words += " --seed 3 --precision fp32 --layout channels_last --threads 1 --device cpu"
    done = subprocess.run(
        [sys.executable, *torchrun, *words.split(), "--out", tmp_path / "run"], cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "GENIMG_CACHE": str(data_cache)},
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the model is ") == done.stdout.count("pictures to train on") == 1
    status = RunFolder(tmp_path / "run").status()
    assert status is not None
    assert (status.phase, status.images) == ("finished", 256)
    header, _ = load(tmp_path / "run" / "model.safetensors")
    assert (header.trained["steps"], header.trained["batch_size"]) == (4, 64), "32 for each"

    heard: list[str] = []
    longer = TrainOptions(
        family="classifier", data="cats", size=16, count=400, images=320, seed=3, precision="fp32",
        layout="channels_last", threads=1, device="cpu", out=tmp_path / "run",
    )  # fmt: skip
    train(longer, heard.append)
    assert any(line.startswith("continuing in") for line in heard)
    header, _ = load(tmp_path / "run" / "model.safetensors")
    assert (header.trained["steps"], header.trained["batch_size"]) == (5, 64)
    assert [line["images"] for line in lines(tmp_path / "run")] == [256, 320]


# -- the parts


@pytest.mark.parametrize(("count", "size"), [(32, 3), (7, 7), (128, 8), (13, 2), (5, 4)])
def test_shards_cover_a_batch_once_and_are_about_as_large(count: int, size: int) -> None:
    shards = [World(rank, size).rows(count) for rank in range(size)]
    assert [row for shard in shards for row in range(count)[shard]] == list(range(count))
    sizes = [shard.stop - shard.start for shard in shards]
    assert max(sizes) - min(sizes) <= 1


def test_each_process_reads_its_own_rows_of_the_same_batch() -> None:
    whole = Batches(numbered(flip=True), 8, seed=1).next(seeded())
    parts = [
        Batches(numbered(flip=True), 8, seed=1, world=World(rank, 3)).next(seeded())
        for rank in range(3)
    ]
    assert [len(part.pixels) for part in parts] == [2, 3, 3]
    assert torch.equal(torch.cat([part.pixels for part in parts]), whole.pixels)
    for part in parts:
        assert torch.equal(part.labels, whole.labels)
        assert torch.equal(part.pixels, whole.pixels[part.rows])


def test_too_few_pictures_for_the_processes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"3 pictures in a step are too few for 4 processes"):
        Batches(numbered(), 3, seed=0, world=World(0, 4))


def test_a_network_keeps_its_names_and_its_answers_when_layers_are_shared() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.3), nn.Flatten(), nn.BatchNorm1d(144)
    )
    pixels = torch.randn(10, 3, 8, 8)
    part = Part(10, slice(0, 10))
    torch.manual_seed(1)
    expected = network(pixels)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    shared = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.3), nn.Flatten(), nn.BatchNorm1d(144)
    )
    shared[0].load_state_dict(network[0].state_dict())
    parameters = list(shared.parameters())
    share_layers(shared, ALONE, part)
    assert isinstance(shared[1], SharedBatchNorm)
    assert isinstance(shared[2], SharedDropout)
    assert all(a is b for a, b in zip(shared.parameters(), parameters, strict=True))
    torch.manual_seed(1)
    torch.testing.assert_close(shared(pixels), expected)
    assert list(shared.state_dict()) == list(state)
    for name, value in shared.state_dict().items():
        torch.testing.assert_close(value, state[name], msg=name)
    torch.testing.assert_close(shared.eval()(pixels), network.eval()(pixels))


@pytest.mark.parametrize(
    "environment",
    [
        {"RANK": "2", "WORLD_SIZE": "2"},
        {"RANK": "one", "WORLD_SIZE": "2"},
        {"RANK": "0", "WORLD_SIZE": "0"},
        {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "1"},
    ],
)
def test_an_impossible_environment_is_refused(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TrainingError, match="impossible process"):
        World.from_environment()


def test_without_torchrun_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with join("cpu") as world:
        assert world == ALONE
        assert world.main
        assert world.device("cuda") == "cuda"
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    with join("cpu") as world:
        assert world == World(0, 1)
    assert World(3, 16, 1, 8).device("cuda") == "cuda:1"
