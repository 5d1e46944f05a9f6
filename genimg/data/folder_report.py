"""What is said, and shown, of a folder that has been looked through?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from genimg.data.choosing import FINAL, REASONS, LeftOut, unmatched
from genimg.data.folder import MAX_FOLDERS, PER_FOLDER, Examined, first_folders
from genimg.data.found import Found, Unreadable
from genimg.data.judging import Facts, decode_for
from genimg.errors import ImageError
from genimg.images import array_to_pixels, to_images
from genimg.sheets import contact_sheet

MOST_NAMED = 2000
"""Left-out files that a report names; all are counted."""
WELL = 100
"""From so many pictures on, a model learns well."""

_CELL = 112
_LEFT_OUT = (176, 120)  # width and height of what is left out
_WORDS = 18  # characters below it
_SHOWN = 60  # pictures on a sheet
_COLUMNS = 10


def folder_report(examined: Examined) -> dict[str, Any]:
    """The report, ready for JSON.

    source   the folder's or zip's own name          found, used   numbers of files
    reasons  {reason: count}                         left_out      [{"name", "reason", "detail"}]
    labels   [{"name", "count"}]                     colour        whether in colour
    sides    {"least", "median", "most"} of the used pictures' short sides in pixels
    size     side of the prepared pictures           crop          "centre" or "subject"
    notes    what a person should know, in sentences
    """
    left = examined.left_out
    counts = Counter(why.reason for _, why in left)
    sides = _sides(examined)
    return {
        "source": examined.name,
        "found": len(examined.found),
        "used": len(examined.rows),
        "reasons": {reason: counts[reason] for reason in REASONS if counts[reason]},
        "left_out": [
            {"name": found.name, "reason": why.reason, "detail": why.detail}
            for found, why in left[:MOST_NAMED]
        ],
        "labels": [{"name": name, "count": count} for name, count in _label_counts(examined)],
        "colour": examined.images.shape[3] == 3,
        "sides": {
            "least": int(sides.min()),
            "median": int(np.median(sides)),
            "most": int(sides.max()),
        },
        "size": examined.size,
        "crop": examined.crop,
        "notes": list(_notes(examined, sides)),
    }


def used_sheet(examined: Examined, count: int = _SHOWN) -> Image.Image:
    """Some of the used pictures as they are prepared, at even distances by name, with labels."""
    by_name = np.argsort(examined.rows)
    rows = by_name[
        np.unique(np.linspace(0, len(by_name) - 1, min(count, len(by_name))).round().astype(int))
    ]
    images = to_images(array_to_pixels(examined.images[rows]))
    words = None
    if examined.labels is not None:
        values = (*examined.factors[0].values, "")  # the last for pictures in no folder
        words = [values[label] for label in examined.labels[rows, 0]]
    scale = max(1, round(_CELL / examined.size))
    return contact_sheet(images, _COLUMNS, words, scale, gap=8)


def left_out_sheet(examined: Examined, count: int = _SHOWN) -> Image.Image | None:
    """Some files that were left out, of every reason, with the name and the reason under each.

    None if nothing was left out. What cannot be read is shown as an empty frame.
    """
    chosen = _of_every_reason(examined.left_out, count)
    if not chosen:
        return None
    facts = {found.name: fact for found, fact in zip(examined.found, examined.facts, strict=True)}
    images = [_thumbnail(found, facts[found.name]) for found, _ in chosen]
    words = [_caption(found, why) for found, why in chosen]
    return contact_sheet(images, max(1, _COLUMNS // 2 + 1), words, 1, gap=12)


def _of_every_reason(
    left_out: Sequence[tuple[Found, LeftOut]], count: int
) -> list[tuple[Found, LeftOut]]:
    """Up to `count` of them, turn by turn from each reason, in the order of reasons."""
    piles = [[each for each in left_out if each[1].reason == reason] for reason in REASONS]
    taken = [0] * len(piles)
    while sum(taken) < min(count, len(left_out)):
        for number, pile in enumerate(piles):
            if taken[number] < len(pile) and sum(taken) < count:
                taken[number] += 1
    return [each for number, pile in zip(taken, piles, strict=True) for each in pile[:number]]


def _thumbnail(found: Found, facts: Facts) -> Image.Image:
    """The picture on grey, so that a white one can be seen; crossed out if it cannot be read."""
    cell = Image.new("RGB", _LEFT_OUT, (232, 232, 232))
    try:
        if facts.reason in FINAL:
            raise Unreadable(facts.reason, facts.detail)
        image = decode_for(found.read(), _CELL // 2, facts.grey)
    except (Unreadable, ImageError):
        ImageDraw.Draw(cell).line((0, 0, *cell.size), (200, 200, 200), 2)
        return cell
    image.thumbnail((cell.width - 8, cell.height - 8))
    cell.paste(image, ((cell.width - image.width) // 2, (cell.height - image.height) // 2))
    return cell


def _caption(found: Found, why: LeftOut) -> str:
    """The file, why it is left out, and of which one it is a copy."""
    for words in ("nearly the same as ", "the same as "):
        if why.detail.startswith(words):
            return "\n".join((_end(found.name), words.strip(), _end(why.detail[len(words) :])))
    return f"{_end(found.name)}\n{why.reason}"


def _end(name: str) -> str:
    """The end of a name, which says more than its beginning."""
    return name if len(name) <= _WORDS else "…" + name[1 - _WORDS :]


def _sides(examined: Examined) -> np.ndarray[Any, np.dtype[np.int64]]:
    facts = [examined.facts[row] for row in examined.rows]
    return np.array([min(fact.width, fact.height) for fact in facts], np.int64)


def _label_counts(examined: Examined) -> list[tuple[str, int]]:
    if examined.labels is None:
        return []
    counts = Counter(examined.labels[:, 0].tolist())
    return [(name, counts[number]) for number, name in enumerate(examined.factors[0].values)]


def _notes(examined: Examined, sides: np.ndarray[Any, np.dtype[np.int64]]) -> list[str]:
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
    enlarged = int((sides < examined.size).sum())
    if enlarged:
        what = "picture has" if enlarged == 1 else "pictures have"
        notes.append(f"{enlarged:,} {what} less than {examined.size} pixels a side: enlarged.")
    long = sum(max(fact.width, fact.height) > 2 * min(fact.width, fact.height) for fact in facts)
    if long:
        where = "around what they show" if examined.crop == "subject" else "in the middle"
        what = "picture is" if long == 1 else "pictures are"
        notes.append(f"{long:,} {what} over twice as long as wide: only a square {where} is used.")
    return [*notes, *_label_notes(examined), *_left_out_notes(examined)]


def _label_notes(examined: Examined) -> list[str]:
    notes = _missing_labels(examined)
    counts = _label_counts(examined)
    if counts and examined.labels is not None:
        (few, least), (many, most) = (pick(counts, key=lambda pair: pair[1]) for pick in (min, max))
        if most >= 10 * least:
            notes.append(
                f"The folders are of very unequal size: {many!r} has {most:,} pictures and "
                f"{few!r} {least:,}, which will be learned less well."
            )
        bare = int((examined.labels == -1).sum())
        if bare:
            what = "picture lies" if bare == 1 else "pictures lie"
            notes.append(f"{bare:,} {what} in no folder: without a label.")
    return notes


def _missing_labels(examined: Examined) -> list[str]:
    """Folders that somebody may have meant as labels, and why they are none."""
    names = [examined.found[row].name for row in examined.rows]
    meant = ("not a picture", "left out by you")
    lost = [found.name for found, why in examined.left_out if why.reason not in meant]
    lost = [name for name in lost if "/" in name]
    # Without labels a single folder may only be what is left of several.
    around = names if examined.labels is not None else [*names, *lost]
    used = {folder for folder in first_folders(around, names) if folder is not None}
    if examined.labels is None and len(used) >= 2:
        return [
            f"The {len(used):,} folders are not used as labels: that takes {PER_FOLDER} pictures a "
            f"folder on average, and {MAX_FOLDERS:,} folders at most."
        ]
    folders = first_folders(around, lost) if lost else []
    missing = sorted({folder for folder in folders if folder is not None} - used)
    if not missing or not used:
        return []
    shown = ", ".join(map(repr, missing[:3])) + (" and others" if len(missing) > 3 else "")
    what = "folder" if len(missing) == 1 else "folders"
    return [f"No label for the {what} {shown}: no picture there can be used."]


def _left_out_notes(examined: Examined) -> list[str]:
    left = examined.left_out
    notes = [f"No file is named {word!r}." for word in unmatched(examined.found, examined.options)]
    phones = sum("HEIC" in why.detail for _, why in left)
    if phones:
        what = "file is a HEIC photo" if phones == 1 else "files are HEIC photos"
        notes.append(f"{phones:,} {what}, which cannot be read: save as JPEG.")
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
