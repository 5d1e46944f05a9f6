"""What can a model draw by itself: new pictures, more like one, a mix of two?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genimg.cli import options, points

if TYPE_CHECKING:
    from genimg.editor import Editor
    from genimg.latents import Latent, Wish


def configure_sample(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sample`."""
    options.add_model(parser)
    _add_count(parser, 16)
    parser.add_argument(
        "--truncation",
        "--temperature",
        dest="temperature",
        metavar="X",
        type=options.number(0),
        default=1.0,
        help="spread: below 1 more typical, above 1 more varied (default: %(default)s)",
    )
    parser.add_argument(
        "--ask",
        metavar="TEXT",
        default="",
        help="what the pictures shall show, in the words of the model, such as "
        '"blue cat, glasses", or "old man, age 70" where it tells numbers',
    )
    points.add_numbers(parser, "one number that the pictures shall show, in its unit")
    points.add_labels(parser, "one label that the pictures shall have")
    _add_grid(parser, "samples.png")


def run_sample(arguments: argparse.Namespace) -> int:
    """Write a grid of new pictures, labelled with their seeds."""
    options.check_out(arguments.out, _endings(arguments.n))
    wanted = points.once(arguments.set, "--set")
    given = points.once(arguments.to, "--to")
    editor = options.load_editor(arguments)
    points.check_numbers(editor, given)
    wish = _asked(editor, arguments.ask)
    labels, numbers = {**wish.labels, **wanted}, {**wish.numbers, **given}
    drawn = editor.sample(arguments.n, arguments.seed, arguments.temperature, labels)
    latents = editor.with_numbers(drawn, numbers)
    asked = [f"{name}={value}" for name, value in labels.items()]
    asked += [f"{name}={editor.scales[name].words(value)}" for name, value in numbers.items()]
    if asked:
        print(f"asked for: {', '.join(asked)}")
    seeds = [arguments.seed + i for i in range(arguments.n)]
    _write(
        editor,
        latents,
        arguments,
        captions=[str(seed) for seed in seeds],
        origin=f"sample, seed {arguments.seed}",
    )
    return 0


def configure_vary(parser: argparse.ArgumentParser) -> None:
    """The arguments of `vary`."""
    options.add_model(parser)
    parser.add_argument("image", metavar="IMAGE", help=points.START)
    parser.add_argument(
        "--strength",
        metavar="X",
        type=options.number(0, 1),
        default=0.4,
        help="0 is the picture itself, 1 any other picture (default: %(default)s)",
    )
    _add_count(parser, 8)
    _add_grid(parser, "variations.png")


def run_vary(arguments: argparse.Namespace) -> int:
    """Write a grid of pictures like one picture, which is the first of them."""
    options.check_out(arguments.out, _endings(arguments.n))
    editor = options.load_editor(arguments)
    start = points.start(editor, arguments.image)
    middle = editor.edited(start)
    varied = editor.vary(middle, arguments.n, arguments.seed, arguments.strength)
    captions = [str(arguments.seed + i) for i in range(arguments.n)]
    origin = f"like {start.origin or 'a saved picture'}, seed {arguments.seed}"
    if arguments.n > 1:
        varied, captions = [middle, *varied], ["start", *captions]
    _write(editor, varied, arguments, captions, origin)
    return 0


def configure_mix(parser: argparse.ArgumentParser) -> None:
    """The arguments of `mix`."""
    options.add_model(parser)
    parser.add_argument("a", metavar="A", help=f"what the mix starts from: {points.START}")
    parser.add_argument("b", metavar="B", help="what something is taken from: like A")
    parser.add_argument(
        "--take",
        metavar="WHAT",
        action="append",
        help='a label of B, such as "fur colour"; give it again for more. Or where the layers of B '
        "begin, for a style mix: middle, fine, or the number of a layer (default: half of the "
        "labels, or all layers but the coarsest)",
    )
    options.add_out(parser, Path("mix.png"), "PNG or WebP (.webp) to write; it carries its recipe")
    points.add_scale(parser, None)


def run_mix(arguments: argparse.Namespace) -> int:
    """Write the mix of two pictures as a file that carries its recipe."""
    options.check_out(arguments.out, _endings(1))
    editor = options.load_editor(arguments)
    a, b = (points.start(editor, word) for word in (arguments.a, arguments.b))
    take: int | list[str] | str | None = arguments.take
    if take and len(arguments.take) == 1:
        [word] = arguments.take
        take = int(word) if word.lstrip("-").isdecimal() else word
    mixed = editor.mix(editor.edited(a), editor.edited(b), take)
    _write(editor, [mixed], arguments, [], f"mix of {a.origin} and {b.origin}")
    return 0


def _endings(count: int) -> Collection[str]:
    """What the name of the output may end in."""
    return options.PICTURES if count == 1 else options.SHEETS


def _add_count(parser: argparse.ArgumentParser, n: int) -> None:
    parser.add_argument(
        "--n", type=options.whole(1), default=n, help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--seed",
        type=options.whole(0),
        default=0,
        help="the same seed draws the same pictures; picture i is that of seed + i (default: 0)",
    )


def _add_grid(parser: argparse.ArgumentParser, name: str) -> None:
    """Where pictures are written to, and how large."""
    what = "PNG grid to write; a single picture (.png, .webp) carries its recipe"
    options.add_out(parser, Path(name), what)
    points.add_scale(parser, None)


def _asked(editor: Editor, text: str) -> Wish:
    """What a text asks for; what was not understood is said."""
    wish = editor.understand(text)
    for doubt in wish.doubts:
        print(f"genimg: note: {doubt}", file=sys.stderr)
    return wish


def _write(
    editor: Editor,
    latents: Sequence[Latent],
    arguments: argparse.Namespace,
    captions: Sequence[str],
    origin: str,
) -> None:
    """One picture as a file with its recipe, several as a sheet with captions."""
    if len(latents) == 1:
        from genimg.edits import Recipe

        kind = options.PICTURES[arguments.out.suffix.lower()]
        recipe = Recipe(latents[0], origin=origin)
        data = editor.save_picture(recipe, kind=kind, scale=arguments.scale or 1)
    else:
        from genimg.images import encode_png
        from genimg.images.sheets import contact_sheet

        columns = max(1, round(len(latents) ** 0.5))
        pictures = editor.decode(*latents)
        sheet = contact_sheet(pictures, columns, captions, scale=arguments.scale or 2)
        data = encode_png(sheet)
    options.write(arguments.out, data)
