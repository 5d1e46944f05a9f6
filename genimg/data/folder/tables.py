"""How is a file of labels read: a CSV, JSON or JSON Lines file with a row for each picture?

    file,kind,hat            {"file_name": "1.jpg", "kind": "cat"}        {"1.jpg": "cat"}
    1.jpg,cat,1              {"file_name": "2.jpg", "kind": "dog"}        [["1.jpg", "cat"]]

The column of the names is the one whose values are those of pictures; every other one is a label.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genimg.data.folder.encodings import guess_encoding
from genimg.data.folder.found import plain_name
from genimg.errors import DataError

ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")
"""What files of labels are called."""
MAX_ROWS = 2_000_000
MAX_COLUMNS = 500
SEVERAL = -1

_DELIMITERS = ",;\t|"
_NAME, _LABEL = "name", "label"
_HELP = (
    "A file of labels has a row for each picture: its name and its labels, as CSV with a line of "
    "titles, as a JSON list, or as JSON Lines."
)


@dataclass(frozen=True)
class Table:
    """The rows of a file: texts, "" where there is nothing; titles are "" in a file without."""

    called: str
    titles: tuple[str, ...]
    rows: Sequence[Sequence[str]]


def read_table(data: bytes, called: str) -> Table:
    """The table in a file of these bytes, whose name is `called`.

    Raises:
        DataError: it is none.
    """
    ending = called.lower().rpartition(".")[2]
    text = _text(data)
    try:
        if ending in ("csv", "tsv"):
            table = _from_lines(text, called)
        elif ending == "json":
            table = _from_objects(called, _rows_of(json.loads(text)))
        else:
            lines = [line for line in text.splitlines() if line.strip()]
            table = _from_objects(called, (json.loads(line) for line in lines))
    except (ValueError, TypeError, RecursionError, csv.Error) as error:
        raise DataError(f"{called} cannot be read as labels ({_said(error)}). {_HELP}") from None
    if not table.rows or len(table.titles) < 2:
        raise DataError(f"{called} holds no labels. {_HELP}")
    return table


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    encoding = guess_encoding(data.splitlines())
    return data.decode(encoding, "replace").removeprefix("\ufeff")


def _from_lines(text: str, called: str) -> Table:
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        cells = [cell.strip() for cell in row]
        if any(cells):
            rows.append(cells)
        if len(rows) > MAX_ROWS or len(cells) > MAX_COLUMNS:
            raise ValueError("it has too many rows or columns")
    width = max(map(len, rows), default=0)
    if width > MAX_COLUMNS:
        raise ValueError("it has too many columns")
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    return Table(called, tuple(rows[0]) if rows else (), rows)


def _rows_of(value: Any) -> Iterator[Any]:
    """The rows in a JSON value: a list, an object of them by name, or one around such a list."""
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list) and item]
        if len(lists) == 1 and isinstance(lists[0][0], (dict, list)):
            value = lists[0]  # as StyleGAN's dataset.json
    if isinstance(value, dict):
        for name, labels in value.items():
            yield {_NAME: name, **(labels if isinstance(labels, dict) else {_LABEL: labels})}
    elif isinstance(value, list):
        yield from value
    else:
        raise ValueError("it is neither a list nor an object")


def _from_objects(called: str, values: Iterable[Any]) -> Table:
    found: list[Mapping[str, Any]] = []
    for value in values:
        if isinstance(value, list):
            titles = [_NAME, _LABEL, *(f"{_LABEL} {i}" for i in range(2, len(value)))]
            value = dict(zip(titles, value, strict=False))
        if not isinstance(value, dict):
            raise ValueError("a row is neither an object nor a list")
        found.append(value)
        if len(found) > MAX_ROWS:
            raise ValueError("it has too many rows")
    titles = list(dict.fromkeys(str(key) for row in found for key in row))
    if len(titles) > MAX_COLUMNS:
        raise ValueError("it has too many columns")
    rows = [[_cell(row.get(title)) for title in titles] for row in found]
    return Table(called, tuple(titles), [titles, *rows])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and len(value) == 1:
        return _cell(value[0])
    if isinstance(value, (bool, dict, list)):
        return json.dumps(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _said(error: BaseException) -> str:
    return plain_name(str(error)).rstrip(".")[:200] or type(error).__name__


class Names:
    """Finds pictures by what people call them: with or without folders, and the ending."""

    def __init__(self, names: Sequence[str]) -> None:
        self._whole: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        paths = [_parts(name) for name in names]
        stems = [[*path[:-1], path[-1].rpartition(".")[0] or path[-1]] for path in paths]
        for known, places in ((self._whole, paths), (self._stems, stems)):
            for number, path in enumerate(places):
                for start in range(1, len(path)):
                    key = "/".join(path[start:])
                    known[key] = number if known.get(key, number) == number else SEVERAL
            for number, path in enumerate(places):  # a whole name is nobody else's
                key = "/".join(path)
                known[key] = SEVERAL if key in known and places is stems else number

    def find(self, word: str) -> int | None:
        """The number of the picture that a word names; None for none, SEVERAL for several."""
        parts = _parts(word)
        for known in (self._whole, self._stems):
            for start in range(len(parts)):
                number = known.get("/".join(parts[start:]))
                if number is not None:
                    return number
        return None


def _parts(name: str) -> list[str]:
    plain = unicodedata.normalize("NFC", name.replace("\\", "/")).casefold()
    parts = [part for part in plain.split("/") if part not in ("", ".", "..")]
    return parts or [""]
