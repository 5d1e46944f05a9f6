"""One learner, trained for some minutes in a process of its own and judged on held-out pictures.

    python -m benchmarks.learners JOB.json RESULT.json

Every learner gets the same pictures in the same order (`genimg.training.pictures.batches`), one
thread, the same batch size and latent dimensions, and is judged by the same code on the same test
pictures.

genimg's presets run in genimg's own loop: arithmetic chosen by timing before the clock starts,
moving average, validations and sample sheets included in the time; only the snapshots of the state
are left out. pythae's VAE runs in a plain loop around its own forward and loss, with Adam and no
schedule, in float32, as its trainer does on a CPU; the trainer itself stops after epochs, not after
minutes, and reads pictures one by one, so the plain loop is to pythae's advantage. The network of
Burgess et al. runs in the same plain loop.
"""

from __future__ import annotations

import copy
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from typing_extensions import override

from benchmarks.burgess import BURGESS, BurgessVAE
from benchmarks.burgess import LEARNING_RATE as BURGESS_LEARNING_RATE
from genimg.data import Dataset, load_dataset
from genimg.evaluation.evaluate import evaluate_model
from genimg.images import array_to_pixels, pixels_to_array
from genimg.metrics import psnr, ssim
from genimg.models import LatentModel, build_model
from genimg.training import TrainOptions
from genimg.training.loop.state import RunFolder
from genimg.training.loop.step import take_step
from genimg.training.loop.trainer import Trainer
from genimg.training.objectives.vae import VAEObjective
from genimg.training.options import Precision
from genimg.training.pictures.batches import Batch, Batches
from genimg.training.planning.compute import Compute, choose_compute

GENIMG: dict[str, tuple[str, Precision, int | None]] = {
    "residual": ("residual", "auto", None),
    "residual-24": ("residual", "auto", 24),
    "residual-16": ("residual", "auto", 16),
    "plain": ("plain", "auto", None),
    "dense": ("dense", "auto", None),
    "residual-fp32": ("residual", "fp32", None),
}
"""Learner -> genimg's preset, precision and width (`--width`)."""

PYTHAE = {
    "pythae-resnet": ("resnet", "mse"),
    "pythae-conv": ("conv", "mse"),
    "pythae-mlp": ("mlp", "mse"),
    "pythae-resnet-bce": ("resnet", "bce"),
    "pythae-conv-bce": ("conv", "bce"),
    "pythae-mlp-bce": ("mlp", "bce"),
}
"""Learner -> pythae's networks and its reconstruction loss ("mse" is its default)."""

PYTHAE_LEARNING_RATE = 1e-3
"""As in the example of pythae's own README; its config's default, 1e-4, learns less in minutes."""

LEARNERS = (*GENIMG, *PYTHAE, BURGESS)
CHUNK = 64
FEW_STEPS = 5


@dataclass(frozen=True)
class Job:
    """One learner on one data set.

    Attributes:
        learner: one of LEARNERS.
        data, size, latent_dim: what is learned, and how many latent dimensions both sides get.
        minutes: training time.
        core: pins the process to this CPU core.
        pictures: held-out pictures that judge it.
        data_root, count: passed to `load_dataset`.
    """

    learner: str
    data: str
    size: int
    latent_dim: int
    minutes: float
    batch_size: int = 32
    seed: int = 0
    pictures: int = 500
    core: int | None = None
    data_root: str | None = None
    count: int | None = None


class _StampedObjective(VAEObjective):
    """genimg's VAE objective, which also notes when each step began."""

    stamps: list[float]

    @override
    def terms(self, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        self.stamps.append(time.perf_counter())
        return super().terms(batch, rng)


def run_job(job: Job) -> dict[str, Any]:
    """Train and judge; JSON-ready: what it was, how fast, how many pictures, PSNR and SSIM."""
    if job.core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {job.core})
    torch.set_num_threads(1)
    dataset = load_dataset(job.data, size=job.size, root=job.data_root, count=job.count)
    learn = _genimg if job.learner in GENIMG else _burgess if job.learner == BURGESS else _pythae
    measured = learn(job, dataset)
    return {"learner": job.learner, **measured}


def _speed(stamps: list[float], batch_size: int, images: int, seconds: float) -> float:
    """Pictures a second, from the median time between the beginnings of two steps.

    Of a run of very few steps it is the mean.
    """
    gaps = np.diff(stamps)
    if len(gaps) < FEW_STEPS:
        return images / seconds
    return batch_size / statistics.median(gaps.tolist())


