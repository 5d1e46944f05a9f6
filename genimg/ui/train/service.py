"""What can the app do about training? Everything the routes offer, as plain calls.

The work itself is done by processes of their own, which this app only starts and reads about:
`genimg.runs` for runs, `training_looks` for what is looked at before.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from genimg.editor import remove_checkpoint
from genimg.errors import GenimgError, TrainingError
from genimg.files import model_files
from genimg.runs import (
    AT_ONCE,
    RunFiles,
    Summary,
    escaped_name,
    is_run,
    launch,
    name_from,
    runs_in,
    summary,
    unescaped_name,
)
from genimg.runs.launch import command_line
from genimg.runs.processes import end, spawn
from genimg.ui.serving.http import Question, Refused
from genimg.ui.shell.store import Store
from genimg.ui.train import views
from genimg.ui.train.answers import ModelOpened, Nothing, Overview, Run, RunBrief, StartModel
from genimg.ui.train.models import Made
from genimg.ui.train.previews import Looks
from genimg.ui.train.requests import (
    LEAST_MINUTES,
    MOST_MINUTES,
    Data,
    DeleteRequest,
    ExtendRequest,
    LookRequest,
    RunRequest,
    offers,
    preparing_options,
    statements,
    training_options,
)
from genimg.ui.train.uploads import Uploads, cache_folder
from genimg.ui.words import say

SWEEP_SECONDS = 3600.0
SNAPSHOT_SECONDS = 180.0
MOST_WORKING = 20
"""Runs that train or wait at the same time."""
_LOG = logging.getLogger("genimg")
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
            "GENIMG_CHECKPOINTS": views.checkpoint_folders(store.folder),
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
                self.uploads.sweep_parts()
                self.looks.sweep()
            self._closed.wait(SWEEP_SECONDS)

    # -- what there is

    def state(self, here: bool) -> Overview:
        """All that there is, for somebody who may train; see `start_look` for `here`."""
        there = next(path for path in (self.runs, *self.runs.parents) if path.exists())
        return {
            "allowed": True,
            "why": "",
            "here": here,
            **offers(),
            "models": self._models(),
            "runs": [self._brief(run) for run in runs_in(self.runs)],
            "disk_free": shutil.disk_usage(there).free,
        }

    def _brief(self, run: Summary) -> RunBrief:
        try:
            row = views.brief(run, self.made.in_menu(run))
            row["trouble"] = self.uploads.plainly(row["trouble"])
            return row
        except Exception:  # one run never takes the others along
            _LOG.exception("the run %s cannot be told", escaped_name(run.name))
            return views.lost(run.files)

    def tell(self, name: str) -> Run:
        """All about one run. Raises NotFound."""
        run = summary(self.files(name))
        model, removable = self.made.in_menu(run), self.made.is_own(run)
        row = views.full(run, model, self._store.folder, removable)
        # What went wrong is said without the paths of sent pictures; logs and commands keep them.
        row["trouble"] = self.uploads.plainly(row["trouble"])
        for found in row["health"]:
            found["words"] = self.uploads.plainly(found["words"])
        return row

    def files(self, name: str) -> RunFiles:
        """The files of a run, by its name or by `escaped_name` of it. Raises NotFound."""
        for each in (name, unescaped_name(name)):
            path = self.runs / each
            # os.path rather than pathlib, which raises for a name that is too long for the disk.
            if _is_entry(each) and not os.path.islink(path) and is_run(path):
                return RunFiles(path)
        raise NotFound(say("train.no_run"))

    def _models(self) -> list[StartModel]:
        rows: list[StartModel] = []
        for title, name in self._store.choices:
            with suppress(GenimgError, KeyError, TypeError, ValueError):
                info = self._store.info(name)
                if info.takes_any:  # nothing is trained on from one
                    continue
                _, *shape = info.header.image_shape
                row: StartModel = {
                    "name": name,
                    "title": title,
                    "shape": (shape[0], shape[1]),
                    "family": info.header.family,
                }
                rows.append(row)
        return rows

    # -- looks

    def start_look(self, asked: LookRequest, host: str, here: bool) -> str:
        """Begin to look at pictures, and return the look's ID.

        Args:
            asked: a new look of the same `person` takes the place of the old one.
            host: the address of who asks.
            here: whether the person sits at this machine, and may name its folders.

        Raises:
            Refused, GenimgError.
        """
        options, more = preparing_options(asked), training_options(asked, self._starts())
        word = self._word(asked.data, here)
        plan = ["train", asked.family, f"--data={word}", *options, *more, "--dry-run"]
        commands = [("plan", plan)]
        if not asked.data.name:
            folder = word.removeprefix("folder:")
            start = [word for word in more if word.startswith("--init-from=")]  # gives the size
            commands.insert(0, ("pictures", ["prepare", folder, *options, *start]))
        return self.looks.start(f"{host}/{asked.person}", commands, self.uploads.plainly)

    def _starts(self) -> dict[str, Path]:
        return {name: self._store.info(name).path for name in self._store.names}

    def _word(self, data: Data, here: bool) -> str:
        """What --data is given. Raises Refused, UnknownSet."""
        if data.upload:
            return f"folder:{self.uploads.pictures(data.upload)}"
        if not data.folder:
            return data.name
        if not here:
            raise Refused(say("train.folder_elsewhere"))
        try:
            path = Path(data.folder).expanduser()
            if not path.is_absolute():
                raise Refused(say("train.folder_relative"))
            found = path.is_dir() or (path.is_file() and path.suffix.lower() == ".zip")
        except (OSError, RuntimeError, ValueError):  # too long, ~nobody, or no text that has bytes
            raise Refused(say("train.folder_impossible")) from None
        if not found:
            raise Refused(say("train.folder_missing", path=repr(str(path))))
        return f"folder:{path}"

    # -- runs

    def start_run(self, asked: RunRequest, here: bool) -> str:
        """Start a run, and return its name. Raises Refused, GenimgError."""
        data, title, family = asked.data, asked.title, asked.family
        options, more = preparing_options(asked), training_options(asked, self._starts())
        self.uploads.check_room(0)
        arguments = [family, f"--data={self._word(data, here)}", *options, *more]
        # The other sets say themselves whose they are.
        arguments += statements(asked) if not data.name else []
        with self._starting:
            self._refuse_more()
            taken = {path.name for path in self.runs.glob("*")}
            taken |= {path.stem for path in model_files(self._store.folder)}
            name = name_from(title or data.name, taken, data.name or "my-pictures")
            about = {
                "title": title or name,
                "family": family,
                "data": data.name or say("train.own_pictures"),
            }
            if data.upload:
                self.uploads.mark_used(data.upload, self.runs / name)
            launch.start(self.runs, name, [*arguments, f"--name={name}"], about, self._environment)
        return name

    def _refuse_more(self) -> None:
        """Raises TrainingError if as many runs work or wait as there may be."""
        if sum(run.working for run in runs_in(self.runs)) >= MOST_WORKING:
            raise TrainingError(say("train.runs_full", n=MOST_WORKING))

    def stop(self, files: RunFiles, asked: Question) -> Nothing:
        """Ask a run to stop."""
        launch.stop(files)
        return {}

    def resume(self, files: RunFiles, asked: Question) -> Nothing:
        """Go on with a run. Raises TrainingError."""
        with self._starting:
            self._refuse_more()
            launch.resume(files, self._environment)
        return {}

    def delete(self, files: RunFiles, asked: DeleteRequest) -> Nothing:
        """Delete a run; its model stays in the menu, unless it is asked that it go,
        too. Raises Refused, TrainingError.
        """
        run = summary(files)
        gone = asked.model
        name = self.made.name(run)
        if gone and not self.made.is_own(run):
            raise Refused(say("train.model_shared"))
        if gone:
            self._refuse_needed(self._store.file(name))
        with self._starting:
            launch.delete(files)
        if gone:
            try:
                remove_checkpoint(self._store.file(name))
            except OSError as error:
                raise TrainingError(say("train.model_kept", problem=error.strerror)) from error
            self._store.refresh()
        return {}

    def _refuse_needed(self, model: Path) -> None:
        """Raises Refused if a run is to start from a model, and has not begun."""
        start = f"--init-from={model.resolve()}"
        for run in runs_in(self.runs):
            if start in command_line(run.files) and not run.files.state.is_file() and run.working:
                raise Refused(say("train.model_needed", run=repr(run.name)))

    def extend(self, files: RunFiles, asked: ExtendRequest) -> Nothing:
        """Give a run so many minutes more. Raises Refused, TrainingError."""
        if asked.minutes is None:
            raise Refused(say("train.minutes_missing"))
        run = summary(files)
        options = run.description.get("options")
        planned = options.get("minutes") if isinstance(options, dict) else None
        planned = planned if isinstance(planned, int | float) else 0.0
        total = max(planned, run.status.seconds / 60, LEAST_MINUTES) + asked.minutes
        with self._starting:
            self._refuse_more()
            launch.extend(files, round(min(total, MOST_MINUTES), 2), self._environment)
        return {}

    def open(self, files: RunFiles, asked: Question) -> ModelOpened:
        """Put what a run has learned so far into the menu, and name it. Raises TrainingError."""
        run = summary(files)
        if run.kind.closed:
            raise TrainingError(run.kind.closed[: views.LONGEST])
        name = self.made.name(run)
        if not self.made.is_made(run, name):
            self._snapshot(files, name, own=bool(run.about))
        self._store.refresh()
        if name not in self._store.names:
            raise TrainingError(say("train.model_no_open", model=repr(name)))
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
                raise TrainingError(say("train.snapshot_slow")) from None
            if code:
                said.seek(0)
                lines = said.read().decode("utf-8", errors="replace").strip().splitlines()
                last = (
                    lines[-1].removeprefix("genimg: error: ") if lines else say("train.no_reason")
                )
                raise TrainingError(say("train.snapshot_failed", reason=last))


def _is_entry(name: str) -> bool:
    """Whether a text names something right in a folder: no path, not hidden. Names that people
    gave by hand may have signs that ours have not.
    """
    return "\0" not in name and os.path.basename(name) == name and not name.startswith(".")
