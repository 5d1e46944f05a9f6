"""Which augmentations can pictures have without becoming another set?

An augmentation is accepted if a test cannot tell changed pictures from the others: thumbnails,
their principal components, and a logistic regression on those and their products, judged on
pictures that it was not fitted to (a classifier two-sample test, Lopez-Paz & Oquab 2017,
"Revisiting classifier two-sample tests"). So digits are not mirrored, and drawings that
stand still in their frame are not moved in it.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from genimg.data import Dataset
from genimg.images import array_to_pixels
from genimg.training.pictures.augmentations import Augmentations, Drawn, apply

Floats = NDArray[np.float64]
Choice = tuple[str, bool, str]
"""A change in a word, whether it is on, and why."""

ENOUGH_PICTURES = 5_000
"""From so many training pictures on only mirroring is thought of: there is enough to learn from."""
LEAST_PICTURES = 40
"""Fewer cannot tell what is accepted."""
TESTED_PICTURES = 600
FITS = "a test can hardly tell such pictures from yours"
OUT_OF_PLACE = "would look out of place, as a test could tell such pictures from yours"
ACCEPTED = 0.62
"""An augmentation is accepted where a test knows the changed one in fewer pairs than this part of
all, less a standard error. A guess is right in half of them.
"""
STRENGTHS: dict[str, tuple[float, ...]] = {
    "rotation": (3.0, 5.0, 10.0),
    "scale": (0.05, 0.1, 0.15),
    "shift": (0.03, 0.06, 0.1),
    "colour": (0.05, 0.1, 0.2),
}
"""What is tried, from weak to strong."""
WORDS = {
    "flip": "mirror",
    "rotation": "turn",
    "scale": "scale",
    "shift": "move",
    "colour": "recolour",
}

SIDE = 32
"""Larger pictures are reduced to this for the test."""
THUMBNAIL, CHROMA = 16, 4
"""Sides of the grey thumbnail, and of that of the colours."""
LINEAR, SQUARED = 60, 16
"""So many principal components are looked at, and all products of two of so many."""
BY_LABEL = 8
"""So many components are looked at for each value of a label apart."""
FEW_VALUES = 12
PARTS = 3
REPEATED = 300
"""Fewer pictures than this are changed several times over."""
RIDGE = 0.03
AT_AN_END = 0.98


def choose_augmentations(dataset: Dataset, seed: int = 0) -> tuple[Augmentations, list[Choice]]:
    """The augmentations for the training pictures of `dataset`, and for each of them why or not.

    Of several strengths the largest that is accepted is chosen; each is tried at its full strength,
    alone. From ENOUGH_PICTURES on only mirroring is tried, and below LEAST_PICTURES nothing can be:
    there the data set's own word on mirroring counts. Where `dataset.flip` is False pictures are
    never mirrored. The same `seed` gives the same answer.
    """
    count = len(dataset.splits["train"])
    test = _Test(dataset, seed) if count >= LEAST_PICTURES else None
    flip = _flip(dataset, test)
    found: dict[str, float] = {}
    choices = [flip]
    for name, strengths in STRENGTHS.items():
        words = ""
        if count >= ENOUGH_PICTURES:
            words = f"{count:,} pictures need no help"
        elif test is None:
            words = f"{count} pictures are too few to find out whether they bear it"
        else:
            for strength in strengths:
                told = test.told(Augmentations.from_mapping({name: strength}))
                if told > test.limit:
                    words = words if name in found else OUT_OF_PLACE
                    break
                found[name], words = strength, FITS
        choices.append((WORDS[name], name in found, words))
    return Augmentations.from_mapping({"flip": flip[1], **found}), choices


def _flip(dataset: Dataset, test: _Test | None) -> Choice:
    name = WORDS["flip"]
    if not dataset.flip:
        return name, False, "a mirrored picture would be wrong in this set"
    if test is None:
        return name, True, "for few pictures, and nothing known speaks against it"
    told = test.told(Augmentations(flip=True))
    accepted = told <= test.limit
    return name, accepted, FITS if accepted else OUT_OF_PLACE


class _Test:
    """Some training pictures, and how well changed ones can be told from them."""

    def __init__(self, dataset: Dataset, seed: int) -> None:
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.permutation(dataset.splits["train"])[:TESTED_PICTURES])
        pixels = array_to_pixels(dataset.images[rows])
        short = min(pixels.shape[2:])
        if short > SIDE:
            sides = [round(side * SIDE / short) for side in pixels.shape[2:]]
            pixels = F.interpolate(pixels, sides, mode="area")
        self.pixels = pixels
        self.told_apart = _one_hot(dataset, rows)
        self.part = rng.permutation(np.arange(len(rows)) % PARTS)
        self.rng = torch.Generator().manual_seed(seed)
        self.limit = (
            ACCEPTED - (6 * len(rows)) ** -0.5
        )  # a rank-sum's standard error (Mann & Whitney)

    def told(self, changes: Augmentations) -> float:
        """In which part of pairs, one changed and one not, the test knows which is which.

        `changes` has one entry, which is done at its full strength. Held out are both versions of
        a picture.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import roc_auc_score

        times = 1 if changes.flip else -(-REPEATED // len(self.pixels))
        still, changed = self._versions(changes, self.pixels.repeat(times, 1, 1, 1))
        seen = np.concatenate([_thumbnails(still), _thumbnails(changed)])
        part = np.tile(self.part, 2 * times)
        labels = np.tile(self.told_apart, (2 * times, 1))
        is_changed = np.arange(len(seen)) >= len(still)
        scores = []
        for held_out in range(PARTS):
            rest, out = part != held_out, part == held_out
            look = _Features(seen[rest], int((self.part != held_out).sum()))
            values = look(seen, labels)
            mean, std = values[rest].mean(axis=0), values[rest].std(axis=0) + 1e-6
            values = (values - mean) / std
            judge = LogisticRegression(C=RIDGE, tol=1e-3, max_iter=100)
            judge.fit(values[rest], is_changed[rest])
            scores.append(roc_auc_score(is_changed[out], judge.decision_function(values[out])))
        return float(np.mean(scores))

    def _versions(self, changes: Augmentations, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures as they are, and changed ones."""
        n = len(pixels)
        if changes.flip:
            return pixels, pixels.flip(3)
        if changes.colour:
            colour = changes.recolouring(self._signs(n, 3))
            return pixels, apply(pixels, Drawn(None, None, colour))
        amounts = self._signs(n, 4)
        still = apply(pixels, Drawn(None, self._nudged(Augmentations().place(amounts)), None))
        return still, apply(pixels, Drawn(None, self._nudged(changes.place(amounts)), None))

    def _signs(self, n: int, columns: int) -> Tensor:
        """-1 or 1, `[n, columns]`."""
        return 2.0 * torch.randint(0, 2, (n, columns), generator=self.rng) - 1.0

    def _nudged(self, place: Tensor) -> Tensor:
        """Moved by up to half a pixel, so that changed and unchanged ones are equally blurred."""
        nudge = 2.0 * torch.rand(len(place), 2, 1, generator=self.rng) - 1.0
        return torch.cat([place[:, :, :2], place[:, :, 2:] + nudge / self.pixels.shape[2]], dim=2)


def _one_hot(dataset: Dataset, rows: NDArray[np.int64]) -> Floats:
    """Which value each picture has of each factor of few values, `[n, V]`.

    A mirrored arrow may be as good an arrow, but one to the right among those to the left is not.
    """
    columns = [
        dataset.labels[rows, column] == value
        for column, factor in enumerate(dataset.factors)
        if dataset.labels is not None and len(factor.values) <= FEW_VALUES
        for value in range(len(factor.values))
    ]
    return np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((len(rows), 0))


def _thumbnails(pixels: Tensor) -> Floats:
    """Small grey pictures, smaller ones of the colours, and last the part of all values that is at
    an end of the range: paper is white. `[n, D]`
    """
    side = min(THUMBNAIL, min(pixels.shape[2:]) // 2)
    parts = [F.adaptive_avg_pool2d(pixels.mean(dim=1, keepdim=True), side).flatten(1)]
    if pixels.shape[1] > 1:
        chroma = pixels[:, [0, 2]] - pixels[:, 1:2]
        parts.append(F.adaptive_avg_pool2d(chroma, CHROMA).flatten(1))
    parts.append((pixels.abs() > AT_AN_END).float().mean(dim=(1, 2, 3)).unsqueeze(1))
    return torch.cat(parts, dim=1).double().numpy()


class _Features:
    """What the test looks at: principal components of thumbnails and their products, how far a
    thumbnail is from what those can show, and the components by label.
    """

    def __init__(self, seen: Floats, pictures: int) -> None:
        thumbnails = seen[:, :-1]
        self.mean = thumbnails.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov((thumbnails - self.mean).T))
        linear = min(LINEAR, pictures // 2)
        self.squared = min(SQUARED, pictures // 8)
        self.axes = axes[:, ::-1][:, :linear]
        self.std = np.sqrt(np.maximum(variances[::-1][:linear], 1e-9))

    def __call__(self, seen: Floats, labels: Floats) -> Floats:
        from_mean = seen[:, :-1] - self.mean
        along = from_mean @ self.axes
        beside = np.sqrt(((from_mean - along @ self.axes.T) ** 2).mean(axis=1))
        along /= self.std
        one, other = np.triu_indices(self.squared)
        by_label = along[:, :BY_LABEL, None] * labels[:, None, :]  # (n, 8, V)
        return np.concatenate(
            [
                along,
                along[:, one] * along[:, other],
                np.log(beside + 1e-3)[:, None],
                seen[:, -1:],
                by_label.reshape(len(seen), -1),
            ],
            axis=1,
        )
