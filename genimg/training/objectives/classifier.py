"""How a classifier learns: cross-entropy of every labelled factor, on slightly shifted pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from genimg.data import Dataset, visible_labels
from genimg.errors import ConfigError
from genimg.evaluation.classifier import in_words, score, scores_to_metrics
from genimg.evaluation.coding import test_split
from genimg.models import Classifier
from genimg.runs.description import ACCURACY, ERROR, Graph, Kind, Signal
from genimg.training.finishing.findings import Findings
from genimg.training.objectives.objective import Objective, Player, Terms, cosine
from genimg.training.options import TrainOptions
from genimg.training.pictures.batches import Batch, fixed_batch
from genimg.training.planning.compute import Compute


@dataclass(frozen=True)
class ClassifierOptions:
    """Training options of a classifier.

    Attributes:
        learning_rate: peak, reached after the warm-up; a cosine leads down from it.
        final_learning_rate: at the end of the cosine.
        warmup: part of the budget over which the rate climbs from 0.
        weight_decay: of AdamW (Loshchilov & Hutter 2019), on matrices and kernels alone.
        label_smoothing: share of certainty that is spread over all values (Szegedy et al. 2016).
        shift: pictures are shifted by up to this part of their side; the border is repeated.
        max_gradient_norm: clip.
    """

    learning_rate: float = 2e-3
    final_learning_rate: float = 1e-6
    warmup: float = 0.1
    weight_decay: float = 0.02
    label_smoothing: float = 0.02
    shift: float = 1 / 16
    max_gradient_norm: float = 5.0


class ClassifierObjective(Objective):
    """Supervised learning of all factors at once; a hidden or unknown label counts for nothing."""

    own_options: ClassVar = ("folds",)
    kind: ClassVar = Kind(
        "Classifier",
        closed="A classifier tells pictures apart and makes none, so there is nothing to edit with "
        "it. Use it in a terminal: python -m genimg classify",
        graphs=(
            Graph(
                "Right answers",
                "part of the pictures it never saw, 1 is all",
                (("held_out_accuracy", "right"),),
            ),
            ERROR,
        ),
        trends=(ACCURACY,),
    )
    signals: ClassVar = (
        Signal("accuracy", "held-out accuracy {:.1%}"),
        Signal("train_accuracy", held_out=False),
    )
    model: Classifier

    def __init__(self, model: Classifier, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        self.options = ClassifierOptions(
            learning_rate=options.learning_rate or ClassifierOptions.learning_rate
        )
        self.players = {
            "model": Player(model.parameters(), self._optimizer(), self.options.max_gradient_norm)
        }
        self.fixed: Batch | None = None  # some training pictures

    def _optimizer(self) -> torch.optim.Optimizer:
        parameters = list(self.model.parameters())
        if self.train_options.optimizer == "rmsprop":
            return torch.optim.RMSprop(parameters, self.options.learning_rate, alpha=0.99)
        groups: list[dict[str, Any]] = [
            {"params": [p for p in parameters if p.ndim > 1]},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        rate, decay = self.options.learning_rate, self.options.weight_decay
        return torch.optim.AdamW(groups, rate, weight_decay=decay, fused=True)

    @override
    @classmethod
    def check(cls, options: TrainOptions) -> None:
        if options.batch_size == 1:
            raise ConfigError("a classifier needs a --batch-size of 2 or more")
        if options.folds is not None and options.init_from is not None:
            raise ConfigError(
                "--folds cannot go with --init-from: that model has seen the pictures that a fold "
                "is tested on"
            )

    @override
    @classmethod
    def training_data(cls, options: TrainOptions, dataset: Dataset) -> Dataset:
        if dataset.labels is None or not bool((dataset.labels[dataset.splits["train"]] >= 0).any()):
            raise ConfigError(
                f"{options.data} has no labels, so there is nothing to learn to tell; a folder has "
                "them when its pictures lie in folders of their own kind"
            )
        return replace(dataset, labels=visible_labels(dataset.labels, dataset.factors))

    @override
    def schedule(self, progress: float, images: int) -> None:
        peak = self.damping * self.options.learning_rate
        rate = cosine(progress, peak, min(peak, self.options.final_learning_rate))
        for group in self.players["model"].optimizer.param_groups:
            group["lr"] = min(1.0, (progress + 1e-4) / self.options.warmup) * rate

    @override
    def terms(self, batch: Batch, rng: torch.Generator) -> Terms:
        most = round(self.options.shift * batch.pixels.shape[3])
        pixels = moved(batch.pixels, draw_moves(batch.total, most, rng)[:, self.part.rows])
        with self.compute.autocast():
            logits = self.model(pixels)
        smoothing = self.options.label_smoothing
        return {"loss": cross_entropy(logits, batch.labels, smoothing, batch.rows)}

    @override
    def prepare(self, dataset: Dataset) -> None:
        some = fixed_batch(dataset, "train")
        self.fixed = Batch(self.compute.place(some.pixels), some.labels.to(self.compute.device))

    @override
    def validate(self, model: Classifier, batch: Batch) -> dict[str, float]:
        logits = model(batch.pixels)
        scores = {
            "loss": float(cross_entropy(logits, batch.labels)),
            "accuracy": accuracy(logits, batch.labels),
        }
        if self.fixed is not None:
            scores["train_accuracy"] = accuracy(model(self.fixed.pixels), self.fixed.labels)
        return scores

    @override
    def preview(self, model: Classifier, pixels: Tensor) -> list[Tensor]:
        return []

    @override
    def sheet_rows(self) -> tuple[str, ...]:
        return ()

    @classmethod
    @override
    def finish(
        cls, model: Classifier, dataset: Dataset, say: Callable[[str], None], quick: bool = False
    ) -> Findings:
        say("measuring on the test pictures")
        test = test_split(dataset)
        assert test.labels is not None
        scores = score(model, test.images, test.labels, dataset.factors)
        metrics = scores_to_metrics(scores, len(test))
        return Findings(metrics, [], dataset.factors, in_words(scores))


def cross_entropy(
    logits: list[Tensor], labels: Tensor, smoothing: float = 0.0, rows: slice = slice(None)
) -> Tensor:
    """The cross-entropies of all factors, summed; each is a mean over the labels that are known.

    Args:
        logits: `[N, values]` for each factor.
        labels: int64 `[N, F]`, -1 where a value is hidden or not known. Where several processes
            share a batch, those of the whole batch `[M, F]`.
        rows: which of these labels the logits belong to. The sum over them is divided by the number
            of known labels in the whole batch, so that the processes' parts add up to its mean.
    """
    losses = []
    for head, column in zip(logits, labels.T, strict=True):
        loss = F.cross_entropy(
            head.float(), column[rows], ignore_index=-1, reduction="sum", label_smoothing=smoothing
        )
        losses.append(loss / (column >= 0).sum().clamp_min(1))
    return torch.stack(losses).sum()


def accuracy(logits: list[Tensor], labels: Tensor) -> float:
    """The part of the known labels `[N, F]` that is right, the mean of the factors; 0 without any.

    Args:
        logits: `[N, values]` for each factor.
    """
    right = [
        (head.argmax(dim=1) == column)[column >= 0].float().mean()
        for head, column in zip(logits, labels.T, strict=True)
        if bool((column >= 0).any())
    ]
    return float(torch.stack(right).mean()) if right else 0.0


def draw_moves(n: int, most: int, rng: torch.Generator) -> Tensor:
    """By how many pixels each of n pictures is moved down and right, int64 `[2, n, 1]`."""
    return torch.randint(-most, most + 1, (2, n, 1), generator=rng, device=rng.device)


def moved(pixels: Tensor, moves: Tensor) -> Tensor:
    """Each picture `[N, C, H, W]` moved by its pixels `[2, N, 1]` both ways, its border repeated.

    No value of any data set here depends on where in the picture the whole of it lies.
    """
    n, _, height, width = pixels.shape
    down, right = moves.to(pixels.device)
    rows = (torch.arange(height, device=pixels.device) + down).clamp(0, height - 1)  # (N, H)
    columns = (torch.arange(width, device=pixels.device) + right).clamp(0, width - 1)  # (N, W)
    which = torch.arange(n, device=pixels.device)
    picked = pixels[which[:, None, None], :, rows[:, :, None], columns[:, None, :]]  # (N, H, W, C)
    return picked.permute(0, 3, 1, 2)
