"""What a critic sees of few pictures: changed by chance, each in its own way, with gradients."""

import pytest
import torch
from torch import Tensor

from genimg.training.pictures.diff_augment import augment, draw_augmentation

SHAPES = [(3, 16, 16), (1, 28, 28)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def changed(pixels: Tensor, rng: torch.Generator) -> Tensor:
    return augment(pixels, draw_augmentation(len(pixels), pixels.shape[2], rng))


def pictures(n: int, shape: tuple[int, ...] = (3, 16, 16)) -> Tensor:
    return torch.rand(n, *shape, generator=seeded(9)) * 2 - 1


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_and_kind_stay(shape: tuple[int, ...]) -> None:
    pixels = pictures(5, shape)
    before = pixels.clone()
    out = changed(pixels, seeded())
    assert (out.shape, out.dtype) == (pixels.shape, torch.float32)
    assert bool(torch.isfinite(out).all())
    assert torch.equal(pixels, before), "the pictures themselves are left as they are"


def test_the_generator_decides_and_nothing_else_does() -> None:
    pixels = pictures(4)
    state = torch.get_rng_state()
    first, again, other = (changed(pixels, seeded(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_each_picture_is_changed_in_its_own_way() -> None:
    same = pictures(1).repeat(8, 1, 1, 1)
    out = changed(same, seeded())
    for i in range(8):
        assert not any(torch.allclose(out[i], out[j], atol=1e-3) for j in range(i))


def test_no_picture_looks_at_another() -> None:
    """Else the gradient penalty of one picture would be that of others, too."""
    pixels = pictures(4).requires_grad_()
    out = changed(pixels, seeded(3))
    (gradient,) = torch.autograd.grad(out[2].square().sum(), pixels)
    touched = gradient.flatten(1).any(dim=1)
    assert touched.tolist() == [False, False, True, False]
    other = pixels.detach().clone()
    other[0] = -other[0]
    assert torch.equal(changed(other, seeded(3))[1:], out.detach()[1:])


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 8, 8)])
def test_first_and_second_derivatives_are_right(shape: tuple[int, ...]) -> None:
    """Against finite differences: the penalties differentiate twice."""
    pixels = pictures(2, shape).double().requires_grad_()

    drawn = draw_augmentation(2, 8, seeded(4))
    assert torch.autograd.gradcheck(lambda x: augment(x, drawn), (pixels,))
    curved, one = pictures(1, shape).double().requires_grad_(), drawn.rows(slice(1))
    assert torch.autograd.gradgradcheck(lambda x: (augment(x, one) ** 3).sum(), (curved,))


def test_rows_of_a_draw_do_what_the_whole_does_to_them() -> None:
    """Two processes draw the same for a whole batch, and each changes its own half."""
    pixels = pictures(6)
    drawn = draw_augmentation(6, 16, seeded(8))
    whole = augment(pixels, drawn)
    halves = [augment(pixels[part], drawn.rows(part)) for part in (slice(3), slice(3, None))]
    assert torch.equal(torch.cat(halves), whole)
    which = torch.tensor([4, 1])
    assert torch.equal(augment(pixels[which], drawn.rows(which)), whole[which])


def test_colours_change_within_bounds() -> None:
    """An even grey picture stays one: brighter or darker by half of one side at most; what is
    moved in or cut out is 0.
    """
    out = changed(torch.full((400, 3, 16, 16), 0.25), seeded(5))
    values = [picture[picture.abs() > 1e-6] for picture in out]
    levels = torch.stack([kept.median() for kept in values])
    assert all(
        bool((kept - level).abs().max() < 1e-5) for kept, level in zip(values, levels, strict=True)
    )
    assert -0.25 <= float(levels.min()) < -0.2
    assert 0.7 < float(levels.max()) <= 0.75


def test_most_of_a_picture_stays_in_sight() -> None:
    """A square of half the side and a rim of an eighth can go, never more."""
    size = 16
    out = changed(torch.full((400, 1, size, size), 1.0), seeded(6))
    gone = (out.abs() < 1e-6).float().mean(dim=(1, 2, 3))
    kept_by_shift = (1 - 1 / 8) ** 2
    assert float(gone.max()) <= 1 - kept_by_shift + 0.25 + 1e-6
    assert float(gone.min()) < 0.1
    assert 0.15 < float(gone.mean()) < 0.35
    assert bool(((out.abs() < 1e-6).flatten(2).any(dim=2)).float().mean() > 0.95)


def test_saturation_turns_colours_up_and_down() -> None:
    """The difference of two channels is multiplied by 0 to 2, times a contrast of 0.5 to 1.5."""
    pixels = torch.zeros(600, 3, 16, 16)
    pixels[:, 0], pixels[:, 2] = 0.3, -0.3
    out = changed(pixels, seeded(7))
    difference = (out[:, 0] - out[:, 2]).flatten(1).max(dim=1).values / 0.6
    assert 0.0 <= float(difference.min()) < 0.05
    assert 2.5 < float(difference.max()) <= 3.0 + 1e-5
    assert float(difference.mean()) == pytest.approx(1.0, abs=0.1)
