"""How is a model that still trains opened in the editor? `python -m genimg snapshot RUN`."""

from __future__ import annotations

import argparse
from pathlib import Path

from genimg.errors import ConfigError
from genimg.files import CHECKPOINTS, SUFFIX


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
        help="write checkpoints/NAME.safetensors (default: the run's name, and -now)",
    )
    parser.add_argument(
        "--force", action="store_true", help="also in place of a finished model of that name"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file and name it."""
    name = arguments.name or f"{arguments.run.resolve().name}-now"
    if not name or Path(name).name != name:
        raise ConfigError(f"a model's name is one word without slashes, not {name!r}")
    from genimg.training import snapshot

    target = CHECKPOINTS / f"{name}{SUFFIX}"
    snapshot(arguments.run, target, force=arguments.force)
    return 0
