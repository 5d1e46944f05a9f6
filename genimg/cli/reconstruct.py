"""How well does a model know a picture? `reconstruct` draws it and says so, `calibrate` makes the
words worth something.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from genimg.cli import options, points, prepare

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


def configure_numbers(parser: argparse.ArgumentParser) -> None:
    """The arguments of `numbers`."""
    parser.description = (
        "Find sliders in units (years, degrees) for the numbers that a data set bears, and write "
        "them into the file of a finished model. All its other sliders stay as they are. A "
        "training does this by itself where its pictures bear numbers."
    )
    options.add_model(parser)
    parser.add_argument(
        "--data",
        metavar="NAME",
        help="data set with the numbers, folder:PATH with --labels FILE as well (default: the one "
        "it was trained on)",
    )
    parser.add_argument(
        "--count",
        metavar="N",
        type=options.whole(1),
        help="training pictures to look at (default: as many as the set has or draws; at most "
        "20,000 are looked at)",
    )
    prepare.add_folder(parser)
    options.add_data_root(parser)


def run_numbers(arguments: argparse.Namespace) -> int:
    """Find the sliders of numbers, and write them into the file of the model."""
    path = options.checkpoint_path(arguments.checkpoint)
    from genimg.checkpoint import read_header
    from genimg.evaluation.evaluate import dataset_of
    from genimg.evaluation.numbers import write_numbers
    from genimg.models.device import choose_device

    dataset = dataset_of(
        path,
        read_header(path),
        arguments.data,
        arguments.data_root,
        arguments.count,
        prepare.folder_options(arguments),
    )
    found = write_numbers(path, dataset, choose_device(arguments.device))
    for each in found:
        assert each.scale is not None
        print(f"{each.reliability:4.0%}  {each.name}: {each.scale.range} ({each.scale.off})")
    left = len(dataset.numbers) - len(found)
    if left:
        print(f"{left} of {len(dataset.numbers)} numbers are told too badly for a slider")
    print(f"wrote {path}")
    return 0
