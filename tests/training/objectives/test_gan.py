"""The GAN's objective and updates, each against its formula."""

import copy
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genimg.data import Dataset
from genimg.images import array_to_pixels
from genimg.models import build_model
from genimg.models.gan import PRESETS
from genimg.models.prior import draw_labels
from genimg.training import TrainOptions
from genimg.training.loop.step import take_step
from genimg.training.objectives.gan import GANObjective
from genimg.training.pictures.batches import Batch
from genimg.training.pictures.diff_augment import augment, draw_augmentation
from genimg.training.planning.compute import Compute

SIZES = (3, 2)
TEXTBOOK = ("dcgan", "conv-gan")
LATE = 10**6  # pictures after which every generator learns


def make(
    preset: str | None = None,
    precision: str = "fp32",
    shape: tuple[int, int, int] = (3, 16, 16),
    **options: object,
) -> GANObjective:
    model = build_model("gan", shape, preset, seed=1, label_sizes=SIZES)
    settings = {"family": "gan", "preset": preset, "augment": "off", **options}
    return GANObjective(model, TrainOptions(**settings), Compute(precision=precision))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def batch(cats: Dataset) -> Batch:
    labels = torch.tensor([[i % 3, i % 2] for i in range(16)])
    return Batch(array_to_pixels(cats.split("train").images[:16].copy()), labels)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weights(network: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return all(map(torch.equal, a, b))


class Plane(nn.Module):
    """The simplest critic: one weight a number of the picture, so its gradient is known."""

    def __init__(self, scale: float = 0.1) -> None:
        super().__init__()
        self.weight = nn.Parameter(scale * torch.randn(3, 16, 16, generator=seeded(8)))

    def forward(self, pixels: Tensor, labels: Tensor) -> Tensor:
        return (pixels * self.weight).sum(dim=(1, 2, 3))


class Bowl(nn.Module):
    """c / 2 |x|^2, whose gradient is c x: another one for each picture."""

    def __init__(self, curve: float) -> None:
        super().__init__()
        self.curve = nn.Parameter(torch.tensor(curve))

    def forward(self, pixels: Tensor, labels: Tensor) -> Tensor:
        return 0.5 * self.curve * pixels.square().sum(dim=(1, 2, 3))


def predictable(critic: nn.Module, **options: object) -> tuple[GANObjective, Tensor]:
    """An objective whose generator draws one picture a label, and those pictures for the batch."""
    objective = make("plain", **options)
    objective.critic = critic
    objective.options = replace(objective.options, label_dropout=0.0)
    objective.model.source.cholesky.zero_()
    with torch.no_grad():
        objective.model.synthesis.head.weight.mul_(30.0)
        wanted = torch.tensor([[i % 3, i % 2] for i in range(16)])
        fakes = objective.model.decode(objective.model.embed(wanted))
    objective.schedule(0.0, LATE)
    return objective, fakes


# -- the loss


def test_the_loss_is_relativistic_pair_by_pair(batch: Batch) -> None:
    """softplus(-(D(x) - D(x~))) for the critic, the two changed over for the generator."""
    critic = Plane()
    objective, fakes = predictable(critic)
    with torch.no_grad():
        real, fake = (critic(pixels, batch.labels) for pixels in (batch.pixels, fakes))
    terms = take_step(objective, batch, seeded())
    assert float(terms["critic_loss"]) == pytest.approx(float(F.softplus(fake - real).mean()))
    assert float(terms["generator_loss"]) == pytest.approx(float(F.softplus(real - fake).mean()))
    assert float(terms["real_logit"]) == pytest.approx(float(real.mean()))
    assert float(terms["fake_logit"]) == pytest.approx(float(fake.mean()))
    together = terms["critic_loss"] + terms["generator_loss"]
    assert float(terms["loss"]) == pytest.approx(float(together))


def test_both_penalties_are_the_squared_gradient_of_each_picture(batch: Batch) -> None:
    """Summed over a picture's numbers, and a mean over pictures."""
    objective, fakes = predictable(Bowl(0.7))
    terms = take_step(objective, batch, seeded())
    for name, pixels in (("r1", batch.pixels), ("r2", fakes)):
        expected = 0.49 * pixels.square().sum(dim=(1, 2, 3)).mean()
        assert float(terms[name]) == pytest.approx(float(expected), rel=1e-4)
    assert abs(float(terms["r1"] / terms["r2"]) - 1) > 0.05, "they are told apart"


@pytest.mark.parametrize("gamma", [1.0, 8.0])
def test_half_of_gamma_times_the_penalties_is_what_the_critic_learns_from(
    gamma: float, batch: Batch
) -> None:
    """For a linear critic each penalty is |a|^2: gamma/2 (R1 + R2) has the gradient 2 gamma a."""
    critic = Plane()
    objective, fakes = predictable(critic, gamma=gamma)
    loss = F.softplus(critic(fakes, batch.labels) - critic(batch.pixels, batch.labels)).mean()
    (bare,) = torch.autograd.grad(loss, critic.weight)
    objective.generator_learns = False
    terms = take_step(objective, batch, seeded())
    square = float(critic.weight.detach().square().sum())
    assert float(terms["r1"]) == pytest.approx(square, rel=1e-4)
    assert float(terms["r2"]) == pytest.approx(square, rel=1e-4)
    assert critic.weight.grad is not None
    expected = bare + 2 * gamma * critic.weight.detach()
    torch.testing.assert_close(critic.weight.grad, expected, rtol=1e-4, atol=1e-5)
    assert float(objective.penalty) == pytest.approx(0.05 * gamma * square, rel=1e-4)


def test_penalties_are_those_of_the_pictures_before_they_are_augmented(batch: Batch) -> None:
    """Augmentation is affine, so a step along the gradient by hand shows how long it is."""
    critic = Plane()
    objective, fakes = predictable(critic, augment="on")
    objective.generator_learns = False
    terms = take_step(objective, batch, seeded(3))

    def judged(pixels: Tensor) -> Tensor:
        rng = seeded(3)  # what the step draws before it augments
        torch.rand(batch.labels.shape, generator=rng)
        draw_labels(objective.model.frequencies, SIZES, 16, rng)
        objective.model.source.sample(16, rng)
        drawn = draw_augmentation(len(pixels), pixels.shape[2], rng)
        return critic(augment(pixels, drawn), batch.labels)

    pixels = torch.cat([batch.pixels, fakes]).requires_grad_()
    (slope,) = torch.autograd.grad(judged(pixels).sum(), pixels)
    lengths = slope.flatten(1).norm(dim=1)
    with torch.no_grad():
        moved = judged(pixels + slope / lengths[:, None, None, None]) - judged(pixels)
    torch.testing.assert_close(moved, lengths, rtol=1e-2, atol=1e-3)
    for name, part in zip(("r1", "r2"), lengths.chunk(2), strict=True):
        assert float(terms[name]) == pytest.approx(float(part.square().mean()), rel=1e-4)
    assert float(terms["r1"]) != pytest.approx(
        float(critic.weight.detach().square().sum()), rel=0.01
    )


@pytest.mark.parametrize("preset", TEXTBOOK)
def test_the_textbook_gets_binary_cross_entropy(preset: str, batch: Batch) -> None:
    critic = Plane()
    objective = make(preset)
    objective.critic = critic
    terms = take_step(objective, batch, seeded())
    assert not {"r1", "r2"} & terms.keys()
    real = critic(batch.pixels, batch.labels)
    one = F.binary_cross_entropy_with_logits(real, torch.ones(16))
    fake = recipe_fakes_logit(preset, critic, batch)
    none = F.binary_cross_entropy_with_logits(fake, torch.zeros(16))
    assert float(terms["critic_loss"]) == pytest.approx(float((one + none).detach()), rel=1e-4)
    assert 0.1 < float(terms["generator_loss"]) < 3.0


def recipe_fakes_logit(preset: str, critic: nn.Module, batch: Batch) -> Tensor:
    """What `critic` says of the first pictures that a fresh generator of `preset` learns from."""
    objective, rng = make(preset), seeded()
    torch.rand(batch.labels.shape, generator=rng)
    with torch.no_grad():
        fakes = objective.model.train().decode(objective.model.source.sample(16, rng))
        return critic(fakes, batch.labels)  # type: ignore[no-any-return]


@pytest.mark.parametrize("preset", TEXTBOOK)
def test_the_textbook_ignores_labels(preset: str, batch: Batch) -> None:
    results = []
    for labels in (batch.labels, torch.full_like(batch.labels, -1)):
        torch.manual_seed(0)  # of dropout
        objective = make(preset)
        take_step(objective, Batch(batch.pixels, labels), seeded())
        results.append(weights(objective.model) + weights(objective.critic))
    assert same(*results)


# -- labels


def told_and_shown(
    objective: GANObjective, batch: Batch, seed: int = 0
) -> list[tuple[Tensor, Tensor]]:
    """What the critic got in one step, call by call: pixels and labels."""
    heard: list[tuple[Tensor, Tensor]] = []
    hook = objective.critic.register_forward_pre_hook(
        lambda _, got: heard.append((got[0].detach().clone(), got[1].clone()))
    )
    take_step(objective, batch, seeded(seed))
    hook.remove()
    return heard


def test_one_label_in_ten_is_not_told(batch: Batch) -> None:
    """The same for a real picture and the one generated beside it; what is told is true."""
    objective = make("plain")
    objective.generator_learns = False
    many = Batch(batch.pixels[:1].expand(1500, -1, -1, -1), torch.randint(0, 2, (1500, 2)))
    objective.critic = Bowl(1e-3)
    [(_, told)] = told_and_shown(objective, many)
    real, fake = told.chunk(2)
    assert torch.equal(real, fake)
    silent = real == -1
    assert torch.equal(real[~silent], many.labels[~silent])
    torch.testing.assert_close(silent.float().mean(dim=0), torch.full((2,), 0.1), rtol=0, atol=0.03)
    both = float(silent.all(dim=1).float().mean())
    assert both == pytest.approx(0.01, abs=0.008), "each factor by itself"


def test_generated_pictures_have_the_labels_of_the_real_ones(batch: Batch) -> None:
    objective, fakes = predictable(Bowl(1e-3))
    [(seen, _), (again, _), (real, _)] = told_and_shown(objective, batch)
    assert torch.equal(seen[:16], batch.pixels)
    torch.testing.assert_close(seen[16:], fakes)
    torch.testing.assert_close(again, fakes)
    assert torch.equal(real, batch.pixels)
    assert len(fakes.flatten(1).unique(dim=0)) == 6, "one for each pair of labels"


def test_a_label_that_is_not_known_is_drawn_and_never_told(batch: Batch) -> None:
    objective, _ = predictable(Bowl(1e-3))
    labels = batch.labels.clone()
    labels[:, 0] = -1
    objective.model.frequencies[:3] = torch.tensor([0.0, 0.0, 1.0])
    objective.generator_learns = False
    [(seen, told)] = told_and_shown(objective, Batch(batch.pixels, labels))
    assert set(told[:, 0].tolist()) == {-1}
    assert torch.equal(told[:16, 1], batch.labels[:, 1])
    drawn = torch.stack([torch.full((16,), 2), batch.labels[:, 1]], dim=1)
    with torch.no_grad():
        expected = objective.model.decode(objective.model.embed(drawn))
    torch.testing.assert_close(seen[16:], expected)


def test_finer_layers_of_half_the_pictures_get_another_w(batch: Batch) -> None:
    """Where the finer layers listen to w at all: the coarse look stays that of the first draw."""
    objective = make("style")
    objective.critic = Bowl(1e-3)
    objective.generator_learns = False

    def shown(mixing: float) -> Tensor:
        objective.options = replace(objective.options, mixing=mixing)
        [(seen, _)] = told_and_shown(objective, batch)
        return seen[16:]

    torch.testing.assert_close(shown(1.0), shown(0.0))
    with torch.no_grad():
        for parameter in objective.model.synthesis.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=seeded()))
    never, half, always = (shown(mixing) for mixing in (0.0, 0.5, 1.0))
    different = (always - never).abs().flatten(1).amax(dim=1) > 1e-6
    assert bool(different.all())
    changed = (half - never).abs().flatten(1).amax(dim=1) > 1e-6
    assert 2 <= int(changed.sum()) <= 14


