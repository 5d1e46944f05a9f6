"""The VAE's objective, schedule and update, each against its formula."""

import copy
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from genimg.data import Dataset
from genimg.evaluation.evaluate import evaluate_model
from genimg.images import array_to_pixels
from genimg.models import MODELS, DiagonalGaussian, build_model
from genimg.training import TrainOptions
from genimg.training.loop.step import take_step
from genimg.training.objectives.objective import Unstable, cosine
from genimg.training.objectives.spikes import SpikeGuard
from genimg.training.objectives.vae import STARTED, VAEObjective, bound, bound_terms
from genimg.training.pictures.batches import Batch
from genimg.training.planning.compute import Compute


def make(preset: str | None = None, precision: str = "fp32", **options: object) -> VAEObjective:
    model = build_model("vae", (3, 16, 16), preset, seed=1)
    return VAEObjective(model, TrainOptions(**options), Compute(precision=precision))  # type: ignore[arg-type]


def rate_of(objective: VAEObjective) -> float:
    return float(objective.players["model"].optimizer.param_groups[0]["lr"])


def spikes(objective: VAEObjective) -> SpikeGuard:
    guard = objective.players["model"].spikes
    assert guard is not None
    return guard


def weights(objective: VAEObjective) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in objective.model.parameters()]


@pytest.fixture(scope="module")
def pixels(cats: Dataset) -> Tensor:
    return array_to_pixels(cats.split("train").images[:16].copy())


def batch(pixels: Tensor) -> Batch:
    """Pixels as the loop gives them; a VAE looks at no labels."""
    return Batch(pixels, torch.zeros(len(pixels), 0, dtype=torch.int64))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# -- the objective


def told(
    posterior: DiagonalGaussian, decoded: Tensor, pixels: Tensor, beta: float
) -> dict[str, Tensor]:
    """The bound of pictures and the means that it is made of."""
    terms = bound_terms(posterior, decoded, pixels)
    assert all(len(values) == len(pixels) for values in terms.values()), "a row a picture"
    means = {name: values.mean() for name, values in terms.items()}
    return means | {"loss": bound(means, beta, pixels[0].numel())}


def test_the_objective_is_that_of_the_optimal_variance(pixels: Tensor) -> None:
    """Half the log of the mean squared error, and the KL in nats spread over all numbers."""
    posterior = DiagonalGaussian(torch.full((16, 4), 0.5), torch.full((16, 4), -1.0))
    decoded = pixels + 0.25
    terms = told(posterior, decoded, pixels, beta=0.3)
    kl = 4 * 0.5 * (0.25 + math.exp(-1) - 1 + 1)
    assert float(terms["mse"]) == pytest.approx(0.0625, rel=1e-4)
    assert float(terms["kl"]) == pytest.approx(kl, rel=1e-5)
    expected = 0.5 * math.log(0.0625) + 0.3 * kl / (3 * 16 * 16)
    assert float(terms["loss"]) == pytest.approx(expected, rel=1e-4)


def test_the_objective_is_the_gaussian_likelihood_up_to_a_constant(pixels: Tensor) -> None:
    """-log N(x; m, s^2) with the best s is D/2 log(mse) + D/2 (1 + log 2 pi)."""
    noisy = pixels + 0.1 * torch.randn(pixels.shape, generator=seeded())
    nothing = DiagonalGaussian(torch.zeros(16, 4), torch.zeros(16, 4))
    terms = told(nothing, noisy, pixels, beta=1.0)
    best = torch.distributions.Normal(noisy, terms["mse"].sqrt())
    expected = -best.log_prob(pixels).mean()
    constant = 0.5 * (1 + math.log(2 * math.pi))
    assert float(terms["loss"]) + constant == pytest.approx(float(expected), abs=1e-4)


def test_pictures_learned_by_heart_have_a_finite_loss(pixels: Tensor) -> None:
    nothing = DiagonalGaussian(torch.zeros(16, 4), torch.zeros(16, 4))
    assert math.isfinite(float(told(nothing, pixels, pixels, 1.0)["loss"]))


# -- schedules


