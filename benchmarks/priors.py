"""What does a flow add to a prior that is a mixture of Gaussians?

    python benchmarks/run.py priors --checkpoint MODEL.safetensors

The same model draws from latents of training pictures (what its decoder is worth where the latents
are right), from the mixture that its flow starts from, and from the flow.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from benchmarks.common import Settings, say
from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import GenimgError
from genimg.evaluation.coding import decode_all, encode_all
from genimg.evaluation.evaluate import dataset_of, find_judge
from genimg.evaluation.feature_distances import compare
from genimg.evaluation.recognition import Recognition
from genimg.evaluation.recognition import look_at_reals as look_as_judge
from genimg.evaluation.samples import look_at_reals
from genimg.models import LatentModel, load_model
from genimg.models.features import load_features

COUNT, TIMED = 2_000, 20
KEPT = ("fd", "kid", "precision", "coverage", "diversity")

Part = dict[str, Any]
Drawn = tuple[Tensor, Tensor]


def run_priors(settings: Settings) -> Part:
    """Scores of each way to draw.

    Raises GenimgError where no model is named, or one whose prior has no flow.
    """
    if settings.checkpoint is None:
        raise GenimgError("name a finished model: --checkpoint PATH")
    path = settings.checkpoint
    torch.set_num_threads(1)
    model, header = load_model(path)[0], read_header(path)
    if model.prior.flow is None or not model.has_encoder:
        raise GenimgError(f"the prior of {path} has no flow: train it anew")
    dataset = dataset_of(path, header, None, settings.data_root, settings.count)
    features = load_features("lite2")
    reals = look_at_reals(dataset, features, COUNT)
    judge, count = find_judge(dataset), len(reals.test)
    asked = model.prior.mixed(count, _seeded())[1]
    ways: dict[str, Callable[[], Drawn]] = {
        "latents of training pictures": lambda: _of_training(model, dataset, count),
        "the mixture": lambda: model.prior.mixed(count, _seeded(), labels=asked),
        "the flow": lambda: (model.sample_prior(count, _seeded(), labels=asked), asked),
    }
    rows = []
    for name, make in ways.items():
        say(f"  {name}")
        codes, labels = make()
        images = decode_all(model, codes)
        scores = compare(reals, [features.rows(images)])
        row: Part = {"way": name} | {key: scores[key] for key in KEPT}
        row |= {f"{key}_floor": scores[f"{key}_floor"] for key in KEPT}
        if judge is not None and labels.shape[1]:
            recognition = Recognition(dataset, judge, look_as_judge(dataset, judge, count))
            recognition.show(images, labels.numpy())
            followed = recognition.numbers().get("labels_followed", {})
            row["followed"] = statistics.mean(followed.values()) if followed else None
        rows.append(row)
    return {
        "model": header.name,
        "pictures": dataset.card.title,
        "count": count,
        "milliseconds": _times(model),
        "rows": rows,
    }


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _of_training(model: LatentModel, dataset: Dataset, count: int) -> Drawn:
    train = dataset.split("train")
    labels = torch.zeros(0, 0) if train.labels is None else torch.tensor(train.labels[:count])
    return encode_all(model, train.images[:count]).sample(_seeded()), labels


def _times(model: LatentModel) -> dict[str, float]:
    """Milliseconds for one picture on one thread: drawing a latent, and decoding it."""
    z = model.sample_prior(1, _seeded())
    ways = {
        "mixture": lambda: model.prior.mixed(1, _seeded()),
        "flow": lambda: model.sample_prior(1, _seeded()),
        "decode": lambda: model.decode(z),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with torch.inference_mode():
        for _ in range(TIMED):
            for name, way in ways.items():
                began = time.perf_counter()
                way()
                taken[name].append(1000 * (time.perf_counter() - began))
    return {name: round(statistics.median(each), 2) for name, each in taken.items()}


def table(part: Part, draw: Callable[[Sequence[str], Sequence[Sequence[str]]], str]) -> str:
    """The results in Markdown, the numbers of real pictures in brackets: see tables.py."""
    digits = {"fd": 1, "kid": 3}
    asked = any(row.get("followed") for row in part["rows"])
    head = ["drawn from", "FD", "KID", "precision", "coverage", "diversity"]
    head += ["labels followed"] * asked
    rows = [
        [
            row["way"],
            *(
                f"{row[key]:.{digits.get(key, 2)}f} ({row[f'{key}_floor']:.{digits.get(key, 2)}f})"
                for key in KEPT
            ),
            *([f"{row['followed']:.0%}"] if asked else []),
        ]
        for row in part["rows"]
    ]
    times = part["milliseconds"]
    return (
        f"**{part['model']}**: {part['count']:,} pictures each against as many test pictures.\n\n"
        f"{draw(head, rows)}\n\n"
        f"One latent takes {times['flow']:.0f} ms with the flow and {times['mixture']:.1f} ms "
        f"without, and decoding it {times['decode']:.0f} ms (medians, one thread)."
    )
