"""What have runs made, and under which names is it in the menu of models?"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from genimg.editor import CheckpointInfo, list_checkpoints
from genimg.errors import CheckpointError
from genimg.runs import FINISHED, is_name
from genimg.runs.listing import Summary
from genimg.ui.shell.store import Store

Stamp = tuple[int, int]
"""When a file was changed, in nanoseconds, and its bytes: another one has another stamp."""


class Made:
    """The models of runs in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, Stamp | None] = {}  # names: the files when the menu was renewed
        self._ids: dict[Path, tuple[Stamp, str | None]] = {}

    def in_menu(self, run: Summary) -> str | None:
        """The name in the menu of what a run made, if it is there."""
        name = self.name(run)
        return name if self._info(name) else None

    def name(self, run: Summary) -> str:
        """What the model of a run is called, now or later.

        A run of the app has a name that no model had before. The name of one that was started by
        hand may be another model's as long as it has not put its own there: until then it gets
        "-now", and a number where a finished model is called so, too.
        """
        options = run.description.get("options")
        asked = options.get("name") if isinstance(options, dict) else None
        own = asked if isinstance(asked, str) and is_name(asked) else run.name
        if run.about or self.is_made(run, own):
            return own
        name, number = f"{own}-now", 1
        while not (self._is_free(name) or self.is_made(run, name)):
            number += 1
            name = f"{own}-now-{number}"
        return name

    def is_made(self, run: Summary, name: str) -> bool:
        """Whether the model of this name is what a run has made, now that it is finished."""
        if run.phase != FINISHED:
            return False
        made, info = self._id_of(run.files.model), self._info(name)
        return info is not None and info.header.id == made

    def is_own(self, run: Summary) -> bool:
        """Whether what the menu has of a run is its alone, so that it may go with the run."""
        name = self.name(run)
        info = self._info(name)
        if info is None:
            return False
        unfinished = bool(run.about) and "unfinished" in info.header.trained
        return unfinished or info.header.id == self._id_of(run.files.model)

    def _is_free(self, name: str) -> bool:
        """Whether there is no model of this name, or one that still trained when it was written."""
        info = self._info(name)
        if info is None:
            return not self._store.file(name).exists()
        return "unfinished" in info.header.trained

    def _info(self, name: str) -> CheckpointInfo | None:
        """A model of the menu, which is renewed if its file is another one than the last time."""
        stamp = _stamp(self._store.file(name))
        if stamp is None:
            return None
        if stamp != self._seen.get(name):  # not at each question: a classifier never joins the menu
            files = self._store.folder.glob("*.safetensors")
            self._seen = {path.stem: _stamp(path) for path in files}
            self._store.refresh()
        with suppress(CheckpointError):
            return self._store.info(name)
        return None

    def _id_of(self, path: Path) -> str | None:
        """By what the model in a file is known; None if there is none that draws."""
        stamp = _stamp(path)
        if stamp is None:
            return None
        if path not in self._ids or self._ids[path][0] != stamp:
            found = {info.path: info.header.id for info in list_checkpoints(path.parent)[0]}
            self._ids[path] = stamp, found.get(path)
        return self._ids[path][1]


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
