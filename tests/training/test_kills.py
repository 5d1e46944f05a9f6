"""Kills at random moments of short runs of every family, and what is left after each: dozens of
them, or a hundred with GENIMG_LONG=1.

The runs are forked and killed for real, see `kills.py`; here is looked at what came of them.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from genimg.checkpoint import load
from genimg.editor.library import list_checkpoints
from genimg.training.distributed.processes import ALONE
from genimg.training.loop.state import RunFolder
from tests.training.distributed import together
from tests.training.test_resume import assert_same_run, differences, lines

ROOT = Path(__file__).parents[2]
PATIENCE = 560.0  # seconds that all of it may take on a busy machine
LONG = os.environ.get("GENIMG_LONG") == "1"
KILLS = (
    {"vae": 34, "gan": 33, "classifier": 33}
    if LONG
    else dict.fromkeys(("vae", "gan", "classifier"), 18)
)
ALL = sum(KILLS.values())
CHAINS = 3

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of all runs, and {family: what `kills.py` tells of it}."""
    out = tmp_path_factory.mktemp("kills")
    cache = str(out / "cache")
    words = [f"{family}={kills}" for family, kills in KILLS.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.kills", str(out), *words],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1", "GENIMG_CACHE": cache},
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def kills_of(killed: tuple[Path, dict[str, Any]], *families: str) -> list[dict[str, Any]]:
    return [kill for family in families or KILLS for kill in killed[1][family]["kills"]]


def tensors_in(place: Path) -> dict[str, Any]:
    """All tensors of all model files in a folder, by their paths."""
    found = place.rglob("[!.]*.safetensors")
    return {str(path.relative_to(place)): load(path)[1] for path in found}


def test_the_kills_hit_runs_that_were_alive_in_all_their_phases(
    killed: tuple[Path, dict[str, Any]],
) -> None:
    kills = kills_of(killed)
    assert len(kills) == ALL
    alive = [kill for kill in kills if kill["alive"]]
    assert len(alive) >= 0.9 * ALL
    phases = Counter(kill["phase"] for kill in alive)
    assert phases.keys() >= {"preparing", "training", "finishing", "installing"}
    assert phases["training"] >= 0.3 * ALL
    assert len({kill["images"] for kill in alive}) >= 0.15 * ALL, "at many moments"
    torn = [name for kill in alive for name in kill["hidden"]]
    assert len(torn) >= 0.05 * ALL, "while a file was written"


@pytest.mark.parametrize("family", KILLS)
def test_after_each_kill_every_file_is_whole_and_none_is_lost(
    family: str, killed: tuple[Path, dict[str, Any]]
) -> None:
    """State, last good state, sheets, progress, descriptions, model and its installed copy."""
    assert [kill["troubles"] for kill in kills_of(killed, family) if kill["troubles"]] == []


@pytest.mark.parametrize("family", KILLS)
def test_a_run_that_was_killed_again_and_again_ends_as_one_that_was_not(
    family: str, killed: tuple[Path, dict[str, Any]]
) -> None:
    """Bit for bit: weights, optimizers, generators, progress and sheets; so does its copy."""
    place = killed[0] / family
    whole = place / "whole" / "run"
    assert [line["images"] for line in lines(whole)] == [144, 288, 432, 576, 640]
    assert len(list((whole / "samples").iterdir())) >= (2 if family != "classifier" else 0)
    goods = [RunFolder(whole).load_good()]
    for i in range(CHAINS):
        run = place / f"chain{i}" / "run"
        assert_same_run(run, whole)
        goods.append(RunFolder(run).load_good())
        assert differences(goods[0], goods[-1]) == []
        names = {str(path.relative_to(run)) for path in run.rglob("*")}
        assert names == {str(path.relative_to(whole)) for path in whole.rglob("*")}
        copies = [tensors_in(place / name) for name in ("whole", f"chain{i}")]
        assert len(copies[0]) == (4 if family == "gan" else 2), "with its critic, each twice"
        assert differences(*copies) == []
        models, damaged = list_checkpoints(place / f"chain{i}" / "checkpoints")
        assert len(models) == (family != "classifier"), "no half of one is offered"
        assert not damaged
    assert goods[0] is not None


@pytest.mark.parametrize("family", KILLS)
def test_a_second_run_is_refused_in_every_phase_of_the_first(
    family: str, killed: tuple[Path, dict[str, Any]]
) -> None:
    """And takes nothing away from it: its lock, for one, in a folder that is still empty."""
    refused = killed[1][family]["refused"]
    assert refused.keys() >= {"preparing", "training"}
    assert refused.keys() <= {"preparing", "training", "finishing"}
    assert all("another process is training in" in words for words in refused.values()), refused


def test_a_run_was_refused_while_another_finished_its_model(
    killed: tuple[Path, dict[str, Any]],
) -> None:
    assert any("finishing" in told["refused"] for told in killed[1].values())


def test_a_kill_between_the_last_validation_and_its_state_leaves_no_line_twice(
    data_cache: Path, tmp_path: Path
) -> None:
    """The state before it has seen as many pictures."""

    class Killed(Exception):
        pass

    first = together.trainer("vae", tmp_path / "run", ALONE, snapshot_seconds=0.0)

    def save() -> None:
        if first.clock.validated_step == first.clock.step == together.STEPS:
            raise Killed
        first.folder.save_state(first.state_dict())

    with pytest.raises(Killed):
        first.run(save, lambda line: None)
    ends = [26, 39]
    assert [line["images"] for line in lines(first.folder.path)] == ends
    resumed = together.trainer("vae", tmp_path / "run", ALONE)
    state = resumed.folder.load_state()
    assert state is not None
    assert state["clock"]["images"] == 39, "all steps are done, but the last validation"
    resumed.load_state_dict(state)
    resumed.folder.forget_after(resumed.clock.images, resumed.clock.validated_step)
    together.run(resumed)
    assert [line["images"] for line in lines(resumed.folder.path)] == ends
