"""What can be done from a terminal? `python -m genimg COMMAND`, one entry of `COMMANDS` each.

A command module is light to import: torch is loaded by the handler that needs it, so that help
and typing errors come at once. Exit codes: 0 well, 2 a failure that the person can mend (one line
on stderr), 130 stopped by Ctrl-C; any other exception is a bug and shows its traceback.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, NoReturn

from genimg.cli import (
    app,
    classify,
    data,
    draw,
    pictures,
    prepare,
    reconstruct,
    report,
    snapshot,
    train,
)
from genimg.errors import ConfigError, GenimgError
from genimg.terminal import show_what_can_be_shown

__all__ = ["COMMANDS", "Command", "main"]


NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""What a full disk says, or a quota."""


class Command(NamedTuple):
    """One word of the command line: what it does, its arguments, and its handler."""

    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


COMMANDS: dict[str, Command] = {
    "app": Command("open the image editor in the browser", app.configure, app.run),
    "train": Command("train a model on a data set", train.configure, train.run),
    "snapshot": Command(
        "make a model file of a run that still trains", snapshot.configure, snapshot.run
    ),
    "data": Command("show a data set: card, counts, contact sheet", data.configure, data.run),
    "prepare": Command(
        "look through a folder or zip of your own pictures", prepare.configure, prepare.run
    ),
    "reconstruct": Command(
        "show pictures beside what a model makes of them",
        reconstruct.configure_reconstruct,
        reconstruct.run_reconstruct,
    ),
    "sample": Command("draw new pictures", draw.configure_sample, draw.run_sample),
    "vary": Command("draw more pictures like one", draw.configure_vary, draw.run_vary),
    "mix": Command(
        "take the shape of one picture and the finer layers of another",
        draw.configure_mix,
        draw.run_mix,
    ),
    "edit": Command(
        "move a picture along named directions", pictures.configure_edit, pictures.run_edit
    ),
    "interpolate": Command(
        "go from one picture to another, as a strip or an animation",
        pictures.configure_interpolate,
        pictures.run_interpolate,
    ),
    "classify": Command(
        "tell what pictures show",
        classify.configure_classify,
        classify.run_classify,
    ),
    "evaluate": Command(
        "measure a model on pictures it never saw",
        report.configure_evaluate,
        report.run_evaluate,
    ),
    "calibrate": Command(
        "measure what a model usually reaches, for the words on a match",
        reconstruct.configure_calibrate,
        reconstruct.run_calibrate,
    ),
    "numbers": Command(
        "give a model sliders in units, such as an age in years",
        reconstruct.configure_numbers,
        reconstruct.run_numbers,
    ),
    "describe": Command(
        "tell what a model file says of itself",
        report.configure_describe,
        report.run_describe,
    ),
}

EXAMPLES = """\
examples:
  python -m genimg data cats --size 64 --out cats.png
  python -m genimg train vae --data cats --size 64 --minutes 60 --name my-cats
  python -m genimg sample my-cats --n 16 --ask "blue cat, glasses" --out samples.png
  python -m genimg edit my-cats photo.jpg --move "glasses=2" --out glasses.png

A model is a file, or the name of one in checkpoints/ or of a shipped one.
"""


class _Parser(argparse.ArgumentParser):
    """An argparse parser whose complaints are GenimgErrors, so they look like all others."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command (`argv`, or the words typed in the terminal) and return its exit code."""
    show_what_can_be_shown()
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        with train.turn(words) as mine:
            if not mine:
                return 130
            arguments = _parser(words).parse_args(words)
            code = COMMANDS[arguments.command].run(arguments)
        sys.stdout.flush()
        return code
    except GenimgError as error:
        _complain(f"error: {' '.join(str(error).split())}")
        return 2
    except KeyboardInterrupt:
        _complain("stopped")
        return 130
    except BrokenPipeError:  # `genimg describe x | head`: the reader has seen enough
        # Python flushes stdout once more when it ends, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        place = f" to {error.filename}" if error.filename else ""
        _complain(
            f"error: could not write{place} ({error.strerror}); free some space and run the same "
            "command again"
        )
        return 2
    except SystemExit as leaving:  # --help
        return leaving.code if isinstance(leaving.code, int) else 0


def _complain(words: str) -> None:
    """Tell what went wrong, if there is room for it where it would be told."""
    with suppress(OSError):
        print(f"genimg: {words}", file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # as above: Python flushes them once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of all commands; only those named in `words` are given their arguments.

    The arguments of `train` come from the training options, which need torch.
    """
    table = "\n".join(f"  {name:<12} {command.summary}" for name, command in COMMANDS.items())
    parser = _Parser(
        prog="genimg",
        description=f"Train small image models and edit pictures with them.\n\ncommands:\n{table}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        required=True,
        help="one of the above; `COMMAND --help` tells its options",
    )
    for name, command in COMMANDS.items():
        summary = command.summary
        child = commands.add_parser(name, description=summary[0].upper() + summary[1:] + ".")
        if name in words:
            command.configure(child)
    return parser