def test_the_cosine_starts_ends_and_halves_where_it_should() -> None:
    assert cosine(0.0, 3.0, 1.0) == 3.0
    assert cosine(0.5, 3.0, 1.0) == pytest.approx(2.0)
    assert cosine(1.0, 3.0, 1.0) == pytest.approx(1.0)
    assert cosine(1.5, 3.0, 1.0) == cosine(1.0, 3.0, 1.0)
    assert cosine(0.25, 1.0, 0.0) == pytest.approx(0.5 + 0.25 * math.sqrt(2))


@pytest.mark.parametrize(
    ("progress", "images", "rate", "beta"),
    [
        (0.0, 0, 1e-3 * 1e-4, 0.0),
        (0.01, 4_999, 0.5 * cosine(0.01, 1e-3, 1e-5), 0.1),
        (0.025, 999, 0.5 * cosine(0.025, 1e-3, 1e-5), 0.25),
        (0.1, 20_000, cosine(0.1, 1e-3, 1e-5), 1.0),
        (0.5, 100_000, 0.5 * (1e-3 + 1e-5), 1.0),
        (1.0, 200_000, 1e-5, 1.0),
    ],
)
def test_rate_and_kl_weight_follow_the_budget(
    progress: float, images: int, rate: float, beta: float
) -> None:
    objective = make()
    objective.schedule(progress, images)
    assert rate_of(objective) == pytest.approx(rate, rel=1e-6)
    assert objective.beta == pytest.approx(beta)


@pytest.mark.parametrize("progress", [0.0, 0.3, 1.0])
def test_the_rate_never_climbs_above_the_one_that_was_asked_for(progress: float) -> None:
    objective = make(learning_rate=1e-7)
    objective.schedule(progress, 10**6)
    assert rate_of(objective) == pytest.approx(1e-7)


def test_the_learning_rate_and_optimizer_of_the_options_are_used() -> None:
    objective = make(learning_rate=0.02, optimizer="rmsprop")
    objective.schedule(0.0, 10**6)
    assert isinstance(objective.players["model"].optimizer, torch.optim.RMSprop)
    assert rate_of(objective) == pytest.approx(0.02)
    assert isinstance(make().players["model"].optimizer, torch.optim.Adam)


# -- updates


@pytest.mark.parametrize(
    ("preset", "precision", "steps"),
    [
        ("residual", "fp32", 20),
        ("residual", "bf16", 20),
        ("plain", "fp32", 10),
        ("dense", "fp32", 4),
    ],
)
def test_every_preset_learns(preset: str, precision: str, steps: int, pixels: Tensor) -> None:
    """The error on the pictures that it sees falls by a fifth at least within a few steps."""
    objective = make(preset, precision)
    rng = seeded()
    with torch.no_grad():
        first = objective.validate(objective.model, batch(pixels))
    for _ in range(steps):
        objective.schedule(0.05, 10**6)
        terms = take_step(objective, batch(pixels), rng)
    assert terms.keys() >= {"loss", "mse", "kl", "gradient_norm"}
    assert all(value.ndim == 0 and not value.requires_grad for value in terms.values())
    assert all(parameter.dtype == torch.float32 for parameter in objective.model.parameters())
    with torch.no_grad():
        last = objective.validate(objective.model, batch(pixels))
    assert 10 ** ((first["psnr"] - last["psnr"]) / 10) < 0.8


def test_all_presets_are_tried_above() -> None:
    assert MODELS["vae"].presets == ("residual", "plain", "dense", "photo")  # see test_photo_vae


def test_a_step_is_a_function_of_weights_pixels_and_generator(pixels: Tensor) -> None:
    results = []
    for seed in (5, 5, 6):
        objective = make()
        objective.schedule(0.5, 10**6)
        take_step(objective, batch(pixels), seeded(seed))
        results.append(weights(objective))
    assert all(map(torch.equal, results[0], results[1]))
    assert not all(map(torch.equal, results[0], results[2]))


def test_gradients_are_clipped(pixels: Tensor) -> None:
    objective = make()
    objective.players["model"].max_norm = 0.01
    objective.schedule(0.5, 10**6)
    terms = take_step(objective, batch(pixels), seeded())
    assert float(terms["gradient_norm"]) > 0.01
    gradients = [p.grad.flatten() for p in objective.model.parameters() if p.grad is not None]
    assert float(torch.cat(gradients).norm()) == pytest.approx(0.01, rel=1e-3)


