"""Moving a latent adds what it says; a path starts and ends exactly where it should."""

import math
from itertools import pairwise

import pytest
import torch

from genimg.errors import LatentError
from genimg.latents import (
    INTERPOLATIONS,
    Direction,
    Latent,
    between,
    ease,
    layer_groups,
    mix,
    move,
    path_times,
)


def latent(seed: int = 0, d: int = 6, model_id: str = "m", scale: float = 1.0) -> Latent:
    rng = torch.Generator().manual_seed(seed)
    return Latent(scale * torch.randn(d, generator=rng), model_id)


def direction(name: str, seed: int, std: float, model_id: str = "m") -> Direction:
    vector = torch.randn(6, generator=torch.Generator().manual_seed(seed))
    return Direction(name, vector / vector.norm(), std, "named", 1.0, model_id)


DIRECTIONS = {d.name: d for d in (direction("pink", 10, 2.0), direction("glasses", 11, 0.25))}


# -- move


@pytest.mark.parametrize("amounts", [{}, {"pink": 0.0}, {"pink": 0, "glasses": -0.0}])
def test_a_move_by_zero_is_the_identity(amounts: dict[str, float]) -> None:
    assert move(latent(), DIRECTIONS, amounts) == latent()


def test_a_move_adds_amount_times_std_times_vector_for_each_direction() -> None:
    moved = move(latent(), DIRECTIONS, {"pink": 1.5, "glasses": -3.0})
    expected = latent().z + 3.0 * DIRECTIONS["pink"].vector - 0.75 * DIRECTIONS["glasses"].vector
    torch.testing.assert_close(moved.z, expected)
    assert moved.model_id == "m"


def test_a_move_leaves_the_latent_that_was_given() -> None:
    start = latent()
    move(start, DIRECTIONS, {"pink": 5.0})
    assert start == latent()


def test_a_move_there_and_back_comes_home() -> None:
    moved = move(latent(), DIRECTIONS, {"pink": 2.0})
    home = move(moved, DIRECTIONS, {"pink": -2.0})
    torch.testing.assert_close(home.z, latent().z, atol=1e-6, rtol=1e-5)


def test_an_unknown_direction_is_refused_by_name() -> None:
    with pytest.raises(LatentError, match="no direction 'wings'"):
        move(latent(), DIRECTIONS, {"wings": 0.0})


def test_a_direction_of_another_model_is_refused() -> None:
    other = {"pink": direction("pink", 1, 1.0, model_id="other")}
    with pytest.raises(LatentError, match="model m, not to other"):
        move(latent(), other, {"pink": 1.0})


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -float("inf"), 101.0, -1e9])
def test_an_amount_beyond_sense_is_refused_with_the_range(amount: float) -> None:
    with pytest.raises(LatentError, match=r"'pink' cannot move by .*use -100 to 100"):
        move(latent(), DIRECTIONS, {"pink": amount})


# -- between


@pytest.mark.parametrize("method", INTERPOLATIONS)
@pytest.mark.parametrize("seed", range(5))
def test_the_ends_are_exact(method: str, seed: int) -> None:
    a, b = latent(seed, scale=1e3), latent(seed + 50, scale=1e-3)
    assert between(a, b, 0.0, method) == a
    assert between(a, b, 1.0, method) == b
    assert between(a, b, 0, method) == a
    assert between(a, b, 1, method) == b


@pytest.mark.parametrize("t", [0.1, 0.5, 0.75])
def test_lerp_is_the_straight_line(t: float) -> None:
    a, b = latent(1), latent(2)
    torch.testing.assert_close(between(a, b, t, "lerp").z, (1 - t) * a.z + t * b.z)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.75])
