"""How is a model that still trains looked at: a file for the editor from the last written state.

The run itself is not touched and does not wait: this reads its state, as it would be read to go on.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from genimg.checkpoint import read_header
from genimg.data import Dataset
from genimg.errors import TrainingError
from genimg.models import MODELS
from genimg.runs import FINISHED
from genimg.training.finishing.write import install, write_model
from genimg.training.loop.state import RunFolder
from genimg.training.objectives import objective_of, planner_of
from genimg.training.options import TrainOptions

FEW = {"train": 1_000, "validation": 250, "test": 100}
"""Pictures that are looked at: enough for sliders that hold until the run has its own."""
TUPLES = ("keep", "leave_out", "mixed_with")


@torch.no_grad()
def snapshot(
    run: Path, target: Path, say: Callable[[str], None] = print, force: bool = False
) -> Path:
    """Write what the run in a folder has learned so far as a model file, in a few seconds; or copy
    its model, if it is finished.

    Its sliders are found from fewer pictures than in the end, and less is measured.

    Args:
        target: replaced where it is a model that was not finished either, or with `force`.

    Raises:
        TrainingError: there is no state yet, it is damaged, or its model draws no pictures; or
        `target` is another model.
        DataError: the pictures are no longer there.
    """
    folder = RunFolder(run)
    if not run.is_dir():
        raise TrainingError(f"there is no folder {run}; give that of a run, as runs/cats-64-vae")
    if folder.model.is_file() and (status := folder.status()) and status.phase == FINISHED:
        _require_free(target, force, read_header(folder.model).id)
        return install(folder.model, target, say)
    _require_free(target, force)
    state = folder.load_state()
    if state is None:
        raise TrainingError(f"{run} has written no state yet; try again in a minute")
    options = options_of(folder, state)
    if not state["clock"]["images"] and options.init_from is None:
        raise TrainingError(f"{run} has learned nothing yet; try again in a minute")
    family = MODELS[options.family]
    model: Any = family.construct(family.config_from(json.loads(state["config"])))
    objective = objective_of(options.family, options.preset)
    if objective.kind.closed:
        raise TrainingError(f"{run} trains a {options.family}, which draws no pictures to edit")
    model.load_state_dict(state["ema"])
    model.eval()
    dataset = _few(planner_of(options).read_pictures(options))
    findings = objective.finish(model, dataset, say, quick=True)
    clock = state["clock"]
    minutes, images = options.budget
    spent = clock["images"] / images if images else clock["seconds"] / 60 / (minutes or 1.0)
    trained = {
        "images": clock["images"],
        "minutes": round(clock["seconds"] / 60, 2),
        "steps": clock["step"],
        "batch_size": int(state["batch_size"]),
        "preset": options.preset or family.presets[0],
        "seed": options.seed,
        "unfinished": round(min(spent, 1.0), 3),
    }
    if before := state["plan"].get("before"):
        trained["before"] = before
    write_model(
        target, model, objective.files_of or options.family, target.stem, dataset, trained,
        findings, state["plan"]["started_from"],
    )  # fmt: skip
    say(f"wrote {target}")
    return target


def _require_free(target: Path, force: bool, model_id: str = "") -> None:
    """Raise TrainingError where a finished model would be lost, but for one with this id."""
    if force or not target.exists():
        return
    header = read_header(target)
    if "unfinished" not in header.trained and header.id != model_id:
        raise TrainingError(f"{target} is a finished model; choose another --name, or use --force")


def options_of(folder: RunFolder, state: dict[str, Any]) -> TrainOptions:
    """The options of a run, as its folder tells them.

    Raises:
        TrainingError: the folder does not tell them, or those of another version.
    """
    values = dict(folder.read_description().get("options") or {}) | state["options"]
    values |= state["plan"]["options"] | state["plan"]["budget"]
    try:
        for field in dataclasses.fields(TrainOptions):
            if values.get(field.name) is not None and "Path" in str(field.type):
                values[field.name] = Path(values[field.name])
        values |= {name: tuple(values.get(name) or ()) for name in TUPLES}
        return TrainOptions(**values)
    except (TypeError, KeyError) as error:
        raise TrainingError(f"{folder.path} is of another version of genimg: {error}") from error


def _few(dataset: Dataset) -> Dataset:
    """The first of each split; their order is by chance already, as splits are."""
    return replace(
        dataset, splits={name: rows[: FEW[name]] for name, rows in dataset.splits.items()}
    )
