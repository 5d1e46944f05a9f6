"""Which classifier is there for some pictures, and what does it see in them?

Chances of each value, features, scores, for pictures of any number, chunk by chunk. Nothing here
trains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from genimg.checkpoint import Header, read_header
from genimg.data import Dataset, Factor
from genimg.errors import CheckpointError, DataError, GenimgError
from genimg.files import model_files
from genimg.images import fit_image, images_to_array
from genimg.metrics.classification import FactorScores, score_factor
from genimg.models import MODELS, Classifier, load_classifier
from genimg.models.chunks import pixel_chunks

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
CHUNK = 128
DIGITS = 4


class Judge:
    """A trained classifier, and the names of what it tells.

    Attributes:
        model: the network, in evaluation mode.
        header: of its file.
        factors: what it tells, in the order of the network's heads.

    Raises:
        CheckpointError: the names do not fit the network.
    """

    def __init__(self, model: Classifier, header: Header) -> None:
        self.model = model.eval().requires_grad_(False)
        self.header = header
        self.factors = header_factors(header)

    def chances(self, images: Bytes, chunk: int = CHUNK) -> dict[str, Floats]:
        """The chance of each value, {factor: float32 `[N, V]`}, of pictures `[N, H, W, C]`."""
        found = classify_all(self.model, images, chunk)
        return {factor.name: chances for factor, chances in zip(self.factors, found, strict=True)}


def find_judge(
    data: str,
    image_shape: tuple[int, int, int],
    folders: Iterable[Path],
    device: torch.device | str = "cpu",
) -> Judge | None:
    """The best classifier for pictures of data set `data` and of shape (C, H, W), if there is one.

    A damaged one is passed over, see `find_classifiers`.
    """
    for path in find_classifiers(data, image_shape, folders):
        try:
            return Judge(*load_classifier(path, device))
        except GenimgError:
            continue
    return None


def find_classifiers(
    data: str, image_shape: tuple[int, int, int], folders: Iterable[Path]
) -> list[Path]:
    """The classifiers for pictures of data set `data` and of shape (C, H, W): the most accurate
    first, as their headers say, then the first by folder and name.

    Files whose headers cannot be read are passed over.
    """
    found: list[tuple[float, Path]] = []
    for path in (path for folder in folders for path in model_files(Path(folder))):
        try:
            header = read_header(path)
        except CheckpointError:
            continue
        fits = header.data.get("name") == data and header.image_shape == tuple(image_shape)
        if header.family in MODELS and MODELS[header.family].tells and fits:
            accuracy = header.metrics.get("accuracy")
            found.append((accuracy if isinstance(accuracy, float) else 0.0, path))
    return [path for _, path in sorted(found, key=lambda pair: -pair[0])]


def header_factors(header: Header) -> tuple[Factor, ...]:
    """The factors that a classifier's file says it tells.

    Raises:
        CheckpointError: they are not there, damaged, or do not fit the network.
    """
    try:
        factors = tuple(
            Factor(
                str(row["name"]),
                tuple(map(str, row["values"])),
                tuple((str(other), str(value)) for other, value in row.get("hidden_by", ())),
            )
            for row in header.data["factors"]
        )
        sizes = tuple(len(factor.values) for factor in factors)
        if not factors or sizes != tuple(header.config["label_sizes"]):
            raise ValueError("the names of its values do not fit its network")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"the classifier {header.name} is damaged and cannot say what it tells: {error}"
        ) from error
    return factors


@torch.no_grad()
def classify_all(model: Classifier, images: Bytes, chunk: int = CHUNK) -> list[Floats]:
    """The chance of each value: for each factor float32 `[N, values]`, rows summing to 1.

    Args:
        images: uint8 `[N, H, W, C]`, of the shape that the model was trained on.
        chunk: pictures that go through the network at once.

    Raises:
        DataError: there are no pictures.
    """
    return look_all(model, images, chunk)[1]


@torch.no_grad()
def look_all(model: Classifier, images: Bytes, chunk: int = CHUNK) -> tuple[Floats, list[Floats]]:
    """The features that the heads read, float32 `[N, d]`, and what `classify_all` gives."""
    if not len(images):
        raise DataError("there are no pictures to look at")
    parts = []
    for pixels in pixel_chunks(images, model.device, chunk):
        features = model.features(pixels)
        parts.append([features, *(head.softmax(dim=1) for head in model.tell(features))])
    columns = [torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True)]
    return columns[0], columns[1:]


@dataclass(frozen=True)
class Answer:
    """What one picture shows of one factor.

    Attributes:
        factor: its name.
        chances: {value: how likely it is}, summing to 1.
        hidden_by: the value, seen in the same picture, that covers this factor; None: nothing does.
    """

    factor: str
    chances: dict[str, float]
    hidden_by: str | None = None

    @property
    def value(self) -> str | None:
        """The likeliest value, or None where the factor cannot be seen."""
        return None if self.hidden_by else max(self.chances, key=self.chances.__getitem__)

    def to_mapping(self) -> dict[str, Any]:
        """JSON-ready."""
        chances = {value: round(chance, DIGITS) for value, chance in self.chances.items()}
        return {"value": self.value, "hidden_by": self.hidden_by, "chances": chances}


def tell(
    model: Classifier, factors: Sequence[Factor], images: Sequence[Image.Image]
) -> list[list[Answer]]:
    """What each picture shows, an answer for each factor; a picture's middle square is looked at.

    Raises:
        ImageError: a picture cannot be decoded.
    """
    stack = images_to_array([fit_image(image, model.image_shape) for image in images])
    chances = classify_all(model, stack)
    best = [
        {f.name: f.values[int(c[row].argmax())] for f, c in zip(factors, chances, strict=True)}
        for row in range(len(stack))
    ]
    return [
        [
            Answer(
                factor.name,
                dict(zip(factor.values, map(float, chances[f][row]), strict=True)),
                factor.cover_in(best[row]),
            )
            for f, factor in enumerate(factors)
        ]
        for row in range(len(stack))
    ]


def score(
    model: Classifier, images: Bytes, labels: Integers, factors: Sequence[Factor]
) -> dict[str, FactorScores]:
    """{factor: how well it is told} of uint8 pictures `[N, H, W, C]` with labels `[N, F]`.

    A factor of which no picture has a visible label is left out.
    """
    chances = classify_all(model, images)
    return {
        factor.name: score_factor(labels[:, f], chances[f].argmax(axis=1), factor.values)
        for f, factor in enumerate(factors)
        if bool((labels[:, f] >= 0).any())
    }


def scores_to_metrics(scores: dict[str, FactorScores], pictures: int) -> dict[str, Any]:
    """JSON-ready: pictures, accuracy and f1 (means over the factors), and everything by factor.

    Where no picture has a label there is no mean.
    """
    means = (
        {
            "accuracy": round(float(np.mean([each.accuracy for each in scores.values()])), DIGITS),
            "f1": round(float(np.mean([each.f1 for each in scores.values()])), DIGITS),
        }
        if scores
        else {}
    )
    factors = {name: _rounded(asdict(each)) for name, each in scores.items()}
    return {"pictures": pictures, **means, "factors": factors}


def _rounded(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: _rounded(value) for name, value in values.items()}
    return round(values, DIGITS) if isinstance(values, float) else values


def evaluate_classifier(
    model: Classifier, header: Header, dataset: Dataset, count: int | None = None
) -> dict[str, Any]:
    """`scores_to_metrics` of the first `count` test pictures (None: all) of a data set.

    Raises:
        DataError: there are none, or their labels are other ones than the classifier tells.
    """
    factors = header_factors(header)
    if [(f.name, f.values) for f in dataset.factors] != [(f.name, f.values) for f in factors]:
        raise DataError(
            f"{header.name} tells {', '.join(f.name for f in factors)}; {dataset.name} has "
            f"{', '.join(f.name for f in dataset.factors) or 'no labels'}, or other values of it"
        )
    images = dataset.split("test").images[:count]
    labels = dataset.visible_labels("test")
    if labels is None or not len(images):
        raise DataError(f"{dataset.name} has no test pictures with labels")
    return scores_to_metrics(score(model, images, labels[:count], dataset.factors), len(images))


def in_words(scores: dict[str, FactorScores]) -> str:
    """One line for a person: the accuracy of each factor, and what was left out as hidden."""
    if not scores:
        return "no test picture has a label to compare with"
    told = []
    for name, each in scores.items():
        hidden = f" ({each.left_out:,} hidden or unknown left out)" if each.left_out else ""
        told.append(f"{name} {each.accuracy:.2%}{hidden}")
    return f"told right on test pictures: {', '.join(told)}"
