"""Where do uploads and Gradio's cache lie, and who takes them away?

    $TMPDIR/genimg-1000/4711-9f3a2c/       of one process, for as long as it runs
    $TMPDIR/genimg-1000/4711-9f3a2c.lock   held by it: a lock that nobody holds is of a dead one

Only the person who started genimg can look into it. What is older than an hour is deleted, what was
sent by half after some minutes, and what processes have left that were killed when the next one
starts, and every now and then.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from genimg.errors import GenimgError

if sys.platform != "win32":
    import fcntl

VARIABLE = "GRADIO_TEMP_DIR"
"""By which Gradio is told where its files belong, and genimg where its folder is to be."""
KEPT_SECONDS = 3600.0
HALF_SECONDS = 300.0
"""After these, what is still being received is not: its sender would have been sent away."""
SWEEP_SECONDS = 600.0
_HALF = "tmp*"
"""How the files are called into which Gradio writes what it receives."""


class TempFolder:
    """A folder of this process alone, in one of this user alone.

    Args:
        base: the folder in which the user's own one is, or will be.

    Raises:
        GenimgError: nothing can be written there.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        try:
            self._root = _own(base)
        except OSError as error:
            raise GenimgError(
                f"genimg needs a folder for temporary files, and {base} cannot be written: "
                f"{error.strerror}. Name another one by TMPDIR."
            ) from error
        self.path = self._root.absolute() / f"{os.getpid()}-{secrets.token_hex(3)}"
        self._stay: frozenset[Path] = frozenset()
        self._lock: int | None = None
        self._owner = os.getpid()
        self._holders = 0
        self._sweepers: list[Callable[[], None]] = []
        self._holding = threading.Lock()
        self._closed = threading.Event()
        self._take()

    def hold(self, also: Sequence[Callable[[], None]] = ()) -> None:
        """Somebody works with it from now on, until `release`; it is swept meanwhile.

        Args:
            also: what is called as often, to sweep elsewhere.
        """
        with self._holding:
            self._sweepers += also
            self._holders += 1
            if self._holders == 1:
                self._take()
                self._closed = threading.Event()
                threading.Thread(target=self._keep_clean, args=(self._closed,), daemon=True).start()

    def release(self) -> None:
        """Whoever held it is done; after the last one, nothing of it stays behind."""
        with self._holding:
            self._holders -= 1
            if self._holders == 0:
                self._closed.set()
                self._sweepers.clear()
                self.remove()

    def remove(self) -> None:
        """Delete the folder with everything in it."""
        if os.getpid() != self._owner:
            return  # a fork of the process, which ends before it
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            _lock_of(self.path).unlink(missing_ok=True)

    def keep_what_is_there(self) -> None:
        """What lies in it by now belongs to the page itself and never grows too old."""
        self._stay = frozenset(_files(self.path))

    def sweep(self) -> None:
        """Delete what is old, what was sent by half, and what dead processes have left."""
        now = time.time()
        for path in _files(self.path):
            half = path.parent == self.path and path.match(_HALF)
            if path not in self._stay:
                _delete_older(path, now - (HALF_SECONDS if half else KEPT_SECONDS), Path.unlink)
        for path in self.path.iterdir() if self.path.is_dir() else ():
            if path.is_dir() and not path.is_symlink():  # those with files refuse
                _delete_older(path, now - KEPT_SECONDS, Path.rmdir)
        for root in self._root.parent.glob(f"{_name()}*"):
            if _is_own(root):
                for path in root.iterdir():
                    if path.suffix != ".lock" and path.is_dir():
                        _remove_dead(path)

    def _keep_clean(self, closed: threading.Event) -> None:
        while not closed.is_set():
            for sweep in (self.sweep, *self._sweepers):
                with suppress(OSError):
                    sweep()
            closed.wait(SWEEP_SECONDS)

    def _take(self) -> None:
        # The lock first: a folder without one is taken for that of a dead process.
        if self._lock is None:
            self._lock = os.open(_lock_of(self.path), os.O_CREAT | os.O_RDWR, 0o600)
            _try_lock(self._lock)
        self.path.mkdir(mode=0o700, exist_ok=True)


_claimed: dict[Path, TempFolder] = {}


def claim() -> TempFolder:
    """The folder of this process, which `GRADIO_TEMP_DIR` has to name then.

    It is made where that has named one until now, else where temporary files belong.
    """
    said = os.environ.get(VARIABLE)
    base = Path(said or tempfile.gettempdir()).absolute()
    if base in _claimed:
        return _claimed[base]
    if _lock_of(base).exists():  # of the process that has started this one
        base = base.parent.parent
    made = TempFolder(base)
    _claimed[made.path] = made
    atexit.register(made.remove)
    return made


def _name() -> str:
    user = os.getuid() if sys.platform != "win32" else "user"
    return f"genimg-{user}"


def _own(base: Path) -> Path:
    """The folder of this user, which nobody else can look into or put something into."""
    base.mkdir(parents=True, exist_ok=True)
    path = base / _name()
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if _is_own(path):
        path.chmod(0o700)
        return path
    # Somebody was there before, by accident or not.
    return Path(tempfile.mkdtemp(prefix=f"{_name()}-", dir=base))


def _is_own(path: Path) -> bool:
    """Whether it is a folder, not a link to one, and belongs to this user."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.getuid())


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _try_lock(descriptor: int) -> bool:
    """Whether nobody else holds it; if so, it is held until it is closed."""
    if sys.platform == "win32":
        return True  # a file that is open there cannot be deleted, which says the same
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_dead(path: Path) -> None:
    """Delete the folder of a process, unless that is alive."""
    lock = _lock_of(path)
    with suppress(OSError):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            dead = _try_lock(descriptor)
            if dead and sys.platform != "win32":
                shutil.rmtree(path, ignore_errors=True)
                lock.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
        if sys.platform == "win32":
            lock.unlink()
            shutil.rmtree(path, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root) / name for name in names)


def _delete_older(path: Path, than: float, delete: Callable[[Path], None]) -> None:
    with suppress(OSError):
        if path.lstat().st_mtime < than:
            delete(path)
