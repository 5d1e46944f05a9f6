"""Latents and directions are values: frozen, comparable, and never of the wrong model."""

import dataclasses

import pytest
import torch
from torch import Tensor

from genimg.errors import LatentError
from genimg.latents import GROUPS, Direction, Latent, Scale


def direction(**changes: object) -> Direction:
    values: dict[str, object] = {
        "name": "pink",
        "vector": torch.tensor([0.6, 0.8]),
        "std": 2.0,
        "group": "named",
        "reliability": 0.5,
        "model_id": "a",
        "factor": "fur",
    }
    return Direction(**{**values, **changes})  # type: ignore[arg-type]


def test_a_latent_is_one_row_of_float32_on_the_cpu() -> None:
    latent = Latent(torch.tensor([1, 2, 3], dtype=torch.float64), "a")
    assert latent.z.dtype == torch.float32
    assert latent.z.tolist() == [1.0, 2.0, 3.0]
    with torch.inference_mode():
        made = torch.ones(2)
    assert Latent(made, "a").z.tolist() == [1.0, 1.0]
    assert not Latent(torch.ones(2, requires_grad=True), "a").z.requires_grad


def test_a_latent_keeps_a_copy_of_its_own() -> None:
    z = torch.zeros(3)
    latent = Latent(z, "a")
    z += 1
    assert latent.z.tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        latent.z = z  # type: ignore[misc]


@pytest.mark.parametrize(
    "z",
    [
        torch.zeros(1, 3),
        torch.tensor(1.0),
        torch.zeros(0),
        torch.tensor([1.0, float("nan")]),
        torch.tensor([float("inf"), 0.0]),
        torch.tensor([1e300], dtype=torch.float64),
    ],
    ids=["two rows", "scalar", "empty", "nan", "inf", "too large"],
)
def test_what_is_no_row_of_finite_numbers_is_refused(z: Tensor) -> None:
    with pytest.raises(LatentError, match="a latent"):
        Latent(z, "a")
    with pytest.raises(LatentError, match="direction 'pink'"):
        direction(vector=z)


def test_a_latent_may_have_a_row_for_each_layer() -> None:
    plain, layered = Latent(torch.tensor([1.0, 2.0]), "a"), Latent(torch.eye(2), "a")
    assert (plain.layers, layered.layers) == (1, 2)
    assert plain.rows(3).tolist() == [[1.0, 2.0]] * 3
    assert torch.equal(layered.rows(2), torch.eye(2))
    assert layered != Latent(torch.eye(2).flatten(), "a")
    assert len({layered, Latent(torch.eye(2), "a"), plain}) == 2
    with pytest.raises(LatentError, match="2 layers does not go with 3"):
        layered.rows(3)


@pytest.mark.parametrize("z", [torch.zeros(1, 3), torch.zeros(2, 0), torch.zeros(2, 2, 2)])
def test_rows_that_are_no_layers_are_refused(z: Tensor) -> None:
    with pytest.raises(LatentError, match="one row of numbers, or one for each layer"):
        Latent(z, "a")


def test_a_direction_has_one_row_only() -> None:
    with pytest.raises(LatentError, match="direction 'pink' must be one row of numbers, not"):
        direction(vector=torch.eye(2))


def test_latents_are_equal_when_model_and_numbers_are() -> None:
    latent = Latent(torch.tensor([1.0, 2.0]), "a")
    assert latent == Latent(torch.tensor([1.0, 2.0]), "a")
    assert latent != Latent(torch.tensor([1.0, 2.0]), "b")
    assert latent != Latent(torch.tensor([1.0, 2.5]), "a")
    assert latent != Latent(torch.tensor([1.0, 2.0, 0.0]), "a")
    assert latent != "a"
    assert len({latent, Latent(torch.tensor([1.0, 2.0]), "a")}) == 1


def test_a_latent_of_another_model_is_refused_by_name() -> None:
    latent = Latent(torch.zeros(2), "abc")
    latent.require_model("abc")
    with pytest.raises(LatentError, match=r"model abc, not to xyz; encode the picture again"):
        latent.require_model("xyz")


@pytest.mark.parametrize("group", GROUPS)
def test_a_direction_is_of_one_of_the_groups(group: str) -> None:
    scale = Scale("years", 20, 75, 4, torch.ones(2), 40) if group == "number" else None
    assert direction(group=group, scale=scale).group == group


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group": "best"}, "group 'best'"),
        ({"vector": torch.tensor([1.0, 1.0])}, "unit length"),
        ({"vector": torch.zeros(2)}, "unit length"),
        ({"std": 0.0}, "out of range"),
        ({"std": -1.0}, "out of range"),
        ({"std": float("nan")}, "out of range"),
        ({"std": float("inf")}, "out of range"),
        ({"reliability": -0.1}, "out of range"),
        ({"reliability": 1.1}, "out of range"),
        ({"reliability": float("nan")}, "out of range"),
    ],
    ids=str,
)
def test_an_impossible_direction_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(LatentError, match=message):
        direction(**changes)
