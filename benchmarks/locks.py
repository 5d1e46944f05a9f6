"""How far do sliders drag other things along, and how much of that does a lock take away?

One direction is moved, another is locked, and what is measured is on the pictures, not on the
latents: an attribute of `genimg.metrics`, or what a classifier says that no slider has used.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from benchmarks.common import Settings, say
from genimg import Direction, Editor, Latent
from genimg.editor import list_checkpoints
from genimg.edits import Locks
from genimg.errors import GenimgError
from genimg.evaluation.classifier import Judge, find_judge
from genimg.images import images_to_array
from genimg.latents import covariance_of
from genimg.metrics import measure
from genimg.models import Prior, load_model

Floats = npt.NDArray[np.float64]

LATENTS, DRAWS = 32, 256
AMOUNT = 2.0
"""Standard deviations that the moved direction goes, to both sides."""
MEASURED, VALUES = 4, 5
SURE = 10.0
"""Log-odds beyond this are one: nobody sees a difference."""
KINDS = ("measured", "named")


@dataclass(frozen=True)
class _Seen:
    """What N pictures show, `[N]` for each direction: its score, and the verdict of its label."""

    scores: Mapping[str, Floats]
    verdicts: Mapping[str, npt.NDArray[np.int64]]


def run_locks(settings: Settings) -> dict[str, Any]:
    """Pairs of directions of every checkpoint with a classifier: free, and with several locks."""
    torch.set_num_threads(1)
    models = []
    for info in list_checkpoints(settings.checkpoints)[0]:
        data, shape = str(info.header.data.get("name", "")), info.header.image_shape
        judge = find_judge(data, shape, [settings.checkpoints])
        if judge is not None:
            say(f"  {info.name}")
            editor = Editor.load(info.path, "cpu")
            prior = load_model(info.path)[0].prior
            models.append({"model": info.name, "rows": _measured(editor, prior, judge)})
    if not models:
        raise GenimgError(f"there is no model with a classifier in {settings.checkpoints}")
    return {"latents": LATENTS, "amount": AMOUNT, "models": models}


def _chosen(editor: Editor, judge: Judge) -> list[Direction]:
    """The most reliable measured directions, and named ones: one of each factor, or several where
    there is one factor.
    """
    known = [d for d in editor.directions if d.group == "measured"][:MEASURED]
    each = VALUES if len(judge.factors) == 1 else 1
    for factor in judge.factors:
        named = [d for d in editor.directions if d.group == "named" and d.factor == factor.name]
        known += named[:each]
    return known


def _measured(editor: Editor, prior: Prior, judge: Judge) -> list[dict[str, Any]]:
    """One row for each kind of pair."""
    directions = _chosen(editor, judge)
    known = {direction.name: direction for direction in editor.directions}
    alone = {name: replace(direction, factor="") for name, direction in known.items()}
    within = Prior(prior.weights, prior.means, prior.cholesky)
    ways = {
        "locked": Locks(covariance_of(prior), known),
        "alone": Locks(covariance_of(prior), alone),
        "within": Locks(covariance_of(within), known),
        "plain": Locks(torch.eye(prior.means.shape[1]), known),
    }
    start = _points(editor, LATENTS, 0)
    spread = _look(editor, judge, directions, _points(editor, DRAWS, 10_000))
    before = _look(editor, judge, directions, start)
    pairs = []
    for moved in directions:
        free = _look(editor, judge, directions, _moved(start, moved, moved.vector))
        for kept in directions:
            if kept is moved:
                continue
            found = {"free": _changes(before, free, spread, moved, kept)}
            for name, locks in ways.items():
                seen = _look(
                    editor, judge, directions,
                    _moved(start, moved, locks.held(moved.name, (kept.name,))),
                )  # fmt: skip
                found[name] = _changes(before, seen, spread, moved, kept)
            pairs.append((moved.group, kept.group, found))
    return [
        _row(moved, kept, [f for m, k, f in pairs if (m, k) == (moved, kept)])
        for moved, kept in itertools.product(KINDS, KINDS)
    ]


def _row(moved: str, kept: str, found: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    means = {
        name: {key: round(float(np.mean([each[name][key] for each in found])), 4) for key in keys}
        for name, keys in ((name, found[0][name]) for name in found[0])
    }
    return {"moved": moved, "kept": kept, "pairs": len(found), **means}


def _points(editor: Editor, count: int, seed: int) -> Tensor:
    return torch.stack([latent.z for latent in editor.sample(count, seed)])


def _moved(start: Tensor, direction: Direction, vector: Tensor) -> Tensor:
    """Points `[N, d]` moved to both sides, `[2 N, d]`."""
    step = AMOUNT * direction.std * vector
    return torch.cat([start - step, start + step])


def _look(editor: Editor, judge: Judge, directions: list[Direction], points: Tensor) -> _Seen:
    images = images_to_array(editor.decode_together(*(Latent(z, editor.model_id) for z in points)))
    attributes, chances = measure(images), judge.chances(images)
    scores, verdicts = {}, {}
    for direction in directions:
        if direction.group == "measured":
            scores[direction.name] = attributes[direction.name]
            continue
        told = chances[direction.factor]
        factor = next(f for f in judge.factors if f.name == direction.factor)
        chance = np.clip(told[:, factor.values.index(direction.name)], 1e-9, 1 - 1e-9)
        scores[direction.name] = np.clip(np.log(chance / (1 - chance)), -SURE, SURE)
        verdicts[direction.name] = told.argmax(axis=1)
    return _Seen(scores, verdicts)


def _changes(
    before: _Seen, after: _Seen, spread: _Seen, moved: Direction, kept: Direction
) -> dict[str, float]:
    """How far a pair's two scores have gone, in standard deviations over draws, and how often the
    classifier's verdict of the kept one has changed.
    """

    def gone(name: str) -> float:
        change = np.abs(after.scores[name] - np.tile(before.scores[name], 2))
        return float(change.mean() / spread.scores[name].std())

    found = {"kept": gone(kept.name), "moved": gone(moved.name)}
    if kept.name in before.verdicts:
        verdict = np.tile(before.verdicts[kept.name], 2)
        found["verdicts"] = float((after.verdicts[kept.name] != verdict).mean())
    return found
