"""How does any folder or zip of pictures become a `Dataset`?

Files are gathered, judged, chosen and cropped, each by a file of its own in this package. The
originals are only ever read.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from genimg.config import Size
from genimg.data.dataset import Bytes, Card, Dataset, Factor, Integers
from genimg.data.folder.array_cache import ArrayCache, row_key
from genimg.data.folder.choosing import DEFAULT, Choice, FolderOptions, LeftOut, choose, chosen_crop
from genimg.data.folder.found import Found, Unreadable, plain_name
from genimg.data.folder.gathering import gather, set_aside
from genimg.data.folder.index import Index
from genimg.data.folder.judging import Facts
from genimg.data.folder.labelling import Labelling, from_folders, from_table, read_labels
from genimg.data.folder.reading import fit_all, judge_all
from genimg.data.folder.splits import split_rows
from genimg.data.prepare import check_seed, check_size, limit_train, make_room
from genimg.data.progress import Progress, shown_progress
from genimg.errors import DataError, ImageError
from genimg.images.kinds import formats, looks_like_picture
from genimg.images.opening import open_header

LEAST = 8
"""Fewest pictures that make a data set."""
SIZE = 64
"""Height and width of the pictures where nobody says."""
_UNSTATED = " Whether a model of them may be published is for whoever made the pictures to say."
_PROBED = 300
_HEADER = 1 << 16  # bytes in which nearly every picture's size is told
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Examined:
    """A folder that has been looked through: all its files, and what becomes of each.

    `found`, `facts` and `choice.left_out` have one entry for each file, in the order of names.
    `rows` are those of the used files in the order of `images`, uint8 [n, H, W, C], and
    `labelling` says what they are. `beside` are files that belong to pictures, such as captions.
    """

    path: Path
    size: Size
    options: FolderOptions
    found: Sequence[Found]
    facts: Sequence[Facts]
    choice: Choice
    crop: Literal["centre", "subject"]
    rows: Integers
    images: Bytes
    labelling: Labelling
    content: str
    beside: Sequence[Found] = ()

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What the pictures are labelled with."""
        return self.labelling.factors

    @property
    def labels(self) -> Integers | None:
        """int64 [n, F], or None: as of a `Dataset`."""
        return self.labelling.labels

    @property
    def name(self) -> str:
        """The folder's own name."""
        resolved = Path(os.path.expanduser(self.path)).resolve()
        name = resolved.stem if resolved.is_file() else resolved.name
        return plain_name(name).strip() or "pictures"

    @property
    def left_out(self) -> list[tuple[Found, LeftOut]]:
        """The files that are not used, and why, in the order of their names."""
        each = zip(self.found, self.choice.left_out, strict=True)
        return [(found, why) for found, why in each if why is not None]


def examine_folder(
    path: str | os.PathLike[str],
    size: Size | None,
    cache: Path,
    options: FolderOptions = DEFAULT,
    progress: Progress | None = None,
) -> Examined:
    """Look through the folder or zip `path` and fit what is used to `size` (None: 64).

    The pictures are RGB, or grey if every one is. Decoded pictures and what was found out about
    each are kept in the folder `cache`, by content, so that a second time is fast wherever the
    files lie then. `progress` is called often; for None a bar is shown in the terminal.

    Raises DataError if there is no such folder or zip, if fewer than LEAST pictures can be used,
    or if the disk is too full.
    """
    size = SIZE if size is None else size
    check_size(size)
    place = Path(path)
    found, beside = set_aside(gather(place))
    table = None if options.labels is None else read_labels(options.labels, [*found, *beside])
    make_room(cache / "x", 0)
    arrays = ArrayCache(cache, size)
    with shown_progress(progress) as tell:
        with Index(cache) as index:
            digests, facts = judge_all(found, size, options.crop, index, arrays, tell)
            tell(len(found), len(found), "looking for copies")
            choice = choose(found, facts, size, options, index.near_pairs)
        used = [row for row, why in enumerate(choice.left_out) if why is None]
        if len(used) < LEAST:
            raise DataError(_too_few(place, len(used), choice.left_out))
        crop = chosen_crop([facts[row] for row in used], options.crop)
        focus = {row: facts[row].subject.focus if crop == "subject" else (0.5, 0.5) for row in used}
        keys = {row: row_key(digests[row] or b"", focus[row]) for row in used}
        used.sort(key=lambda row: (keys[row], found[row].name))  # names and places may change
        fit_all(
            [(keys[row], found[row], facts[row], focus[row]) for row in used], size, arrays, tell
        )
        images = arrays.array([keys[row] for row in used], all(facts[row].grey for row in used))
    names = [each.name for each in found]
    if table is None:
        labelling = from_folders([names[row] for row in used])
    else:
        labelling = from_table(table, names, used)
        beside = [each for each in beside if each.name != table.called]
    content = hashlib.blake2b(b"".join(keys[row] for row in used), digest_size=16)
    content.update(repr(images.shape).encode())
    return Examined(
        place, size, options, found, facts, choice, crop, np.array(used, np.int64),
        images, labelling, content.hexdigest(), beside,
    )  # fmt: skip


