"""How directions with plain names are found, and how far each can be trusted.

Every method gets the same `Evidence` and returns directions whose reliability (0 to 1) was measured
on held-out pictures:

* "numbers": how much of the number's variance is told from latents (R^2);
* "labels": how well the direction tells pictures with that value from the others (2 AUC - 1);
* "attributes": how much of the measured attribute it explains (squared correlation);
* "dimensions": how much of a move along one latent dimension is found again by encoding the moved
  picture.

To add a method: one function here and one line in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from genimg.latents.points import GROUPS, Direction
from genimg.latents.scale import Scale

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MIN_TRAINING_EXAMPLES = 10
MIN_HELD_OUT_EXAMPLES = 5
MIN_RELIABILITY = 0.1
"""A named or measured direction below this is not shown: its name would be a guess."""
MIN_EXPLAINED = 0.25
"""A number of whose variance less than this is told from held-out latents is not shown. From there
on the ends of a range that is filled evenly lie within 4 standard deviations of the latents, as far
as sliders go: half such a range is 3 ** 0.5 standard deviations of the number, and one of the
latents along the direction changes what is told by R of those or more.
"""
MIN_NUMBERED = 20
"""From so many held-out pictures on it can be said how far a number is off."""
RIDGES = tuple(10.0**k for k in range(-2, 6))
"""Penalties of which each number's regression takes the best, by the training pictures alone."""
COMPONENTS = 16
MIN_SHARE = 0.002
"""A component that carries less of the codes' variance than this is hidden."""
NAMED_BY = 0.25
"""A component bears an attribute's name from this part of the attribute's variance on."""
DEAD_KL = 0.05
"""Nats; a dimension that tells less than this about pictures is hidden."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of a model's codes.

    Attributes:
        model_id: digest of the model's weights.
        codes, held_out: posterior means, float `[N, d]` and `[M, d]`.
        factors: (name, names of the values) of each label column.
        labels, held_out_labels: int64 `[N, F]` and `[M, F]`, -1 where unknown.
        numbers: (name, unit, lowest, highest value) of each column of values.
        values, held_out_values: float `[N, K]` and `[M, K]`, NaN where unknown. The held-out rows
            must be of other pictures than the codes.
        scores, held_out_scores: {attribute: float64 `[N]` and `[M]`}.
        kl: mean KL of each dimension in nats, `[d]`; None where nothing was encoded.
        survival: for each dimension, the part of a move that re-encoding finds again, `[d]`; None
            where nothing was encoded.
    """

    model_id: str
    codes: Floats
    held_out: Floats
    kl: Floats | None
    survival: Floats | None
    factors: Sequence[tuple[str, tuple[str, ...]]] = ()
    labels: Integers | None = None
    held_out_labels: Integers | None = None
    numbers: Sequence[tuple[str, str, float, float]] = ()
    values: npt.NDArray[np.floating] | None = None
    held_out_values: npt.NDArray[np.floating] | None = None
    scores: Mapping[str, Floats] = field(default_factory=dict)
    held_out_scores: Mapping[str, Floats] = field(default_factory=dict)

    def direction(
        self,
        name: str,
        vector: Floats,
        group: str,
        reliability: float,
        factor: str = "",
        scale: Scale | None = None,
    ) -> Direction:
        """A Direction along `vector [d]`, with the codes' own standard deviation along it."""
        unit = vector / np.linalg.norm(vector)
        return Direction(
            name=name,
            vector=torch.from_numpy(unit).float(),
            std=max(float(np.std(self.codes @ unit)), 1e-6),
            group=group,
            reliability=float(np.clip(reliability, 0.0, 1.0)),
            model_id=self.model_id,
            factor=factor,
            scale=scale,
        )


