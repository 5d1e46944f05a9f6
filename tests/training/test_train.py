"""`train` from options to a finished file: what it writes, and what it refuses to write over."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor
from genimg.checkpoint import load, read_header
from genimg.data import Dataset
from genimg.errors import CheckpointError, ConfigError, DataError, TrainingError
from genimg.models import load_model, model_digest
from genimg.training import TrainOptions, default_out, train
from genimg.training.loop.state import RunFolder
from tests.training.conftest import MakeOptions


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """When each file was last written, and what it holds."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (".lock", "status.json")
    }


def quiet(line: str) -> None:
    pass


# -- what a run writes


def test_a_run_writes_what_it_promises_and_nothing_else(tiny_run: Path) -> None:
    names = {str(path.relative_to(tiny_run)) for path in tiny_run.rglob("*") if path.is_file()}
    sheets = {name for name in names if name.startswith("samples")}
    assert names - sheets == {
        ".lock",
        "progress.jsonl",
        "state/state.pt",
        "state/good.pt",
        "model.safetensors",
        "run.json",
        "status.json",
    }
    assert len(sheets) == 12


def test_progress_is_one_json_object_a_line(tiny_run: Path) -> None:
    lines = [json.loads(line) for line in (tiny_run / "progress.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [2528, 4800], "early, and at the end"
    values = lines[-1]
    assert (values["images"], values["step"]) == (4800, 150)
    assert values.keys() >= {"seconds", "speed", "loss", "mse", "kl", "held_out_loss"}
    assert values["held_out_psnr"] > 12
    assert values["seconds"] > 0


def test_sheets_show_the_same_held_out_pictures_above_what_is_made_of_them(
    tiny_run: Path, tiny_checkpoint: Path, cats: Dataset
) -> None:
    held_out = [Image.fromarray(image) for image in cats.split("validation").images[:10]]

    def rows(path: Path) -> tuple[list[Image.Image], list[Image.Image]]:
        sheet = Image.open(path).convert("RGB")
        assert sheet.size == (4 + 10 * 20, 4 + 3 * 20)
        return tuple(  # type: ignore[return-value]
            [sheet.crop((4 + 20 * i, top, 20 + 20 * i, top + 16)) for i in range(10)]
            for top in (4, 24)
        )

    sheets = [rows(path) for path in sorted((tiny_run / "samples").glob("*.png"))]
    for originals, _ in sheets:
        assert all(map(np.array_equal, originals, held_out))
    first, last = sheets[0][1], sheets[-1][1]
    assert not any(map(np.array_equal, first, last)), "the model learns"

    editor = Editor.load(tiny_checkpoint, "cpu")
    made = editor.decode(*map(editor.encode, held_out))
    for shown, image in zip(last, made, strict=True):
        difference = np.asarray(shown).astype(int) - np.asarray(image).astype(int)
        assert np.abs(difference).max() <= 1, "the finished model is what the sheet shows"


def test_the_header_says_how_it_was_trained_and_from_what(tiny_run: Path, cats: Dataset) -> None:
    header = read_header(tiny_run / "model.safetensors")
    assert header.name == "tiny-cats"
    assert header.trained["budget"] == {"images": 4800}
    assert (header.trained["images"], header.trained["steps"]) == (4800, 150)
    assert (header.trained["seed"], header.trained["batch_size"]) == (1, 32)
    assert header.trained["compute"] == "cpu, fp32, channels_last, 1 thread"
    assert header.data["name"] == "cats"
    for part in ("title", "licence", "credit", "description"):
        assert header.data[part] == getattr(cats.card, part)


def test_the_model_is_the_moving_average_and_the_state_has_both(tiny_run: Path) -> None:
    state = RunFolder(tiny_run).load_state()
    assert state is not None
    model, header, _ = load_model(tiny_run / "model.safetensors")
    for name, tensor in model.state_dict().items():
        if not name.startswith("prior."):
            assert torch.equal(state["ema"][name], tensor), name
    trained = state["recipe"]["networks"]["model"]
    assert not torch.equal(trained["decoder.head.weight"], state["ema"]["decoder.head.weight"])
    assert model_digest(model) == header.id


def test_a_textbook_preset_trains_loads_and_edits_by_the_same_code(options: MakeOptions) -> None:
    editor = Editor.load(train(options(preset="plain"), quiet), "cpu")
    assert editor.header.config["architecture"] == "plain"
    assert editor.header.trained["preset"] == "plain"
    [latent] = editor.sample()
    [alone] = editor.decode(latent)
    together = editor.decode(latent, *editor.sample(9, seed=1))
    difference = np.asarray(alone).astype(int) - np.asarray(together[0]).astype(int)
    assert np.abs(difference).max() <= 1, "batch normalisation does not look at the batch"
    [moved] = editor.decode(editor.move(latent, {editor.directions[0].name: 3.0}))
    assert not np.array_equal(moved, alone)


def test_precision_layout_size_and_latents_are_those_of_the_options(options: MakeOptions) -> None:
    path = train(
        options(precision="bf16", layout="contiguous", latent_dim=5, batch_size=16, images=48),
        quiet,
    )
    header = read_header(path)
    assert header.config["latent_dim"] == 5
    assert header.trained["compute"] == "cpu, bf16, contiguous, 1 thread"
    assert (header.trained["steps"], header.trained["batch_size"]) == (3, 16)


def test_the_seed_decides_the_weights(options: MakeOptions, tmp_path: Path) -> None:
    """That equal seeds give equal weights is seen in `test_resume`."""
    ids = {
        read_header(train(options(seed=seed, images=64, out=tmp_path / str(seed)), quiet)).id
        for seed in (5, 6)
    }
    assert len(ids) == 2


def test_the_usual_folder_names_data_size_and_family(cats: Dataset) -> None:
    assert default_out(TrainOptions(), cats) == Path("runs/cats-16-vae")
    assert default_out(TrainOptions(preset="plain"), cats) == Path("runs/cats-16-vae-plain")
    assert default_out(TrainOptions(data="folder:/a/my cats"), cats).name == "my cats-16-vae"


# -- again


@pytest.fixture
def finished(tiny_run: Path, tmp_path: Path, options: MakeOptions) -> TrainOptions:
    """The options of a finished run, in a copy of its folder."""
    out = tmp_path / tiny_run.name
    shutil.copytree(tiny_run, out)
    return options(out=out, images=4800, seed=1)


def test_a_finished_run_again_changes_nothing(finished: TrainOptions) -> None:
    assert finished.out is not None
    before = contents(finished.out)
    said: list[str] = []
    model = train(replace(finished, snapshot_seconds=7.0), said.append)
    assert model == finished.out / "model.safetensors"
    assert contents(finished.out) == before
    assert any("continuing" in line for line in said)
    assert said[-1] == f"the model is {model}"


def test_a_name_installs_the_model_without_training_again(
    finished: TrainOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert finished.out is not None
    before = contents(finished.out)
    path = train(finished, quiet)
    assert not (tmp_path / "checkpoints").exists()
    train(replace(finished, name="my-cats"), quiet)
    installed = tmp_path / "checkpoints" / "my-cats.safetensors"
    header, tensors = load(installed)
    assert (header.name, replace(header, name="")) == (
        "my-cats",
        replace(read_header(path), name=""),
    )
    assert all(torch.equal(tensors[name], tensor) for name, tensor in load(path)[1].items())
    assert list(installed.parent.iterdir()) == [installed]
    assert contents(finished.out) == before
    assert Editor.load(installed, "cpu").model_id == read_header(path).id


def test_a_lost_model_is_made_again_from_the_state(finished: TrainOptions) -> None:
    assert finished.out is not None
    path = finished.out / "model.safetensors"
    before = path.read_bytes()
    path.unlink()
    assert train(finished, quiet) == path
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seed": 9}, "seed: 1 then, 9 now"),
        ({"images": 128}, "holds a run of 4800 images: give as much or more"),
        ({"learning_rate": 0.5}, "learning_rate: None then, 0.5 now"),
        ({"preset": "plain", "seed": 2}, "preset: None then, plain now, seed: 1 then, 2 now"),
    ],
    ids=str,
)
def test_other_options_in_the_same_folder_are_refused_one_by_one(
    finished: TrainOptions, changes: dict[str, Any], told: str
) -> None:
    assert finished.out is not None
    before = contents(finished.out)
    with pytest.raises(TrainingError, match="choose another --out") as info:
        train(replace(finished, **changes), quiet)
    assert told in str(info.value)
    assert contents(finished.out) == before
    status = RunFolder(finished.out).status()
    assert status is not None and status.phase == "finished"


def test_a_damaged_state_is_refused_and_left_as_it_is(finished: TrainOptions) -> None:
    assert finished.out is not None
    state = finished.out / "state" / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    before = contents(finished.out)
    with pytest.raises(TrainingError, match=r"state\.pt is damaged; delete"):
        train(finished, quiet)
    assert contents(finished.out) == before


def test_what_an_earlier_run_left_without_a_state_is_cleared(options: MakeOptions) -> None:
    """A run killed before its first state starts anew: its lines must not stay among the new."""
    folder = RunFolder(options().out or Path())
    with folder.locked():
        folder.log({"images": 32, "held_out_loss": 123.0})
        (folder.samples / "000000032.png").write_bytes(b"an old sheet")
    train(options(), quiet)
    [line] = folder.progress.read_text().splitlines()
    assert json.loads(line)["images"] == 96
    assert [path.name for path in folder.samples.iterdir()] == ["000000096.png"]


def test_a_resumed_run_does_its_arithmetic_as_the_state_says(options: MakeOptions) -> None:
    """What timing chose is part of the state; nothing is timed again."""
    wanted = options(precision="auto", layout="auto", threads=None, batch_size=4)
    said: list[str] = []
    path = train(wanted, said.append)
    assert any("ms a step" in line for line in said)
    folder = RunFolder(path.parent)
    state = folder.load_state()
    assert state is not None
    assert f"chosen: {read_header(path).trained['compute']}" in said

    state["compute"] = {"device": "cpu", "precision": "bf16", "layout": "contiguous", "threads": 1}
    folder.save_state(state)
    path.unlink()
    said.clear()
    train(wanted, said.append)
    assert not any("ms a step" in line for line in said)
    assert read_header(path).trained["compute"] == "cpu, bf16, contiguous, 1 thread"


def test_a_run_goes_on_with_its_own_batch_size_and_only_on_its_own_device(
    options: MakeOptions,
) -> None:
    """What suits the machine is chosen once; a run that moves to another keeps what it has."""
    wanted = options()
    path = train(wanted, quiet)
    folder = RunFolder(path.parent)
    state = folder.load_state()
    assert state is not None
    state["batch_size"] = 5
    folder.save_state(state)
    path.unlink()
    train(wanted, quiet)
    assert read_header(path).trained["batch_size"] == 5

    state["compute"]["device"] = "cuda:99"
    folder.save_state(state)
    path.unlink()
    with pytest.raises(ConfigError, match="no device 'cuda' here"):
        train(wanted, quiet)


# -- starting from another model


def test_init_from_starts_with_the_weights_of_that_model(
    options: MakeOptions, tiny_checkpoint: Path
) -> None:
    """With a rate of nearly zero the weights stay what they were at the start."""
    path = train(options(init_from=tiny_checkpoint, learning_rate=1e-30, images=64), quiet)
    assert read_header(path).id == read_header(tiny_checkpoint).id
    assert read_header(path).trained["images"] == 64


@pytest.mark.parametrize("changes", [{"preset": "plain"}, {"latent_dim": 7}], ids=str)
def test_init_from_another_architecture_is_refused(
    options: MakeOptions, tiny_checkpoint: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(CheckpointError, match="another architecture than this run"):
        train(options(init_from=tiny_checkpoint, **changes), quiet)


def test_init_from_what_is_no_model_is_refused(options: MakeOptions, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model file"):
        train(options(init_from=tmp_path / "gone.safetensors"), quiet)


# -- refused before anything is written


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"family": "gun"}, ConfigError, "cannot train 'gun'; choose vae"),
        ({"device": "toaster"}, ConfigError, "unknown device 'toaster'"),
        ({"data": "unicorns"}, DataError, "no data set 'unicorns'"),
        ({"size": 1000}, ConfigError, "1000"),
        ({"preset": "cubist"}, ConfigError, "unknown preset 'cubist'"),
        ({"init_from": Path("gone")}, CheckpointError, "no model file gone"),
    ],
    ids=str,
)
def test_what_cannot_be_trained_leaves_no_folder(
    options: MakeOptions, changes: dict[str, object], error: type[Exception], message: str
) -> None:
    wanted = options(**changes)
    with pytest.raises(error, match=message):
        train(wanted, quiet)
    assert wanted.out is not None
    assert not wanted.out.exists()


def test_an_unknown_preset_is_refused_with_the_choices(options: MakeOptions) -> None:
    with pytest.raises(ConfigError, match=r"unknown preset 'fancy'.*residual, plain or dense"):
        train(options(preset="fancy"), quiet)