def test_a_step_with_an_outlying_gradient_is_left_out(pixels: Tensor) -> None:
    objective = make()
    objective.schedule(0.5, 10**6)
    spikes(objective).usual = torch.tensor(1e-6)
    before = weights(objective)
    take_step(objective, batch(pixels), seeded())
    assert all(map(torch.equal, weights(objective), before))
    assert 1e-6 < float(spikes(objective).usual) < 1.2e-6, "one outlier hardly moves what is usual"
    spikes(objective).usual = torch.tensor(0.5)
    take_step(objective, batch(pixels), seeded())
    assert not all(map(torch.equal, weights(objective), before))


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_restored_recipe_goes_on_exactly(optimizer: str, pixels: Tensor) -> None:
    whole = make("plain", optimizer=optimizer)
    whole.schedule(0.3, 10**6)
    for seed in range(3):
        take_step(whole, batch(pixels), seeded(seed))
    resumed = make("plain", optimizer=optimizer)
    resumed.load_state_dict(copy.deepcopy(whole.state_dict()))
    for objective in (whole, resumed):
        objective.schedule(0.4, 10**6)
        for seed in range(3, 6):
            take_step(objective, batch(pixels), seeded(seed))
    states = [objective.model.state_dict() for objective in (whole, resumed)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert float(spikes(resumed).usual) == float(spikes(whole).usual) > 0


def test_a_state_of_an_earlier_version_is_restored() -> None:
    """It had one norm, that of the model."""
    state = make().state_dict()
    state["usual_norm"] = torch.tensor(0.25)
    del state["usual_norms"]
    objective = make()
    objective.load_state_dict(state)
    assert float(spikes(objective).usual) == 0.25


# -- validation


@torch.no_grad()
def test_validation_draws_nothing_and_changes_nothing(pixels: Tensor) -> None:
    objective = make("plain")
    objective.model.eval()
    state = torch.get_rng_state()
    before = {name: tensor.clone() for name, tensor in objective.model.state_dict().items()}
    first, again = (objective.validate(objective.model, batch(pixels)) for _ in range(2))
    assert first == again
    [once], [twice] = (objective.preview(objective.model, pixels) for _ in range(2))
    assert torch.equal(once, twice)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(objective.model.state_dict()[k], v) for k, v in before.items())


@torch.no_grad()
def test_the_psnr_of_validation_is_that_of_the_finished_model(cats: Dataset) -> None:
    """One is measured on pixels, the other on bytes."""
    objective = make()
    images = cats.split("validation").images[:64]
    scores = objective.validate(objective.model, batch(array_to_pixels(images.copy())))
    metrics = evaluate_model(objective.model.eval(), images)
    assert scores["psnr"] == pytest.approx(metrics["psnr"], abs=0.05)
    assert scores["kl"] == pytest.approx(metrics["kl"], abs=0.05)


# -- a model that has learned already


def test_a_trained_model_goes_on_with_care() -> None:
    """Also where the budget is so short that its warm-up would be over in a few steps."""
    objective, fresh = make(init_from=Path("a")), make()
    rates = []
    for each in (objective, fresh):
        each.schedule(0.06, 319)
        rates.append(rate_of(each))
    assert rates[0] == pytest.approx(0.2 * cosine(0.06, 1e-3, 1e-5))
    assert rates[1] == pytest.approx(cosine(0.06, 1e-3, 1e-5))
    assert objective.beta == 1.0 > fresh.beta
    objective.schedule(0.3, 1_600)
    assert rate_of(objective) == cosine(0.3, 1e-3, 1e-5)
    asked = make(init_from=Path("a"), learning_rate=2e-3)
    assert asked.options == replace(STARTED, learning_rate=2e-3)


@torch.no_grad()
def test_a_model_that_was_thrown_off_is_not_taken_for_one(pixels: Tensor, cats: Dataset) -> None:
    objective = make()
    objective.prepare(cats)
    assert objective.validate(objective.model, batch(pixels))["loss"] < 2.0
    for parameter in objective.model.parameters():
        parameter.mul_(1e3)
    with pytest.raises(Unstable, match="thrown off"):
        objective.validate(objective.model, batch(pixels))
