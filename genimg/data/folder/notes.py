"""What should a person know of a folder of pictures before it is learned from?"""

from __future__ import annotations

import contextlib
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from genimg.config import sides_of
from genimg.data.folder.choosing import unmatched
from genimg.data.folder.labelling import MAX_FOLDERS, PER_FOLDER, from_table, table_of
from genimg.data.folder.layout import Layout
from genimg.data.folder.loading import Examined
from genimg.data.folder.tables import ENDINGS
from genimg.errors import DataError

WELL = 100
"""From so many pictures on, a model learns well."""

_TRIED = 5  # tables that are looked into for labels
_LARGEST = 20 * 10**6  # bytes of those
_CAPTIONS = (".txt", ".caption", ".tags")
_LEFT_ALONE = ("not a picture", "left out by you", "mask of another")


def short_sides(examined: Examined) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Of the used pictures, in pixels."""
    facts = [examined.facts[row] for row in examined.rows]
    return np.array([min(fact.width, fact.height) for fact in facts], np.int64)


def label_counts(examined: Examined) -> list[tuple[str, int]]:
    """(value of a label, number of its pictures); with the label's name if there are several."""
    if examined.labels is None:
        return []
    several = len(examined.factors) > 1
    counted = []
    for factor, column in zip(examined.factors, examined.labels.T, strict=True):
        counts = Counter(column.tolist())
        for number, value in enumerate(factor.values):
            plain = not several or factor.name in value
            counted.append((value if plain else f"{factor.name}: {value}", counts[number]))
    return counted


def notes_on(examined: Examined, sides: np.ndarray[Any, np.dtype[np.int64]]) -> list[str]:
    """What a person should know, in sentences; `sides` as `short_sides` gives them."""
    used, notes = len(examined.rows), []
    facts = [examined.facts[row] for row in examined.rows]
    if used < WELL:
        notes.append(f"Only {used} pictures: {WELL} or more learn well.")
    grey = sum(fact.grey for fact in facts)
    if grey == used:
        notes.append("Every picture is grey, so all are used as grey.")
    elif grey:
        notes.append(
            f"{grey:,} of {used:,} pictures are grey and are used in colour like the others: "
            "grey is used only if every picture is."
        )
    height, width = sides_of(examined.size)
    enlarged = sum(fact.height < height or fact.width < width for fact in facts)
    if enlarged:
        what = "picture has" if enlarged == 1 else "pictures have"
        least = f"{height} pixels a side" if height == width else f"{width} x {height} pixels"
        notes.append(f"{enlarged:,} {what} less than {least}: enlarged.")
    long = sum(max(fact.width, fact.height) > 2 * min(fact.width, fact.height) for fact in facts)
    if long:
        where = "around what they show" if examined.crop == "subject" else "in the middle"
        what = "picture is" if long == 1 else "pictures are"
        notes.append(f"{long:,} {what} over twice as long as wide: only a part {where} is used.")
    return [
        *notes,
        *_split_notes(examined),
        *_label_notes(examined),
        *_notes_beside(examined),
        *_left_out_notes(examined),
    ]


def _split_notes(examined: Examined) -> Iterator[str]:
    given = Counter(examined.labelling.splits)
    if not given["train"]:
        return
    words = [
        f"{given[name]:,} {what}"
        for name, what in (
            ("train", "to learn from"),
            ("validation", "to watch the training by"),
            ("test", "to measure with"),
        )
        if given[name]
    ]
    yield f"The pictures are split already: {', '.join(words)}."
    missing = [name for name in ("validation", "test") if not given[name]]
    if missing:
        yield f"For {' and '.join(missing)}, a tenth of what is learned from is held out."
    if given[None]:
        what = "picture lies" if given[None] == 1 else "pictures lie"
        yield f"{given[None]:,} {what} in no split: learned from, too."


def _label_notes(examined: Examined) -> list[str]:
    labelling = examined.labelling
    notes = list(labelling.notes)
    counts = label_counts(examined)
    if labelling.source:
        named = ", ".join(
            f"{each.name} ({len(each.values):,} values)" for each in labelling.factors
        )
        notes.insert(0, f"Labels from {labelling.source}: {named or 'none'}.")
        if labelling.numbers:
            measured = ", ".join(f"{each.name} ({each.range})" for each in labelling.numbers)
            notes.insert(1, f"Numbers from {labelling.source}: {measured}.")
    else:
        notes += _notes_on_folders(examined)
    if len(labelling.factors) == 1 and examined.labels is not None:
        (few, least), (many, most) = (pick(counts, key=lambda pair: pair[1]) for pick in (min, max))
        if most >= 10 * least:
            notes.append(
                f"The {'labels' if labelling.source else 'folders'} are of very unequal size: "
                f"{many!r} has {most:,} pictures and {few!r} {least:,}, which will be learned less "
                "well."
            )
        bare = int((examined.labels == -1).sum())
        if bare and not labelling.source:
            what = "picture lies" if bare == 1 else "pictures lie"
            notes.append(f"{bare:,} {what} in no folder: without a label.")
    return notes


