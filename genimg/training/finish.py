"""What turns trained weights into a model for people: prior, directions, numbers, credits, one
file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from genimg import checkpoint
from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.files import critic_beside, sweep
from genimg.latents import (
    Evidence,
    Labels,
    directions_to_header,
    find_directions,
    fit_prior,
)
from genimg.metrics import measure
from genimg.models import LatentModel, Model, model_digest, save_model
from genimg.training import critics
from genimg.training.calibrate import add_calibration
from genimg.training.coding import decode_all, encode_all, test_split
from genimg.training.evaluate import DEFAULT_COUNT, evaluate_model
from genimg.training.recipe import Findings

if TYPE_CHECKING:
    from genimg.training.loop import Trainer

CODED_PICTURES = 20_000
HELD_OUT_PICTURES = 2_000
SURVIVAL_PICTURES = 16

Bytes = npt.NDArray[np.uint8]
Ancestry = Sequence[Mapping[str, str]]


@torch.no_grad()
def finish_vae(
    model: LatentModel, dataset: Dataset, say: Callable[[str], None] = print
) -> Findings:
    """Fit the prior of a VAE, find its directions, and measure it.

    Test pictures are used for the metrics alone; the reliability of directions and the number of
    the prior's components come from the validation split.
    """
    say("encoding the training pictures")
    train = dataset.split("train")
    held_out = dataset.split("validation" if "validation" in dataset.splits else "train")
    rows = np.linspace(0, len(train) - 1, min(len(train), CODED_PICTURES)).astype(np.int64)
    images = train.images[rows]
    held_out_images = held_out.images[:HELD_OUT_PICTURES]
    posterior = encode_all(model, images)
    held_out_codes = encode_all(model, held_out_images).mode()
    say("finding directions")
    evidence = Evidence(
        model_id=model_digest(model),
        codes=posterior.mode().double().numpy(),
        held_out=held_out_codes.double().numpy(),
        kl=posterior.kl_per_dimension().mean(dim=0).double().numpy(),
        survival=survival(model, held_out_codes[:SURVIVAL_PICTURES], posterior.mode().std(dim=0)),
        factors=[(factor.name, factor.values) for factor in dataset.factors],
        labels=None if train.labels is None else train.labels[rows],
        held_out_labels=None if held_out.labels is None else held_out.labels[:HELD_OUT_PICTURES],
        scores=measure(images),
        held_out_scores=measure(held_out_images),
    )
    directions = find_directions(evidence)
    say("fitting the prior")
    model.prior = fit_prior(evidence).to(next(model.parameters()).device)
    say("measuring on the test pictures")
    metrics = evaluate_model(model, test_split(dataset).images[:DEFAULT_COUNT])
    labelled = bool(len(model.prior.sizes))
    if labelled:
        metrics["labels_recognised"] = recognised(model, evidence)
    add_calibration(metrics, model, dataset, say)
    return Findings(
        metrics,
        directions,
        dataset.factors if labelled else (),
        f"held-out PSNR {metrics['psnr']:.2f} dB, SSIM {metrics['ssim']:.3f}, "
        f"{metrics['active_dimensions']} of {metrics['dimensions']} dimensions in use, "
        f"{len(directions)} directions",
    )


def recognised(model: LatentModel, evidence: Evidence) -> dict[str, float]:
    """{factor: part of the held-out pictures whose value is read from the latent correctly}."""
    assert evidence.held_out_labels is not None
    labels = Labels.from_prior(model.prior, evidence.factors)
    read = [labels.read(torch.from_numpy(code).float()) for code in evidence.held_out]
    true = evidence.held_out_labels
    return {
        factor: round(
            float(np.mean([row[factor] == values[true[i, f]] for i, row in enumerate(read)])), 4
        )
        for f, (factor, values) in enumerate(evidence.factors)
    }


def survival(model: LatentModel, codes: Tensor, std: Tensor) -> npt.NDArray[np.float64]:
    """For each dimension, how much of a move is found again when the moved picture is encoded,
    `[d]`.

    Codes `[N, d]` are moved by one standard deviation (`std [d]`) along one dimension at a time,
    decoded and encoded; 1 means that the whole move came back, 0 that the decoder ignored it.
    """
    device = next(model.parameters()).device
    result = np.zeros(len(std))
    before = model.encode(model.decode(codes.to(device)).clamp(-1, 1)).mode()
    for index, step in enumerate(std.tolist()):
        moved = codes.clone()
        moved[:, index] += step
        after = model.encode(model.decode(moved.to(device)).clamp(-1, 1)).mode()
        result[index] = float((after - before)[:, index].mean()) / max(step, 1e-6)
    return np.clip(result, 0.0, 1.0)


def sample_sheet(model: LatentModel) -> str:
    """The samples of seeds 0 to 63, as they come, eight a row: WebP in base64."""
    draws = [model.sample_prior(1, torch.Generator().manual_seed(seed)) for seed in range(64)]
    images = [Image.fromarray(array.squeeze()) for array in decode_all(model, torch.cat(draws))]
    width, height = images[0].size
    sheet = Image.new(images[0].mode, (8 * width, 8 * height))
    for seed, image in enumerate(images):
        sheet.paste(image, (seed % 8 * width, seed // 8 * height))
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", quality=85, method=6)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def write(
    trainer: Trainer, dataset: Dataset, findings: Findings, started_from: Ancestry = ()
) -> None:
    """Write the run's model.safetensors."""
    options, clock = trainer.options, trainer.clock
    minutes, images = options.budget
    trained: dict[str, Any] = {
        "images": clock.images,
        "minutes": round(clock.seconds / 60, 2),
        "steps": clock.step,
        "batch_size": trainer.batches.batch_size,
        "budget": {"minutes": minutes} if images is None else {"images": images},
        "preset": trainer.recipe.preset(),
        "seed": options.seed,
        "compute": str(trainer.recipe.compute),
        "torch": version("torch"),
    }
    if options.init_from:
        trained["init_from"] = options.init_from.stem
    if trainer.recipe.remedies:
        trained["restarts"] = trainer.recipe.remedies
    name = options.name or trainer.folder.path.name
    path = trainer.folder.model
    trainer.recipe.keep(path, trainer.ema, name)  # before the model, which ends the run
    write_model(path, trainer.ema, options.family, name, dataset, trained, findings, started_from)


