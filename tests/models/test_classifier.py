"""What a classifier promises, and what one that was saved is when it comes back."""

from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from genimg import checkpoint
from genimg.errors import CheckpointError, ConfigError
from genimg.models import (
    MODELS,
    Classifier,
    build_model,
    load_any_model,
    load_classifier,
    load_model,
    model_digest,
    save_model,
)

SIZES = (3, 2, 5)
SHAPES = [(3, 16, 16), (1, 28, 28), (1, 32, 32), (3, 64, 64), (3, 128, 128)]


@cache
def learned(shape: tuple[int, int, int]) -> Classifier:
    """A classifier with running statistics as if it had learned."""
    model = build_model("classifier", shape, seed=3, label_sizes=SIZES)
    assert isinstance(model, Classifier)
    rng = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith(("running_mean", "running_var", "bias")):
                tensor.add_(0.3 * torch.rand(tensor.shape, generator=rng))
    return model


def pixels_for(model: Classifier, n: int) -> Tensor:
    return torch.rand(n, *model.image_shape, generator=torch.Generator().manual_seed(n)) * 2 - 1


# -- the network


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_there_is_one_answer_for_each_factor(shape: tuple[int, int, int]) -> None:
    model = learned(shape)
    pixels = pixels_for(model, 3)
    logits = model(pixels)
    assert [tuple(head.shape) for head in logits] == [(3, n) for n in SIZES]
    features = model.features(pixels)
    assert features.shape == (3, model.config.features)
    assert model.image_shape == shape
    for head, read in zip(logits, model.heads, strict=True):
        assert torch.equal(head, read(features)), "the heads read the features, and nothing else"


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES[:2], ids=str)
def test_a_batch_equals_batches_of_one(shape: tuple[int, int, int]) -> None:
    model = learned(shape)
    pixels = pixels_for(model, 16)
    alone = torch.cat([model.features(row[None]) for row in pixels])
    torch.testing.assert_close(model.features(pixels), alone, atol=1e-5, rtol=1e-4)
    assert float(torch.pdist(alone).min()) > 1e-3, "different pictures, different features"


def test_a_new_model_is_in_evaluation_mode_and_all_of_it_learns() -> None:
    model = learned(SHAPES[0])
    assert not any(module.training for module in model.modules())
    loss = torch.stack([head.square().mean() for head in model(pixels_for(model, 4))]).sum()
    gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    assert all(gradient is not None for gradient in gradients)


def test_dropout_and_batch_statistics_are_for_training_alone() -> None:
    model = build_model("classifier", SHAPES[0], seed=0, label_sizes=SIZES)
    pixels = torch.zeros(4, *SHAPES[0]).uniform_(-1, 1)
    with torch.no_grad():
        assert torch.equal(model(pixels)[0], model(pixels)[0])
        model.train()
        assert not torch.equal(model(pixels)[0], model(pixels)[0])


def test_large_pictures_are_halved_first() -> None:
    stems = {
        side: MODELS["classifier"].preset_config("residual", (3, side, side), None, (2,)).stem
        for side in (16, 28, 32, 48, 64, 96, 128)
    }
    assert stems == {16: 1, 28: 1, 32: 1, 48: 1, 64: 2, 96: 2, 128: 2}


@pytest.mark.parametrize(
    ("shape", "preset", "sizes", "message"),
    [
        ((3, 16, 16), None, (), "no labels"),
        ((3, 16, 16), "fancy", (2,), "unknown preset 'fancy'.*residual"),
        ((3, 16, 32), None, (2,), "square"),
        ((3, 17, 17), None, (2,), "does not fit"),
    ],
)
def test_what_cannot_be_built_is_refused(
    shape: tuple[int, int, int], preset: str | None, sizes: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model("classifier", shape, preset, label_sizes=sizes)


def test_the_number_of_features_can_be_chosen() -> None:
    model = build_model("classifier", (3, 16, 16), latent_dim=7, label_sizes=(2,))
    assert isinstance(model, Classifier)
    assert model.features(torch.zeros(1, 3, 16, 16)).shape == (1, 7)


# -- files


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.safetensors"
    save_model(path, learned(SHAPES[0]), "classifier", name="judge", extra={"metrics": {"f1": 0.5}})
    return path


@torch.no_grad()
def test_save_and_load_give_the_same_model(saved: Path) -> None:
    model = learned(SHAPES[0])
    loaded, header = load_classifier(saved)
    assert (header.family, header.name, header.id) == ("classifier", "judge", model_digest(model))
    assert header.metrics == {"f1": 0.5}
    assert loaded.config == model.config
    assert not any(module.training for module in loaded.modules())
    pixels = pixels_for(model, 3)
    assert all(map(torch.equal, loaded(pixels), model(pixels)))
    assert load_any_model(saved)[1] == header
    assert not any(name.startswith("prior.") for name in load_file(saved))


def test_the_digest_names_every_weight_and_statistic() -> None:
    model = build_model("classifier", SHAPES[0], seed=3, label_sizes=SIZES)
    digests = {model_digest(model)}
    for tensor in model.state_dict().values():
        tensor.view(-1)[0].add_(1)
        digests.add(model_digest(model))
    assert len(digests) == 1 + len(model.state_dict())


def test_only_what_draws_is_loaded_as_what_draws(saved: Path, tiny_checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match=r"is a classifier: it tells.*draws none"):
        load_model(saved)
    with pytest.raises(CheckpointError, match=r"is a vae, not a classifier.*train classifier"):
        load_classifier(tiny_checkpoint)


def forge(path: Path, changes: dict[str, Tensor], **header: object) -> Path:
    """Write the file anew with other tensors and other header fields."""
    fields = {**vars(checkpoint.read_header(path)), **header}
    checkpoint.save(path, checkpoint.Header(**fields), {**load_file(path), **changes})
    return path


def test_one_changed_weight_is_noticed(saved: Path) -> None:
    bias = load_file(saved)["heads.0.bias"]
    bias[0] += 1e-6
    with pytest.raises(CheckpointError, match="weights do not match its id"):
        load_classifier(forge(saved, {"heads.0.bias": bias}))


@pytest.mark.parametrize(
    "changes",
    [
        {"label_sizes": [10**9]},
        {"label_sizes": [3, 2]},
        {"label_sizes": [3, 2, -5]},
        {"label_sizes": [3, 2, 5, 1]},
        {"label_sizes": "325"},
        {"features": 10**9},
        {"features": 0},
        {"widths": []},
        {"widths": [0, 0]},
        {"widths": [10**6, 10**6]},
        {"widths": [32] * 10},
        {"stem": 0},
        {"stem": 2},
        {"stem": 10**6},
        {"image_shape": [3, 0, 0]},
        {"image_shape": [3, 64, 64]},
        {"image_shape": [1, 16, 16]},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_forged_config_is_refused_before_memory_is_taken(
    saved: Path, changes: dict[str, object]
) -> None:
    config = {**checkpoint.read_header(saved).config, **changes}
    with pytest.raises(CheckpointError, match="saved"):
        load_classifier(forge(saved, {}, config=config))
