"""How the state of a run is written, and read again by the process that goes on with it?

`genimg.runs` says what else lies in its folder.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from typing_extensions import override

from genimg.errors import TrainingError
from genimg.runs import RunFiles, Status


class RunFolder(RunFiles):
    """One run on disk, for the process that trains; everything is written whole or not at all."""

    def save_state(self, state: dict[str, Any]) -> None:
        """Write the state of a run, replacing the earlier one in one move.

        Raises:
            TrainingError: the disk is full or the folder cannot be written; the earlier state
            stays.
        """
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self._write(self.state, buffer.getvalue())

    def load_state(self) -> dict[str, Any] | None:
        """The last state, or None for a new run. Only tensors and plain values are read.

        Raises:
            TrainingError: the file is damaged.
        """
        return self._load(self.state)

    def keep_good(self) -> None:
        """Keep the state that was written last, if there is one, as the last good one."""
        if self.state.is_file():
            self._copy(self.state, self.good)

    def load_good(self) -> dict[str, Any] | None:
        """The last good state; None if none was kept, or it is damaged."""
        try:
            return self._load(self.good)
        except TrainingError:
            return None

    def _load(self, path: Path) -> dict[str, Any] | None:
        if not path.is_file():
            return None
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds on damaged files
            raise TrainingError(f"{path} is damaged; delete {self.path} to start anew") from error
        return dict(state)

    def save_sheet(self, images: int, png: bytes) -> None:
        """Write the sample sheet of a model that has seen so many pictures.

        Raises:
            TrainingError: the disk is full or the folder cannot be written.
        """
        self._write(self.samples / f"{images:09d}.png", png)

    def log_restart(self, images: int, number: int, trouble: str) -> None:
        """Note that the run was taken back, for the `number`th time, to where it had seen so many
        pictures; once, even if a kill has it taken back there again.
        """
        self._keep_lines(lambda line: "images" in line and line.get("restart", 0) < number)
        self.log({"images": images, "restart": number, "trouble": trouble})

    def _keep_lines(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        if not self.progress.is_file():
            return
        before = self.progress.read_text(encoding="utf-8")
        kept = "".join(f"{x}\n" for x in before.splitlines() if wanted(_parse(x)))
        if kept != before:
            self._write(self.progress, kept.encode())

    def forget_after(self, images: int, validated_step: float = math.inf) -> None:
        """Drop progress lines and sheets later than the state that a resumed run continues from.

        Args:
            images: pictures that the state has seen.
            validated_step: the last step whose validation the state knows of. The one at the end
                of a run comes after a state that has seen as many pictures.
        """
        self._keep_lines(
            lambda line: (
                line.get("images", math.inf) <= images and line.get("step", -1) <= validated_step
            )
        )
        for sheet in self.samples.glob("*.png"):
            if sheet.stem.isdigit() and int(sheet.stem) > images:
                with suppress(OSError):  # somebody may be looking at it, on Windows
                    sheet.unlink()


class Onlooker(RunFolder):
    """The folder of a run for those of several processes that write nothing; perhaps it is on
    another machine.
    """

    @contextmanager
    @override
    def locked(self) -> Iterator[None]:
        yield

    @override
    def tell(self, phase: str, words: str = "", **numbers: Any) -> None:
        pass

    @override
    def tell_end(self, phase: str, words: str, trouble: str = "") -> None:
        pass

    @override
    def tell_again(self, status: Status | None) -> None:
        pass

    @override
    def describe(self, values: Mapping[str, Any]) -> None:
        pass

    @override
    def leave(self) -> None:
        pass

    @override
    def forget_after(self, images: int, validated_step: float = math.inf) -> None:
        pass


def _parse(line: str) -> dict[str, Any]:
    """What a progress line says; nothing for one that a kill cut short."""
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