# -- updates


@pytest.mark.parametrize("preset", PRESETS)
def test_each_network_learns_in_its_own_turn(preset: str, batch: Batch) -> None:
    """The critic is the same after its own step as after both, and the generator after none."""
    alone, both = make(preset), make(preset)
    before = weights(alone.model)
    alone.generator_learns = False
    for objective in (alone, both):
        torch.manual_seed(0)  # of dropout
        terms = take_step(objective, batch, seeded())
        assert all(value.ndim == 0 and not value.requires_grad for value in terms.values())
    assert same(weights(alone.critic), weights(both.critic))
    assert same(weights(alone.model), before)
    moved = [not torch.equal(a, b) for a, b in zip(weights(both.model), before, strict=True)]
    assert sum(moved) > len(moved) / 2, "what stands behind a convolution of zeros has to wait"
    assert all(parameter.requires_grad for parameter in both.critic.parameters())


@pytest.mark.parametrize(("preset", "precision"), [("style", "bf16"), ("plain", "fp32")])
def test_the_critic_learns_to_tell(preset: str, precision: str, batch: Batch) -> None:
    objective = make(preset, precision)
    objective.generator_learns = False
    for seed in range(12):
        terms = take_step(objective, batch, seeded(seed))
    assert terms.keys() == {"loss", "critic_loss", "r1", "r2", "real_logit", "fake_logit"}
    assert float(terms["critic_loss"]) < 0.5 < math.log(2)
    assert float(terms["real_logit"]) > float(terms["fake_logit"])
    assert all(p.dtype == torch.float32 for p in objective.critic.parameters())


