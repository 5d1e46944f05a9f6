"""What does a picture show: in measured attributes, and to a classifier of the same pictures?"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from genimg.checkpoint import Header, read_header
from genimg.data import Factor
from genimg.errors import CheckpointError, GenimgError
from genimg.images import array_to_pixels
from genimg.metrics import measure
from genimg.models import Classifier, load_classifier

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

CHUNK = 32
"""Pictures that the classifier looks at together: more are no quicker, and take more memory."""


@dataclass(frozen=True)
class Seen:
    """What is seen in N pictures.

    Attributes:
        attributes: {measured attribute: `[N]`}, see `genimg.metrics.measure` for the units.
        chances: {factor: the chance of each of its values, `[N, V]`}; empty without a classifier.
        factors: what the classifier tells, in the order of `chances`.
    """

    attributes: Mapping[str, Floats]
    chances: Mapping[str, Floats]
    factors: tuple[Factor, ...]

    def verdict(self, factor: Factor, picture: int) -> str | None:
        """The likeliest value of a factor; None where another one hides it."""
        likeliest = {f.name: f.values[int(self.chances[f.name][picture].argmax())]
                     for f in self.factors}  # fmt: skip
        hidden = any(likeliest.get(other) == value for other, value in factor.hidden_by)
        return None if hidden else likeliest[factor.name]


class Judge:
    """A classifier, and the names of what it tells.

    Raises:
        CheckpointError: the names do not fit the network.
    """

    def __init__(self, model: Classifier, header: Header) -> None:
        self._model = model.eval().requires_grad_(False)
        self._device = next(model.parameters()).device
        try:
            self.factors = tuple(
                Factor(
                    str(row["name"]),
                    tuple(map(str, row["values"])),
                    tuple((str(other), str(value)) for other, value in row.get("hidden_by", ())),
                )
                for row in header.data["factors"]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(f"{header.name} does not say what it tells: {error}") from None
        if tuple(len(factor.values) for factor in self.factors) != model.config.label_sizes:
            raise CheckpointError(f"{header.name} does not say what it tells")

    @torch.inference_mode()
    def chances(self, images: Bytes) -> dict[str, Floats]:
        """The chance of each value, {factor: `[N, V]`}, of pictures `[N, H, W, C]`."""
        pixels = array_to_pixels(images).to(self._device)
        parts = [
            [logits.softmax(dim=1).double().cpu() for logits in self._model(part)]
            for part in torch.split(pixels, CHUNK)
        ]
        columns = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
        return {factor.name: c for factor, c in zip(self.factors, columns, strict=True)}


class Watching:
    """Looks at pictures, with a classifier that fits them where there is one in the folder.

    The classifier is looked for and loaded when the first picture is looked at. May be shared
    between threads.

    Args:
        judge: a classifier that is loaded already; by default one is looked for.
        folder: where to look for it; None: nowhere.
        data: name of the data set that it was trained on.
        image_shape: (C, H, W) of the pictures.
        device: what it shall run on.
    """

    def __init__(
        self,
        judge: Judge | None = None,
        folder: Path | None = None,
        data: str = "",
        image_shape: tuple[int, int, int] = (3, 1, 1),
        device: torch.device | str = "cpu",
    ) -> None:
        self._judge = judge
        self._folder = None if judge else folder
        self._wanted = (data, image_shape, device)
        self._lock = threading.Lock()

    @property
    def judge(self) -> Judge | None:
        """The classifier, loaded when it is first asked for; None if there is none that fits."""
        with self._lock:
            if self._folder is not None:
                self._judge = find_judge(self._folder, *self._wanted)
                self._folder = None
            return self._judge

    def look(self, images: Bytes) -> Seen:
        """What pictures `[N, H, W, C]` show."""
        judge = self.judge
        chances = judge.chances(images) if judge else {}
        return Seen(measure(images), chances, judge.factors if judge else ())


def find_judge(
    folder: Path,
    data: str,
    image_shape: tuple[int, int, int],
    device: torch.device | str = "cpu",
) -> Judge | None:
    """The classifier in a folder for pictures of one data set and shape (C, H, W), if there is one.

    Of several the most accurate is taken, then the first by name. A damaged one is passed over:
    pictures can be edited without it.
    """
    fitting = []
    for path in sorted(folder.glob("*.safetensors")):
        if path.name.startswith("."):  # a file that is being written
            continue
        try:
            header = read_header(path)
        except CheckpointError:
            continue
        fits = header.data.get("name") == data and header.image_shape == image_shape
        if header.family == "classifier" and fits:
            accuracy = header.metrics.get("accuracy")
            fitting.append((-accuracy if isinstance(accuracy, float) else 0.0, path))
    for _, path in sorted(fitting):
        try:
            return Judge(*load_classifier(path, device))
        except GenimgError:
            continue
    return None
