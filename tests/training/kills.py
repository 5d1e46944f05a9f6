"""What is killed for `test_kills.py`: short runs, each killed and continued again and again.

    python -m tests.training.kills FOLDER FAMILY=KILLS [FAMILY=KILLS ...]

One process loads torch and forks the runs, so that a hundred of them cost little more than their
steps. It never trains itself: what a fork would have to share, such as threads, is never there.
Prints a JSON object: for each family its kills, and what was found after each.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from genimg import checkpoint
from genimg.errors import GenimgError, TrainingError
from genimg.evaluation import calibration, evaluate
from genimg.runs import FINISHED, FINISHING, TRAINING, RunFiles, folder
from genimg.training import TrainOptions, run, train
from genimg.training.finishing import gan
from tests.preloaded import preload
from tests.training.conftest import gather_few

SEED = 5
SNAPSHOTS = (0.0, 0.02, 0.1)
"""Seconds between two states, one for each chain of kills of a family."""
PATIENCE = 120.0  # seconds that one run may take on a busy machine
LOOK_SECONDS = 0.002
STATE = "run/state/state.pt"
BEGINNING, FINISH = 0.15, 0.35
"""Parts of the kills that hit a run while it begins, and while it finishes its model."""
AT_A_FILE, OPERATIONS = 0.4, 12
"""Part of the kills that wait for one of the next so many operations on the run's files."""


@dataclass
class Kill:
    """One kill: what it hit, and what was found then.

    Attributes:
        phase: what the run last told, or "installing" between its model and the end.
        alive: whether there still was a process to be killed.
        images: pictures that the last state has seen; -1 if there is none.
        operation: how many operations on files it waited for; -1 for a moment by the clock.
        hidden: temporary files that it left.
        troubles: files that are not whole, or gone.
    """

    chain: int
    operation: int
    phase: str = ""
    alive: bool = False
    images: int = -1
    hidden: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Length:
    """Seconds that an undisturbed run takes to begin, to train, and to finish its model."""

    begin: float
    train: float
    finish: float


def wanted(family: str, place: Path, snapshot_seconds: float = 60.0) -> TrainOptions:
    """The run of all kills of a family, in the folder `place` / "run"."""
    return TrainOptions(
        family=family,
        data=f"folder:{place.parents[1] / 'pictures'}",
        size=16,
        images=640,
        batch_size=16,
        width=None if family == "classifier" else 8,
        seed=3,
        precision="fp32",
        layout="channels_last",
        threads=1,
        device="cpu",
        validate_every=144,  # so that the end has a validation of its own
        snapshot_seconds=snapshot_seconds,
        out=place / "run",
        name="killed",
    )


def draw_pictures(pictures: Path) -> None:
    """Two kinds of small pictures, each in a folder of its own."""
    rng = np.random.default_rng(0)
    for name, most in (("bright", 256), ("dark", 90)):
        (pictures / name).mkdir(parents=True)
        for i in range(40):
            blots = Image.fromarray(rng.integers(0, most, (4, 4, 3)).astype(np.uint8))
            blots.resize((16, 16), Image.Resampling.BICUBIC).save(pictures / name / f"{i}.png")


# -- one run, in a fork


class Fuse:
    """Kills this process before one of its operations on files, once somebody has lit it."""

    def __init__(self, places: tuple[str, ...], operations: int, lit: bool) -> None:
        self.places, self.left, self.lit = places, operations, lit
        sys.addaudithook(self.look)
        signal.signal(signal.SIGUSR1, self.light)

    def light(self, *_: object) -> None:
        self.lit = True

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.lit and event in ("open", "os.rename", "os.remove"):
            if str(arguments[0]).startswith(self.places):
                self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def start(
    family: str, place: Path, snapshot_seconds: float, fuse: int = -1, lit: bool = False
) -> int:
    """Fork a run; the number of its process."""
    run.CHECKPOINTS = place / "checkpoints"
    assert threading.active_count() == len(os.listdir("/proc/self/task")) == 1, "a fork lacks them"
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with (place / "said.txt").open("a") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        if fuse >= 0:
            Fuse((str(place / "run"), str(place / "checkpoints")), fuse, lit)
        train(wanted(family, place, snapshot_seconds))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


