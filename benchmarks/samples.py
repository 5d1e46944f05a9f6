"""How good are the samples of the shipped models, in the features that all models are judged in?

Any data has these numbers, with labels or without; only those of the same pictures, size and count
can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from benchmarks.common import Settings, say
from genimg.checkpoint import read_header
from genimg.data import load_dataset
from genimg.data.drawn.artworks import ARTWORKS
from genimg.evaluation.feature_distances import Reals
from genimg.evaluation.samples import evaluate_samples, look_at_reals
from genimg.models import MODELS, load_model
from genimg.models.features import load_features

COUNT = 2_000
KEPT = ("fd", "kid", "precision", "recall", "coverage", "diversity")

Part = dict[str, Any]


def run_samples(settings: Settings) -> Part:
    """Each shipped model that draws and names its data, with the floors of its pictures."""
    torch.set_num_threads(1)
    features = load_features("lite2")
    reals: dict[tuple[str, int], Reals] = {}
    rows = []
    for path in sorted(settings.checkpoints.glob("*.safetensors")):
        header = read_header(path)
        data, size = str(header.data.get("name", "folder:")), header.image_shape[1]
        if not MODELS[header.family].draws or data.startswith("folder:"):
            continue
        say(f"  {header.name}")
        count = COUNT if data in ARTWORKS else None  # no more are drawn than are needed
        dataset = load_dataset(data, size=size, root=settings.data_root, count=count)
        if (data, size) not in reals:
            reals[data, size] = look_at_reals(dataset, features, COUNT)
        found = evaluate_samples(
            load_model(path)[0], dataset, None, COUNT, (0,), reference=reals[data, size]
        )
        kept = {name: found[name] for key in KEPT for name in (key, f"{key}_floor")}
        rows.append({"model": header.name, "data": f"{data}, {size} px", **kept})
    return {"count": COUNT, "features": "EfficientNet-Lite2", "rows": rows}


def table(part: Part, make: Callable[[Sequence[str], Sequence[Sequence[str]]], str]) -> str:
    """The rows, with the numbers of real pictures in brackets."""
    head = ["model", "pictures", "FD", "KID", "precision", "recall", "coverage", "diversity"]
    digits = {"fd": 1, "kid": 3}
    rows = [
        [
            row["model"],
            row["data"],
            *(
                f"{row[key]:.{digits.get(key, 2)}f} ({row[f'{key}_floor']:.{digits.get(key, 2)}f})"
                for key in KEPT
            ),
        ]
        for row in part["rows"]
    ]
    return (
        f"{make(head, rows)}\n\n{part['count']:,} samples of seed 0 against as many test pictures, "
        f"in the features of {part['features']} (ImageNet); in brackets as many training pictures "
        "in their place. Own features, not Inception: not comparable with published FID or KID."
    )
