"""How is a training run described in a terminal? One option for each field of `TrainOptions`."""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
import types
import typing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genimg.cli import options, reporting
from genimg.errors import ConfigError
from genimg.runs import RunFiles, at_once, stopped_meanwhile, wait_for_turn

HELP = {
    "data": "data set: {datasets}; several for a base, which learns from all together",
    "size": "side of the pictures in pixels, or HEIGHTxWIDTH for --preset photo (default: the data "
    "set's own, or what suits a folder)",
    "minutes": "how long to train (default: what suits the number of pictures and the machine)",
    "images": "how many training pictures to see, instead of a time",
    "preset": "architecture ({presets})",
    "latent_dim": "numbers in a latent (default: what suits the size)",
    "width": "channels at the finest resolution of a residual network (default: 48)",
    "batch_size": "pictures in a step, of all processes together (default: 32 or 128 for each)",
    "learning_rate": "peak of the schedule (default: the family's own)",
    "optimizer": "how a step is taken from the gradients",
    "seed": "initial weights, order of the pictures, noise",
    "init_from": "a model file of the same architecture to start from; a gan can start from a vae",
    "from_nothing": "start from no model, also where one would be chosen for few pictures",
    "out": "folder of the run (default: runs/<data>-<size>-<family>)",
    "name": "also install the finished model as checkpoints/NAME.safetensors",
    "precision": "of the arithmetic; auto times a few steps",
    "layout": "of the pictures in memory; auto times a few steps",
    "threads": "torch threads, or auto: times a few steps",
    "device": "auto, cpu, cuda or mps",
    "early_stopping": "stop after N ({patience} if left out) validations without a better loss",
    "validate_every": "pictures between two validations",
    "snapshot_seconds": "seconds between two written states",
    "gamma": "weight of the gradient penalties (default: what suits the size)",
    "augment": "show pictures changed at random; auto: where there are few, as their kind bears",
    "critic_from": "a GAN whose critic to begin with (default: that of --init-from)",
    "freeze": "stages of that critic that stay as they are (default: some where there are "
    "few pictures)",
    "crop": "folder: the middle square, or around the subject",
    "keep": "folder: use what would be left out: a reason, or names as the report gives them",
    "leave_out": "folder: leave out files by name, such as 'blurred/*'",
    "labels": "folder: a CSV, JSON or JSON Lines file of the pictures' names and labels",
    "title": "folder: what the pictures are, for the model's card",
    "credit": "folder: whose pictures they are",
    "licence": "folder: what others may do with them",
    "tensorboard": "write the curves for TensorBoard, too",
    "folds": "cross-validate in N stratified parts first",
    "data_root": "folder of the data sets that torchvision reads",
    "count": "training pictures: how many are drawn, or chosen from those that there are",
}
METAVARS = {int: "N", float: "X", Path: "PATH", str: "NAME"}
PATIENCE = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """The family to train, and one option for each field of the training options."""
    from genimg.data import DATASETS
    from genimg.models import MODELS
    from genimg.training import OBJECTIVES, TrainOptions
    from genimg.training.objectives import families_with

    parser.description = (
        "Train a model. Ctrl-C writes the state and stops; the same command goes on from there. "
        "What is not given is chosen, and the choice is told."
    )
    parser.add_argument(
        "family",
        choices=tuple(OBJECTIVES),
        nargs="?",
        default=TrainOptions.family,
        help="what to train: %(choices)s (default: %(default)s)",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="only tell what would be done, how fast, for how long and with how much memory",
    )
    parser.add_argument(
        "--queue",
        action="store_true",
        help="with --out: wait until no other run of the same folder of runs trains",
    )
    reporting.add_report(
        parser, "with --dry-run: how pictures are varied (changes.png) and plan.json go here"
    )
    presets = "; ".join(f"{family}: {', '.join(MODELS[family].presets)}" for family in OBJECTIVES)
    words = {
        "datasets": f"{', '.join(DATASETS)} or folder:PATH",
        "presets": presets,
        "patience": PATIENCE,
    }
    hints = typing.get_type_hints(TrainOptions)
    for field in dataclasses.fields(TrainOptions):
        if field.name not in ("family", "mixed_with"):  # which further words of --data fill
            families = families_with(field.name)
            of = "" if len(families) == len(OBJECTIVES) else f"{', '.join(families)}: "
            _add(parser, field, hints[field.name], of + HELP[field.name].format_map(words))


