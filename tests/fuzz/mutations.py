"""How is a good file made a bad one? Each function takes a seeded generator: all of it repeats."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

EVIL = '<img src=x onerror="alert(1)">'
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 10**9, 2**31, 2**63, 10**30, 0.5, -0.5, 1e-320, 1e300, -1e300,
    "", "x", EVIL, "\x00", "\x1b[2J", "\u202egnp.exe", "\ud800", "é" * 400, "A" * 30_000, [], {},
    [[]], [0] * 1000, {"name": "x"}, [None], ["../../etc/passwd"], "NaN", "-0",
)  # fmt: skip
TEXTS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000, "[" * 3000 + "]" * 3000,
    '{"a":' * 500 + "1" + "}" * 500, '{"a": 1, "a": 2}', '"\\ud800"', "tru", "", "1" + "0" * 400,
    "-", '"\\u0000"', "{", "[1,]", "\ufeff1",
)  # fmt: skip
"""What is put in the place of a value in a JSON text; some of it is no JSON."""


def flip(data: bytes, rng: random.Random, first: int = 1 << 30) -> bytes:
    """Some bits turned over, mostly among the `first` bytes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        end = min(first, len(data)) if rng.random() < 0.7 else len(data)
        changed[rng.randrange(end)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    """An end is missing, or something was taken out, put in, doubled or put at the end."""
    at, length = rng.randrange(len(data)), rng.choice((1, 4, 64, 1000))
    piece = data[at : at + length]
    return rng.choice(
        (
            data[:at],
            data[:at] + data[at + length :],
            data[:at] + rng.randbytes(length) + data[at:],
            data[:at] + piece + data[at:],
            data + rng.randbytes(length),
        )
    )


def lengths(data: bytes, rng: random.Random, first: int = 1 << 30) -> bytes:
    """Four or eight bytes, where a length may be, become an extreme number."""
    size = rng.choice((2, 4, 8))
    at = rng.randrange(max(1, min(first, len(data)) - size))
    most = 2 ** (8 * size) - 1
    number = rng.choice((0, 1, most, most // 2 + 1, 2 ** (4 * size), min(len(data), most)))
    order = rng.choice(("little", "big"))
    return data[:at] + number.to_bytes(size, order) + data[at + size :]


def any_bytes(data: bytes, rng: random.Random, first: int = 1 << 30) -> bytes:
    """One of the above."""
    kind = rng.randrange(5)
    if kind < 2:
        return flip(data, rng, first)
    return cut(data, rng) if kind < 4 else lengths(data, rng, first)


def any_tree(value: Any, rng: random.Random) -> Any:
    """A JSON value with some of what is in it gone, moved, doubled or exchanged for the strange."""
    changed = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        places = list(_places(changed))
        if not places:
            break
        holder, key = rng.choice(places)
        _change(holder, key, places, rng)
    return changed


def _places(value: Any) -> Any:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def _change(holder: Any, key: Any, places: list[Any], rng: random.Random) -> None:
    old, kind = holder[key], rng.randrange(8)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(old, (int, float)) and not isinstance(old, bool):
        holder[key] = rng.choice((-old, old * 10**6, old + 1, old / 3, str(old), [old]))
    elif kind == 2:
        other, name = rng.choice(places)
        holder[key] = copy.deepcopy(other[name])
    elif kind == 3 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(old))
    elif kind == 4 and isinstance(holder, dict):
        holder[rng.choice(("x", "__proto__", "", "pickle", key + "s"))] = old
    elif kind == 5 and isinstance(old, list):
        rng.shuffle(old)
    else:
        holder[key] = copy.deepcopy(rng.choice(STRANGE))


def any_text(value: Any, rng: random.Random) -> str:
    """The JSON text of a value, of a changed one, or one that is damaged as a text."""
    kind = rng.randrange(4)
    if kind < 2:
        return json.dumps(any_tree(value, rng), ensure_ascii=rng.random() < 0.8)
    text = json.dumps(value)
    if kind == 2:
        mark = '"\N{CHECK MARK}"'
        marked = copy.deepcopy(value)
        holder, key = rng.choice(list(_places(marked)))
        holder[key] = "\N{CHECK MARK}"
        return json.dumps(marked, ensure_ascii=False).replace(mark, rng.choice(TEXTS))
    return any_bytes(text.encode(), rng).decode("utf-8", "replace")


Mutation = Callable[[bytes, random.Random], bytes]
