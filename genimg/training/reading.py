"""How are the pictures of a run read or drawn, and who is told how far that is?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from genimg.data import Dataset, Progress
from genimg.data.progress import seldom, shown_progress
from genimg.errors import DataError
from genimg.models.device import choose_device
from genimg.runs import KEPT, PREPARING
from genimg.training.distributed.processes import ALONE, World
from genimg.training.loop.state import RunFolder
from genimg.training.objectives import objective_of, planner_of
from genimg.training.options import TrainOptions
from genimg.training.planning.planner import Choice

MIN_PICTURES = 4
LEAST_FEW = 8
"""Pictures of a set that is still to be drawn, for a look at it."""
FORETOLD_SECONDS = 5.0
"""Before that nobody knows how long the pictures take."""


def read_pictures(
    options: TrainOptions,
    world: World = ALONE,
    begun: bool = False,
    progress: Progress | None = None,
    few: bool = False,
) -> tuple[TrainOptions, Dataset, list[Choice]]:
    """Choose a size and a preset where they are needed, and read the pictures.

    Args:
        begun: the run goes on, and has its preset.
        progress: is told how far that is; for None a bar is shown in the terminal.
        few: of a set that is still to be drawn, as many as a step takes are enough.
    """
    planner, device = planner_of(options), choose_device(options.device)
    options, chosen = world.decide(lambda: planner.choose_size(options, device))
    wanted = _in_a_step(options, device) if few else None
    dataset = world.one_after_another(lambda: planner.read_pictures(options, progress, wanted))
    if world.size > 1 and not world.all_have(dataset.fingerprint):
        raise DataError(f"{options.data} is not the same on all machines; copy it from one to all")
    if dataset.train_count < MIN_PICTURES:
        raise DataError(f"{options.data} has too few pictures to train on; give it {MIN_PICTURES}")
    options, how = (options, []) if begun else planner.choose_preset(options, dataset)
    objective = objective_of(options.family, options.preset)
    return options, objective.training_data(options, dataset), [*chosen, *how]


def _in_a_step(options: TrainOptions, device: str) -> int:
    kind = objective_of(options.family, options.preset)
    return max(LEAST_FEW, options.batch_size or kind.usual_batch(device.partition(":")[0]))


@contextmanager
def telling_in(folder: RunFolder) -> Iterator[Progress]:
    """Tells those who watch a run how far its pictures are, and shows it in the terminal."""
    before = folder.status()
    kept = {name: getattr(before, name) for name in KEPT} if before else {}
    step, first, begun = "", 0, 0.0

    def tell(done: int, of: int, words: str) -> None:
        nonlocal step, first, begun
        now = time.monotonic()
        if words != step:
            step, first, begun = words, done, now
        passed = now - begun
        known = done > first and passed > FORETOLD_SECONDS
        left = round(passed / (done - first) * (of - done), 1) if known else -1.0
        told = f"{words}: {done:,} of {of:,}"
        folder.tell(PREPARING, told, prepared=done / max(1, of), seconds_left=left, **kept)

    watched = seldom(tell)
    with shown_progress(None) as show:

        def both(done: int, of: int, words: str) -> None:
            show(done, of, words)
            watched(done, of, words)

        yield both
