"""What can be done with a picture: edit it, or walk from it to another one."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from genimg.cli import options, points
from genimg.errors import ConfigError, LatentError

if TYPE_CHECKING:
    from genimg.editor import Editor
    from genimg.edits import Recipe
    from genimg.images.sheets import AnimationFormat

ANIMATIONS: dict[str, AnimationFormat] = {".webp": "webp", ".gif": "gif", ".mp4": "mp4"}


def configure_edit(parser: argparse.ArgumentParser) -> None:
    """The arguments of `edit`."""
    from genimg.edits import OPERATIONS

    options.add_model(parser)
    parser.add_argument("image", metavar="IMAGE", help=points.START)
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
    points.add_numbers(
        parser, "bring a number that the picture shows to another value, in its unit, after --move"
    )
    points.add_labels(parser, "exchange what a labelled part of the picture is")
    parser.add_argument(
        "--keep",
        metavar="NAME",
        action="append",
        default=[],
        help="hold a direction where it is while others move; give it again for more. What was "
        "kept in a saved picture stays kept, unless --move or --to names it",
    )
    parser.add_argument(
        "--do",
        metavar=("OPERATION", "PARAMETER=VALUE"),
        nargs="+",
        action="append",
        default=[],
        help="do something else to the picture, after all else, such as --do cross other=b.png; "
        f"give it again for more (there are {', '.join(OPERATIONS)})",
    )
    options.add_out(
        parser, Path("edited.png"), "PNG or WebP (.webp) to write; it carries its recipe"
    )
    points.add_scale(parser, 1)
    parser.add_argument(
        "--smooth",
        action="store_true",
        help="a larger picture (--scale) is smooth; else each pixel becomes a square",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="apply the edits to the whole photograph, at its own size, and write that without a "
        "recipe (then --out may end in .jpg, too)",
    )


def run_edit(arguments: argparse.Namespace) -> int:
    """Write the moved picture as a file that carries its recipe, or the whole photograph."""
    from genimg.edits import edit_words

    options.check_out(arguments.out, options.WHOLE if arguments.whole else options.PICTURES)
    if arguments.whole:
        _check_whole(arguments)
    moves = points.once(arguments.move, "--move")
    changes = points.once(arguments.set, "--set")
    numbers = points.once(arguments.to, "--to")
    for name in arguments.keep:
        if name in moves or name in numbers:
            raise ConfigError(f"{name!r} cannot both move and be kept: leave out one of the two")
    for name in numbers:
        if name in moves:
            raise ConfigError(f"{name!r} is given with --move and with --to: leave out one of them")
    editor = options.load_editor(arguments)
    _check_names(editor, [*moves, *arguments.keep])
    points.check_numbers(editor, numbers)
    start = points.start(editor, arguments.image)
    operations = [points.operation(editor, words) for words in arguments.do]
    moving = {*moves, *numbers}
    kept = {*(name for name in start.locks if name not in moving), *arguments.keep}
    held = replace(start.exchanged({**start.changes, **changes}), locks=tuple(kept))
    edited = held.pulled(moves)
    if numbers:
        edited = editor.brought(edited, numbers)
    for operation in operations:
        edited = operation.onto(edited, editor)
    if edited != start:
        told = [f"{name} {editor.scales[name].words(value)}" for name, value in numbers.items()]
        done = [*edit_words(changes, moves), *told, *(each.words for each in operations)]
        edited = edited.after(start, ", ".join(done) or "other locks")
    if arguments.whole:
        data = _whole(editor, arguments, edited)
    else:
        data = editor.save_picture(
            edited,
            kind=options.PICTURES[arguments.out.suffix.lower()],
            scale=arguments.scale,
            smooth=arguments.smooth,
        )
    options.write(arguments.out, data)
    print(f"edits: {', '.join(edited.edits) or 'none'}")
    points.print_numbers(editor, edited, numbers)
    if edited.locks:
        print(f"kept: {', '.join(edited.locks)}")
    return 0


def _check_whole(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be asked for together with --whole, with a ConfigError."""
    from genimg.edits import TEXT_KEY
    from genimg.images import read_text

    if arguments.scale != 1 or arguments.smooth:
        raise ConfigError(
            "--whole writes the photograph at its own size: leave out --scale and --smooth"
        )
    if any(words[0] == "cross" for words in arguments.do):
        raise ConfigError(
            "a cross of two pictures is none of the photograph: leave out --whole, or the cross"
        )
    if arguments.image.startswith(points.SEED_PREFIX) or TEXT_KEY in read_text(
        arguments.image, TEXT_KEY
    ):
        raise ConfigError(
            "--whole needs the photograph itself, not a sample or a picture that genimg has saved"
        )


def _whole(editor: Editor, arguments: argparse.Namespace, edited: Recipe) -> bytes:
    """The whole photograph with its edits, as the bytes of a file."""
    from genimg.images import encode_jpeg, encode_png, encode_webp

    encoders = {"jpeg": encode_jpeg, "png": encode_png, "webp": encode_webp}
    kind = options.WHOLE[arguments.out.suffix.lower()]
    return encoders[kind](editor.apply_to(arguments.image, edited))


def configure_interpolate(parser: argparse.ArgumentParser) -> None:
    """The arguments of `interpolate`."""
    options.add_model(parser)
    from genimg.latents import EASINGS, INTERPOLATIONS

    for name in ("A", "B"):
        parser.add_argument(name.lower(), metavar=name, help=points.START)
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
    points.add_scale(parser)


def run_interpolate(arguments: argparse.Namespace) -> int:
    """Write the way from A to B; the ending of the output chooses a strip or an animation."""
    options.check_out(arguments.out, (*options.SHEETS, *ANIMATIONS))
    editor = options.load_editor(arguments)
    from genimg.images import encode_png
    from genimg.images.sheets import encode_animation, strip
    from genimg.latents import path_times

    ends = [points.start(editor, word) for word in (arguments.a, arguments.b)]
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


def _move(text: str) -> tuple[str, float]:
    """Parse "NAME=AMOUNT"."""
    name, equals, amount = text.rpartition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=AMOUNT, such as pink=2")
    return name.strip(), options.finite(amount)


def _check_names(editor: Editor, names: Iterable[str]) -> None:
    """Refuse a direction that the model does not have, and suggest those it has."""
    known = [direction.name for direction in editor.directions]
    for name in names:
        if name not in known:
            raise LatentError(
                f"this model has no direction {name!r}{options.near(name, known)}; "
                "`describe` lists all of them"
            )
