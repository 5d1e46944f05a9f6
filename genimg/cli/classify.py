"""What do pictures show, as a classifier sees them, and how well does it tell?"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from genimg.cli import options

if TYPE_CHECKING:
    from genimg.evaluation.classifier import Answer

COLUMNS = ("accuracy", "precision", "recall", "f1")
RUNNERS_UP = 2
LEAST = 0.05
"""A value that is less likely than this is not worth a word."""


def configure_classify(parser: argparse.ArgumentParser) -> None:
    """The arguments of `classify`."""
    options.add_model(parser)
    parser.add_argument(
        "images",
        metavar="IMAGE",
        nargs="+",
        help="any picture file; its middle square is looked at. The model chooses among the values "
        "that it was trained on, whatever the picture shows",
    )
    parser.add_argument("--json", action="store_true", help="the chance of every value, as JSON")


def run_classify(arguments: argparse.Namespace) -> int:
    """Print what each picture shows, with how likely that is."""
    path = options.checkpoint_path(arguments.checkpoint)
    from genimg.evaluation.classifier import header_factors, tell
    from genimg.images import load_image
    from genimg.models import load_classifier
    from genimg.models.device import choose_device

    model, header = load_classifier(path, choose_device(arguments.device))
    factors = header_factors(header)
    answers = tell(model, factors, [load_image(image) for image in arguments.images])
    if arguments.json:
        rows = [
            {"picture": name, "shows": {each.factor: each.to_mapping() for each in row}}
            for name, row in zip(arguments.images, answers, strict=True)
        ]
        print(options.json_text(rows))
        return 0
    for name, row in zip(arguments.images, answers, strict=True):
        print(name)
        for each in row:
            print(f"  {each.factor:<16} {_words(each)}")
    print("The nearest of what this model was trained on, whatever the pictures show.")
    return 0


def _words(answer: Answer) -> str:
    if answer.hidden_by is not None:
        return f"cannot be seen (hidden by: {answer.hidden_by})"
    ranked = sorted(answer.chances.items(), key=lambda pair: -pair[1])
    words = f"{ranked[0][0]:<24} {ranked[0][1]:6.1%}"
    others = [f"{value} {p:.0%}" for value, p in ranked[1 : 1 + RUNNERS_UP] if p >= LEAST]
    return words + (f"  (or {', '.join(others)})" if others else "")


def score_lines(metrics: Mapping[str, Any], with_values: bool = False) -> Iterator[str]:
    """The scores of a classifier, as `scores_to_metrics` gives them, as a table for a person.

    Args:
        with_values: add a table of the values of each factor.
    """
    factors: Mapping[str, Mapping[str, Any]] = metrics["factors"]
    yield f"\ntold right on {metrics['pictures']:,} test pictures"
    yield from _table(
        "", (*COLUMNS, "pictures", "left out"),
        {name: (*(row[c] for c in COLUMNS), row["pictures"], row["left_out"])
         for name, row in factors.items()},
    )  # fmt: skip
    if any(row["left_out"] for row in factors.values()):
        yield "  left out: the value is hidden by another one, or not known"
    crossed = metrics.get("cross_validation")
    if crossed:
        yield f"\n{crossed['folds']}-fold cross-validation on the training pictures, mean ± std"
        for name, row in crossed["factors"].items():
            told = [f"{c} {row[c]['mean']:.2%} ± {row[c]['std']:.2%}" for c in COLUMNS]
            yield f"  {name:<20} {', '.join(told)}"
    for name, row in factors.items() if with_values else ():
        yield ""
        yield from _table(
            name, (*COLUMNS[1:], "pictures"),
            {value: (*(of[c] for c in COLUMNS[1:]), of["support"])
             for value, of in row["values"].items()},
        )  # fmt: skip


def _table(
    title: str, columns: Sequence[str], rows: Mapping[str, Sequence[float]]
) -> Iterator[str]:
    width = max(20, *(len(name) for name in rows))
    yield f"  {title:<{width}}" + "".join(f"{column:>11}" for column in columns)
    for name, cells in rows.items():
        shown = (f"{cell:.2%}" if isinstance(cell, float) else f"{cell:,}" for cell in cells)
        yield f"  {name:<{width}}" + "".join(f"{cell:>11}" for cell in shown)
