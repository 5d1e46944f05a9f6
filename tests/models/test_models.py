"""What every family and preset promises, and what a saved model is when it comes back."""

from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from genimg import checkpoint
from genimg.errors import CheckpointError, ConfigError
from genimg.models import (
    MODELS,
    DiagonalGaussian,
    LatentModel,
    Prior,
    build_model,
    load_model,
    model_digest,
    save_model,
)

PRESETS = [(family, preset) for family, entry in MODELS.items() for preset in entry.presets]
SHAPES = [(3, 16, 16), (1, 28, 28)]


@cache
def tiny(family: str, preset: str, shape: tuple[int, int, int]) -> LatentModel:
    """A tiny real model with weights as if it had learned.

    Where there are running statistics, they are moved off their initial values.
    """
    model = build_model(family, shape, preset, seed=3)
    rng = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith(("running_mean", "running_var", "bias")):
                tensor.add_(0.3 * torch.rand(tensor.shape, generator=rng))
    return model


@pytest.fixture(
    params=[(*preset, shape) for preset in PRESETS for shape in SHAPES],
    ids=lambda case: f"{case[0]}-{case[1]}-{case[2][1]}",
)
def model(request: pytest.FixtureRequest) -> LatentModel:
    """A model of each family, preset and shape."""
    return tiny(*request.param)


@pytest.fixture(params=PRESETS, ids="-".join)
def small(request: pytest.FixtureRequest) -> LatentModel:
    """A model of each family and preset, for what has nothing to do with the shape."""
    return tiny(*request.param, SHAPES[0])


def pixels_for(model: LatentModel, n: int) -> Tensor:
    return torch.rand(n, *model.image_shape, generator=torch.Generator().manual_seed(n)) * 2 - 1


def latents_for(model: LatentModel, n: int) -> Tensor:
    return torch.randn(n, *model.latent_shape, generator=torch.Generator().manual_seed(n))


# -- the contract of every family


@torch.no_grad()
def test_shapes_are_those_that_the_model_states(model: LatentModel) -> None:
    z, pixels = latents_for(model, 5), pixels_for(model, 5)
    assert len(model.latent_shape) == 1
    decoded = model.decode(z)
    assert decoded.shape == (5, *model.image_shape)
    assert decoded.dtype == torch.float32
    posterior = model.encode(pixels)
    assert isinstance(posterior, DiagonalGaussian)
    for tensor in (posterior.mean, posterior.logvar, posterior.mode(), posterior.sample()):
        assert tensor.shape == (5, *model.latent_shape)
        assert tensor.dtype == torch.float32
    assert posterior.kl().shape == (5,)
    drawn = model.sample_prior(7, torch.Generator().manual_seed(0))
    assert drawn.shape == (7, *model.latent_shape)


