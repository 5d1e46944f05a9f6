"""What can the app do about training? Everything the routes offer, as plain calls.

The work itself is done by processes of their own, which this app only starts and reads about:
`genimg.runs` for runs, `training_looks` for what is looked at before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from genimg.editor import remove_checkpoint
from genimg.errors import GenimgError, TrainingError
from genimg.runs import (
    AT_ONCE,
    RunFiles,
    is_name,
    is_run,
    launch,
    name_from,
    runs_in,
    summary,
)
from genimg.runs.launch import command_line
from genimg.runs.processes import end, spawn
from genimg.ui import training_views as views
from genimg.ui.live_messages import Refused
from genimg.ui.store import Store
from genimg.ui.training_asked import (
    LEAST_MINUTES,
    MOST_MINUTES,
    Data,
    preparing_options,
    read_data,
    read_minutes,
    read_words,
    statements,
    training_options,
)
from genimg.ui.training_looks import Looks
from genimg.ui.training_made import Made
from genimg.ui.training_uploads import Uploads, cache_folder

SWEEP_SECONDS = 3600.0
SNAPSHOT_SECONDS = 180.0
MOST_WORKING = 20
"""Runs that train or wait at the same time."""
_FOLDERS = ("GENIMG_CACHE", "GENIMG_DATA")


class NotFound(GenimgError):
    """There is no run of that name."""


class Training:
    """Runs, looks and uploads of one app.

    Args:
        store: the models of the menu; a finished run puts its model there.
        runs: the folder of the runs.
        at_once: how many of them may train at once.
    """

    def __init__(self, store: Store, runs: Path, at_once: int = 1) -> None:
        self.runs = runs.resolve()
        self._store = store
        self._environment = {
            AT_ONCE: str(at_once),
            "GENIMG_CHECKPOINTS": str(store.folder.resolve()),
            # The processes work in another folder, where a relative path would lead elsewhere.
            **{name: str(Path(os.environ[name]).expanduser().resolve())
               for name in _FOLDERS if os.environ.get(name)},
        }  # fmt: skip
        self.uploads = Uploads(cache_folder().resolve() / "uploads")
        self.looks = Looks(cache_folder().resolve() / "looks", self._environment)
        self._starting = threading.Lock()
        self.made = Made(store)
        self._closed = threading.Event()
        threading.Thread(target=self._sweep, daemon=True).start()

    def close(self) -> None:
        """The app ends: looks are given up, runs go on."""
        self._closed.set()
        self.looks.close()

    def _sweep(self) -> None:
        launch.sweep(self.runs)
        while not self._closed.is_set():
            with suppress(OSError, GenimgError):
                self.uploads.sweep()
                self.looks.sweep()
            self._closed.wait(SWEEP_SECONDS)

    # -- what there is

    def state(self) -> dict[str, Any]:
        """The models to start from, all runs, and the room on the disk in bytes."""
        there = next(path for path in (self.runs, *self.runs.parents) if path.exists())
        runs = [self._plainly(views.brief(x, self.made.in_menu(x))) for x in runs_in(self.runs)]
        return {
            "models": self._models(),
            "runs": runs,
            "disk_free": shutil.disk_usage(there).free,
        }

    def tell(self, name: str) -> dict[str, Any]:
        """All about one run. Raises NotFound."""
        run = summary(self.files(name))
        told = views.full(run, self.made.in_menu(run), self._store.folder)
        return self._plainly(told | {"removable": self.made.is_own(run)})

    def _plainly(self, told: dict[str, Any]) -> dict[str, Any]:
        """What went wrong, without the paths of sent pictures. Logs and commands keep them."""
        told["trouble"] = self.uploads.plainly(told["trouble"])
        for found in told.get("health", []):
            found["words"] = self.uploads.plainly(found["words"])
        return told

    def files(self, name: str) -> RunFiles:
        """The files of a run. Raises NotFound for a name that is none, or a path."""
        path = self.runs / name
        # os.path rather than pathlib, which raises for a name that is too long for the disk.
        if not is_name(name) or os.path.islink(path) or not is_run(path):
            raise NotFound("There is no such run, or no more.")
        return RunFiles(path)

    def _models(self) -> list[dict[str, Any]]:
        rows = []
        for title, name in self._store.choices:
            with suppress(GenimgError, KeyError, TypeError, ValueError):
                header = self._store.info(name).header
                size = header.image_shape[1]
                rows += [{"name": name, "title": title, "size": size, "family": header.family}]
        return rows

    # -- looks

    def start_look(self, values: Mapping[str, object], person: str, here: bool) -> str:
        """Begin to look at pictures, and return the look's ID.

        Args:
            person: who asks, "address/key"; a new look of the same person takes the place of the
                old one.
            here: whether the person sits at this machine, and may name its folders.

        Raises:
            Refused, GenimgError.
        """
        data = read_data(values)
        options = preparing_options(values)
        family, more = training_options(values, self._starts())
        statements(values)  # so that what cannot be is refused now, not when it starts
        word = self._word(data, here)
        plan = ["train", family, f"--data={word}", *options, *more, "--dry-run"]
        commands = [("plan", plan)]
        if not data.name:
            folder = word.removeprefix("folder:")
            start = [word for word in more if word.startswith("--init-from=")]  # gives the size
            commands.insert(0, ("pictures", ["prepare", folder, *options, *start]))
        return self.looks.start(person, commands, self.uploads.plainly)

    def _starts(self) -> dict[str, Path]:
        return {name: self._store.info(name).path for name in self._store.names}

    def _word(self, data: Data, here: bool) -> str:
        """What --data is given. Raises Refused, UnknownSet."""
        if data.upload:
            return f"folder:{self.uploads.pictures(data.upload)}"
        if not data.folder:
            return data.name
        if not here:
            raise Refused(
                "a folder can be named only at the machine that trains; send the pictures instead"
            )
        try:
            path = Path(data.folder).expanduser()
            if not path.is_absolute():
                raise Refused("give the whole path of the folder, from the root of the disk")
            found = path.is_dir() or (path.is_file() and path.suffix.lower() == ".zip")
        except (OSError, RuntimeError, ValueError):  # too long, ~nobody, or no text that has bytes
            raise Refused("that cannot be the path of a folder on this machine") from None
        if not found:
            raise Refused(f"there is no folder or zip file {str(path)!r} on this machine")
        return f"folder:{path}"

    # -- runs

    def start_run(self, values: Mapping[str, object], here: bool) -> str:
        """Start a run, and return its name. Raises Refused, GenimgError."""
        data = read_data(values)
        options = preparing_options(values)
        family, more = training_options(values, self._starts())
        said = statements(values)
        title = read_words(values, "title")
        self.uploads.check_room(0)
        arguments = [family, f"--data={self._word(data, here)}", *options, *more]
        arguments += said if not data.name else []  # the other sets say themselves whose they are
        with self._starting:
            self._refuse_more()
            taken = {path.name for path in self.runs.glob("*")}
            taken |= {path.stem for path in self._store.folder.glob("*.safetensors")}
            name = name_from(title or data.name, taken, data.name or "my-pictures")
            about = {"title": title or name, "family": family, "data": data.name or "own pictures"}
            if data.upload:
                self.uploads.mark_used(data.upload, self.runs / name)
            launch.start(self.runs, name, [*arguments, f"--name={name}"], about, self._environment)
        return name

    def _refuse_more(self) -> None:
        """Raises TrainingError if as many runs work or wait as there may be."""
        if sum(run.working for run in runs_in(self.runs)) >= MOST_WORKING:
            raise TrainingError(
                f"{MOST_WORKING} runs train or wait here already, and there may be no more. Stop "
                "one of them, or wait until one has ended."
            )

    def stop(self, files: RunFiles, values: Mapping[str, object]) -> dict[str, Any]:
        """Ask a run to stop."""
        launch.stop(files)
        return {}

    def resume(self, files: RunFiles, values: Mapping[str, object]) -> dict[str, Any]:
        """Go on with a run. Raises TrainingError."""
        with self._starting:
            self._refuse_more()
            launch.resume(files, self._environment)
        return {}

    def delete(self, files: RunFiles, values: Mapping[str, object]) -> dict[str, Any]:
        """Delete a run; its model stays in the menu, unless `values["model"]` says that it is to
        go, too. Raises Refused, TrainingError.
        """
        run = summary(files)
        gone = values.get("model") is True
        name = self.made.name(run)
        if gone and not self.made.is_own(run):
            raise Refused("the model of that name in the menu is not this run's alone")
        if gone:
            self._refuse_needed(self._store.file(name))
        with self._starting:
            launch.delete(files)
        if gone:
            try:
                remove_checkpoint(self._store.file(name))
            except OSError as error:
                raise TrainingError(
                    f"The run is deleted, its model could not be: {error.strerror}"
                ) from error
            self._store.refresh()
        return {}

    def _refuse_needed(self, model: Path) -> None:
        """Raises Refused if a run is to start from a model, and has not begun."""
        start = f"--init-from={model.resolve()}"
        for run in runs_in(self.runs):
            if start in command_line(run.files) and not run.files.state.is_file() and run.working:
                raise Refused(f"the run {run.name!r} waits to start from its model")

    def extend(self, files: RunFiles, values: Mapping[str, object]) -> dict[str, Any]:
        """Give a run so many minutes more. Raises Refused, TrainingError."""
        more = read_minutes(values)
        if more is None:
            raise Refused("minutes are missing")
        run = summary(files)
        options = run.description.get("options")
        planned = options.get("minutes") if isinstance(options, dict) else None
        planned = planned if isinstance(planned, int | float) else 0.0
        total = max(planned, run.status.seconds / 60, LEAST_MINUTES) + more
        with self._starting:
            self._refuse_more()
            launch.extend(files, round(min(total, MOST_MINUTES), 2), self._environment)
        return {}

    def open(self, files: RunFiles, values: Mapping[str, object]) -> dict[str, Any]:
        """Put what a run has learned so far into the menu, and name it. Raises TrainingError."""
        run = summary(files)
        if (run.description or run.about).get("family") == "classifier":
            raise TrainingError(
                "A classifier tells pictures apart and makes none, so there is nothing to edit "
                "with it. Use it in a terminal: python -m genimg classify"
            )
        name = self.made.name(run)
        if not self.made.is_made(run, name):
            self._snapshot(files, name, own=bool(run.about))
        self._store.refresh()
        if name not in self._store.names:
            raise TrainingError(f"The model {name!r} could not be opened.")
        return {"model": name}

    def _snapshot(self, files: RunFiles, name: str, own: bool) -> None:
        """Have the model of a run written by a process of its own, as that takes torch's networks.

        Args:
            own: the name is the run's alone, so a finished model there is an earlier one of it.

        Raises:
            TrainingError: it cannot be made, or takes too long.
        """
        with TemporaryFile() as said:
            arguments = ["snapshot", str(files.path), f"--name={name}", *["--force"] * own]
            process = spawn(arguments, self._environment, said)
            try:
                code = process.wait(SNAPSHOT_SECONDS)
            except subprocess.TimeoutExpired:
                end(process)
                raise TrainingError(
                    "That took too long. Try again when less is going on."
                ) from None
            if code:
                said.seek(0)
                lines = said.read().decode("utf-8", errors="replace").strip().splitlines()
                last = lines[-1].removeprefix("genimg: error: ") if lines else "no reason was given"
                raise TrainingError(f"The model could not be written: {last}")
