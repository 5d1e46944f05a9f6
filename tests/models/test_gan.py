"""The generators: what w, labels, truncation and scales do to a picture, and what they leave as it
is.
"""

from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor, nn

from genimg.errors import ConfigError, LatentError
from genimg.models import build_model
from genimg.models.gan import GAN, PRESETS, StyledBlock, normalise, preset_config
from genimg.models.prior import Prior, draw_labels
from genimg.models.vae import VAE, VAEConfig

SHAPE = (3, 16, 16)
SIZES = (3, 2)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def latents(n: int, d: int = 16, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=seeded(seed))


def labels(*rows: tuple[int, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.int64)


def fresh(preset: str = "style", **changes: object) -> GAN:
    model = build_model("gan", SHAPE, preset, seed=0, label_sizes=SIZES)
    assert isinstance(model, GAN)
    if not changes:
        return model
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return GAN(replace(model.config, **changes)).eval()  # type: ignore[arg-type]


@cache
def learned(preset: str = "style") -> GAN:
    """A generator with weights as if it had learned: what starts at zero is not."""
    model = fresh(preset)
    rng = seeded(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=rng))
        for name, buffer in model.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.add_(torch.rand(buffer.shape, generator=rng))
        model.frequencies.copy_(torch.tensor([0.5, 0.2, 0.3, 0.9, 0.1])[: sum(model.label_sizes)])
    return model


# -- presets


@torch.no_grad()
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28)])
def test_a_draw_becomes_pictures_of_the_stated_shape(
    preset: str, shape: tuple[int, int, int]
) -> None:
    model = build_model("gan", shape, preset, latent_dim=9, seed=0, label_sizes=SIZES)
    assert isinstance(model, GAN)
    w = model.sample_prior(3, seeded())
    assert (w.shape, w.dtype) == ((3, 9), torch.float32)
    pixels = model.decode(w)
    assert (pixels.shape, pixels.dtype) == ((3, *shape), torch.float32)
    textbook = preset in ("dcgan", "conv-gan")
    assert model.label_sizes == (() if textbook else SIZES)
    if textbook:
        assert float(pixels.abs().max()) <= 1.0, "tanh"


@pytest.mark.parametrize("preset", ["dcgan", "conv-gan"])
def test_textbook_weights_start_as_the_textbook_says(preset: str) -> None:
    """N(0, 0.02) for convolutions, N(1, 0.02) for the gains of BatchNorm (Radford et al. 2016)."""
    seen = set()
    for module in fresh(preset).synthesis.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            assert float(module.weight.detach().std()) == pytest.approx(0.02, rel=0.1)
            assert abs(float(module.weight.detach().mean())) < 0.002
        elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            assert float(module.weight.detach().mean()) == pytest.approx(1.0, abs=0.02)
        seen.add(type(module))
    assert nn.ConvTranspose2d in seen
    assert seen & {nn.BatchNorm1d, nn.BatchNorm2d}


def test_what_networks_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown preset 'fancy' for a gan; choose style, plain"):
        preset_config("fancy", SHAPE)
    with pytest.raises(ConfigError, match="16 to 64 pixels"):
        preset_config("conv-gan", (1, 96, 96))
    with pytest.raises(ConfigError, match="a side of 17 pixels"):
        preset_config("style", (3, 17, 17))


# -- the synthesis network


@torch.no_grad()
@pytest.mark.parametrize("preset", ["style", "plain"])
def test_a_fresh_generator_is_the_decoder_of_a_vae_to_the_last_bit(preset: str) -> None:
    """Scales start at one, so weights of a decoder can be taken over as they are."""
    model = fresh(preset)
    config = model.config
    vae = VAE(VAEConfig(SHAPE, config.latent_dim, "residual", config.widths, config.blocks))
    own = model.synthesis.state_dict()
    assert own.keys() >= vae.decoder.state_dict().keys()
    model.synthesis.load_state_dict(own | vae.decoder.state_dict())
    z = latents(5)
    assert torch.equal(model.decode(z), vae.decode(z))


@torch.no_grad()
def test_normalised_rows_keep_their_direction_and_have_unit_size() -> None:
    rows = torch.tensor([1e-3, 1.0, 50.0])[:, None] * latents(3)
    out = normalise(rows)
    torch.testing.assert_close(out.square().mean(dim=1), torch.ones(3), rtol=0, atol=0.02)
    torch.testing.assert_close(
        nn.functional.normalize(out, dim=1), nn.functional.normalize(rows, dim=1)
    )
    assert bool(torch.isfinite(normalise(torch.zeros(1, 4))).all())


