"""How does pythae's VAE learn photographs, and what does it draw? A process of its own.

    python -m benchmarks.photo_pythae FOLDER

FOLDER holds job.json, a `learners.Job`; beside it come samples-SEED.npy for each seed and sheet.npy
(uint8 `[N, H, W, C]`), and result.json as the last.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from benchmarks.learners import CHUNK, Job, train_pythae
from benchmarks.photo import DRAWN
from genimg.data import load_dataset
from genimg.evaluation.feature_distances import COUNT, SEEDS
from genimg.images import pixels_to_array


@torch.no_grad()
def decoded(model: Any, codes: Tensor, shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """What pythae's decoder makes of codes `[N, d]`, uint8 `[N, H, W, C]`."""
    made = []
    for some in codes.split(CHUNK):
        pixels = model.decoder(some).reconstruction.reshape(-1, *shape)
        made.append(pixels_to_array(pixels * 2.0 - 1.0))
    return np.concatenate(made)


def main() -> None:
    """Read the job, train, draw from the standard normal, write."""
    folder = Path(sys.argv[1])
    job = Job(**json.loads((folder / "job.json").read_text(encoding="utf-8")))
    torch.set_num_threads(1)
    dataset = load_dataset(job.data, size=job.size, root=job.data_root)
    model, facts = train_pythae(job, dataset)

    def normal(count: int, seed: int) -> Tensor:
        return torch.randn(count, job.latent_dim, generator=torch.Generator().manual_seed(seed))

    count = min(COUNT, len(dataset.splits["test"]))
    for seed in SEEDS:
        samples = decoded(model, normal(count, seed), dataset.image_shape)
        np.save(folder / f"samples-{seed}.npy", samples)
    singly = torch.cat([normal(1, seed) for seed in range(DRAWN)])
    np.save(folder / "sheet.npy", decoded(model, singly, dataset.image_shape))
    (folder / "result.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
