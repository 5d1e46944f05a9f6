"""Which point of a model do typed words mean, and what else do commands for pictures share?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from genimg.cli import options
from genimg.errors import ConfigError

if TYPE_CHECKING:
    from genimg.editor import Editor
    from genimg.latents import Recipe

T = TypeVar("T")

SEED_PREFIX = "seed:"
START = "any picture file, one saved by genimg (its edits are kept), or seed:N for a sample"


def add_scale(parser: argparse.ArgumentParser, default: int | None = 2) -> None:
    """The argument --scale; None stands for 2 where a sheet is written, 1 for a single picture."""
    usual = "2 for a sheet, 1 for a single picture" if default is None else str(default)
    parser.add_argument(
        "--scale",
        type=options.whole(1, 16),
        default=default,
        help=f"how many times larger to show the pictures (default: {usual})",
    )


def exchange(text: str) -> tuple[str, str]:
    """Parse "LABEL=VALUE"."""
    factor, equals, value = (word.strip() for word in text.partition("="))
    if not equals or not factor or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not LABEL=VALUE, such as accessory=red hat")
    return factor, value


def once(pairs: list[tuple[str, T]], option: str) -> dict[str, T]:
    """The pairs as a dict; ConfigError if a name is given twice."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{option} {name!r} is given twice: say it once")
    return dict(pairs)


def start(editor: Editor, source: str) -> Recipe:
    """The point that a word of the command line means, with the moves that lead on from it.

    `source` is a picture file, a picture saved by genimg (its recipe is taken up), or "seed:N".
    The origin is a file's name without its folders: a recipe travels with the picture.
    """
    from genimg.images import load_image, read_text
    from genimg.latents import TEXT_KEY, Recipe

    if source.startswith(SEED_PREFIX):
        try:
            seed = options.whole(0)(source.removeprefix(SEED_PREFIX))
        except argparse.ArgumentTypeError as error:
            raise ConfigError(f"{source!r}: {error}") from None
        return Recipe(editor.sample(1, seed)[0], origin=f"sample, seed {seed}")
    if TEXT_KEY in read_text(source):
        return editor.open_picture(source)
    return Recipe(editor.encode(load_image(source)), origin=Path(source).name)
