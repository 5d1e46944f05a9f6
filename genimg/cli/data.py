"""What is in a data set? Its card, its counts, and a labelled contact sheet."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from genimg.cli import options

if TYPE_CHECKING:
    from genimg.data import Dataset


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `data`."""
    from genimg.data import DATASETS

    parser.add_argument(
        "data",
        metavar="NAME",
        help=f"{', '.join(DATASETS)}, or folder:PATH for a folder of pictures",
    )
    parser.add_argument(
        "--size",
        metavar="N",
        type=options.whole(1),
        help="side of the pictures in pixels (default: the data set's own)",
    )
    parser.add_argument(
        "--count",
        metavar="N",
        type=options.whole(1, 1000),
        default=40,
        help="pictures on the sheet (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=options.whole(0),
        default=0,
        help="which pictures are on the sheet (default: %(default)s)",
    )
    options.add_data_root(parser)
    options.add_out(parser, Path("data.png"), "PNG sheet to write")


def run(arguments: argparse.Namespace) -> int:
    """Print the card and the counts of a data set, and write some of its pictures."""
    options.check_out(arguments.out, options.SHEETS)
    from genimg.data import data_sheet, load_dataset
    from genimg.images import encode_png

    dataset = load_dataset(arguments.data, size=arguments.size, root=arguments.data_root)
    for line in _card(dataset):
        print(line)
    sheet = data_sheet(dataset, arguments.count, seed=arguments.seed)
    options.write(arguments.out, encode_png(sheet))
    return 0


def _card(dataset: Dataset) -> Iterable[str]:
    channels, height, width = dataset.image_shape
    colour = "grey" if channels == 1 else "colour"
    counts = ", ".join(f"{len(rows):,} {name}" for name, rows in dataset.splits.items())
    yield dataset.card.title
    yield f"  {dataset.card.description}"
    yield f"  credit    {dataset.card.credit}"
    yield f"  licence   {dataset.card.licence}"
    yield f"  pictures  {width} x {height}, {colour}: {counts}"
    for factor in dataset.factors:
        yield f"  {factor.name}: {', '.join(factor.values)}"
    for number in dataset.numbers:
        yield f"  {number.name}: {number.range}"