class Ended(Exception):
    """A run came to its end before what was waited for."""


def watch(child: int, ready: Callable[[], bool]) -> None:
    """Wait until something is so of a running child. Raises Ended with its exit code."""
    limit = time.monotonic() + PATIENCE
    while not ready():
        number, status = os.waitpid(child, os.WNOHANG)
        if number:
            raise Ended(os.waitstatus_to_exitcode(status))
        if time.monotonic() > limit:
            os.kill(child, signal.SIGKILL)
        time.sleep(LOOK_SECONDS)


def end_of(child: int) -> int:
    """The exit code of a child, when it has one."""
    with suppress(ChildProcessError):
        try:
            watch(child, lambda: False)
        except Ended as ended:
            return int(ended.args[0])
    raise AssertionError


def phase_of(files: RunFiles, child: int) -> str:
    status = files.status()
    return status.phase if status is not None and status.pid == child else ""


# -- the run that nobody kills


def undisturbed(family: str, place: Path) -> tuple[Length, dict[str, str]]:
    """A whole run; and what those were told who wanted to train there in each of its phases."""
    place.mkdir(parents=True)
    files = RunFiles(place / "run")
    refused: dict[str, str] = {}
    began: dict[str, float] = {}
    started = time.monotonic()
    child = start(family, place, 60.0)

    def look() -> bool:
        phase = phase_of(files, child)
        if phase and phase not in began:
            began[phase] = time.monotonic()
            os.kill(child, signal.SIGSTOP)  # so that it is still there
            if phase_of(files, child) == phase != FINISHED:
                refused[phase] = second_run(family, place)
            os.kill(child, signal.SIGCONT)
        return False

    try:
        watch(child, look)
    except Ended as ended:
        assert ended.args[0] == 0, (place / "said.txt").read_text()[-3000:]
    now = time.monotonic()
    times = [started, *(began[phase] for phase in (TRAINING, FINISHING)), now]
    return Length(*(b - a for a, b in itertools.pairwise(times))), refused


def second_run(family: str, place: Path) -> str:
    """What somebody is told who starts the same run a second time while it goes."""
    try:
        train(wanted(family, place), lambda line: None)
    except TrainingError as error:
        return str(error)
    return "it was let in"


# -- the runs that are killed


def chain(number: int, family: str, place: Path, kills: int, length: Length) -> list[Kill]:
    """Kill a run and continue it, again and again; at last it may come to its end."""
    place.mkdir(parents=True)
    rng = random.Random(f"{SEED} {family} {number}")
    snapshot_seconds = SNAPSHOTS[number % len(SNAPSHOTS)]
    files = RunFiles(place / "run")
    done = []
    for moment in moments(rng, kills, length):
        operation = rng.randrange(OPERATIONS) if rng.random() < AT_A_FILE else -1
        short = files.model.exists()  # what is left is too short for a clock
        if short and operation < 0:
            operation = rng.randrange(OPERATIONS)
        kill = Kill(number, operation)
        before = found(place, kill)
        child = start(family, place, snapshot_seconds, operation, lit=short)
        try:
            if not short:
                wait(child, files, moment, length)
                os.kill(child, signal.SIGKILL if operation < 0 else signal.SIGUSR1)
            kill.alive = end_of(child) == -signal.SIGKILL
        except Ended:
            kill.alive = False
        told = files.status()
        kill.phase = told.phase if told is not None else ""
        if files.model.exists() and kill.phase != FINISHED:
            kill.phase = "installing"
        after = found(place, kill)
        kill.troubles += [f"{name} is gone" for name in before if name not in after]
        kill.images = after.get(STATE, -1)
        if kill.images < before.get(STATE, -1):
            kill.troubles.append("the state went back")
        done.append(kill)
    assert end_of(start(family, place, snapshot_seconds)) == 0, (place / "said.txt").read_text()[
        -3000:
    ]
    return done


