"""A wish in plain words: what is understood, and that nothing is dropped in silence."""

from __future__ import annotations

import random
import time

import pytest
import torch

from genimg.data.drawn.artworks import ARTWORKS
from genimg.data.drawn.portraits.properties import FACTORS, NUMBERS
from genimg.data.standard import ATTRIBUTES, GARMENTS
from genimg.latents.scale import Scale
from genimg.latents.wishes import MAX_CHARACTERS, Doubt, Wish, understand

CATS, HEADS, ROBOTS, MONSTERS = (
    {factor: tuple(values.values()) for factor, values in ARTWORKS[name].factors.items()}
    for name in ("cats", "heads", "robots", "monsters")
)
FACES = {
    absent.split(" ", 1)[1]: (absent, absent.split(" ", 1)[1]) for absent in ATTRIBUTES.values()
}


def wish(text: str) -> Wish:
    return understand(text, CATS, "cats Cats")


def labels(text: str) -> dict[str, str]:
    return dict(wish(text).labels)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blue cat, glasses, red scarf", ["blue fur", "glasses", "red scarf"]),
        ("Blue cat with glasses and a red scarf", ["blue fur", "glasses", "red scarf"]),
        ("BLUE CAT GLASSES RED SCARF", ["blue fur", "glasses", "red scarf"]),
        ("a gray cat wearing a diamond necklace", ["grey fur", "diamond necklace"]),
        ("green cat", ["green fur"]),
        ("green eyes", ["green eyes"]),
        ("eyes green", ["green eyes"]),
        ("green cat with green eyes", ["green fur", "green eyes"]),
        ("wine red fur", ["wine red fur"]),
        ("golden cat; gold", ["golden fur"]),
        ("monocles", ["monocle"]),
        ("pinkbow", ["pink bow"]),
        ("pink-bow", ["pink bow"]),
        ("silver head phones", ["silver headphones"]),
        ("spots", ["pale spots"]),
        ("big eyes", ["big round eyes"]),
        ("no hat", ["no accessory"]),
        ("without an accessory", ["no accessory"]),
        ("no markings, no accessories", ["no markings", "no accessory"]),
        ("fur colour: blue; eyes=monocle", ["blue fur", "monocle"]),
        ("fur colour blue fur", ["blue fur"]),
        ("orange, tiger stripes", ["orange fur", "tiger stripes"]),
        ("blue fur cat blue fur", ["blue fur"]),
        ("a cat", []),
        ("please draw me a picture of a cat", []),
        ("", []),
        (" ,;. ", []),
    ],
)
def test_what_is_clear_is_taken_without_a_word(text: str, expected: list[str]) -> None:
    found = wish(text)
    assert sorted(found.labels.values()) == sorted(expected)
    assert found.doubts == ()


@pytest.mark.parametrize("factor", CATS)
def test_every_name_is_understood_in_all_its_forms(factor: str) -> None:
    for value in CATS[factor]:
        for text in (value, value.upper(), f"the {value}!", f"{factor} {value}", value + " cat"):
            assert wish(text) == Wish({factor: value}), text


@pytest.mark.parametrize(
    ("factors", "text", "expected"),
    [
        (HEADS, "pink eyes in a mask, blue and black stripes", 2),
        (HEADS, "blue head, round", 2),
        (ROBOTS, "blue robot with a top hat, light bulb head", 3),
        (MONSTERS, "blue face and green body, eyes on stalks, tongue out", 4),
        (FACES, "smiling, no beard, blonde hair with glasses", 4),
        ({"garment": GARMENTS}, "T shirts", 1),
        ({"garment": GARMENTS}, "sneakers", 1),
        ({"garment": GARMENTS}, "boots", 1),
    ],
)
def test_other_models_have_other_words(
    factors: dict[str, tuple[str, ...]], text: str, expected: int
) -> None:
    found = understand(text, factors, "heads robots monsters")
    assert len(found.labels) == expected
    assert all(value in factors[factor] for factor, value in found.labels.items())
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("text", "words", "near"),
    [
        ("glases", "glases", "glasses"),
        ("blue scraf", "blue scraf", ""),
        ("purple cat", "purple", "lilac fur"),
        ("ginger cat", "ginger", "orange fur"),
        ("dragon", "dragon", ""),
        ("blue eyes", "blue eyes", "green eyes"),
        ("blue hat", "blue hat", "red hat"),
        ("no glasses", "no glasses", ""),
        ("\N{CAT FACE}", "\N{CAT FACE}", ""),
    ],
)
def test_what_is_not_known_is_named_and_near_names_suggested(
    text: str, words: str, near: str
) -> None:
    doubts = [doubt for doubt in wish(text).doubts if doubt.problem == "unknown"]
    assert any(doubt.words in words for doubt in doubts)
    if near:
        assert labels(text) == {}
        assert near in doubts[0].near
        assert near in str(doubts[0]) and words in str(doubts[0])


