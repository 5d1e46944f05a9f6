"""A model on a base: what it takes over from the base, and what details are."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genimg.config import config_from_mapping, config_to_mapping
from genimg.errors import CheckpointError, ConfigError, LatentError
from genimg.models import (
    Autoencoder,
    LatentModel,
    PhotoVAE,
    build_model,
    find_base,
    load_base,
    load_model,
)
from genimg.models.photo_vae import PhotoVAEConfig, agreement, fits_base, photo_config

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(scope="module")
def base() -> Autoencoder:
    return load_base(find_base())[0]


@pytest.fixture(scope="module")
def model(base: Autoencoder) -> PhotoVAE:
    """An untrained one of 64 pixels on the shipped base."""
    made = build_model("vae", (3, 64, 64), "photo", latent_dim=6, seed=0, width=16)
    assert isinstance(made, PhotoVAE)
    made.base.load_state_dict(base.state_dict())
    return made


def pictures(count: int, side: int = 64) -> torch.Tensor:
    """Smooth colours, as photographs have, not noise."""
    coarse = torch.rand(count, 3, 4, 4, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(-1, 1)


@torch.no_grad()
def test_with_its_details_a_picture_is_what_the_base_makes_of_it(
    model: PhotoVAE, base: Autoencoder
) -> None:
    pixels = pictures(3)
    z = model.encode(pixels).mode()
    details = model.details(pixels, z)
    assert details.shape == (3, 32, 8, 8)
    faithful = model.decode_with(z, details)
    torch.testing.assert_close(faithful, base.decode(base.encode(pixels)), atol=1e-4, rtol=0)
    assert float((faithful - pixels).abs().mean()) < 0.1
    assert float((model.decode(z) - pixels).abs().mean()) > 0.1  # it has learned nothing
    torch.testing.assert_close(model.decode_with(z, 0 * details), model.decode(z))


@torch.no_grad()
def test_a_move_moves_the_picture_by_what_the_model_makes_of_it(model: PhotoVAE) -> None:
    pixels = pictures(1)
    z = model.encode(pixels).mode()
    moved = z + torch.randn(1, 6, generator=torch.Generator().manual_seed(2))
    details = model.details(pixels, z)
    grids = model.base.encode(pixels) + model.grid(moved) - model.grid(z)
    torch.testing.assert_close(
        model.decode_with(moved, details), model.base.decode(grids.clamp(-3, 3)), atol=1e-4, rtol=0
    )


def grids(seed: int) -> torch.Tensor:
    """Whitened: a pattern of 8 x 8 places."""
    return torch.randn(1, 32, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_what_is_still_there_agrees_and_what_has_gone_does_not() -> None:
    shape = grids(1)
    assert torch.equal(agreement(shape, shape), torch.ones(1, 1, 8, 8)), "to the last bit"
    for darker in (shape + 2.0, 0.7 * shape - 1.0):
        assert float(agreement(shape, darker).min()) > 0.85
    assert float(agreement(shape, grids(2)).max()) < 0.2
    half = torch.cat([shape[..., :4], grids(2)[..., 4:]], dim=3)
    found = agreement(shape, half)
    assert torch.equal(found[..., :2], torch.ones(1, 1, 8, 2))
    assert float(found[..., 6:].max()) < 0.2
    flat = torch.zeros(1, 32, 8, 8)
    assert float(agreement(flat, flat + 0.01 * shape).min()) > 0.99


@torch.no_grad()
def test_details_stay_behind_where_what_they_belong_to_has_gone(model: PhotoVAE) -> None:
    pixels = pictures(2)
    home = model.encode(pixels).mode()
    moved = home + 3.0 * torch.randn(2, 6, generator=torch.Generator().manual_seed(2))
    details = model.details(pixels, home)
    assert torch.equal(
        model.decode_with(home, details, model.grid(home)), model.decode_with(home, details)
    )
    before, now = (model.whitened(model.grid(z)) for z in (home, moved))
    left = agreement(before, now) * details
    drawn = model.decode_with(moved, details, model.grid(home))
    torch.testing.assert_close(drawn, model.decode_with(moved, left))


def test_other_models_keep_no_details() -> None:
    plain = build_model("vae", (3, 16, 16), latent_dim=4)
    assert isinstance(plain, LatentModel) and not plain.keeps_details
    with pytest.raises(LatentError, match="keeps no details"):
        plain.details(torch.zeros(1, 3, 16, 16), torch.zeros(1, 4))
    with pytest.raises(LatentError, match="keeps no details"):
        plain.decode_with(torch.zeros(1, 4), torch.zeros(1, 32, 2, 2))


def test_its_base_does_not_learn_and_is_never_in_training(model: PhotoVAE) -> None:
    assert not any(p.requires_grad for p in model.base.parameters())
    assert all(p.requires_grad for p in model.encoder.parameters())
    model.train()
    assert not model.base.training and model.encoder.training
    model.eval()


@pytest.mark.parametrize(
    ("side", "widths", "dimensions"),
    [(48, 1, 64), (64, 2, 64), (96, 2, 96), (128, 3, 128), (192, 3, 192), (256, 4, 192)],
)
def test_there_are_networks_for_the_usual_sides(side: int, widths: int, dimensions: int) -> None:
    config = photo_config((3, side, side))
    assert (len(config.widths), config.latent_dim) == (widths, dimensions)
    assert config_from_mapping(PhotoVAEConfig, config_to_mapping(config)) == config
    assert fits_base(side, side)


@pytest.mark.parametrize(
    "shape", [(1, 64, 64), (3, 48, 256), (3, 32, 32), (3, 60, 60), (3, 88, 88)], ids=str
)
def test_other_shapes_are_refused_in_a_sentence(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match=r"photo"):
        photo_config(shape)


@pytest.mark.parametrize(
    "changes",
    [{"widths": ()}, {"blocks": -1}, {"image_shape": (3, 72, 72)}, {"latent_dim": 0}],
    ids=str,
)
def test_a_config_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        replace(photo_config((3, 64, 64)), **changes)  # type: ignore[arg-type]


def test_a_base_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genimg.models.model_files", lambda folder: [])
    with pytest.raises(CheckpointError, match=r"photo-base.safetensors is not there"):
        find_base()


@torch.no_grad()
def test_noise_makes_textures_and_one_model_has_one_noise(model: PhotoVAE) -> None:
    z = torch.zeros(2, 6)
    grids = model.decode_grid(z)
    assert torch.equal(grids[0], grids[1])
    other = torch.randn(2, *model.decoder.noise.shape, generator=torch.Generator().manual_seed(3))
    noisy = model.decode_grid(z, other)
    assert not torch.allclose(noisy[0], noisy[1])


@torch.inference_mode()
def test_what_it_draws_is_taken_for_the_same_without_the_way_through_pixels() -> None:
    """Of the shipped model; what is left is less than a tenth of a standard deviation."""
    model = load_model(CHECKPOINTS / "fruit-128.safetensors")[0]
    z = model.prior.sample(4, torch.Generator().manual_seed(0))
    through_pixels = LatentModel.reencode(model, z).mode()
    straight = model.reencode(z).mode()
    assert float((straight - through_pixels).square().mean().sqrt()) < 0.1
    assert float((straight - z).square().mean().sqrt()) < 0.7 * float(z.std())
