"""Which names does a model know, and which of them may some typed words mean?"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NEAR = 3
"""At most how many names are suggested for one word."""
_MOST_LOOKED_UP = 10  # unknown words that get suggestions: looking for near ones takes a while


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"[^\W_]+|[^\s\w]")
PAUSES = frozenset(",;.!?|/+&")
LINKS = _set("and with wearing wears has have having but plus also who which")
EMPTY = _set(
    "a an the in on of or its it is are that this my some any very one i want would like please "
    "draw show me make give us for to at as be picture image photo drawing s"
)
"""Words that part one wish from the next, or that say nothing by themselves."""
_WHOLE = _set("colour fur skin body")
_SAME = {
    **{"gray": "grey", "color": "colour", "coloured": "colour", "colored": "colour"},
    **{"blonde": "blond", "golden": "gold", "teeth": "tooth", "mustache": "moustache"},
    **{"without": "no", "not": "no", "none": "no", "nothing": "no", "w": "with", "ful": "full"},
    **{"eyeglass": "glass", "spectacle": "glass", "specs": "glass", "sneaker": "trainer"},
    **{"pant": "trouser", "sweater": "pullover", "airplane": "aeroplane", "automobile": "car"},
    **{"man": "masculine", "men": "masculine", "male": "masculine"},
    **{"woman": "feminine", "women": "feminine", "female": "feminine"},
    **{"striped": "stripe", "stripy": "stripe", "spotted": "spot", "spotty": "spot"},
    **{"smiling": "smile", "grinning": "grin", "pajama": "pyjama", "jewelry": "jewellery"},
}
"""Other spellings and words for the same, as stems; applied to what is typed and to the names."""
_KIN = (
    _set("purple violet lilac lavender mauve"),
    _set("white cream pale silver"),
    _set("beige sandy caramel brown tan gold blond"),
    _set("ginger orange caramel coral"),
    _set("cap hat beanie helmet headband"),
    _set("cyan turquoise teal blue green"),
    _set("necklace chain collar jewel pendant"),
    _set("shoe sandal trainer boot slipper"),
)
"""Words (as stems) that are worth a suggestion for each other although they are spelled apart."""


def suggest(word: str, names: Iterable[str], likeness: float = 0.6) -> tuple[str, ...]:
    """The names most like `word` (0 not at all, 1 the same), at most NEAR."""
    folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(word.casefold(), folded, n=NEAR, cutoff=likeness)
    return tuple(folded[match] for match in found)


def _stem(word: str) -> str:
    """A word without capitals, plural and spelling habits; the same for all its forms."""
    word = word.casefold()
    if len(word) > 3:
        if word.endswith(("sses", "xes", "ches", "shes")):
            word = word[:-2]
        elif word.endswith("ies"):
            word = word[:-3] + "y"
        elif word.endswith("s") and not word.endswith(("ss", "us")):
            word = word[:-1]
    return _SAME.get(word, word)


@dataclass(frozen=True)
class Token:
    """A word as it was typed, and its stem."""

    text: str
    stem: str


def tokenise(text: str) -> list[Token]:
    """Words, and every other sign by itself."""
    return [Token(word, _stem(word)) for word in _WORD.findall(text)]


def says_something(token: Token) -> bool:
    """Whether it is a word, or a sign such as an emoji."""
    return token.stem.isalnum() or unicodedata.category(token.text[0]) == "So"


def joined(tokens: Sequence[Token]) -> str:
    """The stems as one word, so that "T-shirt", "t shirt" and "tshirt" are alike."""
    return "".join(token.stem for token in tokens if token.stem.isalnum())


def as_text(tokens: Sequence[Token]) -> str:
    """The words as they were typed, apart by single spaces."""
    return " ".join(token.text for token in tokens)


class Value:
    """A name that can be asked for, taken apart.

    words: its stems. core: those that tell it from the other values of its factor. head: the thing
    that it names. whole: whether the factor is about the pictured thing itself, as its colour is.
    """

    def __init__(self, factor: str, name: str, subjects: frozenset[str]) -> None:
        tokens = tokenise(name)
        said = [t.stem for t in tokens if t.stem.isalnum() and t.stem not in EMPTY | LINKS]
        first = [t.stem for t in tokens[: _first_link(tokens)] if t.stem in said]
        self.factor, self.name = factor, name
        self.key = joined(tokens)
        self.words = frozenset(said)
        self.of = frozenset(t.stem for t in tokenise(factor)) - EMPTY
        self.whole = bool(self.of & _WHOLE)
        self.core = (self.words - self.of - subjects) or self.words
        self.head = (first or said or [""])[-1]
        self.negative = "no" in self.words

    def names_its_thing(self, stems: frozenset[str], subjects: frozenset[str]) -> bool:
        """Whether the head, or the factor, is among the stems."""
        return (
            self.head in stems or bool(stems & self.of) or (self.whole and bool(stems & subjects))
        )


def _first_link(tokens: Sequence[Token]) -> int:
    for i, token in enumerate(tokens):
        if i and token.stem in EMPTY | LINKS:
            return i
    return len(tokens)


class Vocabulary:
    """All values of a model, and which of them some words may mean."""

    def __init__(self, factors: Mapping[str, Sequence[str]], subject: str) -> None:
        # "People who do not exist" says nothing of what their pictures lack.
        self.subjects = frozenset(t.stem for t in tokenise(subject)) - {"", "no"}
        self.values = [
            Value(factor, name, self.subjects)
            for factor, names in factors.items()
            for name in names
        ]
        self.keys = {value.key: value for value in reversed(self.values) if value.key}
        self.of = frozenset(stem for value in self.values for stem in value.of)
        self.longest = max((len(value.key) for value in self.values), default=0)
        self.most_words = max((len(value.words | value.of) for value in self.values), default=0) + 1
        self._looked_up = 0
        self._fits: dict[frozenset[str], list[Value]] = {}

    def fits(self, stems: frozenset[str]) -> list[Value]:
        """The values that all of the stems speak of, the likeliest first."""
        if stems not in self._fits:
            self._fits[stems] = self._ranked(stems)
        return self._fits[stems]

    def _ranked(self, stems: frozenset[str]) -> list[Value]:
        ranked = []
        for place, value in enumerate(self.values):
            allowed = value.words | value.of | (self.subjects if value.whole else frozenset())
            if stems <= allowed and stems & value.core:
                ranked.append((*self.rank(value, stems), place, value))
        return [value for *_, value in sorted(ranked, key=lambda row: row[:-1])]

    def rank(self, value: Value, stems: frozenset[str]) -> tuple[bool, int, bool]:
        """How far the stems are from naming a value; less is nearer."""
        return (
            not self.is_named(value, stems),
            len(value.core - stems),
            not stems & value.of,
        )

    def is_named(self, value: Value, stems: frozenset[str]) -> bool:
        """Whether the thing is named, or goes without saying: "blue" is enough for blue fur."""
        return value.head not in value.core or value.names_its_thing(stems, self.subjects)

    def near(self, word: str, among: Sequence[Value] = ()) -> tuple[str, ...]:
        """Names of values (of all, or of `among`) with a word like this one."""
        self._looked_up += 1
        if self._looked_up > _MOST_LOOKED_UP:
            return tuple(value.name for value in among[:NEAR])
        values = among or self.values
        stem = _stem(word)
        related = frozenset().union(*(kin for kin in _KIN if stem in kin)) - {stem}
        kin = [value.name for value in values if value.core & related]
        by_word: dict[str, list[str]] = {}
        for value in values:
            for token in tokenise(value.name):
                by_word.setdefault(token.text.casefold(), []).append(value.name)
        like = [name for found in suggest(word, by_word, 0.7) for name in by_word[found]]
        whole = suggest(word, (value.name for value in values))
        rest = (value.name for value in among)
        return tuple(dict.fromkeys([*kin, *like, *whole, *rest]))[:NEAR]
