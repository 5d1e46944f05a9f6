"""How good is a model: measured on pictures of the test split, which no training step has seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from genimg.checkpoint import Header, read_header
from genimg.config import as_size, size_text
from genimg.data import Dataset, FolderOptions, load_dataset
from genimg.data.drawn.artworks import ARTWORKS
from genimg.data.folder.choosing import DEFAULT
from genimg.errors import DataError, MetricError
from genimg.evaluation import classifier as classifiers
from genimg.evaluation.base_autoencoder import evaluate_base
from genimg.evaluation.classifier import Judge, evaluate_classifier
from genimg.evaluation.coding import decode_all, encode_all, reproduce_all
from genimg.evaluation.feature_distances import COUNT, SEEDS
from genimg.evaluation.recognition import evaluate_recognised
from genimg.evaluation.samples import evaluate_samples
from genimg.files import CHECKPOINTS
from genimg.latents.directions import DEAD_KL
from genimg.metrics import psnr, ssim
from genimg.models import MODELS, LatentModel, load_classifier, load_model

Bytes = npt.NDArray[np.uint8]
DEFAULT_COUNT = 500
QUICK_COUNT = 1_000
"""Samples that are measured at the end of a run: some 25 seconds on one core."""


@torch.no_grad()
def evaluate_model(model: LatentModel, images: Bytes) -> dict[str, Any]:
    """Reconstruction of uint8 pictures `[N, H, W, C]` through the posterior mean.

    Returns JSON-ready numbers: pictures, psnr (mean of the pictures' own, dB), ssim (mean), kl
    (nats), active_dimensions (KL of at least 0.05 nats) and dimensions. Of a model that keeps the
    details of a picture, psnr and ssim are with them, and psnr_model is without.
    """
    posterior = encode_all(model, images)
    codes = posterior.mode()
    made = decode_all(model, codes)
    kl = posterior.kl_per_dimension().mean(dim=0)
    pairs = list(zip(np.asarray(images), made, strict=True))
    alone = {}
    if model.keeps_details:
        alone = {"psnr_model": round(float(np.mean([psnr(a, b) for a, b in pairs])), 3)}
        pairs = list(zip(np.asarray(images), reproduce_all(model, images, codes), strict=True))
    return {
        "pictures": len(pairs),
        "psnr": round(float(np.mean([psnr(a, b) for a, b in pairs])), 3),
        **alone,
        "ssim": round(float(np.mean([ssim(a, b) for a, b in pairs])), 4),
        "kl": round(float(kl.sum()), 2),
        "active_dimensions": int((kl >= DEAD_KL).sum()),
        "dimensions": len(kl),
    }


def find_judge(dataset: Dataset, *folders: Path) -> Judge | None:
    """The classifier for the pictures of a data set, looked for in folders of checkpoints."""
    places = (*folders, CHECKPOINTS)
    return classifiers.find_judge(dataset.card.name, dataset.image_shape, places)


def evaluate_drawing(
    model: LatentModel,
    dataset: Dataset,
    judge: Judge | None,
    say: Callable[[str], None] = print,
    count: int = COUNT,
    quick: bool = False,
) -> dict[str, Any]:
    """{"samples": what `evaluate_samples` finds}, or a word on why there is nothing to find.

    Without a judge, but with labels, "classifier" is a word on how to get one. With `quick`, at
    most QUICK_COUNT samples of one seed go through the network that knows photographs; a judge,
    which is quicker, sees as many as ever.
    """
    say("measuring samples in the features of a network that knows photographs")
    few = min(count, QUICK_COUNT), SEEDS[:1]
    try:
        if not quick:
            samples = evaluate_samples(model, dataset, judge, count)
        else:
            samples = evaluate_samples(model, dataset, None, *few)
            if judge is not None:
                samples["classifier"] = evaluate_recognised(model, dataset, judge, count)
    except MetricError as error:  # too few test pictures, say: no reason to lose a trained model
        return {"samples": f"not measured: {error}"}
    if judge is None and dataset.factors:
        _, folder, name = dataset.card.name.rpartition(":")  # where a folder lies is not known
        samples["classifier"] = (
            "there is none for these pictures; one is trained with: python -m genimg train "
            f"classifier --data {'folder:PATH' if folder else name} "
            f"--size {size_text(as_size(dataset.image_shape[1:]) or 0)} --name {name}-classifier"
        )
    return {"samples": samples}


def evaluate(
    path: Path,
    *,
    data: str | None = None,
    data_root: Path | None = None,
    count: int | None = None,
    samples: int = COUNT,
    classifier: Path | None = None,
    device: str = "cpu",
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Evaluate a checkpoint on test pictures of the data set that it names.

    Args:
        data: another data set than the header's, at the model's size.
        count: test pictures that are reconstructed, where the model has an encoder (by default
            DEFAULT_COUNT), or classified by a classifier (by default all).
        samples: pictures drawn for each seed and compared with as many test pictures, in features
            of a network that knows photographs; 0: none.
        classifier: in whose features samples are compared, too; by default one for these pictures,
            from the checkpoint's folder or from checkpoints/.

    Raises:
        CheckpointError: an unusable checkpoint or classifier.
        DataError: the data set is not there, has no test split, or gives pictures of another shape.
    """
    family = MODELS.get(read_header(path).family)
    if family is not None and family.takes_any:
        return evaluate_base(path, data, data_root, count, device)
    if family is not None and family.tells:
        judge_model, header = load_classifier(path, device)
        dataset = dataset_of(path, header, data, data_root, 1)
        told = {"model": header.name, "id": header.id, "data": dataset.name}
        return told | evaluate_classifier(judge_model, header, dataset, count)
    model, header, _ = load_model(path, device)
    name = data or header.data.get("name")
    few = min(max(1, samples), COUNT) if name in ARTWORKS else None  # all take long to be drawn
    dataset = dataset_of(path, header, data, data_root, few)
    images = dataset.split("test").images[: count or DEFAULT_COUNT]
    if not len(images):
        raise DataError(f"{dataset.name} has no test pictures")
    result = {"model": header.name, "id": header.id, "data": dataset.name}
    if model.has_encoder:
        result |= evaluate_model(model, images)
    if samples:
        judge = (
            find_judge(dataset, path.parent)
            if classifier is None
            else Judge(*load_classifier(classifier))
        )
        if judge is not None and few is not None:  # it looks for copies of all training pictures
            dataset = dataset_of(path, header, data, data_root)
        result |= evaluate_drawing(model, dataset, judge, say, samples)
    return result


def dataset_of(
    path: Path,
    header: Header,
    data: str | None,
    data_root: Path | None,
    count: int | None = None,
    folder: FolderOptions = DEFAULT,
) -> Dataset:
    """The data set to measure a checkpoint on: `data`, or the one that its header names.

    The test split does not depend on how many training pictures (`count`) there are. `folder` is
    what is wanted of pictures of one's own.

    Raises:
        DataError: none is named, it is not there, or its pictures are of another shape.
    """
    name = data or header.data.get("name")
    if not name:
        raise DataError(f"{path} does not say what it was trained on; name a data set with --data")
    if data is None and str(name).startswith("folder:"):
        raise DataError(f"{path} was trained on a folder; say where it is: --data folder:PATH")
    size = as_size(header.image_shape[1:])
    dataset = load_dataset(str(name), size, data_root, count=count, folder=folder)
    if dataset.image_shape != header.image_shape:
        raise DataError(
            f"{name} has pictures of shape {dataset.image_shape}, "
            f"the model's are {header.image_shape}"
        )
    return dataset