def _add(
    parser: argparse.ArgumentParser, field: dataclasses.Field[Any], hint: Any, text: str
) -> None:
    """Add the option of one field, whose type and default say what may be typed."""
    name = f"--{field.name.replace('_', '-')}"
    if field.type == "bool":
        parser.add_argument(name, action="store_true", help=text)
        return
    kind, choices = (str, ()) if field.name == "size" else _kind(hint)
    settings: dict[str, Any] = {
        "default": field.default,
        "help": text if field.default is None else f"{text} (default: %(default)s)",
        "type": _converter(field.name, kind),
    }
    if choices:
        settings["choices"] = choices
    else:
        settings["metavar"] = "N" if field.name == "size" else METAVARS[kind]
    if field.name == "early_stopping":
        settings |= {"nargs": "?", "const": PATIENCE}
    if field.name == "data":
        settings |= {"nargs": "+", "default": [field.default]}
    if typing.get_origin(hint) is tuple:
        # --keep A B and --keep=A --keep=B, which no B can turn into an option
        settings |= {"nargs": "+", "action": "extend", "default": [], "help": text}
    parser.add_argument(name, **settings)


def _kind(hint: Any) -> tuple[type, tuple[str, ...]]:
    """The plain type of a field (without None), and its choices if it is a Literal."""
    if typing.get_origin(hint) is tuple:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is typing.Literal:
        return str, typing.get_args(hint)
    assert isinstance(hint, type)
    return hint, ()


def _converter(name: str, kind: type) -> Any:
    if name == "size":
        return options.size
    if name == "threads":
        return lambda text: None if text == "auto" else options.whole(1)(text)
    return {int: options.whole(0), float: options.finite}.get(kind, kind)


@contextmanager
def turn(words: Sequence[str]) -> Iterator[bool]:
    """Wait for the turn of `train --queue`, as typed; False if asked to stop meanwhile.

    It comes before the arguments are read, since that takes torch: a run that waits is small.
    """
    if words[:1] != ["train"] or "--queue" not in words:
        yield True
        return
    parser = argparse.ArgumentParser(prog="genimg train", add_help=False, allow_abbrev=False)
    parser.add_argument("--out", type=Path)
    known, _ = parser.parse_known_args(words)
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise ConfigError("--queue is for a run of one process")
    if known.out is None:
        raise ConfigError("--queue needs --out=FOLDER, the folder of the run")
    earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    try:
        with wait_for_turn(known.out.parent, RunFiles(known.out), at_once()) as mine:
            yield mine
    finally:
        signal.signal(signal.SIGTERM, earlier)


def run(arguments: argparse.Namespace) -> int:
    """Train until the budget is spent, and name the finished file; or only tell the plan."""
    from genimg.data.progress import seldom
    from genimg.training import Interrupted, TrainOptions, dry_run, train

    names = [f.name for f in dataclasses.fields(TrainOptions) if f.name != "mixed_with"]
    values = {name: getattr(arguments, name) for name in names}
    values["data"], *values["mixed_with"] = values["data"]
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    if arguments.dry_run:
        with reporting.reporting(arguments.report) as report:
            progress = None if report is None else seldom(report.progress)
            plan, changed = dry_run(TrainOptions(**values), progress=progress)
            if report is not None:
                report.write("plan.json", plan.to_mapping())
                report.picture("changes.png", changed)
        return 0
    if arguments.queue and stopped_meanwhile(RunFiles(arguments.out)):  # while torch was loaded
        return 130
    try:
        train(TrainOptions(**values))
    except Interrupted:
        print("genimg: stopped, the state is written; the same command continues", file=sys.stderr)
        return 130
    return 0
