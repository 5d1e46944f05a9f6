"""What is a data set: pictures, labels with plain names, splits, and where they come from.

Every source (drawn artwork, torchvision, a folder) ends as one `Dataset` value. It holds the
pictures as bytes, exactly as stored; `genimg.images.array_to_pixels` makes them network input.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genimg.errors import DataError

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Floats = NDArray[np.float32]

SPLITS = ("train", "validation", "test")
_HASHED = 256 << 20  # bytes of pictures that a fingerprint reads at most


@dataclass(frozen=True)
class Card:
    """Whose pictures these are and what may be done with them; it travels with a checkpoint.

    `name` is the word typed on the command line, `title` what a person reads, `licence` a short
    licence name ("CC BY 4.0"), `credit` the line that must be shown, `description` one or two
    sentences. `notice` is one that goes with whatever a model draws that has learned from them.
    """

    name: str
    title: str
    licence: str
    credit: str
    description: str
    notice: str = ""


@dataclass(frozen=True)
class Factor:
    """One labelled property of a picture ("eyes") and the names of its values, in label order.

    `hidden_by` names what covers it, each as (another factor, its value): in such a picture nobody
    can tell which value it has, though its label is known.
    """

    name: str
    values: tuple[str, ...]
    hidden_by: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a factor needs a name")
        if not self.values:
            raise ValueError(f"factor {self.name!r} has no values")
        if len(set(self.values)) != len(self.values) or "" in self.values:
            raise ValueError(f"factor {self.name!r} has repeated or empty value names")
        if any(other == self.name for other, _ in self.hidden_by):
            raise ValueError(f"factor {self.name!r} cannot be hidden by itself")

    def cover_in(self, shown: Mapping[str, str]) -> str | None:
        """What hides it in a picture that shows these values, {factor: value}; None: nothing."""
        return next((value for other, value in self.hidden_by if shown.get(other) == value), None)


@dataclass(frozen=True)
class Number:
    """One property of a picture as a number, in its `unit` ("years"; "" where its name says it).

    It lies between `low` and `high` in this set. `hidden_by` is as of a `Factor`.
    """

    name: str
    unit: str
    low: float
    high: float
    hidden_by: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a number needs a name")
        if not -np.inf < self.low < self.high < np.inf:
            raise ValueError(f"number {self.name!r} cannot go from {self.low} to {self.high}")

    @property
    def range(self) -> str:
        """Between which values it lies, such as "20 to 75 years"."""
        return f"{self.low:.4g} to {self.high:.4g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Split:
    """The pictures of one split: `images` uint8 [n, H, W, C], `labels` int64 [n, F] or None, and
    `values` float32 [n, K] or None.
    """

    images: Bytes
    labels: Integers | None
    values: Floats | None = None

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Undrawn:
    """What there is still to draw of a set of which only a few pictures are there.

    train    training pictures of the whole set.
    left     pictures that are still to be drawn, of all splits.
    seconds  about how long that takes on this machine, told from the few.
    """

    train: int
    left: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures and what is known about them.

    name     the word that `load_dataset` was given.
    images   uint8 [N, H, W, C], values 0 to 255, C = 1 (grey) or 3 (RGB). It may be a read-only
             memory map: never write to it.
    labels   int64 [N, F], one column for each factor, the index of the value, or -1 where it is
             not known. None if and only if there are no factors.
    factors  the F labelled properties.
    splits   "train", "validation" and "test" (a set may lack one): disjoint int64 indices of rows.
    card     title, licence and credit.
    flip     whether a mirrored picture is as good a picture of this set.
    content  what the loader knows the pictures by, a digest of all of them, or "".
    numbers  the K properties that are numbers. No training learns from them; sliders are found
             for them afterwards.
    values   float32 [N, K], one column for each number, NaN where it is not known. None if and
             only if there are no numbers.
    undrawn  what there is still to draw, where these are a few pictures of a set to look at it.

    Raises ValueError if the parts do not fit each other, which is a fault of the loader.
    """

    name: str
    images: Bytes
    labels: Integers | None
    factors: tuple[Factor, ...]
    splits: Mapping[str, Integers]
    card: Card
    flip: bool
    content: str = ""
    numbers: tuple[Number, ...] = ()
    values: Floats | None = None
    undrawn: Undrawn | None = None

    def __post_init__(self) -> None:
        _check_images(self.images)
        _check_labels(self.labels, self.factors, len(self.images))
        _check_values(self.values, self.numbers, self.factors, len(self.images))
        _check_splits(self.splits, len(self.images))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def train_count(self) -> int:
        """How many training pictures there are, also those that are still to be drawn."""
        return len(self.splits["train"]) if self.undrawn is None else self.undrawn.train

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """The shape (C, H, W) of one picture, in the order that networks use."""
        _, height, width, channels = self.images.shape
        return channels, height, width

    @functools.cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits: the same for the same pictures, splits and labels. Numbers do not
        count, as nothing is learned from them.

        Of sets whose loader gives no `content` every byte is read up to 256 MB, and of larger
        ones pictures at even distances that make as much; their number always counts.
        """
        digest = hashlib.blake2b(repr(self.images.shape).encode(), digest_size=16)
        if self.content:
            digest.update(self.content.encode())
        else:
            step = max(1, -(-self.images.size // _HASHED))
            rows = max(1, _HASHED // 16 // self.images[0].size)
            for start in range(0, len(self.images), rows * step):
                some = self.images[start : start + rows * step : step]
                digest.update(np.ascontiguousarray(some).data)
        for name in SPLITS:
            indices = self.splits.get(name, np.zeros(0, np.int64))
            digest.update(f"{name} {len(indices)}".encode() + indices.tobytes())
        if self.labels is not None:
            digest.update(repr([(each.name, each.values) for each in self.factors]).encode())
            digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    def split(self, name: str) -> Split:
        """The pictures and labels of the split `name`: "train", "validation" or "test".

        Rows that lie side by side are returned as a view, so a memory map stays on disk.
        Raises DataError if this set has no such split.
        """
        if name not in self.splits:
            raise DataError(
                f"the data set {self.name!r} has no split {name!r}; it has {', '.join(self.splits)}"
            )
        indices = self.splits[name]
        rows: Any = indices
        if len(indices) and np.array_equal(indices, np.arange(len(indices)) + indices[0]):
            rows = slice(int(indices[0]), int(indices[0]) + len(indices))
        return Split(
            self.images[rows],
            None if self.labels is None else self.labels[rows],
            None if self.values is None else self.values[rows],
        )

    def visible_labels(self, split: str) -> Integers | None:
        """The labels of a split as far as the pictures show them: -1 where one is hidden, too."""
        labels = self.split(split).labels
        return None if labels is None else visible_labels(labels, self.factors)

    def visible_values(self, split: str) -> Floats | None:
        """The values of a split as far as the pictures show them: NaN where one is hidden, too."""
        part = self.split(split)
        if part.values is None:
            return None
        visible = np.array(part.values)
        for column, number in enumerate(self.numbers):
            for other, value in number.hidden_by:
                assert part.labels is not None  # as there are factors
                place = [factor.name for factor in self.factors].index(other)
                covering = self.factors[place].values.index(value)
                visible[part.labels[:, place] == covering, column] = np.nan
        return visible


def visible_labels(labels: Integers, factors: Sequence[Factor]) -> Integers:
    """Labels int64 [N, F] with -1, as for an unknown value, where another value hides one."""
    columns = {factor.name: column for column, factor in enumerate(factors)}
    visible = labels.copy()
    for column, factor in enumerate(factors):
        for other, value in factor.hidden_by:
            covering = factors[columns[other]].values.index(value)
            visible[labels[:, columns[other]] == covering, column] = -1
    return visible


def _check_images(images: Bytes) -> None:
    if images.dtype != np.uint8 or images.ndim != 4:
        raise ValueError(f"images must be uint8 [N, H, W, C], not {images.dtype} {images.shape}")
    if images.shape[3] not in (1, 3) or 0 in images.shape:
        raise ValueError(f"images of shape {images.shape}: need some, with 1 or 3 channels")


def _check_labels(labels: Integers | None, factors: tuple[Factor, ...], count: int) -> None:
    _check_names("factors", factors, factors)
    _check_columns("labels", labels, "int64", "factors", (count, len(factors)))
    if labels is None:
        return
    for column, factor in zip(labels.T, factors, strict=True):
        if column.min() < -1 or column.max() >= len(factor.values):
            raise ValueError(f"labels of {factor.name!r} leave -1..{len(factor.values) - 1}")


def _check_values(
    values: Floats | None, numbers: tuple[Number, ...], factors: tuple[Factor, ...], count: int
) -> None:
    _check_names("numbers", numbers, factors)
    _check_columns("values", values, "float32", "numbers", (count, len(numbers)))
    if values is not None and np.isinf(values).any():
        raise ValueError("values must be finite, or NaN where they are not known")


def _check_names(
    kind: str, properties: Sequence[Factor | Number], factors: Sequence[Factor]
) -> None:
    """Each property has a name of its own, and what hides one is a value of a factor."""
    names = [each.name for each in properties]
    if len(set(names)) != len(names):
        raise ValueError(f"repeated names of {kind}: {names}")
    known = {(factor.name, value) for factor in factors for value in factor.values}
    unknown = {pair for each in properties for pair in each.hidden_by} - known
    if unknown:
        raise ValueError(f"{kind} are hidden by what is not there: {sorted(unknown)}")


def _check_columns(
    what: str, columns: NDArray[Any] | None, dtype: str, kind: str, shape: tuple[int, int]
) -> None:
    """There is a column for each property of a kind, and none where there are no such ones."""
    rows, properties = shape
    if columns is None:
        if properties:
            raise ValueError(f"{properties} {kind} but no {what}")
    elif columns.dtype != dtype or columns.shape != shape or not properties:
        raise ValueError(
            f"{what} must be {dtype} [{rows}, {properties}], not {columns.dtype} {columns.shape}"
        )


def _check_splits(splits: Mapping[str, Integers], count: int) -> None:
    if "train" not in splits or not set(splits) <= set(SPLITS):
        raise ValueError(f"splits must be train and any of {SPLITS}, not {tuple(splits)}")
    for name, indices in splits.items():
        if indices.dtype != np.int64 or indices.ndim != 1:
            raise ValueError(f"split {name!r} must be int64 [n], not {indices.dtype}")
    every = np.concatenate(list(splits.values()))
    if len(every) and (every.min() < 0 or every.max() >= count):
        raise ValueError(f"a split has indices outside 0..{count - 1}")
    if len(np.unique(every)) != len(every):
        raise ValueError("splits overlap, or a split has a row twice")