def from_numbers(evidence: Evidence) -> list[Direction]:
    """One direction for each number of which enough is told from latents, with its scale.

    The direction is how codes change on average with the number, as of `from_attributes`. What
    reads the number off a code is another vector, that of a ridge regression: it also says how far
    along the direction another value lies. See `MIN_EXPLAINED` for what is enough.
    """
    from sklearn.linear_model import RidgeCV

    if evidence.values is None or evidence.held_out_values is None:
        return []
    known, checked = np.isfinite(evidence.values), np.isfinite(evidence.held_out_values)
    found = []
    for rows in np.unique(known, axis=1).T:  # columns that are known of the same pictures at once
        columns = np.flatnonzero((known == rows[:, None]).all(axis=0))
        if rows.sum() < MIN_TRAINING_EXAMPLES:
            continue
        codes, values = evidence.codes[rows], evidence.values[rows][:, columns].astype(np.float64)
        fit = RidgeCV(RIDGES, alpha_per_target=True).fit(codes, values)
        told = fit.predict(evidence.held_out).reshape(len(evidence.held_out), -1)
        weights = np.reshape(fit.coef_, (len(columns), -1))
        biases = np.reshape(fit.intercept_, -1)
        vectors = (values - values.mean(axis=0)).T @ (codes - codes.mean(axis=0)) / len(codes)
        for i, column in enumerate(columns.tolist()):
            seen = checked[:, column]
            right = evidence.held_out_values[seen, column].astype(np.float64)
            explained, error = _explained(told[seen, i], right)
            if explained < MIN_EXPLAINED:
                continue
            name, unit, low, high = evidence.numbers[column]
            scale = Scale(
                unit, low, high, error, torch.from_numpy(weights[i]).float(), float(biases[i])
            )
            found.append(evidence.direction(name, vectors[i], "number", explained, scale=scale))
    return found


def _explained(told: Floats, right: Floats) -> tuple[float, float]:
    """The coefficient of determination, and the root of the mean square error; 0 and 0 where there
    is too little to measure.
    """
    if len(right) < MIN_NUMBERED or not right.std() > 1e-9:
        return 0.0, 0.0
    square = float(np.mean((told - right) ** 2))
    return 1.0 - square / float(right.var()), square**0.5


def from_labels(evidence: Evidence) -> list[Direction]:
    """One direction for each named value: the mean of its codes minus the mean of the others.

    The class-mean difference moves what the label moves and no more, where the other factors are
    independent of it (compare Shen et al. 2020, InterFaceGAN, whose normals serve dependent ones).
    Of a factor with two values only the second is kept, as the first is its opposite.
    """
    from sklearn.metrics import roc_auc_score  # seconds, needed by no command that only draws

    if evidence.labels is None or evidence.held_out_labels is None:
        return []
    found = []
    for column, (factor, values) in enumerate(evidence.factors):
        labels = evidence.labels[:, column]
        held_out = evidence.held_out_labels[:, column]
        for index in range(1, 2) if len(values) == 2 else range(len(values)):
            has, lacks = labels == index, (labels != index) & (labels >= 0)
            known = held_out >= 0
            positives = held_out[known] == index
            enough = min(has.sum(), lacks.sum()) >= MIN_TRAINING_EXAMPLES
            checked = min(positives.sum(), (~positives).sum()) >= MIN_HELD_OUT_EXAMPLES
            if not (enough and checked):
                continue
            vector = evidence.codes[has].mean(axis=0) - evidence.codes[lacks].mean(axis=0)
            if not np.linalg.norm(vector) > 1e-6:
                continue
            area = roc_auc_score(positives, evidence.held_out[known] @ vector)
            found.append(evidence.direction(values[index], vector, "named", 2 * area - 1, factor))
    return found


def from_attributes(evidence: Evidence) -> list[Direction]:
    """One direction for each measured attribute: how codes change on average with the attribute.

    The covariance of code and attribute, not the weights that would predict one from the other:
    those point where little else varies, and moving along them changes next to nothing (Haufe et
    al. 2014, "On the interpretation of weight vectors of linear models").
    """
    found = []
    for name, scores in evidence.scores.items():
        held_out = evidence.held_out_scores[name]
        if not (scores.std() > 1e-9 and held_out.std() > 1e-9):
            continue
        centred = evidence.codes - evidence.codes.mean(axis=0)
        vector = (scores - scores.mean()) @ centred / len(scores)
        if not np.linalg.norm(vector) > 1e-9:
            continue
        explained = max(_correlation(evidence.held_out @ vector, held_out), 0.0) ** 2
        found.append(evidence.direction(name, vector, "measured", explained))
    return found


def from_dimensions(evidence: Evidence) -> list[Direction]:
    """The latent dimensions themselves, those that tell most about pictures first, dead ones left
    out.
    """
    if evidence.kl is None or evidence.survival is None:
        return []
    dimensions = len(evidence.kl)
    return [
        evidence.direction(
            f"dimension {index + 1}", np.eye(dimensions)[index], "raw", evidence.survival[index]
        )
        for index in np.argsort(-evidence.kl, kind="stable")
        if evidence.kl[index] >= DEAD_KL
    ]


