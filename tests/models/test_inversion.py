"""The latent of a picture is found by going downhill on the decoder; nothing else is touched."""

import math

import pytest
import torch
from torch import Tensor

from genimg.models import LatentModel, Prior, build_model
from genimg.models.inversion import Found, Inversion


def model_of(family: str = "vae", seed: int = 0, **how: object) -> LatentModel:
    model = build_model(family, (3, 16, 16), seed=seed, **how)  # type: ignore[arg-type]
    assert isinstance(model, LatentModel)
    for name, weights in model.named_parameters():
        if "conv2" in name or "scale" in name:  # they start at zero: as if it had been trained
            weights.data = 0.1 * torch.randn(
                weights.shape, generator=torch.Generator().manual_seed(seed)
            )
    return model


@pytest.fixture(scope="module")
def model() -> LatentModel:
    return model_of()


@pytest.fixture(scope="module")
def inversion(model: LatentModel) -> Inversion:
    return Inversion(model, torch.eye(16))


@pytest.fixture(scope="module")
def hidden(model: LatentModel) -> Tensor:
    return model.sample_prior(1, torch.Generator().manual_seed(42))[0]


@pytest.fixture(scope="module")
def pixels(model: LatentModel, hidden: Tensor) -> Tensor:
    """What the model draws of `hidden`, so that there is a latent that draws it exactly."""
    with torch.no_grad():
        return model.decode(hidden[None]).clamp(-1, 1)


def error(model: LatentModel, z: Tensor, pixels: Tensor) -> float:
    with torch.no_grad():
        return float((model.decode(z[None]).clamp(-1, 1) - pixels).square().mean())


def test_a_picture_of_the_models_own_is_found_again(
    model: LatentModel, inversion: Inversion, pixels: Tensor, hidden: Tensor
) -> None:
    reports = list(inversion.descend(pixels, torch.zeros(16), 200, 0.0))
    assert error(model, reports[-1].z, pixels) < 1e-3 * error(model, torch.zeros(16), pixels)
    losses = [found.loss for found in reports]
    assert losses == sorted(losses, reverse=True)
    steps = [found.evaluations for found in reports]
    assert steps == sorted(set(steps))
    assert len(reports) > 2, "a person sees it getting better"


def test_it_ends_when_the_steps_are_spent_or_nothing_is_gained(
    inversion: Inversion, pixels: Tensor
) -> None:
    few = list(inversion.descend(pixels, torch.zeros(16), 12, 0.0))
    assert 12 <= few[-1].evaluations < 12 + 25, "a line search may take a few more"
    assert list(inversion.descend(pixels, torch.zeros(16), 0, 0.0)) == []
    settled = list(inversion.descend(torch.zeros_like(pixels), torch.zeros(16), 5000, 1.0))
    assert settled[-1].evaluations < 2000


def test_the_same_search_finds_the_same(inversion: Inversion, pixels: Tensor) -> None:
    runs = [list(inversion.descend(pixels, torch.zeros(16), 60, 0.1))[-1].z for _ in range(2)]
    assert torch.equal(*runs)


def test_only_the_latent_is_touched(model: LatentModel, pixels: Tensor) -> None:
    """Even of a model whose weights could be trained."""
    twin = model_of().requires_grad_(True)
    before = {name: weights.clone() for name, weights in twin.state_dict().items()}
    search = Inversion(twin, torch.eye(16)).search(
        pixels, [torch.zeros(16), torch.ones(16)], 40, 1.0
    )
    for _ in search:
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    assert all(weights.grad is None for weights in twin.parameters())
    assert all(torch.equal(before[name], now) for name, now in twin.state_dict().items())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_works_wherever_gradients_are_off(
    model: LatentModel, pixels: Tensor, mode: type[torch.no_grad]
) -> None:
    with mode():
        inversion = Inversion(model, torch.eye(16))
        start, target = torch.zeros(16), pixels.clone()
        for _ in inversion.descend(target, start, 30, 1.0):
            assert not torch.is_grad_enabled()
        drawn = inversion.draw(target)
    assert not drawn.is_inference()
    assert torch.equal(start, torch.zeros(16))


