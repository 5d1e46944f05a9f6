"""How are typed words checked and turned into values, files opened, and results written?"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genimg.config import Size, as_size
from genimg.errors import CheckpointError, ConfigError
from genimg.files import CHECKPOINTS, MODEL_FOLDERS, SUFFIX, model_files

if TYPE_CHECKING:
    from genimg.editor import Editor

SHEETS = (".png",)
PICTURES: dict[str, Literal["png", "webp"]] = {".png": "png", ".webp": "webp"}
"""Ending of a file that carries its recipe -> what `Editor.save_picture` calls it."""
WHOLE = {**PICTURES, ".jpg": "jpeg", ".jpeg": "jpeg"}
"""Ending of a file of a whole photograph -> its kind."""


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """An argparse type: a whole number from `low` to `high`, both allowed."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        _check_range(value, low, high)
        return value

    return convert


def size(text: str) -> Size:
    """An argparse type: a side in pixels, or height and width such as 128x192."""
    sides = [whole(1)(side) for side in text.lower().split("x")]
    if len(sides) > 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: 128, or 128x192 (height x width)")
    found = as_size(sides[0] if len(sides) == 1 else sides)
    assert found is not None
    return found


def number(low: float, high: float | None = None) -> Callable[[str], float]:
    """An argparse type: a finite number from `low` to `high`, both allowed."""

    def convert(text: str) -> float:
        value = finite(text)
        _check_range(value, low, high)
        return value

    return convert


def finite(text: str) -> float:
    """An argparse type: any number except infinity and not-a-number."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def _check_range(value: float, low: float, high: float | None) -> None:
    if value < low or (high is not None and value > high):
        wanted = f"{low} or more" if high is None else f"from {low} to {high}"
        raise argparse.ArgumentTypeError(f"{value} is out of range: give a number {wanted}")


def near(word: str, words: Iterable[str]) -> str:
    """The known words most like `word`, as a piece of a message ("" if there are none)."""
    folded = {known.casefold(): known for known in words}
    found = difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=0.5)
    likely = " or ".join(repr(folded[match]) for match in found)
    return f" (did you mean {likely}?)" if found else ""


def add_model(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that uses a model: CKPT and --device."""
    add_checkpoint(parser)
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="default: %(default)s",
    )


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """The argument CKPT."""
    parser.add_argument(
        "checkpoint", metavar="CKPT", help="model file, or the name of one in checkpoints/"
    )


def checkpoint_path(word: str) -> Path:
    """The file that CKPT means: a path, or a name in `checkpoints/` with or without its ending.

    Raises CheckpointError, naming the models that are there, if it means none.
    """
    named = [folder / name for folder in MODEL_FOLDERS for name in (word, word + SUFFIX)]
    candidates = [Path(word), *named]
    for path in candidates:
        if path.is_file():
            return path
    if Path(word).is_dir():
        raise CheckpointError(f"{word} is a folder: name the model file in it")
    files = model_files(CHECKPOINTS)
    own = ", ".join(path.stem for path in files if path.parent == CHECKPOINTS) or "none yet"
    further = ", ".join(path.stem for path in files if path.parent != CHECKPOINTS)
    known = f"{CHECKPOINTS}/ has {own}" + (f", and genimg brings {further}" if further else "")
    likely = near(word, [path.stem for path in files])
    raise CheckpointError(f"there is no model {word!r}{likely}; {known}")


def load_editor(arguments: argparse.Namespace) -> Editor:
    """The editor for the arguments of `add_model`."""
    path = checkpoint_path(arguments.checkpoint)
    from genimg.editor import Editor

    return Editor.load(path, device=arguments.device)


def add_data_root(parser: argparse.ArgumentParser) -> None:
    """The argument --data-root."""
    parser.add_argument(
        "--data-root",
        metavar="PATH",
        type=Path,
        help="folder of the data sets that torchvision reads (default: GENIMG_DATA, "
        "else ~/.cache/genimg/data)",
    )


def add_out(parser: argparse.ArgumentParser, default: Path, what: str) -> None:
    """The argument --out."""
    parser.add_argument(
        "--out", metavar="FILE", type=Path, default=default, help=f"{what} (default: %(default)s)"
    )


def check_out(path: Path, suffixes: Collection[str]) -> None:
    """Refuse an output that cannot be written, before any work is done for it.

    Raises ConfigError for an ending other than `suffixes`, or for a folder.
    """
    if path.suffix.lower() not in suffixes:
        raise ConfigError(
            f"cannot write {str(path)!r}: its name must end in {' or '.join(suffixes)}"
        )
    if path.is_dir():
        raise ConfigError(f"cannot write {str(path)!r}: it is a folder")


def json_text(value: object) -> str:
    """A value as JSON, with letters of any kind as far as standard output can show them all."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return json.dumps(value, indent=2, ensure_ascii=not encoding.lower().startswith("utf"))


def write(path: Path, data: bytes) -> None:
    """Write a finished result, whole or not at all, and say so.

    Raises ConfigError if the disk or its rights do not allow it.
    """
    from genimg.files import write_atomically

    try:
        write_atomically(path, data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"cannot write {str(path)!r}: {reason}; choose another --out") from error
    print(f"wrote {path}")
