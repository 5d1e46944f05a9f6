"""What a recipe says of sliders, locks and earlier steps."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from genimg.edits import MAX_STEPS, Moves, Recipe, Step
from genimg.errors import LatentError
from genimg.latents import Latent

PLAIN = Recipe(Latent(torch.randn(8), "0123456789abcdef"), origin="sample, seed 7")


def test_a_recipe_of_plain_amounts() -> None:
    recipe = Recipe.of(PLAIN.latent, {"pink": 1 / 3, "blue": 0.0, "red": -2}, origin="upload")
    assert recipe.amounts == {"pink": 1 / 3, "red": -2}
    assert recipe.moves == (Moves({"pink": 1 / 3, "red": -2}),)
    assert (recipe.origin, recipe.locks) == ("upload", ())
    assert Recipe.of(PLAIN.latent, origin=PLAIN.origin) == PLAIN
    assert Recipe.of(PLAIN.latent, {"pink": 0.0}).moves == ()
    kept = Recipe.of(PLAIN.latent, {"pink": 1.0}, locks=["red", "blue", "red"])
    assert kept.locks == ("blue", "red")
    assert kept.moves == (Moves({"pink": 1.0}, ("blue", "red")),)


def test_values_of_the_caller_do_not_change_a_recipe_later() -> None:
    amounts, changes = {"pink": 1.0}, {"hat": "red"}
    recipe = Recipe.of(PLAIN.latent, amounts, changes=changes)
    amounts["pink"], changes["hat"] = 2.0, "blue"
    recipe.amounts["pink"] = 3.0
    assert (recipe.amounts, recipe.changes) == ({"pink": 1.0}, {"hat": "red"})


# -- pulling


def test_pulling_says_where_a_slider_stands_and_not_how_far_it_goes() -> None:
    recipe = PLAIN.pulled({"pink": 1.5}).pulled({"pink": 2.0, "blue": -1.0})
    assert recipe.amounts == {"pink": 2.0, "blue": -1.0}
    assert recipe.moves == (Moves({"blue": -1.0, "pink": 2.0}),)
    assert recipe.pulled({"pink": 0.0, "blue": 0.0}) == PLAIN


def test_pulling_nowhere_is_the_very_same_recipe() -> None:
    recipe = Recipe.of(PLAIN.latent, {"pink": 1 / 3, "blue": 0.3}, locks=["red"])
    for same in ({}, {"pink": 1 / 3}, recipe.amounts, {"green": 0.0}, {"green": 1e-9}):
        assert recipe.pulled(same) is recipe


def test_single_precision_means_the_same_sliders() -> None:
    """A page sends where its sliders stand as float32."""
    rng = random.Random(0)
    for _ in range(500):
        total = round(rng.uniform(-100, 100), rng.randrange(5))
        recipe = PLAIN.pulled({"pink": total})
        assert recipe.amounts == ({"pink": total} if total else {})
        assert recipe.pulled({"pink": float(np.float32(total))}) is recipe


def test_what_was_moved_under_other_locks_stays() -> None:
    first = PLAIN.pulled({"pink": 0.3, "blue": 1.0})
    second = replace(first, locks=("red",)).pulled({"pink": 1.7, "grey": 2.0})
    assert second.amounts == {"pink": 1.7, "blue": 1.0, "grey": 2.0}
    assert second.moves == (first.moves[0], Moves({"grey": 2.0, "pink": 1.4}, ("red",)))
    third = replace(second, locks=("grey",)).pulled({"pink": 0.0})
    assert third.amounts == {"blue": 1.0, "grey": 2.0}
    assert third.moves[:2] == second.moves
    assert third.moves[2] == Moves({"pink": -1.7}, ("grey",))
    back = replace(third, locks=("red",)).pulled({"pink": 1.0})
    assert [part.keep for part in back.moves] == [(), ("red",), ("grey",)]
    assert back.amounts["pink"] == 1.0


def test_what_is_locked_does_not_move() -> None:
    recipe = replace(PLAIN.pulled({"pink": 1.0}), locks=("pink",))
    assert recipe.pulled({"pink": 2.0}) is recipe
    assert recipe.pulled({"pink": 2.0, "blue": 1.0}).amounts == {"pink": 1.0, "blue": 1.0}


def test_the_order_of_pulls_under_the_same_locks_does_not_matter() -> None:
    names = ["d", "a", "c", "b"]
    one = PLAIN
    for name in names:
        one = one.pulled({name: ord(name) / 100})
    assert one == PLAIN.pulled({name: ord(name) / 100 for name in sorted(names)})
    assert list(one.moves[0].amounts) == sorted(names)


def test_many_pulls_leave_nothing_behind() -> None:
    rng, recipe = random.Random(1), PLAIN
    for _ in range(300):
        if rng.random() < 0.2:
            recipe = replace(recipe, locks=tuple(rng.sample("abcdef", rng.randrange(3))))
        name, total = rng.choice("abcdef"), round(rng.uniform(-4, 4), 1)
        before, recipe = recipe, recipe.pulled({name: total})
        if name not in recipe.locks:
            assert recipe.amounts.get(name, 0.0) == total
        others = {k: v for k, v in before.amounts.items() if k != name}
        assert {k: v for k, v in recipe.amounts.items() if k != name} == others
    assert Recipe.from_text(recipe.to_text()) == recipe
    home = replace(recipe, locks=())
    for name in "abcdef":
        home = home.without(name)
    assert home == PLAIN


@pytest.mark.parametrize("amount", [math.nan, math.inf, -math.inf, 100.5, "1", None])
def test_an_amount_that_no_slider_has_is_refused(amount: object) -> None:
    with pytest.raises(LatentError, match="cannot move by"):
        PLAIN.pulled({"pink": amount})  # type: ignore[dict-item]


def test_taking_a_direction_out() -> None:
    recipe = replace(PLAIN.pulled({"pink": 1.0, "blue": 2.0}), locks=("red",))
    recipe = recipe.pulled({"pink": 3.0})
    assert recipe.without("pink").moves == (Moves({"blue": 2.0}),)
    assert recipe.without("pink").locks == ("red",)
    assert recipe.without("unknown") == recipe


# -- what cannot be


def test_what_is_kept_cannot_be_moved() -> None:
    with pytest.raises(LatentError, match="'pink' cannot be moved while it is kept"):
        Moves({"pink": 1.0}, ("pink",))


def test_there_is_one_set_of_moves_for_each_set_of_locks() -> None:
    twice = (Moves({"pink": 1.0}, ("a", "b")), Moves({"blue": 1.0}, ("b", "a")))
    with pytest.raises(LatentError, match="one set of moves"):
        replace(PLAIN, moves=twice)


def test_locks_are_sorted_and_there_once() -> None:
    assert replace(PLAIN, locks=("b", "a", "b")).locks == ("a", "b")
    assert Moves({}, ("b", "a", "b")).keep == ("a", "b")


# -- earlier steps


def test_a_step_has_no_lineage_of_its_own() -> None:
    start = Step(PLAIN, "start")
    child = replace(PLAIN.pulled({"pink": 1.0}), lineage=(start,), parents=(0,), label="pink +1.0")
    step = Step(child, child.label, child.parents)
    assert step.recipe == PLAIN.pulled({"pink": 1.0})
    assert (step.label, step.parents) == ("pink +1.0", (0,))


@pytest.mark.parametrize("parents", [(0,), (1,), (-1,), (7,)])
def test_a_step_comes_from_steps_before_it(parents: tuple[int, ...]) -> None:
    with pytest.raises(LatentError, match="before it"):
        replace(PLAIN, lineage=(Step(PLAIN, "start", parents),))


def test_a_picture_comes_from_its_lineage() -> None:
    steps = (Step(PLAIN, "a"), Step(PLAIN, "b"))
    assert replace(PLAIN, lineage=steps, parents=(0, 1)).parents == (0, 1)
    for parents in ((2,), (0, 0), (-1,)):
        with pytest.raises(LatentError, match="before it"):
            replace(PLAIN, lineage=steps, parents=parents)


def test_a_lineage_is_bounded_and_of_one_model() -> None:
    replace(PLAIN, lineage=(Step(PLAIN),) * MAX_STEPS)
    with pytest.raises(LatentError, match="64 earlier steps at most"):
        replace(PLAIN, lineage=(Step(PLAIN),) * (MAX_STEPS + 1))
    with pytest.raises(LatentError, match="belongs to model other"):
        replace(PLAIN, lineage=(Step(Recipe(Latent(torch.zeros(8), "other"))),))


def test_the_model_is_named_in_every_step() -> None:
    named = replace(PLAIN, lineage=(Step(PLAIN), Step(PLAIN))).named("cats")
    assert {named.model_name, *(step.recipe.model_name for step in named.lineage)} == {"cats"}


def test_the_next_state_remembers_the_one_before() -> None:
    start = replace(PLAIN, label="start")
    second = start.pulled({"pink": 1.0}).after(start, "pink +1.0")
    third = second.pulled({"blue": 1.0}).after(second, "blue +1.0")
    assert third.lineage == (Step(PLAIN, "start"), Step(second, "pink +1.0", (0,)))
    assert (third.label, third.parents) == ("blue +1.0", (1,))
    assert third.amounts == {"pink": 1.0, "blue": 1.0}


def test_a_long_history_forgets_its_beginning() -> None:
    recipe = replace(PLAIN, label="0")
    for i in range(1, MAX_STEPS + 10):
        recipe = recipe.pulled({"pink": i / 10}).after(recipe, str(i))
    assert len(recipe.lineage) == MAX_STEPS
    assert [step.label for step in recipe.lineage] == [str(i) for i in range(9, MAX_STEPS + 9)]
    assert [step.parents for step in recipe.lineage] == [(), *((i,) for i in range(MAX_STEPS - 1))]
    assert recipe.parents == (MAX_STEPS - 1,)
