"""A damaged or forged model file is refused, by name and before memory is taken."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from genimg import checkpoint
from genimg.errors import CheckpointError
from genimg.models import build_model, load_model, save_model

SIZES = (3, 2)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.safetensors"
    save_model(path, build_model("vae", (3, 16, 16), seed=1, latent_dim=4), "vae", name="saved")
    return path


def forge(path: Path, changes: dict[str, Tensor | None], **header: object) -> Path:
    """Write the file anew with other tensors (None: left out) and other header fields."""
    tensors = {**load_file(path), **changes}
    fields = {**vars(checkpoint.read_header(path)), **header}
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    checkpoint.save(path, checkpoint.Header(**fields), kept)
    return path


def test_a_file_written_anew_unchanged_loads(saved: Path) -> None:
    """So that what the tests below change is what is refused."""
    assert load_model(forge(saved, {}))[1].name == "saved"


def test_one_changed_weight_is_noticed(saved: Path) -> None:
    bias = load_file(saved)["decoder.head.bias"]
    bias[0] += 1e-6
    with pytest.raises(CheckpointError, match="weights do not match its id"):
        load_model(forge(saved, {"decoder.head.bias": bias}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decoder.head.bias": None}, "decoder.head.bias"),
        ({"decoder.head.bias": torch.zeros(3)}, "decoder.head.bias"),
        ({"prior.means": None}, "prior.means"),
        ({"prior.means": torch.zeros(1, 5)}, "prior"),
        ({"prior.weights": torch.ones(2)}, "prior"),
        ({"prior.weights": torch.zeros(1)}, "prior"),
        (
            {
                "prior.means": torch.zeros(1, 5),
                "prior.factors": torch.eye(5)[None],
                "prior.offsets": torch.zeros(0, 5),
            },
            "prior is of another size",
        ),
    ],
    ids=["missing", "shape", "no prior", "odd means", "odd weights", "no weight", "prior size"],
)
def test_tensors_that_do_not_fit_are_refused_by_name(
    saved: Path, changes: dict[str, Tensor | None], message: str
) -> None:
    with pytest.raises(CheckpointError, match=message):
        load_model(forge(saved, changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"family": "gun"},
        {"latent_dim": 10**9},
        {"latent_dim": -1},
        {"latent_dim": "4"},
        {"architecture": "dense"},
        {"architecture": "__import__"},
        {"widths": []},
        {"widths": [0]},
        {"widths": [10**6, 10**6]},
        {"blocks": -1},
        {"blocks": 2},
        {"image_shape": [3, 0, 0]},
        {"image_shape": [-3, 16, 16]},
        {"image_shape": [3, 32, 32]},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_forged_config_is_refused_before_memory_is_taken(
    saved: Path, changes: dict[str, object]
) -> None:
    header = checkpoint.read_header(saved)
    if "family" in changes:
        forged: dict[str, object] = changes
    else:
        forged = {"config": {**header.config, **changes}}
    with pytest.raises(CheckpointError, match=r"saved\.safetensors is not a usable genimg model"):
        load_model(forge(saved, {}, **forged))


@pytest.mark.parametrize(
    "changes",
    [
        {"latent_dim": 10**9},
        {"latent_dim": -1},
        {"architecture": "dense"},
        {"mapping": "wormhole"},
        {"mapping_layers": 10**5},
        {"label_sizes": [10**9]},
        {"label_sizes": [-2]},
        {"source_components": 10**9},
        {"encoder_widths": [10**6, 10**6]},
        {"style": False},
        {"style": "yes"},
    ],
    ids=str,
)
def test_a_forged_config_of_a_gan_is_refused_before_memory_is_taken(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    path = tmp_path / "saved.safetensors"
    save_model(path, build_model("gan", (3, 16, 16), seed=1, label_sizes=SIZES), "gan", name="g")
    header = checkpoint.read_header(path)
    with pytest.raises(CheckpointError, match=r"saved\.safetensors is"):
        load_model(forge(path, {}, config={**header.config, **changes}))
