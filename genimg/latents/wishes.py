"""What does somebody wish for who types "blue cat, glasses, red scarf"?

The words are compared with the names of the values that a model can be asked for: a whole name
first ("red scarf"), then parts of one ("blue", "hat"), the longest first. A factor's name beside a
word decides between values that share it ("green eyes"); the kind of thing itself ("cat") stands
for its colour. Whatever cannot be taken up is named, nothing is dropped in silence.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Literal

from genimg.latents.scale import Scale
from genimg.latents.vocabulary import (
    EMPTY,
    LINKS,
    NEAR,
    PAUSES,
    Token,
    Value,
    Vocabulary,
    as_text,
    joined,
    says_something,
    tokenise,
)
from genimg.latents.wished_numbers import WishedNumbers, find_numbers

MAX_CHARACTERS = 300
Problem = Literal["unknown", "unclear", "contradiction", "beyond", "too long"]


@dataclass(frozen=True)
class Doubt:
    """Something in a wish that was not taken up, or only in part.

    Attributes:
        words: as they were typed.
        problem: "unknown", "unclear" (several values fit), "contradiction" (another value of that
            factor was wished for before), "beyond" (a number outside the range in `near`) or "too
            long" (the rest was not read).
        near: names of values that may be meant.
        taken: the value that was taken all the same, "" if none.
    """

    words: str
    problem: Problem
    near: tuple[str, ...] = ()
    taken: str = ""

    def __str__(self) -> str:
        """One sentence for a person."""
        said, near = f'"{self.words}"', " or ".join(self.near)
        if self.problem == "too long":
            return f"Only the first {MAX_CHARACTERS} characters were read."
        if self.problem == "contradiction":
            return f"{said} does not go together with {self.taken}, which was wished for first."
        if self.problem == "beyond":
            return f"{said} is beyond what the model has seen: {near}."
        if self.taken:
            return f"{said} is taken as {self.taken}" + (f"; it could be {near}." if near else ".")
        if self.problem == "unclear":
            return f"{said} could be {near}: say which."
        return f"The model does not know {said}" + (f"; near it: {near}." if near else ".")


@dataclass(frozen=True)
class Wish:
    """What was understood of a text: {factor: value}, {number: value in its unit}, and what was
    not.
    """

    labels: Mapping[str, str]
    doubts: tuple[Doubt, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)


def understand(
    text: str,
    factors: Mapping[str, Sequence[str]],
    subject: str = "",
    scales: Mapping[str, Scale] = MappingProxyType({}),
) -> Wish:
    """Read a wish in the words of a model. Any text will do; the worst that comes back is doubts.

    Args:
        factors: {factor: names of its values} that the model can be asked for.
        subject: what the pictures show, such as "cats".
        scales: {name: scale} of the numbers that the model can be asked for.
    """
    plain = unicodedata.normalize("NFKC", text[: MAX_CHARACTERS + 1])
    measured = find_numbers(plain[:MAX_CHARACTERS], scales)
    vocabulary = Vocabulary(factors, subject)
    labels: dict[str, str] = {}
    doubts = _doubts_of(measured, scales)
    asked: list[tuple[str, Value]] = []
    for piece in _pieces(measured.rest, vocabulary):
        for found in _resolve(piece, vocabulary):
            if isinstance(found, Doubt):
                doubts.append(found)
            else:
                asked.append(found)
    for words, value in asked:
        kept = labels.setdefault(value.factor, value.name)
        if kept != value.name:
            doubts = [doubt for doubt in doubts if doubt.words != words]
            doubts.append(Doubt(words, "contradiction", (), kept))
    if len(plain) > MAX_CHARACTERS:
        doubts.append(Doubt("", "too long"))
    return Wish(labels, tuple(dict.fromkeys(doubts)), measured.numbers)


def _doubts_of(measured: WishedNumbers, scales: Mapping[str, Scale]) -> list[Doubt]:
    ranges = [(words, f"{name} {scales[name].range}") for words, name in measured.beyond]
    kept = [
        (words, f"{name} {scales[name].words(measured.numbers[name])}")
        for words, name in measured.again
    ]
    return [
        *(Doubt(words, "beyond", (told,)) for words, told in ranges),
        *(Doubt(words, "contradiction", (), told) for words, told in kept),
    ]


@dataclass(frozen=True)
class _Match:
    """Some typed words and the values that they fit; none for words that fit nothing."""

    tokens: tuple[Token, ...]
    values: tuple[Value, ...] = ()
    exact: bool = False
    negated: bool = False

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(token.stem for token in self.tokens)


def _pieces(text: str, vocabulary: Vocabulary) -> Iterator[list[_Match]]:
    """The text as matches, cut at commas and at words such as "with"."""
    tokens = tokenise(text)
    for pause, group in groupby(tokens, key=lambda token: token.stem in PAUSES):
        if pause:
            continue
        words = [token for token in group if says_something(token)]
        piece: list[_Match] = []
        loose: list[Token] = []
        i = 0
        while i < len(words):
            end = _exact_end(words, i, vocabulary)
            linked = words[i].stem in LINKS
            if end or linked or words[i].stem == "no":
                piece += _loose(tuple(loose), vocabulary)
                loose = []
            if end:
                value = vocabulary.keys[joined(words[i:end])]
                piece.append(_Match(tuple(words[i:end]), (value,), exact=True))
                i = end
                continue
            if linked:
                yield piece
                piece = []
            elif words[i].stem not in EMPTY:
                loose.append(words[i])
            i += 1
        piece += _loose(tuple(loose), vocabulary)
        yield piece


def _exact_end(words: Sequence[Token], start: int, vocabulary: Vocabulary) -> int:
    """Where the longest whole name that begins at `start` ends, 0 if none does."""
    best, key = 0, ""
    before = [token.stem for token in words[:start] if token.stem not in EMPTY]
    after_no = before[-1:] == ["no"]
    for end in range(start + 1, len(words) + 1):
        key += words[end - 1].stem
        if len(key) > vocabulary.longest:
            break
        if key in vocabulary.keys and not after_no:
            best = end
    return best


def _loose(tokens: tuple[Token, ...], vocabulary: Vocabulary) -> list[_Match]:
    """Words that are no whole name, as the longest parts that fit one."""
    if not tokens:
        return []
    if tokens[0].stem == "no" and len(tokens) > 1:
        said = vocabulary.fits(frozenset(token.stem for token in tokens[:2]))
        if said:  # "no (...) accessory", as the model says it
            return [_Match(tokens[:2], tuple(said)), *_loose(tokens[2:], vocabulary)]
        rest = _loose(tokens[1:], vocabulary)
        denied = _Match((tokens[0], *rest[0].tokens), rest[0].values, negated=True)
        return [denied, *rest[1:]]
    for length in range(min(len(tokens), vocabulary.most_words), 0, -1):
        for start in range(len(tokens) - length + 1):
            part = tokens[start : start + length]
            values = vocabulary.fits(frozenset(token.stem for token in part))
            if values:
                left = _loose(tokens[:start], vocabulary)
                right = _loose(tokens[start + length :], vocabulary)
                return [*left, _Match(part, tuple(values)), *right]
    return [_Match((token,)) for token in tokens]


def _resolve(piece: list[_Match], vocabulary: Vocabulary) -> Iterator[Doubt | tuple[str, Value]]:
    """What a piece asks for; an adjective goes with the thing that follows it."""
    i = 0
    while i < len(piece):
        match, after = piece[i], piece[i + 1] if i + 1 < len(piece) else None
        bare = _is_bare(match, vocabulary)
        words, stems = as_text(match.tokens), match.stems
        if after is not None and bare and _is_thing(after, vocabulary):
            yield from _joined_with(match, after, vocabulary)
            i += 1
        elif match.values:
            about_it = after is not None and after.stems <= vocabulary.subjects
            yield from _taken(match, vocabulary, strict=bare and about_it)
        elif match.negated or not stems <= vocabulary.of | vocabulary.subjects:
            yield Doubt(words, "unknown", vocabulary.near(match.tokens[-1].text))
        elif stems <= vocabulary.of and not any(m.values and stems & m.values[0].of for m in piece):
            has_it = [v for v in vocabulary.values if stems & v.of and not v.negative]
            if len(has_it) == 1:
                yield words, has_it[0]
            else:
                yield Doubt(words, "unclear", tuple(v.name for v in has_it[:NEAR]))
        i += 1


def _is_bare(match: _Match, vocabulary: Vocabulary) -> bool:
    """Whether these words fit something, but do not name the thing: "blue"."""
    stems, subjects = match.stems, vocabulary.subjects
    return bool(match.values) and not (
        match.exact or match.negated or match.values[0].names_its_thing(stems, subjects)
    )


def _is_thing(match: _Match, vocabulary: Vocabulary) -> bool:
    """Whether an adjective before these words speaks of them: "hat", "eyes"."""
    if match.negated:
        return False
    return bool(match.values) or match.stems <= vocabulary.of - vocabulary.subjects


def _joined_with(
    match: _Match, after: _Match, vocabulary: Vocabulary
) -> Iterator[Doubt | tuple[str, Value]]:
    """An adjective and a thing that no value has together: "blue hat", "black glasses"."""
    words = as_text((*match.tokens, *after.tokens))
    if after.values and not after.values[0].core - after.stems:
        yield words, after.values[0]
        yield Doubt(words, "unclear", (), after.values[0].name)
        return
    among = after.values or [v for v in vocabulary.values if after.stems & v.of]
    yield Doubt(words, "unknown", vocabulary.near(match.tokens[-1].text, among))


def _taken(
    match: _Match, vocabulary: Vocabulary, strict: bool
) -> Iterator[Doubt | tuple[str, Value]]:
    """The likeliest value of a match, and a doubt where others are as likely.

    `strict`: the words speak of the thing itself ("happy cat"), so a part of a name is not enough.
    """
    words, stems = as_text(match.tokens), match.stems
    first = match.values[0]
    rank = vocabulary.rank(first, stems)
    if stems == {"no"}:
        yield Doubt(words, "unclear", tuple(v.name for v in match.values[:NEAR] if v.negative))
        return
    if match.negated:
        nothing = [v for v in vocabulary.values if v.negative and v.factor == first.factor]
        if nothing:
            yield words, nothing[0]
        else:
            yield Doubt(words, "unknown")
        return
    if not match.exact and (not vocabulary.is_named(first, stems) or (strict and rank[1])):
        yield Doubt(words, "unclear", tuple(value.name for value in match.values[:NEAR]))
        return
    yield words, first
    others = [v.name for v in match.values[1:] if vocabulary.rank(v, stems) == rank]
    if (others or strict) and not match.exact:
        yield Doubt(words, "unclear", tuple(others[:NEAR]), first.name)
