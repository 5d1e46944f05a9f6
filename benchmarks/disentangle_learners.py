"""What codes do VAEs give portraits, of which they are told nothing? One is trained, and encodes.

    python -m benchmarks.disentangle_learners FOLDER

FOLDER holds job.json, a `learners.Job`; beside it come codes.npz (float64 `[n, d]` of each split)
and result.json as the last.

disentangling-vae (Dubois et al. 2019) is not on the package index, so what it trains is written
here from the papers: the network of Burgess et al. with the objectives of beta-VAE and beta-TCVAE,
with the weights, latents, batch and learning rate that it takes for faces; without its warm-up of
the weights over the first 10,000 steps. FactorVAE is pythae's.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.burgess import LEARNING_RATE as BURGESS_LEARNING_RATE
from benchmarks.burgess import BurgessVAE
from benchmarks.learners import (
    CHUNK,
    PYTHAE_LEARNING_RATE,
    Job,
    adam,
    plain_loop,
    pythae_mirror,
    pythae_model,
    train_genimg,
)
from genimg.data import Dataset, load_dataset
from genimg.data.dataset import Bytes, Floats
from genimg.images import array_to_pixels

BETA, TCVAE_BETA, GAMMA = 10.0, 6.4, 6.4
"""Weights of beta-VAE, beta-TCVAE and FactorVAE for faces, as disentangling-vae sets them for
CelebA.
"""
UNTOLD = "residual-untold"
"""genimg's VAE, of pictures without what is known of them: otherwise it learns their numbers."""
FEW_LATENTS, BATCH = 10, 64
"""As it sets them."""
CODED = 20_000
"""Training pictures that are encoded at most."""

Learn = Callable[[Tensor], None]
Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Other:
    """A VAE that is not genimg's.

    Attributes:
        pythae: its name there; "" is the network of Burgess et al.
        beta, correlation: see `BurgessVAE.loss`.
        options: of pythae's config.
        latents: how many; None: as many as genimg's model has.
    """

    pythae: str = ""
    beta: float = 1.0
    correlation: float = 0.0
    options: tuple[tuple[str, float], ...] = ()
    latents: int | None = None


OTHERS = {
    "burgess-vae": Other(),
    "burgess-beta": Other(beta=BETA),
    "burgess-tc": Other(correlation=TCVAE_BETA - 1.0),
    "burgess-tc-10": Other(correlation=TCVAE_BETA - 1.0, latents=FEW_LATENTS),
    "pythae-vae": Other("VAE"),
    "pythae-tc": Other("BetaTCVAE", options=(("beta", TCVAE_BETA),)),
    "pythae-factor": Other("FactorVAE", options=(("gamma", GAMMA),)),
}


def _untold(job: Job, dataset: Dataset) -> tuple[Network, dict[str, Any]]:
    bare = replace(dataset, numbers=(), values=None)
    model, facts = train_genimg(replace(job, learner="residual"), bare)
    return lambda pixels: model.encode(2.0 * pixels - 1.0).mode(), facts


def _burgess(job: Job, other: Other, dataset: Dataset) -> tuple[Network, dict[str, Any]]:
    model = BurgessVAE(dataset.image_shape, job.latent_dim)
    loss = functools.partial(model.loss, beta=other.beta, correlation=other.correlation)
    learn = adam(model, BURGESS_LEARNING_RATE, loss)
    facts = plain_loop(job, dataset, model, "Burgess et al. 2018, bce", learn, model.reconstruct)
    return lambda pixels: model.encoder(pixels).chunk(2, dim=1)[0], facts


def _pythae(job: Job, other: Other, dataset: Dataset) -> tuple[Network, dict[str, Any]]:
    from pythae.data.datasets import DatasetOutput

    model, network = pythae_model(
        "resnet", "bce", dataset.image_shape, job.latent_dim, other.pythae, **dict(other.options)
    )
    pictures = len(dataset.splits["train"])

    def told(pixels: Tensor) -> Any:
        return model(DatasetOutput(data=pixels), dataset_size=pictures)

    learn = adam(model, PYTHAE_LEARNING_RATE, lambda pixels: told(pixels).loss)
    if other.pythae == "FactorVAE":
        learn = _two_players(model, told)
    facts = plain_loop(job, dataset, model, network, learn, pythae_mirror(model))
    return lambda pixels: model.encoder(pixels).embedding, facts


def _two_players(model: Any, told: Callable[[Tensor], Any]) -> Learn:
    """A step of FactorVAE: the VAE and the discriminator, each by its own loss alone. pythae's own
    trainer lets the VAE follow the discriminator's, too, which is not in the paper.
    """
    judge = list(model.discriminator.parameters())
    vae = [*model.encoder.parameters(), *model.decoder.parameters()]
    players = [torch.optim.Adam(each, lr=PYTHAE_LEARNING_RATE) for each in (vae, judge)]

    def learn(pixels: Tensor) -> None:
        found = told(pixels)
        for player in players:
            player.zero_grad()
        found.autoencoder_loss.backward(inputs=vae, retain_graph=True)
        found.discriminator_loss.backward(inputs=judge)
        for player in players:
            player.step()

    return learn


@torch.no_grad()
def encoded(encode: Network, images: Bytes) -> Floats:
    """Codes float64 `[n, d]` of uint8 pictures `[n, H, W, C]`, by a network that takes pixels from
    0 to 1.
    """
    parts = []
    for start in range(0, len(images), CHUNK):
        pixels = (array_to_pixels(np.asarray(images[start : start + CHUNK])) + 1.0) / 2.0
        parts.append(encode(pixels).double().numpy())
    return np.concatenate(parts)


def main() -> None:
    """Read the job, train, encode, write."""
    folder = Path(sys.argv[1])
    job = Job(**json.loads((folder / "job.json").read_text(encoding="utf-8")))
    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    dataset = load_dataset(job.data, size=job.size, root=job.data_root, count=job.count)
    if job.learner == UNTOLD:
        encode, facts = _untold(job, dataset)
    else:
        other = OTHERS[job.learner]
        encode, facts = (_pythae if other.pythae else _burgess)(job, other, dataset)
    codes = {
        name: encoded(encode, dataset.split(name).images[:CODED])
        for name in ("train", "validation", "test")
    }
    np.savez(folder / "codes.npz", **codes)
    (folder / "result.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
