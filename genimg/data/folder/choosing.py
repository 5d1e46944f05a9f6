"""Which of the pictures in a folder are used, which are left out, and why?

The report comes first; then a person may overrule it, by reason or by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from genimg.checkpoint import MAX_STATEMENT
from genimg.config import Size, sides_of
from genimg.data.folder.found import Found
from genimg.data.folder.gathering import matches
from genimg.data.folder.judging import Facts, is_too_small, least_side
from genimg.data.folder.layout import masks
from genimg.data.folder.near_duplicates import Look, groups, near_pairs
from genimg.errors import DataError

REASONS = (
    "damaged",
    "not a picture",
    "too small",
    "too large",
    "blank",
    "mask of another",
    "same as another",
    "nearly the same as another",
    "left out by you",
)
"""Why a file may be left out, in the words of the report."""
FINAL = ("damaged", "not a picture", "too large")
"""Reasons that nobody can overrule: there is no picture to use."""
SETTLED = (*FINAL, "left out by you")
"""Reasons that `FolderOptions.keep` cannot name: those, and the person's own."""

Crop = Literal["auto", "centre", "subject"]
_AUTO = 0.25  # share of the pictures whose subject the middle square must miss


@dataclass(frozen=True)
class FolderOptions:
    """What a person wants of a folder of pictures.

    crop       "centre": the middle square; "subject": the square with most edges, where the
               middle one would miss it; "auto": "subject" if that is so for a quarter of the
               pictures, else "centre", as pictures that were framed alike should stay alike.
    keep       reasons (of REASONS) or patterns of names: what is used nevertheless.
    leave_out  patterns of names that are left out. A pattern is a name as in the report, a folder,
               or has * and ?: "party.zip/IMG_1*.jpg".
    labels     a CSV, JSON or JSON Lines file that says what each picture is: a path, or the name of
               one that lies with the pictures. None: the first-level folders do.
    title, credit, licence   the person's own statement for the card; None: what is known.

    Raises DataError for another crop, for reasons that cannot be overruled, and for statements of
    over MAX_STATEMENT characters.
    """

    crop: Crop = "auto"
    keep: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    labels: str | None = None
    title: str | None = None
    credit: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        if self.crop not in ("auto", "centre", "subject"):
            raise DataError(
                f"There is no crop {self.crop!r}. Choose one of: auto, centre, subject."
            )
        for reason in SETTLED:
            if reason in self.keep:
                choices = ", ".join(each for each in REASONS if each not in SETTLED)
                raise DataError(
                    f"What is {reason!r} cannot be kept. Choose of: {choices}; or give names."
                )
        for what in ("title", "credit", "licence"):
            if len(getattr(self, what) or "") > MAX_STATEMENT:
                raise DataError(f"The {what} is too long. Say it in {MAX_STATEMENT} characters.")

    @property
    def kept_reasons(self) -> frozenset[str]:
        """The reasons that are overruled."""
        return frozenset(self.keep) & frozenset(REASONS)

    @property
    def kept_names(self) -> tuple[str, ...]:
        """The patterns of names that are used whatever is said of them."""
        return tuple(word for word in self.keep if word not in REASONS)


DEFAULT = FolderOptions()


class LeftOut(NamedTuple):
    """Why a file is not used: one of REASONS, and more in words ("" if there is no more)."""

    reason: str
    detail: str


class Choice(NamedTuple):
    """For each file why it is left out (None: it is used), and which belong together.

    `family` numbers the files so that copies and near copies of each other have one number.
    """

    left_out: list[LeftOut | None]
    family: list[int]


