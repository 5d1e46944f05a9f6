"""The critics: one judgement a picture, and labels that are heard where they are told."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genimg.models import build_model
from genimg.models.critic import Critic, build_critic
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
