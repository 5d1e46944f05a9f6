"""From words to the name of a folder."""

from __future__ import annotations

import os

import pytest

from genimg.runs import escaped_name, is_name, name_from, unescaped_name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("My cats!", "my-cats"),
        ("  Été à Zürich  ", "ete-a-zurich"),
        ("../../etc/passwd", "etc-passwd"),
        ("--out=/tmp", "out-tmp"),
        ("猫", "model"),
        ("Катя's 猫", "model"),
        ("Katja 猫", "katja"),
        ("", "model"),
        ("CON", "con-1"),
        ("a" * 300, "a" * 40),
        (".hidden", "hidden"),
    ],
)
def test_a_name_is_made_of_what_is_typed(words: str, name: str) -> None:
    made = name_from(words)
    assert made == name
    assert is_name(made)


def test_a_name_that_is_taken_is_numbered() -> None:
    assert name_from("Cats", {"cats"}) == "cats-2"
    assert name_from("Cats", {"Cats", "cats-2", "cats-3"}) == "cats-4"


@pytest.mark.parametrize(
    "text", ["", ".", "..", ".git", "a/b", "a\\b", "c:", "-rf", "nul", "NUL.txt",
             "COM¹", "lpt².txt", "Clock$", "a\0", "x" * 101,
             "end.", "a\nb", "\N{CAT FACE}" * 100, "猫" * 90, "\ud800"],
)  # fmt: skip
def test_what_is_no_name_is_told(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", ["cats", "My Cats", "cats-64-vae", "a.b", "Éa"])
def test_names_that_people_give_by_hand_are_names(text: str) -> None:
    assert is_name(text)


def test_names_that_are_no_utf8_have_an_address() -> None:
    odd = os.fsdecode(b"caf\xe9=\xff \xf0\x9f\x90\xb1")
    escaped = escaped_name(odd)
    assert escaped == "caf=E9=3D=FF \N{CAT FACE}"
    assert escaped.encode() and is_name(escaped) and unescaped_name(escaped) == odd
    assert escaped_name("a=E9") == "a=E9"  # its own address, as there is nothing odd about it