def _notes_on_folders(examined: Examined) -> list[str]:
    """On folders that are counted, or that somebody may have meant as labels and that are none."""
    names = [examined.found[row].name for row in examined.rows]
    lost = [found.name for found, why in examined.left_out if why.reason not in _LEFT_ALONE]
    lost = [name for name in lost if "/" in name]
    # Without labels a single folder may only be what is left of several.
    layout = Layout(names if examined.labels is not None else [*names, *lost])
    used = {folder for name in names if (folder := layout.label(name)) is not None}
    if examined.labels is None and len(used) >= 2:
        return [
            f"The {len(used):,} folders are not used as labels: that takes {PER_FOLDER} pictures a "
            f"folder on average, and {MAX_FOLDERS:,} folders at most."
        ]
    notes = []
    if layout.repeats and used:
        some = ", ".join(sorted(used)[:3])
        notes.append(
            f"The folders are called as other trainers count them, such as '10_name': {some}. The "
            "count is not used, every picture is shown equally often."
        )
    missing = {folder for name in lost if (folder := layout.label(name)) is not None} - used
    if missing and used:
        shown = ", ".join(map(repr, sorted(missing)[:3]))
        shown += " and others" if len(missing) > 3 else ""
        what = "folder" if len(missing) == 1 else "folders"
        notes.append(f"No label for the {what} {shown}: no picture there can be used.")
    return notes


def _notes_beside(examined: Examined) -> Iterator[str]:
    """Files that belong to pictures, in one line, and labels that could be used."""
    endings = Counter(PurePosixPath(each.name).suffix.lower() for each in examined.beside)
    captions = sum(endings[ending] for ending in _CAPTIONS)
    others = [ending for ending, _ in endings.most_common() if ending not in _CAPTIONS]
    parts = []
    if captions:
        parts.append(f"{captions:,} {'caption' if captions == 1 else 'captions'}")
    if others:
        count = endings.total() - captions
        what = "side file" if count == 1 else "side files"
        parts.append(f"{count:,} {what} ({', '.join(others)})")
    if parts:
        one = endings.total() == 1
        yield (
            f"{' and '.join(parts)} {'lies' if one else 'lie'} beside the pictures and "
            f"{'is' if one else 'are'} not learned from."
        )
    if examined.options.labels is None:
        yield from _offered(examined)


def _offered(examined: Examined) -> Iterator[str]:
    names = [each.name for each in examined.found]
    rows = examined.rows.tolist()
    tables = [
        each
        for each in examined.beside
        if each.name.lower().endswith(ENDINGS) and each.size <= _LARGEST
    ]
    for each in sorted(tables, key=lambda each: (each.name.count("/"), each.name))[:_TRIED]:
        with contextlib.suppress(DataError):
            told = from_table(table_of(each), names, rows)
            labelled = np.zeros(len(rows), np.bool_)
            if told.labels is not None:
                labelled |= (told.labels >= 0).any(axis=1)
            if told.values is not None:
                labelled |= np.isfinite(told.values).any(axis=1)
            known = int(labelled.sum())
            if known and 2 * known >= len(rows):
                words = [factor.name for factor in told.factors]
                words += [number.name for number in told.numbers]
                yield (
                    f"{each.name} says of {known:,} pictures what they are "
                    f"({', '.join(words[:5])}): use it as "
                    f"labels with --labels {shlex.quote(each.name)}."
                )


def _left_out_notes(examined: Examined) -> list[str]:
    left = examined.left_out
    notes = [f"No file is named {word!r}." for word in unmatched(examined.found, examined.options)]
    phones = sum("HEIC" in why.detail for _, why in left)
    if phones:
        what = "file is a HEIC photo" if phones == 1 else "files are HEIC photos"
        notes.append(f"{phones:,} {what} that cannot be read: save as JPEG.")
    locked = sum("password" in why.detail for _, why in left)
    if locked:
        what = "file is" if locked == 1 else "files are"
        notes.append(
            f"{locked:,} {what} locked with a password: unpack the zip and name its folder."
        )
    pictures = [each for each in left if each[1].reason not in ("not a picture", "left out by you")]
    if len(pictures) > len(examined.rows):
        notes.append("More pictures are left out than used: see why, and overrule it with --keep.")
    return notes
