"""What if the memory is too small for the pictures of a step, and can the run go on with fewer?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from genimg.errors import TrainingError
from genimg.training.loop.state import RunFolder
from genimg.training.options import TrainOptions
from genimg.training.planning.plan import Refused

# What torch says on CUDA, of cuDNN and cuBLAS, and on a CPU.
_TOO_LITTLE = re.compile(
    r"out of memory|can't allocate memory|not enough memory|(CUDNN|CUBLAS)_STATUS_ALLOC_FAILED",
    re.IGNORECASE,
)


@contextmanager
def enough_for(batch_size: int, folder: RunFolder | None = None) -> Iterator[None]:
    """Say what to do when the memory runs out with so many pictures in a step.

    Args:
        folder: of a run that has begun.

    Raises:
        TrainingError: in place of what torch and Python raise then.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, MemoryError) and not _TOO_LITTLE.search(str(error)):
            raise
        fewer = f"--batch-size {max(1, batch_size // 2)}"
        if folder is not None and folder.state.is_file():
            what = f"The same command with {fewer} goes on from what was learned"
        else:
            what = f"Give the same command with {fewer}"
        less = " (or a smaller --size)" if folder is None else ""
        raise TrainingError(
            f"the memory is too small for {batch_size} pictures in a step. {what}{less}, or end "
            "what else uses the memory."
        ) from error


def batch_of_continued(
    options: TrainOptions,
    state: Mapping[str, Any],
    folder: RunFolder,
    done: bool,
    say: Callable[[str], None],
) -> int:
    """The pictures in a step of a run that goes on: as many as before, or as many as asked for.

    Args:
        done: whether there is nothing left to do.

    Raises:
        Refused: another number for a run that is finished.
    """
    before = int(state["batch_size"])
    now = options.batch_size
    if now is None or now == before:
        return before
    if done:
        raise Refused(
            f"{folder.path} holds a finished run of {before} pictures in a step, not {now}: give "
            f"it more time, choose another --out, or delete {folder.path} to train anew"
        )
    noise = "noisier" if now < before else "smoother"
    say(
        f"from here on {now} pictures in a step, not {before}: the steps are {noise}, what was "
        f"learned stays, and the model will not be bit for bit that of a run with either number "
        "throughout"
    )
    return now