def choose(
    found: Sequence[Found],
    facts: Sequence[Facts],
    size: Size,
    options: FolderOptions,
    near: Callable[[Sequence[Look]], list[tuple[int, int]]] = near_pairs,
) -> Choice:
    """Choose the pictures for training at `size` pixels; of copies the largest is kept.

    `near` finds the near copies, as `alike.near_pairs` does.
    """
    wanted = [matches(each.name, options.kept_names) for each in found]
    masked = masks(
        [each.name for each, fact in zip(found, facts, strict=True) if fact.reason not in FINAL]
    )
    left_out: list[LeftOut | None] = [
        _alone(each, fact, size, options, want, masked.get(each.name))
        for each, fact, want in zip(found, facts, wanted, strict=True)
    ]
    # The largest first. One that must be kept is no copy, so it takes no other's place.
    order = sorted(
        (row for row, why in enumerate(left_out) if why is None),
        key=lambda row: (
            -facts[row].width * facts[row].height,
            -found[row].size,
            found[row].name.split("/"),
        ),
    )
    pairs = _leave_out_copies(order, found, facts, wanted, left_out, options, near)
    return Choice(left_out, groups(len(found), pairs))


def _alone(
    found: Found, facts: Facts, size: Size, options: FolderOptions, wanted: bool, mask: str | None
) -> LeftOut | None:
    """Why a file is left out whatever the others look like."""
    if matches(found.name, options.leave_out) and not wanted:
        return LeftOut("left out by you", "")
    if facts.reason in FINAL:
        return LeftOut(facts.reason, facts.detail)
    kept = options.kept_reasons
    if mask is not None and "mask of another" not in kept and not wanted:
        return LeftOut("mask of another", mask)
    if facts.reason is not None and facts.reason not in kept and not wanted:
        return LeftOut(facts.reason, facts.detail)
    if is_too_small(facts, size) and "too small" not in kept and not wanted:
        tall, wide = (least_side(side) for side in sides_of(size))
        needed = f"{tall} a side" if tall == wide else f"{wide} x {tall}"
        detail = f"it is {facts.width} x {facts.height} pixels; {needed} are needed"
        return LeftOut("too small", detail)
    return None


def _leave_out_copies(
    order: Sequence[int],
    found: Sequence[Found],
    facts: Sequence[Facts],
    wanted: Sequence[bool],
    left_out: list[LeftOut | None],
    options: FolderOptions,
    look: Callable[[Sequence[Look]], list[tuple[int, int]]],
) -> list[tuple[int, int]]:
    """Mark copies, exact ones and near ones; returns all pairs of files that are copies."""
    pairs: list[tuple[int, int]] = []
    originals: dict[str, int] = {}
    distinct = []
    for row in order:
        original = originals.setdefault(facts[row].pixels, row)
        if original == row:
            distinct.append(row)
            continue
        pairs.append((original, row))
        if not wanted[row] and "same as another" not in options.kept_reasons:
            left_out[row] = LeftOut("same as another", f"the same as {found[original].name}")
    near = look([facts[row].look for row in distinct])
    pairs += [(distinct[one], distinct[other]) for one, other in near]
    if "nearly the same as another" in options.kept_reasons:
        return pairs
    copies: dict[int, int] = {}
    for one, other in near:  # in order, so whether `one` is itself a copy is known
        if one not in copies and not wanted[distinct[other]]:
            copies.setdefault(other, one)
    for copy, of in copies.items():
        detail = f"nearly the same as {found[distinct[of]].name}"
        left_out[distinct[copy]] = LeftOut("nearly the same as another", detail)
    return pairs


def chosen_crop(facts: Sequence[Facts], crop: Crop) -> Literal["centre", "subject"]:
    """The crop for pictures of which these facts are known; decides "auto"."""
    if crop != "auto":
        return crop
    missed = sum(each.subject.clear for each in facts)
    return "subject" if missed > _AUTO * max(1, len(facts)) else "centre"


def unmatched(found: Sequence[Found], options: FolderOptions) -> list[str]:
    """The patterns that name no file, which are probably mistyped."""
    patterns = (*options.kept_names, *options.leave_out)
    return [word for word in patterns if not any(matches(each.name, (word,)) for each in found)]
