"""The base takes pictures of any size, brings them back at that size, and is saved in half."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genimg.checkpoint import load as load_file
from genimg.errors import CheckpointError, ConfigError, LatentError
from genimg.models import (
    build_model,
    find_base,
    load_any_model,
    load_base,
    load_model,
    round_weights,
    save_model,
)
from genimg.models.autoencoder import Autoencoder, AutoencoderConfig, preset_config


@pytest.fixture(scope="module")
def base() -> Autoencoder:
    """A narrow one whose last convolutions do not start at zero, as after training."""
    model = build_model("base", (3, 16, 16), seed=0, width=8)
    assert isinstance(model, Autoencoder)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.02 * torch.randn(parameter.shape, generator=rng(1))
    return model


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=rng(2)) * 2 - 1


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (64, 40), (17, 16)])
@torch.no_grad()
def test_any_size_comes_back_at_that_size(base: Autoencoder, size: tuple[int, int]) -> None:
    latents = base.encode(pictures(1, *size))
    assert latents.shape == (1, 32, -(-size[0] // 8), -(-size[1] // 8))
    assert base.decode(latents, size).shape == (1, 3, *size)


@torch.no_grad()
def test_what_is_padded_repeats_the_edge(base: Autoencoder) -> None:
    picture = pictures(1, 12, 10)
    padded = torch.nn.functional.pad(picture, (0, 6, 0, 4), mode="replicate")
    assert torch.equal(base.encode(picture), base.encode(padded))


@torch.no_grad()
def test_latents_are_bounded_whatever_comes(base: Autoencoder) -> None:
    latents = base.encode(1e4 * pictures(2, 16, 16))
    assert float(latents.abs().max()) <= 3.0
    assert float(latents.std()) > 0.1


@torch.no_grad()
def test_a_picture_alone_is_as_in_a_batch(base: Autoencoder) -> None:
    batch = pictures(4, 24, 16)
    together = base.decode(base.encode(batch))
    alone = torch.cat([base.decode(base.encode(one[None])) for one in batch])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_far_part_of_the_picture_does_not_matter(base: Autoencoder) -> None:
    """No attention, no statistics of the picture: what is far away changes nothing."""
    picture = pictures(1, 16, 512)
    other = picture.clone()
    other[..., 400:] = 0.5
    assert torch.equal(base.encode(picture)[..., :8], base.encode(other)[..., :8])


@pytest.mark.parametrize("shape", [(1, 3, 7, 40), (1, 1, 16, 16), (3, 16, 16)])
def test_what_is_no_such_picture_is_refused(base: Autoencoder, shape: tuple[int, ...]) -> None:
    with pytest.raises(LatentError, match="at least 8 pixels"):
        base.encode(torch.zeros(shape))


def test_latents_of_another_size_are_refused(base: Autoencoder) -> None:
    with pytest.raises(LatentError, match="of no picture"):
        base.decode(torch.zeros(1, 32, 2, 2), (17, 16))


@pytest.mark.parametrize(
    "changes",
    [
        {"image_shape": (1, 16, 16)},
        {"image_shape": (3, 20, 20)},
        {"widths": (8,)},
        {"widths": (8, 0)},
        {"encoder_blocks": (1, 99)},
        {"latent_channels": 0},
    ],
)
def test_impossible_configs_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        replace(AutoencoderConfig((3, 16, 16)), **changes)  # type: ignore[arg-type]


def test_unknown_presets_are_refused() -> None:
    with pytest.raises(ConfigError, match="choose photo"):
        preset_config("tiny", (3, 16, 16))


def test_the_usual_one_fits_twelve_megabytes() -> None:
    with torch.device("meta"):
        model = Autoencoder(preset_config("photo", (3, 64, 64)))
    assert 2 * sum(p.numel() for p in model.parameters()) < 12e6


@torch.no_grad()
def test_a_file_holds_it_in_half_precision_exactly(base: Autoencoder, tmp_path: Path) -> None:
    rounded = build_model("base", (3, 16, 16), width=8)
    rounded.load_state_dict(base.state_dict())
    round_weights(rounded, "base")
    assert not torch.equal(next(rounded.parameters()), next(base.parameters()))
    path = tmp_path / "base.safetensors"
    maps = {"directions.maps": torch.zeros(1, 32, 33)}
    rows = ({"name": "warmth", "group": "measured", "std": 1.0, "reliability": 0.5},)
    header = save_model(path, rounded, "base", name="b", extra={"directions": rows}, tensors=maps)
    stored = {name: tensor.dtype for name, tensor in load_file(path)[1].items()}
    assert stored.pop("directions.maps") == torch.float32
    assert set(stored.values()) == {torch.float16}
    model, read, tensors = load_any_model(path)
    assert isinstance(model, Autoencoder)
    assert read.id == header.id
    assert list(tensors) == ["directions.maps"]
    for before, after in zip(rounded.parameters(), model.parameters(), strict=True):
        assert after.dtype == torch.float32
        assert torch.equal(before, after)


def test_a_slider_too_many_is_refused(base: Autoencoder, tmp_path: Path) -> None:
    rounded = build_model("base", (3, 16, 16), width=8)
    round_weights(rounded, "base")
    path = tmp_path / "base.safetensors"
    save_model(path, rounded, "base", name="b", tensors={"directions.maps": torch.zeros(1, 32, 33)})
    with pytest.raises(CheckpointError, match="no part of such a model"):
        load_any_model(path)


def test_weights_that_were_not_rounded_do_not_match_their_id(
    base: Autoencoder, tmp_path: Path
) -> None:
    path = tmp_path / "base.safetensors"
    save_model(path, base, "base", name="b")
    with pytest.raises(CheckpointError, match="do not match its id"):
        load_any_model(path)


def test_it_is_no_model_with_a_latent_for_each_picture(tmp_path: Path) -> None:
    model = build_model("base", (3, 16, 16), seed=0, width=8)
    round_weights(model, "base")
    path = tmp_path / "base.safetensors"
    save_model(path, model, "base", name="b")
    with pytest.raises(CheckpointError, match="base"):
        load_model(path)


def test_pure_noise_makes_no_sparks_and_pictures_are_drawn_as_they_are() -> None:
    """The first block that goes wild makes the next ones wilder, unless its latents are tamed."""
    base = load_base(find_base())[0]
    noise = 2.0 * torch.randint(2, (2, 3, 64, 64), generator=rng(1)).float() - 1.0
    with torch.inference_mode():
        smooth = torch.linspace(-1, 1, 64).expand(1, 3, 64, 64)
        latents = base.encode(torch.cat([noise, smooth]))
        plain, drawn = base.decoder(latents), base.decode(latents)
    assert float(plain[:2].abs().max()) > 100
    assert float(drawn[:2].abs().max()) < 10
    errors = [float((made[:2].clamp(-1, 1) - noise).square().mean()) for made in (plain, drawn)]
    assert errors[1] < 0.8 * errors[0]
    torch.testing.assert_close(drawn[2], plain[2])