def test_unknown_words_do_not_spoil_the_others() -> None:
    found = wish("a fluffy blue cat with wings, glasses")
    assert sorted(found.labels.values()) == ["blue fur", "glasses"]
    assert [doubt.words for doubt in found.doubts] == ["fluffy", "wings"]


@pytest.mark.parametrize(
    ("text", "taken", "other"),
    [
        ("hat", "black hat", "red hat"),
        ("green", "green fur", "green eyes"),
        ("smile", "wide smile", "open smile"),
        ("red cat", "wine red fur", "coral red fur"),
        ("striped cat", "faint stripes", "tiger stripes"),
    ],
)
def test_where_several_fit_one_is_taken_and_that_is_said(text: str, taken: str, other: str) -> None:
    [doubt] = wish(text).doubts
    assert list(labels(text).values()) == [doubt.taken] == [taken]
    assert other in doubt.near
    assert taken in str(doubt) and other in str(doubt)


@pytest.mark.parametrize("text", ["pale", "silver", "eyes", "no", "big cat", "happy cat"])
def test_too_little_is_not_guessed_at(text: str) -> None:
    [doubt] = wish(text).doubts
    assert labels(text) == {}
    assert doubt.problem == "unclear" and doubt.near and not doubt.taken
    assert "say which" in str(doubt)


@pytest.mark.parametrize(
    ("text", "words", "taken"),
    [("black glasses", "black glasses", "glasses"), ("sly cat", "sly", "sly eyes")],
)
def test_what_was_meant_of_something_else_is_said(text: str, words: str, taken: str) -> None:
    assert list(labels(text).values()) == [taken]
    assert wish(text).doubts == (Doubt(words, "unclear", (), taken),)


def test_the_name_of_a_factor_is_enough_where_it_has_one_value() -> None:
    hats = {"hat": ("no hat", "red hat")}
    assert understand("a hat", hats) == Wish({"hat": "red hat"})
    assert understand("no hat", hats) == Wish({"hat": "no hat"})
    assert understand("without any red hats", hats).labels == {"hat": "no hat"}


def test_contradictions_are_named_and_the_first_stays() -> None:
    found = wish("blue scarf and red hat")
    assert dict(found.labels) == {"accessory": "blue scarf"}
    [doubt] = found.doubts
    assert (doubt.words, doubt.problem, doubt.taken) == ("red hat", "contradiction", "blue scarf")
    assert "red hat" in str(doubt) and "blue scarf" in str(doubt)


def test_a_model_without_words_knows_none() -> None:
    found = understand("blue cat", {})
    assert found.labels == {}
    assert [doubt.words for doubt in found.doubts] == ["blue", "cat"]


@pytest.mark.parametrize("text", ["x" * 301, "glasses, " * 100, "\ufdfa" * 200])
def test_long_texts_are_read_in_part_and_that_is_said(text: str) -> None:
    assert wish(text).doubts[-1].problem == "too long"
    assert str(MAX_CHARACTERS) in str(wish(text).doubts[-1])


