"""Sliders of a base: flows of affine maps, which undo themselves and add up."""

import pytest
import torch

from genimg.errors import LatentError
from genimg.latents.maps import MapDirection, apply_map, flow, maps_to_header, move_map

CHANNELS = 5


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def latents() -> torch.Tensor:
    return torch.randn(CHANNELS, 4, 6, generator=rng(0))


def generator(seed: int) -> torch.Tensor:
    return 0.3 * torch.randn(CHANNELS, CHANNELS + 1, generator=rng(seed))


DIRECTIONS = {
    name: MapDirection(name, generator(seed), 0.9, "0" * 16)
    for seed, name in enumerate(("warmth", "contrast"), 1)
}


def test_a_move_by_nothing_is_the_identity() -> None:
    before = latents()
    assert torch.equal(move_map(before, DIRECTIONS, {}), before)
    assert torch.equal(move_map(before, DIRECTIONS, {"warmth": 0.0}), before)


def test_a_move_undoes_itself() -> None:
    there = move_map(latents(), DIRECTIONS, {"warmth": 1.7})
    assert float((there - latents()).abs().max()) > 0.1
    back = move_map(there, DIRECTIONS, {"warmth": -1.7})
    torch.testing.assert_close(back, latents(), rtol=1e-4, atol=1e-5)


def test_two_half_moves_are_a_whole_one() -> None:
    half = move_map(latents(), DIRECTIONS, {"warmth": 0.5})
    whole = move_map(latents(), DIRECTIONS, {"warmth": 1.0})
    torch.testing.assert_close(
        move_map(half, DIRECTIONS, {"warmth": 0.5}), whole, rtol=1e-4, atol=1e-5
    )


def test_the_order_of_sliders_does_not_count() -> None:
    one = move_map(latents(), DIRECTIONS, {"warmth": 1.0, "contrast": -2.0})
    other = move_map(latents(), DIRECTIONS, {"contrast": -2.0, "warmth": 1.0})
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_every_place_moves_alike() -> None:
    whole = move_map(latents(), DIRECTIONS, {"warmth": 1.0})
    part = move_map(latents()[:, 1:3, 2:4], DIRECTIONS, {"warmth": 1.0})
    torch.testing.assert_close(whole[:, 1:3, 2:4], part)


def test_a_small_step_is_the_generator() -> None:
    g, step = generator(3), 1e-3
    change = (apply_map(flow(step * g), latents()) - latents()) / step
    torch.testing.assert_close(change, apply_map(g, latents()), rtol=1e-2, atol=1e-2)


def test_a_header_and_a_tensor_tell_them() -> None:
    rows, tensors = maps_to_header(list(DIRECTIONS.values()))
    assert [row["name"] for row in rows] == list(DIRECTIONS)
    assert torch.equal(tensors["directions.maps"][1], DIRECTIONS["contrast"].generator)
    assert maps_to_header([]) == ((), {})


@pytest.mark.parametrize(
    ("shape", "fill", "reliability"),
    [((5, 5), 0.0, 0.5), ((6,), 0.0, 0.5), ((5, 6), float("nan"), 0.5), ((5, 6), 0.0, 1.5)],
)
def test_what_is_no_slider_is_refused(
    shape: tuple[int, ...], fill: float, reliability: float
) -> None:
    with pytest.raises(LatentError):
        MapDirection("warmth", torch.full(shape, fill), reliability, "0" * 16)


@pytest.mark.parametrize("amounts", [{"hue": 1.0}, {"warmth": float("inf")}, {"warmth": 1e9}])
def test_impossible_moves_are_refused(amounts: dict[str, float]) -> None:
    with pytest.raises(LatentError):
        move_map(latents(), DIRECTIONS, amounts)
