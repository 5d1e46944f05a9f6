"""How is a training run described in a terminal? One option for each field of `TrainOptions`."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import types
import typing
from pathlib import Path
from typing import Any

from genimg.cli import options

HELP = {
    "data": "data set: {datasets}",
    "size": "side of the pictures in pixels (default: the data set's own)",
    "minutes": "how long to train (default: 60)",
    "images": "how many training pictures to see, instead of a time",
    "preset": "architecture ({presets})",
    "latent_dim": "numbers in a latent (default: what suits the size)",
    "batch_size": "pictures in a step (default: what suits the device)",
    "learning_rate": "peak of the schedule (default: the family's own)",
    "optimizer": "how a step is taken from the gradients",
    "seed": "initial weights, order of the pictures, noise",
    "init_from": "a model file of the same architecture to start from; a gan can start from a vae",
    "out": "folder of the run (default: runs/<data>-<size>-<family>)",
    "name": "also install the finished model as checkpoints/NAME.safetensors",
    "precision": "of the arithmetic; auto times a few steps",
    "layout": "of the pictures in memory; auto times a few steps",
    "threads": "torch threads, or auto: times a few steps",
    "device": "auto, cpu or cuda",
    "early_stopping": "stop after N ({patience} if left out) validations without a better loss",
    "validate_every": "pictures between two validations",
    "snapshot_seconds": "seconds between two written states",
    "gamma": "gan: weight of the gradient penalties (default: what suits the size)",
    "augment": "gan: show the critic augmented pictures; auto: where there are few",
    "folds": "classifier: cross-validate in N stratified parts first",
    "data_root": "folder of the data sets that torchvision reads",
    "count": "training pictures: how many are drawn, or chosen from those that there are",
}
METAVARS = {int: "N", float: "X", Path: "PATH", str: "NAME"}
PATIENCE = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """The family to train, and one option for each field of the training options."""
    from genimg.data import DATASETS
    from genimg.models import MODELS
    from genimg.training import RECIPES, TrainOptions

    parser.description = (
        "Train a model. Ctrl-C writes the state and stops; the same command goes on from there."
    )
    parser.add_argument("family", choices=tuple(RECIPES), help="what to train: %(choices)s")
    presets = "; ".join(f"{family}: {', '.join(MODELS[family].presets)}" for family in RECIPES)
    words = {
        "datasets": f"{', '.join(DATASETS)} or folder:PATH",
        "presets": presets,
        "patience": PATIENCE,
    }
    hints = typing.get_type_hints(TrainOptions)
    for field in dataclasses.fields(TrainOptions):
        if field.name != "family":
            _add(parser, field, hints[field.name], HELP[field.name].format_map(words))


def _add(
    parser: argparse.ArgumentParser, field: dataclasses.Field[Any], hint: Any, text: str
) -> None:
    """Add the option of one field, whose type and default say what may be typed."""
    kind, choices = _kind(hint)
    settings: dict[str, Any] = {
        "default": field.default,
        "help": text if field.default is None else f"{text} (default: %(default)s)",
        "type": _converter(field.name, kind),
    }
    if choices:
        settings["choices"] = choices
    else:
        settings["metavar"] = METAVARS[kind]
    if field.name == "early_stopping":
        settings |= {"nargs": "?", "const": PATIENCE}
    parser.add_argument(f"--{field.name.replace('_', '-')}", **settings)


def _kind(hint: Any) -> tuple[type, tuple[str, ...]]:
    """The plain type of a field (without None), and its choices if it is a Literal."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is typing.Literal:
        return str, typing.get_args(hint)
    assert isinstance(hint, type)
    return hint, ()


def _converter(name: str, kind: type) -> Any:
    if name == "threads":
        return lambda text: None if text == "auto" else options.whole(1)(text)
    return {int: options.whole(0), float: options.finite}.get(kind, kind)


def run(arguments: argparse.Namespace) -> int:
    """Train until the budget is spent, and name the finished file."""
    from genimg.training import Interrupted, TrainOptions, train

    names = [field.name for field in dataclasses.fields(TrainOptions)]
    wanted = TrainOptions(**{name: getattr(arguments, name) for name in names})
    try:
        train(wanted)
    except Interrupted:
        print("genimg: stopped, the state is written; the same command continues", file=sys.stderr)
        return 130
    return 0
