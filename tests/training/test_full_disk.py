"""A disk that is full, or a folder that may not be written: clear words, and nothing is lost.

What meets them is in `full_disks.py`: real runs, which the operating system refuses to write.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from genimg.checkpoint import load
from genimg.runs import RunFiles
from tests.training.full_disks import REFUSALS
from tests.training.test_resume import assert_same_run

ROOT = Path(__file__).parents[2]
PATIENCE = 280.0  # seconds that all of it may take on a busy machine
ALL = [name for family in REFUSALS.values() for name in family]
NAMES = {"good state": "state/good.pt", "critic": "critics/model.safetensors",
         "description": "run.json", "progress": "progress.jsonl", "state": "state/state.pt",
         "rights": "state/state.pt", "sheet": "samples/000000096.png",
         "model": "run/model.safetensors", "copy": "checkpoints/killed.safetensors"}  # fmt: skip
"""The file that each refusal is about."""
KEPT = {"description": [], "progress": [48, 32], "state": [64, 64], "rights": [80, 64],
        "sheet": [96, 96], "model": [96, 96], "copy": [96, 96], "good state": [32, 0],
        "critic": [96, 96]}  # fmt: skip
"""Pictures that the state has seen which each leaves, and those that the last good state has."""


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of all runs, and what came of each."""
    out = tmp_path_factory.mktemp("full")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GENIMG_CACHE": str(out / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.full_disks", str(out)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


@pytest.mark.parametrize("name", ALL)
def test_what_cannot_be_written_is_told_with_what_to_do(
    name: str, met: tuple[Path, dict[str, Any]]
) -> None:
    told = met[1][name]
    assert told["code"] == 2, told["said"]
    assert "Traceback" not in told["said"]
    last = told["said"].splitlines()[-1]
    assert last.startswith("genimg: error: ")
    assert NAMES[name] in last
    assert ("Permission denied" if name == "rights" else "File too large") in last
    assert "free some space" in last
    assert "run the same command again" in last


@pytest.mark.parametrize("name", ALL)
def test_the_last_state_stays_and_no_half_of_a_file(
    name: str, met: tuple[Path, dict[str, Any]]
) -> None:
    told = met[1][name]
    assert told["kept"] == KEPT[name]
    assert told["hidden"] == []


@pytest.mark.parametrize("family", REFUSALS)
def test_once_there_is_room_it_goes_on_as_if_there_always_had_been(
    family: str, met: tuple[Path, dict[str, Any]]
) -> None:
    out, told = met
    at_last = told[f"{family} at last"]
    assert (at_last["code"], at_last["hidden"]) == (0, []), at_last["said"]
    assert_same_run(out / family / "run", out / f"{family} whole" / "run")
    installed = load(out / family / "checkpoints" / "killed.safetensors")[0]
    assert installed.id == load(out / family / "run" / "model.safetensors")[0].id


def test_a_run_that_can_tell_nobody_how_it_does_goes_on(met: tuple[Path, dict[str, Any]]) -> None:
    """Its log and its status find no room, all else does."""
    out, told = met
    assert (told["unwatched"]["code"], told["unwatched"]["said"]) == (0, "")
    assert RunFiles(out / "unwatched" / "run").status() is None
    assert_same_run(out / "unwatched" / "run", out / "vae whole" / "run")


def test_words_for_which_there_is_no_room_are_a_failure(met: tuple[Path, dict[str, Any]]) -> None:
    told = met[1]["words"]
    assert told["code"] == 2
    assert told["said"] == (
        "genimg: error: could not write (No space left on device); free some space and run the "
        "same command again\n"
    )


@pytest.mark.parametrize("name", ["itself", "parent"])
def test_a_folder_without_rights_is_refused_at_once(
    name: str, met: tuple[Path, dict[str, Any]]
) -> None:
    out, told = met
    folder = out / ("closed" if name == "itself" else "shut") / "run"
    assert told[name]["code"] == 2
    assert told[name]["said"] == (
        f"genimg: error: cannot write to {folder}: Permission denied; see to the rights of the "
        "folder and to the space there, or choose another --out\n"
    )
