"""Where do files lie, and how is one written so that nobody ever sees half of it?

What is written goes to a temporary file in the same folder, is flushed to the disk, and then takes
the place of the old file in one step (`os.replace`). A crash, a full disk or an exception leaves
the old file as it was and no temporary file behind (a killed process may leave a hidden one).
"""

from __future__ import annotations

import glob
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
INSTALLED = (_PACKAGE / "shipped").is_dir()
"""Whether this is an installed package, and no checkout with the sources."""
SHIPPED = _PACKAGE / "shipped" if INSTALLED else _PACKAGE.parent
"""Where the models and example pictures lie that came with the program."""


def _model_folders() -> tuple[Path, ...]:
    """Those that GENIMG_CHECKPOINTS names, or ./checkpoints and the shipped one."""
    named = os.environ.get("GENIMG_CHECKPOINTS")
    if not named:
        return Path("checkpoints"), SHIPPED / "checkpoints"
    if os.path.isdir(named):  # which a folder with a colon in its name may be
        return (Path(named),)
    return tuple(Path(folder) for folder in named.split(os.pathsep) if folder) or (Path(named),)


MODEL_FOLDERS = _model_folders()
CHECKPOINTS = MODEL_FOLDERS[0]
"""The folder of the models that can be called by their names; new ones are put there."""
CACHE, DATA = "GENIMG_CACHE", "GENIMG_DATA"
"""The variables that name the folders of `cache_folder` and `data_folder`."""
CRITICS = "critics"
"""The folder beside model files in which the critics of GANs stay."""
SUFFIX = ".safetensors"
"""Of model files."""
REPLACE_SECONDS = 5.0


def model_folders(folder: Path) -> tuple[Path, ...]:
    """The folders in which the models of `folder` are looked for: behind the usual one,
    CHECKPOINTS, there are the models that came with the program.
    """
    return MODEL_FOLDERS if folder == CHECKPOINTS else (folder,)


def model_files(folder: Path) -> list[Path]:
    """The model files of `model_folders(folder)` by name: of two of one name, that of the folder.

    A hidden one is left out: it is being written, or was when a program died.
    """
    files: dict[str, Path] = {}
    for place in model_folders(folder):
        for path in place.glob(f"*{SUFFIX}"):
            if not path.name.startswith("."):
                files.setdefault(path.name, path)
    return [files[name] for name in sorted(files)]


def cache_folder() -> Path:
    """The folder of what can be made again: GENIMG_CACHE if set, else ~/.cache/genimg."""
    return Path(os.environ.get(CACHE) or "~/.cache/genimg").expanduser()


def data_folder() -> Path:
    """The folder of downloaded data sets: GENIMG_DATA if set, else ~/.cache/genimg/data."""
    return Path(os.environ.get(DATA) or "~/.cache/genimg/data").expanduser()


def critic_beside(model: Path) -> Path:
    """Where the critic that goes with a model file is, if there is one."""
    return model.parent / CRITICS / model.name


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` when the block ends well.

    The temporary file exists, is empty, lies in the folder of `path` (which is made if need be)
    and has the same suffix, so that writers which look at the suffix do the right thing. When
    the block raises, the temporary file is removed and `path` stays as it was.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(6)}{target.suffix}")
    # os.open rather than tempfile: the file gets the usual permissions, not 0600.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield temporary
        _flush(temporary, os.O_RDWR)
        _replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # so that the new name, too, survives a power cut
        _flush(target.parent, os.O_RDONLY)


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path`: the file holds all of the new bytes or is what it was before."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_quickly(path: str | os.PathLike[str], data: bytes) -> None:
    """As `write_atomically`, but a power cut may leave the file empty: for what is soon rewritten.

    Nobody who reads sees half of it. The folder must be there.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(6)}{target.suffix}")
    try:
        temporary.write_bytes(data)
        _replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def copy_quickly(source: Path, target: Path) -> None:
    """Let `target`, in the same folder, hold what `source` holds now: without writing it once more
    where the disk knows links.

    Both may only ever be replaced as a whole, as all functions here do. A power cut may leave what
    `target` was before.
    """
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(6)}{target.suffix}")
    try:
        os.link(source, temporary)
    except OSError:  # a disk without links
        write_atomically(target, source.read_bytes())
        return
    try:
        _replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)  # it stays where both are one file already


def sweep(path: str | os.PathLike[str], seconds: float = 3600.0) -> None:
    """Delete the temporary files that killed processes have left of `path`.

    Those that are younger than `seconds` may still be written by somebody.
    """
    target = Path(path)
    for leftover in target.parent.glob(f".{glob.escape(target.stem)}-*{target.suffix}"):
        with suppress(OSError):  # somebody else was quicker, or it is not ours
            token = leftover.stem.removeprefix(f".{target.stem}-")
            if len(token) == 12 and leftover.stat().st_mtime < time.time() - seconds:
                leftover.unlink()


def _replace(source: Path, target: Path) -> None:
    """`os.replace`; Windows refuses that for a moment while somebody has the old file open."""
    limit = time.monotonic() + REPLACE_SECONDS
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if os.name != "nt" or time.monotonic() > limit:
                raise
            time.sleep(0.05)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
