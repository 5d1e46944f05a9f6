"""What does a run say of its kind to those who watch it, who know no family?

It stands in run.json as "kind": what its graphs are called, by which rules its health is judged,
whether the editor opens its model. Runs of earlier versions have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

from genimg.config import config_from_mapping
from genimg.errors import ConfigError

Grade = Literal["good", "wait", "warn", "bad"]
T = TypeVar("T")

MOST = 20
"""Graphs, or rules of a sort, that are read."""


@dataclass(frozen=True)
class Signal:
    """A score of a validation.

    Attributes:
        name: as the objective calls it.
        words: for people, with a place for the number; "" where they are not told.
        held_out: whether it is of held-out pictures; progress.jsonl has it as held_out_<name> then.
    """

    name: str
    words: str = ""
    held_out: bool = True


@dataclass(frozen=True)
class Graph:
    """A graph over the time: what is drawn, which way is better, and (key of progress.jsonl, words)
    of each line.
    """

    title: str
    hint: str
    lines: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        lines = tuple((key, words) for key, words in self.lines)  # JSON has only lists
        object.__setattr__(self, "lines", lines)


@dataclass(frozen=True)
class Floor:
    """A signal that says that something is wrong when it is below a limit.

    Attributes:
        signal: its key in progress.jsonl.
        least: the limit.
        grade: how serious it is.
        words: for people, with {value} in it.
        unit, digits: of the value, see `amount`.
    """

    signal: str
    least: float
    grade: Grade
    words: str
    unit: str = ""
    digits: int = 0


@dataclass(frozen=True)
class Trend:
    """A signal whose change over the second half of the time so far says whether more is worth it.

    Attributes:
        signal: its key in progress.jsonl.
        gain: a gain from which more time is worth it.
        flat: a gain below this is none.
        worse: a loss that is more than noise.
        unit, digits: of a change, see `amount`.
        lower: whether lower is better, and changes are told as parts of the value before.
        lines: validations that a value is the mean of.
        least: validations before anything is said.
    """

    signal: str
    gain: float
    flat: float
    worse: float
    unit: str
    digits: int
    lower: bool = False
    lines: int = 1
    least: int = 3


PSNR = Trend("held_out_psnr", 0.3, 0.1, 0.3, "dB", 1)
ACCURACY = Trend("held_out_accuracy", 0.005, 0.001, 0.02, "%", 1)
DISTANCE = Trend("held_out_loss", 0.08, 0.03, 0.08, "%", 0, lower=True, lines=3, least=8)
"""Of samples from held-out pictures; it jumps about."""


@dataclass(frozen=True)
class Kind:
    """What a run is, for those who watch it.

    Attributes:
        title: the family, in a word.
        closed: why its model cannot be opened in the editor; "" where it can.
        graphs: the most telling first.
        floors, trends: the rules of its health; of trends the first that is measured counts.
    """

    title: str = ""
    closed: str = ""
    graphs: tuple[Graph, ...] = ()
    floors: tuple[Floor, ...] = ()
    trends: tuple[Trend, ...] = ()

    def to_mapping(self) -> dict[str, Any]:
        """JSON-ready; `kind_of` reads it."""
        return asdict(self)


ERROR = Graph(
    "Error",
    "lower is better",
    (("held_out_loss", "on pictures it never saw"), ("loss", "on those it learns from")),
)
LIKENESS = Graph(
    "Likeness of its copies",
    "PSNR in dB of pictures it never saw, higher is better",
    (("held_out_psnr", "likeness"),),
)
EARLIER = Kind(graphs=(LIKENESS, ERROR))
"""What is thought of a run of an earlier version, whose run.json has no kind."""


def kind_of(description: Mapping[str, Any]) -> Kind | None:
    """What run.json says of the run's kind, as far as it says it as we do; None if it says nothing,
    as in runs of earlier versions.
    """
    told = description.get("kind")
    if not isinstance(told, Mapping):
        return None
    title, closed = told.get("title"), told.get("closed")
    return Kind(
        title if isinstance(title, str) else "",
        closed if isinstance(closed, str) else "",
        tuple(_read(Graph, told.get("graphs"))),
        tuple(_read(Floor, told.get("floors"))),
        tuple(_read(Trend, told.get("trends"))),
    )


def _read(of: type[T], rows: object) -> list[T]:
    found: list[T] = []
    for row in rows[:MOST] if isinstance(rows, list | tuple) else ():
        try:
            found.append(config_from_mapping(of, row))
        except (ConfigError, TypeError, AttributeError):  # not as we write it
            continue
    return found


def amount(value: float, unit: str, digits: int) -> str:
    """A number in words: "1.8 dB", of a part "12%", of a count "3"."""
    digits = min(max(digits, 0), 6)
    if unit == "%":
        return f"{value:.{digits}%}"
    return f"{value:.{digits}f} {unit}".rstrip()
