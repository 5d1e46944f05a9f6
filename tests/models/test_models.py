"""What every family that draws promises, and what a saved model is when it comes back.

What a classifier promises is in `test_classifier`.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from genimg.errors import ConfigError, LatentError
from genimg.models import (
    MODELS,
    DiagonalGaussian,
    LatentModel,
    Prior,
    build_model,
    gan,
    load_model,
    model_digest,
    round_weights,
    save_model,
)

PRESETS = [
    (family, preset) for family, entry in MODELS.items() if entry.draws for preset in entry.presets
]
WITH_ENCODER = "style with an encoder"  # what a GAN is that was started from a VAE
PRESETS.append(("gan", WITH_ENCODER))
SHAPES = [(3, 16, 16), (1, 28, 28)]
PHOTO_SHAPES = [(3, 48, 48)]
SIZES = (3, 2)


@cache
def tiny(family: str, preset: str, shape: tuple[int, int, int]) -> LatentModel:
    """A tiny real model with weights as if it had learned.

    Where there are running statistics, they are moved off their initial values.
    """
    if preset == WITH_ENCODER:
        config = build_model(family, shape, "style", label_sizes=SIZES).config
        torch.manual_seed(3)
        model = gan.GAN(replace(config, encoder_widths=(8, 16))).eval()
    else:
        model = build_model(family, shape, preset, seed=3, label_sizes=SIZES)
    assert isinstance(model, LatentModel)
    rng = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith(("running_mean", "running_var", "bias")):
                tensor.add_(0.3 * torch.rand(tensor.shape, generator=rng))
    return model


def shapes_of(preset: str) -> list[tuple[int, int, int]]:
    return PHOTO_SHAPES if preset == "photo" else SHAPES


@pytest.fixture(
    params=[(*preset, shape) for preset in PRESETS for shape in shapes_of(preset[1])],
    ids=lambda case: f"{case[0]}-{case[1]}-{case[2][1]}",
)
def model(request: pytest.FixtureRequest) -> LatentModel:
    """A model of each family, preset and shape."""
    return tiny(*request.param)


@pytest.fixture(params=PRESETS, ids="-".join)
def small(request: pytest.FixtureRequest) -> LatentModel:
    """A model of each family and preset, for what has nothing to do with the shape."""
    return tiny(*request.param, shapes_of(request.param[1])[0])


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
    drawn = model.sample_prior(7, torch.Generator().manual_seed(0))
    assert drawn.shape == (7, *model.latent_shape)
    assert model.has_encoder == (type(model) is not gan.GAN or bool(model.config.encoder_widths))
    if not model.has_encoder:
        with pytest.raises(LatentError, match="only draws pictures"):
            model.encode(pixels)
        return
    posterior = model.encode(pixels)
    assert isinstance(posterior, DiagonalGaussian)
    for tensor in (posterior.mean, posterior.logvar, posterior.mode(), posterior.sample()):
        assert tensor.shape == (5, *model.latent_shape)
        assert tensor.dtype == torch.float32
    assert posterior.kl().shape == (5,)


@torch.no_grad()
def test_one_latent_for_all_layers_is_that_latent(model: LatentModel) -> None:
    assert model.layers >= 1
    if model.layers == 1:
        return
    z = latents_for(model, 3)
    rows = z.unsqueeze(1).repeat(1, model.layers, 1)
    torch.testing.assert_close(model.decode(rows), model.decode(z), atol=1e-6, rtol=1e-5)


@torch.no_grad()
def test_wanted_labels_are_taken_where_there_are_any(model: LatentModel) -> None:
    assert model.label_sizes in ((), SIZES)
    if not model.label_sizes:
        return

    def drawn(*row: int) -> Tensor:
        wanted = torch.tensor([row])
        return model.sample_prior(1, torch.Generator().manual_seed(0), labels=wanted)

    assert torch.equal(drawn(1, 0), drawn(1, 0))
    assert not torch.equal(drawn(1, 0), drawn(2, 0))
    assert not torch.equal(drawn(1, 0), drawn(1, 1))


@torch.no_grad()
def test_a_batch_of_64_equals_64_batches_of_one(model: LatentModel) -> None:
    z, pixels = latents_for(model, 64), pixels_for(model, 64)
    one_by_one = torch.cat([model.decode(row[None]) for row in z])
    torch.testing.assert_close(model.decode(z), one_by_one, atol=1e-5, rtol=1e-4)
    if not model.has_encoder:
        return
    alone = [model.encode(row[None]) for row in pixels]
    together = model.encode(pixels)
    for part in ("mean", "logvar"):
        singles = torch.cat([getattr(posterior, part) for posterior in alone])
        torch.testing.assert_close(getattr(together, part), singles, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_different_latents_and_pictures_give_different_results(model: LatentModel) -> None:
    """A network that ignored its input would pass the tests above."""
    results = [model.decode(latents_for(model, 4))]
    if model.has_encoder:
        results.append(model.encode(pixels_for(model, 4)).mean)
    for rows in results:
        distances = torch.pdist(rows.flatten(1))
        assert float(distances.min()) > 1e-3


def test_a_new_model_is_in_evaluation_mode(model: LatentModel) -> None:
    assert not any(module.training for module in model.modules())


def test_every_weight_learns(model: LatentModel) -> None:
    """No weight of the model is left out of the ways from pixels, or a draw, to pixels."""
    rng = torch.Generator().manual_seed(0)
    loss = model.decode(model.sample_prior(4, rng)).square().mean()
    if model.has_encoder:
        posterior = model.encode(pixels_for(model, 4))
        loss = loss + model.decode(posterior.sample(rng)).square().mean() + posterior.kl().mean()
    weights = {n: p for n, p in model.named_parameters() if p.numel() and p.requires_grad}
    gradients = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
    unused = [n for n, gradient in zip(weights, gradients, strict=True) if gradient is None]
    assert unused == []


@torch.no_grad()
def test_save_and_load_give_the_same_model(small: LatentModel, tmp_path: Path) -> None:
    small.prior = Prior(
        torch.tensor([0.25, 0.75]),
        latents_for(small, 2),
        torch.eye(small.latent_shape[0]).expand(2, -1, -1) * 0.5,
    )
    family = next(
        name
        for name, entry in MODELS.items()
        if type(small.config) in {entry.network.config, *(n.config for n in entry.others.values())}
    )
    round_weights(small, family)
    path = tmp_path / "model.safetensors"
    rider = torch.eye(small.latent_shape[0])[:2]
    extra = {"metrics": {"psnr": 1.5}, "directions": ({"name": "hat"}, {"name": "bow"})}
    tensors = {"directions.vectors": rider}
    written = save_model(path, small, family, name="tiny", extra=extra, tensors=tensors)
    loaded, header, tensors = load_model(path)

    assert header == written
    assert (header.family, header.name, header.id) == (family, "tiny", model_digest(small))
    assert header.metrics == {"psnr": 1.5}
    assert header.image_shape == small.image_shape
    assert loaded.config == small.config
    assert tensors.keys() == {"directions.vectors"}
    assert torch.equal(tensors["directions.vectors"], rider)
    assert not any(module.training for module in loaded.modules())
    assert loaded.state_dict().keys() == small.state_dict().keys()
    for name, tensor in small.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    z, pixels = latents_for(small, 3), pixels_for(small, 3)
    assert torch.equal(loaded.decode(z), small.decode(z))
    if small.has_encoder:
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

    for tensor in (*list(small.parameters())[:2], *list(small.buffers())[:1]):
        if not tensor.numel() or any(tensor is own for own in small.prior.buffers()):
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
        if preset == "photo" and size < 48:
            continue  # see test_photo_vae
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
