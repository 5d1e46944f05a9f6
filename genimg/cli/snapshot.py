"""How is a model that still trains opened in the editor? `python -m genimg snapshot RUN`."""

from __future__ import annotations

import argparse
from pathlib import Path

from genimg.cli import options
from genimg.errors import ConfigError
from genimg.files import CHECKPOINTS


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `snapshot`."""
    parser.description = (
        "Make a model file of what a run has learned so far. The run goes on undisturbed."
    )
    parser.add_argument(
        "run", metavar="RUN", type=Path, help="folder of the run, such as runs/mine"
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="write checkpoints/NAME.safetensors (default: the run's name)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file and name it."""
    name = arguments.name or arguments.run.resolve().name
    if not name or Path(name).name != name:
        raise ConfigError(f"a model's name is one word without slashes, not {name!r}")
    from genimg.training import snapshot

    snapshot(arguments.run, CHECKPOINTS / f"{name}{options.SUFFIX}")
    return 0
