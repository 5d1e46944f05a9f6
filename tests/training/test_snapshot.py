"""A model file of a run that still trains, and of one that is finished."""

import shutil
from pathlib import Path

import pytest

from genimg.checkpoint import read_header
from genimg.cli import main
from genimg.errors import TrainingError
from genimg.models import load_any_model, save_model
from genimg.runs import FINISHED, STOPPED
from genimg.training import snapshot
from genimg.training.loop.state import RunFolder


def quiet(line: str) -> None:
    pass


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> RunFolder:
    """A copy of a finished run."""
    shutil.copytree(tiny_run, tmp_path / "runs" / "mine")
    folder = RunFolder(tmp_path / "runs" / "mine")
    folder.tell(FINISHED, "the model is ready")
    return folder


@pytest.fixture
def unfinished(run: RunFolder) -> RunFolder:
    run.model.unlink()
    run.tell(STOPPED)
    return run


def test_a_run_that_trains_gives_a_model_that_says_so(
    unfinished: RunFolder, tiny_checkpoint: Path, tmp_path: Path, data_cache: Path
) -> None:
    before = unfinished.state.read_bytes()
    target = tmp_path / "now.safetensors"
    assert snapshot(unfinished.path, target, quiet) == target
    header = read_header(target)
    assert header.trained["unfinished"] == 1.0, "its budget is spent, its end was not reached"
    assert header.id == read_header(tiny_checkpoint).id, "the weights are those of the state"
    assert header.directions and header.sheet
    load_any_model(target)
    assert unfinished.state.read_bytes() == before
    snapshot(unfinished.path, target, quiet)  # in place of the earlier one


def test_a_finished_run_gives_its_model_as_it_is(run: RunFolder, tmp_path: Path) -> None:
    run.state.unlink()  # nothing of it is needed, nor are the pictures
    target = tmp_path / "models" / "copy.safetensors"
    snapshot(run.path, target, quiet)
    header, own = read_header(target), read_header(run.model)
    assert (header.name, header.id, header.metrics) == ("copy", own.id, own.metrics)
    assert "unfinished" not in header.trained
    snapshot(run.path, target, quiet)


def test_a_finished_model_is_not_replaced_by_one_that_is_not(
    unfinished: RunFolder, tiny_checkpoint: Path, tmp_path: Path, data_cache: Path
) -> None:
    target = tmp_path / "mine.safetensors"
    save_model(target, load_any_model(tiny_checkpoint)[0], "vae", name="mine")
    before = target.read_bytes()
    with pytest.raises(TrainingError, match="is a finished model; choose another --name"):
        snapshot(unfinished.path, target, quiet)
    assert target.read_bytes() == before
    snapshot(unfinished.path, target, quiet, force=True)
    assert "unfinished" in read_header(target).trained


def test_without_a_state_there_is_nothing_yet(unfinished: RunFolder, tmp_path: Path) -> None:
    unfinished.state.unlink()
    with pytest.raises(TrainingError, match="no state yet"):
        snapshot(unfinished.path, tmp_path / "a.safetensors", quiet)


def test_a_folder_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no folder .*nothing"):
        snapshot(tmp_path / "nothing", tmp_path / "a.safetensors", quiet)


def test_by_default_its_name_says_that_it_is_of_now(
    unfinished: RunFolder, tmp_path: Path, data_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genimg.cli.snapshot.CHECKPOINTS", tmp_path / "models")
    assert main(["snapshot", str(unfinished.path)]) == 0
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine-now.safetensors"]