@torch.no_grad()
def test_scales_move_channels_against_each_other_and_never_all_of_them() -> None:
    """The scales of a block have a root mean square of one: as much louder, as much quieter."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        block = StyledBlock(6, 4)
        nn.init.normal_(block.conv2.weight)
    x, w = torch.randn(2, 6, 5, 5, generator=seeded()), latents(2, 4)
    plain = block(x)
    assert torch.equal(block.styled(x, w), plain)
    nn.init.constant_(block.scale.bias, 7.0)
    torch.testing.assert_close(block.styled(x, w), plain)
    nn.init.normal_(block.scale.weight)
    assert not torch.allclose(block.styled(x, w), plain, atol=0.1)


@torch.no_grad()
@pytest.mark.parametrize("preset", PRESETS)
def test_a_picture_does_not_depend_on_the_others_of_its_batch(preset: str) -> None:
    model = learned(preset)
    w = model.sample_prior(8, seeded(1))
    together = model.decode(w)
    alone = torch.cat([model.decode(row) for row in w.split(1)])
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("preset", PRESETS)
def test_equal_rows_for_all_layers_are_one_latent(preset: str) -> None:
    model = learned(preset)
    w = model.sample_prior(4, seeded(2))
    rows = w[:, None].repeat(1, model.layers, 1)
    assert torch.equal(model.decode(rows), model.decode(w))


@torch.no_grad()
def test_every_layer_has_a_say_of_its_own() -> None:
    model = learned()
    assert model.layers == 1 + len(model.config.widths)
    assert fresh("plain").layers == fresh("dcgan").layers == 1
    assert fresh(blocks=3).layers == 1 + 3 * len(model.config.widths)
    w = model.sample_prior(2, seeded(3))
    rows = w[:1, None].repeat(1, model.layers, 1)
    pictures = [model.decode(rows)]
    for layer in range(model.layers):
        changed = rows.clone()
        changed[:, layer] = w[1]
        pictures.append(model.decode(changed))
    for i, picture in enumerate(pictures):
        assert not any(torch.allclose(picture, other, atol=1e-3) for other in pictures[:i])


# -- draws


def test_the_same_seed_is_the_same_draw() -> None:
    model = learned()
    first, again, other = (model.sample_prior(6, seeded(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@torch.no_grad()
@pytest.mark.parametrize("preset", ["style", "plain"])
def test_another_label_changes_the_label_alone(preset: str) -> None:
    """Seed 4 with a hat is seed 4 without one, but for the hat: the same source behind both."""
    model = learned(preset)
    rng = seeded(4)
    draw_labels(model.frequencies, model.label_sizes, 5, rng)  # drawn first, then overruled
    z = model.source.sample(5, rng)
    for row in ((0, 0), (2, 1)):
        wanted = labels(row).repeat(5, 1)
        drawn = model.sample_prior(5, seeded(4), labels=wanted)
        assert torch.equal(drawn, model.map(z, wanted))
        assert torch.equal(drawn, model.sample_prior(5, seeded(4), labels=wanted))
    if preset == "plain":
        a, b = (
            model.sample_prior(5, seeded(4), labels=labels((i, 1)).repeat(5, 1)) for i in (0, 2)
        )
        difference = (model.embedding[2] - model.embedding[0]).expand(5, -1)
        torch.testing.assert_close(b - a, difference)


def test_a_label_that_nobody_asked_for_is_drawn_as_if_nobody_had_asked() -> None:
    model = learned("plain")
    free = model.sample_prior(200, seeded(5))
    half = model.sample_prior(200, seeded(5), labels=torch.full((200, 2), -1))
    assert torch.equal(free, half)
    wanted = torch.full((200, 2), -1)
    wanted[:, 1] = 1
    mixed = model.sample_prior(200, seeded(5), labels=wanted)
    both = (model.embedding[4] - model.embedding[3]).detach()
    moved = mixed - free
    changed = moved.abs().sum(dim=1) > 1e-4
    torch.testing.assert_close(moved[changed], both.expand(int(changed.sum()), -1))
    assert abs(float(changed.float().mean()) - 0.9) < 0.08, "nine in ten had the other value"


@torch.no_grad()
def test_labels_are_drawn_as_often_as_they_occur() -> None:
    model = learned("plain")
    n = 20_000
    for buffer in (model.source.means, model.source.cholesky):
        assert buffer.shape[0] == 1
    corners = torch.stack([model.embed(labels((a, b)))[0] for a in range(3) for b in range(2)])
    cold = model.sample_prior(n, seeded(6), temperature=0.0)
    found = torch.cdist(cold, corners).argmin(dim=1)
    shares = torch.bincount(found, minlength=6) / n
    expected = torch.outer(torch.tensor([0.5, 0.2, 0.3]), torch.tensor([0.9, 0.1])).flatten()
    torch.testing.assert_close(shares, expected, rtol=0, atol=0.02)


@torch.no_grad()
def test_the_embeddings_of_all_factors_add_up() -> None:
    model = learned()
    both = model.embed(labels((1, 0), (2, 1)))
    parts = model.embedding
    torch.testing.assert_close(both, torch.stack([parts[1] + parts[3], parts[2] + parts[4]]))
    bare = build_model("gan", SHAPE, "style", seed=0)
    assert isinstance(bare, GAN)
    assert torch.equal(bare.embed(torch.zeros(3, 0, dtype=torch.int64)), torch.zeros(3, 16))
    assert bare.sample_prior(3, seeded()).shape == (3, 16)


@torch.no_grad()
def test_draws_come_from_the_source() -> None:
    model = fresh("plain", source_components=2)
    source = Prior(
        torch.tensor([0.25, 0.75]),
        torch.stack([torch.full((16,), -5.0), torch.full((16,), 5.0)]),
        0.1 * torch.eye(16).repeat(2, 1, 1),
    )
    model.source.load_state_dict(source.state_dict())
    model.embedding.zero_()
    drawn = model.sample_prior(4000, seeded(7))
    right = drawn.mean(dim=1) > 0
    assert abs(float(right.float().mean()) - 0.75) < 0.03
    torch.testing.assert_close(drawn[right].mean(dim=0), torch.full((16,), 5.0), atol=0.03, rtol=0)
    torch.testing.assert_close(drawn[right].std(dim=0), torch.full((16,), 0.1), rtol=0.1, atol=0)


# -- truncation


@torch.no_grad()
def test_truncation_goes_towards_the_mean_w_of_the_labels() -> None:
    """Towards the mean of everything, each picture would become a blend of all labels."""
    model = learned()
    wanted = labels((0, 0), (0, 0), (2, 1))
    whole, half, none = (
        model.sample_prior(3, seeded(8), temperature=t, labels=wanted) for t in (1.0, 0.5, 0.0)
    )
    assert torch.equal(whole, model.sample_prior(3, seeded(8), labels=wanted))
    torch.testing.assert_close(none[0], none[1])
    assert not torch.allclose(none[0], none[2], atol=0.1)
    torch.testing.assert_close(half, none + 0.5 * (whole - none))
    for row in (0, 2):
        many = model.sample_prior(4000, seeded(9), labels=wanted[row : row + 1].repeat(4000, 1))
        error = (many.mean(dim=0) - none[row]).abs() / many.std(dim=0)
        assert float(error.max()) < 5 / 256**0.5, "a mean over 256 draws"


@torch.no_grad()
def test_truncation_works_without_labels() -> None:
    model = build_model("gan", SHAPE, "style", seed=0)
    whole, half, none = (model.sample_prior(4, seeded(8), temperature=t) for t in (1.0, 0.5, 0.0))
    torch.testing.assert_close(none, none[:1].expand(4, -1))
    torch.testing.assert_close(half, 0.5 * (whole + none))


@torch.no_grad()
def test_without_a_mapping_the_spread_of_the_draw_is_scaled() -> None:
    model = learned("plain")
    wanted = labels((1, 1)).repeat(4, 1)
    whole, half, none = (
        model.sample_prior(4, seeded(8), temperature=t, labels=wanted) for t in (1.0, 0.5, 0.0)
    )
    torch.testing.assert_close(none, model.embed(wanted))
    torch.testing.assert_close(half, 0.5 * (whole + none))


# -- the mapping


@torch.no_grad()
def test_an_mlp_mapping_sees_the_direction_of_a_draw_alone() -> None:
    model, wanted = learned(), labels((1, 0)).repeat(4, 1)
    z = latents(4)
    torch.testing.assert_close(model.map(3.0 * z, wanted), model.map(z, wanted))


@torch.no_grad()
def test_a_residual_mapping_starts_as_the_identity_and_can_leave_it() -> None:
    model = fresh(mapping="residual")
    z, wanted = latents(4), labels((1, 0)).repeat(4, 1)
    assert torch.equal(model.map(z, wanted), z + model.embed(wanted))
    nn.init.constant_(model.mapping.layers[-1].bias, 1.0)
    torch.testing.assert_close(model.map(z, wanted), z + model.embed(wanted) + 1.0)


def test_gradients_reach_what_learns() -> None:
    model = learned()
    w = model.map(latents(4), labels((0, 0), (1, 0), (0, 1), (1, 1)))
    model.decode(w).square().sum().backward()  # type: ignore[no-untyped-call]
    still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []
    assert model.embedding.grad is not None
    assert model.embedding.grad.any(dim=1).tolist() == [True, True, False, True, True]


def test_a_generator_by_itself_has_no_encoder() -> None:
    model = fresh()
    assert not model.has_encoder
    with pytest.raises(LatentError, match="no encoder"):
        model.encode(torch.zeros(1, *SHAPE))
    assert fresh(encoder_widths=(8, 8)).has_encoder
