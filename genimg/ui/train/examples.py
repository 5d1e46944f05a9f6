"""What have trainings of known length given? Sheets that the form shows before one is started.

`benchmarks/examples.py` makes them from finished runs: the first samples, of seeds 0 to 15, none
chosen. How long the same takes on another machine follows from the pictures that were seen.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from genimg.ui.shell import static
from genimg.ui.train.answers import ExampleFacts, TrainingExample

FOLDER = Path(__file__).with_name("examples")
FACTS = FOLDER / "examples.json"
_FACTS = TypeAdapter(list[ExampleFacts])


@cache
def examples() -> tuple[TrainingExample, ...]:
    """Those that are there, the shortest first."""
    rows = _FACTS.validate_json(FACTS.read_bytes(), strict=True)
    rows.sort(key=lambda row: row["images"])
    return tuple(
        {**row, "url": static.address(f"train/{FOLDER.name}/{row['name']}.webp")} for row in rows
    )


def write_facts(rows: list[ExampleFacts]) -> bytes:
    """The content of FACTS."""
    return f"{json.dumps(rows, indent=1, ensure_ascii=False)}\n".encode()