def test_colours_out_of_range_are_as_good_as_white(
    model: LatentModel, inversion: Inversion
) -> None:
    """A white picture: what is drawn whiter than white is no error."""

    class Bright(torch.nn.Module):
        def forward(self, z: Tensor) -> Tensor:
            return 3.0 + 0.0 * z.sum(dim=1)[:, None, None, None].expand(-1, 3, 16, 16)

    bright = model_of()
    bright.decoder = Bright()
    white = torch.ones(1, 3, 16, 16)
    found, *_ = Inversion(bright, torch.eye(16)).descend(white, torch.zeros(16), 20, 0.0)
    assert found.loss == pytest.approx(math.log(1e-7))


def test_a_restraint_keeps_latents_near(model: LatentModel, inversion: Inversion) -> None:
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    start = torch.zeros(16)
    found = [list(inversion.descend(noise, start, 100, r))[-1].z for r in (0.0, 1.0, 30.0)]
    errors = [error(model, z, noise) for z in found]
    distances = [float(inversion.distance(z[None])) for z in found]
    assert errors == sorted(errors)
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 2 * distances[2]


def test_distances_are_in_standard_deviations_of_the_models_own() -> None:
    model = model_of()
    scale = torch.arange(1.0, 17.0)
    model.prior = Prior(torch.ones(1), torch.full((1, 16), 2.0), torch.diag(scale)[None])
    inversion = Inversion(model, torch.diag(scale**2))
    points = 2.0 + torch.stack([torch.zeros(16), scale, 3.0 * scale])
    assert inversion.distance(points).tolist() == pytest.approx([0.0, 4.0, 12.0], abs=1e-3)
    rows = points[1].expand(5, -1)[None]
    assert float(inversion.distance(rows)) == pytest.approx(4.0, abs=1e-3)
    apart = torch.stack([points[0], points[2]])[None]  # mean: 1.5 scales; each 1.5 from it
    assert float(inversion.distance(apart)) == pytest.approx(math.hypot(6.0, 6.0), abs=1e-3)


def test_the_best_of_several_starts_goes_on(
    model: LatentModel, inversion: Inversion, pixels: Tensor, hidden: Tensor
) -> None:
    """One is so far out that its pictures are saturated; the other is almost there."""
    lost, near = torch.full((16,), 1e4), hidden + 0.01
    for starts in ([lost, near], [near, lost]):
        reports: list[Found] = list(inversion.search(pixels, starts, 80, 0.1))
        assert error(model, reports[-1].z, pixels) <= error(model, near, pixels)
        losses = [found.loss for found in reports]
        assert losses == sorted(losses, reverse=True)
        assert [f.evaluations for f in reports] == sorted(f.evaluations for f in reports)


def test_the_most_similar_draw(model: LatentModel, inversion: Inversion) -> None:
    drawn = model.sample_prior(32, torch.Generator().manual_seed(0))
    with torch.no_grad():
        target = model.decode(drawn[17:18]).clamp(-1, 1)
    assert torch.equal(inversion.draw(target), drawn[17])


def test_a_typical_latent_is_no_odder_than_draws(model: LatentModel, inversion: Inversion) -> None:
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    far = 40.0 * torch.ones(16)
    found = inversion.typical(noise, [far])
    own = inversion.distance(model.sample_prior(500, torch.Generator().manual_seed(9)))
    assert float(inversion.distance(found[None])) <= float(own.quantile(0.98))


def test_each_layer_can_have_its_own() -> None:
    gan = model_of("gan", label_sizes=(3, 2))
    assert gan.layers == 3
    inversion = Inversion(gan, torch.eye(16))
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    one = list(inversion.descend(noise, torch.zeros(16), 60, 0.0))[-1]
    three = list(inversion.descend(noise, torch.zeros(3, 16), 60, 0.0))[-1]
    assert three.z.shape == (3, 16)
    assert not torch.equal(three.z[0], three.z[1])
    assert three.loss < one.loss
