"""What is asked of new pictures, without a browser: what menus and fields show and say."""

from __future__ import annotations

import gradio as gr
import pytest
import torch

from genimg.editor import Wish
from genimg.errors import GenimgError
from genimg.latents import Scale
from genimg.ui.generate import wishes
from genimg.ui.generate.parts import ANY, FIELDS, MENUS

CHOICES = {f"factor {i}": ("old", f"value {i}") for i in range(MENUS + 1)}
SCALES = {
    name: Scale("years", 20.0, 75.0, 4.0, torch.zeros(4), 40.0)
    for name in [f"number {i}" for i in range(FIELDS + 1)]
}
NOTHING = Wish({})


def test_menus_show_the_labels_of_a_model_and_those_without_one_hide() -> None:
    menus = [gr.Dropdown() for _ in range(MENUS)]
    few = {"hat": ("none", "red"), "mood": ("sad", "glad")}
    updates = wishes.show_menus(menus, few, {"mood": "glad"})
    assert list(updates) == menus
    assert [updates[menu].label for menu in menus[:2]] == ["Hat", "Mood"]
    assert [updates[menu].value for menu in menus[:3]] == [ANY, "glad", ANY]
    assert [updates[menu].visible for menu in menus] == [True] * 2 + ["hidden"] * (MENUS - 2)


def test_fields_show_the_numbers_of_a_model_and_their_ranges() -> None:
    fields = [gr.Number() for _ in range(FIELDS)]
    scales = {"age": SCALES["number 0"], "smile": Scale("", 0, 1, 0.1, torch.zeros(4), 0.5)}
    updates = wishes.show_fields(fields, scales, {"smile": 0.25})
    assert list(updates) == fields
    assert [updates[field].label for field in fields[:2]] == ["Age (years)", "Smile"]
    assert [updates[field].placeholder for field in fields[:2]] == ["20 to 75", "0 to 1"]
    assert [updates[field].value for field in fields[:3]] == [None, 0.25, None]
    assert [updates[field].visible for field in fields] == [True] * 2 + ["hidden"] * (FIELDS - 2)


def test_menus_win_over_words_and_words_ask_for_what_has_no_menu() -> None:
    wish = Wish(dict.fromkeys(CHOICES, "old"))
    menus = ["old", *[ANY] * (MENUS - 2), "of another model"]
    last = f"factor {MENUS}"
    assert wishes.chosen_labels(CHOICES, menus, wish) == {"factor 0": "old", last: "old"}


def test_fields_win_over_words_and_words_ask_for_what_has_no_field() -> None:
    wish = Wish({}, numbers=dict.fromkeys(SCALES, 30.0))
    fields = [75, None, "", *[None] * (FIELDS - 3)]
    last = f"number {FIELDS}"
    assert wishes.chosen_numbers(SCALES, fields, wish) == {"number 0": 75.0, last: 30.0}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (76, "Number 0: give a number from 20 to 75 years, or none."),
        (float("nan"), "Number 0: give a number from 20 to 75 years, or none."),
        ("many", "Number 0: give a number."),
        (True, "Number 0: give a number."),
    ],
)
def test_a_field_that_cannot_be_says_what_to_do(typed: object, said: str) -> None:
    with pytest.raises(GenimgError) as caught:
        wishes.chosen_numbers(SCALES, [typed, *[None] * (FIELDS - 1)], NOTHING)
    assert str(caught.value) == said


def test_an_example_of_a_wish_is_of_the_model() -> None:
    assert wishes.such_as({"hat": ("red hat", "none")}, SCALES).startswith("none ")
    assert wishes.such_as({}, {"age": SCALES["number 0"]}).startswith("age 48 years ")
    assert wishes.such_as({}, {}) == ""


def test_it_is_told_what_has_to_be_asked_for_in_words() -> None:
    said = wishes.words_only(CHOICES, SCALES)
    assert f"factor {MENUS}, number {FIELDS}." in said and "factor 0" not in said
    assert wishes.words_only({}, {}) == ""
