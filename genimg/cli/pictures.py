"""What can be done with a picture: reconstruct it, edit it, walk from it to another one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from genimg.cli import options, points
from genimg.errors import LatentError

if TYPE_CHECKING:
    from PIL import Image

    from genimg.editor import Editor
    from genimg.sheets import AnimationFormat

ANIMATIONS: dict[str, AnimationFormat] = {".webp": "webp", ".gif": "gif", ".mp4": "mp4"}
PAIRS_PER_ROW = 4


def configure_reconstruct(parser: argparse.ArgumentParser) -> None:
    """The arguments of `reconstruct`."""
    options.add_model(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="any picture file")
    options.add_out(parser, Path("reconstruction.png"), "PNG sheet of pairs to write")
    points.add_scale(parser)


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


def configure_edit(parser: argparse.ArgumentParser) -> None:
    """The arguments of `edit`."""
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
    parser.add_argument(
        "--set",
        metavar="LABEL=VALUE",
        type=points.exchange,
        action="append",
        default=[],
        help='exchange what a labelled part of the picture is, such as "accessory=red hat"; '
        "give it again for more (`describe` lists the labels)",
    )
    options.add_out(parser, Path("edited.png"), "PNG to write; it carries its recipe")


def run_edit(arguments: argparse.Namespace) -> int:
    """Write the moved picture as a PNG that carries its recipe."""
    options.check_out(arguments.out, options.SHEETS)
    moves = points.once(arguments.move, "--move")
    changes = points.once(arguments.set, "--set")
    editor = options.load_editor(arguments)
    _check_names(editor, moves)
    start = points.start(editor, arguments.image)
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
    from genimg.latents import path_times
    from genimg.sheets import encode_animation, strip

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


def _check_names(editor: Editor, moves: dict[str, float]) -> None:
    """Refuse a direction that the model does not have, and suggest those it has."""
    known = [direction.name for direction in editor.directions]
    for name in moves:
        if name not in known:
            raise LatentError(
                f"this model has no direction {name!r}{options.near(name, known)}; "
                "`describe` lists all of them"
            )
