"""What would be made of a folder of pictures: what is used, what is left out, and why?

`add_folder` and `folder_options` are shared with every command that takes folder:PATH.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genimg.cli import options, reporting

if TYPE_CHECKING:
    from genimg.config import Size
    from genimg.data import FolderOptions

_NAMED = 10  # left-out files that are printed


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `prepare`."""
    parser.description = (
        "Look through a folder or zip of pictures, in any nest: what can be used, what is left "
        "out, and why. The originals are only read; prepared pictures are kept in the cache, so "
        "that training begins at once."
    )
    parser.add_argument("source", metavar="FOLDER", help="folder or zip file, folder:PATH as well")
    parser.add_argument(
        "--size",
        metavar="N",
        type=options.size,
        help="side of the prepared pictures in pixels, or HEIGHTxWIDTH (default: what suits them, "
        "as train chooses)",
    )
    parser.add_argument(
        "--init-from",
        metavar="PATH",
        type=Path,
        help="prepare them for training that starts from this model file",
    )
    add_folder(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="PNG sheet of what is left out, and why"
    )
    parser.add_argument("--used", metavar="FILE", type=Path, help="PNG sheet of what is used")
    reporting.add_report(
        parser, "for programs: progress.json, report.json, used.png and left-out.png go here"
    )


def add_folder(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that takes a folder of pictures."""
    parser.add_argument(
        "--crop",
        choices=("auto", "centre", "subject"),
        default="auto",
        help="of pictures that are not square: the middle, or around most edges "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--keep",
        metavar="X",
        nargs="+",
        action="extend",
        default=[],
        help="use nevertheless: a reason ('too small', 'nearly the same as another', ...) or "
        "names as in the report, with * and ?",
    )
    parser.add_argument(
        "--leave-out",
        metavar="PATTERN",
        nargs="+",
        action="extend",
        default=[],
        help="leave these names or folders out",
    )
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help="a CSV, JSON or JSON Lines file of the pictures' names and labels: a path, or the "
        "name of one that lies with the pictures (default: the folders are the labels)",
    )


def folder_options(arguments: argparse.Namespace) -> FolderOptions:
    """What the arguments of `add_folder` say, and --title, --credit and --licence if there.

    Raises DataError for a reason that cannot be overruled.
    """
    from genimg.data import FolderOptions

    stated = {word: getattr(arguments, word, None) for word in ("title", "credit", "licence")}
    return FolderOptions(
        crop=arguments.crop,
        keep=tuple(arguments.keep),
        leave_out=tuple(arguments.leave_out),
        labels=arguments.labels,
        **stated,
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the report on a folder and write the sheets that were asked for."""
    for path in (arguments.out, arguments.used):
        if path is not None:
            options.check_out(path, options.SHEETS)
    if arguments.report is not None:  # nobody shall take what an earlier run left for this one's
        for name in ("error.json", "report.json", "used.png", "left-out.png"):
            with contextlib.suppress(OSError):
                (arguments.report / name).unlink()
    with reporting.reporting(arguments.report) as report:
        from genimg.data import (
            examine_folder,
            folder_report,
            left_out_sheet,
            used_sheet,
        )
        from genimg.data.progress import seldom
        from genimg.files import cache_folder
        from genimg.images import encode_png

        wanted = folder_options(arguments)
        source = arguments.source.removeprefix("folder:")
        examined = examine_folder(
            source,
            _size(source, arguments),
            cache_folder(),
            wanted,
            None if report is None else seldom(report.progress),
        )
        found = folder_report(examined)
        _print(found)
        used, left_out = None, None
        if report is not None or arguments.used is not None:
            used = used_sheet(examined)
        if report is not None or arguments.out is not None:
            left_out = left_out_sheet(examined)
        for path, sheet in ((arguments.used, used), (arguments.out, left_out)):
            if path is not None and sheet is not None:
                options.write(path, encode_png(sheet))
            elif path is not None:
                print(f"nothing was left out, so {path} is not written")
        if report is not None:
            for name, sheet in (("used.png", used), ("left-out.png", left_out)):
                if sheet is not None:
                    report.picture(name, sheet)
            report.write("report.json", found)  # last: who finds it finds the sheets as well
    return 0


def _size(source: str, arguments: argparse.Namespace) -> Size | None:
    """The side that `train` would choose, so that it finds the pictures prepared."""
    if arguments.size is not None:
        size: Size = arguments.size
        return size
    from genimg.models.device import choose_device
    from genimg.training import TrainOptions
    from genimg.training.objectives import planner_of

    asked = TrainOptions(data=f"folder:{source}", init_from=arguments.init_from)
    chosen, reasons = planner_of(asked).choose_size(asked, choose_device(asked.device))
    for each in reasons:
        print(f"{each.what}: {each.value} ({each.why})")
    return chosen.size


def _print(report: dict[str, Any]) -> None:
    """The report in plain words."""
    colour = "in colour" if report["colour"] else "grey"
    sides = report["sides"]
    print(f"{report['source']}: {report['used']:,} of {report['found']:,} files are used, {colour}")
    print(
        f"  short side {sides['least']:,} to {sides['most']:,} pixels, half have "
        f"{sides['median']:,} or more; prepared at {report['shape'][1]} x {report['shape'][0]}, "
        f"cropped {'in the middle' if report['crop'] == 'centre' else 'around the subject'}"
    )
    if report["labels"]:
        print("  " + ", ".join(f"{each['name']}: {each['count']:,}" for each in report["labels"]))
    for reason, count in report["reasons"].items():
        print(f"  left out: {count:,} {reason}")
    for each in report["left_out"][:_NAMED]:
        print(f"    {each['name']}: {each['detail'] or each['reason']}")
    if len(report["left_out"]) > _NAMED:
        print(f"    and {sum(report['reasons'].values()) - _NAMED:,} more (--report DIR has all)")
    for note in report["notes"]:
        print(f"  {note}")
    if report["left_out"]:
        from genimg.data import FINAL

        usable = [reason for reason in report["reasons"] if reason not in FINAL]
        some = f"--keep {usable[0]!r}, or " if usable else ""
        print(f"  To use some anyway: {some}--keep NAME")