@torch.no_grad()
def test_a_batch_of_64_equals_64_batches_of_one(model: LatentModel) -> None:
    z, pixels = latents_for(model, 64), pixels_for(model, 64)
    one_by_one = torch.cat([model.decode(row[None]) for row in z])
    torch.testing.assert_close(model.decode(z), one_by_one, atol=1e-5, rtol=1e-4)
    alone = [model.encode(row[None]) for row in pixels]
    together = model.encode(pixels)
    for part in ("mean", "logvar"):
        singles = torch.cat([getattr(posterior, part) for posterior in alone])
        torch.testing.assert_close(getattr(together, part), singles, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_different_latents_and_pictures_give_different_results(model: LatentModel) -> None:
    """A network that ignored its input would pass the tests above."""
    decoded = model.decode(latents_for(model, 4))
    means = model.encode(pixels_for(model, 4)).mean
    for rows in (decoded, means):
        distances = torch.pdist(rows.flatten(1))
        assert float(distances.min()) > 1e-3


def test_a_new_model_is_in_evaluation_mode(model: LatentModel) -> None:
    assert not any(module.training for module in model.modules())


def test_every_weight_learns(model: LatentModel) -> None:
    """No weight of the model is left out of the way from pixels to latent to pixels."""
    posterior = model.encode(pixels_for(model, 4))
    z = posterior.sample(torch.Generator().manual_seed(0))
    loss = model.decode(z).square().mean() + posterior.kl().mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    unused = [
        name
        for (name, _), gradient in zip(model.named_parameters(), gradients, strict=True)
        if gradient is None
    ]
    assert unused == []


@torch.no_grad()
def test_save_and_load_give_the_same_model(small: LatentModel, tmp_path: Path) -> None:
    small.prior = Prior(
        torch.tensor([0.25, 0.75]),
        latents_for(small, 2),
        torch.eye(small.latent_shape[0]).expand(2, -1, -1) * 0.5,
    )
    family = next(f for f, entry in MODELS.items() if isinstance(small.config, entry.config))
    path = tmp_path / "model.safetensors"
    rider = torch.arange(6.0).reshape(2, 3)
    written = save_model(
        path, small, family, name="tiny", extra={"metrics": {"psnr": 1.5}}, tensors={"rider": rider}
    )
    loaded, header, tensors = load_model(path)

    assert header == written
    assert (header.family, header.name, header.id) == (family, "tiny", model_digest(small))
    assert header.metrics == {"psnr": 1.5}
    assert header.image_shape == small.image_shape
    assert loaded.config == small.config
    assert tensors.keys() == {"rider"}
    assert torch.equal(tensors["rider"], rider)
    assert not any(module.training for module in loaded.modules())
    assert loaded.state_dict().keys() == small.state_dict().keys()
    for name, tensor in small.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    z, pixels = latents_for(small, 3), pixels_for(small, 3)
    assert torch.equal(loaded.decode(z), small.decode(z))
    assert torch.equal(loaded.encode(pixels).mean, small.encode(pixels).mean)
    drawn = [m.sample_prior(4, torch.Generator().manual_seed(1)) for m in (small, loaded)]
    assert torch.equal(*drawn)


def test_the_digest_names_the_weights_and_nothing_else(small: LatentModel) -> None:
    digest = model_digest(small)
    assert len(digest) == 16
    assert set(digest) <= set("0123456789abcdef")
    assert model_digest(small) == digest

    small.prior = Prior.standard(small.latent_shape[0])
    small.prior.means += 1.0
    small.to(memory_format=torch.channels_last)
    assert model_digest(small) == digest, "a latent means the same picture under any prior"
    small.to(memory_format=torch.contiguous_format)

    for tensor in (next(small.parameters()), *list(small.buffers())[:1]):
        if any(tensor is own for own in small.prior.buffers()):
            continue
        kept = tensor.detach().clone()
        with torch.no_grad():
            tensor.view(-1)[0].add_(1e-3)
        assert model_digest(small) != digest
        with torch.no_grad():
            tensor.copy_(kept)
    assert model_digest(small) == digest


# -- batch normalisation


def test_batch_norm_is_used_in_evaluation_mode_after_loading(tmp_path: Path) -> None:
    """The plain preset alone looks at the batch, and only while it trains."""
    model = build_model("vae", (3, 16, 16), "plain", seed=0)
    assert any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    pixels = pixels_for(model, 8)
    model.train()
    with torch.no_grad():
        differs = model.encode(pixels).mean[:4] - model.encode(pixels[:4]).mean
    assert float(differs.abs().max()) > 1e-3, "in training it looks at the batch"

    save_model(tmp_path / "m.safetensors", model, "vae", name="m")
    loaded, _, _ = load_model(tmp_path / "m.safetensors")
    with torch.no_grad():
        differs = loaded.encode(pixels).mean[:4] - loaded.encode(pixels[:4]).mean
    assert float(differs.abs().max()) < 1e-5


def test_the_residual_preset_never_looks_at_the_batch() -> None:
    model = build_model("vae", (3, 16, 16), seed=0).train()
    z = latents_for(model, 8)
    with torch.no_grad():
        torch.testing.assert_close(model.decode(z)[:1], model.decode(z[:1]), atol=1e-6, rtol=1e-5)


# -- building


def test_a_seed_gives_the_same_weights_and_leaves_the_global_state_alone() -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    first, again = (build_model("vae", (3, 16, 16), seed=5) for _ in range(2))
    assert torch.equal(torch.rand(3), expected)
    assert model_digest(first) == model_digest(again)
    assert model_digest(first) != model_digest(build_model("vae", (3, 16, 16), seed=6))


@pytest.mark.parametrize(
    ("size", "latent_dim"), [(16, 16), (28, 16), (32, 32), (64, 64), (96, 96), (128, 128)]
)
def test_latent_dimensions_suit_the_size(size: int, latent_dim: int) -> None:
    entry = MODELS["vae"]
    for preset in entry.presets:
        config = entry.preset_config(preset, (3, size, size), None)
        assert config.latent_dim == latent_dim
        assert entry.preset_config(preset, (3, size, size), 5).latent_dim == 5


def test_latent_dimensions_can_be_chosen() -> None:
    model = build_model("vae", (3, 16, 16), latent_dim=3)
    assert model.latent_shape == (3,)
    assert model.decode(torch.zeros(1, 3)).shape == (1, 3, 16, 16)


@pytest.mark.parametrize("size", [48, 64, 96, 128])
def test_larger_pictures_fit_the_residual_network(size: int) -> None:
    model = build_model("vae", (3, size, size), seed=0)
    pixels = pixels_for(model, 1)
    with torch.no_grad():
        assert model.decode(model.encode(pixels).mode()).shape == pixels.shape


def test_the_textbook_models_have_the_textbook_sizes() -> None:
    with torch.device("meta"):
        dense = build_model("vae", (3, 64, 64), "dense")
        plain = build_model("vae", (3, 64, 64), "plain")
    hidden = [m.out_features for m in dense.modules() if isinstance(m, nn.Linear)]
    assert hidden == [4096, 4096, 2 * 64, 4096, 4096, 3 * 64 * 64]
    first = next(m for m in plain.decoder.modules() if isinstance(m, nn.Unflatten))
    assert tuple(first.unflattened_size) == (512, 4, 4)
    slopes = {m.negative_slope for m in plain.modules() if isinstance(m, nn.LeakyReLU)}
    assert slopes == {0.2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gun", (3, 16, 16)), "unknown model family 'gun'; choose vae"),
        (("vae", (3, 16, 16), "fancy"), "unknown preset 'fancy'.*residual, plain or dense"),
        (("vae", (3, 16, 32)), "square"),
        (("vae", (2, 16, 16)), "1 or 3 channels"),
        (("vae", (4, 16, 16)), "1 or 3 channels"),
        (("vae", (3, 17, 17)), "a side of 17 pixels does not fit.*64"),
        (("vae", (3, 4, 4)), "does not fit"),
        (("vae", (3, 0, 0)), "does not fit"),
        (("vae", (3, 256, 256)), "does not fit"),
    ],
    ids=str,
)
def test_what_cannot_be_built_is_refused_with_the_choices(
    arguments: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model(*arguments)  # type: ignore[arg-type]


# -- damaged and forged files


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
