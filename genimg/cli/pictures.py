"""What can be done with a model's pictures: reconstruct, sample, edit, interpolate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from genimg.cli import options
from genimg.errors import ConfigError, LatentError

if TYPE_CHECKING:
    from PIL import Image

    from genimg.editor import Editor
    from genimg.latents import Recipe
    from genimg.sheets import AnimationFormat

T = TypeVar("T")

SEED_PREFIX = "seed:"
START = "any picture file, one saved by genimg (its edits are kept), or seed:N for a sample"
ANIMATIONS: dict[str, AnimationFormat] = {".webp": "webp", ".gif": "gif", ".mp4": "mp4"}
PAIRS_PER_ROW = 4


def configure_reconstruct(parser: argparse.ArgumentParser) -> None:
    """The arguments of `reconstruct`."""
    options.add_model(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="any picture file")
    options.add_out(parser, Path("reconstruction.png"), "PNG sheet of pairs to write")
    _add_scale(parser)


def run_reconstruct(arguments: argparse.Namespace) -> int:
    """Write a sheet of originals beside their reconstructions, and print how near they are."""
    options.check_out(arguments.out, options.SHEETS)
    editor = options.load_editor(arguments)
    from genimg.images import encode_png, load_image
    from genimg.sheets import contact_sheet

    shown: list[Image.Image] = []
    labels: list[str] = []
    for path in arguments.images:
        original = editor.fit(load_image(path))
        (reconstruction,) = editor.decode(editor.encode(original))
        match = editor.match(original, reconstruction)
        print(f"{path}: PSNR {match.psnr:.2f} dB, SSIM {match.ssim:.3f}, {match.words}")
        shown += [original, reconstruction]
        labels += ["original", f"{match.psnr:.1f} dB"]
    columns = 2 * min(len(arguments.images), PAIRS_PER_ROW)
    sheet = contact_sheet(shown, columns, labels=labels, scale=arguments.scale)
    options.write(arguments.out, encode_png(sheet))
    return 0


def configure_sample(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sample`."""
    options.add_model(parser)
    parser.add_argument(
        "--n", type=options.whole(1), default=16, help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--seed",
        type=options.whole(0),
        default=0,
        help="the same seed draws the same pictures; picture i is that of seed + i (default: 0)",
    )
    parser.add_argument(
        "--temperature",
        type=options.number(0),
        default=1.0,
        help="spread: below 1 more typical, above 1 more varied (default: %(default)s)",
    )
    options.add_out(parser, Path("samples.png"), "PNG grid to write")
    _add_scale(parser)


def run_sample(arguments: argparse.Namespace) -> int:
    """Write a grid of new pictures, labelled with their seeds."""
    options.check_out(arguments.out, options.SHEETS)
    editor = options.load_editor(arguments)
    from genimg.images import encode_png
    from genimg.sheets import contact_sheet

    latents = editor.sample(arguments.n, arguments.seed, arguments.temperature)
    columns = max(1, round(arguments.n**0.5))
    labels = [str(arguments.seed + i) for i in range(arguments.n)]
    sheet = contact_sheet(editor.decode(*latents), columns, labels=labels, scale=arguments.scale)
    options.write(arguments.out, encode_png(sheet))
    return 0


def configure_edit(parser: argparse.ArgumentParser) -> None:
    """The arguments of `edit`."""
    options.add_model(parser)
    parser.add_argument("image", metavar="IMAGE", help=START)
    parser.add_argument(
        "--move",
        metavar="NAME=AMOUNT",
        type=_move,
        action="append",
        default=[],
        help="move along a direction by an amount in standard deviations, such as pink=2 or "
        "glasses=-1.5; give it again for more (`describe` lists the names); it replaces the "
        "amount of the same name in a saved picture",
    )
    parser.add_argument(
        "--set",
        metavar="LABEL=VALUE",
        type=_exchange,
        action="append",
        default=[],
        help='exchange what a labelled part of the picture is, such as "accessory=red hat"; '
        "give it again for more (`describe` lists the labels)",
    )
    options.add_out(parser, Path("edited.png"), "PNG to write; it carries its recipe")


