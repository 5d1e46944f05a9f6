"""Which numbers does a wish such as "old man, age 70" or "60 years old, smiling" ask for?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from genimg.latents.scale import Scale

_VALUE = r"([-+−]?\d{1,9}(?:\.\d{1,9})?)"
_BETWEEN = r"[\s:=]*(?:(?:of|is|about)\s+)*"


@dataclass(frozen=True)
class WishedNumbers:
    """Numbers that a text names, {direction: value}, and what is left of the text.

    `beyond` are those that the training pictures did not reach: (words, name); `again` those that
    were asked for before with another value.
    """

    rest: str
    numbers: Mapping[str, float]
    beyond: tuple[tuple[str, str], ...] = ()
    again: tuple[tuple[str, str], ...] = ()


def find_numbers(text: str, scales: Mapping[str, Scale]) -> WishedNumbers:
    """Take the numbers out of a text: a name and a value ("age 70", "smile: 0.8"), or a value and a
    unit that only one number has ("70 years old").
    """
    numbers: dict[str, float] = {}
    beyond, again = [], []
    for name in sorted(scales, key=len, reverse=True):  # "hair length" before "length"
        scale = scales[name]
        for pattern in _patterns(name, scales):
            while found := pattern.search(text):
                words, value = found[0].strip(), float(found[1].replace("−", "-"))
                text = f"{text[: found.start()]}, {text[found.end() :]}"
                if not scale.low <= value <= scale.high:
                    beyond.append((words, name))
                elif numbers.setdefault(name, value) != value:
                    again.append((words, name))
    return WishedNumbers(text, numbers, tuple(beyond), tuple(again))


def _patterns(name: str, scales: Mapping[str, Scale]) -> list[re.Pattern[str]]:
    said = r"\s+".join(map(re.escape, name.split()))
    unit = scales[name].unit
    measured = rf"(?:[\s-]*{_unit(unit)})" if unit else ""
    named = rf"(?<!\w){said}{_BETWEEN}(?<![\w.]){_VALUE}(?!\d)"
    patterns = [f"{named}{measured}?" if unit else named]
    if unit and [scale.unit for scale in scales.values()].count(unit) == 1:
        patterns.append(rf"(?<![\w.]){_VALUE}{measured}(?:[\s-]*old)?(?!\w)")
    return [re.compile(pattern, re.IGNORECASE) for pattern in patterns]


def _unit(unit: str) -> str:
    """A unit, of one and of several."""
    plain = re.escape(unit)
    return f"{re.escape(unit[:-1])}s?" if unit.endswith("s") and len(unit) > 2 else plain
