"""How well does a model know a picture? `reconstruct` draws it and says so, `calibrate` makes the
words worth something.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from genimg.cli import options, points

if TYPE_CHECKING:
    from PIL import Image

    from genimg.editor import Editor, Match
    from genimg.latents import Latent

PAIRS_PER_ROW = 4


def configure_reconstruct(parser: argparse.ArgumentParser) -> None:
    """The arguments of `reconstruct`."""
    from genimg.editor.refinement import MAX_STEPS, STEPS

    options.add_model(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="any picture file")
    parser.add_argument(
        "--refine",
        action="store_true",
        help="search for the latent that draws the picture best, from the encoder's; a model "
        "without an encoder is always refined",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=options.whole(1, MAX_STEPS),
        help=f"of a refinement, which ends earlier where nothing is gained (default: {STEPS})",
    )
    parser.add_argument(
        "--details",
        metavar="SHARE",
        type=options.number(0.0, 1.0),
        default=1.0,
        help="how much is kept of what the model does not understand of a picture, 1 (all) to 0, "
        "by a model that keeps details (default: all)",
    )
    options.add_out(parser, Path("reconstruction.png"), "PNG sheet of pairs to write")
    points.add_scale(parser)


def run_reconstruct(arguments: argparse.Namespace) -> int:
    """Write a sheet of originals beside their reconstructions, and print how near they are."""
    options.check_out(arguments.out, options.SHEETS)
    editor = options.load_editor(arguments)
    from genimg.images import encode_png
    from genimg.images.sheets import contact_sheet

    shown: list[Image.Image] = []
    labels: list[str] = []
    refined = arguments.refine or arguments.steps is not None or not editor.can_encode
    for path in arguments.images:
        original = points.fitted(editor, path)
        start = editor.start(original).showing(arguments.details)
        drawn, how = _drawn(editor, original, start, refined, arguments.steps)
        match = editor.match(original, drawn)
        print(f"{path}: {_told(match)}{how}")
        shown += [original, drawn]
        labels += ["original", f"{match.psnr:.1f} dB"]
    if not match.calibrated and editor.has_kind:
        print(
            f"note: {arguments.checkpoint} is not calibrated, so the words rest on the PSNR alone; "
            f"calibrate it with: python -m genimg calibrate {arguments.checkpoint}"
        )
    columns = 2 * min(len(arguments.images), PAIRS_PER_ROW)
    sheet = contact_sheet(shown, columns, labels=labels, scale=arguments.scale)
    options.write(arguments.out, encode_png(sheet))
    return 0


def _drawn(
    editor: Editor, original: Image.Image, start: Latent, refined: bool, steps: int | None
) -> tuple[Image.Image, str]:
    """What the model makes of a picture from its first latent, and how it was come by."""
    from genimg.editor.refinement import STEPS

    if not refined:
        return editor.decode(start)[0], ""
    states = list(editor.refine(original, start, STEPS if steps is None else steps))
    first, last = states[0], states[-1]
    how = f"; refined from {first.psnr:.2f} dB in {last.step} steps"
    return editor.decode(last.latent)[0], how


def _told(match: Match) -> str:
    numbers = f"PSNR {match.psnr:.2f} dB, SSIM {match.ssim:.3f}, {match.words}"
    if match.meaning:
        return f"{numbers}: {match.meaning}"
    if match.percentile is None:
        return numbers
    return f"{numbers} ({match.percentile:.0f} of 100 pictures of its own kind come out worse)"


def configure_calibrate(parser: argparse.ArgumentParser) -> None:
    """The arguments of `calibrate`."""
    options.add_model(parser)
    parser.add_argument(
        "--data",
        metavar="NAME",
        help="data set to take held-out pictures from (default: the one it was trained on)",
    )
    options.add_data_root(parser)


def run_calibrate(arguments: argparse.Namespace) -> int:
    """Measure what the model reaches on held-out pictures, and write that into its file."""
    path = options.checkpoint_path(arguments.checkpoint)
    from genimg.evaluation.calibration import write_calibration
    from genimg.models.device import choose_device

    device = choose_device(arguments.device)
    found = write_calibration(path, arguments.data, arguments.data_root, device)
    low, middle, high = (found.psnr[percent] for percent in (1, 50, 99))
    print(
        f"{found.pictures:,} {found.split} pictures: PSNR {middle:.2f} dB for the one in the "
        f"middle, {low:.2f} to {high:.2f} dB for 98 of 100"
    )
    print(f"wrote {path}")
    return 0