def _facts(
    network: str,
    arithmetic: str,
    model: nn.Module,
    stamps: list[float],
    images: int,
    seconds: float,
    batch_size: int,
) -> dict[str, Any]:
    return {
        "network": network,
        "arithmetic": arithmetic,
        "parameters": sum(p.numel() for p in model.parameters()),
        "speed": round(_speed(stamps, batch_size, images, seconds), 2),
        "images": images,
        "seconds": round(seconds, 1),
    }


# -- genimg


def _genimg(job: Job, dataset: Dataset) -> dict[str, Any]:
    return train_genimg(job, dataset)[1]


def train_genimg(job: Job, dataset: Dataset) -> tuple[LatentModel, dict[str, Any]]:
    """genimg's trained VAE, and what `run_job` tells of it."""
    preset, precision, width = GENIMG[job.learner]
    options = TrainOptions(
        data=job.data,
        size=job.size,
        minutes=job.minutes,
        preset=preset,
        latent_dim=job.latent_dim,
        batch_size=job.batch_size,
        seed=job.seed,
        threads=1,
        device="cpu",
        precision=precision,
    )
    model = build_model(
        "vae", dataset.image_shape, preset, job.latent_dim, seed=job.seed, width=width
    )
    compute = choose_compute(options, lambda c: _one_step(model, dataset, options, c), print)
    model = model.to(memory_format=compute.memory_format)
    objective = _StampedObjective(model, options, compute)
    objective.stamps = []
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder))
        with run.locked():
            trainer = Trainer(objective, dataset, options, run, job.batch_size)
            trainer.run(lambda: None)
    clock = trainer.clock
    scores = evaluate_model(trainer.ema, dataset.split("test").images[: job.pictures])
    return trainer.ema, {
        **_facts(
            f"genimg {preset}" + (f", width {width}" if width else ""),
            f"{compute.precision}, {compute.layout}",
            model,
            objective.stamps,
            clock.images,
            clock.seconds,
            job.batch_size,
        ),
        "psnr": scores["psnr"],
        "ssim": scores["ssim"],
    }


def _one_step(
    model: LatentModel, dataset: Dataset, options: TrainOptions, compute: Compute
) -> Callable[[], None]:
    """A real training step on a copy, for genimg to time its kinds of arithmetic."""
    trial: LatentModel = copy.deepcopy(model).to(memory_format=compute.memory_format)
    objective = VAEObjective(trial, options, compute)
    batch = Batches(dataset, options.batch_size or 32, 0).next(torch.Generator())
    batch = Batch(compute.place(batch.pixels), batch.labels)
    objective.schedule(0.5, 0)

    def step() -> None:
        take_step(objective, batch, torch.Generator().manual_seed(0))

    return step


# -- pythae


def _pythae(job: Job, dataset: Dataset) -> dict[str, Any]:
    return train_pythae(job, dataset)[1]


def train_pythae(job: Job, dataset: Dataset) -> tuple[Any, dict[str, Any]]:
    """pythae's trained VAE, and what `run_job` tells of it."""
    from pythae.data.datasets import DatasetOutput

    kind, loss = PYTHAE[job.learner]
    torch.manual_seed(job.seed)
    model, network = pythae_model(kind, loss, dataset.image_shape, job.latent_dim)

    def loss_of(pixels: Tensor) -> Tensor:
        result: Tensor = model(DatasetOutput(data=pixels)).loss
        return result

    learn = adam(model, PYTHAE_LEARNING_RATE, loss_of)
    return model, plain_loop(job, dataset, model, network, learn, pythae_mirror(model))


def pythae_mirror(model: Any) -> Callable[[Tensor], Tensor]:
    """Pixels `[N, C, H, W]` through the mean of the posterior of a model of pythae's."""

    def mirror(pixels: Tensor) -> Tensor:
        made: Tensor = model.decoder(model.encoder(pixels).embedding).reconstruction
        return made.reshape(pixels.shape)

    return mirror


def _burgess(job: Job, dataset: Dataset) -> dict[str, Any]:
    torch.manual_seed(job.seed)
    model = BurgessVAE(dataset.image_shape, job.latent_dim)
    network = "Burgess et al. 2018, bce"
    learn = adam(model, BURGESS_LEARNING_RATE, model.loss)
    return plain_loop(job, dataset, model, network, learn, model.reconstruct)