def moments(rng: random.Random, kills: int, length: Length) -> list[float]:
    """When each sitting of a chain is to be killed, in seconds of an undisturbed run since its
    first step; below 0 before the first step of the sitting.
    """
    later, early = [], 0
    for _ in range(kills):
        which = rng.random()
        if which < BEGINNING:
            early += 1
        elif which < 1 - FINISH:
            later.append(rng.uniform(0.0, length.train))
        else:
            later.append(length.train + rng.uniform(0.0, 0.9 * length.finish))
    planned = sorted(later)
    for _ in range(early):
        planned.insert(rng.randrange(len(planned) + 1), -rng.random())
    return planned


def wait(child: int, files: RunFiles, moment: float, length: Length) -> None:
    """Wait until a sitting has come to a moment. Raises Ended."""
    if moment < 0:
        watch(child, lambda: phase_of(files, child) != "")
        time.sleep(-moment * length.begin * (0.2 if files.state.exists() else 1.0))
        return
    watch(child, lambda: phase_of(files, child) in (TRAINING, FINISHING))
    begun = files.status()
    assert begun is not None
    until = time.monotonic() + moment - begun.progress * length.train
    if moment >= length.train:
        watch(child, lambda: phase_of(files, child) == FINISHING)
        until = time.monotonic() + moment - length.train
    watch(child, lambda: time.monotonic() >= until)


def found(place: Path, kill: Kill) -> dict[str, int]:
    """The files that are there, and must be whole: with the pictures seen by what has seen some."""
    files = RunFiles(place / "run")
    there: dict[str, int] = {}

    def read(path: Path, how: Callable[[Path], int]) -> None:
        if path.exists():
            name = str(path.relative_to(place))
            try:
                there[name] = how(path)
            except (OSError, ValueError, RuntimeError, EOFError, GenimgError) as error:
                kill.troubles.append(f"{name}: {error!r}")

    for path in (files.state, files.good):
        read(path, lambda x: int(torch.load(x, weights_only=True)["clock"]["images"]))
    for path in (files.description, files.status_file):
        read(path, lambda x: len(json.loads(x.read_text())))
    read(files.progress, read_lines)
    for path in files.sheets():
        read(path, lambda x: len(Image.open(x).tobytes()))
    for path in place.rglob("[!.]*.safetensors"):
        read(path, lambda x: len(checkpoint.load(x)[1]))
    kill.hidden = [str(x.relative_to(place)) for x in place.rglob(".*") if x.name != ".lock"]
    return {name: x for name, x in there.items() if not name.endswith((".png", ".jsonl"))}


def read_lines(progress: Path) -> int:
    """How many lines a file of JSON lines has; a kill may have cut its last one."""
    *whole, _ = progress.read_text().split("\n")
    return len([json.loads(line) for line in whole])


def main() -> int:
    preload()
    torch.set_num_threads(1)
    gan.gather, evaluate.QUICK_COUNT, calibration.SEARCHED = gather_few, 24, 1  # as `few_draws`
    folder.LOCK_SECONDS = 0.02  # who is refused is so at once
    out = Path(sys.argv[1])
    draw_pictures(out / "pictures")
    told: dict[str, Any] = {}
    for words in sys.argv[2:]:
        family, _, kills = words.partition("=")
        began = time.monotonic()
        length, refused = undisturbed(family, out / family / "whole")
        done: list[Kill] = []
        for i in range(len(SNAPSHOTS)):
            share = (int(kills) + i) // len(SNAPSHOTS)
            done += chain(i, family, out / family / f"chain{i}", share, length)
        told[family] = {
            "kills": [asdict(kill) for kill in done],
            "refused": refused,
            "length": asdict(length),
            "seconds": round(time.monotonic() - began, 1),
        }
    print(json.dumps(told), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
