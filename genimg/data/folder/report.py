"""What is said, and shown, of a folder that has been looked through?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from genimg.config import sides_of
from genimg.data.dataset import SPLITS
from genimg.data.folder.choosing import FINAL, REASONS, SETTLED, LeftOut
from genimg.data.folder.found import Found, Unreadable
from genimg.data.folder.judging import Facts, decode_for
from genimg.data.folder.loading import Examined
from genimg.data.folder.notes import label_counts, notes_on, short_sides
from genimg.data.preview import describe
from genimg.errors import ImageError
from genimg.images import array_to_pixels, to_images
from genimg.images.sheets import contact_sheet

MOST_NAMED = 2000
"""Left-out files that a report names; all are counted."""

_CELL = 112
_LEFT_OUT = (176, 120)  # width and height of what is left out
_WORDS = 18  # characters below it
_SHOWN = 60  # pictures on a sheet
_COLUMNS = 10


def folder_report(examined: Examined) -> dict[str, Any]:
    """The report, ready for JSON.

    source   the folder's or zip's own name          found, used   numbers of files
    reasons  {reason: count}                         left_out      [{"name", "reason", "detail"}]
    settled  the reasons that cannot be overruled
    labels   [{"name", "count"}]                     colour        whether in colour
    splits   {split: count}, where folders or a file say them
    beside   {ending: count} of files that belong to pictures, such as captions
    sides    {"least", "median", "most"} of the used pictures' short sides in pixels
    shape    [height, width] of the prepared ones    crop          "centre" or "subject"
    notes    what a person should know, in sentences
    """
    left = examined.left_out
    counts = Counter(why.reason for _, why in left)
    sides = short_sides(examined)
    given = Counter(split or "train" for split in examined.labelling.splits)
    beside = Counter(PurePosixPath(each.name).suffix.lower() for each in examined.beside)
    return {
        "source": examined.name,
        "found": len(examined.found),
        "used": len(examined.rows),
        "reasons": {reason: counts[reason] for reason in REASONS if counts[reason]},
        "settled": list(SETTLED),
        "left_out": [
            {"name": found.name, "reason": why.reason, "detail": why.detail}
            for found, why in left[:MOST_NAMED]
        ],
        "labels": [{"name": name, "count": count} for name, count in label_counts(examined)],
        "splits": {name: given[name] for name in SPLITS if given[name]} if len(given) > 1 else {},
        "beside": dict(beside.most_common()),
        "colour": examined.images.shape[3] == 3,
        "sides": {
            "least": int(sides.min()),
            "median": int(np.median(sides)),
            "most": int(sides.max()),
        },
        "shape": list(sides_of(examined.size)),
        "crop": examined.crop,
        "notes": notes_on(examined, sides),
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
        words = [describe(examined.factors, labels) for labels in examined.labels[rows]]
    scale = max(1, round(_CELL / max(sides_of(examined.size))))
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