def test_nothing_is_dropped_and_nothing_takes_long() -> None:
    """Any words in any order: each is taken, doubted, or one that says nothing."""
    rng = random.Random(0)
    known = [word for values in CATS.values() for value in values for word in value.split()]
    known += ["no", "with", ",", "cat", "eyes", "fur", "colour", "zebra", "\N{CAT FACE}"]
    slowest = 0.0
    for _ in range(1500):
        text = " ".join(rng.choice(known) for _ in range(rng.randrange(1, 30)))
        started = time.perf_counter()
        found = wish(text)
        slowest = max(slowest, time.perf_counter() - started)
        assert all(value in CATS[factor] for factor, value in found.labels.items())
        named = " ".join(doubt.words for doubt in found.doubts)
        for word in ("zebra", "\N{CAT FACE}"):
            assert len(text) > MAX_CHARACTERS or (word in text) <= (word in named)
    assert slowest < 1.0


def test_any_text_will_do() -> None:
    rng = random.Random(1)
    texts = ["\ud800", "\x00", "\u202e", "a" * 10_000, "no " * 300, "red " * 100, "'\"<b>&"]
    texts += ["".join(chr(rng.randrange(0x110000)) for _ in range(50)) for _ in range(300)]
    for text in texts:
        for doubt in wish(text).doubts:
            str(doubt).encode()


# -- people, and their numbers

PEOPLE = {factor.name: factor.values for factor in FACTORS}
SCALES = {
    each.name: Scale(each.unit, each.low, each.high, 1.0, torch.ones(2), 0.0) for each in NUMBERS
}


def of_people(text: str) -> Wish:
    return understand(text, PEOPLE, "portraits Portraits of people who do not exist", SCALES)


def test_people_are_asked_for_by_what_one_sees() -> None:
    found = of_people("old man, broad smile, turned left, grey hair, long wavy hair")
    assert dict(found.labels) == {
        "age": "old", "face": "masculine face", "smile": "broad smile", "turn": "turned left",
        "hair colour": "grey hair", "hair style": "long wavy hair",
    }  # fmt: skip
    assert not found.doubts and not found.numbers
    assert dict(of_people("young woman, no glasses").labels) == {
        "age": "young", "face": "feminine face", "glasses": "no glasses",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "near"),
    [("smiling", ("slight smile", "broad smile")), ("glasses", ("thin glasses", "bold glasses"))],
)
def test_a_thing_is_not_taken_for_its_absence(text: str, near: tuple[str, ...]) -> None:
    """Although the title of the data set says "not"."""
    found = of_people(text)
    assert not found.labels
    assert found.doubts[0].problem == "unclear" and found.doubts[0].near[:2] == near


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("age 60", {"age": 60}),
        ("Age: 60 years, smile 0.8", {"age": 60, "smile": 0.8}),
        ("60 years old", {"age": 60}),
        ("a 60-year-old", {"age": 60}),
        ("an age of about 60 years", {"age": 60}),
        ("turned to the right -20 degrees", {"turned to the right": -20}),
        ("turned to the right \u221220", {"turned to the right": -20}),
        ("hair length 0.5, age=60", {"hair length": 0.5, "age": 60}),
    ],
)
def test_numbers_are_taken_out_of_a_wish(text: str, numbers: dict[str, float]) -> None:
    found = of_people(text)
    assert dict(found.numbers) == numbers
    assert not found.labels and not found.doubts


def test_numbers_stand_among_words() -> None:
    found = of_people("a 60-year-old man with a broad smile, warmth of the light 0.5")
    assert dict(found.numbers) == {"age": 60, "warmth of the light": 0.5}
    assert dict(found.labels) == {"face": "masculine face", "smile": "broad smile"}
    assert not found.doubts


def test_numbers_that_cannot_be_are_doubts() -> None:
    found = of_people("age 90, age 30, age 40, 20 degrees")
    assert dict(found.numbers) == {"age": 30}
    assert [str(doubt) for doubt in found.doubts[:2]] == [
        '"age 90" is beyond what the model has seen: age 20 to 75 years.',
        '"age 40" does not go together with age 30 years, which was wished for first.',
    ]
    assert [doubt.words for doubt in found.doubts[2:]] == ["20", "degrees"]  # of several angles


def test_without_numbers_nothing_is_one() -> None:
    found = understand("age 60", PEOPLE)
    assert not found.numbers and [doubt.words for doubt in found.doubts] == ["age", "60"]