def load_folder(
    path: str | os.PathLike[str],
    size: Size | None,
    cache: Path,
    count: int | None,
    seed: int,
    options: FolderOptions = DEFAULT,
    progress: Progress | None = None,
) -> Dataset:
    """The pictures in the folder or zip `path` as a data set: see `examine_folder`.

    Folders that are splits (`layout.py`) are used as such. Where there are none, a tenth is by
    `seed` the test split and another tenth validation, one each at least; copies that were kept on
    request are in one split. Where a picture goes hangs on its content alone, so that one
    picture more moves hardly any other. The first-level folders are the labels if at least two hold
    pictures, a single folder around all is seen through; or a file of labels tells them.
    """
    check_seed(seed)
    examined = examine_folder(path, size, cache, options, progress)
    if examined.left_out:
        _log.warning("%s", _left_out_in_words(examined))
    for note in examined.labelling.notes:
        _log.warning("%s", note)
    card = Card(
        name=f"folder:{examined.name}",
        title=options.title or examined.name,
        licence=options.licence or "not known",
        credit=options.credit or f"Pictures from the folder {examined.name}",
        description=f"{len(examined.images):,} pictures from a folder of one's own."
        + ("" if options.licence else _UNSTATED),
    )
    dataset = Dataset(
        f"folder:{path}", examined.images, examined.labels, examined.factors,
        _splits(examined, seed), card, flip=True, content=examined.content,
        numbers=examined.labelling.numbers, values=examined.labelling.values,
    )  # fmt: skip
    return limit_train(dataset, count, seed)


def native_side(path: str | os.PathLike[str]) -> int | None:
    """The median short side, in pixels, of up to 300 pictures in a folder or zip, or None.

    Only headers are read, so this is fast. None if there are no pictures. Raises DataError if
    there is no such folder or zip.
    """
    found = gather(path)
    step = max(1, len(found) // _PROBED)
    sides = []
    for each in found[::step]:
        with contextlib.suppress(Unreadable, ImageError):
            sides.append(min(_stored_size(each)))
    return int(np.median(sides)) if sides else None


def _stored_size(found: Found) -> tuple[int, int]:
    """Width and height from the first bytes of a file, or from all of them.

    Raises Unreadable or ImageError if it is no picture.
    """
    start = found.start(_HEADER)
    try:
        return open_header(start, "it").size
    except ImageError:
        if len(start) < _HEADER or not looks_like_picture(start):
            raise
        return open_header(found.read(), "it").size  # TIFFs have their header anywhere


def _splits(examined: Examined, seed: int) -> dict[str, Integers]:
    pixels = [examined.facts[file].pixels for file in examined.rows]
    families = [examined.choice.family[file] for file in examined.rows]
    return split_rows(pixels, families, examined.labelling.splits, seed)


def _too_few(path: Path, count: int, left_out: Sequence[LeftOut | None]) -> str:
    reasons = _counted([why for why in left_out if why is not None])
    said = f" ({reasons})" if reasons else ""
    return (
        f"A data set needs {LEAST} pictures or more, and {plain_name(str(path))} has {count} that "
        f"can be used{said}. Add some; what is read: {', '.join(formats())}, and zip files of them."
    )


def _left_out_in_words(examined: Examined) -> str:
    left = examined.left_out
    lines = [f"{found.name}: {why.detail or why.reason}" for found, why in left[:10]]
    if len(left) > 10:
        lines.append("... `python -m genimg prepare FOLDER` lists them all")
    reasons = _counted([why for _, why in left])
    what = "1 file is" if len(left) == 1 else f"{len(left):,} files are"
    return f"{what} left out ({reasons}):\n  " + "\n  ".join(lines)


def _counted(reasons: Sequence[LeftOut]) -> str:
    """ "3 damaged, 1 too small": how often each reason occurs, the most frequent first."""
    words = [why.reason for why in reasons]
    ranked = sorted(set(words), key=lambda word: (-words.count(word), word))
    return ", ".join(f"{words.count(word):,} {word}" for word in ranked)
