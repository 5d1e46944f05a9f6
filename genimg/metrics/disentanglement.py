"""How far does each number of a code stand for one property of the pictures, and the other way
round? Four scores from as many papers.

A code is a row of numbers for each picture, such as its latent, or what directions read off it. The
properties ("factors" in the papers) are labels or numbers, see `genimg.metrics.properties`; where a
score counts values, numbers are put into bins. A property is judged by the pictures of which it is
known.

No score looks at a model. All are the same whatever the order of the code's numbers, and none
changes when all of them are scaled alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genimg.metrics.properties import Floats, Integers, Property, checked

CODE_BINS = 20
"""Bins of equal width of each number of a code, as Locatello et al. 2019 take."""
HELD_OUT = 4
"""One picture of so many judges what the others have taught."""
TREES, DEPTH, LEAF = 20, 8, 5
"""Of a forest: trees, splits above a leaf, and training pictures in it at least."""
VOTES, CHECKS, DRAWN = 2_000, 1_000, 64
"""Of the FactorVAE score: votes that teach and that judge, and pictures drawn for each."""
VOTES_AT_ONCE = 200
DEAD = 0.05
"""A number of a code that varies by less than this part of the widest one's variance has no vote in
the FactorVAE score.
"""


@dataclass(frozen=True)
class DCI:
    """Each from 0 to 1, the higher the better.

    Attributes:
        disentanglement: whether each number of the code serves one property.
        completeness: whether each property is served by one number of the code.
        informativeness: how well properties are told from codes that the forests have not seen:
            0 is what guessing without the code reaches, 1 is without a fault.
    """

    disentanglement: float
    completeness: float
    informativeness: float


@dataclass(frozen=True)
class Disentanglement:
    """All four scores, each from 0 to 1, the higher the better; see the functions of these names.

    `chance` is what `factor_vae` comes to where codes tell nothing.
    """

    mig: float
    dci: DCI
    sap: float
    factor_vae: float
    chance: float


def score_disentanglement(
    codes: npt.NDArray[np.floating], factors: npt.NDArray[Any], seed: int = 0
) -> Disentanglement:
    """All scores of codes, float `[N, d]`, for properties `[N, F]`, see the module.

    `seed` decides which pictures are held out, and what is drawn.

    Raises:
        MetricError: shapes that do not fit, codes that are not finite, no property, or one that
            does not vary or is known of too few pictures.
    """
    return Disentanglement(
        mutual_information_gap(codes, factors),
        dci(codes, factors, seed),
        attribute_predictability(codes, factors, seed),
        factor_vae_score(codes, factors, seed),
        1.0 / np.shape(factors)[1],
    )


def mutual_information_gap(codes: npt.NDArray[np.floating], factors: npt.NDArray[Any]) -> float:
    """MIG, 0 to 1: by how much more the number of the code that tells most of a property tells of
    it than the second does, as a part of its entropy; the mean over properties (Chen et al. 2018,
    "Isolating Sources of Disentanglement in VAEs", equation 6).

    The mutual information is that of a histogram with CODE_BINS bins for each number of the code.
    A code of one number has no second: 0 is taken for it.

    Arguments and errors are as of `score_disentanglement`.
    """
    codes, properties = checked(codes, factors)
    bins = np.stack([_even_bins(column) for column in codes.T], axis=1)
    gaps = []
    for each in properties:
        entropy = _entropy(np.bincount(each.labels))
        shared = [
            entropy + _entropy(np.bincount(column)) - _joint_entropy(column, each.labels)
            for column in bins[each.rows].T
        ]
        gaps.append(_gap(np.array(shared) / entropy))
    return float(np.mean(gaps))


def dci(codes: npt.NDArray[np.floating], factors: npt.NDArray[Any], seed: int = 0) -> DCI:
    """Disentanglement, completeness and informativeness (Eastwood & Williams 2018, "A Framework for
    the Quantitative Evaluation of Disentangled Representations").

    How important a number of the code is for a property is told by random forests, one of the two
    kinds of predictor of the paper. Each split looks at all numbers of the code, so that a property
    that one of them tells is not shared out among the others. A number of the code counts by its
    share of the importance for all properties, and properties count alike. Informativeness is, for
    labels, the accuracy above that of the commonest value, and for numbers the coefficient of
    determination (the paper tells errors); the mean over properties.

    With one property every code is disentangled, and a code of one number is complete.

    Arguments and errors are as of `score_disentanglement`.
    """
    codes, properties = checked(codes, factors)
    rng = np.random.default_rng(seed)
    columns, told = [], []
    for each in properties:
        taught, judged = _split(len(each.rows), rng)
        importance, explained = _forest(codes[each.rows], each, taught, judged, seed)
        columns.append(importance)
        told.append(explained)
    importances = np.stack(columns, axis=1)  # (d, F)
    shares = importances.sum(axis=1) / max(importances.sum(), 1e-12)
    return DCI(
        float(shares @ _purity(importances)),
        float(np.mean(_purity(importances.T))),
        float(np.mean(told)),
    )


def attribute_predictability(
    codes: npt.NDArray[np.floating], factors: npt.NDArray[Any], seed: int = 0
) -> float:
    """SAP, 0 to 1: by how much better the best number of the code tells a property than the second
    does; the mean over properties (Kumar et al. 2018, "Variational Inference of Disentangled Latent
    Concepts from Unlabeled Observations").

    For numbers it is the squared correlation with the property. For labels it is how well
    thresholds on that one number tell the K values, one less than there are values, chosen by a
    decision tree: the balanced accuracy on held-out pictures above that of guessing, 1 / K. The
    paper leaves guessing in: its gaps are smaller by the factor 1 - 1 / K.

    Arguments and errors are as of `score_disentanglement`.
    """
    codes, properties = checked(codes, factors)
    rng = np.random.default_rng(seed)
    gaps = []
    for each in properties:
        told = codes[each.rows]
        if each.numbers is not None:
            gaps.append(_gap(_squared_correlations(told, each.numbers)))
            continue
        taught, judged = _split(len(each.rows), rng)
        scores = [_thresholds(column, each, taught, judged) for column in told.T]
        gaps.append(_gap(np.array(scores)))
    return float(np.mean(gaps))


def factor_vae_score(
    codes: npt.NDArray[np.floating], factors: npt.NDArray[Any], seed: int = 0
) -> float:
    """The FactorVAE score, 0 to 1: how often one can tell which property was held fixed by which
    number of the code then varies least (Kim & Mnih 2018, "Disentangling by Factorising", section
    4). Where codes tell nothing it comes to about 1 / F.

    The paper draws new pictures with one property fixed. Here the pictures are given: those that
    share a value (or a bin) of a property are a group, a value comes up as often as among the
    pictures, and DRAWN are drawn from its group with replacement. Numbers of a code that hardly
    vary at all (see DEAD) have no vote; without any other the score is 1 / F.

    Arguments and errors are as of `score_disentanglement`.
    """
    codes, properties = checked(codes, factors)
    variances = codes.var(axis=0)
    alive = (variances > DEAD * variances.max()) & (np.ptp(codes, axis=0) > 0.0)
    if not alive.any():
        return 1.0 / len(properties)
    scaled = codes[:, alive] / np.sqrt(variances[alive])
    rng = np.random.default_rng(seed)
    votes = np.zeros((scaled.shape[1], len(properties)))
    fixed, least = _least_varying(scaled, properties, VOTES, rng)
    np.add.at(votes, (least, fixed), 1.0)
    fixed, least = _least_varying(scaled, properties, CHECKS, rng)
    return float((votes.argmax(axis=1)[least] == fixed).mean())


def _least_varying(
    scaled: Floats, properties: list[Property], votes: int, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """Of so many votes, the property that is fixed and the number of the code that varies least."""
    fixed = np.sort(rng.integers(len(properties), size=votes))
    rows = [
        _same(properties[column], count, rng)
        for column, count in enumerate(np.bincount(fixed, minlength=len(properties)).tolist())
    ]
    least = [
        scaled[some].var(axis=1).argmin(axis=1)
        for some in np.array_split(np.concatenate(rows), -(-votes // VOTES_AT_ONCE))
    ]
    return fixed, np.concatenate(least)


def _same(each: Property, votes: int, rng: np.random.Generator) -> Integers:
    """Rows of codes that share a value of a property, other ones for each vote: `[votes, DRAWN]`.

    One picture alone is no group: it varies in nothing.
    """
    sizes = np.bincount(each.labels)
    shares = np.where(sizes > 1, sizes, 0) / sizes[sizes > 1].sum()
    values = rng.choice(len(sizes), size=votes, p=shares)
    first = (np.cumsum(sizes) - sizes)[values, None]
    places = first + rng.integers(sizes[values, None], size=(votes, DRAWN))
    order: Integers = each.rows[np.argsort(each.labels, kind="stable")]
    rows: Integers = order[places]
    return rows


# -- counting


def _even_bins(column: Floats) -> Integers:
    """A number of a code `[N]` in CODE_BINS bins of equal width between its ends, from 0."""
    low, high = column.min(), column.max()
    if not high > low:
        return np.zeros(len(column), np.int64)
    places = ((column - low) / (high - low) * CODE_BINS).astype(np.int64)
    bins: Integers = np.minimum(places, CODE_BINS - 1)
    return bins


def _entropy(counts: npt.NDArray[Any]) -> float:
    """Of a distribution that is given as counts, in nats."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _joint_entropy(a: Integers, b: Integers) -> float:
    return _entropy(np.bincount(a * (int(b.max()) + 1) + b))


def _gap(scores: Floats) -> float:
    """The best score less the second best; less 0 where there is one."""
    best = np.sort(np.maximum(scores, 0.0))[::-1]
    return float(best[0] - (best[1] if len(best) > 1 else 0.0))


def _purity(importances: Floats) -> Floats:
    """Of each row of `[n, m]`, 1 less its entropy in units of that of m equal ones: 1 where all of
    it lies in one column, 0 where it is spread evenly, or where there is none.
    """
    columns = importances.shape[1]
    rows = [
        1.0 - _entropy(row) / np.log(max(columns, 2)) if row.sum() > 0.0 else 0.0
        for row in importances
    ]
    return np.array(rows)


# -- telling properties from codes


def _split(count: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Which of so many rows teach, and which judge."""
    order = rng.permutation(count)
    judges = max(1, count // HELD_OUT)
    return order[judges:], order[:judges]


def _forest(
    codes: Floats, each: Property, taught: Integers, judged: Integers, seed: int
) -> tuple[Floats, float]:
    """How important each number of a code is to a forest, `[d]`, summing to 1 or 0, and how much
    of the property the forest tells of held-out pictures, 0 to 1.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    target: Any = each.labels if each.numbers is None else each.numbers
    kind: Callable[..., Any] = (
        RandomForestClassifier if each.numbers is None else RandomForestRegressor
    )
    forest = kind(
        TREES, max_depth=DEPTH, min_samples_leaf=LEAF, max_features=None, random_state=seed
    )
    forest.fit(codes[taught], target[taught])
    told, true = forest.predict(codes[judged]), target[judged]
    if each.numbers is None:
        wrong = float((told != true).mean())
        guessed = float((np.bincount(each.labels[taught]).argmax() != true).mean())
    else:
        wrong = float(np.mean((told - true) ** 2))
        guessed = float(np.mean((target[taught].mean() - true) ** 2))
    explained = 1.0 - wrong / guessed if guessed > 0.0 else float(wrong == 0.0)
    return np.asarray(forest.feature_importances_, np.float64), max(explained, 0.0)


def _thresholds(column: Floats, each: Property, taught: Integers, judged: Integers) -> float:
    """How well one number of a code, `[n]`, tells the values of a label, above guessing: -1 to 1,
    1 is without a fault.
    """
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        max_leaf_nodes=each.values, min_samples_leaf=LEAF, class_weight="balanced", random_state=0
    )
    tree.fit(column[taught, None], each.labels[taught])
    right = tree.predict(column[judged, None]) == each.labels[judged]
    of_value = [right[each.labels[judged] == value] for value in range(each.values)]
    known = [found.mean() for found in of_value if len(found)]
    guessing = 1.0 / len(known)
    return float(np.mean(known) - guessing) / (1.0 - guessing) if len(known) > 1 else 0.0


def _squared_correlations(codes: Floats, numbers: Floats) -> Floats:
    """Of each number of a code `[n, d]` with a property `[n]`: `[d]`, 0 where it does not vary."""
    centred, wanted = codes - codes.mean(axis=0), numbers - numbers.mean()
    spread = (centred**2).sum(axis=0) * (wanted**2).sum()
    shared = (centred * wanted[:, None]).sum(axis=0) ** 2
    varies = np.ptp(codes, axis=0) > 0.0
    found: Floats = np.divide(shared, spread, out=np.zeros(len(spread)), where=varies)
    return found
