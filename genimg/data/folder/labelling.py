"""Which labels and numbers have the pictures of a folder: the names of its folders, or a file's
columns?
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genimg.checkpoint import MAX_FACTORS
from genimg.data.dataset import Factor, Floats, Integers, Number
from genimg.data.folder.found import Found, Unreadable, plain_name, reason_of
from genimg.data.folder.gathering import matches
from genimg.data.folder.layout import Layout, split_of
from genimg.data.folder.numbering import NumberColumn, read_number, title_and_unit
from genimg.data.folder.tables import SEVERAL, Names, Table, read_table
from genimg.errors import DataError
from genimg.images import MAX_BYTES

MAX_FOLDERS = 1000
"""More values than this are no labels."""
PER_FOLDER = 2
"""Nor are those of fewer pictures than this on average."""

_LABEL = 80  # characters of a label
_NAMED = 3  # names that a sentence gives
_SPLIT_TITLES = frozenset(("split", "set", "subset", "partition"))
_NAME_TITLES = frozenset(
    ("file", "file name", "filename", "image", "image id", "img", "id", "name", "path", "picture")
)
_CLASS_TITLES = frozenset(
    ("label", "labels", "class", "classes", "target", "category", "kind", "y")
)
_YES_AND_NO = (("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"))


@dataclass(frozen=True)
class Labelling:
    """The labels of pictures, in their order, and what a person should know of them.

    factors, labels   as of a `Dataset`.
    numbers, values   as of a `Dataset`.
    splits            the split that each is given, or None where it is not.
    notes             what did not fit, in sentences.
    source            what the labels come from: the name of a file, or "" for folders.
    """

    factors: tuple[Factor, ...] = ()
    labels: Integers | None = None
    splits: Sequence[str | None] = ()
    notes: tuple[str, ...] = field(default=())
    source: str = ""
    numbers: tuple[Number, ...] = ()
    values: Floats | None = None


def from_folders(names: Sequence[str]) -> Labelling:
    """One factor from the first-level folders, if there are two; -1 for pictures in none."""
    layout = Layout(names)
    splits = [layout.split(name) for name in names]
    tops = [layout.label(name) for name in names]
    factor, column = _factor("folder", tops)
    if factor is None:
        return Labelling(splits=splits)
    return Labelling((factor,), column[:, None], splits)


def from_table(table: Table, names: Sequence[str], used: Sequence[int]) -> Labelling:
    """A factor or a number from each column of a table that can be one.

    Args:
        names: of all files; the table may speak of those that are left out, too.
        used: which of them are the pictures.

    Raises:
        DataError: no row of it names one of the files.
    """
    rows, titles, column, numbers = _matched(table, Names(names))
    row_of = {number: row for row, number in enumerate(numbers) if number is not None}
    cells = [rows[row_of[number]] if number in row_of else None for number in used]
    factors: list[Factor] = []
    columns: list[Integers] = []
    measured: list[NumberColumn] = []
    passed_over: list[str] = []
    layout = Layout([names[number] for number in used])
    splits = [layout.split(names[number]) for number in used]
    for at, title in enumerate(titles):
        if at == column:
            continue
        values = [None if row is None else row[at] or None for row in cells]
        if title.lower() in _SPLIT_TITLES and _are_splits(values):
            splits = [None if value is None else split_of(value) for value in values]
            continue
        plain, unit = title_and_unit(plain_name(title).replace("_", " "))
        taken = [each.number.name for each in measured]
        number = read_number(_distinct_name(plain, taken, at), unit, values)
        if number is not None and len(measured) < MAX_FACTORS:
            measured.append(number)
            continue
        name = _distinct_name(title, [factor.name for factor in factors], at)
        factor, numbered = _factor(name, values, of_table=True)
        if factor is None or len(factors) == MAX_FACTORS:
            passed_over.append(f"{name!r} ({len(set(values) - {None}):,} values)")
        else:
            factors.append(factor)
            columns.append(numbered)
    notes = list(_mismatches(table.called, rows, column, numbers, cells))
    if passed_over:
        what = "column" if len(passed_over) == 1 else "columns"
        notes.append(
            f"Not used as labels of {table.called}: the {what} {_some(passed_over)}; a label has 2 "
            f"values or more, each for {PER_FOLDER} pictures or more on average, and a number is "
            "written as 30 or 30.5."
        )
    notes += _unread(table.called, measured)
    return Labelling(
        tuple(factors),
        np.stack(columns, axis=1) if columns else None,
        splits,
        tuple(notes),
        table.called,
        tuple(each.number for each in measured),
        np.stack([each.values for each in measured], axis=1) if measured else None,
    )


def read_labels(word: str, files: Sequence[Found]) -> Table:
    """The table in the file `word`: on the disk, or one of those that were found with the pictures.

    Raises:
        DataError: there is no such file, or several, or it is no table.
    """
    called = plain_name(word)
    place = Path(os.path.expanduser(word))
    try:
        if place.is_file():
            if place.stat().st_size > MAX_BYTES:
                raise DataError(f"{called} is too large to be labels: {MAX_BYTES:,} bytes at most.")
            return read_table(place.read_bytes(), plain_name(place.name))
    except OSError as error:
        raise DataError(f"{called} cannot be read as labels ({reason_of(error)}).") from error
    named = [each for each in files if matches(each.name, (word,))]
    if len(named) != 1:
        found = f"{len(named)} files with the pictures are called so" if named else "there is none"
        raise DataError(f"There must be one file of labels {called}, and {found}. Give its path.")
    return table_of(named[0])


def table_of(found: Found) -> Table:
    """The table in a file that was found. Raises DataError if it holds none."""
    try:
        return read_table(found.read(), found.name)
    except Unreadable as trouble:
        raise DataError(f"{found.name} cannot be read as labels: {trouble}.") from trouble


def _matched(
    table: Table, known: Names
) -> tuple[Sequence[Sequence[str]], Sequence[str], int, list[int | None]]:
    """The rows without that of titles, the titles, which column has the names of pictures, and the
    number of the picture of each row.
    """
    found = []
    for column, title in enumerate(table.titles):
        numbers = [known.find(row[column]) if row[column] else None for row in table.rows]
        hits = {number for number in numbers if number is not None}
        # Numbers may be those of pictures, and ages as well; what has an ending is a file's name.
        files = sum(
            "." in row[column] for row, n in zip(table.rows, numbers, strict=True) if n in hits
        )
        named = title.lower().replace("_", " ") in _NAME_TITLES
        found.append(((min(files, len(hits)), len(hits), named, -column), numbers))
    (_, hits_found, _, column), numbers = max(found, key=lambda each: each[0])
    column = -column
    if not hits_found:
        first = table.rows[1][0] if len(table.rows) > 1 else ""
        raise DataError(
            f"No row of {table.called} names one of these pictures; its first is "
            f"{plain_name(first)!r}. Give the files' names as they are in the folder."
        )
    if numbers[0] is None:
        return table.rows[1:], table.titles, column, numbers[1:]
    titles = ["" for _ in table.titles]  # the first row is one of a picture
    return table.rows, titles, column, numbers


def _are_splits(values: Iterable[str | None]) -> bool:
    named = {split_of(value) for value in values if value is not None}
    return "train" in named and len(named) > 1 and None not in named


def _distinct_name(title: str, taken: Sequence[str], at: int) -> str:
    name = " ".join(plain_name(title).replace("_", " ").split())[:_LABEL]
    name = name or ("label" if not taken else f"label {len(taken) + 1}")
    return name if name not in taken else f"{name[:60]} {at + 1}"


def _unread(called: str, measured: Sequence[NumberColumn]) -> Iterable[str]:
    """What stands in a column of numbers and is none."""
    for each in measured:
        if each.unread:
            words = _some([repr(_cut([plain_name(cell)])[0]) for cell in each.unread])
            yield (
                f"Not read as numbers in the column {each.number.name!r} of {called}: {words}. "
                "Those pictures go without; a number is written as 30 or 30.5."
            )


def _mismatches(
    called: str,
    rows: Sequence[Sequence[str]],
    column: int,
    numbers: Sequence[int | None],
    cells: Sequence[Sequence[str] | None],
) -> Iterable[str]:
    """What of the file and of the pictures does not go together."""
    unknown = [row[column] for row, number in zip(rows, numbers, strict=True) if number is None]
    if unknown:
        what = "1 row" if len(unknown) == 1 else f"{len(unknown):,} rows"
        yield f"No picture for {what} of {called}: {_some([plain_name(x) for x in unknown])}."
    vague = [row[column] for row, n in zip(rows, numbers, strict=True) if n == SEVERAL]
    if vague:
        what = "1 name" if len(vague) == 1 else f"{len(vague):,} names"
        yield (
            f"{what} of {called} could be of several pictures: "
            f"{_some([plain_name(x) for x in vague])}. Give them with their folders."
        )
    twice = Counter(number for number in numbers if number is not None and number != SEVERAL)
    more = sum(count > 1 for count in twice.values())
    if more:
        what = "1 picture has" if more == 1 else f"{more:,} pictures have"
        yield f"{what} more than one row in {called}: the last one counts."
    bare = sum(row is None for row in cells)
    if bare:
        what = "1 picture has" if bare == 1 else f"{bare:,} pictures have"
        yield f"{what} no row in {called}: without a label."


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED:,} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def _factor(
    name: str, values: Sequence[str | None], of_table: bool = False
) -> tuple[Factor | None, Integers]:
    """A factor with these values of pictures, and their numbers; None where they are no labels."""
    none = np.full(len(values), -1, np.int64)
    known = {value for value in values if value is not None}
    if not 2 <= len(known) <= min(MAX_FOLDERS, len(values) // PER_FOLDER):
        return None, none
    if of_table and any("." in each and _is_number(each) for each in known):
        return None, none  # measures are no labels
    whole, called = sorted(known, key=_by_number if of_table else None), None
    for pair in _YES_AND_NO if of_table and name.lower() not in _CLASS_TITLES else ():
        if {value.lower() for value in known} == set(pair) and len(known) == 2:
            whole = sorted(known, key=lambda value: pair.index(value.lower()))
            called = (f"no {name}", name)
    number = {value: at for at, value in enumerate(whole)}
    column = np.array([-1 if x is None else number[x] for x in values], np.int64)
    return Factor(name, called or tuple(_cut(list(map(plain_name, whole))))), column


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _by_number(text: str) -> tuple[float, str]:
    """Whole numbers in their order, then words in theirs."""
    return (float(text), text) if text.isascii() and text.isdigit() else (float("inf"), text)


def _cut(labels: Sequence[str]) -> list[str]:
    """Distinct labels, cut to what a model file can hold; those cut alike are numbered."""
    cut: list[str] = []
    for label in labels:
        short = label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"
        number = 2
        while short in cut:
            ending = f"… ({number})"
            short, number = label[: _LABEL - len(ending)] + ending, number + 1
        cut.append(short)
    return cut