def run_edit(arguments: argparse.Namespace) -> int:
    """Write the moved picture as a PNG that carries its recipe."""
    options.check_out(arguments.out, options.SHEETS)
    moves = _once(arguments.move, "--move")
    changes = _once(arguments.set, "--set")
    editor = options.load_editor(arguments)
    _check_names(editor, moves)
    start = _start(editor, arguments.image)
    amounts = {**start.amounts, **moves}
    changes = {**start.changes, **changes}
    png = editor.save_picture(start.latent, amounts, changes=changes, origin=start.origin)
    options.write(arguments.out, png)
    applied = [f"{factor}: {value}" for factor, value in changes.items()]
    applied += [f"{name} {amount:+g}" for name, amount in amounts.items()]
    print(f"edits: {', '.join(applied) or 'none'}")
    return 0


def configure_interpolate(parser: argparse.ArgumentParser) -> None:
    """The arguments of `interpolate`."""
    options.add_model(parser)
    from genimg.latents import EASINGS, INTERPOLATIONS

    for name in ("A", "B"):
        parser.add_argument(name.lower(), metavar=name, help=START)
    parser.add_argument(
        "--frames",
        type=options.whole(2),
        default=24,
        help="pictures from A to B, both included (default: %(default)s)",
    )
    parser.add_argument(
        "--method",
        choices=INTERPOLATIONS,
        default="slerp",
        help="along an arc or a straight line (default: %(default)s)",
    )
    parser.add_argument(
        "--easing",
        choices=EASINGS,
        default="linear",
        help="smooth starts and ends slowly (default: %(default)s)",
    )
    parser.add_argument("--loop", action="store_true", help="go there and back again")
    parser.add_argument(
        "--frame-ms",
        type=options.whole(1),
        default=40,
        help="how long a frame of an animation stays (default: %(default)s)",
    )
    options.add_out(
        parser, Path("interpolation.png"), "strip (.png) or animation (.webp, .gif, .mp4) to write"
    )
    _add_scale(parser)


def run_interpolate(arguments: argparse.Namespace) -> int:
    """Write the way from A to B; the ending of the output chooses a strip or an animation."""
    options.check_out(arguments.out, (*options.SHEETS, *ANIMATIONS))
    editor = options.load_editor(arguments)
    from genimg.images import encode_png
    from genimg.latents import path_times
    from genimg.sheets import encode_animation, strip

    ends = [_start(editor, word) for word in (arguments.a, arguments.b)]
    first, last = (editor.edited(end) for end in ends)
    times = path_times(arguments.frames, arguments.easing, arguments.loop)
    frames = editor.decode(*(editor.between(first, last, t, arguments.method) for t in times))
    suffix = arguments.out.suffix.lower()
    if suffix in ANIMATIONS:
        side = arguments.scale
        larger = [frame.resize((frame.width * side, frame.height * side)) for frame in frames]
        data = encode_animation(larger, ANIMATIONS[suffix], frame_ms=arguments.frame_ms)
    else:
        data = encode_png(strip(frames, scale=arguments.scale))
    options.write(arguments.out, data)
    return 0


def _add_scale(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scale",
        type=options.whole(1, 16),
        default=2,
        help="how many times larger to show the pictures (default: %(default)s)",
    )


def _move(text: str) -> tuple[str, float]:
    """Parse "NAME=AMOUNT"."""
    name, equals, amount = text.rpartition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=AMOUNT, such as pink=2")
    return name.strip(), options.finite(amount)


def _exchange(text: str) -> tuple[str, str]:
    """Parse "LABEL=VALUE"."""
    factor, equals, value = (word.strip() for word in text.partition("="))
    if not equals or not factor or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not LABEL=VALUE, such as accessory=red hat")
    return factor, value


def _once(pairs: list[tuple[str, T]], option: str) -> dict[str, T]:
    """The pairs as a dict; ConfigError if a name is given twice."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{option} {name!r} is given twice: say it once")
    return dict(pairs)


def _check_names(editor: Editor, moves: dict[str, float]) -> None:
    """Refuse a direction that the model does not have, and suggest those it has."""
    known = [direction.name for direction in editor.directions]
    for name in moves:
        if name not in known:
            raise LatentError(
                f"this model has no direction {name!r}{options.near(name, known)}; "
                "`describe` lists all of them"
            )


def _start(editor: Editor, source: str) -> Recipe:
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
