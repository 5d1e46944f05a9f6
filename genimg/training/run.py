"""The folder of a run: what a training run writes, and how it is read again.

runs/<name>/progress.jsonl      one line a validation
runs/<name>/samples/*.png       held-out pictures and what the model makes of them
runs/<name>/state/state.pt      everything that an exact resume needs
runs/<name>/state/good.pt       the last state that was found to be good, where runs can go wrong
runs/<name>/model.safetensors   the finished model
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from genimg.errors import TrainingError
from genimg.files import write_atomically


class RunFolder:
    """One run on disk; everything is written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.progress = self.path / "progress.jsonl"
        self.samples = self.path / "samples"
        self.state = self.path / "state" / "state.pt"
        self.good = self.path / "state" / "good.pt"
        self.model = self.path / "model.safetensors"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder and keep other processes from training in it.

        Raises:
            TrainingError: another process trains here, or the folder cannot be written.
        """
        try:
            self.samples.mkdir(parents=True, exist_ok=True)
            self.state.parent.mkdir(exist_ok=True)
            lock = FileLock(self.path / ".lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise TrainingError(
                f"another process is training in {self.path}; wait for it or choose another --out"
            ) from None
        except OSError as error:
            raise TrainingError(f"cannot write to {self.path}: {error.strerror}") from error
        try:
            for leftover in self.state.parent.glob(".*-*"):
                leftover.unlink(missing_ok=True)  # of a process that was killed while writing
            yield
        finally:
            lock.release()

    def save_state(self, state: dict[str, Any]) -> None:
        """Write the state of a run, replacing the earlier one in one move.

        Raises:
            TrainingError: the disk is full or the folder cannot be written; the earlier state
            stays.
        """
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self._write(self.state, buffer.getvalue())

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data)
        except OSError as error:
            raise TrainingError(
                f"the state could not be written to {path} ({error.strerror}); "
                "the one before it is kept: free some space and run the same command again"
            ) from error

    def load_state(self) -> dict[str, Any] | None:
        """The last state, or None for a new run. Only tensors and plain values are read.

        Raises:
            TrainingError: the file is damaged.
        """
        return self._load(self.state)

    def keep_good(self) -> None:
        """Keep the state that was written last as the last good one."""
        self._write(self.good, self.state.read_bytes())

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

    def log(self, record: dict[str, Any]) -> None:
        """Add one line to the progress file."""
        with self.progress.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def forget_after(self, images: int) -> None:
        """Drop progress lines and sheets later than the state that a resumed run continues from."""
        if self.progress.is_file():
            before = self.progress.read_text(encoding="utf-8")
            kept = "".join(f"{x}\n" for x in before.splitlines() if _images_of(x) <= images)
            if kept != before:
                write_atomically(self.progress, kept.encode())
        for sheet in self.samples.glob("*.png"):
            if sheet.stem.isdigit() and int(sheet.stem) > images:
                sheet.unlink()


def _images_of(line: str) -> float:
    """How many pictures a progress line had seen; infinity for one that a kill cut short."""
    try:
        return float(json.loads(line)["images"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
