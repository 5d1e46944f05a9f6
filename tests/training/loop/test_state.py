"""The folder of a run: locked, written whole or not at all, and read with care."""

import json
from pathlib import Path

import pytest
import torch

from genimg.errors import TrainingError
from genimg.training.loop.state import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "deep" / "run")


def test_a_locked_folder_is_there_and_refuses_a_second_run(folder: RunFolder) -> None:
    with folder.locked():
        assert folder.samples.is_dir()
        assert folder.state.parent.is_dir()
        with (
            pytest.raises(TrainingError, match=r"another process is training in .*run"),
            RunFolder(folder.path).locked(),
        ):
            pytest.fail("two runs in one folder")
    with folder.locked():
        pass


def test_the_lock_is_given_back_after_an_error(folder: RunFolder) -> None:
    with pytest.raises(ZeroDivisionError), folder.locked():
        raise ZeroDivisionError
    with folder.locked():
        pass


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(TrainingError, match=r"cannot write to .*file"),
        RunFolder(tmp_path / "file" / "run").locked(),
    ):
        pytest.fail("a run inside a file")


def test_a_state_comes_back_exactly(folder: RunFolder) -> None:
    assert folder.load_state() is None
    state = {
        "tensor": torch.randn(3, 4).to(memory_format=torch.contiguous_format),
        "rng": torch.Generator().manual_seed(1).get_state(),
        "clock": {"seconds": 0.1, "step": 3, "best": float("inf"), "done": False},
        "name": None,
    }
    with folder.locked():
        folder.save_state(state)
    loaded = folder.load_state()
    assert loaded is not None
    assert loaded.keys() == state.keys()
    assert torch.equal(loaded["tensor"], state["tensor"])  # type: ignore[arg-type]
    assert torch.equal(loaded["rng"], state["rng"])  # type: ignore[arg-type]
    assert loaded["clock"] == state["clock"]
    assert [path.name for path in folder.state.parent.iterdir()] == ["state.pt"]


def test_a_state_that_cannot_be_written_leaves_the_one_before(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with folder.locked():
        folder.save_state({"step": 1})
        monkeypatch.setattr("genimg.files.os.replace", full)
        with pytest.raises(TrainingError, match=r"No space left.*written before is kept"):
            folder.save_state({"step": 2})
    assert folder.load_state() == {"step": 1}
    assert [path.name for path in folder.state.parent.iterdir()] == ["state.pt"]


@pytest.mark.parametrize("damage", ["cut", "empty", "words", "pickle"])
def test_a_damaged_state_is_refused_with_what_to_do(
    folder: RunFolder, damage: str, tmp_path: Path
) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    with folder.locked():
        folder.save_state({"tensor": torch.zeros(1000)})
    data = folder.state.read_bytes()
    if damage == "pickle":
        torch.save({"options": Trap()}, folder.state)
    else:
        broken = {"cut": data[: len(data) // 2], "empty": b"", "words": b"a state, honestly"}
        folder.state.write_bytes(broken[damage])
    with pytest.raises(TrainingError, match=r"state\.pt is damaged; delete .*run to start anew"):
        folder.load_state()
    assert not (tmp_path / "sprung").exists(), "a state is data, and never run"


def test_progress_and_sheets_after_the_state_are_forgotten(folder: RunFolder) -> None:
    with folder.locked():
        for images in (100, 200, 300):
            folder.log({"images": images, "held_out_loss": 0.5})
            (folder.samples / f"{images:09d}.png").write_bytes(b"sheet")
        with folder.progress.open("a") as file:
            file.write('{"images": 1')  # a kill cut this line short
        (folder.samples / "mine.png").write_bytes(b"not a sheet of the run")
        folder.forget_after(200)
    lines = [json.loads(line) for line in folder.progress.read_text().splitlines()]
    assert [line["images"] for line in lines] == [100, 200]
    assert folder.progress.read_text().endswith("\n"), "so that the next line is one of its own"
    names = sorted(path.name for path in folder.samples.iterdir())
    assert names == ["000000100.png", "000000200.png", "mine.png"]


def test_forgetting_before_anything_was_written_does_nothing(folder: RunFolder) -> None:
    with folder.locked():
        folder.forget_after(0)
    assert not folder.progress.exists()


def test_only_what_a_killed_process_of_the_run_left_is_swept(folder: RunFolder) -> None:
    token = "0123456789ab"
    ours = [
        folder.path / f".status-{token}.json",
        folder.samples / f".000000500-{token}.png",
        folder.state.parent / f".state-{token}.pt",
        folder.path / "critics" / f".model-{token}.safetensors",
    ]
    others = [folder.path / ".pre-commit-config.yaml", folder.samples / "._IMG-1.jpg"]
    with folder.locked():
        folder.tell("training")
    (folder.path / "critics").mkdir()
    (folder.path / ".hidden-folder").mkdir()
    for path in (*ours, *others):
        path.write_text("x")
    with folder.locked():
        assert not any(path.exists() for path in ours)
        assert all(path.exists() for path in others)


@pytest.mark.parametrize("name", ["IMG-1.jpg", ".git-credentials", "samples/12.png"])
def test_a_folder_of_other_things_is_no_place_for_a_run(name: str, tmp_path: Path) -> None:
    path = tmp_path / "pictures" / name
    path.parent.mkdir(parents=True)
    path.write_text("dear")
    folder = RunFolder(tmp_path / "pictures")
    with (
        pytest.raises(TrainingError, match=r"other things than a run.*--out"),
        folder.locked(),
    ):
        pytest.fail("begun")
    assert [p for p in (tmp_path / "pictures").rglob("*") if p.is_file()] == [path]


def test_what_a_run_left_that_never_began_is_no_hindrance(folder: RunFolder) -> None:
    folder.samples.mkdir(parents=True)
    (folder.path / ".run-0123456789ab.json").write_text("half")
    folder.log_file.write_text("killed")
    with folder.locked():
        pass
