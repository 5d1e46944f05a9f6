"""What is kept stays, what is moved still moves, and nothing else changes."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genimg import Editor
from genimg.editor import Moves, Recipe
from genimg.edits import Locks
from genimg.errors import LatentError
from genimg.latents import Direction, Latent, covariance_of, move
from genimg.metrics import measure
from genimg.models import Prior

D = 12
MODEL = "0123456789abcdef"


def random_directions(count: int = 6, seed: int = 0) -> dict[str, Direction]:
    rng = torch.Generator().manual_seed(seed)
    vectors = torch.nn.functional.normalize(torch.randn(count, D, generator=rng), dim=1)
    return {
        name: Direction(name, vector, 1.5, "measured", 1.0, MODEL)
        for name, vector in zip("abcdefgh", vectors, strict=False)
    }


def random_covariance(seed: int = 1) -> Tensor:
    root = torch.randn(D, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T + 0.05 * torch.eye(D, dtype=torch.float64)


@pytest.fixture
def locks() -> Locks:
    return Locks(random_covariance(), random_directions())


def formula(covariance: Tensor, moved: Tensor, kept: list[Tensor]) -> Tensor:
    """v - A (A^T S^-1 A)^-1 A^T S^-1 v, as it stands in the docstring."""
    a, inverse = torch.stack(kept, dim=1).double(), torch.linalg.inv(covariance)
    v = moved.double()
    return v - a @ torch.linalg.inv(a.T @ inverse @ a) @ a.T @ inverse @ v


# -- what it is


@pytest.mark.parametrize("keep", [("b",), ("b", "c"), ("b", "c", "d", "e", "f")])
def test_it_is_the_formula(locks: Locks, keep: tuple[str, ...]) -> None:
    directions = random_directions()
    expected = formula(
        random_covariance(), directions["a"].vector, [directions[name].vector for name in keep]
    )
    torch.testing.assert_close(locks.held("a", keep).double(), expected, atol=1e-4, rtol=1e-4)


def test_what_is_kept_reads_the_same(locks: Locks) -> None:
    for keep in (("b",), ("b", "e"), ("b", "c", "d", "e", "f")):
        held = locks.held("a", keep).double()
        for name in keep:
            before = abs(float(locks.reading(name) @ random_directions()["a"].vector.double()))
            assert abs(float(locks.reading(name) @ held)) < 1e-6 < before


def test_readings_tell_attributes_apart() -> None:
    """Latents made of two attributes along slanting directions: each reading sees its own alone."""
    rng = torch.Generator().manual_seed(3)
    ways = torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0]])
    attributes = torch.randn(20_000, 2, generator=rng)
    z = attributes @ ways + 0.1 * torch.randn(20_000, 3, generator=rng)
    centred = z - z.mean(dim=0)
    patterns = (attributes - attributes.mean(dim=0)).T @ centred / len(z)
    directions = {
        name: Direction(name, v / v.norm(), 1.0, "measured", 1.0, MODEL)
        for name, v in zip("ab", patterns, strict=True)
    }
    locks = Locks(torch.cov(z.T.double()), directions)
    seen = z.double() @ torch.stack([locks.reading("a"), locks.reading("b")], dim=1)
    assert torch.corrcoef(torch.cat([seen, attributes.double()], dim=1).T)[0, 2] > 0.97
    assert torch.corrcoef(torch.cat([seen, attributes.double()], dim=1).T)[0, 3].abs() < 0.1
    assert seen.std(dim=0).sub(1).abs().max() < 0.01
    moved = locks.held("b", ["a"]).double()
    assert (moved @ locks.reading("a")).abs() < 1e-6
    assert moved @ locks.reading("b") > 0.5


def test_nothing_kept_is_the_very_direction(locks: Locks) -> None:
    assert torch.equal(locks.held("a"), random_directions()["a"].vector)


def test_the_order_of_locks_does_not_matter_and_bits_are_the_same() -> None:
    expected = Locks(random_covariance(), random_directions()).held("a", ("b", "c", "d"))
    for keep in itertools.permutations("bcd"):
        fresh = Locks(random_covariance(), random_directions())
        assert torch.equal(fresh.held("a", keep), expected)
        assert torch.equal(fresh.held("a", [*keep, *keep]), expected)


def test_a_locked_direction_does_not_move(locks: Locks) -> None:
    assert torch.equal(locks.held("a", ["a"]), torch.zeros(D))
    assert torch.equal(locks.held("a", ["b", "a"]), torch.zeros(D))


def test_a_sum_of_what_is_kept_does_not_move() -> None:
    directions = random_directions(3)
    total = directions["b"].vector - 2 * directions["c"].vector
    directions["sum"] = Direction("sum", total / total.norm(), 1.0, "named", 1.0, MODEL)
    locks = Locks(random_covariance(), directions)
    assert torch.equal(locks.held("sum", ["b", "c"]), torch.zeros(D))
    assert locks.held("a", ["b", "c"]).norm() > 0.01


@pytest.mark.parametrize("difference", [0.0, 1e-7, 1e-5])
def test_nearly_the_same_lock_twice_is_one_lock(difference: float) -> None:
    directions = random_directions()
    vector = directions["b"].vector + difference * directions["c"].vector
    directions["twin"] = Direction("twin", vector / vector.norm(), 1.0, "named", 1.0, MODEL)
    locks = Locks(random_covariance(), directions)
    once, twice = locks.held("a", ["b"]), locks.held("a", ["b", "twin"])
    torch.testing.assert_close(twice, once, atol=1e-4, rtol=1e-3)


def test_more_locks_than_dimensions_leave_nothing() -> None:
    rng = torch.Generator().manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(20, 4, generator=rng), dim=1)
    directions = {
        str(i): Direction(str(i), v, 1.0, "raw", 1.0, MODEL) for i, v in enumerate(vectors)
    }
    locks = Locks(torch.eye(4), directions)
    assert torch.equal(locks.held("0", [str(i) for i in range(1, 20)]), torch.zeros(4))


@pytest.fixture
def labelled() -> Locks:
    """b, c and d are values of one label, e is one of another, a and f are no values."""
    factors = {"b": "hat", "c": "hat", "d": "hat", "e": "eyes"}
    directions = {
        name: replace(direction, factor=factors.get(name, ""))
        for name, direction in random_directions().items()
    }
    return Locks(random_covariance(), directions)


def test_a_value_of_a_label_keeps_the_label(labelled: Locks, locks: Locks) -> None:
    assert torch.equal(labelled.held("a", ["c"]), locks.held("a", "bcd"))
    assert torch.equal(labelled.held("e", ["c", "f"]), locks.held("e", "bcdf"))
    assert torch.equal(labelled.held("a", ["f"]), locks.held("a", "f"))
    for name in "bcd":
        assert abs(float(labelled.reading(name) @ labelled.held("a", ["c"]).double())) < 1e-6


def test_while_its_label_is_moved_a_value_keeps_itself(labelled: Locks, locks: Locks) -> None:
    assert torch.equal(labelled.held("b", ["c"]), locks.held("b", "c"))
    assert torch.equal(labelled.held("b", ["c", "e"]), locks.held("b", "ce"))
    assert torch.equal(labelled.held("b", ["b"]), torch.zeros(D))


def test_a_covariance_without_some_dimensions_is_well_defined() -> None:
    flat = random_covariance()
    flat[D // 2 :] = flat[:, D // 2 :] = 0.0
    locks = Locks(flat, random_directions())
    assert bool(torch.isfinite(locks.held("a", "bcd")).all())


def test_unknown_directions_are_refused(locks: Locks) -> None:
    for call in (("wings",), ("wings", ("a",)), ("a", ("wings",))):
        with pytest.raises(LatentError, match="no direction 'wings'"):
            locks.held(*call)


def test_every_layer_moves_alike(locks: Locks) -> None:
    start = Latent(torch.randn(3, D), MODEL)
    held = partial(locks.held, keep=("b", "c"))
    moved = move(start, random_directions(), {"a": 2.0}, held)
    expected = start.z + 2.0 * 1.5 * locks.held("a", ("b", "c"))
    assert torch.equal(moved.z, expected)
    readings = (moved.z - start.z).double() @ locks.reading("b")
    assert float(readings.abs().max()) < 1e-5


# -- the covariance


def test_the_covariance_is_that_of_draws() -> None:
    rng = torch.Generator().manual_seed(0)
    prior = Prior(
        weights=torch.tensor([0.25, 0.75]),
        means=3 * torch.randn(2, 5, generator=rng),
        cholesky=torch.tril(torch.randn(2, 5, 5, generator=rng)),
        offsets=2 * torch.randn(5, 5, generator=rng),
        frequencies=torch.tensor([0.3, 0.7, 0.2, 0.3, 0.5]),
        sizes=torch.tensor([2, 3]),
    )
    drawn = torch.cov(prior.sample(200_000, rng).T.double())
    found = covariance_of(prior)
    assert float((found - drawn).abs().max()) < 0.03 * float(found.diagonal().max())
    assert torch.allclose(covariance_of(Prior.standard(4)), torch.eye(4, dtype=torch.float64))


# -- in the editor


@pytest.fixture(scope="module")
def editor(tiny_checkpoint: Path) -> Editor:
    return Editor.load(tiny_checkpoint, "cpu")


def test_without_locks_a_move_is_what_it_was(editor: Editor) -> None:
    rng = random.Random(0)
    names = [direction.name for direction in editor.directions]
    for latent in editor.sample(20):
        amounts = {name: rng.uniform(-3, 3) for name in rng.sample(names, 4)}
        assert editor.edited(Recipe.of(latent, amounts)) == editor.move(latent, amounts)


def test_what_was_moved_before_a_lock_stays_moved(editor: Editor) -> None:
    first, second, third = (direction.name for direction in editor.directions[:3])
    [latent] = editor.sample()
    free = Recipe.of(latent, {first: 1.0})
    both = Recipe(latent, moves=(*free.moves, Moves({second: 2.0}, (third,))), locks=(first, third))
    alone = editor.edited(Recipe(latent, moves=both.moves[1:])).z - latent.z
    torch.testing.assert_close(
        editor.edited(both).z, editor.edited(free).z + alone, atol=1e-5, rtol=0
    )


def test_unknown_locks_are_refused(editor: Editor) -> None:
    [latent] = editor.sample()
    for recipe in (
        Recipe(latent, locks=("wings",)),
        Recipe(latent, moves=(Moves({"brightness": 1.0}, ("wings",)),)),
    ):
        with pytest.raises(LatentError, match="no direction 'wings'"):
            editor.edited(recipe)


def test_locks_lower_what_sliders_drag_along(editor: Editor) -> None:
    """Of a model trained for seconds: measured on its pictures, not on its latents."""
    names = [d.name for d in editor.directions if d.group == "measured"]
    latents = editor.sample(24, seed=100)

    def seen(recipes: list[Recipe]) -> dict[str, np.ndarray]:
        images = editor.decode(*map(editor.edited, recipes))
        return measure(np.stack([np.asarray(image) for image in images]))

    before = seen([Recipe(latent) for latent in latents])
    dragged: list[tuple[float, float]] = []
    moved: list[tuple[float, float]] = []
    for name, kept in itertools.permutations(names, 2):
        changes = []
        for keep in ((), (kept,)):
            after = seen([Recipe(z, moves=(Moves({name: 1.5}, keep),)) for z in latents])
            changes.append(
                {n: np.abs(after[n] - before[n]).mean() / before[n].std() for n in (name, kept)}
            )
        free, locked = changes
        dragged.append((free[kept], locked[kept]))
        moved.append((free[name], locked[name]))
    free_drag, held_drag = np.mean(dragged, axis=0)
    free_move, held_move = np.mean(moved, axis=0)
    assert held_drag < 0.8 * free_drag
    assert held_drag / held_move < 0.9 * free_drag / free_move, "not only because all moves less"
    assert held_move > 0.4 * free_move


def test_a_live_drag_costs_little(editor: Editor) -> None:
    names = [direction.name for direction in editor.directions[:4]]
    recipe = Recipe.of(editor.sample()[0], {names[1]: 1.0}, locks=names[2:])
    times = []
    for i in range(200):
        start = time.perf_counter()
        editor.edited(recipe.pulled({names[0]: i / 100}))
        times.append(time.perf_counter() - start)
    assert sorted(times)[100] < 1e-3
