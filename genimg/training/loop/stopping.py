"""Has somebody asked the run to stop: by Ctrl-C, by a signal, or by a file in its folder?"""

from __future__ import annotations

import signal
import time
from types import FrameType, TracebackType

from genimg.training.distributed.processes import World
from genimg.training.loop.state import RunFolder

LOOK_SECONDS = 1.0
"""Between two looks for a file that asks the run to stop."""
SIGNAL_SECONDS = 2.0
"""torchrun passes a signal on that its processes may have had already: that is no second one."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """Somebody asked the run to stop; its state is written."""


class StopRequests:
    """A context that collects Ctrl-C and termination signals, so that a step is never cut in two.

    A second Ctrl-C ends the program at once.
    """

    def __init__(self, folder: RunFolder, world: World) -> None:
        self.folder = folder
        self.world = world
        self._first: float | None = None
        self._looked = 0.0

    @property
    def there(self) -> bool:
        """Whether there is one; for a file it is looked now and then only, by process 0."""
        if self._first is not None:
            return True
        now = time.monotonic()
        if not self.world.main or now - self._looked < LOOK_SECONDS:
            return False
        self._looked = now
        return self.folder.stop_requested

    def __enter__(self) -> StopRequests:
        try:
            self._earlier = {number: signal.signal(number, self._remember) for number in SIGNALS}
        except ValueError:  # not the main thread: nobody can send signals here
            self._earlier = {}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
        elif self.world.size == 1 or now - self._first > SIGNAL_SECONDS:
            raise KeyboardInterrupt
