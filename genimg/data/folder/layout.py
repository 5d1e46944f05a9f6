"""What do the folders around the pictures mean: a split, a label, masks of other pictures?

train/cats/1.jpg, val/cats/2.jpg      splits above the labels, as most downloaded sets have them
images/train/1.jpg, cats/test/2.jpg   or below another folder, or below the label
10_cat/1.jpg                          as trainers of the Kohya family count: ten times, "cat"
images/1.jpg, masks/1.png             masks, which are no pictures to learn from
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

_SPLITS = {
    "train": "train", "training": "train", "trn": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test", "tst": "test", "eval": "test",
}  # fmt: skip
_FILLING = frozenset(("set", "data", "dataset", "image", "images", "imgs", "img", "split", "seg"))
_WORDS = re.compile(r"[^\W\d_]+")
_REPEATED = re.compile(r"[1-9]\d{0,2}_(?=.*[^\W\d_])(.*\S)")
_DEEPEST = 6  # folders above a split that are looked at

_PICTURES = frozenset(
    ("image", "images", "img", "imgs", "photos", "pictures", "jpegimages", "input")
)
_MASKS = frozenset(("mask", "masks", "segmentation", "segmentations", "segmentationclass"))
_PERHAPS_MASKS = frozenset(("labels", "label", "annotations", "gt", "ground_truth"))
_MASK_OF = re.compile(r"(.+)[ _.-](?:masks?|seg|segmentation|labels?|gt)(?:[ _.-]?\d+)?")
_MASK_BESIDE = re.compile(r"(.+)[ _.-]masks?(?:[ _.-]?\d+)?", re.IGNORECASE)


def split_of(word: str) -> str | None:
    """The split that a word such as "valid", "train2017" or "test_set" names, or None."""
    parts = [part.lower() for part in _WORDS.findall(_plain(word))]
    parts = [part for part in parts if part not in _FILLING]
    return _SPLITS.get(parts[0]) if len(parts) == 1 else None


class Layout:
    """What the folders of some pictures mean, seen from the names of all of them.

    Folders are splits where one of them is named for training and one beside it for validation or
    tests. Of the others the first-level ones are the labels; a single folder around all is seen
    through.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._levels: list[int] = []
        places = [_folders(name) for name in names]
        while (level := _split_level(places)) is not None:
            self._levels.append(level)
            places = [_without(place, level) for place in places]
        if self._levels:  # what lies beside the splits is no label
            places = [p for p, name in zip(places, names, strict=True) if self.split(name)]
        depth = 0
        while all(len(p) > depth for p in places) and len({p[depth] for p in places}) == 1:
            depth += 1
        self._around = places[0][:depth] if places else []
        self._tops = {place[depth] for place in places if len(place) > depth}
        self.repeats = all(_REPEATED.fullmatch(_plain(top)) for top in self._tops)
        """Whether the labels are counted as in "10_cat"."""

    @property
    def has_splits(self) -> bool:
        """Whether some folders are splits."""
        return bool(self._levels)

    def split(self, name: str) -> str | None:
        """The split in whose folder a picture lies: "train", "validation", "test" or None."""
        place = _folders(name)
        for level in self._levels:
            if len(place) > level and (split := split_of(place[level])) is not None:
                return split
            place = _without(place, level)
        return None

    def label(self, name: str) -> str | None:
        """The folder that is the label of a picture, as people read it; None if it is in none."""
        place = _folders(name)
        for level in self._levels:
            place = _without(place, level)
        depth = len(self._around)
        if place[:depth] != self._around or len(place) <= depth:
            return None
        if self._levels and place[depth] not in self._tops and self.split(name) is None:
            return None
        folder = _plain(place[depth])
        repeated = _REPEATED.fullmatch(folder) if self.repeats else None
        return " ".join((repeated.group(1) if repeated else folder).split()) or "unnamed"


def _split_level(places: Sequence[Sequence[str]]) -> int | None:
    """How many folders lie above those that are splits; None if none are."""
    for level in range(_DEEPEST):
        named = {split_of(word) for word in {p[level] for p in places if len(p) > level}}
        if "train" in named and named & {"validation", "test"}:
            return level
    return None


def _without(place: list[str], level: int) -> list[str]:
    """A place without its split; one that lies elsewhere stays as it is."""
    here = len(place) > level and split_of(place[level]) is not None
    return place[:level] + place[level + 1 :] if here else place


def _folders(name: str) -> list[str]:
    return name.split("/")[:-1]


def _plain(folder: str) -> str:
    return folder.removesuffix(".zip").removesuffix(".ZIP")


def masks(names: Sequence[str]) -> dict[str, str]:
    """{name of a picture that is the mask of another: what says so}, of the names of pictures."""
    stems: dict[tuple[str, ...], set[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        stems.setdefault(path.parts[:-1], set()).add(path.stem.lower())
    around = {folder[:depth] for folder in stems for depth in range(1, len(folder) + 1)}
    pictures: dict[tuple[str, ...], list[str]] = {}
    for folder in around:
        if folder[-1].lower() in _PICTURES:
            pictures.setdefault(folder[:-1], []).append(folder[-1])
    found = {}
    for name in names:
        detail = _in_mask_folder(PurePosixPath(name), stems, pictures)
        if detail is None:
            detail = _beside_its_picture(PurePosixPath(name), stems)
        if detail is not None:
            found[name] = detail
    return found


def _in_mask_folder(
    path: PurePosixPath,
    stems: dict[tuple[str, ...], set[str]],
    pictures: dict[tuple[str, ...], list[str]],
) -> str | None:
    folder = path.parts[:-1]
    for at, word in enumerate(folder):
        sure = word.lower() in _MASKS
        if not sure and word.lower() not in _PERHAPS_MASKS:
            continue
        for other in sorted(pictures.get(folder[:at], ())):
            known = stems.get((*folder[:at], other, *folder[at + 1 :]), set())
            stem = path.stem.lower()
            of = _MASK_OF.fullmatch(stem)
            if sure or stem in known or (of is not None and of.group(1) in known):
                return f"it lies in {word!r}, beside the pictures in {other!r}"
    return None


def _beside_its_picture(path: PurePosixPath, stems: dict[tuple[str, ...], set[str]]) -> str | None:
    of = _MASK_BESIDE.fullmatch(path.stem)
    if of is not None and of.group(1).lower() in stems[path.parts[:-1]]:
        return f"it is named as the mask of {of.group(1)!r}"
    return None