def adam(
    model: nn.Module, learning_rate: float, loss_of: Callable[[Tensor], Tensor]
) -> Callable[[Tensor], None]:
    """A step of Adam for the loss of pixels `[N, C, H, W]`, without a schedule."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)

    def learn(pixels: Tensor) -> None:
        loss = loss_of(pixels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return learn


def plain_loop(
    job: Job,
    dataset: Dataset,
    model: nn.Module,
    network: str,
    learn: Callable[[Tensor], None],
    reconstruct: Callable[[Tensor], Tensor],
) -> dict[str, Any]:
    """Steps of a model for pixels from 0 to 1, in float32, until the time is over."""
    batches = Batches(dataset, job.batch_size, job.seed)
    rng = torch.Generator().manual_seed(job.seed)
    stamps: list[float] = []
    images = 0
    model.train()
    start = time.perf_counter()
    while time.perf_counter() - start < 60.0 * job.minutes:
        pixels = (batches.next(rng).pixels + 1.0) / 2.0
        stamps.append(time.perf_counter())
        learn(pixels)
        images += len(pixels)
    seconds = time.perf_counter() - start
    return {
        **_facts(network, "fp32", model, stamps, images, seconds, job.batch_size),
        **_scores(model, reconstruct, dataset, job.pictures),
    }


def pythae_model(
    kind: str,
    loss: str,
    image_shape: tuple[int, int, int],
    latent_dim: int,
    name: str = "VAE",
    **options: Any,
) -> tuple[Any, str]:
    """pythae's VAE, or another of its models by `name` with `options` of its config, with its own
    stock networks for pictures of this size; and what to call it.

    64 px: those that it has for CelebA. 32 px: those for CIFAR-10, whose first and last layer get
    one channel in place of three for grey pictures, as its networks for MNIST take 28 px alone.
    "mlp" is what pythae's VAE builds when it is given no networks.
    """
    from pythae import models

    make, make_config = getattr(models, name), getattr(models, f"{name}Config")
    config = make_config(
        input_dim=image_shape, latent_dim=latent_dim, reconstruction_loss=loss, **options
    )
    if kind == "mlp":
        return make(config), f"pythae default MLP, {loss}"
    if image_shape[1] == 64:
        from pythae.models.nn.benchmarks import celeba as stock

        made_for = "CelebA"
    else:
        from pythae.models.nn.benchmarks import cifar as stock

        made_for = "CIFAR-10"
    layers = "ResNet" if kind == "resnet" else "Conv"
    suffix = "CELEBA" if made_for == "CelebA" else "CIFAR"
    encoder = getattr(stock, f"Encoder_{layers}_VAE_{suffix}")(config)
    decoder = getattr(stock, f"Decoder_{layers}_AE_{suffix}")(config)
    if image_shape[0] != 3:
        _set_channels(encoder, decoder, image_shape[0])
    return make(config, encoder, decoder), f"pythae {made_for} {layers}, {loss}"


def _set_channels(encoder: Any, decoder: Any, channels: int) -> None:
    """Make anew the first layer of an encoder and the last of a decoder, which expect colour."""
    first, last = encoder.layers[0][0], decoder.layers[-1][0]
    encoder.layers[0][0] = nn.Conv2d(
        channels, first.out_channels, first.kernel_size, first.stride, first.padding
    )
    decoder.layers[-1][0] = nn.ConvTranspose2d(
        last.in_channels, channels, last.kernel_size, last.stride, last.padding
    )


@torch.no_grad()
def _scores(
    model: nn.Module, reconstruct: Callable[[Tensor], Tensor], dataset: Dataset, count: int
) -> dict[str, float]:
    """PSNR and SSIM through the posterior mean, as genimg's `evaluate_model` takes them."""
    model.eval()
    images = np.asarray(dataset.split("test").images[:count])
    made = []
    for start in range(0, len(images), CHUNK):
        pixels = (array_to_pixels(images[start : start + CHUNK]) + 1.0) / 2.0
        made.append(pixels_to_array(reconstruct(pixels) * 2.0 - 1.0))
    pairs = list(zip(images, np.concatenate(made), strict=True))
    return {
        "psnr": round(float(np.mean([psnr(a, b) for a, b in pairs])), 3),
        "ssim": round(float(np.mean([ssim(a, b) for a, b in pairs])), 4),
    }


def job_to_json(job: Job) -> str:
    """The inverse of what `main` reads."""
    return json.dumps(asdict(job))


def main() -> None:
    """Read a job, do it, write the result."""
    job_file, result_file = map(Path, sys.argv[1:3])
    result = run_job(Job(**json.loads(job_file.read_text(encoding="utf-8"))))
    result_file.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
