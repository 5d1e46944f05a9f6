"""A folder of models is read file by file, and what a header names has to fit its model."""

import shutil
from pathlib import Path

import pytest
import torch

from genimg import Editor
from genimg.checkpoint import Header
from genimg.checkpoint import save as save_checkpoint
from genimg.editor import list_checkpoints
from genimg.errors import CheckpointError
from genimg.models import build_model, save_model

from .conftest import FACTORS


def test_bad_files_among_good_ones_are_reported_and_do_no_harm(
    checkpoints_dir: Path, tiny_checkpoint: Path
) -> None:
    data = tiny_checkpoint.read_bytes()
    shutil.copy(tiny_checkpoint, checkpoints_dir / "another.safetensors")
    (checkpoints_dir / "garbage.safetensors").write_bytes(b"nothing of the kind")
    (checkpoints_dir / "half.safetensors").write_bytes(data[: len(data) // 2])
    (checkpoints_dir / "folder.safetensors").mkdir()
    torch.save({"weight": torch.zeros(1)}, checkpoints_dir / "pickle.safetensors")
    future = Header("vae", "future", "0", {"image_shape": [3, 16, 16]}, format_version=2)
    save_checkpoint(checkpoints_dir / "future.safetensors", future, {"a": torch.zeros(1)})
    (checkpoints_dir / ".being-written.safetensors").write_bytes(data)
    (checkpoints_dir / "notes.txt").write_text("not a model, and not meant to be one")

    good, bad = list_checkpoints(checkpoints_dir)
    assert [info.name for info in good] == ["another", "tiny-cats"]
    assert {path.stem for path in bad} == {"garbage", "half", "folder", "pickle", "future"}
    for path, what in bad.items():
        assert path.name in what
    assert "update genimg" in bad[checkpoints_dir / "future.safetensors"]

    info = good[1]
    assert info.path == checkpoints_dir / "tiny-cats.safetensors"
    assert info.header.image_shape == (3, 16, 16)
    assert info.title == f"{info.header.data['title']} · tiny-cats"
    assert Editor.load(info.path).model_id == info.header.id


def test_a_folder_that_is_empty_or_missing_holds_no_models(tmp_path: Path) -> None:
    assert list_checkpoints(tmp_path) == ([], {})
    assert list_checkpoints(tmp_path / "gone") == ([], {})


def test_a_model_without_data_is_listed_by_its_name(tmp_path: Path) -> None:
    model = build_model("vae", (1, 28, 28), seed=0)
    save_model(tmp_path / "file.safetensors", model, "vae", name="nameless")
    [info], _ = list_checkpoints(str(tmp_path))
    assert (info.name, info.title) == ("file", "nameless · file")


def test_a_model_that_draws_nothing_is_left_out_and_is_no_problem(
    checkpoints_dir: Path,
) -> None:
    classifier = build_model("classifier", (3, 16, 16), label_sizes=(3,), seed=0)
    save_model(checkpoints_dir / "judge.safetensors", classifier, "classifier", name="judge")
    good, bad = list_checkpoints(checkpoints_dir)
    assert [info.name for info in good] == ["tiny-cats"]
    assert bad == {}


def test_a_family_from_the_future_is_a_problem(tmp_path: Path) -> None:
    header = Header("diffusion", "new", "0" * 16, {"image_shape": [3, 16, 16]})
    save_checkpoint(tmp_path / "new.safetensors", header, {"a": torch.zeros(1)})
    good, bad = list_checkpoints(tmp_path)
    assert good == []
    assert "'diffusion'; update genimg" in bad[tmp_path / "new.safetensors"]


@pytest.mark.parametrize(
    "factors",
    [
        [],
        FACTORS[:1],
        FACTORS[::-1],
        [*FACTORS, FACTORS[0]],
        [FACTORS[0], {**FACTORS[1], "name": "fur"}],
        [{"name": "fur"}, {"name": "hat"}],
        "fur",
        7,
    ],
    ids=str,
)
def test_names_that_do_not_fit_what_a_gan_can_be_asked_for(tmp_path: Path, factors: object) -> None:
    path = tmp_path / "bad.safetensors"
    model = build_model("gan", (3, 16, 16), "style", label_sizes=(3, 2), seed=5)
    save_model(path, model, "gan", name="bad", extra={"data": {"factors": factors}})
    with pytest.raises(CheckpointError, match=r"bad\.safetensors is damaged"):
        Editor.load(path, "cpu")
