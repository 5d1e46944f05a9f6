"""What two processes do for `test_distributed.py`.

    python -m tests.training.distributed.together FOLDER SCENE [SCENE ...]

A scene is a function of this file. Each of two processes runs it, and the test does so alone. They
are forked from one that has loaded torch already.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genimg.data import Dataset, load_dataset
from genimg.errors import GenimgError, TrainingError
from genimg.training import OBJECTIVES, Interrupted, TrainOptions
from genimg.training.distributed.processes import World, join
from genimg.training.loop.state import Onlooker, RunFolder
from genimg.training.loop.trainer import Trainer
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.planning.compute import Compute
from tests.preloaded import preload

BATCH = 13  # not to be divided by two
STEPS = 3
KINDS: dict[str, dict[str, Any]] = {
    "vae": {"family": "vae"},
    "plain vae": {"family": "vae", "preset": "plain"},
    "gan": {"family": "gan", "augment": "on"},
    "gan from a vae": {"family": "gan", "augment": "off"},
    "dcgan": {"family": "gan", "preset": "dcgan", "augment": "on"},
    "conv-gan": {"family": "gan", "preset": "conv-gan", "augment": "off"},
    "classifier": {"family": "classifier"},
}


LEFT = ("vae", "classifier")


def cats() -> Dataset:
    """The data of all scenes, with some labels that are not known."""
    dataset = load_dataset("cats", size=16, count=400)
    assert dataset.labels is not None
    labels = dataset.labels.copy()
    labels[::3, 0] = -1
    return replace(dataset, labels=labels)


def small(model: Any, kind: str) -> Any:
    """The same architecture with few channels."""
    config = model.config
    if config.widths:
        config = replace(config, widths=(8, 16, 16)[: len(config.widths)])
    if kind == "gan from a vae":
        config = replace(config, encoder_widths=config.widths)
    torch.manual_seed(0)
    return type(model)(config).to(memory_format=torch.channels_last)


def trainer(kind: str, out: Path, world: World, **more: Any) -> Trainer:
    """The trainer of a short run, the same in each process."""
    options = TrainOptions(
        **{"images": BATCH * STEPS, "validate_every": 2 * BATCH, "seed": 4, **KINDS[kind], **more}
    )
    objective = OBJECTIVES[options.family]
    dataset = objective.training_data(options, cats())
    model = small(objective.start(options, dataset, None), kind)
    folder = RunFolder(out) if world.main else Onlooker(out)
    folder.samples.mkdir(parents=True, exist_ok=True)
    folder.state.parent.mkdir(exist_ok=True)
    changes = Augmentations(flip=True, shift=0.05, colour=0.1)
    made = objective(model, options, Compute())
    for player in made.players.values():
        for group in player.optimizer.param_groups:
            # A step of Adam is lr * sign(gradient) at first, which makes the last digits of a
            # gradient near zero a whole step; with this it is smooth.
            group["eps"] = 1e-3
    return Trainer(made, dataset, options, folder, BATCH, changes, world)


def run(made: Trainer) -> None:
    made.run(lambda: made.folder.save_state(made.state_dict()), lambda line: None)


def each_kind(out: Path, world: World) -> None:
    """A few steps of every family and preset; the state tells what came out."""
    for kind in KINDS:
        run(trainer(kind, out / kind, world))


def leave_halfway(out: Path, world: World) -> None:
    """Runs that are stopped after their first step."""
    for name in LEFT:
        left = trainer(name, out / f"left {name}", world)
        if world.main:
            left.folder.request_stop()
        with suppress(Interrupted):
            run(left)


def go_on(out: Path, world: World) -> None:
    """Go on with runs that others left, however many they were."""
    for name in LEFT:
        going_on = trainer(name, out / f"left {name}", world)
        if world.main:
            going_on.folder.stop.unlink(missing_ok=True)
        state = world.decide(going_on.folder.load_state)
        assert state is not None
        going_on.load_state_dict(state)
        run(going_on)


def all_is_well(out: Path, world: World) -> None:
    each_kind(out, world)
    go_on(out, world)
    leave_halfway(out / "for one", world)


def failing(which: int) -> Callable[[Path, World], None]:
    def scene(out: Path, world: World) -> None:
        made = trainer("vae", out / "failing", world, images=10**6)
        terms = made.objective.terms

        def failing_terms(*arguments: Any) -> Any:
            if world.rank == which and made.clock.step == 2:
                raise TrainingError("the third step was too much")
            return terms(*arguments)

        made.objective.terms = failing_terms  # type: ignore[method-assign]
        run(made)

    return scene


def second_is_killed(out: Path, world: World) -> None:
    """As a machine does that runs out of memory: it can tell nobody why."""
    made = trainer("vae", out / "killed", world, images=10**6)
    told = made.objective.told

    def deadly(means: Any) -> Any:
        if world.rank == 1 and made.clock.step == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return told(means)

    made.objective.told = deadly  # type: ignore[method-assign]
    run(made)


def second_cannot_read(out: Path, world: World) -> None:
    """Process 0 has read its pictures and waits for process 1, however long that takes."""

    def load() -> int:
        if world.rank == 1:
            raise TrainingError("its pictures cannot be read")
        return 3

    assert world.one_after_another(load) == 3


def in_order(out: Path, world: World) -> None:
    """What process 0 has prepared is there for process 1."""
    prepared = out / "prepared"

    def load() -> str:
        if world.rank == 0:
            time.sleep(0.5)
            prepared.write_text("once")
        return prepared.read_text()

    assert world.one_after_another(load) == "once"
    assert world.all_have(7) and not world.all_have(world.rank)
    world.leave()
    if world.main:
        raise TrainingError("process 0 alone had work left, and failed")


def spoiled(out: Path, world: World) -> None:
    """A weight goes bad in all of them, as it does: all go back together."""
    for kind in ("gan", "vae"):
        spoil(trainer(kind, out / f"spoiled {kind}", world, images=6 * BATCH))


def spoil(made: Trainer) -> None:
    told = made.objective.told

    def spoiling(means: Any) -> Any:
        if made.clock.step == 3 and not made.objective.retries:
            with torch.no_grad():
                next(made.objective.model.parameters()).fill_(np.nan)
        return told(means)

    made.objective.told = spoiling  # type: ignore[method-assign]
    run(made)


SCENES: dict[str, Callable[[Path, World], None]] = {
    "well": all_is_well,
    "first fails": failing(0),
    "second fails": failing(1),
    "second is killed": second_is_killed,
    "second cannot read": second_cannot_read,
    "in order": in_order,
    "spoiled": spoiled,
}


def take_part(name: str, out: Path, rank: int) -> None:
    """One of two processes that play a scene; ends with the exit code of the program."""
    code = 0
    with (out / f"{name} {rank}.txt").open("w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        try:
            with join("cpu") as world:
                SCENES[name](out, world)
        except GenimgError as error:
            print(f"told: {error}", flush=True)
            code = 2
        except SystemExit as error:
            code = int(error.code or 0)
        except BaseException:
            traceback.print_exc()
            code = 1
        os._exit(code)


def main() -> int:
    """Play scenes, each by two processes; prints a JSON object of their exit codes and seconds."""
    preload()
    torch.set_num_threads(1)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in sys.argv[2:]:
        began = time.monotonic()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        os.environ |= {
            "WORLD_SIZE": "2",
            "LOCAL_WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        children = []
        for rank in range(2):
            child = os.fork()
            if not child:
                take_part(name, out, rank)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        results[name] = {"codes": codes, "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(results), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
