"""Which point of a model do typed words mean, and what else do commands for pictures share?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from genimg.cli import options
from genimg.errors import ConfigError, LatentError

if TYPE_CHECKING:
    from PIL import Image

    from genimg.editor import Editor
    from genimg.edits import Operation, Recipe

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


def add_labels(parser: argparse.ArgumentParser, what: str) -> None:
    """The argument --set, which may be given several times; `what` it is for."""
    _add_pairs(parser, "--set", "LABEL=VALUE", _exchange, f'{what}, such as "accessory=red hat"')


def add_numbers(parser: argparse.ArgumentParser, what: str) -> None:
    """The argument --to, which may be given several times; `what` it is for."""
    _add_pairs(parser, "--to", "NUMBER=VALUE", _number, f"{what}, such as age=60")


def _add_pairs(
    parser: argparse.ArgumentParser,
    option: str,
    metavar: str,
    parse: Callable[[str], tuple[str, Any]],
    what: str,
) -> None:
    """An argument that gathers pairs of a name and a value."""
    things = metavar.partition("=")[0].lower() + "s"
    parser.add_argument(
        option,
        metavar=metavar,
        type=parse,
        action="append",
        default=[],
        help=f"{what}; give it again for more (`describe` lists the {things})",
    )


def _exchange(text: str) -> tuple[str, str]:
    """Parse "LABEL=VALUE"."""
    factor, equals, value = (word.strip() for word in text.partition("="))
    if not equals or not factor or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not LABEL=VALUE, such as accessory=red hat")
    return factor, value


def _number(text: str) -> tuple[str, float]:
    """Parse "NUMBER=VALUE"."""
    name, equals, value = text.rpartition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NUMBER=VALUE, such as age=60")
    return name.strip(), options.finite(value)


def check_numbers(editor: Editor, names: Iterable[str]) -> None:
    """Refuse a number that the model does not tell, and suggest those it tells."""
    known = list(editor.scales)
    for name in names:
        if name not in known:
            told = ", ".join(known) or "none"
            raise LatentError(
                f"this model tells no number {name!r}{options.near(name, known)}; it tells {told}"
            )


def print_numbers(editor: Editor, recipe: Recipe, names: Collection[str]) -> None:
    """Print what a picture shows of some numbers, and how far that is off on average."""
    for name, value in editor.shown(recipe).items() if names else ():
        if name in names:
            scale = editor.scales[name]
            print(f"{name}: about {scale.words(value)} ({scale.off})")


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
    from genimg.edits import TEXT_KEY, Recipe
    from genimg.images import read_text

    if source.startswith(SEED_PREFIX):
        try:
            seed = options.whole(0)(source.removeprefix(SEED_PREFIX))
        except argparse.ArgumentTypeError as error:
            raise ConfigError(f"{source!r}: {error}") from None
        return Recipe(editor.sample(1, seed)[0], origin=f"sample, seed {seed}")
    if TEXT_KEY in read_text(source, TEXT_KEY):
        return editor.open_picture(source)
    return Recipe(editor.encode(fitted(editor, source)), origin=Path(source).name)


def operation(editor: Editor, words: list[str]) -> Operation:
    """The operation that words of the command line ask for: its name, and NAME=VALUE for each of
    its parameters. Another picture is what `start` takes, all else JSON or plain text.
    """
    from genimg.edits import OPERATIONS, read_operation

    types = OPERATIONS[words[0]].parameters() if words[0] in OPERATIONS else {}
    values: dict[str, object] = {"operation": words[0]}
    for word in words[1:]:
        name, equals, text = word.partition("=")
        if not equals:
            raise ConfigError(f"{word!r} is not NAME=VALUE: --do {words[0]} NAME=VALUE ...")
        values[name] = (
            start(editor, text).to_text() if types.get(name) == "Recipe" else _plain(text)
        )
    return read_operation(values)


def _plain(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def fitted(editor: Editor, source: str) -> Image.Image:
    """The part of a picture file that a model takes; what had to be made smaller is said."""
    from genimg.images import load_image

    whole = load_image(source)
    taken = editor.fit(whole)
    if not editor.has_kind and taken.size != whole.size:
        sizes = [f"{image.width:,} x {image.height:,}" for image in (whole, taken)]
        print(f"genimg: note: {source} was brought from {' to '.join(sizes)} pixels",
              file=sys.stderr)  # fmt: skip
    return taken
