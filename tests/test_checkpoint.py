"""One file is one model: what is written comes back exactly, anything else is refused in words."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from genimg import checkpoint
from genimg.checkpoint import FORMAT_VERSION, Header, load, read_header, save
from genimg.errors import CheckpointError

HEADER = Header(
    family="vae",
    name="dots",
    id="0123456789abcdef",
    config={"image_shape": [3, 8, 16], "latent_dim": 4},
    data={"title": "Dots – très jolis", "credit": "nobody"},
    trained={"images": 100, "minutes": 0.25, "preset": None},
    metrics={"psnr": 30.25},
    directions=({"name": "pink", "std": 0.1}, {"name": "blue", "std": 1e-9}),
)


def tensors() -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(0)
    return {
        "layer.weight": torch.randn(5, 3, generator=rng),
        "layer.count": torch.tensor(7),
        "half": torch.randn(4, generator=rng).bfloat16(),
        "view": torch.randn(6, 4, generator=rng).t(),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good checkpoint."""
    path = tmp_path / "dots.safetensors"
    save(path, HEADER, tensors())
    return path


def with_header(path: Path, metadata: dict[str, str] | None) -> Path:
    """The tensors of a good checkpoint under another header."""
    save_file({k: v.contiguous() for k, v in tensors().items()}, path, metadata=metadata)
    return path


def fields(**changes: Any) -> dict[str, str]:
    """Metadata with the good header, some of its fields changed."""
    values = {**vars(HEADER), "directions": list(HEADER.directions), **changes}
    return {"genimg": json.dumps(values)}


def test_header_and_tensors_come_back_exactly(path: Path) -> None:
    header, read = load(path)
    assert header == HEADER == read_header(path)
    assert header.image_shape == (3, 8, 16)
    assert header.format_version == FORMAT_VERSION
    assert read.keys() == tensors().keys()
    for name, tensor in tensors().items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor), name


def test_a_channels_last_or_trained_tensor_is_saved_as_its_values(tmp_path: Path) -> None:
    weight = torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last).requires_grad_()
    save(tmp_path / "a.safetensors", HEADER, {"weight": weight})
    read = load(tmp_path / "a.safetensors")[1]["weight"]
    assert torch.equal(read, weight)
    assert not read.requires_grad


def test_a_failed_save_leaves_the_file_that_was_there(path: Path) -> None:
    before = path.read_bytes()
    header = Header(**{**vars(HEADER), "metrics": {"psnr": float("nan")}})
    with pytest.raises(ValueError):
        save(path, header, tensors())
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_save_replaces_the_file_and_leaves_nothing_else(path: Path) -> None:
    save(path, Header(**{**vars(HEADER), "name": "other"}), {"a": torch.ones(1)})
    header, read = load(path)
    assert header.name == "other"
    assert read.keys() == {"a"}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("read", [load, read_header])
@pytest.mark.parametrize("part", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(path: Path, part: float, read: Any) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(CheckpointError, match=path.name):
        read(path)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 64, b"PK\x03\x04 a zip", pickle.dumps({"weight": [1.0]}), b"{}" * 1000],
    ids=["empty", "zeros", "zip", "pickle", "text"],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    for read in (load, read_header):
        with pytest.raises(CheckpointError, match="cannot be read as a model"):
            read(path)


def test_a_torch_pickle_is_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "model.safetensors"
    torch.save({"weight": Trap()}, path)
    with pytest.raises(CheckpointError):
        load(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("there", ["nothing", "a folder"])
def test_a_missing_file_is_named(tmp_path: Path, there: str) -> None:
    path = tmp_path / "gone.safetensors"
    if there == "a folder":
        path.mkdir()
    for read in (load, read_header):
        with pytest.raises(CheckpointError, match=r"there is no model file .*gone\.safetensors"):
            read(path)


@pytest.mark.parametrize("metadata", [None, {}, {"format": "pt"}])
def test_another_programs_safetensors_file_is_refused(
    tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    path = with_header(tmp_path / "other.safetensors", metadata)
    with pytest.raises(CheckpointError, match="not a genimg model"):
        read_header(path)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_refused_with_what_to_do(tmp_path: Path, version: object) -> None:
    path = with_header(tmp_path / "new.safetensors", fields(format_version=version))
    with pytest.raises(CheckpointError, match=f"format version {version!r}.*update genimg"):
        read_header(path)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"vae"', '{"format_version": 1}', "[" * 100_000],
    ids=["empty", "cut", "list", "null", "word", "bare", "deep"],
)
def test_a_header_that_is_not_one_is_refused(tmp_path: Path, text: str) -> None:
    path = with_header(tmp_path / "bad.safetensors", {"genimg": text})
    with pytest.raises(CheckpointError, match="damaged"):
        read_header(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"name": 3},
        {"family": None},
        {"config": []},
        {"config": {}},
        {"config": {"image_shape": [3, 8]}},
        {"config": {"image_shape": 3}},
        {"config": {"image_shape": [3, "x", 8]}},
        {"config": {"image_shape": [3, None, 8]}},
        {"directions": {}},
        {"directions": [1]},
        {"metrics": "good"},
    ],
    ids=str,
)
def test_a_header_with_an_impossible_field_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = with_header(tmp_path / "bad.safetensors", fields(**changes))
    with pytest.raises(CheckpointError, match=r"the header of .*bad\.safetensors is damaged"):
        read_header(path)


def test_an_enormous_header_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_header(tmp_path / "big.safetensors", fields(data={"title": "x" * 2000}))
    assert read_header(path).data == {"title": "x" * 2000}
    monkeypatch.setattr(checkpoint, "MAX_HEADER_CHARACTERS", 1000)
    with pytest.raises(CheckpointError, match="characters"):
        read_header(path)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path: Path, number: float) -> None:
    broken = tensors()
    broken["half"][2] = number
    save(tmp_path / "bad.safetensors", HEADER, broken)
    with pytest.raises(CheckpointError, match=r"not finite \(half\)"):
        load(tmp_path / "bad.safetensors")
