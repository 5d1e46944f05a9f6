"""The sheets of genimg/ui/train/examples: what trainings of known length gave.

    python benchmarks/examples.py RUN [RUN ...] --title "Photographs of fruit"

A RUN is the folder of a finished run, or with --pictures the file of its model. Its sheet takes the
place of an earlier one of the same network, size and minutes. Of sets that may be shown only: the
sheets are shipped.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from genimg import Editor
from genimg.checkpoint import read_header
from genimg.files import write_atomically
from genimg.images.sheets import contact_sheet
from genimg.ui.train.answers import ExampleFacts
from genimg.ui.train.examples import FACTS, FOLDER, write_facts

SAMPLES, COLUMNS, SIDE, QUALITY = 16, 8, 96, 70
"""Pictures from seed 0, and their longer side."""


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--title", required=True, help="what the pictures are, for people")
    parser.add_argument(
        "--fd", type=float, nargs=2, metavar=("FD", "FLOOR"),
        help="Frechet distance of its samples and of real pictures, as `evaluate` measures them",
    )  # fmt: skip
    parser.add_argument("--pictures", type=int, help="how many it learned from")
    asked = parser.parse_args()
    rows: list[ExampleFacts] = json.loads(FACTS.read_bytes()) if FACTS.is_file() else []
    if asked.fd and len(asked.runs) > 1:
        parser.error("--fd is that of one run")
    for run in asked.runs:
        model = run if run.is_file() else run / "model.safetensors"
        pictures = asked.pictures or json.loads((run / "run.json").read_bytes())["pictures"]
        row = _facts(model, pictures, asked.title, asked.fd)
        write_atomically(FOLDER / f"{row['name']}.webp", _sheet(model))
        rows = [*(other for other in rows if other["name"] != row["name"]), row]
        print(f"{row['name']}: {row['images']:,} pictures in {row['minutes']:g} minutes")
    write_atomically(FACTS, write_facts(sorted(rows, key=lambda row: row["name"])))


def _facts(model: Path, pictures: int, title: str, fd: list[float] | None) -> ExampleFacts:
    header = read_header(model)
    trained, size = header.trained, max(header.image_shape[1:])
    minutes = float(trained["minutes"])
    return {
        "name": f"{trained['preset']}-{size}-{minutes:.0f}m",
        "network": f"{header.family} {trained['preset']}",
        "title": title,
        "pictures": int(pictures),
        "size": size,
        "minutes": round(minutes, 1),
        "images": int(trained["images"]),
        "speed": round(trained["images"] / minutes / 60, 1),
        "fd": None if fd is None else round(fd[0]),
        "fd_floor": None if fd is None else round(fd[1]),
    }


def _sheet(model: Path) -> bytes:
    """A model's samples as WebP."""
    editor = Editor.load(model, "cpu")
    pictures = editor.decode(*editor.sample(SAMPLES, seed=0))
    for picture in pictures:
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    contact_sheet(pictures, COLUMNS, gap=2).save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
