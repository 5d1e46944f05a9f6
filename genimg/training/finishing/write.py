"""How does what was trained become one file, with its credits, and join the models of the app?"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from genimg import checkpoint
from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.evaluation.coding import decode_all
from genimg.files import critic_beside, sweep
from genimg.latents import directions_to_header
from genimg.latents.maps import maps_to_header
from genimg.models import LatentModel, Model, save_model
from genimg.training import critics
from genimg.training.finishing.findings import Findings

Ancestry = Sequence[Mapping[str, str]]


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
    `started_from` what `genimg.training.planning.plan.Plan` says.

    Raises:
        TrainingError: the disk is full or the folder cannot be written.
    """
    card = dataset.card
    if findings.maps:
        rows, tensors = maps_to_header(findings.maps)
    else:
        rows, tensors = directions_to_header(findings.directions)
    extra = {
        "data": {
            "name": card.name,
            "title": card.title,
            "licence": card.licence,
            "credit": card.credit,
            "description": card.description,
            **({"notice": card.notice} if card.notice else {}),
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
