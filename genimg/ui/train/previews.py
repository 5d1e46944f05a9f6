"""What are these pictures, and what would training on them be? Two programs look, the page waits.

`python -m genimg prepare` reads the pictures, then `python -m genimg train --dry-run` plans: both
as processes, since they may take minutes and may be given up. What they find they write to a
folder of the look, which is deleted an hour after somebody last asked for it.
"""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from genimg.errors import DataError
from genimg.runs import read_json
from genimg.runs.processes import end, spawn
from genimg.ui.train.answers import LookAnswer, LookSheets, PicturesReport, Plan
from genimg.ui.words import say

AT_ONCE = 2
"""Looks from other addresses; of one person one, and a new one takes the place of the old one."""
MOST_OF_HOST = 8
"""Looks from one address: who asks may call themselves by any number of names."""
KEPT_SECONDS = 3600.0
MOST_KEPT = 20
SHEETS = {"used": "used.png", "left_out": "left-out.png", "changes": "changes.png"}
"""What the page calls a sheet -> its file."""
_ID = re.compile(r"[0-9a-f]{16}")


class Busy(DataError):
    """As many others look as there may be at once."""


class UnknownLook(DataError):
    """There is no such look, or no more."""


@dataclass(eq=False)
class Look:
    """One look.

    Attributes:
        person: who asked: the address, a slash, and by what they are told apart there.
        commands: the programs to run, with what each is called: "pictures", then "plan".
        folder: where they write.
        plainly: how their errors are put for a person.
    """

    person: str
    commands: Sequence[tuple[str, Sequence[str]]]
    folder: Path
    plainly: Callable[[str], str] = str
    stage: str = "pictures"
    done: bool = False
    error: str | None = None
    asked: float = field(default_factory=time.monotonic)
    process: subprocess.Popen[bytes] | None = None
    cancelled: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        """The address of who asked."""
        return host_of(self.person)

    def run(self, environment: Mapping[str, str]) -> None:
        """Run the programs, one after the other."""
        try:
            for stage, arguments in self.commands:
                self.stage = stage
                if not self._run(stage, arguments, environment):
                    return
        except OSError as error:
            self.error = say("train.look_no_start", problem=error.strerror)
        finally:
            self.done = True

    def _run(self, stage: str, arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
        """Run one program; whether the next one may follow."""
        report = f"--report={self.folder / stage}"
        log = self.folder / f"{stage}.txt"
        with self.lock, log.open("wb") as output:
            if self.cancelled:
                return False
            self.process = spawn([*arguments, report], environment, output)
        code = self.process.wait()
        with self.lock:
            self.process = None
        if code and not self.cancelled:
            told = read_json(self.folder / stage / "error.json")
            words = told.get("error") if isinstance(told, dict) else None
            self.error = self.plainly(str(words or say("train.look_failed", line=_last_line(log))))
        return code == 0

    def cancel(self) -> None:
        """End it at once."""
        with self.lock:
            self.cancelled = True
            if self.process is not None:
                end(self.process)

    def tell(self, folder: str) -> LookAnswer:
        """What is known by now, as the page is told; `folder` is where the sheets are served."""
        self.asked = time.monotonic()
        done = self.done  # before the files: once it is true they are all there
        progress = self._json(self.stage, "progress")
        sheets = {key: f"{folder}/{SHEETS[key]}" for key in self.sheets()}
        return {
            "done": done,
            "stage": self.stage,
            "progress": {
                "done": _whole(progress, "done"),
                "of": _whole(progress, "of"),
                "words": str(progress.get("words", "")) if progress else "",
            },
            "report": cast(PicturesReport | None, self._json("pictures", "report")),
            "plan": cast(Plan | None, self._json("plan", "plan")),
            "error": self.error,
            "sheets": cast(LookSheets, sheets),
        }

    def sheets(self) -> dict[str, Path]:
        """The sheets that are there, by their names in SHEETS."""
        places = [(key, self.folder / stage / name)
                  for key, name in SHEETS.items() for stage in ("pictures", "plan")]  # fmt: skip
        return {key: path for key, path in places if path.is_file()}

    def _json(self, stage: str, name: str) -> dict[str, Any] | None:
        values = read_json(self.folder / stage / f"{name}.json")
        return values if isinstance(values, dict) else None


class Looks:
    """All looks of an app."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self._looks: dict[str, Look] = {}
        self._lock = threading.Lock()

    def start(
        self,
        person: str,
        commands: Sequence[tuple[str, Sequence[str]]],
        plainly: Callable[[str], str] = str,
    ) -> str:
        """Begin a look, and return its ID; an earlier one of the same person is given up, and the
        oldest from the same address if there are many.

        Raises:
            Busy: too many look from elsewhere. DataError: the folder cannot be written.
        """
        self.sweep()
        with self._lock:
            own = [look for look in self._looks.values() if look.person == person]
            others = [x for x in self._looks.values() if not x.done and x.person != person]
            near = [x for x in others if x.host == host_of(person) and not x.cancelled]
            if sum(look.host != host_of(person) for look in others) >= AT_ONCE:
                raise Busy(say("train.looks_full"))
            # They are in the order in which they began.
            for look in (*own, *near[: max(0, len(near) + 1 - MOST_OF_HOST)]):
                look.cancel()
            number = secrets.token_hex(8)
            folder = self.folder / number
            try:
                folder.mkdir(parents=True)
            except OSError as error:
                raise DataError(
                    say("train.folder_unwritable", folder=self.folder, problem=error.strerror)
                ) from error
            look = Look(person, commands, folder, plainly, commands[0][0])
            self._looks[number] = look
        threading.Thread(target=look.run, args=(self._environment,), daemon=True).start()
        return number

    def get(self, number: str) -> Look:
        """A look that has not been given up. Raises UnknownLook."""
        look = self._looks.get(number)
        if look is None or look.cancelled:
            raise UnknownLook(say("train.look_gone"))
        return look

    def cancel(self, number: str) -> None:
        """Give a look up; one that is gone has been given up already."""
        look = self._looks.get(number)
        if look is not None:
            look.cancel()
        self.sweep()

    def sweep(self) -> None:
        """Forget the looks that were given up or that nobody asks for any more."""
        with self._lock:
            now = time.monotonic()
            newest = sorted(self._looks, key=lambda number: self._looks[number].asked)[-MOST_KEPT:]
            for number, look in list(self._looks.items()):
                old = now - look.asked > KEPT_SECONDS or number not in newest
                if look.done and (old or look.cancelled):
                    del self._looks[number]
                    shutil.rmtree(look.folder, ignore_errors=True)
            self._forget_foreign()

    def _forget_foreign(self) -> None:
        """Delete what an app that was killed has left."""
        folders = list(self.folder.iterdir()) if self.folder.is_dir() else []
        for path in folders:
            if _ID.fullmatch(path.name) and path.name not in self._looks:
                with suppress(OSError):
                    if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                        shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Give up all looks: the app ends."""
        for look in list(self._looks.values()):
            look.cancel()
            shutil.rmtree(look.folder, ignore_errors=True)


def host_of(person: str) -> str:
    """The address of somebody who asks; see Look."""
    return person.partition("/")[0]


def _whole(values: Mapping[str, Any] | None, key: str) -> int:
    value = values.get(key) if values else None
    return value if isinstance(value, int) else 0


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].removeprefix("genimg: error: ") if lines else "none"
