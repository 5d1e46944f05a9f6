"""What a GAN's rates, gamma and betas are at which part of the budget, and what options change."""

from dataclasses import replace

import pytest

from genimg.errors import ConfigError
from genimg.models import build_model
from genimg.training import TrainOptions
from genimg.training.objectives.gan import GANObjective
from genimg.training.objectives.objective import cosine
from genimg.training.planning.compute import Compute

TEXTBOOK = ("dcgan", "conv-gan")
LATE = 10**6  # pictures after which every generator learns


def make(
    preset: str | None = None, shape: tuple[int, int, int] = (3, 16, 16), **options: object
) -> GANObjective:
    model = build_model("gan", shape, preset, seed=1, label_sizes=(3, 2))
    settings = {"family": "gan", "preset": preset, **options}
    return GANObjective(model, TrainOptions(**settings), Compute())  # type: ignore[arg-type]


def rates(objective: GANObjective, name: str) -> list[float]:
    return [group["lr"] for group in objective.players[name].optimizer.param_groups]


@pytest.mark.parametrize(
    ("progress", "burned_in"), [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (1.0, 1.0)]
)
def test_gamma_and_beta_burn_in_while_rates_fall_to_the_end(
    progress: float, burned_in: float
) -> None:
    objective = make()
    options = objective.options
    objective.schedule(progress, LATE)
    assert options.burn_in == 0.5
    assert objective.gamma == pytest.approx(cosine(burned_in, options.gamma, options.gamma / 10))
    beta2 = cosine(burned_in, 0.9, 0.99)
    for player in objective.players.values():
        for group in player.optimizer.param_groups:
            assert group["betas"] == (0.0, pytest.approx(beta2))
    wanted = (options.generator_rate, options.mapping_rate)
    fall = cosine(progress, 1.0, options.final)
    assert rates(objective, "generator") == pytest.approx([fall * rate for rate in wanted])
    assert rates(objective, "critic") == pytest.approx([fall * options.critic_rate])


@pytest.mark.parametrize("preset", TEXTBOOK)
def test_the_textbook_keeps_its_rate_and_betas(preset: str) -> None:
    objective = make(preset)
    for progress in (0.0, 0.5, 1.0):
        objective.schedule(progress, LATE)
        for player in objective.players.values():
            for group in player.optimizer.param_groups:
                assert group["lr"] == pytest.approx(2e-4)
                assert group["betas"] == (0.5, pytest.approx(0.999))


def test_gamma_suits_the_size_unless_one_is_asked_for() -> None:
    usual = [make(shape=(3, size, size)).options.gamma for size in (28, 32, 64)]
    assert usual[0] == usual[1] < usual[2]
    assert make(gamma=7.5).options.gamma == 7.5


def test_a_learning_rate_moves_all_three_alike() -> None:
    usual, asked = make().options, make(learning_rate=1e-3).options
    assert asked.generator_rate == pytest.approx(1e-3)
    factor = 1e-3 / usual.generator_rate
    assert asked.critic_rate == pytest.approx(factor * usual.critic_rate)
    assert asked.mapping_rate == pytest.approx(factor * usual.mapping_rate)


def test_a_critic_that_starts_later_than_its_generator_has_time_alone() -> None:
    """For some pictures, but never for more than a tenth of the budget."""
    objective = make()
    objective.options = replace(objective.options, critic_first=1000)
    learns = []
    for progress, images in ((0.0, 0), (0.05, 999), (0.05, 1000), (0.1, 500)):
        objective.schedule(progress, images)
        learns.append(objective.generator_learns)
    assert learns == [False, False, True, True]


@pytest.mark.parametrize("preset", TEXTBOOK)
def test_options_without_a_meaning_for_the_textbook_are_refused(preset: str) -> None:
    with pytest.raises(ConfigError, match=f"--gamma is not for {preset}"):
        GANObjective.check(TrainOptions(family="gan", preset=preset, gamma=2.0))
    with pytest.raises(ConfigError, match="--batch-size of 2 or more"):
        GANObjective.check(TrainOptions(family="gan", preset=preset, batch_size=1))
    GANObjective.check(TrainOptions(family="gan", preset=preset, augment="on"))
    GANObjective.check(TrainOptions(family="gan", preset="style", gamma=2.0, batch_size=1))


def test_each_remedy_is_a_milder_objective() -> None:
    """Three times gamma, or half the rates where there are no penalties to weigh."""
    style, textbook = make(), make("conv-gan")
    for retries in range(3):
        style.retries = textbook.retries = retries
        for objective in (style, textbook):
            objective.schedule(0.0, LATE)
        assert style.gamma == pytest.approx(3**retries * style.options.gamma)
        assert rates(style, "critic") == pytest.approx([style.options.critic_rate])
        assert rates(textbook, "critic") == pytest.approx([2e-4 / 2**retries])
        assert rates(textbook, "generator") == pytest.approx([2e-4 / 2**retries] * 2)
    assert "3 times" in style.retry_words()
    assert "--gamma" in style.retry_words()
    assert "--gamma" in style.advice()
    assert "half the learning rate" in textbook.retry_words()
    assert "--gamma" not in textbook.advice()
