"""A damaged or forged model file is refused, by name and before memory is taken."""

import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from genimg import checkpoint
from genimg.config import config_from_mapping
from genimg.errors import CheckpointError, ConfigError
from genimg.models import MODELS, Flow, build_model, load_model, model_digest, save_model

SIZES = (3, 2)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.safetensors"
    save_model(path, build_model("vae", (3, 16, 16), seed=1, latent_dim=4), "vae", name="saved")
    return path


@pytest.fixture
def flowing(saved: Path) -> Path:
    """The same model, with a flow in its prior."""
    model = load_model(saved)[0]
    flow = Flow(4, (), width=8, blocks=1)
    with torch.no_grad():
        flow.head.bias.fill_(1.0)  # everything moves by one
    tensors = {name: tensor.half() for name, tensor in flow.state_dict().items()}
    model.prior = model.prior.with_flow(Flow.from_tensors(tensors, ()))
    save_model(saved, model, "vae", name="flowing")
    return saved


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


def test_a_file_keeps_the_flow_of_its_prior(flowing: Path) -> None:
    model = load_model(flowing)[0]
    bare = build_model("vae", (3, 16, 16), seed=1, latent_dim=4)
    drawn, before = (
        each.sample_prior(3, torch.Generator().manual_seed(1)) for each in (model, bare)
    )
    torch.testing.assert_close(drawn, before + 1.0)
    model.load_state_dict(bare.state_dict())
    assert model.prior.flow is None, "a state says what prior there is"


@pytest.mark.parametrize(
    "changes",
    [
        {"stem.weight": None},
        {"stem.weight": torch.zeros(8, 5).half()},
        {"stem.weight": torch.zeros(0, 4).half()},
        {"stem.weight": torch.zeros(9000, 4).half()},
        {"head.bias": torch.zeros(4)},
        {"values": torch.zeros(3, 8).half()},
        {"blocks.1.into.weight": torch.zeros(16, 8).half()},
        {"backdoor": torch.zeros(4).half()},
        {"head.bias": torch.full((4,), torch.nan).half()},
    ],
    ids=str,
)
def test_a_forged_flow_is_refused(flowing: Path, changes: dict[str, Tensor | None]) -> None:
    named = {f"prior.flow.{name}": tensor for name, tensor in changes.items()}
    with pytest.raises(CheckpointError, match=r"its prior|prior\.flow"):
        load_model(forge(flowing, named))


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
    with pytest.raises(
        CheckpointError, match=r"saved\.safetensors is (not a usable genimg model|damaged)"
    ):
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


IMPOSSIBLE = (-1, 0, True, 10**9, 10**30, 1.0, float("nan"), "4", None)


@pytest.mark.parametrize(
    ("family", "good", "whole", "several"),
    [
        ("vae", {"widths": [8, 16]}, ["latent_dim", "blocks"], ["widths"]),
        (
            "gan",
            {"widths": [8, 16], "mapping": "residual"},
            ["latent_dim", "blocks", "mapping_layers", "source_components"],
            ["widths", "label_sizes", "encoder_widths"],
        ),
        (
            "classifier",
            {"widths": [8, 16], "label_sizes": [2]},
            ["stem", "features"],
            ["widths", "label_sizes"],
        ),
    ],
)
def test_no_number_of_a_config_is_out_of_bounds(
    family: str, good: dict[str, object], whole: list[str], several: list[str]
) -> None:
    config = MODELS[family].network.config
    if family != "classifier":
        good = {**good, "latent_dim": 4}
    good = {**good, "image_shape": [3, 16, 16]}
    config_from_mapping(config, good)
    began = time.process_time()
    changes: list[dict[str, object]] = [{"image_shape": [3, side, side]} for side in (10**6, 0, -4)]
    changes += [{"image_shape": shape} for shape in ([3, 16, 32], [2, 16, 16], [True, 16, 16])]
    changes += [{name: value} for name in whole for value in IMPOSSIBLE]
    changes += [{name: [value]} for name in several for value in IMPOSSIBLE]
    changes += [{name: [2] * 100_000} for name in several]
    accepted = []
    for change in changes:
        try:
            config_from_mapping(config, {**good, **change})
        except ConfigError as error:
            assert len(str(error)) < 500
        else:
            accepted.append(change)
    # No block at all, or a mapping that adds nothing, is a network.
    assert [c for c in accepted if c not in ({"blocks": 0}, {"mapping_layers": 0})] == []
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "tensors",
    [
        {"rider": torch.zeros(1)},
        {"prior.rider": torch.zeros(1)},
        {"directions.vectors": torch.eye(4)},
        {"decoder.head.bias": torch.zeros(12, dtype=torch.float64)},
        {"decoder.head.bias": torch.zeros(12, dtype=torch.float16)},
        {"prior.sizes": torch.zeros(0)},
        {"prior.factors": -torch.eye(4)[None]},
        {"prior.factors": torch.zeros(1, 4, 4)},
        {"prior.factors": torch.ones(1, 4, 4)},
        {"prior.means": torch.full((1, 4), 1e30)},
        {"prior.weights": torch.tensor([-1.0])},
        {"prior.sizes": torch.tensor([-1])},
        {"prior.sizes": torch.tensor([2**40])},
    ],
    ids=str,
)
def test_what_is_no_part_of_the_model_or_no_prior_is_refused(
    saved: Path, tensors: dict[str, Tensor]
) -> None:
    with pytest.raises(CheckpointError, match=r"saved\.safetensors is not a usable genimg model"):
        load_model(forge(saved, {**tensors}))


def identify(path: Path) -> None:
    """Give a forged file the id that its weights have: only what they do can tell it now."""
    model = build_model("vae", (3, 16, 16), latent_dim=4)
    weights = {name: t for name, t in load_file(path).items() if not name.startswith("prior.")}
    model.load_state_dict(weights, strict=False)
    forge(path, {}, id=model_digest(model))


@pytest.mark.parametrize("number", [1e30, 3e38])
def test_weights_from_which_no_pictures_come_are_refused(saved: Path, number: float) -> None:
    weight = load_file(saved)["decoder.head.weight"]
    forge(saved, {"decoder.head.weight": torch.full_like(weight, number)})
    weight = load_file(saved)["decoder.stem.weight"]
    forge(saved, {"decoder.stem.weight": torch.full_like(weight, number)})
    identify(saved)
    with pytest.raises(CheckpointError, match="no finite numbers"):
        load_model(saved)