def test_slerp_follows_its_formula(t: float) -> None:
    """Shoemake's sin((1-t) w) / sin w a + sin(t w) / sin w b for points of equal length."""
    a, b = (Latent(3.0 * v.z / v.z.norm(), "m") for v in (latent(1), latent(2)))
    p, q = a.z.double(), b.z.double()
    omega = torch.acos(p @ q / 9.0)
    expected = (torch.sin((1 - t) * omega) * p + torch.sin(t * omega) * q) / torch.sin(omega)
    torch.testing.assert_close(between(a, b, t).z.double(), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("t", [0.25, 0.5, 0.9])
def test_slerp_turns_at_constant_speed_and_blends_the_length(t: float) -> None:
    a = Latent(torch.tensor([2.0, 0.0, 0.0]), "m")
    b = Latent(torch.tensor([0.0, 6.0, 0.0]), "m")
    z = between(a, b, t, "slerp").z
    angle = t * math.pi / 2
    length = 2.0 + 4.0 * t
    expected = torch.tensor([length * math.cos(angle), length * math.sin(angle), 0.0])
    torch.testing.assert_close(z, expected, atol=1e-5, rtol=1e-5)


def test_slerp_is_the_usual_way() -> None:
    a, b = latent(1), latent(2)
    assert between(a, b, 0.5) == between(a, b, 0.5, "slerp")
    assert between(a, b, 0.5) != between(a, b, 0.5, "lerp")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0, 2.0], [1.0, 2.0]),
        ([1.0, 2.0], [2.0, 4.0]),
        ([1.0, 2.0], [1.0, 2.0000002]),
        ([1.0, 2.0], [-1.0, -2.0]),
        ([0.0, 0.0], [3.0, 4.0]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([1e-30, 0.0], [0.0, 1e-30]),
    ],
    ids=["same", "parallel", "nearly same", "opposite", "from zero", "both zero", "tiny"],
)
def test_slerp_has_an_answer_where_its_formula_has_none(a: list[float], b: list[float]) -> None:
    middle = between(Latent(torch.tensor(a), "m"), Latent(torch.tensor(b), "m"), 0.5).z
    straight = (torch.tensor(a) + torch.tensor(b)) / 2
    torch.testing.assert_close(middle, straight, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("method", INTERPOLATIONS)
def test_a_path_is_continuous_and_the_same_both_ways(method: str) -> None:
    a, b = latent(3), latent(4)
    times = [i / 50 for i in range(51)]
    path = torch.stack([between(a, b, t, method).z for t in times])
    back = torch.stack([between(b, a, 1 - t, method).z for t in times])
    torch.testing.assert_close(path, back, atol=1e-5, rtol=1e-4)
    steps = (path[1:] - path[:-1]).norm(dim=1)
    assert float(steps.max()) < 3 * float(steps.min())


def test_what_cannot_be_interpolated_is_refused() -> None:
    a, b = latent(1), latent(2)
    with pytest.raises(LatentError, match="model other, not to m"):
        between(a, latent(1, model_id="other"), 0.5)
    with pytest.raises(LatentError, match=r"unknown interpolation 'spline'.*slerp or lerp"):
        between(a, b, 0.5, "spline")
    with pytest.raises(LatentError, match="cannot be nan"):
        between(a, b, float("nan"))


# -- times


def test_linear_times_are_even_and_end_exactly() -> None:
    for n in (2, 3, 7, 50, 1000):
        times = path_times(n)
        assert len(times) == n
        assert (times[0], times[-1]) == (0.0, 1.0)
        assert times == [i / (n - 1) for i in range(n)]


def test_smooth_times_start_and_end_gently() -> None:
    times = path_times(101, "smooth")
    assert (times[0], times[50], times[-1]) == (0.0, 0.5, 1.0)
    assert times[1] == pytest.approx(3 * 0.01**2 - 2 * 0.01**3)
    steps = [b - a for a, b in pairwise(times)]
    assert min(steps) > 0
    assert steps[0] < steps[25] < steps[50]
    assert steps == pytest.approx(steps[::-1])


def test_a_loop_goes_there_and_back_without_repeating_an_end() -> None:
    assert path_times(3, loop=True) == [0.0, 0.5, 1.0, 0.5]
    assert path_times(2, loop=True) == [0.0, 1.0]
    there_and_back = path_times(10, "smooth", loop=True)
    assert len(there_and_back) == 18
    assert there_and_back[1:] == there_and_back[:0:-1]


@pytest.mark.parametrize("n", [-1, 0, 1, 1001])
def test_too_few_or_too_many_pictures_are_refused(n: int) -> None:
    with pytest.raises(LatentError, match=f"2 to 1000 pictures, not {n}"):
        path_times(n)


def test_an_unknown_easing_is_refused_with_the_choices() -> None:
    with pytest.raises(LatentError, match=r"unknown easing 'bouncy'.*linear or smooth"):
        ease(0.5, "bouncy")
    with pytest.raises(LatentError, match="linear or smooth"):
        path_times(5, "bouncy")


# -- layers


def layered(seed: int, layers: int = 3) -> Latent:
    return Latent(torch.randn(layers, 6, generator=torch.Generator().manual_seed(seed)), "m")


def test_a_move_goes_through_all_layers() -> None:
    start = layered(0)
    moved = move(start, DIRECTIONS, {"pink": 1.5})
    torch.testing.assert_close(moved.z - start.z, (3.0 * DIRECTIONS["pink"].vector).expand(3, -1))


@pytest.mark.parametrize("method", INTERPOLATIONS)
def test_every_layer_goes_its_own_way(method: str) -> None:
    a, b, plain = layered(1), layered(2), latent(3)
    for start, end in ((a, b), (a, plain), (plain, b)):
        assert between(start, end, 0.0, method) == start
        assert between(start, end, 1.0, method) == end
        half = between(start, end, 0.3, method)
        for row, x, y in zip(half.z, start.rows(3), end.rows(3), strict=True):
            assert torch.equal(row, between(Latent(x, "m"), Latent(y, "m"), 0.3, method).z)


def test_latents_of_other_layers_do_not_go_together() -> None:
    for t in (0.0, 0.5):
        with pytest.raises(LatentError, match="3 layers does not go with 4"):
            between(layered(0, 3), layered(0, 4), t)
    with pytest.raises(LatentError, match="3 layers does not go with 4"):
        mix(layered(0, 4), layered(0, 3), 2, 4)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_mix_has_the_coarse_layers_of_one_and_the_fine_ones_of_the_other(cut: int) -> None:
    a, b = latent(0), layered(1)
    mixed = mix(a, b, cut, 3)
    assert torch.equal(mixed.z[:cut], a.z.expand(cut, -1))
    assert torch.equal(mixed.z[cut:], b.z[cut:])
    assert mix(b, b, cut, 3) == b
    assert mixed.model_id == "m"


def test_what_cannot_be_mixed_is_refused() -> None:
    for cut in (-1, 0, 3):
        with pytest.raises(LatentError, match=f"from 1 to 2, not {cut}"):
            mix(latent(0), latent(1), cut, 3)
    with pytest.raises(LatentError, match="a single layer"):
        mix(latent(0), latent(1), 1, 1)
    with pytest.raises(LatentError, match="belongs to model"):
        mix(latent(0), latent(1, model_id="other"), 1, 3)


@pytest.mark.parametrize("layers", range(1, 12))
def test_groups_of_layers_cover_all_of_them(layers: int) -> None:
    groups = layer_groups(layers)
    assert (
        list(groups) == [[], ["coarse", "fine"], ["coarse", "middle", "fine"]][min(layers, 3) - 1]
    )
    assert [i for part in groups.values() for i in part] == (list(range(layers)) if groups else [])
    assert all(groups.values()), "none is empty"