@pytest.mark.parametrize("preset", ["style", "dcgan"])
def test_the_generator_follows_its_critic(preset: str, batch: Batch) -> None:
    """Towards brighter pictures, if that is what the critic takes for real."""
    objective = make(preset)
    objective.critic = Plane()
    with torch.no_grad():
        objective.critic.weight.fill_(0.01)
    first, *_, last = (take_step(objective, batch, seeded(seed)) for seed in range(6))
    assert float(last["fake_logit"]) > float(first["fake_logit"]) + 0.3


def test_a_step_is_a_function_of_weights_pictures_and_generator(batch: Batch) -> None:
    results = []
    for seed in (5, 5, 6):
        objective = make(augment="on")
        take_step(objective, batch, seeded(seed))
        results.append(weights(objective.model) + weights(objective.critic))
    assert same(results[0], results[1])
    assert not same(results[0], results[2])


@pytest.mark.parametrize(
    ("preset", "optimizer"), [("style", "adam"), ("style", "rmsprop"), ("conv-gan", "adam")]
)
def test_a_restored_recipe_goes_on_exactly(preset: str, optimizer: str, batch: Batch) -> None:
    whole, resumed = (make(preset, optimizer=optimizer) for _ in range(2))
    for seed in range(2):
        whole.schedule(0.3, LATE)
        take_step(whole, batch, seeded(seed))
    whole.retries = 1
    resumed.load_state_dict(copy.deepcopy(whole.state_dict()))
    for objective in (whole, resumed):
        torch.manual_seed(0)  # of dropout
        objective.schedule(0.4, LATE)
        for seed in range(2, 4):
            take_step(objective, batch, seeded(seed))
    assert same(weights(whole.model), weights(resumed.model))
    assert same(weights(whole.critic), weights(resumed.critic))
    assert float(whole.penalty) == float(resumed.penalty)
    assert (resumed.retries, resumed.gamma) == (1, whole.gamma)
