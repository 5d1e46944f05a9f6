"""The critics: one judgement a picture, and labels that are heard where they are told."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genimg.errors import ConfigError
from genimg.models import build_model
from genimg.models.critic import Critic, build_critic, freeze_stages
from genimg.models.gan import GAN, PRESETS

SHAPE = (3, 16, 16)
SIZES = (3, 2)
TEXTBOOK = ("dcgan", "conv-gan")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fresh(
    preset: str = "style",
    sizes: tuple[int, ...] = SIZES,
    shape: tuple[int, int, int] = SHAPE,
) -> nn.Module:
    model = build_model("gan", shape, preset, seed=0, label_sizes=sizes)
    assert isinstance(model, GAN)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return build_critic(model.config)


def learned() -> Critic:
    """A residual critic with weights as if it had learned: what starts at zero is not."""
    critic = fresh()
    assert isinstance(critic, Critic)
    rng = seeded(2)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=rng))
    return critic


def pictures(n: int, shape: tuple[int, int, int] = SHAPE) -> Tensor:
    return torch.rand(n, *shape, generator=seeded(n)) * 2 - 1


def untold(n: int) -> Tensor:
    return torch.full((n, len(SIZES)), -1)


@torch.no_grad()
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28), (3, 48, 48)])
def test_there_is_one_logit_a_picture(preset: str, shape: tuple[int, int, int]) -> None:
    logits = fresh(preset, shape=shape)(pictures(4, shape), untold(4))
    assert (logits.shape, logits.dtype) == ((4,), torch.float32)
    assert len(logits.unique()) == 4


@torch.no_grad()
def test_a_judgement_does_not_depend_on_the_rest_of_the_batch() -> None:
    """So the gradient of the sum of logits is the gradient of each picture's own."""
    critic, pixels, told = learned(), pictures(6), torch.tensor([[0, 1], [2, -1]] * 3)
    alone = torch.cat([critic(p, t) for p, t in zip(pixels.split(1), told.split(1), strict=True)])
    torch.testing.assert_close(critic(pixels, told), alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_blocks_start_without_a_say_of_their_own() -> None:
    """A fresh block adds the same numbers whatever it sees."""
    critic = fresh()
    assert isinstance(critic, Critic)
    x = torch.randn(2, 32, 8, 8, generator=seeded())
    added = critic.layers[0](x) - x
    torch.testing.assert_close(added, added[:1, :, :1, :1].expand_as(added))


# -- labels


@torch.no_grad()
def test_a_fresh_critic_has_heard_nothing_of_labels() -> None:
    critic, pixels = fresh(), pictures(3)
    told = torch.tensor([[0, 0], [1, 1], [2, 0]])
    assert torch.equal(critic(pixels, told), critic(pixels, untold(3)))


@torch.no_grad()
def test_each_told_label_adds_its_part_and_one_not_told_adds_nothing() -> None:
    critic, pixels = learned(), pictures(5)
    bare = critic(pixels, untold(5))

    def part(*label: int) -> Tensor:
        return critic(pixels, torch.tensor([label] * 5)) - bare

    torch.testing.assert_close(part(2, 1), part(2, -1) + part(-1, 1), rtol=1e-4, atol=1e-5)
    for one, other in (((0, -1), (1, -1)), ((-1, 0), (-1, 1))):
        assert float((part(*one) - part(*other)).abs().min()) > 1e-4
    assert torch.equal(part(-1, -1), torch.zeros(5))


def test_only_told_labels_learn() -> None:
    critic = learned()
    told = torch.tensor([[0, -1], [2, -1], [-1, -1]])
    critic(pictures(3), told).sum().backward()
    gradient = critic.embedding.grad
    assert gradient is not None
    assert gradient.any(dim=1).tolist() == [True, False, True, False, False]


def test_the_projection_learns_whether_a_picture_fits_its_label() -> None:
    """Bright pictures with label 0 and dark ones with label 1 are real, the others are not: no
    look at the picture alone could tell.
    """
    critic = fresh(sizes=(2,))
    optimizer = torch.optim.Adam(critic.parameters(), 1e-2, betas=(0.5, 0.99))
    rng = seeded(3)

    def batch(n: int) -> tuple[Tensor, Tensor, Tensor]:
        dark = torch.randint(0, 2, (n,), generator=rng)
        real = torch.randint(0, 2, (n,), generator=rng)
        noise = 0.2 * torch.randn(n, *SHAPE, generator=rng)
        pixels = noise + (0.5 - dark)[:, None, None, None]
        return pixels, torch.where(real == 1, dark, 1 - dark)[:, None], real.float()

    for _ in range(50):
        pixels, told, real = batch(32)
        loss = F.binary_cross_entropy_with_logits(critic(pixels, told), real)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    pixels, told, real = batch(200)
    with torch.no_grad():
        right = (critic(pixels, told) > 0) == (real == 1)
        blind = (critic(pixels, torch.full_like(told, -1)) > 0) == (real == 1)
    assert float(right.float().mean()) > 0.95
    assert float(blind.float().mean()) < 0.65


def test_pictures_without_labels_have_a_critic_too() -> None:
    critic = fresh(sizes=())
    logits = critic(pictures(3), torch.zeros(3, 0, dtype=torch.int64))
    logits.sum().backward()
    assert logits.shape == (3,)


# -- frozen stages


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_frozen_stages_stay_and_all_others_learn(count: int) -> None:
    critic = build_critic(build_model("gan", (3, 32, 32), "style", seed=0).config)
    assert isinstance(critic, Critic)
    freeze_stages(critic, count)
    before = {name: value.detach().clone() for name, value in critic.named_parameters()}
    learning = [p for p in critic.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learning, 1e-2)
    for _ in range(2):  # in the first step what comes before a weight of zero gets no gradient
        logits = critic(pictures(4, (3, 32, 32)), torch.zeros(4, 0, dtype=torch.int64))
        optimizer.zero_grad()
        logits.square().sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    blocks = {f"layers.{3 * stage}" for stage in range(3)}
    expected = {f"layers.{3 * stage}" for stage in range(count)}
    still = {
        name.rsplit(".", 2)[0]
        for name, value in critic.named_parameters()
        if torch.equal(value, before[name]) and value.numel()
    }
    assert still & blocks == expected
    assert torch.equal(critic.stem.weight, before["stem.weight"]) is bool(count)
    assert not torch.equal(critic.head.weight, before["head.weight"])


def test_what_was_frozen_is_handed_back() -> None:
    critic = fresh(shape=(3, 32, 32))
    frozen = freeze_stages(critic, 2)
    told = {id(p) for module in frozen for p in module.parameters()}
    assert told == {id(p) for p in critic.parameters() if not p.requires_grad}


@pytest.mark.parametrize(("preset", "count", "words"), [
    ("dcgan", 1, "style and plain"), ("style", 3, "0 to 2 stages"), ("style", -1, "not -1"),
])  # fmt: skip
def test_what_cannot_be_frozen_is_refused(preset: str, count: int, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        freeze_stages(fresh(preset), count)


# -- the textbook's


@torch.no_grad()
@pytest.mark.parametrize("preset", TEXTBOOK)
def test_critics_of_the_textbook_look_at_pixels_alone(preset: str) -> None:
    critic, pixels = fresh(preset).eval(), pictures(4)
    told = torch.tensor([[0, 1], [1, 0], [2, 1], [-1, -1]])
    assert torch.equal(critic(pixels, told), critic(pixels, untold(4)))


def test_the_dcgan_critic_is_that_of_its_paper() -> None:
    """Strided convolutions from N(0, 0.02), BatchNorm in all but the first and the last layer."""
    modules = [m for m in fresh("dcgan").modules() if not list(m.children())]
    kinds = [type(m) for m in modules]
    assert kinds == [
        nn.Conv2d, nn.LeakyReLU, nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU, nn.Conv2d,
    ]  # fmt: skip
    for module in modules:
        if isinstance(module, nn.Conv2d):
            assert float(module.weight.detach().std()) == pytest.approx(0.02, rel=0.1)
        elif isinstance(module, nn.LeakyReLU):
            assert module.negative_slope == 0.2


def test_the_conv_gan_critic_drops_out_while_it_learns() -> None:
    critic, pixels = fresh("conv-gan"), pictures(4)
    torch.manual_seed(0)
    first, second = (critic(pixels, untold(4)) for _ in range(2))
    assert not torch.equal(first, second)
    torch.manual_seed(0)
    assert torch.equal(critic(pixels, untold(4)), first)
    calm = critic.eval()
    assert torch.equal(calm(pixels, untold(4)), calm(pixels, untold(4)))
