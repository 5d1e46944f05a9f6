"""How does a command tell a program what it found? As files in a folder, by `--report DIR`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from genimg.errors import ConfigError, GenimgError
from genimg.files import write_atomically, write_quickly


def add_report(parser: argparse.ArgumentParser, help: str) -> None:
    """The argument --report."""
    parser.add_argument("--report", metavar="DIR", type=Path, help=help)


class Report:
    """The files of one command for programs; none of them is ever half there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, values: Mapping[str, Any]) -> None:
        """Write a JSON file."""
        text = json.dumps(dict(values), allow_nan=False)  # ASCII: names may be odd
        write_atomically(self.folder / name, text.encode())

    def picture(self, name: str, image: Image.Image) -> None:
        """Write a PNG file."""
        from genimg.images import encode_png

        write_atomically(self.folder / name, encode_png(image))

    def progress(self, done: int, of: int, words: str) -> None:
        """Write progress.json, which is soon overwritten."""
        text = json.dumps({"done": done, "of": of, "words": words})
        write_quickly(self.folder / "progress.json", text.encode())


@contextmanager
def reporting(folder: Path | None) -> Iterator[Report | None]:
    """The report into a folder, or None; an error that a person can mend goes to error.json, too.

    Raises:
        ConfigError: the folder cannot be written.
    """
    if folder is None:
        yield None
        return
    report = Report(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield report
    except GenimgError as error:
        report.write("error.json", {"error": str(error)})
        raise
    except OSError as error:
        raise ConfigError(f"cannot write to {folder}: {error.strerror}") from error