def from_components(evidence: Evidence) -> list[Direction]:
    """The principal components of the codes, the widest first (Haerkoenen et al. 2020, GANSpace).

    For codes that were drawn, not encoded: their own dimensions mean nothing. Each is named by the
    measured attribute that goes with it, where one does; its reliability is the part of that
    attribute's variance on held-out draws that it explains, else the part of the codes' variance
    that it carries.
    """
    if evidence.kl is not None:
        return []
    centred = evidence.codes - evidence.codes.mean(axis=0)
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    shares = variances / max(variances.sum(), 1e-12)
    found = []
    for rank, index in enumerate(np.argsort(-shares, kind="stable")[:COMPONENTS]):
        if shares[index] < MIN_SHARE:
            break
        vector = vectors[:, index]
        vector = vector * np.sign(vector[np.abs(vector).argmax()])  # eigh chooses any sign
        name, reliability = f"component {rank + 1}", float(shares[index])
        places, seen = evidence.codes @ vector, evidence.scores
        best = max(seen, key=lambda key: abs(_correlation(places, seen[key])), default="")
        if best:
            sign = np.sign(_correlation(places, seen[best])) or 1.0
            found_again = _correlation(evidence.held_out @ vector, evidence.held_out_scores[best])
            if found_again * sign > 0 and found_again**2 >= NAMED_BY:
                name, reliability = f"{name}, {best}", found_again**2
                vector = vector * sign
        found.append(evidence.direction(name, vector, "component", reliability))
    return found


def _correlation(a: Floats, b: Floats) -> float:
    """Pearson's r, 0 where one of the two does not vary."""
    if not (a.std() > 1e-9 and b.std() > 1e-9):
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


METHODS: dict[str, Callable[[Evidence], list[Direction]]] = {
    "numbers": from_numbers,
    "labels": from_labels,
    "attributes": from_attributes,
    "dimensions": from_dimensions,
    "components": from_components,
}


def find_directions(evidence: Evidence) -> list[Direction]:
    """All directions worth showing: numbers, named, then measured ones (most reliable first), then
    components (widest first) or raw dimensions (by KL).

    Names are made unique by adding the factor in brackets.
    """
    found = [direction for method in METHODS.values() for direction in method(evidence)]
    ranked = ("number", "named", "measured")
    kept = [d for d in found if d.group not in ranked or d.reliability >= MIN_RELIABILITY]
    kept.sort(key=lambda d: (GROUPS.index(d.group), -d.reliability if d.group in ranked else 0.0))
    names = [d.name for d in kept]
    return [
        d if names.count(d.name) == 1 else _renamed(d, f"{d.name} ({d.factor or d.group})")
        for d in kept
    ]


def _renamed(direction: Direction, name: str) -> Direction:
    return Direction(**{**vars(direction), "name": name})


def directions_to_header(
    directions: Sequence[Direction],
) -> tuple[tuple[dict[str, object], ...], dict[str, Tensor]]:
    """What a checkpoint stores: one mapping a direction for the header, the vectors as a tensor,
    and of the K numbers among them the regressions as another, `[K, d + 1]` (its last column is
    added), and the responses, where they were measured, as a third, `[K, d]`.
    """
    rows = tuple(
        {
            "name": d.name,
            "group": d.group,
            "factor": d.factor,
            "std": d.std,
            "reliability": round(d.reliability, 4),
        }
        | ({} if d.scale is None else {"number": _number(d.scale)})
        for d in directions
    )
    if not directions:
        return rows, {}
    tensors = {"directions.vectors": torch.stack([d.vector for d in directions])}
    scales = [d.scale for d in directions if d.scale is not None]
    if scales:
        tensors["directions.readings"] = torch.stack(
            [torch.cat([each.weights, torch.tensor([each.bias])]) for each in scales]
        )
        responses = [each.response for each in scales if each.response is not None]
        if len(responses) == len(scales):
            tensors["directions.responses"] = torch.stack(responses)
    return rows, tensors


def _number(scale: Scale) -> dict[str, object]:
    return {
        "unit": scale.unit,
        "low": scale.low,
        "high": scale.high,
        "error": round(scale.error, 6),
    }