def write_model(
    path: Path,
    model: Model,
    family: str,
    name: str,
    dataset: Dataset,
    trained: Mapping[str, Any],
    findings: Findings,
    started_from: Ancestry = (),
) -> None:
    """Write a model file with all that is known of it: `trained` is how it came about, and
    `started_from` what `genimg.training.plan.Plan` says.

    Raises:
        TrainingError: the disk is full or the folder cannot be written.
    """
    card = dataset.card
    rows, tensors = directions_to_header(findings.directions)
    extra = {
        "data": {
            "name": card.name,
            "title": card.title,
            "licence": card.licence,
            "credit": card.credit,
            "description": card.description,
            "factors": [
                {"name": factor.name, "values": list(factor.values)}
                | ({"hidden_by": [list(p) for p in factor.hidden_by]} if factor.hidden_by else {})
                for factor in findings.factors
            ],
            **({"content": dataset.content} if dataset.content else {}),
            **({"started_from": list(started_from)} if started_from else {}),
        },
        "trained": dict(trained),
        "metrics": findings.metrics,
        "directions": rows,
        "sheet": sample_sheet(model) if isinstance(model, LatentModel) else "",
    }
    try:
        save_model(path, model, family, name=name, extra=extra, tensors=tensors)
    except OSError as error:
        raise TrainingError(
            f"the model could not be written to {path} ({error.strerror}); nothing is lost: free "
            "some space and run the same command again"
        ) from error


def install(model: Path, target: Path, say: Callable[[str], None] = print) -> Path:
    """Copy a finished model to `target`, in the folder where the app finds it by that name, and its
    critic along with it.

    Raises:
        TrainingError: the folder cannot be written.
    """
    for path in (target, critic_beside(target)):
        sweep(path)
    try:
        header, tensors = checkpoint.load(model)
        critics.copy(model, target, target.stem)
        checkpoint.save(target, replace(header, name=target.stem), tensors)
    except OSError as error:
        raise TrainingError(
            f"cannot install {target}: {error.strerror}; nothing is lost, the model is {model}: "
            "free some space, or see to the rights of the folder, and run the same command again"
        ) from error
    say(f"installed as {target}")
    return target
